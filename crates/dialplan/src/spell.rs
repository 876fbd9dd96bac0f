//! Stretches of time and what schedules say, as people read them. Russian.
use gudok_calendar::window::WEEKDAYS;
use gudok_calendar::{Local, Overrides, Set, Zone};
use gudok_model::Wall;

use crate::condition::{Condition, Depends};
use crate::plan::Plan;

/// `вс 03.01.2027 02:00–02:10`, or with both dates where they differ. Midnight ends a day: `24:00`.
pub(crate) fn between(zone: &Zone, from: Wall, until: Wall) -> String {
    let (begin, end) = (zone.local(from), zone.local(until));
    let last = zone.local(Wall(until.0 - 1));
    let whole = end.hour == 0 && end.minute == 0 && last.date != end.date;
    let end = if whole {
        format!("{} 24:00", day(last))
    } else {
        format!("{} {:02}:{:02}", day(end), end.hour, end.minute)
    };
    let begin_day = day(begin);
    let begin = format!("{begin_day} {:02}:{:02}", begin.hour, begin.minute);
    match end.strip_prefix(&begin_day) {
        Some(time) => format!("{begin}–{}", time.trim_start()),
        None => format!("{begin} – {end}"),
    }
}

/// The next whole minute, or this moment where it is one: words of an hour have no seconds, and must not be earlier.
pub(crate) fn to_the_minute(at: Wall) -> Wall {
    const MINUTE: i64 = 60_000_000;
    Wall(at.0 + (-at.0).rem_euclid(MINUTE))
}

/// `вс 03.01.2027`.
fn day(local: Local) -> String {
    let weekday = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs()) % 7;
    let date = local.date;
    format!(
        "{} {:02}.{:02}.{}",
        WEEKDAYS[weekday].1,
        date.day(),
        date.month(),
        date.year()
    )
}

/// `вт 10.11.2026 20:00`.
pub(crate) fn moment(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    format!("{} {:02}:{:02}", day(local), local.hour, local.minute)
}

/// What the schedules that a condition asks say at a moment, with what is set by hand and the one that is supposed to be
/// closed so: ` (график «office» закрыт: …)`.
pub(crate) fn schedules(
    plan: &Plan,
    condition: &Condition,
    at: Wall,
    (by_hand, closed): (&Overrides, Option<usize>),
) -> String {
    let mut said: Vec<String> = Vec::new();
    for (_, var) in &condition.vars {
        let Depends::Schedule(index) = var.depends() else {
            continue;
        };
        let (name, schedule) = (&plan.schedule_names[index], &plan.schedules[index]);
        let set = by_hand.hours(at, name).filter(|set| set.since <= at);
        said.push(match (set, schedule.closed_because(at)) {
            _ if closed == Some(index) => format!("график «{name}» закрыт вручную"),
            (Some(set), _) if set.set == Set::Open => {
                format!("график «{name}» открыт: {}", set.told(&schedule.zone))
            }
            (Some(set), _) => format!("график «{name}» закрыт: {}", set.told(&schedule.zone)),
            (None, None) => format!("график «{name}» открыт"),
            (None, Some(why)) => format!("график «{name}» закрыт: {why}"),
        });
    }
    said.dedup();
    if said.is_empty() {
        String::new()
    } else {
        format!(" ({})", said.join("; "))
    }
}

/// `812 ч` or `812 ч 30 мин`.
pub(crate) fn length(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} мин"),
        (hours, 0) => format!("{hours} ч"),
        (hours, minutes) => format!("{hours} ч {minutes} мин"),
    }
}
