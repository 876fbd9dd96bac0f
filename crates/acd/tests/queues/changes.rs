//! A drain, and a new configuration (Q15, Q16).
use crate::script::run;

/// What rings goes on, what talks goes on, nobody new is rung: who waits already, who comes, and who comes back from a phone
/// that died goes on in the plan at once.
#[test]
fn q15_drain_makes_no_new_offers() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 ready 7
        1 queued 1
        1 queued 2 wait=30
        2 drain
        3 ready 8
        4 queued 3 wait=30
        5 explain 1
        6 answer 1#1
        8 device_failed 1#1
        40 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 2 leaves: NoOperators
     3 8: not_ready(login) → ready
     4 3 leaves: NoOperators
     5 1 not to 7: этот звонок предлагается сейчас (offered)
     5 1 not to 8: сервер завершает работу: новые вызовы не распределяются (draining)
     6 won 1#1 by 7
     6 7: reserved → talking
     8 closed 1#1 at 7: DeviceError
     8 1 leaves: NoOperators
     8 7: talking → device_down
    ");
}

/// Who is being rung for when the drain begins is still taken; who is not taken leaves with the last of the offers, and
/// those who wait leave in their order.
#[test]
fn q15_drain_lets_the_waiting_go() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 ring=20
        group h longest_idle 9
        queue q g
        queue p h
        0 ready 7
        0 ready 8
        1 queued 1
        2 queued 2 p
        3 queued 3 q prio=8
        4 queued 4 p
        5 drain
        6 reject 1#1
        7 reject 1#2
        8 queued 1
        40 end
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue
    1 offer 1#2 to 8, try 1, until 21: ring_all, first_in_queue
    1 7: ready → reserved
    1 8: ready → reserved
    2 alarm queue_without_operators
    5 3 leaves: NoOperators
    5 2 leaves: NoOperators
    5 4 leaves: NoOperators
    6 closed 1#1 at 7: Rejected
    6 7: reserved → ready
    7 closed 1#2 at 8: Rejected
    7 1 leaves: NoOperators
    7 8: reserved → ready
    8 1 leaves: NoOperators
    ");
}

/// Callers keep their order and operators their state; a removed queue lets its callers go.
#[test]
fn q16_a_new_config_reorders_nobody() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        queue old g
        0 queued 1 q
        1 queued 2 q
        2 queued 3 old
        group g linear 8 7 wrap=0
        queue q g weight=5 aging=100
        5 reload
        6 ready 7
        7 position 2
        8 ready 8
    "), @r"
    0 alarm queue_without_operators
    2 alarm queue_without_operators
    5 3 leaves: Removed
    6 offer 1#1 to 7, try 1, until 26: linear, first_in_queue
    6 7: not_ready(login) → reserved
    7 position of 2 is Some(2)
    8 offer 2#1 to 8, try 1, until 28: linear, first_in_queue
    8 8: not_ready(login) → reserved
    ");
}

/// Round robin goes on where it was, also when the one asked last is gone.
#[test]
fn q16_the_cursor_survives() {
    insta::assert_snapshot!(run("
        group g round_robin 7 8 9 wrap=0
        0 ready 7
        0 ready 8
        0 ready 9
        1 queued 1
        2 gone 1
        3 queued 2
        4 gone 2
        group g round_robin 7 9 wrap=0
        5 reload
        6 queued 3
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    0 9: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: round_robin, first_in_queue
    1 7: ready → reserved
    2 closed 1#1 at 7: CallerGone
    2 7: reserved → ready
    3 offer 2#1 to 8, try 1, until 23: round_robin, first_in_queue
    3 8: ready → reserved
    4 closed 2#1 at 8: CallerGone
    4 8: reserved → ready
    5 session 2 of 8 is over
    5 8: ready → gone
    6 offer 3#1 to 9, try 1, until 26: round_robin, first_in_queue
    6 9: ready → reserved
    ");
}

/// `progressive` rings at nobody new in a drain; who rings rings on and may take it.
#[test]
fn q15_a_drain_lets_no_further_phone_join() {
    insta::assert_snapshot!(run("
        group g progressive 7 8 wrap=0 step=4
        0 ready 7
        0 ready 8
        1 queued 1
        2 drain
        10 answer 1#1
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: progressive, first_in_queue
     1 7: ready → reserved
    10 won 1#1 by 7
    10 7: reserved → talking
    ");
}
