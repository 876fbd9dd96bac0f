//! Callers who are passed on: by name, from one talk to the next, between people who consult, in a drain.
mod script;

use script::run;

/// Passed on by 7 to 8, who is not in the group and not ready: 8 rings first; then 7, who is taken out of the wrap-up
/// of this very call; then anybody.
#[test]
fn passed_on_to_a_person_and_back() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 9 wrap=30 ring=20
        group h longest_idle 8
        queue q g
        0 ready 7
        0 login 8
        5 queued 1
        5 answer 1#1
        6 ready 9
        10 ended 7 1
        10 queued 1 q first=8,7 since=5
        12 ringing 1#2
        40 ringing 1#3
        60 answer 1#4
        90 end
    "), @"
     0 7: not_ready(login) → ready
     0 8: logged_out → not_ready(login)
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     6 9: not_ready(login) → ready
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    10 offer 1#2 to 8, try 1, until 30: passed_on
    10 8: not_ready(login) → reserved
    12 8: reserved → ringing
    30 closed 1#2 at 8: NoAnswer
    30 wrap-up of 1 by 7 took 20s
    30 offer 1#3 to 7, try 2, until 50: passed_on
    30 7: wrap_up → reserved
    30 8: ringing → not_ready(login)
    40 7: reserved → ringing
    50 closed 1#3 at 7: NoAnswer
    50 offer 1#4 to 9, try 3, until 70: longest_idle, first_in_queue
    50 7: ringing → ready
    50 9: ready → reserved
    60 won 1#4 by 9
    60 9: reserved → talking
    ");
}

/// Who is not there, or talks, is passed over.
#[test]
fn passed_on_to_nobody_who_can_be_asked() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 9 wrap=30 ring=20
        group h longest_idle 8
        queue q g
        0 ready 7
        0 ready 9
        5 queued 1
        5 answer 1#1
        6 queued 2 q first=8,7,nobody
        7 end
    "), @"
    0 7: not_ready(login) → ready
    0 9: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    5 won 1#1 by 7
    5 7: reserved → talking
    6 offer 2#1 to 9, try 1, until 26: longest_idle, first_in_queue
    6 9: ready → reserved
    ");
}

/// An attended transfer: the talk goes from 7 to 8, the wrap-up of each is their own.
#[test]
fn joined_from_one_talk_to_the_next() {
    insta::assert_snapshot!(run("
        0 ready 7
        5 queued 1
        5 answer 1#1
        6 login 8
        7 engaged 8 on 1
        8 ready 8
        9 queued 2
        10 hold 7
        20 joined 1 8
        21 joined 1 8
        22 joined 3 7
        60 ended 8 1
        100 end
    "), @"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     6 8: logged_out → not_ready(login)
     7 8: not_ready(login) → talking
    10 7: talking → hold
    20 closed 1#1 at 7: BridgedEnded
    20 joined 1#2 by 8
    20 7: hold → wrap_up
    21 refused: invalid_state (talking)
    22 refused: invalid_state
    50 wrap-up of 1 by 7 took 30s
    50 offer 2#1 to 7, try 1, until 70: longest_idle, first_in_queue
    50 7: wrap_up → reserved
    60 closed 1#2 at 8: BridgedEnded
    60 8: talking → wrap_up
    73 closed 2#1 at 7: Expired
    73 alarm offer_expired
    73 7: reserved → device_down
    90 wrap-up of 1 by 8 took 30s
    90 offer 2#2 to 8, try 2, until 110: longest_idle, first_in_queue
    90 8: wrap_up → reserved
    ");
}

/// Passed on in vain: 7 is taken out of the wrap-up, which is no miss; in a wrap-up with a wish to leave they are not.
#[test]
fn passed_on_and_back_without_a_miss() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=60 ring=20 misses=1
        queue q g
        0 ready 7
        0 ready 8
        5 queued 1
        5 answer 1#1
        10 ended 7 1
        10 queued 1 q first=7 since=5
        11 ringing 1#2
        31 reject 1#3
        40 gone 1
        50 queued 2
        51 answer 2#1
        52 ended 7 2
        53 logout 7
        54 queued 2 q first=7 since=50
        55 answer 2#2
        120 end
    "), @"
      0 7: not_ready(login) → ready
      0 8: not_ready(login) → ready
      5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
      5 7: ready → reserved
      5 won 1#1 by 7
      5 7: reserved → talking
     10 closed 1#1 at 7: BridgedEnded
     10 7: talking → wrap_up
     10 wrap-up of 1 by 7 took 0s
     10 offer 1#2 to 7, try 1, until 30: passed_on
     10 7: wrap_up → reserved
     11 7: reserved → ringing
     30 closed 1#2 at 7: NoAnswer
     30 offer 1#3 to 8, try 2, until 50: longest_idle, first_in_queue
     30 7: ringing → ready
     30 8: ready → reserved
     31 closed 1#3 at 8: Rejected
     31 offer 1#4 to 7, try 3, until 51: last_resort, first_in_queue
     31 7: ready → reserved
     31 8: reserved → ready
     40 closed 1#4 at 7: CallerGone
     40 7: reserved → ready
     50 offer 2#1 to 7, try 1, until 70: longest_idle, first_in_queue
     50 7: ready → reserved
     51 won 2#1 by 7
     51 7: reserved → talking
     52 closed 2#1 at 7: BridgedEnded
     52 7: talking → wrap_up
     53 7: wrap_up → wrap_up, then logged_out
     54 offer 2#2 to 8, try 1, until 74: longest_idle, first_in_queue
     54 8: ready → reserved
     55 won 2#2 by 8
     55 8: reserved → talking
    112 wrap-up of 2 by 7 took 60s
    112 7: wrap_up, then logged_out → logged_out
    ");
}

/// Two calls among operators: the end of one frees nobody from the other, and a third is refused.
#[test]
fn engaged_until_the_end_of_this_very_call() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 engaged 7 on 11
        2 engaged 7 on 12
        3 engaged 7 off 12
        4 queued 1
        5 engaged 7 off 11
        6 engaged 7 off 11
        7 engaged 5 on 11
    "), @"
    0 7: not_ready(login) → ready
    1 7: ready → talking
    2 refused: engaged (talking)
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: talking → reserved
    7 refused: unknown_operator
    ");
}

