//! Who has had least (Q6): counted for each session at the desk, as work ends.
use crate::script::run;

/// A missed call is no talk; a call that was handed over is one of both.
#[test]
fn q6_fewest_calls_counts_talks() {
    insta::assert_snapshot!(run("
        group g fewest_calls 7 8 wrap=0 cooldown=0
        0 ready 7
        1 ready 8
        2 queued 1
        3 answer 1#1
        4 ended 7 1
        5 queued 2
        6 reject 2#1
        7 answer 2#2
        8 ended 7 2
        9 queued 3
        10 answer 3#1
        11 ended 8 3
        12 queued 4
        13 answer 4#1
        14 ended 8 4
        15 queued 5
        16 end
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     2 offer 1#1 to 7, try 1, until 22: fewest_calls, first_in_queue
     2 7: ready → reserved
     3 won 1#1 by 7
     3 7: reserved → talking
     4 closed 1#1 at 7: BridgedEnded
     4 wrap-up of 1 by 7 took 0s
     4 7: talking → ready
     5 offer 2#1 to 8, try 1, until 25: fewest_calls, first_in_queue
     5 8: ready → reserved
     6 closed 2#1 at 8: Rejected
     6 offer 2#2 to 7, try 2, until 26: fewest_calls, first_in_queue
     6 7: ready → reserved
     6 8: reserved → ready
     7 won 2#2 by 7
     7 7: reserved → talking
     8 closed 2#2 at 7: BridgedEnded
     8 wrap-up of 2 by 7 took 0s
     8 7: talking → ready
     9 offer 3#1 to 8, try 1, until 29: fewest_calls, first_in_queue
     9 8: ready → reserved
    10 won 3#1 by 8
    10 8: reserved → talking
    11 closed 3#1 at 8: BridgedEnded
    11 wrap-up of 3 by 8 took 0s
    11 8: talking → ready
    12 offer 4#1 to 8, try 1, until 32: fewest_calls, first_in_queue
    12 8: ready → reserved
    13 won 4#1 by 8
    13 8: reserved → talking
    14 closed 4#1 at 8: BridgedEnded
    14 wrap-up of 4 by 8 took 0s
    14 8: talking → ready
    15 offer 5#1 to 7, try 1, until 35: fewest_calls, first_in_queue
    15 7: ready → reserved
    ");
}

/// A new session begins from nothing.
#[test]
fn q6_who_sits_down_anew_has_had_no_calls() {
    insta::assert_snapshot!(run("
        group g fewest_calls 7 8 wrap=0
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 ended 7 1
        4 logout 7
        5 ready 8
        6 ready 7
        7 queued 2
        8 gone 2
        9 queued 3
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: fewest_calls, first_in_queue
    1 7: ready → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    3 closed 1#1 at 7: BridgedEnded
    3 wrap-up of 1 by 7 took 0s
    3 7: talking → ready
    4 7: ready → logged_out
    5 8: not_ready(login) → ready
    6 7: not_ready(login) → ready
    7 offer 2#1 to 8, try 1, until 27: fewest_calls, first_in_queue
    7 8: ready → reserved
    8 closed 2#1 at 8: CallerGone
    8 8: reserved → ready
    9 offer 3#1 to 8, try 1, until 29: fewest_calls, first_in_queue
    9 8: ready → reserved
    ");
}

/// Time on hold is talk, paperwork is not.
#[test]
fn q6_least_talk_counts_the_talk_alone() {
    insta::assert_snapshot!(run("
        group g least_talk 7 8 wrap=100
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 ready 8
        4 queued 2
        5 answer 2#1
        10 hold 8
        40 resume 8
        45 ended 8 2
        46 done 8 2
        50 ended 7 1
        51 done 7 1
        60 queued 3
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: least_talk, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 8: not_ready(login) → ready
     4 offer 2#1 to 8, try 1, until 24: least_talk, first_in_queue
     4 8: ready → reserved
     5 won 2#1 by 8
     5 8: reserved → talking
    10 8: talking → hold
    40 8: hold → talking
    45 closed 2#1 at 8: BridgedEnded
    45 8: talking → wrap_up
    46 wrap-up of 2 by 8 took 1s, disposed
    46 8: wrap_up → ready
    50 closed 1#1 at 7: BridgedEnded
    50 7: talking → wrap_up
    51 wrap-up of 1 by 7 took 1s, disposed
    51 7: wrap_up → ready
    60 offer 3#1 to 8, try 1, until 80: least_talk, first_in_queue
    60 8: ready → reserved
    ");
}

/// Of two who worked as long the one who sits longer is less occupied; the share falls while somebody is free, and is looked at
/// again each minute.
#[test]
fn q6_least_occupied_goes_by_the_share_of_the_session() {
    insta::assert_snapshot!(run("
        group g least_occupied 7 8 wrap=0
        0 ready 7
        1 queued 1
        1 answer 1#1
        301 ended 7 1
        1000 ready 8
        1001 queued 2
        1001 answer 2#1
        1031 ended 8 2
        1040 queued 3
        1041 gone 3
        1120 queued 4
        1121 gone 4
        1160 queued 5
        1161 gone 5
    "), @r"
       0 7: not_ready(login) → ready
       1 offer 1#1 to 7, try 1, until 21: least_occupied, first_in_queue
       1 7: ready → reserved
       1 won 1#1 by 7
       1 7: reserved → talking
     301 closed 1#1 at 7: BridgedEnded
     301 wrap-up of 1 by 7 took 0s
     301 7: talking → ready
    1000 8: not_ready(login) → ready
    1001 offer 2#1 to 8, try 1, until 1021: least_occupied, first_in_queue
    1001 8: ready → reserved
    1001 won 2#1 by 8
    1001 8: reserved → talking
    1031 closed 2#1 at 8: BridgedEnded
    1031 wrap-up of 2 by 8 took 0s
    1031 8: talking → ready
    1040 offer 3#1 to 7, try 1, until 1060: least_occupied, first_in_queue
    1040 7: ready → reserved
    1041 closed 3#1 at 7: CallerGone
    1041 7: reserved → ready
    1120 offer 4#1 to 7, try 1, until 1140: least_occupied, first_in_queue
    1120 7: ready → reserved
    1121 closed 4#1 at 7: CallerGone
    1121 7: reserved → ready
    1160 offer 5#1 to 8, try 1, until 1180: least_occupied, first_in_queue
    1160 8: ready → reserved
    1161 closed 5#1 at 8: CallerGone
    1161 8: reserved → ready
    ");
}
