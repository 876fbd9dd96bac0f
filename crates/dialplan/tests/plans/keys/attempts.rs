//! Which try it is: said, asked by the check of an answer, and known behind the question.
use gudok_dialplan::StepEnd::{Silent, TimedOut};
use gudok_dialplan::{Horizon, load};

use crate::support::{Call, loaded, source, typed};

/// The third try of an account takes any; who needed more than one is led to people, and the last menu says how often it asked.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
when = 'attempt > 0'
then = [{ close = ["never"], reason = "never" }]

[[flow.main]]
ask = "account"
prompts = ["say_account"]
digits = "4-8"
check = 'answer.startsWith("45") || attempt == 3'
on_invalid = [{ say = "number", value = "attempt", gender = "feminine" }, "wrong_account"]
otherwise = "wait"

[[flow.main]]
play = ["thanks"]

[[flow.main]]
when = 'attempt > 1'
then = [{ goto = "wait" }]

[[flow.main]]
menu = ["welcome"]
keys = { 1 = [{ when = 'attempt == 1', then = [{ close = ["at_once"], reason = "at_once" }] }, { goto = "wait" }] }
tries = 2
otherwise = "wait"

[[flow.wait]]
queue = "tech"
wait = "60s"
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["sorry"]
reason = "sorry"
"#;

fn story(ends: &[gudok_dialplan::StepEnd]) -> String {
    let loaded = loaded(&source(PLAN));
    let told = Call::at("+78001234567", "2026-01-12T12:00").story(&loaded.plan, ends);
    let lines = told.lines().filter(|line| line.starts_with("  "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_third_try_is_taken_and_remembered_behind_the_question() {
    let story = story(&[typed("1234"), typed("1234"), typed("1234")]);
    insta::assert_snapshot!(story, @r#"
    8800.toml:11:1 [condition_false] неверно: attempt > 0 (attempt = 0)
    8800.toml:15:1 [ask] спрашиваем «account», фразы: say_account
    8800.toml:15:1 [typed] «account»: набрано ••••
    8800.toml:15:1 [condition_false] неверно: answer.startsWith("45") || attempt == 3 (answer = "••••"; attempt = 1)
    8800.toml:15:1 [asked_again] спрашиваем ещё раз: попытка 2 из 3
    8800.toml:15:1 [said] говорим number(attempt): «две»
    8800.toml:15:1 [typed] «account»: набрано ••••
    8800.toml:15:1 [condition_false] неверно: answer.startsWith("45") || attempt == 3 (answer = "••••"; attempt = 2)
    8800.toml:15:1 [asked_again] спрашиваем ещё раз: попытка 3 из 3
    8800.toml:15:1 [said] говорим number(attempt): «три»
    8800.toml:15:1 [typed] «account»: набрано ••••
    8800.toml:15:1 [condition_true] верно: answer.startsWith("45") || attempt == 3 (answer = "••••"; attempt = 3)
    8800.toml:23:1 [play] фразы: thanks
    8800.toml:23:1 [played] доиграно
    8800.toml:26:1 [condition_true] верно: attempt > 1 (attempt = 3)
    8800.toml:27:11 [goto] переход в ветку «wait»
    8800.toml:36:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    "#);
}

#[test]
fn each_question_counts_by_itself() {
    let first = story(&[typed("4502"), typed("1")]);
    assert!(first.ends_with("(причина: at_once)"), "{first}");
    let second = story(&[typed("4502"), Silent, typed("1"), TimedOut]);
    assert!(
        second.contains("неверно: attempt == 1 (attempt = 2)")
            && second.ends_with("(причина: sorry)"),
        "{second}"
    );
}

#[test]
fn the_proof_looks_at_both_ways() {
    // Only the second try leads to a closing phrase that the number does not allow.
    let plan = PLAN.replace(
        "record = \"off\"",
        "record = \"off\"\nallow_closed = [\"sorry\", \"never\"]",
    );
    let plan = load(&source(&plan)).expect("it loads").plan;
    let horizon = Horizon::from_date("2026-01-12").expect("a date");
    let gaps = &plan.coverage(horizon).numbers[0].gaps;
    let reasons: Vec<&str> = gaps.iter().map(|gap| &*gap.reason).collect();
    assert_eq!(reasons, ["at_once"]);
}

#[test]
fn it_is_a_number() {
    let plan = PLAN.replace("'attempt > 0'", "'attempt == \"one\"'");
    let problems = load(&source(&plan)).expect_err("a word is no number");
    assert_eq!((problems.len(), problems[0].code), (1, "wrong_type"));
    let plan = PLAN.replace("'attempt > 0'", "'attempts > 0'");
    let problems = load(&source(&plan)).expect_err("there is no such fact");
    assert_eq!(problems[0].meant.as_deref(), Some("attempt"));
}
