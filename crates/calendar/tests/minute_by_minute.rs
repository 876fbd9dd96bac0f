//! The schedule agrees with a clock that is read every minute.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::{
    Date, DateRule, Day, DayKind, Holidays, Hours, Schedule, Span, Week, Weekday, Window, Zone,
};
use gudok_model::Wall;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const MINUTE: i64 = 60_000_000;
const DAYS: i64 = 9;

/// Zones with half-hour shifts, changes at midnight, a skipped day, a change of the standard offset.
const ZONES: [(&str, &str); 9] = [
    ("Asia/Irkutsk", "2026-01-01"),
    ("Europe/Berlin", "2026-03-26"),
    ("Europe/Berlin", "2026-10-22"),
    ("Australia/Lord_Howe", "2026-04-02"),
    ("America/Havana", "2026-10-29"),
    ("America/Havana", "2026-03-05"),
    ("Africa/Cairo", "2026-10-27"),
    ("Pacific/Apia", "2011-12-27"),
    ("Europe/Volgograd", "2020-12-24"),
];

fn span() -> impl Strategy<Value = Span> {
    // Quarters of an hour, and one in four to the minute: windows meet at the same minute often.
    let time = prop_oneof![3 => (0u16..96).prop_map(|q| q * 15), 1 => 0u16..1440];
    (time.clone(), time).prop_filter_map("empty", |(from, to)| {
        Span::new(from, if to == 0 { 1440 } else { to })
    })
}

fn window() -> impl Strategy<Value = Window> {
    (any::<[bool; 7]>(), span()).prop_map(|(days, span)| Window::new(days, span))
}

fn day() -> impl Strategy<Value = Day> {
    let kind = prop_oneof![
        Just(DayKind::Holiday),
        Just(DayKind::Off),
        Just(DayKind::Work),
        Just(DayKind::Short),
        Just(DayKind::ShortWork)
    ];
    kind.prop_map(|kind| Day {
        kind,
        name: String::new(),
    })
}

fn rule() -> impl Strategy<Value = DateRule> {
    prop_oneof![
        Just(DateRule::Closed { note: None }),
        prop::collection::vec(span(), 1..3).prop_map(|spans| DateRule::Open { spans }),
    ]
}

prop_compose! {
    fn schedule()(
        (zone, first) in prop::sample::select(&ZONES[..]),
        windows in prop::collection::vec(window(), 0..4),
        holidays in prop::collection::btree_map(0i64..DAYS, day(), 0..3),
        dates in prop::collection::btree_map(0i64..DAYS, rule(), 0..2),
        short_by in prop::sample::select(&[0u16, 60][..]),
        week in prop::sample::select(&Week::ALL[..]),
        other in prop::collection::btree_map(0i64..DAYS, day(), 0..2),
    ) -> (Schedule, Date) {
        let first: Date = first.parse().expect("valid");
        let mut calendar = Holidays::default();
        for (offset, day) in holidays {
            calendar.add(nth(first, offset), day);
        }
        // Days for weeks of one kind alone.
        for (offset, day) in other {
            calendar.add_for(Week::Six, nth(first, offset), day);
        }
        let dates: BTreeMap<_, _> = dates.into_iter().map(|(o, rule)| (nth(first, o), rule)).collect();
        let zone = Zone::parse(zone).expect("valid");
        (Schedule { zone, windows, holidays: Some(Arc::new(calendar)), week, dates, short_by }, first)
    }
}

fn nth(first: Date, offset: i64) -> Date {
    first
        .checked_add(jiff::Span::new().days(offset))
        .expect("valid")
}

/// The hours that begin on a date, said a second time and more plainly.
fn hours_of(schedule: &Schedule, date: Date) -> Vec<(u16, u16)> {
    let weekly = |day: Weekday| -> Vec<(u16, u16)> {
        let windows = schedule.windows.iter().filter(|w| w.begins_on(day));
        windows.map(|w| (w.span().from(), w.span().end())).collect()
    };
    match schedule.dates.get(&date) {
        Some(DateRule::Closed { .. }) => return vec![],
        Some(DateRule::Open { spans }) => {
            return spans.iter().map(|s| (s.from(), s.end())).collect();
        }
        None => {}
    }
    let kind = schedule
        .holidays
        .as_ref()
        .and_then(|h| h.day(schedule.week, date))
        .map(|d| d.kind);
    let mut hours = weekly(date.weekday());
    if matches!(kind, Some(DayKind::Holiday | DayKind::Off)) {
        hours.clear();
    }
    if matches!(kind, Some(DayKind::Work | DayKind::ShortWork)) {
        let friday = weekly(Weekday::Friday);
        let worked = schedule.week == Week::Six && date.weekday() == Weekday::Saturday;
        if !friday.is_empty() && (!worked || hours.is_empty()) {
            hours = friday;
        }
    }
    if matches!(kind, Some(DayKind::Short | DayKind::ShortWork))
        && let Some(end) = hours.iter().map(|h| h.1).max()
    {
        let starts = hours.iter().filter(|h| h.1 == end).map(|h| h.0);
        let longest = starts.max().expect("valid");
        hours.retain(|h| *h != (longest, end));
        if end - longest > schedule.short_by {
            hours.push((longest, end - schedule.short_by));
        }
    }
    hours
}

