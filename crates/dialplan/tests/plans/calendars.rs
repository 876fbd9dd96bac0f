//! Weeks of five and six days, calendars of regions, years that are missing, and what is set by hand.
use gudok_calendar::{Override, Set, parse_date};
use gudok_dialplan::{Plan, Source};
use gudok_model::Wall;

use crate::support::{Call, hotline, irkutsk, loaded};

const HOTLINE: &str = "+78001234567";
const HOUR: i64 = 3_600_000_000;

/// The hotline with more schedules, which nobody asks.
fn with(more: &str) -> Plan {
    let mut files = hotline();
    files.push(Source {
        name: "more.toml".into(),
        text: more.into(),
    });
    loaded(&files).plan
}

/// The hours a schedule is open on a date.
fn hours(plan: &Plan, schedule: &str, date: &str) -> i64 {
    let schedule = plan.schedule(schedule).expect("the schedule");
    let start = irkutsk(&format!("{date}T00:00"));
    let open = |hour: &i64| {
        let at = Wall(start.0 + hour * HOUR);
        schedule.closed_because(at).is_none()
    };
    i64::try_from((0..24).filter(open).count()).expect("few")
}

const WEEKS: &str = r#"
[schedule.five]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-17:00"]
holidays = "ru"
short_days = "1h"

[schedule.six]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-16:00", "sat 09:00-14:00"]
holidays = "ru"
week = 6
short_days = "1h"
"#;

/// ТК РФ ст. 112: where six days are worked a Saturday is no day off that a holiday could fall on.
#[test]
fn six_days_a_week_have_other_moved_and_short_days() {
    let plan = with(WEEKS);
    let both = |date: &str| (hours(&plan, "five", date), hours(&plan, "six", date));
    assert_eq!(both("2026-01-09"), (0, 7), "moved from a Saturday");
    assert_eq!(both("2026-03-07"), (0, 4), "a Saturday before a holiday");
    assert_eq!(both("2026-03-09"), (0, 0), "moved from a Sunday");
    assert_eq!(both("2026-04-30"), (7, 6), "short for both");
    assert_eq!(both("2026-05-11"), (0, 7), "moved from a Saturday");
    assert_eq!(both("2026-12-31"), (0, 0), "moved from a Sunday");
    let start = irkutsk("2026-01-01T12:00").0;
    let worked = |name: &str| {
        let schedule = plan.schedule(name).expect("the schedule");
        let noons = (0..365).map(|day| Wall(start + day * 24 * HOUR));
        noons
            .filter(|noon| schedule.closed_because(*noon).is_none())
            .count()
    };
    assert_eq!((worked("five"), worked("six")), (247, 299));
}

/// By the order 588н a Saturday that is worked for a short Monday is as short as that Monday was.
#[test]
fn of_2027_both_weeks_have_their_hours() {
    let plan = with(WEEKS);
    let both = |date: &str| (hours(&plan, "five", date), hours(&plan, "six", date));
    assert_eq!(both("2027-02-20"), (7, 5), "worked for the Monday");
    assert_eq!(both("2027-02-22"), (0, 6), "moved from a Saturday");
    assert_eq!(both("2027-05-08"), (0, 4), "a Saturday before a holiday");
    assert_eq!(both("2027-11-05"), (0, 7), "moved from a Saturday");
    assert_eq!(both("2027-12-31"), (0, 0), "moved from a Sunday");
    let days = std::iter::successors(parse_date("2027-01-01"), |day| day.tomorrow().ok());
    let year: Vec<_> = days.take(365).map(|day| both(&day.to_string())).collect();
    assert_eq!(year.iter().filter(|(five, _)| *five > 0).count(), 247);
    assert_eq!(year.iter().map(|(five, _)| five).sum::<i64>(), 247 * 8 - 4);
    assert_eq!(year.iter().filter(|(_, six)| *six > 0).count(), 299);
}

#[test]
fn a_region_has_the_days_of_the_country_and_its_own() {
    let region = |name: &str| {
        format!(
            "[schedule.{name}]\nzone = \"Asia/Irkutsk\"\nwindows = [\"mon-fri 09:00-17:00\"]\n\
             holidays = \"ru_{name}\"\nshort_days = \"1h\"\n"
        )
    };
    let names = ["tatarstan", "bashkortostan", "buryatia", "sakha"];
    let plan = with(&names.map(region).concat());
    let all = |date: &str| names.map(|name| hours(&plan, name, date));
    assert_eq!(all("2026-02-17"), [8, 8, 7, 8]);
    assert_eq!(all("2026-02-18"), [8, 8, 0, 8]);
    assert_eq!(all("2026-03-19"), [7, 7, 8, 8]);
    assert_eq!(all("2026-03-20"), [0, 0, 8, 8]);
    assert_eq!(all("2026-04-27"), [8, 8, 8, 0]);
    assert_eq!(all("2026-05-27"), [0, 0, 8, 8]);
    assert_eq!(all("2026-11-06"), [0, 8, 8, 8]);
    assert_eq!(all("2026-01-09"), [0, 0, 0, 0], "of the whole country");
    assert_eq!(all("2026-11-03"), [7, 7, 7, 7], "of the whole country");
}

