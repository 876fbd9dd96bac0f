//! Menus, questions and variables: what a caller's keys lead to, and what is wrong with them.
use gudok_dialplan::StepEnd::{Silent, TimedOut};
use gudok_dialplan::{Decision, load};

use crate::support::{Call, loaded, source, typed};

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
    insta::assert_snapshot!(story, @r###"
      8800.toml:11:1 [menu] меню, фразы: welcome
    Ask { prompts: ["welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true } }
      8800.toml:11:1 [key_unknown] нажато 7: такой клавиши в меню нет
      8800.toml:11:1 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["no_such_key", "welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true } }
      8800.toml:11:1 [key] нажато 1
      8800.toml:17:8 [ask] спрашиваем «account», фразы: say_account
    Ask { prompts: ["say_account"], answer: Some("account"), keys: Keys { most: 8, end: Some('#'), first: 7s, between: 4s, barge_in: true } }
      8800.toml:17:8 [typed_wrong_length] «account»: набрано цифр 3, а нужно 4–8
      8800.toml:17:8 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["wrong_account", "say_account"], answer: Some("account"), keys: Keys { most: 8, end: Some('#'), first: 7s, between: 4s, barge_in: true } }
      8800.toml:17:8 [typed] «account»: набрано ••••••02
      8800.toml:17:8 [condition_true] верно: answer.startsWith("45") (answer = "••••••02")
      8800.toml:22:1 [set] переменная «class» задана
      8800.toml:22:1 [set] переменная «times» задана
      8800.toml:25:1 [set] переменная «times» задана
      8800.toml:25:1 [set] переменная «known» задана
      8800.toml:28:1 [condition_true] верно: vars.class == "gold" && vars.times == 2 && vars.known (vars.class = "gold"; vars.times = 2; vars.known = true)
      8800.toml:29:11 [close] закрывающая фраза: gold (причина: gold)
    Close { prompts: ["gold"], reason: "gold" }
    "###);
    assert!(!story.contains("4502"), "{story}");
}

#[test]
fn who_presses_nothing_is_asked_again_and_then_helped() {
    insta::assert_snapshot!(story(&[Silent, Silent, TimedOut]), @r###"
      8800.toml:11:1 [menu] меню, фразы: welcome
    Ask { prompts: ["welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true } }
      8800.toml:11:1 [silent] ничего не нажато
      8800.toml:11:1 [asked_again] спрашиваем ещё раз: попытка 2 из 2
    Ask { prompts: ["are_you_there", "welcome"], answer: None, keys: Keys { most: 1, end: None, first: 5s, between: 5s, barge_in: true } }
      8800.toml:11:1 [silent] ничего не нажато
      8800.toml:11:1 [tries_used_up] попыток было 2, больше не спрашиваем
      8800.toml:11:1 [goto] переход в ветку «wait»
      8800.toml:36:1 [queue] очередь «tech», приоритет 0, ждать до 60 с
    Queue { queue: tech, priority: 0, wait_max: 60s, leave_empty: true, music: "music", announce: None }
      8800.toml:36:1 [timed_out] очередь «tech»: не дождались ответа
      8800.toml:43:1 [close] закрывающая фраза: sorry (причина: sorry)
    Close { prompts: ["sorry"], reason: "sorry" }
    "###);
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

/// What is wrong with the plan when this is replaced.
fn instead(of: &str, bad: &str) -> String {
    assert!(MENU.contains(of), "{of}");
    let problems = load(&source(&MENU.replace(of, bad))).expect_err("a bad plan");
    let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
    shown.join("\n")
}

#[test]
fn mistakes_have_their_places() {
    let all = [
        ("2 = \"wait\"", "A = \"wait\""),
        ("2 = \"wait\"", "2 = \"wiat\""),
        ("tries = 2\notherwise = \"wait\"", "tries = 2"),
        ("tries = 2\notherwise", "tries = 12\notherwise"),
        ("\"4-8\"", "\"8-4\""),
        ("\"4-8\"", "\"6-30\""),
        ("'answer.startsWith(\"45\")'", "'anwser.startsWith(\"45\")'"),
        ("answer.account.valid", "answer.acount.valid"),
        ("answer.account.valid", "answer"),
        ("vars.times == 2", "vars.tims == 2"),
        ("vars.times == 2", "vars.times == \"2\""),
        ("times = 1 }", "times = \"'two'\" }"),
        ("times = 1 }", "times = 'vars.times' }"),
        (
            "on_timeout = [\"are_you_there\"]",
            "on_silence = [\"are_you_there\"]",
        ),
        ("menu = [\"welcome\"]", "menu = []"),
    ];
    let told: Vec<String> = all.iter().map(|(of, bad)| instead(of, bad)).collect();
    insta::assert_snapshot!(told.join("\n"), @r###"
    unknown_key_pressed

      × нет такой клавиши: «A»
        ╭─[8800.toml:18:1]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "4-8", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
     18 │ A = "wait"
        · ─
     19 │ "*" = "main"
        ╰────

      допустимо: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *, #
      [en] no such key: "A"

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:22:25]
     21 │ [[flow.main]]
     22 │ set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 1 }
        ·                         ───────
     23 │
        ╰────

      [en] no step asks for `account`

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                                                   ───────
     26 │
        ╰────

      [en] no step asks for `account`

    unknown_flow

      × нет такой ветки: «wiat»
        ╭─[8800.toml:18:5]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "4-8", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
     18 │ 2 = "wiat"
        ·     ──────
     19 │ "*" = "main"
        ╰────

      возможно, вы имели в виду: wait
      допустимо: main, sorry, wait
      [en] unknown flow "wiat"

    missing_exit

      × нет выхода «otherwise»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:11:1]
     10 │ [[flow.main]]
     11 │ menu = ["welcome"]
        · ────
     12 │ on_invalid = ["no_such_key"]
        ╰────

      добавьте otherwise = "ветка"; есть ветки: main, sorry, wait
      [en] missing exit `otherwise`: the call would end in silence

    out_of_range

      × число вне границ: допустимо от 1 до 9
        ╭─[8800.toml:14:9]
     13 │ on_timeout = ["are_you_there"]
     14 │ tries = 12
        ·         ──
     15 │ otherwise = "wait"
        ╰────

      [en] number out of range: 1 to 9

    bad_digits

      × непонятное число цифр «8-4»
        ╭─[8800.toml:17:61]
     16 │ [flow.main.keys]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "8-4", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
        ·                                                             ─────
     18 │ 2 = "wait"
        ╰────

      напишите "6" или "6-10": от 1 до 20 цифр
      [en] not a count of digits: "8-4"

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:22:25]
     21 │ [[flow.main]]
     22 │ set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 1 }
        ·                         ───────
     23 │
        ╰────

      [en] no step asks for `account`

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                                                   ───────
     26 │
        ╰────

      [en] no step asks for `account`

    bad_digits

      × непонятное число цифр «6-30»
        ╭─[8800.toml:17:61]
     16 │ [flow.main.keys]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "6-30", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
        ·                                                             ──────
     18 │ 2 = "wait"
        ╰────

      напишите "6" или "6-10": от 1 до 20 цифр
      [en] not a count of digits: "6-30"

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:22:25]
     21 │ [[flow.main]]
     22 │ set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 1 }
        ·                         ───────
     23 │
        ╰────

      [en] no step asks for `account`

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                                                   ───────
     26 │
        ╰────

      [en] no step asks for `account`

    unknown_fact

      × нет такого факта: «anwser»
        ╭─[8800.toml:17:77]
     16 │ [flow.main.keys]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "4-8", check = 'anwser.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
        ·                                                                             ──────
     18 │ 2 = "wait"
        ╰────

      возможно, вы имели в виду: answer
      допустимо: caller, dialled, trunk, client, schedule, now, queue, roster, answer, vars
      [en] unknown fact `anwser`

    unknown_answer

      × ни один шаг не спрашивает «acount»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.acount.valid' }
        ·                                                   ──────
     26 │
        ╰────

      возможно, вы имели в виду: account
      допустимо: account
      [en] no step asks for `acount`

    unknown_fact

      × «answer» — ещё не значение: после точки нужно слово
        ╭─[8800.toml:25:44]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer' }
        ·                                            ──────
     26 │
        ╰────

      допустимо: account
      [en] `answer` is not a value yet: a word must follow

    unknown_variable

      × нет такой переменной: «tims»
        ╭─[8800.toml:28:38]
     27 │ [[flow.main]]
     28 │ when = 'vars.class == "gold" && vars.tims == 2 && vars.known'
        ·                                      ────
     29 │ then = [{ close = ["gold"], reason = "gold" }]
        ╰────

      возможно, вы имели в виду: times
      допустимо: class, known, times
      [en] no step sets `tims`

    wrong_type

      × так сравнивать нельзя: целое число и строка
        ╭─[8800.toml:28:44]
     27 │ [[flow.main]]
     28 │ when = 'vars.class == "gold" && vars.times == "2" && vars.known'
        ·                                            ──
     29 │ then = [{ close = ["gold"], reason = "gold" }]
        ╰────

      [en] int and string cannot be compared

    wrong_type

      × «+» не применяется к: строка, целое число
        ╭─[8800.toml:25:29]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                             ─
     26 │
        ╰────

      [en] `+` does not take: string, int

    wrong_type

      × так сравнивать нельзя: строка и целое число
        ╭─[8800.toml:28:44]
     27 │ [[flow.main]]
     28 │ when = 'vars.class == "gold" && vars.times == 2 && vars.known'
        ·                                            ──
     29 │ then = [{ close = ["gold"], reason = "gold" }]
        ╰────

      [en] string and int cannot be compared

    wrong_type

      × неясно, что такое «times»: задана лишь через саму себя
        ╭─[8800.toml:22:72]
     21 │ [[flow.main]]
     22 │ set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 'vars.times' }
        ·                                                                        ─────
     23 │
        ╰────

      задайте её сначала значением: set = { имя = 0 }
      [en] `times` is set from itself alone

    wrong_type

      × «+» не применяется к: что угодно, целое число
        ╭─[8800.toml:25:29]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                             ─
     26 │
        ╰────

      [en] `+` does not take: any, int

    unknown_key

      × неизвестный ключ «on_silence» в шаге menu
        ╭─[8800.toml:13:1]
     12 │ on_invalid = ["no_such_key"]
     13 │ on_silence = ["are_you_there"]
        · ──────────
     14 │ tries = 2
        ╰────

      допустимо: menu, keys, timeout, tries, barge_in, on_invalid, on_timeout, otherwise
      [en] unknown key `on_silence`

    out_of_range

      × нужно от 1 до 16 фраз
        ╭─[8800.toml:11:8]
     10 │ [[flow.main]]
     11 │ menu = []
        ·        ──
     12 │ on_invalid = ["no_such_key"]
        ╰────

      [en] 1 to 16 prompts

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:22:25]
     21 │ [[flow.main]]
     22 │ set = { class = 'answer.account.startsWith("450") ? "gold" : "plain"', times = 1 }
        ·                         ───────
     23 │
        ╰────

      [en] no step asks for `account`

    unknown_answer

      × ни один шаг не спрашивает «account»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.account.valid' }
        ·                                                   ───────
     26 │
        ╰────

      [en] no step asks for `account`
    "###);
}

