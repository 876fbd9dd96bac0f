//! Who leaves a queue, and when; who cannot come in (Q8, Q10, Q12).
use crate::script::run;

/// Who does not wait for nobody leaves at once, and when the last one logs out; the others wait on, with one alarm.
#[test]
fn q8_leave_when_nobody_is_there() {
    insta::assert_snapshot!(run("
        0 queued 1 leave_empty
        1 queued 2
        2 queued 3
        3 login 7
        4 queued 4 leave_empty
        5 logout 7
        6 queued 5
        7 view q
    "), @r"
    0 1 leaves: NoOperators
    1 alarm queue_without_operators
    3 7: logged_out → not_ready(login)
    5 4 leaves: NoOperators
    5 7: not_ready(login) → logged_out
    6 alarm queue_without_operators
    7 q: waiting 3 logged_in 0 ready 0 longest 6s
    ");
}

/// A move to another queue does not give more time than was said.
#[test]
fn q10_deadlines_are_absolute() {
    insta::assert_snapshot!(run("
        queue q g
        queue other g
        group g longest_idle 7
        0 queued 1 q until=50
        40 queued 1 other since=0 until=50
        60 queued 1 q since=0 until=50
        61 queued 1 nowhere
    "), @r"
     0 alarm queue_without_operators
    40 alarm queue_without_operators
    50 1 leaves: TimedOut
    60 1 leaves: TimedOut
    61 1 leaves: Removed
    ");
}

/// A dead phone does not count towards RONA, a human miss does.
#[test]
fn q12_pauses_punish_people_only() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 ring=10 misses=1
        0 ready 7
        1 queued 1
        2 device_failed 1#1
        3 phone 7 up
        4 phone 7 down
        5 phone 7 up
        6 ringing 1#3
        20 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 11: longest_idle, first_in_queue
     1 7: ready → reserved
     2 closed 1#1 at 7: DeviceError
     2 7: reserved → device_down
     3 offer 1#2 to 7, try 2, until 13: longest_idle, first_in_queue
     3 7: device_down → reserved
     4 closed 1#2 at 7: DeviceError
     4 7: reserved → device_down
     5 offer 1#3 to 7, try 3, until 15: longest_idle, first_in_queue
     5 7: device_down → reserved
     6 7: reserved → ringing
    15 closed 1#3 at 7: NoAnswer
    15 7: ringing → not_ready(rona)
    ");
}

/// Beyond the limit the plan decides.
#[test]
fn a_full_queue_is_full() {
    insta::assert_snapshot!(run("
        queue q g max=2
        0 queued 1
        1 queued 2
        2 queued 3
        3 gone 1
        4 queued 3
    "), @r"
    0 alarm queue_without_operators
    2 3 leaves: Full
    ");
}

/// Who hung up and calls again soon has their place, however many have come meanwhile; who is new has none.
#[test]
fn a_full_queue_takes_who_has_a_place_in_it() {
    insta::assert_snapshot!(run("
        queue q g max=1
        group g longest_idle 7
        0 login 7
        1 queued 1
        2 queued 2
        3 queued 3 resumed since=0
        4 position 3
        5 view q
    "), @r"
    0 7: logged_out → not_ready(login)
    2 2 leaves: Full
    4 position of 3 is Some(1)
    5 q: waiting 2 logged_in 1 ready 0 longest 5s
    ");
}

/// Nobody waits on the line with what was promised: `max` is of callers.
#[test]
fn a_promise_fills_no_queue() {
    let told = run("
        queue q g max=1
        group g longest_idle 7
        0 login 7
        1 queued 1 promised resumed
        2 queued 2
        3 queued 3
        4 gone 2
        5 queued 4
    ");
    assert!(told.contains("3 3 leaves: Full"), "{told}");
    assert_eq!(told.matches("leaves").count(), 1, "{told}");
}
