//! Calls that operators make: `dial`, `preview` of table 5.2.
mod script;

use script::run;

/// Looked at, rung, talked with, written up: nothing is offered meanwhile, and readiness is as it was.
#[test]
fn a_call_of_the_operators_own() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        0 ready 7
        10 preview 7 1 30
        12 queued 5
        20 dial 7 1 9
        30 dial_answered 7 1
        40 hold 7
        50 resume 7
        60 dial_ended 7 1 20
        65 disposed 7 9
        81 shift 7
        82 gone 5
    "), @r"
     0 7: not_ready(login) → ready
    10 7: ready → preview
    20 7: preview → dialing
    30 7: dialing → talking
    40 7: talking → hold
    50 7: hold → talking
    60 7: talking → wrap_up
    80 wrap-up of 9 by 7 took 20s, disposed
    80 offer 5#1 to 7, try 1, until 100: longest_idle, first_in_queue
    80 7: wrap_up → reserved
    81 7 sat 81s: dialing 10, hold 10, not_ready 0, preview 10, ready 10, reserved 1, talking 20, wrap_up 20; calls 0 talk 30s misses 0 rejects 0 extensions 0
    82 closed 5#1 at 7: CallerGone
    82 7: reserved → ready
    ");
}

/// An attempt in vain has a short work after it, and makes nobody ready, nor not ready (streams#241, #567).
#[test]
fn an_attempt_in_vain_changes_no_readiness() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 login 7
        0 ready 8
        1 dial 7 1 9
        2 dial 8 2 10
        5 dial_ended 7 1 5
        6 dial_ended 8 2 0
        40 by 7
        41 by 8
    "), @r"
     0 7: logged_out → not_ready(login)
     0 8: not_ready(login) → ready
     1 7: not_ready(login) → dialing
     2 8: ready → dialing
     5 7: dialing → wrap_up
     6 wrap-up of 10 by 8 took 0s
     6 8: dialing → ready
    10 wrap-up of 9 by 7 took 5s
    10 7: wrap_up → not_ready(login)
    40 7 is not_ready by policy login
    41 8 is ready by operator 8
    ");
}

/// Who looks too long, or does not want to, is idle again, where they stood in the line.
#[test]
fn a_look_ends() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 ready 7
        1 ready 8
        10 preview 7 1 20
        40 preview 7 2 20
        45 skip 7 1
        46 skip 7 2
        50 queued 5
        51 gone 5
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
    10 7: ready → preview
    30 7 looked at 1: too long
    30 7: preview → ready
    40 7: ready → preview
    45 refused: invalid_state (preview)
    46 7 looked at 2: skipped
    46 7: preview → ready
    50 offer 5#1 to 7, try 1, until 70: longest_idle, first_in_queue
    50 7: ready → reserved
    51 closed 5#1 at 7: CallerGone
    51 7: reserved → ready
    ");
}

/// Every other order of words is refused.
#[test]
fn words_out_of_turn_are_refused() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 dial 7 1 9
        1 ready 7
        2 dial_answered 7 1
        3 dial_ended 7 1 5
        4 preview 7 1 60
        5 dial 7 2 9
        6 dial_answered 7 1
        7 hold 7
        8 dial 7 1 9
        9 preview 7 3 60
        10 hold 7
        11 dial_answered 7 2
        12 dial_ended 7 1 0
        13 phone 7 down
        14 dial 7 4 10
        15 dial 5 4 10
    "), @r"
     0 refused: not_logged_in (logged_out)
     1 7: not_ready(login) → ready
     2 refused: invalid_state (ready)
     3 refused: invalid_state (ready)
     4 7: ready → preview
     5 refused: invalid_state (preview)
     6 refused: invalid_state (preview)
     7 refused: invalid_state (preview)
     8 7: preview → dialing
     9 refused: invalid_state (dialing)
    10 refused: invalid_state (dialing)
    11 refused: invalid_state (dialing)
    12 wrap-up of 9 by 7 took 0s
    12 7: dialing → ready
    13 7: ready → device_down
    14 refused: endpoint_down (device_down)
    15 refused: unknown_operator
    ");
}

/// Who was asked aside in this very call goes on with it by that one word: whoever waits gets them at no moment in between.
#[test]
fn who_is_engaged_in_this_very_call_goes_on_with_it() {
    let told = run("
        group g longest_idle 7
        0 ready 7
        1 engaged 7 on 9
        2 queued 5
        3 dial 7 2 8
        4 dial 7 1 9
        5 dial_answered 7 1
        6 dial_ended 7 1 0
        7 gone 5
    ");
    assert!(told.contains("3 refused: invalid_state"), "{told}");
    let offered = told.lines().find(|line| line.contains(" offer "));
    let offered = offered.expect("free at last");
    assert!(offered.trim_start().starts_with("6 offer 5#1"), "{told}");
}

/// A hold of a talk that was dialled is told as that of a caller of a queue is: each by itself, and none where nothing is said of it.
#[test]
fn a_hold_of_a_dialled_talk_that_is_too_long_is_told() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 login 7
        1 dial 7 1 5 hold=20
        2 dial_answered 7 1
        10 hold 7
        25 resume 7
        30 hold 7
        60 resume 7
        70 hold 7
        80 dial_ended 7 1 0
        100 dial 7 2 6
        101 dial_answered 7 2
        102 hold 7
        900 end
    "), @r"
      0 7: logged_out → not_ready(login)
      1 7: not_ready(login) → dialing
      2 7: dialing → talking
     10 7: talking → hold
     25 7: hold → talking
     30 7: talking → hold
     50 7: hold_too_long
     60 7: hold → talking
     70 7: talking → hold
     80 wrap-up of 5 by 7 took 0s
     80 7: hold → not_ready(login)
    100 7: not_ready(login) → dialing
    101 7: dialing → talking
    102 7: talking → hold
    ");
}
