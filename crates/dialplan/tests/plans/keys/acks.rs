//! Whoever answers outside takes the call by a key.
use gudok_dialplan::{Decision, load};

use crate::support::{Call, loaded, source};

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
