//! The rules of the queue (behaviour 5.4) that are in scope, one story each.
mod script;

use script::run;

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

/// Long paperwork does not make one the first: the wrap-up counts as work.
#[test]
fn q6_longest_idle_counts_from_the_end_of_work() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=30
        0 ready 7
        1 ready 8
        2 queued 1
        3 answer 1#1
        4 queued 2
        5 answer 2#1
        10 ended 7 1
        20 ended 8 2
        21 done 8 2
        45 queued 3
        46 end
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
     2 7: ready → reserved
     3 won 1#1 by 7
     3 7: reserved → talking
     4 offer 2#1 to 8, try 1, until 24: longest_idle, first_in_queue
     4 8: ready → reserved
     5 won 2#1 by 8
     5 8: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    20 closed 2#1 at 8: BridgedEnded
    20 8: talking → wrap_up
    21 wrap-up of 2 by 8 took 1s, disposed
    21 8: wrap_up → ready
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up → ready
    45 offer 3#1 to 8, try 1, until 65: longest_idle, first_in_queue
    45 8: ready → reserved
    ");
}

/// From after the one asked last, in the order of the list; busy ones are passed over.
#[test]
fn q6_round_robin_goes_round() {
    insta::assert_snapshot!(run("
        group g round_robin 7 8 9 wrap=0
        0 ready 9
        0 ready 8
        0 ready 7
        1 queued 1
        2 gone 1
        3 queued 2
        4 gone 2
        5 not_ready 9 lunch
        6 queued 3
        7 gone 3
        8 queued 4
    "), @r"
    0 9: not_ready(login) → ready
    0 8: not_ready(login) → ready
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: round_robin, first_in_queue
    1 7: ready → reserved
    2 closed 1#1 at 7: CallerGone
    2 7: reserved → ready
    3 offer 2#1 to 8, try 1, until 23: round_robin, first_in_queue
    3 8: ready → reserved
    4 closed 2#1 at 8: CallerGone
    4 8: reserved → ready
    5 9: ready → not_ready(lunch)
    6 offer 3#1 to 7, try 1, until 26: round_robin, first_in_queue
    6 7: ready → reserved
    7 closed 3#1 at 7: CallerGone
    7 7: reserved → ready
    8 offer 4#1 to 8, try 1, until 28: round_robin, first_in_queue
    8 8: ready → reserved
    ");
}

/// Always the first free one of the list.
#[test]
fn q6_linear_starts_at_the_top() {
    insta::assert_snapshot!(run("
        group g linear 7 8 9
        0 ready 9
        0 ready 8
        1 queued 1
        2 gone 1
        3 queued 2
        4 ready 7
        5 queued 3
    "), @r"
    0 9: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 8, try 1, until 21: linear, first_in_queue
    1 8: ready → reserved
    2 closed 1#1 at 8: CallerGone
    2 8: reserved → ready
    3 offer 2#1 to 8, try 1, until 23: linear, first_in_queue
    3 8: ready → reserved
    4 7: not_ready(login) → ready
    5 offer 3#1 to 7, try 1, until 25: linear, first_in_queue
    5 7: ready → reserved
    ");
}

/// All at once; the first answer wins, the others are lost without a penalty; a late answer is refused.
#[test]
fn q6_ring_all_has_one_winner() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 9
        0 ready 7
        0 ready 8
        0 ready 9
        1 queued 1
        2 ringing 1#1
        2 ringing 1#2
        3 reject 1#3
        4 answer 1#2
        4 answer 1#1
        5 queued 2
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    0 9: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue
    1 offer 1#2 to 8, try 1, until 21: ring_all, first_in_queue
    1 offer 1#3 to 9, try 1, until 21: ring_all, first_in_queue
    1 7: ready → reserved
    1 8: ready → reserved
    1 9: ready → reserved
    2 7: reserved → ringing
    2 8: reserved → ringing
    3 closed 1#3 at 9: Rejected
    3 9: reserved → ready
    4 won 1#2 by 8
    4 closed 1#1 at 7: Lost
    4 7: ringing → ready
    4 8: ringing → talking
    4 refused: unknown_offer
    5 offer 2#1 to 7, try 1, until 25: ring_all, first_in_queue
    5 7: ready → reserved
    ");
}

/// asterisk#1557: the winner's phone dies before a word; the call is offered again at once with its old place.
#[test]
fn q6_ring_all_goes_on_when_the_winner_dies() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8
        0 queued 1
        1 queued 2
        2 ready 7
        3 answer 1#1
        4 ready 8
        5 gone 2
        6 device_failed 1#1
        7 answer 1#2
    "), @r"
    0 alarm queue_without_operators
    2 offer 1#1 to 7, try 1, until 22: ring_all, first_in_queue
    2 7: not_ready(login) → reserved
    3 won 1#1 by 7
    3 7: reserved → talking
    4 offer 2#1 to 8, try 1, until 24: ring_all, first_in_queue
    4 8: not_ready(login) → reserved
    5 closed 2#1 at 8: CallerGone
    5 8: reserved → ready
    6 closed 1#1 at 7: DeviceError
    6 offer 1#2 to 8, try 2, until 26: ring_all, first_in_queue
    6 7: talking → device_down
    6 8: ready → reserved
    7 won 1#2 by 8
    7 8: reserved → talking
    ");
}

/// Someone who becomes ready while it rings rings too, if no other caller wants them; after a round without an answer all are asked again.
#[test]
fn q6_ring_all_takes_in_who_becomes_free() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 ring=20
        0 ready 7
        1 queued 1
        2 ringing 1#1
        5 ready 8
        6 ringing 1#2
        30 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
     5 offer 1#2 to 8, try 1, until 25: ring_all, first_in_queue
     5 8: not_ready(login) → reserved
     6 8: reserved → ringing
    21 closed 1#1 at 7: NoAnswer
    21 7: ringing → ready
    25 closed 1#2 at 8: NoAnswer
    25 offer 1#3 to 7, try 2, until 45: last_resort, first_in_queue
    25 offer 1#4 to 8, try 2, until 45: last_resort, first_in_queue
    25 7: ready → reserved
    25 8: ringing → reserved
    ");
}

/// The ringing ends with the caller's own time, and nobody has a miss for it.
#[test]
fn q7_the_caller_does_not_ring_longer_than_waits() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 ring=20 misses=1
        0 ready 7
        1 queued 1 wait=10
        2 ringing 1#1
        30 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 11: longest_idle, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
    11 closed 1#1 at 7: Revoked
    11 1 leaves: TimedOut
    11 7: ringing → ready
    ");
}

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

