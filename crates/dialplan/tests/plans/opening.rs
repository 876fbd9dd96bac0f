//! When a schedule opens next: said, asked, and by which clock.
use gudok_calendar::{Override, Overrides, Set};
use gudok_dialplan::{Horizon, load};

use crate::support::{Call, irkutsk, loaded, source};

/// An office in Irkutsk with a short day, a holiday and a date of its own; a shop that is never open.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00", "sat 10:00-16:00"]
holidays = "ru"

[schedule.office.dates]
2026-11-12 = "12:30-14:00"

[schedule.shop]
zone = "Asia/Irkutsk"
windows = ["mon 09:00-10:00"]

[[holidays]]
calendar = "ru"
year = 2026
source = "пример"
days = [{ date = 2026-11-04, kind = "holiday", name = "праздник" }]

[[flow.main]]
when = 'schedule.office.opens_in_days == 0'
then = [{ play = ["today", { say = "time", value = "schedule.office.opens_time", case = "accusative", else = "never" }] }]
else = [
  { when = 'schedule.office.opens_in_days == 1', then = [{ play = ["tomorrow"] }] },
  { play = ["on", { say = "date", value = "schedule.office.opens_date", case = "genitive", else = "later" }] },
]

[[flow.main]]
close = ["goodbye"]
reason = "night"
"#;

fn told_by(plan: &str, call: &Call) -> String {
    let told = call.story(&loaded(&source(plan)).plan, &[]);
    let lines = told
        .lines()
        .filter(|line| line.starts_with("  ") && !line.contains("[played]"));
    let lines = lines.map(|line| line.trim_start_matches("  8800.toml:").trim_start());
    let lines: Vec<&str> = lines.take_while(|line| !line.contains("[close]")).collect();
    lines.join("\n")
}

fn told(at: &str) -> String {
    told_by(PLAN, &Call::at("+78001234567", at))
}

#[test]
fn early_in_the_morning_it_opens_today() {
    insta::assert_snapshot!(told("2026-11-10T08:59"), @r#"
    26:1 [condition_true] верно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days = 0)
    27:11 [play] фразы: today, time(schedule.office.opens_time)
    27:11 [said] говорим time(schedule.office.opens_time): «девять часов ровно»
    "#);
}

#[test]
fn in_the_evening_tomorrow_and_over_a_holiday_by_date() {
    insta::assert_snapshot!(told("2026-11-10T20:00"), @r#"
    26:1 [condition_false] неверно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days = 1)
    29:5 [condition_true] верно: schedule.office.opens_in_days == 1 (schedule.office.opens_in_days = 1)
    29:60 [play] фразы: tomorrow
    30:5 [play] фразы: on, date(schedule.office.opens_date)
    30:5 [said] говорим date(schedule.office.opens_date): «одиннадцатого ноября»
    "#);
    insta::assert_snapshot!(told("2026-11-03T20:00"), @r#"
    26:1 [condition_false] неверно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days = 2)
    29:5 [condition_false] неверно: schedule.office.opens_in_days == 1 (schedule.office.opens_in_days = 2)
    30:5 [play] фразы: on, date(schedule.office.opens_date)
    30:5 [said] говорим date(schedule.office.opens_date): «пятого ноября»
    "#);
    // A date of its own, by its own hour.
    let own = PLAN.replace(
        "play = [\"tomorrow\"]",
        "play = [{ say = \"time\", value = \"schedule.office.opens_time\" }, \"tomorrow\"]",
    );
    let call = Call::at("+78001234567", "2026-11-11T23:00");
    let told = told_by(&own, &call);
    assert!(told.contains("«двенадцать часов тридцать минут»"), "{told}");
}

