//! A caller who dials the extension of one operator: nobody else is rung.
use insta::assert_snapshot;

use crate::world::World;

/// Every caller is for ivan; anna sits in the same group.
const PLAN: &str = r#"
[[number]]
did = "+78000000001"
label = "Добавочный"
project = "hotline"
record = "off"
flow = "main"

[group.support]
operators = ["ivan", "anna"]

[[flow.main]]
operator = "ivan"
ring = "10s"
on_not_answered = "later"
on_unavailable = "away"

[[flow.later]]
close = "bye"
reason = "not_answered"

[[flow.away]]
close = "bye"
reason = "unavailable"
"#;

fn told(script: &str) -> String {
    World::new(PLAN).tell(script)
}

#[test]
fn one_operator_is_rung_with_a_card_and_nobody_else() {
    let script = "0 operators ivan anna\n 0 ivan sits\n 0 anna sits\n 0 listen\n 1 A calls\n 3 ivan answers\n 5 A hangs up\n 6 end";
    assert_snapshot!(told(script), @r###"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: operator ivan
    1.001 A * queued in support at 0
    1.001 A play music for ever
    1.001 A * offered A#1 to ivan
    1.001 [ivan] card A#1 waited 0 ms attempt 1 client pending
    1.001 [ivan] reserved
    1.021 A * popped in 20000 us, seen: true
    1.021 A * dialled A/1
    1.021 A/1 dial ivan showing +79990000001, no name
    3.000 A * A/1 answered
    3.000 A bridge A/1
    3.000 A * bridged with A/1 after 1999 ms
    3.000 [ivan] talk begins
    3.000 [ivan] talking
    5.000 A * A over: HungUp
    5.000 A/1 hang up
    5.000 [ivan] talk ended by caller
    5.000 A * offer A#1 closed: BridgedEnded
    5.000 [ivan] card A#1 closed: BridgedEnded
    5.000 [ivan] wrap_up
    5.000 A * ENDED Answered: Success caller-hung-up
    5.001 A * A/1 over: ByUs
    "###);
}

#[test]
fn who_does_not_answer_is_followed_by_nobody_of_the_group() {
    let script =
        "0 operators ivan anna\n 0 ivan sits\n 0 anna sits\n 0 listen\n 1 A calls\n 20 end";
    assert_snapshot!(told(script), @r###"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: operator ivan
     1.001 A * queued in support at 0
     1.001 A play music for ever
     1.001 A * offered A#1 to ivan
     1.001 [ivan] card A#1 waited 0 ms attempt 1 client pending
     1.001 [ivan] reserved
     1.021 A * popped in 20000 us, seen: true
     1.021 A * dialled A/1
     1.021 A/1 dial ivan showing +79990000001, no name
    11.001 A/1 hang up
    11.001 A * offer A#1 closed: Revoked, Requeue
    11.001 [ivan] card A#1 closed: Revoked
    11.001 A * decided: close not_answered
    11.001 A play bye
    11.001 [ivan] ready
    11.002 A * A/1 over: ByUs
    13.001 A hang up
    13.002 A * A over: ByUs
    13.002 A * ENDED ClosedMsg: Success not_answered
    "###);
}

#[test]
fn who_is_away_busy_or_resting_is_not_rung() {
    let away = "0 operators ivan anna\n 0 anna sits\n 0 listen\n 1 A calls\n 20 end";
    assert_snapshot!(told(away), @r###"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: operator ivan
    1.001 A * queued in support at 0
    1.001 A play music for ever
    1.001 A * decided: close unavailable
    1.001 A play bye
    3.001 A hang up
    3.002 A * A over: ByUs
    3.002 A * ENDED ClosedMsg: Success unavailable
    "###);
    let both = "0 operators ivan anna\n 0 ivan sits\n 0 anna sits\n";
    let resting = format!("{both} 1 ivan says not_ready LUNCH\n 2 A calls\n 20 end");
    let busy = format!("{both} 1 B calls\n 2 ivan answers\n 4 A calls\n 20 end");
    for story in [told(&resting), told(&busy)] {
        assert!(story.contains("A * decided: close unavailable"), "{story}");
        assert!(!story.contains("offered A"), "{story}");
    }
}

/// Nobody was asked but ivan, whose phone was gone before a word: the plan goes on.
#[test]
fn who_is_gone_before_a_word_is_followed_by_nobody_of_the_group() {
    let script = "0 operators ivan anna\n 0 ivan sits\n 0 anna sits\n 0 listen\n 1 A calls\n 3 ivan answers\n 3.05 ivan hangs-up\n 20 end";
    assert_snapshot!(told(script), @r"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: operator ivan
    1.001 A * queued in support at 0
    1.001 A play music for ever
    1.001 A * offered A#1 to ivan
    1.001 [ivan] card A#1 waited 0 ms attempt 1 client pending
    1.001 [ivan] reserved
    1.021 A * popped in 20000 us, seen: true
    1.021 A * dialled A/1
    1.021 A/1 dial ivan showing +79990000001, no name
    3.000 A * A/1 answered
    3.000 A bridge A/1
    3.000 A * bridged with A/1 after 1999 ms
    3.000 [ivan] talk begins
    3.000 [ivan] talking
    3.050 A * A/1 over: HungUp
    3.050 [ivan] talk ended by system
    3.050 A play music for ever
    3.050 A * offer A#1 closed: DeviceError
    3.050 [ivan] card A#1 closed: DeviceError
    3.050 A * decided: close not_answered
    3.050 A play bye
    3.050 [ivan] device_down
    5.050 A hang up
    5.051 A * A over: ByUs
    5.051 A * ENDED ClosedMsg: Success not_answered
    ");
}

/// The clock of the plan's waits starts at the queue, not at the operator who was rung before it.
#[test]
fn the_queue_behind_waits_as_long_as_it_says() {
    let plan = PLAN.replace(
        "on_not_answered = \"later\"",
        "on_not_answered = \"anybody\"",
    ) + r#"
[[flow.anybody]]
queue = "support"
wait = "10s"
leave_empty = false
on_timeout = "later"
on_full = "later"
"#;
    let script = "0 operators ivan anna\n 0 ivan sits\n 1 A calls\n 11 listen\n 40 end";
    assert_snapshot!(World::new(&plan).tell(script), @r"
    11.001 A/1 hang up
    11.001 A * offer A#1 closed: Revoked, Requeue
    11.001 [ivan] card A#1 closed: Revoked
    11.001 A * decided: queue support priority 0
    11.001 A * queued in support at 0
    11.001 A play music for ever
    11.001 [ivan] reserved
    11.001 A * offered A#2 to ivan
    11.001 [ivan] card A#2 waited 0 ms attempt 1 client pending
    11.002 A * A/1 over: ByUs
    11.021 A * popped in 20000 us, seen: true
    11.021 A * dialled A/2
    11.021 A/2 dial ivan showing +79990000001, no name
    21.001 A/2 hang up
    21.001 A * offer A#2 closed: Revoked, Requeue
    21.001 [ivan] card A#2 closed: Revoked
    21.001 A * decided: close not_answered
    21.001 A play bye
    21.001 [ivan] ready
    21.002 A * A/2 over: ByUs
    23.001 A hang up
    23.002 A * A over: ByUs
    23.002 A * ENDED ClosedMsg: Success not_answered
    ");
}

/// Who hangs up while the operator rings has left somebody they waited for; who was told that nobody is there has not.
#[test]
fn abandoned_is_who_leaves_while_it_rings() {
    let rung = told("0 operators ivan\n 0 ivan sits\n 1 A calls\n 8 A hangs up\n 20 end");
    assert!(
        rung.contains("ENDED AbandonedQueue { short: false }"),
        "{rung}"
    );
    let menu = PLAN.replace(
        "[[flow.away]]\n",
        "[[flow.away]]\nplay = \"bye\"\n\n[[flow.away]]\n",
    );
    let away = World::new(&menu).tell("0 operators ivan\n 1 A calls\n 2 A hangs up\n 20 end");
    assert!(away.contains("ENDED AbandonedIvr"), "{away}");
}
