//! What is promised at night: when it is due, how that is said, and a promise that nobody would keep.
use gudok_calendar::{Override, Overrides, Set};
use gudok_dialplan::{Decision, Horizon, accept, load};

use crate::support::{Call, irkutsk, loaded, source, typed};

/// By day people, at night an offer to call back in the hours of the office.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
after_hours = "night"
schedule = "office"
allow_closed = []

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00", "sat 10:00-16:00"]

[schedule.office.dates]
2026-11-12 = "closed"
2026-11-16 = ["09:00-12:00", "13:00-18:00"]

[group.tech]
operators = ["101"]

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "night"
on_no_operators = "night"
on_full = "night"

[[flow.night]]
callback = "tech"
schedule = "office"
otherwise = "message"

[[flow.message]]
voicemail = ["leave_message"]
due = "2h"
schedule = "office"

[[flow.message]]
close = ["goodbye"]
reason = "message"
"#;

/// What is said and when it is due, of a promise made at this hour by a call that came then.
fn promised(plan: &str, call: &Call) -> String {
    let plan = loaded(&source(plan)).plan;
    let mut told = Vec::new();
    let ends = [gudok_dialplan::StepEnd::Full, typed("1")];
    let is_open = plan
        .schedule("office")
        .is_some_and(|it| it.closed_because(call.now).is_none());
    let ends = if is_open { &ends[..] } else { &ends[1..] };
    call.walk(&plan, ends, |step| {
        if let Decision::Promise { owed, prompts, .. } = &step.decision {
            let due = plan.due(owed, call.now, &call.overrides);
            let zone = &plan.numbers()[0].zone;
            let local = zone.local(due);
            let words = prompts.iter().map(|it| &**it);
            let words = gudok_speech::text_of(gudok_speech::Locale::Ru, words);
            told.push(format!(
                "{} {:02}:{:02} {words}",
                local.date, local.hour, local.minute
            ));
        }
    });
    told.join("\n")
}

fn at(local: &str) -> String {
    promised(PLAN, &Call::at("+78001234567", local))
}

