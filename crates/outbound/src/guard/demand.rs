//! What each kind of rule makes of a call, with the words for it.
use gudok_calendar::{Date, Span, Zone};
use gudok_model::Wall;

use crate::hours::{Clock, DayOf, day_of, holds};
use crate::law::{ContactLimits, Law};
use crate::purpose::{Basis, Ground, Purpose};
use crate::register::Cli;
use crate::rules::Rules;

type Kept = (bool, String);

/// Every clock that may hang there must show a time within the hours of its date.
pub(super) fn hours(rules: &Rules, spans: (Span, Span), clocks: &[Clock]) -> Kept {
    let Some(last) = clocks.last() else {
        let text = "неизвестно, который час там, куда звоним: назовите пояс клиента (поле zone или region карточки, --zone) или направления (zone)";
        return (false, text.to_owned());
    };
    let late = clocks.iter().find_map(|clock| {
        let asked = asked(rules, spans, clock);
        let broken = asked.into_iter().find(|it| !holds(*it, clock.minute()));
        broken.map(|span| (clock, span))
    });
    match late {
        Some((clock, span)) => {
            let place = told(clock, clocks);
            let text = format!("{place}, звонить можно {}", span.written());
            (false, text)
        }
        None => (true, told(last, clocks)),
    }
}

/// The hours that a date asks for: where nobody knows what it is, those of both kinds.
fn asked(rules: &Rules, (working, days_off): (Span, Span), clock: &Clock) -> Vec<Span> {
    match day_of(rules.holidays.as_deref(), clock.local.date) {
        DayOf::Working => vec![working],
        DayOf::Off => vec![days_off],
        DayOf::Unknown => vec![working, days_off],
    }
}

/// `там 07:30 (Europe/Kaliningrad)`, with the number of times of day that it may be.
fn told(clock: &Clock, clocks: &[Clock]) -> String {
    let date = clock.local.date;
    let (time, zone) = (clock.time(), clock.zone.name());
    let text = format!("там {date} {time} ({zone}, {})", clock.source.told());
    match clocks.len() {
        1 => text,
        many => format!("{text}, а возможных часовых поясов {many}"),
    }
}

pub(super) fn basis(grounds: &[Ground], proof: bool, basis: Option<&Basis>) -> Kept {
    let words: Vec<&str> = grounds.iter().map(|it| it.word()).collect();
    let words = words.join(", ");
    match basis {
        None => (false, format!("не названо основание; годится: {words}")),
        Some(it) if !grounds.contains(&it.ground) => {
            let text = format!("основания «{}» мало; годится: {words}", it.ground.word());
            (false, text)
        }
        Some(Basis {
            ground,
            reference: None,
        }) if proof => {
            let text = format!(
                "основание «{}» нечем доказать: назовите документ",
                ground.word()
            );
            (false, text)
        }
        Some(it) => {
            let reference = it.reference.as_ref().map(|it| format!(" ({it})"));
            let text = format!("основание «{}»", it.ground.word());
            (true, text + &reference.unwrap_or_default())
        }
    }
}

/// By the clock on which the most of them fall together.
pub(super) fn contacts(
    law: &Law,
    limits: ContactLimits,
    (contacts, zones): (&[(Wall, Purpose)], &[Zone]),
    now: Wall,
) -> Kept {
    if zones.is_empty() {
        let text = "неизвестен часовой пояс того, кому звоним: дни считать не по чему";
        return (false, text.to_owned());
    }
    let counts = |purpose: &Purpose| law.purposes.is_empty() || law.purposes.contains(purpose);
    let moments = contacts
        .iter()
        .filter(|(_, it)| counts(it))
        .map(|(at, _)| *at);
    let moments: Vec<Wall> = moments.collect();
    let periods = [
        ("за день", limits.day, 1),
        ("за 7 дней", limits.week, 7),
        ("за 31 день", limits.month, 31),
    ];
    let mut told: Vec<String> = Vec::new();
    for (what, limit, days) in periods {
        let Some(limit) = limit else {
            continue;
        };
        let most = zones.iter().map(|zone| within(zone, &moments, now, days));
        let most = most.max().unwrap_or(0);
        let text = format!("разговоров {what} {most}, можно {limit}");
        if most >= limit as usize {
            return (false, text);
        }
        told.push(text);
    }
    (true, told.join("; "))
}

/// Moments on so many dates of a clock, today's the last. What lies ahead counts.
fn within(zone: &Zone, moments: &[Wall], now: Wall, days: i64) -> usize {
    let today = zone.local(now);
    let is_within = |at: &&Wall| zone.local(**at).days_to(&today) < days;
    moments.iter().filter(is_within).count()
}

pub(super) fn label(shown: Option<&Cli>) -> Kept {
    let Some(cli) = shown else {
        return (false, "показывать нечего".to_owned());
    };
    let number = &cli.number;
    match (cli.lacks().as_slice(), &cli.label) {
        ([], Some(label)) => {
            let until = cli.valid_to.map_or_else(String::new, until);
            (
                true,
                format!("номер {number} показывается как «{label}»{until}"),
            )
        }
        (lacking, _) => {
            let text = format!("у номера {number} в реестре нет: {}", lacking.join(", "));
            (false, text)
        }
    }
}

fn until(last: Date) -> String {
    format!(", договор до {last}")
}
