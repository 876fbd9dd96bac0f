//! Stories named after Asterisk's queue tests, and what their authors wished for.
mod script;

use script::run;

/// One caller, one operator.
#[test]
fn baseline() {
    insta::assert_snapshot!(run("
        0 ready 7
        5 queued 1
        6 ringing 1#1
        8 answer 1#1
        65 ended 7 1
        100 end
    "), @r"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     6 7: reserved → ringing
     8 won 1#1 by 7
     8 7: ringing → talking
    65 closed 1#1 at 7: BridgedEnded
    65 7: talking → wrap_up
    95 wrap-up of 1 by 7 took 30s
    95 7: wrap_up → ready
    ");
}

/// The shift log of the sketch.
#[test]
fn a_second_caller_waits_for_the_wrap_up() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=30
        0 ready 7
        5 queued 1
        5 answer 1#1
        6 queued 2
        65 ended 7 1
        96 answer 2#1
        300 end
    "), @r"
     0 7: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     5 won 1#1 by 7
     5 7: reserved → talking
    65 closed 1#1 at 7: BridgedEnded
    65 7: talking → wrap_up
    95 wrap-up of 1 by 7 took 30s
    95 offer 2#1 to 7, try 1, until 115: longest_idle, first_in_queue
    95 7: wrap_up → reserved
    96 won 2#1 by 7
    96 7: reserved → talking
    ");
}

/// Everybody is there, nobody wants calls: the caller waits, nobody rings.
#[test]
fn all_paused() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 login 7
        0 ready 8
        1 not_ready 8 lunch
        2 queued 1 wait=60
        3 explain 1
        90 end
    "), @r"
     0 7: logged_out → not_ready(login)
     0 8: not_ready(login) → ready
     1 8: ready → not_ready(lunch)
     3 1 not to 7: не готов: login (not_ready)
     3 1 not to 8: не готов: lunch (not_ready)
    62 1 leaves: TimedOut
    ");
}

/// The one who wants calls gets it.
#[test]
fn one_paused() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 ready 7
        0 ready 8
        1 not_ready 7 lunch
        2 queued 1
        3 explain 1
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 7: ready → not_ready(lunch)
    2 offer 1#1 to 8, try 1, until 22: longest_idle, first_in_queue
    2 8: ready → reserved
    3 1 not to 7: не готов: lunch (not_ready)
    3 1 not to 8: этот звонок предлагается сейчас (offered)
    ");
}

