//! Queues with hours of their own, and the exits that a queue names for all its steps (behaviour Q0).
use gudok_calendar::{Override, Overrides, Set};
use gudok_dialplan::print::{printed, reads_alike};
use gudok_dialplan::{AtClose, Horizon, Source, StepEnd, accept, load};

use crate::support::{Call, irkutsk, loaded, source};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = ["shut", "late"]
flow = "main"

[group.tech]
operators = ["101"]

[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-18:00"]

[queue.tech]
schedule = "office"
on_closed = "shut"
on_timeout = "late"
on_full = "late"
on_no_operators = "late"

[[flow.main]]
queue = "tech"
wait = "60s"

[[flow.shut]]
close = "goodbye"
reason = "shut"

[[flow.late]]
close = "all_busy"
reason = "late"
"#;

fn instead(from: &str, to: &str) -> Vec<Source> {
    assert!(PLAN.contains(from), "{from}");
    source(&PLAN.replacen(from, to, 1))
}

fn leaving() -> Vec<Source> {
    instead("on_closed", "at_close = \"leave\"\non_closed")
}

fn story(sources: &[Source], at: &str, ends: &[StepEnd]) -> String {
    Call::at("+78001234567", at).story(&loaded(sources).plan, ends)
}

fn complaint(from: &str, to: &str) -> String {
    let problems = load(&instead(from, to)).expect_err("it is wrong");
    let told = problems
        .iter()
        .map(|it| format!("{} {}", it.code, it.message));
    told.collect::<Vec<_>>().join("\n")
}

fn warned(sources: &[Source]) -> String {
    let warnings = loaded(sources).warnings;
    let told = warnings
        .iter()
        .map(|it| format!("{} {}", it.code, it.message));
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn an_open_queue_is_come_to_and_left_by_its_own_exits() {
    insta::assert_snapshot!(story(&source(PLAN), "2026-11-10T12:00", &[StepEnd::TimedOut]), @r#"
      8800.toml:23:1 [condition_true] верно: очередь «tech» открыта (график «office» открыт)
      8800.toml:23:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:23:1 [timed_out] очередь «tech»: не дождались ответа
      8800.toml:31:1 [close] закрывающая фраза: all_busy (причина: late)
    Close { prompts: ["all_busy"], reason: "late" }
    "#);
}

#[test]
fn a_closed_one_sends_on_and_says_why() {
    insta::assert_snapshot!(story(&source(PLAN), "2026-11-10T18:00", &[]), @r#"
      8800.toml:23:1 [condition_false] неверно: очередь «tech» открыта (график «office» закрыт: 18:00, вторник, рабочие часы 09:00–18:00)
      8800.toml:23:1 [goto] переход в ветку «shut»
      8800.toml:27:1 [close] закрывающая фраза: goodbye (причина: shut)
    Close { prompts: ["goodbye"], reason: "shut" }
    "#);
}

/// Who waits leaves by the same way, where the queue says so; else that end is none of the plan's.
#[test]
fn who_waits_as_it_closes_goes_to_on_closed() {
    let told = story(&leaving(), "2026-11-10T17:59", &[StepEnd::Closed]);
    assert!(
        told.contains("[queue_closed] очередь «tech»: закрылась"),
        "{told}"
    );
    assert!(told.contains("причина: shut"), "{told}");
    let told = story(&source(PLAN), "2026-11-10T17:59", &[StepEnd::Closed]);
    assert!(
        told.contains("причина: late"),
        "as if nobody were there: {told}"
    );
}

#[test]
fn a_step_has_the_last_word() {
    let own = instead(
        "wait = \"60s\"",
        "wait = \"60s\"\non_closed = \"late\"\non_timeout = \"shut\"",
    );
    let told = story(&own, "2026-11-10T18:00", &[]);
    assert!(told.contains("причина: late"), "{told}");
    let told = story(&own, "2026-11-10T12:00", &[StepEnd::TimedOut]);
    assert!(told.contains("причина: shut"), "{told}");
}

#[test]
fn what_is_missing_or_leads_nowhere_is_told() {
    let cases = [
        (
            "on_closed = \"shut\"",
            "",
            "missing_exit нет выхода «on_closed»",
        ),
        (
            "on_full = \"late\"",
            "",
            "missing_exit нет выхода «on_full»",
        ),
        (
            "\"shut\"\non_t",
            "\"shop\"\non_t",
            "unknown_flow нет такой ветки: «shop»",
        ),
        (
            "\"office\"",
            "\"ofice\"",
            "unknown_schedule нет такого графика: «ofice»",
        ),
        (
            "schedule = \"office\"\n",
            "",
            "missing_key on_closed ничего не значит: у очереди нет графика",
        ),
        (
            "on_closed",
            "at_close = \"go\"\non_closed",
            "нет такого слова в at_close: «go»",
        ),
    ];
    for (from, to, says) in cases {
        let told = complaint(from, to);
        assert!(told.contains(says), "{says}: {told}");
    }
    let once = complaint("\"shut\"\non_t", "\"shop\"\non_t");
    assert!(!once.contains("missing_exit"), "{once}");
}

/// Q0: two closed queues that name each other lead round for ever.
#[test]
fn exits_of_queues_lead_nowhere_back() {
    let round = instead(
        "[[flow.main]]",
        "[group.sales]\noperators = [\"102\"]\n\n[queue.sales]\nschedule = \"office\"\non_closed = \"main\"\n\n[[flow.main]]",
    );
    let text = round[0]
        .text
        .replacen("on_closed = \"shut\"", "on_closed = \"sold\"", 1)
        + "\n[[flow.sold]]\nqueue = \"sales\"\nwait = \"60s\"\non_timeout = \"late\"\non_full = \"late\"\non_no_operators = \"late\"\n";
    let problems = load(&source(&text)).expect_err("round");
    assert!(
        problems.iter().any(|it| it.code == "endless"),
        "{problems:?}"
    );
}

#[test]
fn an_exit_of_a_step_to_a_queue_that_never_closes_is_told() {
    let never = instead("schedule = \"office\"\non_closed = \"shut\"\n", "");
    let text = never[0]
        .text
        .replace("wait = \"60s\"", "wait = \"60s\"\non_closed = \"shut\"");
    let told = warned(&source(&text));
    let line = "unused у очереди «tech» нет schedule: в on_closed никто не уйдёт";
    assert!(told.contains(line), "{told}");
}

/// Who comes out where is proved with the hours of the queue: at night nobody is met.
#[test]
fn the_proof_of_coverage_knows_the_hours_of_queues() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let covered = accept(&source(PLAN), horizon);
    assert!(covered.is_ok(), "{covered:?}");
    let strict = instead("[\"shut\", \"late\"]", "[\"late\"]");
    let problems = accept(&strict, horizon).expect_err("at night nobody is met");
    let gap = problems
        .iter()
        .find(|it| it.code == "uncovered")
        .expect("a gap");
    assert!(
        gap.message.contains("причина shut") && gap.message.contains("пн 09.11.2026 00:00"),
        "{}",
        gap.message
    );
    let shown = gap.render();
    assert!(shown.contains("очередь «tech» открыта"), "{shown}");
}

#[test]
fn it_is_printed_and_read_alike() {
    let sources = leaving();
    let text = printed(&sources).expect("a plan");
    for line in [
        "schedule = \"office\"",
        "at_close = \"leave\"",
        "on_closed = \"shut\"",
        "on_timeout = \"late\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(reads_alike(&sources, &source(&text)));
}

#[test]
fn a_version_with_other_hours_is_another() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let differs = |sources: &[Source]| {
        let (new, old) = (loaded(sources).plan, loaded(&source(PLAN)).plan);
        let told = new.differs_from(&old, horizon, &Overrides::NONE).lines();
        told.join("\n")
    };
    let told = differs(&leaving());
    let line = "очередь tech: свой график (schedule, at_close): office, stay → office, leave";
    assert!(
        told.contains(line) && told.contains("есть on_closed"),
        "{told}"
    );
    let told = differs(&instead("09:00-18:00", "09:00-17:00"));
    assert!(told.contains("вт 10.11.2026 17:00–18:00"), "{told}");
    let told = differs(&instead("on_timeout = \"late\"", "on_timeout = \"shut\""));
    assert!(told.contains("пойдут иначе"), "{told}");
}

/// What the switchboard goes by: with what is set by hand, and when to look again.
#[test]
fn the_hours_of_queues_are_told_with_what_is_set_by_hand() {
    let plan = loaded(&leaving()).plan;
    let (noon, six) = (irkutsk("2026-11-10T12:00"), irkutsk("2026-11-10T18:00"));
    let of = |at, by_hand: &Overrides| {
        let hours = plan.queue_hours(at, by_hand);
        let only = hours.into_iter().next().expect("one queue has hours");
        assert_eq!(only.at_close, AtClose::Leave);
        (only.open, only.till)
    };
    assert_eq!(of(noon, &Overrides::NONE), (true, Some(six)));
    assert_eq!(
        of(six, &Overrides::NONE),
        (false, Some(irkutsk("2026-11-11T09:00")))
    );
    let mut by_hand = Overrides::NONE;
    let until = irkutsk("2026-11-10T13:00");
    let closed = Override {
        set: Set::Closed,
        since: noon,
        until,
        who: "ivanov".into(),
        why: "авария".into(),
    };
    by_hand.set(noon, &"office".into(), closed);
    assert_eq!(of(noon, &by_hand), (false, Some(until)));
    assert!(!plan.is_open(&"tech".into(), noon, &by_hand));
    assert!(plan.is_open(&"of_no_plan".into(), noon, &by_hand));
}

/// Beside the plan: a test may say that the queue closes under who waits.
#[test]
fn a_test_of_the_plan_may_close_the_queue() {
    let tests = Source {
        name: "8800.test.toml".into(),
        text: "[[test]]\nname = \"закрылась\"\ngiven = { from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T09:59\" }\nhappens = [\"closed\"]\nexpect = { ends = \"closed\" }\n".into(),
    };
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let mut sources = leaving();
    sources.push(tests.clone());
    let accepted = accept(&sources, horizon);
    assert!(accepted.is_ok(), "{accepted:?}");
    let staying = [source(PLAN), vec![tests]].concat();
    let problems = accept(&staying, horizon).expect_err("who waits stays");
    assert!(
        problems
            .iter()
            .any(|it| it.message.contains("очередь «tech» так не кончается")),
        "{problems:?}"
    );
}
