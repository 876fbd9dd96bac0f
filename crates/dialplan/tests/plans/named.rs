//! A step that rings one operator: who that is, where it leads, what is proved of it and what tests say.
use gudok_dialplan::{Horizon, Source, StepEnd, accept, load};

use crate::coverage::gaps;
use crate::support::{Call, irkutsk, loaded, source, typed};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = []
flow = "main"

[group.sales]
operators = ["201"]

[group.tech]
operators = ["101", "102"]

[[flow.main]]
ask = "ext"
prompts = ["ask_account"]
digits = "3"
otherwise = "message"

[[flow.main]]
operator = "answer.ext"
ring = "15s"
on_not_answered = "message"
on_unavailable = "message"
on_unknown = "message"

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "taken"
"#;

fn story(ext: &str, end: StepEnd) -> String {
    let plan = loaded(&source(PLAN)).plan;
    let call = Call::at("+78001234567", "2026-11-10T12:00");
    call.story(&plan, &[typed(ext), end])
}

#[test]
fn the_group_of_whoever_is_named_gives_the_rules() {
    insta::assert_snapshot!(story("201", StepEnd::TimedOut), @r#"
      8800.toml:15:1 [ask] спрашиваем «ext», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("ext"), keys: Keys { most: 3, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:15:1 [typed] «ext»: набрано •••
      8800.toml:21:1 [operator] оператор 201, звонить до 15 с
    Operator { operator: 201, queue: sales, ring: 15s, music: "music" }
      8800.toml:21:1 [timed_out] оператор (answer.ext): не дождались ответа
      8800.toml:28:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:28:1 [played] доиграно
      8800.toml:31:1 [close] закрывающая фраза: goodbye (причина: taken)
    Close { prompts: ["goodbye"], reason: "taken" }
    "#);
    insta::assert_snapshot!(story("102", StepEnd::NoOperators), @r#"
      8800.toml:15:1 [ask] спрашиваем «ext», фразы: ask_account
    Ask { prompts: ["ask_account"], answer: Some("ext"), keys: Keys { most: 3, end: Some('#'), first: 7s, between: 4s, barge_in: true, type_ahead: false, has: "" } }
      8800.toml:15:1 [typed] «ext»: набрано •••
      8800.toml:21:1 [operator] оператор 102, звонить до 15 с
    Operator { operator: 102, queue: tech, ring: 15s, music: "music" }
      8800.toml:21:1 [unavailable] оператор (answer.ext): не на линии, занят или на перерыве
      8800.toml:28:1 [voicemail] голосовое сообщение до 120 с
    Voicemail { prompts: ["voicemail_intro"], max: 120s, owed: Owed { group: None, within: 86400s, schedule: None } }
      8800.toml:28:1 [played] доиграно
      8800.toml:31:1 [close] закрывающая фраза: goodbye (причина: taken)
    Close { prompts: ["goodbye"], reason: "taken" }
    "#);
    assert!(story("999", StepEnd::TimedOut).contains("нет ни в одной группе"));
}

#[test]
fn mistakes_have_their_places() {
    let wrong = |of: &str, bad: &str| {
        let text = PLAN.replace(of, bad);
        assert_ne!(text, PLAN, "{of}");
        let problems = load(&source(&text)).expect_err("refused");
        let shown = problems.iter().map(|problem| problem.render());
        shown.collect::<Vec<_>>().join("\n")
    };
    let told = [
        wrong("operator = \"answer.ext\"", "operator = \"103\""),
        wrong("on_unknown = \"message\"\n", ""),
        wrong("on_unavailable = \"message\"\n", ""),
        wrong("record = \"off\"\n", ""),
        wrong(
            "operator = \"answer.ext\"",
            "operator = \"answer.ext == '101'\"",
        ),
    ];
    insta::assert_snapshot!(told.join("\n\n"), @r#"
    unknown_operator

      × ни одна группа не знает оператора «103»
        ╭─[8800.toml:21:12]
     20 │ [[flow.main]]
     21 │ operator = "103"
        ·            ─────
     22 │ ring = "15s"
        ╰────

      возможно, вы имели в виду (did you mean): 101
      допустимо (allowed): 101, 102, 201
      [en] no group lists operator "103"


    missing_exit

      × нет выхода «on_unknown»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:21:1]
     20 │ [[flow.main]]
     21 │ operator = "answer.ext"
        · ────────
     22 │ ring = "15s"
        ╰────

      добавьте on_unknown = "ветка"; есть ветки: main, message
      [en] missing exit `on_unknown`: the call would end in silence
      add on_unknown = "flow"; there are flows: main, message


    missing_exit

      × нет выхода «on_unavailable»: здесь звонок кончился бы молчанием
        ╭─[8800.toml:21:1]
     20 │ [[flow.main]]
     21 │ operator = "answer.ext"
        · ────────
     22 │ ring = "15s"
        ╰────

      добавьте on_unavailable = "ветка"; есть ветки: main, message
      [en] missing exit `on_unavailable`: the call would end in silence
      add on_unavailable = "flow"; there are flows: main, message


    no_notice

      × номер «+78001234567»: до разговора можно дойти без уведомления о записи
        ╭─[8800.toml:20:1]
     19 │ [[flow.main]]
     20 │ operator = "answer.ext"
        · ────────
     21 │ ring = "15s"
        ╰────

      проиграйте его раньше: play = ["notice"] с notice = true; или поставьте номеру record = "off"
      [en] 8800.toml:2:1: a talk can be reached without the recording notice
      play it earlier: play = ["notice"] with notice = true; or set record = "off" for the number


    wrong_type

      × оператора называет текст или число, а это: да/нет
        ╭─[8800.toml:21:12]
     20 │ [[flow.main]]
     21 │ operator = "answer.ext == '101'"
        ·            ─────────────────────
     22 │ ring = "15s"
        ╰────

      нужно то, что набрал звонящий: "answer.ext"
      [en] a value of the type bool names no operator
      say what the caller typed: "answer.ext"
    "#);
}

/// It may be left at once: what follows must help somebody.
#[test]
fn an_operator_who_is_away_is_a_way_of_the_proof() {
    assert_eq!(gaps(PLAN, "2026-11-10", 1), "");
    for exit in ["on_unavailable", "on_unknown"] {
        let closing = "[[flow.gone]]\nclose = [\"goodbye\"]\nreason = \"gone\"\n";
        let text = PLAN.replace(
            &format!("{exit} = \"message\""),
            &format!("{exit} = \"gone\""),
        );
        assert!(
            gaps(&(text + closing), "2026-11-10", 1).contains("gone"),
            "{exit}"
        );
    }
}

#[test]
fn tests_beside_the_plan_ring_one_operator() {
    let tried = |happens: &str, expect: &str| {
        let text = format!(
            "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\" }}\nhappens = [{happens}]\nexpect = {{ {expect} }}\n"
        );
        let mut sources = source(PLAN);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text,
        });
        accept(&sources, Horizon::from_now(irkutsk("2026-11-10T12:00"))).is_ok()
    };
    assert!(tried(
        "\"keys 201\"",
        "ends = \"operator\", queue = \"sales\""
    ));
    assert!(tried(
        "\"keys 101\", \"no_operators\"",
        "ends = \"voicemail\""
    ));
    assert!(tried(
        "\"keys 101\", \"not_answered\"",
        "ends = \"voicemail\", queue = \"tech\""
    ));
    assert!(tried("\"keys 999\"", "ends = \"voicemail\", queue = []"));
    assert!(!tried("\"keys 999\"", "ends = \"operator\""));
}

/// `wait` of the queue behind counts from the queue: all of it is left after the operator, and whoever takes the call late does.
#[test]
fn the_wait_of_a_queue_behind_is_whole() {
    let behind = PLAN.replace(
        "on_not_answered = \"message\"",
        "on_not_answered = \"anybody\"",
    ) + r#"
[[flow.anybody]]
queue = "tech"
wait = "20s"
leave_empty = false
on_timeout = "message"
on_full = "message"
"#;
    let tried = |late: &str| {
        let text = format!(
            "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\" }}\nhappens = [\"keys 201\", \"not_answered\", \"answered after {late}\"]\nexpect = {{ ends = \"operator\", queue = [\"sales\", \"tech\"] }}\n"
        );
        let mut sources = source(&behind);
        sources.push(Source {
            name: "8800.test.toml".into(),
            text,
        });
        accept(&sources, Horizon::from_now(irkutsk("2026-11-10T12:00")))
            .map_err(|no| format!("{no:?}"))
    };
    tried("19s").expect("within the wait");
    tried("25s").expect_err("the wait is over");
}