/// Who answers questions keeps the place and is asked for by nobody; a full queue stays full; coming back is coming to the
/// same place.
#[test]
fn a_caller_who_steps_aside_keeps_the_place() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g max=2
        0 queued 1
        1 queued 2
        2 aside 1
        3 queued 3
        4 position 2
        5 ready 7
        6 answer 2#1
        7 queued 1 since=0
        8 aside 1
        9 ended 7 2
        10 explain 1
        11 queued 1 since=0
        12 aside 1
        13 queued 1 since=0
        14 answer 1#2
        15 end
    "), @r"
        0 alarm queue_without_operators
        3 3 leaves: Full
        4 position of 2 is Some(2)
        5 offer 2#1 to 7, try 1, until 25: longest_idle, first_in_queue
        5 7: not_ready(login) → reserved
        6 won 2#1 by 7
        6 7: reserved → talking
        9 closed 2#1 at 7: BridgedEnded
        9 wrap-up of 2 by 7 took 0s
        9 7: talking → ready
       10 1 not to 7: свободен, но звонящий сейчас отвечает на вопросы (aside)
       11 offer 1#1 to 7, try 1, until 31: longest_idle, first_in_queue
       11 7: ready → reserved
       12 closed 1#1 at 7: Revoked
       12 7: reserved → ready
       13 offer 1#2 to 7, try 1, until 33: longest_idle, first_in_queue
       13 7: ready → reserved
       14 won 1#2 by 7
       14 7: reserved → talking
    ");
}

/// The plan tried others outside meanwhile, and brings the caller back with a longer wait: before those who came later, however full
/// it is by now. Who was never let in is turned away as ever.
#[test]
fn q1_who_comes_back_after_the_wait_is_let_in_before_those_who_came_later() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g max=2
        0 queued 1 wait=5
        1 queued 2
        6 queued 3
        7 queued 4
        8 queued 1 since=0 wait=60
        9 queued 4 since=7
        10 position 1
        11 position 2
        12 ready 7
        13 end
    "), @r"
     0 alarm queue_without_operators
     5 1 leaves: TimedOut
     7 4 leaves: Full
     9 4 leaves: Full
    10 position of 1 is Some(1)
    11 position of 2 is Some(2)
    12 offer 1#1 to 7, try 1, until 32: longest_idle, first_in_queue
    12 7: not_ready(login) → reserved
    ");
}

/// The deadline stands, and a drain lets go whoever comes back.
#[test]
fn a_place_that_is_kept_has_its_deadline() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        queue q g
        0 queued 1 wait=10
        1 queued 2 wait=60
        2 aside 1
        3 aside 2
        4 aside 2
        12 queued 1 since=0 until=10
        13 drain
        14 queued 2 since=1
        15 end
    "), @r"
        0 alarm queue_without_operators
        4 refused: unknown_call
       10 1 leaves: TimedOut
       12 1 leaves: TimedOut
       14 2 leaves: NoOperators
    ");
}

/// What a new aging step would make of the wait is not made of a place that was kept (Q16).
#[test]
fn a_place_that_is_kept_stays_the_same_when_aging_is_reloaded() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        0 queued 1
        20 queued 2 prio=6
        25 aside 1
        queue q g aging=10
        30 reload
        32 queued 1 since=0
        33 position 1
        34 position 2
        60 position 1
        61 end
    "), @r"
     0 alarm queue_without_operators
    33 position of 1 is Some(2)
    34 position of 2 is Some(1)
    60 position of 1 is Some(2)
    ");
}

