//! Days of a hotline in Irkutsk, and nights when clocks are changed.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_calendar::{
    DateRule, Day, DayKind, Holidays, Hours, Schedule, Span, Week, Window, Zone, parse_date,
};
use gudok_model::Wall;
use jiff::tz::TimeZone;

fn schedule(zone: &str, windows: &[&str]) -> Schedule {
    let day = |kind, name: &str| Day {
        kind,
        name: name.into(),
    };
    let mut holidays = Holidays::default();
    for (date, day) in [
        ("2026-01-04", day(DayKind::Holiday, "Новогодние каникулы")),
        ("2026-01-09", day(DayKind::Off, "перенос с 3 января")),
        ("2026-05-08", day(DayKind::Short, "накануне Дня Победы")),
        ("2026-10-31", day(DayKind::Work, "рабочая суббота")),
    ] {
        holidays.add(parse_date(date).expect("valid"), day);
    }
    Schedule {
        zone: Zone::parse(zone).expect("valid"),
        windows: windows
            .iter()
            .map(|text| Window::parse(text).expect("valid"))
            .collect(),
        holidays: Some(Arc::new(holidays)),
        week: Week::Five,
        dates: BTreeMap::new(),
        short_by: 60,
    }
}

fn at(zone: &str, local: &str) -> Wall {
    let tz = TimeZone::get(zone).expect("valid");
    let local: jiff::civil::DateTime = local.parse().expect("valid");
    Wall(
        tz.to_ambiguous_timestamp(local)
            .compatible()
            .expect("valid")
            .as_microsecond(),
    )
}

