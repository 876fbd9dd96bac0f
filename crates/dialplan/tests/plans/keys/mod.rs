//! Menus, questions and variables: what a caller's keys lead to, and what is wrong with them.
use gudok_dialplan::Decision;
use gudok_dialplan::StepEnd::{Silent, TimedOut};

use crate::support::{Call, loaded, source, typed};

mod acks;
mod attempts;
mod mistakes;

/// A menu with a menu within, a question, a variable, and circles that the caller alone can go.
pub(crate) const MENU: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
menu = ["welcome"]
on_invalid = ["no_such_key"]
on_timeout = ["are_you_there"]
tries = 2
otherwise = "wait"
[flow.main.keys]
1 = [{ ask = "account", prompts = ["say_account"], digits = "4-8", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
2 = "wait"
"*" = "main"

[[flow.main]]
set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 1 }

[[flow.main]]
set = { times = 'vars.times + 1', known = 'answer.account.valid' }

[[flow.main]]
when = 'vars.class == "gold" && vars.times == 2 && vars.known'
then = [{ close = ["gold"], reason = "gold" }]

[[flow.main]]
close = ["plain"]
reason = "plain"

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
    let loaded = loaded(&source(MENU));
    Call::at("+78001234567", "2026-01-12T12:00").story(&loaded.plan, ends)
}

#[test]
fn keys_lead_to_a_question_and_its_answer_to_a_variable_and_nobody_reads_the_account() {
    let story = story(&[typed("7"), typed("1"), typed("123"), typed("45021702")]);
    insta::assert_snapshot!(story, @r#"
      8800.toml:11:1 [menu] меню, фразы: welcome
    Ask { prompts: ["welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: true, has: "12*" } }
      8800.toml:11:1 [key_unknown] нажато 7: такой клавиши в меню нет
      8800.toml:11:1 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["no_such_key", "welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: true, has: "12*" } }
      8800.toml:11:1 [key] нажато 1
      8800.toml:17:8 [ask] спрашиваем «account», фразы: say_account
    Ask { prompts: ["say_account"], answer: Some("account"), keys: Keys { most: 8, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:17:8 [typed_wrong_length] «account»: набрано цифр 3, а нужно 4–8
      8800.toml:17:8 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["wrong_account", "say_account"], answer: Some("account"), keys: Keys { most: 8, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:17:8 [typed] «account»: набрано ••••••02
      8800.toml:17:8 [condition_true] верно: answer.startsWith("45") (answer = "••••••02")
      8800.toml:22:1 [set] переменная «class» задана
      8800.toml:22:1 [set] переменная «times» задана
      8800.toml:25:1 [set] переменная «times» задана
      8800.toml:25:1 [set] переменная «known» задана
      8800.toml:28:1 [condition_true] верно: vars.class == "gold" && vars.times == 2 && vars.known (vars.class = "gold"; vars.times = 2; vars.known = true)
      8800.toml:29:11 [close] закрывающая фраза: gold (причина: gold)
    Close { prompts: ["gold"], reason: "gold" }
    "#);
    assert!(!story.contains("4502"), "{story}");
}

#[test]
fn nobody_reads_the_account_in_what_is_made_of_it() {
    let plan = MENU
        .replace(
            "times = 1 }",
            "times = 1, told = '\"acc-\" + answer.account + \"/7\"', counted = 45021702 }",
        )
        .replace(
            "&& vars.known'",
            "&& vars.known && vars.told != \"\" && vars.counted > 5'",
        );
    let loaded = loaded(&source(&plan));
    let story = Call::at("+78001234567", "2026-01-12T12:00")
        .story(&loaded.plan, &[typed("1"), typed("45021702")]);
    assert!(
        story.contains("vars.told = \"acc-••••••02/7\"; vars.counted = ••••••02)"),
        "{story}"
    );
    assert!(!story.contains("4502"), "{story}");
}

#[test]
fn who_presses_nothing_is_asked_again_and_then_helped() {
    insta::assert_snapshot!(story(&[Silent, Silent, TimedOut]), @r#"
      8800.toml:11:1 [menu] меню, фразы: welcome
    Ask { prompts: ["welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: true, has: "12*" } }
      8800.toml:11:1 [silent] ничего не нажато
      8800.toml:11:1 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["are_you_there", "welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true, type_ahead: true, has: "12*" } }
      8800.toml:11:1 [silent] ничего не нажато
      8800.toml:11:1 [tries_used_up] попыток было 2, больше не спрашиваем
      8800.toml:11:1 [goto] переход в ветку «wait»
      8800.toml:36:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None, keys: None }
      8800.toml:36:1 [timed_out] очередь «tech»: не дождались ответа
      8800.toml:43:1 [close] закрывающая фраза: sorry (причина: sorry)
    Close { prompts: ["sorry"], reason: "sorry" }
    "#);
}

#[test]
fn tries_are_counted_for_each_question_alone() {
    // One wrong key in the menu leaves two tries of the question.
    let story = story(&[typed("9"), typed("1"), typed("99999"), typed("9"), TimedOut]);
    assert!(story.contains("попыток было 2"), "{story}");
    assert!(story.ends_with("reason: \"sorry\" }"), "{story}");
}

#[test]
fn a_circle_through_a_key_is_allowed_with_a_warning_and_is_closed_in_the_end() {
    let loaded = loaded(&source(MENU));
    let codes: Vec<_> = loaded.warnings.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["circle"]);
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let story = call.story(&loaded.plan, &[typed("*"); 300]);
    assert!(story.ends_with("reason: \"steps_exceeded\" }"), "{story}");
}

#[test]
fn every_prompt_of_a_menu_is_known_to_the_plan() {
    let plan = loaded(&source(MENU)).plan;
    for prompt in [
        "welcome",
        "no_such_key",
        "are_you_there",
        "say_account",
        "wrong_account",
    ] {
        assert!(plan.prompts().contains_key(prompt), "{prompt}");
    }
}

#[test]
fn what_is_asked_is_said_as_one_decision() {
    let plan = loaded(&source(MENU)).plan;
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let (number, cursor) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    let step = plan.step(number, &cursor, None, &call.facts());
    let Decision::Ask {
        prompts,
        answer,
        keys,
    } = step.decision
    else {
        panic!("{:?}", step.decision)
    };
    assert_eq!(
        (prompts.len(), answer, keys.most, keys.barge_in),
        (1, None, 1, true)
    );
}