#[test]
fn what_is_open_does_not_open_and_says_so() {
    insta::assert_snapshot!(told("2026-11-10T12:00"), @r#"
    26:1 [condition_error] не вычислилось, значит неверно: schedule.office.opens_in_days == 0 (schedule.office.opens_in_days: график открыт или в ближайшие 400 дней не откроется)
    29:5 [condition_error] не вычислилось, значит неверно: schedule.office.opens_in_days == 1 (schedule.office.opens_in_days: график открыт или в ближайшие 400 дней не откроется)
    30:5 [play] фразы: on, date(schedule.office.opens_date)
    30:5 [not_said] не сказать date(schedule.office.opens_date): schedule.office.opens_date: график открыт или в ближайшие 400 дней не откроется; вместо него later
    "#);
}

#[test]
fn days_and_hours_are_those_of_the_number() {
    // 20:00 in Irkutsk is 15:00 in Moscow, where the office opens at 04:00 of the next day; at 00:30 in Moscow, the same day.
    let moscow = PLAN.replace(
        "flow = \"main\"\n",
        "flow = \"main\"\nzone = \"Europe/Moscow\"\n",
    );
    let evening = told_by(&moscow, &Call::at("+78001234567", "2026-11-10T20:00"));
    assert!(evening.contains("opens_in_days = 1"), "{evening}");
    let night = told_by(&moscow, &Call::at("+78001234567", "2026-11-11T05:30"));
    assert!(
        night.contains("opens_in_days = 0") && night.contains("«четыре часа ровно»"),
        "{night}"
    );
}

#[test]
fn closed_by_hand_it_opens_when_that_is_over() {
    let mut call = Call::at("+78001234567", "2026-11-10T12:00");
    for (until, said) in [
        ("2026-11-10T15:15", "«пятнадцать часов пятнадцать минут»"),
        ("2026-11-10T21:00", "opens_in_days = 1"),
    ] {
        let closed = Override {
            set: Set::Closed,
            since: call.now,
            until: irkutsk(until),
            who: "ivanov".into(),
            why: "авария".into(),
        };
        call.overrides = Overrides::NONE;
        call.overrides.set(call.now, &"office".into(), closed);
        let told = told_by(PLAN, &call);
        assert!(told.contains(said), "{until}: {told}");
    }
}

#[test]
fn the_proof_looks_at_every_day_it_may_be() {
    let plan = PLAN.replace("record = \"off\"", "record = \"off\"\nallow_closed = []");
    let plan = plan.replace(
        "play = [\"tomorrow\"]",
        "close = [\"tomorrow\"], reason = \"tomorrow\"",
    );
    let plan = load(&source(&plan)).expect("it loads").plan;
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let gaps = &plan.coverage(horizon).numbers[0].gaps;
    let reasons: Vec<(&str, i64)> = gaps.iter().map(|gap| (&*gap.reason, gap.minutes)).collect();
    // Either way at every hour: the proof does not work out when it opens.
    assert_eq!(reasons, [("tomorrow", 7 * 1440), ("night", 7 * 1440)]);
}

#[test]
fn other_hours_are_another_answer_though_the_words_are_the_same() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let old = loaded(&source(PLAN)).plan;
    let differs = |text: &str| {
        let new = loaded(&source(text)).plan;
        new.differs_from(&old, horizon, &Overrides::NONE)
            .lines()
            .join("\n")
    };
    insta::assert_snapshot!(differs(&PLAN.replace("sat 10:00-16:00", "sat 11:00-16:00")), @r#"
    номер «+78001234567» (+78001234567): 15 ч в неделю пойдут иначе
      все: пт 13.11.2026 20:00 – сб 14.11.2026 11:00; всего 15 ч
        было:  фразы: today, time(schedule.office.opens_time) (8800.toml:27:11)
        будет: фразы: today, time(schedule.office.opens_time); ближайшее открытие графика office другое (8800.toml:27:11)
    "#);
    let shop = differs(&PLAN.replace("mon 09:00-10:00", "mon 09:00-11:00"));
    assert_eq!(shop, "вызовы пойдут как прежде");
    let same = differs(&format!("# Часы.\n{PLAN}"));
    assert_eq!(same, "вызовы пойдут как прежде");
}

#[test]
fn a_schedule_that_stays_closed_opens_on_no_day() {
    let never = PLAN.replace(
        "windows = [\"mon-fri 09:00-20:00\", \"sat 10:00-16:00\"]",
        "windows = []",
    );
    let told = told_by(&never, &Call::at("+78001234567", "2026-11-12T15:00"));
    assert!(told.contains("400 дней не откроется"), "{told}");
}

#[test]
fn two_schedules_of_one_step_have_each_their_own_day() {
    let both = "schedule.shop.opens_in_days == 6 && schedule.office.opens_in_days == 1 && schedule.shop.opens_time == \"09:00\"";
    let plan = PLAN.replacen("schedule.office.opens_in_days == 0", both, 1);
    let told = told_by(&plan, &Call::at("+78001234567", "2026-11-10T20:00"));
    assert!(told.starts_with("26:1 [condition_true]"), "{told}");
}
