//! What is asked after the talk: how it is read, what is wrong with it, and what tests, proofs and differences know of it.
use gudok_calendar::Overrides;
use gudok_dialplan::survey::{Next, Talked};
use gudok_dialplan::{Horizon, Source, StepEnd, Surveying, accept, load};
use gudok_model::{QueueId, Wall};
use std::time::Duration;

use crate::support::{irkutsk, loaded, source, typed};

/// Callers of `tech` are asked, those of `reserve` are not.
const SURVEY: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = []
flow = "main"

[survey.quality]
ask_solved = "rate_solved"

[group.tech]
operators = ["101"]

[group.reserve]
operators = ["102"]

[queue.tech]
survey = "quality"

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "reserve"
on_full = "reserve"
on_no_operators = "reserve"

[[flow.reserve]]
queue = "reserve"
wait = "120s"
on_timeout = "message"
on_full = "message"
on_no_operators = "message"

[[flow.message]]
voicemail = "voicemail_intro"

[[flow.message]]
close = "goodbye"
reason = "message"
"#;

fn tried(happens: &str, expect: &str) -> Result<(), String> {
    let text = format!(
        "[[test]]\nname = \"один\"\ngiven = {{ from = \"+79990000042\", to = \"+78001234567\", at = \"2026-11-10T12:00\" }}\nhappens = [{happens}]\nexpect = {{ {expect} }}\n"
    );
    let mut sources = source(SURVEY);
    sources.push(Source {
        name: "8800.test.toml".into(),
        text,
    });
    let accepted = accept(&sources, Horizon::from_now(irkutsk("2026-11-10T12:00")));
    let told = |problems: gudok_dialplan::Mistakes| {
        let told: Vec<String> = problems.iter().map(|it| it.message.clone()).collect();
        told.join("\n")
    };
    accepted.map(drop).map_err(told)
}