#[test]
fn from_november_on_the_next_year_is_asked_for() {
    let plan = with(
        "[schedule.kazan]\nzone = \"Europe/Moscow\"\nwindows = \"mon-fri 09:00-17:00\"\nholidays = \"ru_tatarstan\"\n",
    );
    let missing = |local: &str| {
        let problems = plan.missing_years(irkutsk(local));
        let of_kazan = problems.iter();
        let of_kazan = of_kazan.filter(|it| it.message_en.contains("ru_tatarstan"));
        of_kazan
            .map(|it| it.render())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(missing("2026-10-31T23:59"), "");
    // In Moscow it is still October.
    assert_eq!(missing("2026-11-01T04:59"), "");
    insta::assert_snapshot!(missing("2026-11-01T05:00"), @r#"
    calendar_year

      ⚠ в календаре «ru_tatarstan» нет 2027 года: праздники будут обычными днями, а рабочие субботы —
      │ выходными
       ╭─[more.toml:4:12]
     3 │ windows = "mon-fri 09:00-17:00"
     4 │ holidays = "ru_tatarstan"
       ·            ──────────────
       ╰────

      добавьте файл с [[holidays]], calendar = "ru_tatarstan", year = 2027, source — постановление о
      переносе выходных
      [en] calendar `ru_tatarstan` has no days of 2027
      add a file with [[holidays]], calendar = "ru_tatarstan", year = 2027, source being the decree on
      moved days off
    "#);
    let codes = |local: &str| {
        let problems = plan.missing_years(irkutsk(local));
        let said = problems.iter().map(|problem| problem.message_en.clone());
        said.collect::<Vec<_>>().join("; ")
    };
    // Once more for the country's: calls out go by it too.
    let both = |region, country| {
        let of_country = format!("calendar `ru` has no days of {country}");
        format!("calendar `ru_tatarstan` has no days of {region}; {of_country}; {of_country}")
    };
    assert_eq!(codes("2027-11-02T00:00"), both(2027, 2028));
    assert_eq!(codes("2028-03-01T00:00"), both(2028, 2028));
}

#[test]
fn a_provisional_year_rules_and_is_told_as_lacking() {
    let plan = with(
        r#"
[schedule.five]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-17:00"]
holidays = "own"

[[holidays]]
calendar = "own"
year = 2026
source = "a test"
days = []

[[holidays]]
calendar = "own"
year = 2027
source = "a test"
provisional = true
days = [{ date = 2027-05-03, kind = "off" }]
"#,
    );
    assert_eq!(hours(&plan, "five", "2027-05-03"), 0, "its days are there");
    let told = |local: &str| {
        let problems = plan.missing_years(irkutsk(local));
        problems
            .iter()
            .map(|it| it.message.clone())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(told("2026-10-31T23:59"), "");
    let now = told("2026-11-01T00:00");
    assert!(
        now.contains("календарь «own» на 2027 год неполон (provisional = true)"),
        "{now}"
    );
}

fn by_hand(set: Set) -> Override {
    Override {
        set,
        since: irkutsk("2026-01-12T10:00"),
        until: irkutsk("2026-01-12T18:00"),
        who: "ivanov".into(),
        why: "авария на узле".into(),
    }
}

#[test]
fn what_is_set_by_hand_rules_until_its_hour() {
    let plan = loaded(&hotline()).plan;
    let first = |call: &Call| {
        let story = call.story(&plan, &[]);
        story.lines().next().unwrap_or_default().to_owned()
    };
    let mut call = Call::at(HOTLINE, "2026-01-12T12:00");
    let office = "office".into();
    call.overrides.set(call.now, &office, by_hand(Set::Closed));
    insta::assert_snapshot!(first(&call), @"  8800.toml:12:12 [condition_false] неверно: schedule.office.open (график «office» закрыт: вручную до 12 января 18:00 — авария на узле (ivanov))");
    call.now = irkutsk("2026-01-12T18:00");
    insta::assert_snapshot!(first(&call), @"  8800.toml:12:12 [condition_true] верно: schedule.office.open (график «office» открыт)");
    let mut night = Call::at(HOTLINE, "2026-01-12T07:00");
    night.overrides.set(night.now, &office, by_hand(Set::Open));
    insta::assert_snapshot!(first(&night), @"  8800.toml:12:12 [condition_true] верно: schedule.office.open (график «office» открыт вручную до 12 января 18:00 — авария на узле (ivanov))");
    // Another number has no schedule.
    let other = Call::at("+78001234568", "2026-01-12T12:00");
    assert!(!first(&other).contains("вручную"));
}

#[test]
fn an_announcement_is_heard_first_on_the_numbers_of_its_schedule() {
    let plan = loaded(&hotline()).plan;
    let set = Set::Announce {
        prompt: "emergency".into(),
    };
    let told = |did: &str, local: &str| {
        let mut call = Call::at(did, local);
        call.overrides
            .set(irkutsk(local), &"office".into(), by_hand(set.clone()));
        let story = call.story(&plan, &[]);
        story.lines().take(4).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(told(HOTLINE, "2026-01-12T12:00"), @r#"
      - [announcement] экстренное объявление «emergency» вручную до 12 января 18:00 — авария на узле (ivanov)
    Play { prompts: ["emergency"], notice: false }
      8800.toml:12:12 [condition_true] верно: schedule.office.open (график «office» открыт)
      8800.toml:12:12 [goto] переход в ветку «main»
    "#);
    for (did, local) in [
        (HOTLINE, "2026-01-12T18:00"),
        ("+78001234568", "2026-01-12T12:00"),
    ] {
        assert!(!told(did, local).contains("вручную"), "{did} {local}");
    }
}