#[test]
fn at_night_the_time_of_a_promise_begins_in_the_morning() {
    let told = [
        "2026-11-10T12:00",
        "2026-11-10T03:05",
        "2026-11-10T19:40",
        "2026-11-10T19:41",
        "2026-11-10T23:30",
        "2026-11-11T20:00",
        "2026-11-14T15:55",
        "2026-11-16T11:50",
    ];
    let told = told
        .map(|local| format!("{local}: {}", at(local)))
        .join("\n");
    insta::assert_snapshot!(told, @r#"
    2026-11-10T12:00: 2026-11-10 12:20 Мы перезвоним вам в течение двадцати минут
    2026-11-10T03:05: 2026-11-10 09:20 Мы перезвоним вам сегодня до девяти часов двадцати минут
    2026-11-10T19:40: 2026-11-10 20:00 Мы перезвоним вам в течение двадцати минут
    2026-11-10T19:41: 2026-11-11 09:01 Мы перезвоним вам завтра до девяти часов одной минуты
    2026-11-10T23:30: 2026-11-11 09:20 Мы перезвоним вам завтра до девяти часов двадцати минут
    2026-11-11T20:00: 2026-11-13 09:20 Мы перезвоним вам до девяти часов двадцати минут тринадцатого ноября
    2026-11-14T15:55: 2026-11-16 09:15 Мы перезвоним вам до девяти часов пятнадцати минут шестнадцатого ноября
    2026-11-16T11:50: 2026-11-16 13:10 Мы перезвоним вам сегодня до тринадцати часов десяти минут
    "#);
}

#[test]
fn what_is_closed_or_opened_by_hand_moves_it() {
    let mut call = Call::at("+78001234567", "2026-11-10T12:00");
    let mut until = |set: Set, local: &str, until: &str| {
        call.now = irkutsk(local);
        let set = Override {
            set,
            since: call.now,
            until: irkutsk(until),
            who: "ivanov".into(),
            why: "авария".into(),
        };
        call.overrides = Overrides::NONE;
        call.overrides.set(call.now, &"office".into(), set);
        promised(PLAN, &call)
    };
    let told = [
        until(Set::Closed, "2026-11-10T03:00", "2026-11-10T15:00"),
        until(Set::Closed, "2026-11-10T03:00", "2026-11-10T21:00"),
        until(Set::Open, "2026-11-09T19:30", "2026-11-09T19:55"),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    2026-11-10 15:20 Мы перезвоним вам сегодня до пятнадцати часов двадцати минут
    2026-11-11 09:20 Мы перезвоним вам завтра до девяти часов двадцати минут
    2026-11-09 19:50 Мы перезвоним вам в течение двадцати минут
    "#);
}

/// Whoever hears «до девяти часов одиннадцати минут» is called until then, and not until some seconds before or after.
#[test]
fn what_is_told_to_the_minute_is_due_at_that_minute() {
    let (plan, secs) = (loaded(&source(PLAN)).plan, std::time::Duration::from_secs);
    let owed = |schedule: Option<&str>| gudok_model::Owed {
        group: None,
        within: secs(20 * 60),
        schedule: schedule.map(Into::into),
    };
    let made = irkutsk("2026-11-10T19:50") + secs(45);
    let due = |schedule| plan.due(&owed(schedule), made, &Overrides::NONE);
    assert_eq!(due(Some("office")), irkutsk("2026-11-11T09:11"));
    assert_eq!(due(None), irkutsk("2026-11-10T20:10") + secs(45));
    // Said as a length: to the second.
    let by_day = irkutsk("2026-11-10T12:00") + secs(45);
    let due = plan.due(&owed(Some("office")), by_day, &Overrides::NONE);
    assert_eq!(due, irkutsk("2026-11-10T12:20") + secs(45));
    let mut call = Call::at("+78001234567", "2026-11-10T19:50");
    call.now = made;
    let told = promised(PLAN, &call);
    assert!(
        told.ends_with("до девяти часов одиннадцати минут"),
        "{told}"
    );
}

#[test]
fn a_schedule_that_never_opens_counts_by_the_clock() {
    let never = PLAN.replace(
        "windows = [\"mon-fri 09:00-20:00\", \"sat 10:00-16:00\"]",
        "windows = []",
    );
    let never = never.replace("2026-11-16 = [\"09:00-12:00\", \"13:00-18:00\"]", "");
    let told = promised(&never, &Call::at("+78001234567", "2026-11-10T03:05"));
    insta::assert_snapshot!(told, @"2026-11-10 03:25 Мы перезвоним вам в течение двадцати минут");
}

#[test]
fn a_message_is_owed_in_the_hours_of_its_schedule_too() {
    let plan = loaded(&source(PLAN)).plan;
    let call = Call::at("+78001234567", "2026-11-10T19:00");
    let mut owed = None;
    let silent = [
        gudok_dialplan::StepEnd::Full,
        typed("9"),
        typed("9"),
        typed("9"),
    ];
    call.walk(&plan, &silent, |step| {
        if let Decision::Voicemail { owed: it, .. } = &step.decision {
            owed = Some(it.clone());
        }
    });
    let owed = owed.expect("a message");
    assert_eq!(
        plan.due(&owed, call.now, &Overrides::NONE),
        irkutsk("2026-11-11T10:00")
    );
}

/// A number that is there by day alone, and a promise whose time would run at night.
#[test]
fn a_promise_that_nobody_would_keep_is_warned_of() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let warned = |text: &str| {
        let accepted = accept(&source(text), horizon).expect("accepted");
        let warnings = accepted.warnings.iter();
        let warnings = warnings.filter(|it| it.code == "promise_at_night");
        warnings
            .map(|it| it.render())
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(warned(PLAN), "");
    let bare = PLAN.replacen("schedule = \"office\"\notherwise", "otherwise", 1);
    insta::assert_snapshot!(warned(&bare), @r#"
    promise_at_night

      ⚠ номер «+78001234567»: перезвонить обещают и тогда, когда его графики закрыты: пн 09.11.2026
      │ 00:00–09:00, пн 09.11.2026 20:00 – вт 10.11.2026 09:00, вт 10.11.2026 20:00 – ср 11.11.2026
      │ 09:00 … и ещё: 3; срок при этом идёт
        ╭─[8800.toml:29:1]
     28 │ [[flow.night]]
     29 │ callback = "tech"
        · ────────
     30 │ otherwise = "message"
        ╰────

      назовите график, в часы которого перезванивают: schedule = "ИМЯ"; если и ночью — круглосуточный
      [en] callers are promised a call while every schedule is closed: 7080 min
      name the schedule in whose hours people are called back: schedule = "NAME"; one that is always
      open, if at night too
    "#);
    // A number that asks no schedule is there by day and by night.
    let always = bare.replace("after_hours = \"night\"\nschedule = \"office\"\n", "");
    assert_eq!(warned(&always), "");
    // Asked by a condition alone, and promised by day alone.
    let by_day = always.replace(
        "[[flow.night]]\ncallback",
        "[[flow.night]]\nwhen = '!schedule.office.open'\ngoto = \"message\"\n\n[[flow.night]]\ncallback",
    );
    assert_eq!(warned(&by_day), "");
    let by_night = by_day.replace("!schedule.office.open", "schedule.office.open");
    assert!(
        warned(&by_night).contains("7080 min"),
        "{}",
        warned(&by_night)
    );
    // Asked only when it opens.
    let by_day_of_opening = by_night.replace(
        "schedule.office.open'",
        "schedule.office.opens_in_days > 100'",
    );
    let told = warned(&by_day_of_opening);
    assert!(told.contains("7080 min"), "{told}");
}

#[test]
fn a_schedule_of_a_promise_is_looked_up_and_may_be_a_parameter() {
    let typo = PLAN.replacen(
        "schedule = \"office\"\notherwise",
        "schedule = \"ofice\"\notherwise",
        1,
    );
    let problems = load(&source(&typo)).expect_err("there is no such schedule");
    assert_eq!((problems.len(), problems[0].code), (1, "unknown_schedule"));
    assert_eq!(problems[0].meant.as_deref(), Some("office"));
    let sub = PLAN.replacen("[[flow.night]]\ncallback = \"tech\"\nschedule = \"office\"\notherwise = \"message\"", "[[flow.night]]\ncall = \"offer\"\nwith = { hours = \"office\" }\n\n[[flow.night]]\ngoto = \"message\"\n\n[[flow.offer]]\nparams = { hours = \"schedule\" }\n\n[[flow.offer]]\ncallback = \"tech\"\nschedule = \"param.hours\"\notherwise = \"message\"", 1);
    let sub = sub.replace("[[flow.night]]\ngoto = \"message\"\n\n", "");
    let told = promised(&sub, &Call::at("+78001234567", "2026-11-10T03:05"));
    assert!(told.starts_with("2026-11-10 09:20"), "{told}");
}

#[test]
fn another_schedule_is_another_promise() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let old = loaded(&source(PLAN)).plan;
    let new = loaded(&source(&PLAN.replacen(
        "schedule = \"office\"\notherwise",
        "otherwise",
        1,
    )))
    .plan;
    let told = new
        .differs_from(&old, horizon, &Overrides::NONE)
        .lines()
        .join("\n");
    assert!(told.contains("по графику «office»"), "{told}");
}

/// The words are the same, and mean other hours.
#[test]
fn other_hours_of_a_promise_and_of_a_message_are_told_by_the_name_of_the_schedule() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let apart = PLAN.replacen("[group.tech]", "[schedule.calls]\nzone = \"Asia/Irkutsk\"\nwindows = [\"mon-fri 09:00-20:00\"]\n\n[group.tech]", 1);
    let differs = |step: &str| {
        let own = step.replace("office", "calls");
        let text = apart.replacen(step, &own, 1);
        let old = loaded(&source(&text)).plan;
        let new = loaded(&source(&text.replace(
            "mon-fri 09:00-20:00\"]\n\n[group",
            "mon-fri 10:00-20:00\"]\n\n[group",
        )))
        .plan;
        new.differs_from(&old, horizon, &Overrides::NONE)
            .lines()
            .join("\n")
    };
    let promise = differs("schedule = \"office\"\notherwise");
    insta::assert_snapshot!(promise, @r#"
    номер «+78001234567» (+78001234567): 168 ч в неделю пойдут иначе
      все: пн 09.11.2026 00:00 – вс 15.11.2026 24:00; всего 168 ч
        было:  обещаем перезвонить на его номер за 20 мин, группа «tech», по графику «calls» (8800.toml:33:1)
        будет: обещаем перезвонить на его номер за 20 мин, группа «tech», по графику «calls»; часы графика calls другие (8800.toml:33:1)
    "#);
    let message = differs("due = \"2h\"\nschedule = \"office\"");
    assert!(
        message.contains("; часы графика calls другие (8800.toml:38:1)"),
        "{message}"
    );
}
