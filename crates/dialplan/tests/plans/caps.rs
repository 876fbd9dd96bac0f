//! Limits of operators: how they are read and printed, what is wrong with them, and what is told of another.
use gudok_calendar::Overrides;
use gudok_dialplan::print::printed;
use gudok_dialplan::{Horizon, load};

use crate::support::{loaded, source};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.tech]
operators = ["101", "102"]

[cap.novices]
operators = ["102"]
calls_per_hour = 6
talk_max = "4h"
until = "2027-03-01T00:00+03:00"

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

#[test]
fn a_limit_is_read_and_printed() {
    let plan = loaded(&source(PLAN)).plan;
    let [cap] = plan.caps() else {
        panic!("{:?}", plan.caps())
    };
    assert_eq!((&*cap.id, cap.calls_per_hour), ("novices", Some(6)));
    assert_eq!(cap.talk_max.map(|it| it.as_secs()), Some(4 * 3_600));
    // Midnight in Moscow.
    assert_eq!(cap.until.map(|it| it.0), Some(1_803_848_400_000_000));
    let text = printed(&source(PLAN)).expect("it is well");
    assert!(
        text.contains("until = \"2027-03-01T00:00+03:00\""),
        "{text}"
    );
    assert_eq!(loaded(&source(&text)).plan.caps(), plan.caps());
}

#[test]
fn what_does_not_fit_is_said_so() {
    let wrong = |of: &str, by: &str, code: &str| {
        assert!(PLAN.contains(of), "{of}");
        let problems = load(&source(&PLAN.replacen(of, by, 1))).expect_err("it is wrong");
        assert_eq!(problems[0].code, code, "{by}: {problems:?}");
    };
    wrong(
        "operators = [\"102\"]",
        "operators = [\"103\"]",
        "unknown_operator",
    );
    wrong("operators = [\"102\"]", "operators = []", "out_of_range");
    wrong("calls_per_hour = 6", "calls_per_hour = 0", "out_of_range");
    wrong("talk_max = \"4h\"", "talk_max = \"4s\"", "out_of_range");
    wrong("T00:00+03:00", "T00:00", "out_of_range");
    wrong("2027-03-01T", "2027-02-30T", "out_of_range");
    let keys = "calls_per_hour = 6\ntalk_max = \"4h\"\nuntil = \"2027-03-01T00:00+03:00\"\n";
    wrong(keys, "", "missing_key");
}

#[test]
fn a_version_with_other_limits_is_another() {
    let horizon = Horizon::from_date("2026-11-09").expect("a date").days(2);
    let differs = |of: &str, by: &str| {
        let (old, new) = (
            loaded(&source(PLAN)),
            loaded(&source(&PLAN.replacen(of, by, 1))),
        );
        let told = new.plan.differs_from(&old.plan, horizon, &Overrides::NONE);
        told.lines().join("\n")
    };
    assert_eq!(
        differs("calls_per_hour = 6", "calls_per_hour = 8"),
        "ограничение novices: звонков за час (calls_per_hour): 6 → 8"
    );
    assert_eq!(
        differs("until = \"2027-03-01T00:00+03:00\"\n", ""),
        "ограничение novices: допуск до (until): 2027-02-28T21:00Z → бессрочно"
    );
    assert_eq!(
        differs("cap.novices", "cap.others"),
        "ограничение novices: удалено\nограничение others: появилось"
    );
}
