//! Who is asked, and for how long it rings (Q6, Q7).
use crate::script::run;

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
    11 closed 1#1 at 7: Revoked (Requeue)
    11 1 leaves: TimedOut
    11 7: ringing → ready
    ");
}