/// Out to the duty engineer.
const DUTY: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[[flow.main]]
external = "+79990000101"
ack = { prompts = ["duty_ack"], keys = { 5 = "take", 6 = "pass" }, timeout = "15s" }
on_not_answered = "sorry"

[[flow.sorry]]
close = ["sorry"]
reason = "sorry"
"#;

#[test]
fn who_answers_outside_may_be_asked_to_take_the_call() {
    let plan = loaded(&source(DUTY)).plan;
    assert!(plan.prompts().contains_key("duty_ack"));
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let (number, cursor) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    let step = plan.step(number, &cursor, None, &call.facts());
    let Decision::External { ack: Some(ack), .. } = step.decision else {
        panic!("{:?}", step.decision)
    };
    assert_eq!(
        (ack.take, ack.pass, ack.timeout.as_secs()),
        ('5', Some('6'), 15)
    );
    for (of, bad, code) in [
        ("5 = \"take\", ", "", "missing_key"),
        ("\"pass\"", "\"take\"", "unknown_word"),
        ("\"pass\"", "\"skip\"", "unknown_word"),
        ("6 =", "B =", "unknown_key_pressed"),
        ("prompts = [\"duty_ack\"], ", "", "missing_key"),
        ("timeout", "wait", "unknown_key"),
    ] {
        assert!(DUTY.contains(of), "{of}");
        let problems = load(&source(&DUTY.replace(of, bad))).expect_err("a bad plan");
        assert_eq!(problems[0].code, code, "{}", problems[0].render());
        assert_eq!(problems[0].line, 9, "{}", problems[0].render());
    }
}