/// The last of the group logs out and another logs in: whoever answers questions meanwhile has lost nothing.
#[test]
fn who_is_aside_is_judged_when_they_come_back() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        0 login 7
        1 queued 1 leave_empty
        2 queued 2 leave_empty
        3 queued 3 leave_empty
        4 aside 1
        5 aside 2
        6 logout 7
        7 queued 1 since=1 leave_empty
        8 login 8
        9 queued 2 since=2 leave_empty
        10 position 2
        11 end
    "), @r"
     0 7: logged_out → not_ready(login)
     6 3 leaves: NoOperators
     6 7: not_ready(login) → logged_out
     7 1 leaves: NoOperators
     8 8: logged_out → not_ready(login)
    10 position of 2 is Some(1)
    ");
}

#[test]
fn a_queue_that_is_removed_keeps_no_place() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        queue q g
        queue r g
        0 queued 1
        1 aside 1
        queue r g
        2 reload
        3 queued 1 since=0
        4 end
    "), @r"
    0 alarm queue_without_operators
    2 1 leaves: Removed
    3 1 leaves: Removed
    ");
}

/// Q5: the reserve is asked from 20 s on, when nobody of the group can take the call; its own rules hold for it.
#[test]
fn q5_the_longer_the_wait_the_more_are_asked() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group second longest_idle 8 ring=10 wrap=0
        group third longest_idle 9 wrap=0
        queue q g relax=20:second,45:third
        0 ready 8
        0 ready 9
        1 queued 1
        2 queued 2
        3 explain 1
        22 answer 1#1
        60 end
    "), @r"
     0 8: not_ready(login) → ready
     0 9: not_ready(login) → ready
     3 1 not to 7: не на рабочем месте (logged_out)
     3 1 not to 8: свободен, но группа «second» подключается с 20-й секунды ожидания (added_later)
     3 1 not to 9: свободен, но группа «third» подключается с 45-й секунды ожидания (added_later)
    21 offer 1#1 to 8, try 1, until 31: longest_idle, first_in_queue, relaxed
    21 8: ready → reserved
    22 won 1#1 by 8
    22 8: reserved → talking
    47 offer 2#1 to 9, try 1, until 67: longest_idle, first_in_queue, relaxed
    47 9: ready → reserved
    ");
}

/// Nobody overtakes: the reserve that becomes free gets the first who has waited for it, and the group its own head.
#[test]
fn q5_the_reserve_takes_the_first_who_has_waited_long_enough() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group second longest_idle 8 wrap=0
        queue q g relax=20:second
        0 queued 1
        5 queued 2
        15 queued 3 prio=7
        30 ready 8
        31 ready 7
        32 end
    "), @r"
     0 alarm queue_without_operators
    30 offer 1#1 to 8, try 1, until 50: longest_idle, first_in_queue, relaxed
    30 8: not_ready(login) → reserved
    31 offer 3#1 to 7, try 1, until 51: longest_idle, first_in_queue
    31 7: not_ready(login) → reserved
    ");
}

/// The reserve who has refused is asked last; whoever is aside is asked for by nobody, and a reload moves the ladder.
#[test]
fn q5_the_ladder_knows_refusals_places_aside_and_reloads() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group second longest_idle 8 wrap=0 cooldown=1
        queue q g relax=10:second
        0 ready 8
        1 queued 1
        12 reject 1#1
        15 aside 1
        30 queued 1 since=1
        31 gone 1
        group g longest_idle 7 wrap=0
        group second longest_idle 8 wrap=0
        queue q g relax=60:second
        40 reload
        41 queued 2
        group g longest_idle 7 wrap=0
        group second longest_idle 8 wrap=0
        queue q g relax=5:second
        50 reload
        51 end
    "), @r"
     0 8: not_ready(login) → ready
    11 offer 1#1 to 8, try 1, until 31: longest_idle, first_in_queue, relaxed
    11 8: ready → reserved
    12 closed 1#1 at 8: Rejected
    12 8: reserved → ready
    13 offer 1#2 to 8, try 2, until 33: last_resort, first_in_queue, relaxed
    13 8: ready → reserved
    15 closed 1#2 at 8: Revoked
    15 8: reserved → ready
    30 offer 1#3 to 8, try 1, until 50: last_resort, first_in_queue, relaxed
    30 8: ready → reserved
    31 closed 1#3 at 8: CallerGone
    31 8: reserved → ready
    50 offer 2#1 to 8, try 1, until 70: longest_idle, first_in_queue, relaxed
    50 8: ready → reserved
    ");
}

/// Q8: a queue whose reserve is logged in is not empty.
#[test]
fn q5_who_may_be_added_is_somebody() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group second longest_idle 8 wrap=0
        queue q g relax=30:second
        0 login 8
        1 queued 1 leave_empty
        2 view q
        3 logout 8
        4 end
    "), @r"
    0 8: logged_out → not_ready(login)
    2 q: waiting 1 logged_in 1 ready 0 longest 1s
    3 1 leaves: NoOperators
    3 8: not_ready(login) → logged_out
    ");
}
