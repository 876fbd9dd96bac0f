//! Whatever the text, it is a plan or a list of mistakes; whatever happens in a call, a decision follows.
use gudok_dialplan::{Cursor, Decision, Plan, Severity, StepEnd, load};
use gudok_model::Wall;
use proptest::prelude::*;

use crate::keys::MENU;
use crate::support::{Call, hotline, loaded, source, typed};

const ENDS: [StepEnd; 8] = [
    StepEnd::Played,
    StepEnd::LookedUp,
    StepEnd::Answered,
    StepEnd::TimedOut,
    StepEnd::NoOperators,
    StepEnd::Full,
    StepEnd::NotAnswered,
    StepEnd::Silent,
];

/// Ends a call however it likes; the number of decisions until it is over.
fn decisions(plan: &Plan, call: &Call, ends: &[StepEnd]) -> usize {
    let (number, mut cursor) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    let mut end = None;
    for count in 1..10_000 {
        let step = plan.step(number, &cursor, end, &call.facts());
        assert!(!step.reasons.is_empty() || matches!(step.decision, Decision::HangUp { .. }));
        if matches!(
            step.decision,
            Decision::Close { .. } | Decision::HangUp { .. }
        ) {
            return count;
        }
        end = Some(ends[count % ends.len()]);
        cursor = step.cursor;
    }
    panic!("the call never ends");
}

const ROUND: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]

[[flow.main]]
play = ["greeting"]

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "main"
on_no_operators = "main"
on_full = "main"
"#;

/// More phrases than a call may have steps, and no way back.
#[test]
fn a_way_that_is_only_long_is_told_as_such() {
    let phrases = |flow: &str| format!("[[flow.{flow}]]\nplay = \"greeting\"\n").repeat(101);
    let (main, more) = (phrases("main"), phrases("more"));
    let plan = format!(
        "[[number]]\ndid = \"+78001234567\"\nflow = \"main\"\n\
         {main}[[flow.main]]\ngoto = \"more\"\n{more}[[flow.more]]\nclose = [\"goodbye\"]\nreason = \"bye\"\n"
    );
    let plan = loaded(&source(&plan)).plan;
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let (number, mut cursor) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    let mut end = None;
    let last = loop {
        let step = plan.step(number, &cursor, end, &call.facts());
        if matches!(step.decision, Decision::Close { .. }) {
            break step;
        }
        end = Some(StepEnd::Played);
        cursor = step.cursor;
    };
    let told = last.reasons.iter().map(|reason| reason.text.as_str());
    let told: Vec<&str> = told.filter(|text| text.contains("200 шагов")).collect();
    assert_eq!(told, ["путь звонка слишком длинный: больше 200 шагов"]);
}

#[test]
fn a_call_that_goes_round_is_closed() {
    let loaded = loaded(&source(ROUND));
    assert_eq!(loaded.warnings.len(), 1);
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let (number, mut cursor) = loaded
        .plan
        .enter(&call.dialled, &call.trunk)
        .expect("our number");
    let mut end = None;
    let last = loop {
        let step = loaded.plan.step(number, &cursor, end, &call.facts());
        if matches!(step.decision, Decision::Close { .. }) {
            break step;
        }
        end = Some(StepEnd::Full);
        cursor = step.cursor;
    };
    insta::assert_debug_snapshot!((&last.decision, &last.reasons[1]), @r#"
    (
        Close {
            prompts: [
                "technical_problem",
            ],
            reason: "steps_exceeded",
        },
        Reason {
            code: "steps_exceeded",
            place: None,
            text: "звонок ходил по кругу: больше 200 шагов",
        },
    )
    "#);
    let over = loaded
        .plan
        .step(number, &last.cursor, Some(StepEnd::Played), &call.facts());
    assert_eq!(
        over.decision,
        Decision::HangUp {
            reason: "over".into()
        }
    );
}

#[test]
fn a_cursor_of_another_plan_is_answered_with_words() {
    let plan = loaded(&hotline()).plan;
    let call = Call::at("+78001234567", "2026-01-12T12:00");
    let (number, _) = plan.enter(&call.dialled, &call.trunk).expect("our number");
    for (flow, step) in [("gone", 0), ("main", 999)] {
        let cursor = Cursor {
            tried: Vec::new(),
            flow: flow.into(),
            step,
            taken: 3,
            asked: 0,
            attempt: 0,
        };
        for end in [None, Some(StepEnd::Played)] {
            let step = plan.step(number, &cursor, end, &call.facts());
            let prompts = vec!["technical_problem".into()];
            assert_eq!(
                step.decision,
                Decision::Close {
                    prompts,
                    reason: "lost".into()
                }
            );
        }
    }
}

#[test]
fn the_same_text_has_the_same_generation() {
    let mut files = hotline();
    let name = loaded(&files).plan.generation().clone();
    files.reverse();
    assert_eq!(loaded(&files).plan.generation(), &name);
    files[0].text.push('\n');
    assert_ne!(loaded(&files).plan.generation(), &name);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_call_ends(
        at in 0i64..4_000_000_000_000_000,
        ends in prop::collection::vec(prop::sample::select(&ENDS[..]), 1..20),
        round in 0..3,
        keys in "[0-9*#]{0,6}",
        anonymous in any::<bool>(),
    ) {
        let plan = match round {
            0 => loaded(&source(ROUND)).plan,
            1 => loaded(&source(MENU)).plan,
            _ => loaded(&hotline()).plan,
        };
        let ends: Vec<StepEnd> = ends.into_iter().chain([typed(&keys)]).collect();
        let call = Call::at("+78001234567", "2026-01-12T12:00");
        let mut call = if anonymous { call.anonymous() } else { call };
        call.now = Wall(at);
        prop_assert!(decisions(&plan, &call, &ends) <= 201);
    }

    /// A slip of the finger anywhere in the hotline's text: a plan, or mistakes with places.
    #[test]
    fn a_slip_anywhere_is_a_plan_or_a_mistake(at in 0usize..6000, cut in 0usize..12, slip in "[a-z\"\\[\\]={}' \n0-9-]{0,3}") {
        let mut files = hotline();
        let text = &mut files[0].text;
        let at = (0..=at.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let end = (at + cut..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len()).max(at);
        text.replace_range(at..end, &slip);
        if let Err(problems) = load(&files) {
            prop_assert!(problems.iter().any(|problem| problem.severity == Severity::Error));
            for problem in problems {
                prop_assert!(problem.line >= 1 && problem.column >= 1);
                prop_assert!(!problem.message.is_empty() && !problem.message_en.is_empty());
                let advice = problem.remedy.iter();
                prop_assert!(advice.into_iter().all(|it| !it.ru.is_empty() && !it.en.is_empty()));
            }
        }
    }
}