/// Twenty seconds at the first, then the next at once.
#[test]
fn no_answer_moves_on() {
    insta::assert_snapshot!(run("
        group g linear 7 8 ring=20
        0 ready 7
        0 ready 8
        1 queued 1
        2 ringing 1#1
        22 ringing 1#2
        25 answer 1#2
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: linear, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
    21 closed 1#1 at 7: NoAnswer
    21 offer 1#2 to 8, try 2, until 41: linear, first_in_queue
    21 7: ringing → ready
    21 8: ready → reserved
    22 8: reserved → ringing
    25 won 1#2 by 8
    25 8: ringing → talking
    ");
}

/// The caller waits for the end of the paperwork although the operator does not talk.
#[test]
fn wrap_up_holds_back() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=45
        0 ready 7
        1 queued 1
        1 answer 1#1
        10 ended 7 1
        11 queued 2
        12 explain 2
        60 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     1 won 1#1 by 7
     1 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    12 2 not to 7: поствызывная обработка (wrap_up)
    55 wrap-up of 1 by 7 took 45s
    55 offer 2#1 to 7, try 1, until 75: longest_idle, first_in_queue
    55 7: wrap_up → reserved
    ");
}

/// opensips#2679: ten operators, ten timers; nobody waits for the last one's paperwork.
#[test]
fn wrap_up_per_operator() {
    insta::assert_snapshot!(run("
        group g linear 1 2 3 4 5 6 7 8 9 10 wrap=30
        0 ready 1
        0 ready 2
        0 ready 3
        1 queued 1
        1 queued 2
        1 queued 3
        2 answer 1#1
        2 answer 2#1
        2 answer 3#1
        10 ended 1 1
        20 ended 2 2
        30 ended 3 3
        35 queued 4
        36 queued 5
        37 queued 6
        61 end
    "), @r"
     0 1: not_ready(login) → ready
     0 2: not_ready(login) → ready
     0 3: not_ready(login) → ready
     1 offer 1#1 to 1, try 1, until 21: linear, first_in_queue
     1 1: ready → reserved
     1 offer 2#1 to 2, try 1, until 21: linear, first_in_queue
     1 2: ready → reserved
     1 offer 3#1 to 3, try 1, until 21: linear, first_in_queue
     1 3: ready → reserved
     2 won 1#1 by 1
     2 1: reserved → talking
     2 won 2#1 by 2
     2 2: reserved → talking
     2 won 3#1 by 3
     2 3: reserved → talking
    10 closed 1#1 at 1: BridgedEnded
    10 1: talking → wrap_up
    20 closed 2#1 at 2: BridgedEnded
    20 2: talking → wrap_up
    30 closed 3#1 at 3: BridgedEnded
    30 3: talking → wrap_up
    40 wrap-up of 1 by 1 took 30s
    40 offer 4#1 to 1, try 1, until 60: linear, first_in_queue
    40 1: wrap_up → reserved
    50 wrap-up of 2 by 2 took 30s
    50 offer 5#1 to 2, try 1, until 70: linear, first_in_queue
    50 2: wrap_up → reserved
    60 wrap-up of 3 by 3 took 30s
    60 offer 6#1 to 3, try 1, until 80: linear, first_in_queue
    60 3: wrap_up → reserved
    ");
}

/// asterisk#1006: a caller of another queue does not shorten or lengthen the wrap-up of the first.
#[test]
fn wrap_up_is_not_reset_by_another_queue() {
    insta::assert_snapshot!(run("
        group short longest_idle 7 wrap=5
        group long longest_idle 7 wrap=60
        queue q short
        queue r long
        0 ready 7
        1 queued 1 r
        2 answer 1#1
        10 ended 7 1
        11 queued 2 q
        80 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    70 wrap-up of 1 by 7 took 60s
    70 offer 2#1 to 7, try 1, until 90: longest_idle, first_in_queue
    70 7: wrap_up → reserved
    ");
}

/// Position is 1 from the front; those who ring count; the important go before.
#[test]
fn position_and_priority() {
    insta::assert_snapshot!(run("
        0 queued 1
        1 queued 2
        2 queued 3 prio=9
        3 position 1
        4 position 2
        5 position 3
        6 ready 7
        7 position 3
        8 view q
    "), @r"
    0 alarm queue_without_operators
    3 position of 1 is Some(2)
    4 position of 2 is Some(3)
    5 position of 3 is Some(1)
    6 offer 3#1 to 7, try 1, until 26: longest_idle, first_in_queue
    6 7: not_ready(login) → reserved
    7 position of 3 is Some(1)
    8 q: waiting 3 logged_in 1 ready 0 longest 8s
    ");
}

/// A reload in the middle of ringing and talking disturbs neither.
#[test]
fn reload_keeps_callers() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=30
        0 ready 7
        0 ready 8
        1 queued 1
        2 answer 1#1
        3 queued 2
        4 ringing 2#1
        5 queued 3
        group g longest_idle 7 8 wrap=10
        6 reload
        7 answer 2#1
        10 ended 7 1
        41 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 offer 2#1 to 8, try 1, until 23: longest_idle, first_in_queue
     3 8: ready → reserved
     4 8: reserved → ringing
     7 won 2#1 by 8
     7 8: ringing → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    40 wrap-up of 1 by 7 took 30s
    40 offer 3#1 to 7, try 1, until 60: longest_idle, first_in_queue
    40 7: wrap_up → reserved
    ");
}

/// Pain 9: a reload in the work after a talk changes neither its end nor what was said meanwhile; the next one is by the new plan.
#[test]
fn a_reload_changes_no_work_in_hand() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=30
        0 ready 7
        1 queued 1
        2 answer 1#1
        10 ended 7 1
        12 not_ready 7 lunch
        group g longest_idle 7 wrap=5
        15 reload
        41 ready 7
        42 queued 2
        43 answer 2#1
        50 ended 7 2
        60 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    10 closed 1#1 at 7: BridgedEnded
    10 7: talking → wrap_up
    12 7: wrap_up → wrap_up, then lunch
    40 wrap-up of 1 by 7 took 30s
    40 7: wrap_up, then lunch → not_ready(lunch)
    41 7: not_ready(lunch) → ready
    42 offer 2#1 to 7, try 1, until 62: longest_idle, first_in_queue
    42 7: ready → reserved
    43 won 2#1 by 7
    43 7: reserved → talking
    50 closed 2#1 at 7: BridgedEnded
    50 7: talking → wrap_up
    55 wrap-up of 2 by 7 took 5s
    55 7: wrap_up → ready
    ");
}

/// A blind transfer ends the operator's talk; the call goes on in another queue and does not come back to the same person.
#[test]
fn transfer_frees_operator() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group h linear 7 8 wrap=0
        queue q g
        queue r h
        0 ready 7
        1 queued 1
        2 answer 1#1
        9 ready 8
        10 ended 7 1
        10 queued 1 r since=1
        11 explain 1
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     9 8: not_ready(login) → ready
    10 closed 1#1 at 7: BridgedEnded
    10 wrap-up of 1 by 7 took 0s
    10 7: talking → ready
    10 offer 1#2 to 8, try 1, until 30: linear, first_in_queue
    10 8: ready → reserved
    11 1 not to 7: передал этот звонок, помним ещё 60 с (talked_before)
    11 1 not to 8: этот звонок предлагается сейчас (offered)
    ");
}

/// A talking operator is not rung, whatever waits.
#[test]
fn ring_in_use_off() {
    insta::assert_snapshot!(run("
        group g ring_all 7
        queue q g
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 queued 2 prio=9
        4 ready 7
        5 explain 2
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue
    1 7: ready → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    5 2 not to 7: разговаривает (talking)
    ");
}

/// freeswitch#1221: a dead phone at the end of the list does not stop the others.
#[test]
fn a_last_unavailable_operator_halts_nobody() {
    insta::assert_snapshot!(run("
        group g linear 7 8
        0 ready 7
        0 ready 8
        1 phone 8 down
        2 queued 1
        3 queued 2
        4 answer 1#1
        5 ended 7 1
        40 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 8: ready → device_down
     2 offer 1#1 to 7, try 1, until 22: linear, first_in_queue
     2 7: ready → reserved
     4 won 1#1 by 7
     4 7: reserved → talking
     5 closed 1#1 at 7: BridgedEnded
     5 7: talking → wrap_up
    35 wrap-up of 1 by 7 took 30s
    35 offer 2#1 to 7, try 1, until 55: linear, first_in_queue
    35 7: wrap_up → reserved
    ");
}

/// Removed while talking: the talk and the wrap-up end as they should, then the person is gone.
#[test]
fn an_operator_leaves_the_config() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=10
        0 ready 7
        1 queued 1
        2 answer 1#1
        group g longest_idle 8
        3 reload
        5 ended 7 1
        20 ready 7
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     5 closed 1#1 at 7: BridgedEnded
     5 7: talking → wrap_up
    15 wrap-up of 1 by 7 took 10s
    15 session 1 of 7 is over
    15 7: wrap_up → gone
    20 refused: unknown_operator
    ");
}