/// Who is removed while they talk with a colleague is gone after it.
#[test]
fn removed_while_engaged() {
    insta::assert_snapshot!(run("
        0 ready 7
        1 engaged 7 on 11
        group g longest_idle 8
        2 reload
        3 engaged 7 off 11
        4 ready 7
    "), @"
    0 7: not_ready(login) → ready
    1 7: ready → talking
    2 9: logged_out → gone
    3 session 1 of 7 is over
    3 7: talking → gone
    4 refused: unknown_operator
    ");
}

/// Who is consulted about a call can be asked for it by name, before anybody else has them.
#[test]
fn consulted_and_then_passed_on() {
    insta::assert_snapshot!(run("
        0 ready 7
        5 queued 1
        5 answer 1#1
        6 ready 8
        7 engaged 8 on 1
        8 queued 2
        10 ended 7 1
        10 queued 1 first=8 since=5
        10 engaged 8 off 1
    "), @"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
     6 8: not_ready(login) → ready
     7 8: ready → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    10 offer 1#2 to 8, try 1, until 30: passed_on
    10 8: talking → reserved
    ");
}

/// In a drain a call that goes on may be passed on to a person, and nobody else is asked: after them its plan goes on.
#[test]
fn passed_on_in_a_drain() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 ring=20
        queue q g
        0 ready 7
        0 ready 8
        0 ready 9
        5 queued 1
        5 answer 1#1
        6 drain
        10 ended 7 1
        10 queued 1 q first=8 since=5
        12 reject 1#2
        60 end
    "), @"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     0 9: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    10 offer 1#2 to 8, try 1, until 30: passed_on
    10 8: ready → reserved
    12 closed 1#2 at 8: Rejected
    12 1 leaves: NoOperators
    12 8: reserved → ready
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up → ready
    ");
}

/// A full queue sends new callers on, not those who have talked with somebody.
#[test]
fn full_for_those_who_are_new() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=30
        queue q g max=1
        0 ready 7
        5 queued 1
        5 answer 1#1
        6 queued 2
        7 queued 3
        8 ended 7 1
        8 queued 1 since=5
        9 position 1
    "), @"
    0 7: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    5 won 1#1 by 7
    5 7: reserved → talking
    7 3 leaves: Full
    8 closed 1#1 at 7: BridgedEnded
    8 7: talking → wrap_up
    9 position of 1 is Some(1)
    ");
}

/// For 8 alone: 7 is free and not asked, neither when 8 points there, nor when the phone of 8 dies after its answer.
#[test]
fn for_one_alone() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 ring=20
        queue q g
        0 ready 7
        1 ready 8
        5 named 1 8
        6 explain 1
        7 redirect 1#1 7
        20 named 2 8
        21 answer 2#1
        22 device_failed 2#1
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     5 offer 1#1 to 8, try 1, until 25: named
     5 8: ready → reserved
     6 1 not to 7: свободен, но звонок только для названного (named_only)
     6 1 not to 8: этот звонок предлагается сейчас (offered)
     7 closed 1#1 at 8: Rejected
     7 1 leaves: TimedOut
     7 8: reserved → ready
    20 offer 2#1 to 8, try 1, until 40: named
    20 8: ready → reserved
    21 won 2#1 by 8
    21 8: reserved → talking
    22 closed 2#1 at 8: DeviceError
    22 2 leaves: TimedOut
    22 8: talking → device_down
    ");
}

/// It takes no place of those who wait for anybody, has none, and is not longest there.
#[test]
fn for_one_alone_beside_a_full_queue() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 ring=20
        queue q g max=1
        0 login 7
        1 ready 8
        5 named 1 8
        6 position 1
        7 view q
        8 queued 2 prio=0
        9 position 2
        10 view q
        11 queued 3
        12 reject 1#1
        13 queued 1
        14 end
    "), @r"
     0 7: logged_out → not_ready(login)
     1 8: not_ready(login) → ready
     5 offer 1#1 to 8, try 1, until 25: named
     5 8: ready → reserved
     6 position of 1 is None
     7 q: waiting 0 logged_in 2 ready 0 longest 0s
     9 position of 2 is Some(1)
    10 q: waiting 1 logged_in 2 ready 0 longest 2s
    11 3 leaves: Full
    12 closed 1#1 at 8: Rejected
    12 1 leaves: TimedOut
    12 8: reserved → ready
    13 1 leaves: Full
    ");
}