/// When somebody has been there for so many minutes since a minute, counted on the clock. None: not within its days.
fn counted(open: &[bool], since: usize, minutes: usize) -> Option<usize> {
    let there = (since..open.len()).filter(|minute| open[*minute]);
    there.take(minutes).nth(minutes - 1).map(|last| last + 1)
}

/// Each minute of the days: whether somebody is there, told by what the clock shows.
fn read_the_clock(schedule: &Schedule, first: Date) -> (i64, Vec<bool>) {
    let tz = TimeZone::get(schedule.zone.name()).expect("valid");
    let start = tz
        .to_timestamp(first.at(0, 0, 0, 0))
        .expect("valid")
        .as_second()
        / 60;
    let shown: Vec<i64> = (0..DAYS * 1440)
        .map(|i| {
            let at = Timestamp::from_second((start + i) * 60).expect("valid");
            start + i + i64::from(tz.to_offset(at).seconds()) / 60
        })
        .collect();
    let mut open = vec![false; shown.len()];
    for offset in -2..DAYS + 2 {
        let date = nth(first, offset);
        let midnight = TimeZone::UTC
            .to_timestamp(date.at(0, 0, 0, 0))
            .expect("valid")
            .as_second()
            / 60;
        for (from, to) in hours_of(schedule, date) {
            let (from, to) = (midnight + i64::from(from), midnight + i64::from(to));
            let inside = |minute: &i64| from <= *minute && *minute < to;
            if let Some(begin) = shown.iter().position(inside) {
                let end = shown.iter().rposition(inside).expect("valid");
                open[begin..=end].fill(true);
            }
        }
    }
    (start * MINUTE, open)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schedule_is_what_the_clock_shows((schedule, first) in schedule()) {
        let (start, open) = read_the_clock(&schedule, first);
        // The ends of the days that were read are cut off: windows over them are not read whole.
        let (from, to) = (1440, open.len() - 2 * 1440);
        for (minute, shown) in open.iter().enumerate().take(to).skip(from) {
            let at = Wall(start + minute as i64 * MINUTE);
            prop_assert_eq!(schedule.closed_because(at).is_none(), *shown, "minute {}", minute);
        }
        for minute in (from..to).step_by(97) {
            let at = Wall(start + minute as i64 * MINUTE);
            let change = (minute..to).find(|later| open[*later] != open[minute]);
            let change = change.map(|later| Wall(start + later as i64 * MINUTE));
            let said = match schedule.is_open(at) {
                Hours::Open { until } => until,
                Hours::Closed { opens_at, .. } => opens_at,
            };
            match change {
                Some(_) => prop_assert_eq!(said, change, "minute {}", minute),
                None => prop_assert!(said.is_none_or(|at| at.0 >= start + to as i64 * MINUTE)),
            }
        }
    }

    #[test]
    fn open_time_is_counted_as_the_clock_is_read((schedule, first) in schedule(), span in 1usize..4000) {
        let (start, open) = read_the_clock(&schedule, first);
        let (from, to) = (1440, open.len() - 2 * 1440);
        let wall = |minute: usize| Wall(start + minute as i64 * MINUTE);
        for minute in (from..to).step_by(331) {
            let long = Duration::from_secs(span as u64 * 60);
            let said = schedule.open_for(wall(minute), long, None);
            match counted(&open[..to], minute, span) {
                Some(end) => prop_assert_eq!(said, Some(wall(end)), "minute {}", minute),
                None => prop_assert!(said.is_none_or(|at| at > wall(to)), "minute {}", minute),
            }
        }
    }

    #[test]
    fn the_cells_are_what_each_minute_answers((schedule, first) in schedule()) {
        let from = schedule.zone.midnight(first);
        let to = Wall(from.0 + DAYS * 1440 * MINUTE);
        let list = schedule.cells(from, to);
        let near = |at: Wall| list.iter().any(|(since, _)| (since.0 - at.0).abs() <= 2 * MINUTE);
        let mut cells = list.iter().copied().peekable();
        let mut code = "";
        for minute in 0..DAYS * 1440 {
            let at = Wall(from.0 + minute * MINUTE);
            if let Some((_, changed)) = cells.next_if(|(since, _)| *since <= at) {
                prop_assert_ne!(code, changed, "neighbours differ, minute {}", minute);
                code = changed;
            }
            // To the minute where something changes, and every so often between.
            if minute % 11 != 0 && !near(at) {
                continue;
            }
            let asked = schedule.closed_because(at).map_or("open", |why| why.code());
            prop_assert_eq!(code, asked, "minute {}", minute);
        }
        prop_assert_eq!(cells.next(), None);
    }

    #[test]
    fn any_moment_has_an_answer((schedule, _) in schedule(), at in any::<i64>()) {
        let answer = schedule.is_open(Wall(at));
        let open = matches!(answer, Hours::Open { .. });
        prop_assert_eq!(open, schedule.closed_because(Wall(at)).is_none());
    }
}
