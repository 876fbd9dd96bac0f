//! Who is next: priority, the time of the first entry, weight, refusals (Q1–Q4).
use crate::script::run;

/// Priority first, then the time of the first entry, which a move keeps.
#[test]
fn q1_order_is_priority_then_arrival() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        queue other g
        0 queued 1
        1 queued 2 prio=7
        2 queued 3
        3 queued 4 prio=7
        4 queued 3 other since=2
        5 queued 1
        6 position 1
        7 position 4
        8 ready 7
        9 answer 2#1
        10 ended 7 2
        11 answer 4#1
        12 ended 7 4
        13 answer 1#1
        14 ended 7 1
        15 end
    "), @r"
     0 alarm queue_without_operators
     4 alarm queue_without_operators
     5 refused: already_queued
     6 position of 1 is Some(3)
     7 position of 4 is Some(2)
     8 offer 2#1 to 7, try 1, until 28: longest_idle, first_in_queue
     8 7: not_ready(login) → reserved
     9 won 2#1 by 7
     9 7: reserved → talking
    10 closed 2#1 at 7: BridgedEnded
    10 wrap-up of 2 by 7 took 0s
    10 offer 4#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: talking → reserved
    11 won 4#1 by 7
    11 7: reserved → talking
    12 closed 4#1 at 7: BridgedEnded
    12 wrap-up of 4 by 7 took 0s
    12 offer 1#1 to 7, try 1, until 32: longest_idle, first_in_queue
    12 7: talking → reserved
    13 won 1#1 by 7
    13 7: reserved → talking
    14 closed 1#1 at 7: BridgedEnded
    14 wrap-up of 1 by 7 took 0s
    14 offer 3#1 to 7, try 1, until 34: longest_idle, first_in_queue
    14 7: talking → reserved
    ");
}

/// Refused and offered again: still before those who came later.
#[test]
fn q1_a_failed_offer_keeps_the_place() {
    insta::assert_snapshot!(run("
        group g linear 7 8 wrap=0
        0 queued 1
        1 queued 2
        2 ready 7
        3 reject 1#1
        4 ready 8
        5 end
    "), @r"
    0 alarm queue_without_operators
    2 offer 1#1 to 7, try 1, until 22: linear, first_in_queue
    2 7: not_ready(login) → reserved
    3 closed 1#1 at 7: Rejected
    3 7: reserved → ready
    4 offer 1#2 to 8, try 2, until 24: linear, first_in_queue
    4 8: not_ready(login) → reserved
    ");
}

/// One up per step, never to the emergency class; the order changes when the key does.
#[test]
fn q2_waiting_raises_the_priority() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g aging=30
        0 queued 1 prio=5
        20 queued 2 prio=6
        25 position 1
        31 position 1
        50 position 1
        60 queued 9 prio=9
        200 position 1
        201 position 2
    "), @r"
      0 alarm queue_without_operators
     25 position of 1 is Some(2)
     31 position of 1 is Some(1)
     50 position of 1 is Some(1)
    200 position of 1 is Some(2)
    201 position of 2 is Some(3)
    ");
}

/// Two queues, the same operator: weight decides, then the order key; but nobody starves.
#[test]
fn q3_the_heavier_queue_first() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue light g weight=1
        queue heavy g weight=10
        0 queued 1 light
        5 queued 2 heavy
        6 ready 7
        7 answer 2#1
        20 queued 3 heavy
        301 queued 4 heavy
        302 ended 7 2
        303 end
    "), @r"
      0 alarm queue_without_operators
      5 alarm queue_without_operators
      6 offer 2#1 to 7, try 1, until 26: longest_idle, first_in_queue
      6 7: not_ready(login) → reserved
      7 won 2#1 by 7
      7 7: reserved → talking
    302 closed 2#1 at 7: BridgedEnded
    302 wrap-up of 2 by 7 took 0s
    302 offer 1#1 to 7, try 1, until 322: longest_idle, first_in_queue
    302 7: talking → reserved
    ");
}

/// An operator of two groups serves whoever is more urgent; nobody gets two calls.
#[test]
fn q3_groups_share_operators() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        group h longest_idle 8 9 wrap=0
        queue q g
        queue r h
        0 queued 1 q
        1 queued 2 r
        2 ready 8
        3 ready 9
        4 ready 7
        5 view q
        6 view r
    "), @r"
    0 alarm queue_without_operators
    1 alarm queue_without_operators
    2 offer 1#1 to 8, try 1, until 22: longest_idle, first_in_queue
    2 8: not_ready(login) → reserved
    3 offer 2#1 to 9, try 1, until 23: longest_idle, first_in_queue
    3 9: not_ready(login) → reserved
    4 7: not_ready(login) → ready
    5 q: waiting 1 logged_in 2 ready 1 longest 5s
    6 r: waiting 1 logged_in 2 ready 0 longest 5s
    ");
}

/// Those who refused are asked last, the oldest refusal first.
#[test]
fn q4_refusals_are_remembered_until_nobody_else() {
    insta::assert_snapshot!(run("
        group g linear 7 8 cooldown=0 ring=20
        0 ready 7
        1 ready 8
        2 queued 1
        3 reject 1#1
        4 explain 1
        5 reject 1#2
        6 reject 1#3
        7 gone 1
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: linear, first_in_queue
    2 7: ready → reserved
    3 closed 1#1 at 7: Rejected
    3 offer 1#2 to 8, try 2, until 23: linear, first_in_queue
    3 7: reserved → ready
    3 8: ready → reserved
    4 1 not to 7: отказался от этого звонка, помним ещё 60 с (refused_recently)
    4 1 not to 8: этот звонок предлагается сейчас (offered)
    5 closed 1#2 at 8: Rejected
    5 offer 1#3 to 7, try 3, until 25: last_resort, first_in_queue
    5 7: ready → reserved
    5 8: reserved → ready
    6 closed 1#3 at 7: Rejected
    6 offer 1#4 to 8, try 4, until 26: last_resort, first_in_queue
    6 7: reserved → ready
    6 8: ready → reserved
    7 closed 1#4 at 8: CallerGone
    7 8: reserved → ready
    ");
}