fn complaint(of: &str, by: &str) -> String {
    assert!(SURVEY.contains(of), "{of}");
    let problems = load(&source(&SURVEY.replacen(of, by, 1))).expect_err("a complaint");
    let shown = problems.iter().map(|it| {
        let (line, column) = (it.line, it.column);
        let meant = it.meant.as_ref().map(|meant| format!(" → {meant}"));
        let meant = meant.unwrap_or_default();
        format!("{line}:{column} {}: {}{meant}", it.code, it.message)
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_test_beside_the_plan_expects_the_answers_in_their_order() {
    let both = "ends = \"operator\", rating = 4, solved = false, says = [\"rate_call\", \"rate_solved\", \"rate_thanks\"]";
    assert_eq!(tried("\"answered\", \"keys 4\", \"keys 2\"", both), Ok(()));
    // Who presses another key is asked once more, who says nothing is let go without thanks.
    let again = "rating = 1, says = [\"rate_call\", \"rate_call\"]";
    assert_eq!(tried("\"answered\", \"keys 9\", \"keys 1\"", again), Ok(()));
    let silent =
        "ends = \"operator\", says = [\"rate_call\", \"goodbye\"], not_says = [\"rate_thanks\"]";
    assert_eq!(
        tried("\"answered\", \"silent\", \"silent\"", silent),
        Ok(())
    );
    // Nothing is pressed after the talk: the caller hung up first.
    assert_eq!(
        tried(
            "\"answered\"",
            "ends = \"operator\", not_says = [\"rate_call\"]"
        ),
        Ok(())
    );
    let wrong = tried("\"answered\", \"keys 4\"", "rating = 5").expect_err("another mark");
    assert!(
        wrong.contains("rating = 5") && wrong.contains("4"),
        "{wrong}"
    );
    let none = tried("\"answered\"", "rating = 5").expect_err("no mark");
    assert!(none.contains("ответа нет"), "{none}");
}

#[test]
fn a_queue_without_a_survey_asks_nothing() {
    let keys = tried(
        "\"timed_out\", \"answered\", \"keys 4\"",
        "ends = \"operator\"",
    );
    let keys = keys.expect_err("nobody is asked for a key there");
    assert!(keys.contains("вызов кончился раньше"), "{keys}");
}

#[test]
fn what_is_wrong_with_it_is_told_with_its_place() {
    let misspelt = complaint("survey = \"quality\"", "survey = \"qualty\"");
    insta::assert_snapshot!(misspelt, @"18:10 unknown_survey: нет такого опроса: «qualty» → quality");
    let out_of_range = complaint("ask_solved = \"rate_solved\"", "low = 5\nshare = 0");
    insta::assert_snapshot!(out_of_range, @"
    9:7 out_of_range: число вне границ: допустимо от 0 до 4
    10:9 out_of_range: число вне границ: допустимо от 1 до 100
    ");
    let unknown = complaint("ask_solved", "ask_resolved");
    insta::assert_snapshot!(unknown, @"9:1 unknown_key: неизвестный ключ «ask_resolved» в [survey.quality] → ask_solved");
}

#[test]
fn a_survey_that_nobody_is_asked_is_a_warning() {
    let loaded = loaded(&source(&SURVEY.replace("survey = \"quality\"", "")));
    let told: Vec<&str> = loaded
        .warnings
        .iter()
        .map(|it| it.message.as_str())
        .collect();
    assert_eq!(told, ["опроса «quality» нет ни у одной очереди"]);
}

#[test]
fn its_phrases_are_needed_in_the_language_of_each_number() {
    let english = SURVEY.replace("flow = \"main\"", "locale = \"en\"\nflow = \"main\"");
    let plan = loaded(&source(&english)).plan;
    for said in [
        "en/rate_call",
        "en/rate_solved",
        "en/rate_thanks",
        "en/goodbye",
    ] {
        assert!(plan.prompts().contains_key(said), "{said}");
    }
}

#[test]
fn it_is_no_end_of_a_call_to_the_proof() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let with = loaded(&source(SURVEY)).plan.coverage(horizon);
    let without = SURVEY.replace("survey = \"quality\"", "");
    let without = loaded(&source(&without)).plan.coverage(horizon);
    assert_eq!(with.numbers, without.numbers);
}

#[test]
fn a_version_that_asks_otherwise_is_another() {
    let differs = |of: &str, by: &str| {
        let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
        let new = loaded(&source(&SURVEY.replacen(of, by, 1))).plan;
        let old = loaded(&source(SURVEY)).plan;
        new.differs_from(&old, horizon, &Overrides::NONE)
            .lines()
            .join("\n")
    };
    assert_eq!(
        differs("ask_solved", "\nask_solved"),
        "вызовы пойдут как прежде"
    );
    let low = differs("ask_solved", "low = 3\nask_solved");
    assert_eq!(low, "очередь tech: опрос, low: 2 → 3");
    let none = differs("survey = \"quality\"", "");
    assert_eq!(none, "очередь tech: опрос (survey): quality → нет");
}

#[test]
fn who_is_spared_is_told_why() {
    let spared = "ask_solved = \"rate_solved\"\nshare = 30\nagain = \"48h\"\ntalk_min = \"20s\"";
    let text = SURVEY.replace("ask_solved = \"rate_solved\"", spared);
    let plan = loaded(&source(&text)).plan;
    let survey = plan.survey(&QueueId::new("tech")).expect("it has one");
    let hours = |hours: i64| Wall(hours * 3_600_000_000);
    let talked = |secs, asked: Option<i64>, draw| Talked {
        length: Duration::from_secs(secs),
        ended: hours(100),
        asked: asked.map(hours),
        draw,
    };
    let why = |talked| survey.spares(&talked).map(|reason| reason.text);
    assert_eq!(why(talked(20, None, 29)), None);
    assert_eq!(why(talked(20, Some(52), 0)), None);
    let told = |talked| why(talked).unwrap_or_default();
    insta::assert_snapshot!(told(talked(19, None, 0)), @"не спрашиваем: разговор 19 с, а нужен от 20 с");
    insta::assert_snapshot!(told(talked(20, Some(53), 0)), @"не спрашиваем: этого звонящего уже спрашивали недавно");
    insta::assert_snapshot!(told(talked(20, None, 30)), @"не спрашиваем: спрашиваем 30 из 100");
}

#[test]
fn whatever_is_pressed_it_ends_after_a_few_questions() {
    let plan = loaded(&source(SURVEY)).plan;
    let survey = plan.survey(&QueueId::new("tech")).expect("it has one");
    let keys = ["1", "2", "5", "0", "9", "*", "#", ""];
    let ends = keys.map(|key| match key {
        "" => StepEnd::Silent,
        key => typed(key),
    });
    let mut left: Vec<(Surveying, u8)> = vec![(Surveying::begin(survey.clone()).0, 0)];
    let mut longest = 0;
    while let Some((asking, asked)) = left.pop() {
        longest = longest.max(asked + 1);
        for end in ends {
            let mut asking = asking.clone();
            if let Next::Ask { .. } = asking.heard(end).next {
                left.push((asking, asked + 1));
            }
        }
    }
    // Two questions, each put twice.
    assert_eq!(longest, 4);
}
