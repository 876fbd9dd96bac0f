//! What is wrong with menus, questions and variables, as the admin sees it.
use gudok_dialplan::load;

use super::MENU;
use crate::support::source;

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
    insta::assert_snapshot!(told.join("\n"), @r#"
    unknown_key_pressed

      × нет такой клавиши: «A»
        ╭─[8800.toml:18:1]
     17 │ 1 = [{ ask = "account", prompts = ["say_account"], digits = "4-8", check = 'answer.startsWith("45")', on_invalid = ["wrong_account"], tries = 2, otherwise = "wait" }]
     18 │ A = "wait"
        · ─
     19 │ "*" = "main"
        ╰────

      допустимо (allowed): 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *, #
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

      возможно, вы имели в виду (did you mean): wait
      допустимо (allowed): main, sorry, wait
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
      add otherwise = "flow"; there are flows: main, sorry, wait

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
      write "6" or "6-10": 1 to 20 digits

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
      write "6" or "6-10": 1 to 20 digits

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

      возможно, вы имели в виду (did you mean): answer
      допустимо (allowed): caller, dialled, trunk, client, schedule, now, queue, roster, answer,
      attempt, vars
      [en] unknown fact `anwser`

    unknown_answer

      × ни один шаг не спрашивает «acount»
        ╭─[8800.toml:25:51]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer.acount.valid' }
        ·                                                   ──────
     26 │
        ╰────

      возможно, вы имели в виду (did you mean): account
      допустимо (allowed): account
      [en] no step asks for `acount`

    unknown_fact

      × «answer» — ещё не значение: после точки нужно слово
        ╭─[8800.toml:25:44]
     24 │ [[flow.main]]
     25 │ set = { times = 'vars.times + 1', known = 'answer' }
        ·                                            ──────
     26 │
        ╰────

      допустимо (allowed): account
      [en] `answer` is not a value yet: a word must follow

    unknown_variable

      × нет такой переменной: «tims»
        ╭─[8800.toml:28:38]
     27 │ [[flow.main]]
     28 │ when = 'vars.class == "gold" && vars.tims == 2 && vars.known'
        ·                                      ────
     29 │ then = [{ close = ["gold"], reason = "gold" }]
        ╰────

      возможно, вы имели в виду (did you mean): times
      допустимо (allowed): class, known, times
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
      set it to a value first: set = { name = 0 }

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

      допустимо (allowed): menu, keys, timeout, tries, barge_in, type_ahead, on_invalid, on_timeout,
      otherwise
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
    "#);
}