/// What a schedule says at each local time, one line each.
fn story(schedule: &Schedule, times: &[&str]) -> String {
    let zone = schedule.zone.name();
    let tz = TimeZone::get(zone).expect("valid");
    let clock = |at: Option<Wall>| match at {
        Some(Wall(us)) => tz
            .to_datetime(jiff::Timestamp::from_microsecond(us).expect("valid"))
            .strftime("%a %m-%d %H:%M")
            .to_string(),
        None => "never".into(),
    };
    let line = |time: &&str| match schedule.is_open(at(zone, time)) {
        Hours::Open { until } => format!("{time} open until {}", clock(until)),
        Hours::Closed { why, opens_at } => {
            format!(
                "{time} закрыто: {why} [{}], opens {}",
                why.code(),
                clock(opens_at)
            )
        }
    };
    times.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_working_week_with_holidays() {
    let office = schedule("Asia/Irkutsk", &["mon-fri 09:00-20:00"]);
    let times = [
        "2026-01-04T12:00",
        "2026-01-09T12:00",
        "2026-01-10T12:00",
        "2026-01-12T08:59",
        "2026-01-12T09:00",
        "2026-01-12T20:00",
        "2026-05-08T19:30",
        "2026-10-31T12:00",
    ];
    insta::assert_snapshot!(story(&office, &times), @r"
    2026-01-04T12:00 закрыто: 4 января — нерабочий праздничный день (Новогодние каникулы) [holiday], opens Mon 01-05 09:00
    2026-01-09T12:00 закрыто: 9 января — выходной день (перенос с 3 января) [day_off], opens Mon 01-12 09:00
    2026-01-10T12:00 закрыто: суббота — нет рабочих часов [weekday], opens Mon 01-12 09:00
    2026-01-12T08:59 закрыто: 08:59, понедельник, рабочие часы 09:00–20:00 [hours], opens Mon 01-12 09:00
    2026-01-12T09:00 open until Mon 01-12 20:00
    2026-01-12T20:00 закрыто: 20:00, понедельник, рабочие часы 09:00–20:00 [hours], opens Tue 01-13 09:00
    2026-05-08T19:30 закрыто: 19:30, пятница, рабочие часы 09:00–19:00, короткий день [hours], opens Mon 05-11 09:00
    2026-10-31T12:00 open until Sat 10-31 20:00
    ");
}

#[test]
fn the_night_belongs_to_the_evening_it_begins_on() {
    let night = schedule("Asia/Irkutsk", &["fri 22:00-08:00"]);
    let times = [
        "2026-02-06T21:59",
        "2026-02-06T22:00",
        "2026-02-07T07:59",
        "2026-02-07T08:00",
    ];
    insta::assert_snapshot!(story(&night, &times), @r"
    2026-02-06T21:59 закрыто: 21:59, пятница, рабочие часы 22:00–08:00 [hours], opens Fri 02-06 22:00
    2026-02-06T22:00 open until Sat 02-07 08:00
    2026-02-07T07:59 open until Sat 02-07 08:00
    2026-02-07T08:00 закрыто: суббота — нет рабочих часов [weekday], opens Fri 02-13 22:00
    ");
}

#[test]
fn around_the_clock_has_no_end_and_empty_has_no_beginning() {
    let always = schedule("Asia/Irkutsk", &["daily 00:00-24:00"]);
    let always = Schedule {
        holidays: None,
        ..always
    };
    let never = schedule("Asia/Irkutsk", &[]);
    let day_and_night = schedule("Asia/Irkutsk", &["08:00-22:00", "22:00-08:00"]);
    let day_and_night = Schedule {
        holidays: None,
        ..day_and_night
    };
    insta::assert_snapshot!(story(&always, &["2026-02-06T12:00"]), @"2026-02-06T12:00 open until never");
    insta::assert_snapshot!(story(&never, &["2026-02-06T12:00"]), @"2026-02-06T12:00 закрыто: пятница — нет рабочих часов [weekday], opens never");
    insta::assert_snapshot!(story(&day_and_night, &["2026-02-06T22:00"]), @"2026-02-06T22:00 open until never");
}

#[test]
fn single_dates_win_over_everything() {
    let mut office = schedule("Asia/Irkutsk", &["mon-fri 09:00-20:00"]);
    let note = Some("переезд офиса".to_owned());
    office.dates.insert(
        parse_date("2026-02-05").expect("valid"),
        DateRule::Closed { note },
    );
    let spans = vec![Span::parse("10:00-14:00").expect("valid")];
    office.dates.insert(
        parse_date("2026-01-04").expect("valid"),
        DateRule::Open { spans },
    );
    let times = ["2026-02-05T12:00", "2026-01-04T12:00", "2026-01-04T14:00"];
    insta::assert_snapshot!(story(&office, &times), @r"
    2026-02-05T12:00 закрыто: 5 февраля — переезд офиса [date], opens Fri 02-06 09:00
    2026-01-04T12:00 open until Sun 01-04 14:00
    2026-01-04T14:00 закрыто: 14:00, воскресенье, рабочие часы 10:00–14:00 [hours], opens Mon 01-05 09:00
    ");
}

#[test]
fn clocks_go_forward_in_berlin() {
    // On 29 March 2026 the clock shows 02:00 never: 01:59 is followed by 03:00.
    let night = schedule("Europe/Berlin", &["22:00-02:30", "04:00-05:00"]);
    let times = ["2026-03-28T23:00", "2026-03-29T03:00", "2026-03-29T04:30"];
    insta::assert_snapshot!(story(&night, &times), @r"
    2026-03-28T23:00 open until Sun 03-29 03:00
    2026-03-29T03:00 закрыто: 03:00, воскресенье, рабочие часы 04:00–05:00, 22:00–02:30 [hours], opens Sun 03-29 04:00
    2026-03-29T04:30 open until Sun 03-29 05:00
    ");
}

#[test]
fn clocks_go_back_in_berlin() {
    // On 25 October 2026 the clock shows 02:00–02:59 twice; the window lasts until the second 02:30.
    let night = schedule("Europe/Berlin", &["22:00-02:30"]);
    let begin = at("Europe/Berlin", "2026-10-24T22:00");
    let hours = |until: Wall| (until.0 - begin.0) as f64 / 3.6e9;
    match night.is_open(begin) {
        Hours::Open { until: Some(until) } => assert_eq!(hours(until), 5.5),
        other => panic!("{other:?}"),
    }
}
