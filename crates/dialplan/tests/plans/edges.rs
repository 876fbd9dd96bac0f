//! The edges of a queue: how they are read, what is wrong with them, and what printing and differences know of them.
use gudok_calendar::Overrides;
use gudok_dialplan::{Horizon, load};
use gudok_model::QueueId;

use crate::support::{loaded, source};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
allow_closed = ["bye"]
flow = "main"

[group.tech]
operators = ["101"]

[queue.tech]
resume_window = "3m"

[[flow.main]]
queue = "tech"
wait = "60s"
on_timeout = "bye"
on_full = "bye"
on_no_operators = "bye"

[[flow.bye]]
close = "goodbye"
reason = "bye"
"#;

/// What a version with the one text in the place of the other does otherwise.
fn differs(of: &str, by: &str) -> String {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(7);
    let new = loaded(&source(&PLAN.replacen(of, by, 1))).plan;
    let old = loaded(&source(PLAN)).plan;
    new.differs_from(&old, horizon, &Overrides::NONE)
        .lines()
        .join("\n")
}

fn complaint(of: &str, by: &str) -> String {
    let problems = load(&source(&PLAN.replacen(of, by, 1))).expect_err("it is wrong");
    let first = problems.first().expect("a problem");
    format!("{}: {}", first.code, first.message)
}

#[test]
fn how_long_a_place_is_kept_is_two_minutes_where_nothing_is_said() {
    let window = |text: &str, queue: &str| {
        let plan = loaded(&source(text)).plan;
        plan.resume_window(&QueueId::new(queue)).as_secs()
    };
    assert_eq!(window(PLAN, "tech"), 180);
    assert_eq!(
        window(&PLAN.replace("resume_window = \"3m\"", ""), "tech"),
        120
    );
    assert_eq!(window(&PLAN.replace("\"3m\"", "\"0s\""), "tech"), 0);
    assert_eq!(window(PLAN, "of_an_older_plan"), 120);
}

#[test]
fn a_version_that_keeps_places_otherwise_is_another() {
    assert_eq!(
        differs("resume_window = \"3m\"", ""),
        "очередь tech: прежнее место перезвонившему (resume_window): 180 с → 120 с"
    );
    assert_eq!(
        differs("resume_window = \"3m\"", "resume_window = \"180s\""),
        "вызовы пойдут как прежде"
    );
}

#[test]
fn a_window_of_two_hours_is_too_long() {
    insta::assert_snapshot!(complaint("\"3m\"", "\"2h\""), @"out_of_range: длительность вне границ: допустимо от 0s до 60m");
}
