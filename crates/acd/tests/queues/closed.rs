//! A queue that is closed and lets nobody wait (Q0), and a level of a skill that ends (Q4).
use crate::script::run;

/// Who comes is sent on, who waits goes in the order of coming, whoever is rung for goes when nobody took them; the door of an open
/// queue is as ever.
#[test]
fn q0_a_closed_queue_lets_nobody_wait() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        0 ready 7
        1 queued 1
        2 queued 2
        3 queued 3 prio=9
        10 closed q on
        11 queued 4
        12 reject 1#1
        20 closed q off
        21 queued 5
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
    10 2 leaves: Closed
    10 3 leaves: Closed
    11 4 leaves: Closed
    12 closed 1#1 at 7: Rejected
    12 1 leaves: Closed
    12 7: reserved → ready
    21 offer 5#1 to 7, try 1, until 41: longest_idle, first_in_queue
    21 7: ready → reserved
    ");
}

/// A phone that rings is not stopped by the hour: who takes it talks.
#[test]
fn q0_who_is_rung_for_may_still_be_taken() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        0 ready 7
        1 queued 1
        5 closed q on
        6 answer 1#1
        60 ended 7 1
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     6 won 1#1 by 7
     6 7: reserved → talking
    60 closed 1#1 at 7: BridgedEnded
    60 wrap-up of 1 by 7 took 0s
    60 7: talking → ready
    ");
}

/// Who answers questions meanwhile is judged as they come back; a promise keeps its place, nobody waiting with it.
#[test]
fn q0_who_is_aside_is_judged_at_the_door_and_a_promise_stays() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g
        0 login 7
        1 queued 1 wait=900
        2 queued 2 promised wait=900
        3 aside 1
        10 closed q on
        20 queued 1 since=1 wait=900
        30 view q
        40 ready 7
    "), @r"
     0 7: logged_out → not_ready(login)
    20 1 leaves: Closed
    30 q: waiting 1 logged_in 1 ready 0 longest 28s
    40 offer 2#1 to 7, try 1, until 60: longest_idle, first_in_queue
    40 7: not_ready(login) → reserved
    ");
}

/// Whom an operator has taken is not hung up on because of the hour: they come back to a closed queue and wait there, whoever was
/// asked for them by name or has a dead phone; nor is anybody of whom it is said that they stay.
#[test]
fn q0_who_was_taken_waits_on_in_a_closed_queue() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 queued 2
        5 closed q on
        8 device_failed 1#1
        10 queued 3 q stays
        11 queued 4
        12 view q
        20 closed q on
        21 view q
        30 ready 8
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     5 2 leaves: Closed
     8 closed 1#1 at 7: DeviceError
     8 7: talking → device_down
    11 4 leaves: Closed
    12 q: waiting 2 logged_in 1 ready 0 longest 11s
    21 q: waiting 2 logged_in 1 ready 0 longest 20s
    30 offer 1#2 to 8, try 2, until 50: longest_idle, first_in_queue
    30 8: not_ready(login) → reserved
    ");
}

/// Who was passed on by name and not taken again waits for anybody, though one who talked with them has turned them down since.
#[test]
fn q0_who_was_passed_on_waits_on_in_a_closed_queue() {
    let log = run("
        group g longest_idle 7 8 wrap=0
        queue q g
        0 ready 7
        0 ready 8
        1 queued 1
        2 answer 1#1
        5 closed q on
        6 ended 7 1
        6 queued 1 since=1 first=8,7
        8 reject 1#2
        10 reject 1#3
        12 view q
    ");
    assert!(!log.contains("leaves"), "{log}");
    assert!(log.contains("12 q: waiting 1 "), "{log}");
}

/// At its moment the level is none, for whoever waits and without a word of anybody; what rings rings on.
#[test]
fn q4_a_level_ends_by_the_clock() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g needs=gas:2
        skill gas 7=3@30 8=2
        0 ready 7
        20 queued 1
        31 answer 1#1
        40 ended 7 1
        41 queued 2
        42 explain 2
        50 ready 8
    "), @r"
     0 7: not_ready(login) → ready
    20 offer 1#1 to 7, try 1, until 40: longest_idle, first_in_queue, skilled
    20 7: ready → reserved
    31 won 1#1 by 7
    31 7: reserved → talking
    40 closed 1#1 at 7: BridgedEnded
    40 wrap-up of 1 by 7 took 0s
    40 7: talking → ready
    42 2 not to 7: навык «gas» истёк на 30-й секунде, нужен 2 (lacks_skill)
    42 2 not to 8: не на рабочем месте (logged_out)
    50 offer 2#1 to 8, try 1, until 70: longest_idle, first_in_queue, skilled
    50 8: not_ready(login) → reserved
    ");
}

/// What has ended before a plan comes is none from the beginning; another plan gives it back.
#[test]
fn q4_a_level_that_is_over_and_a_new_end() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g needs=gas:2
        skill gas 7=3@10
        20 ready 7
        21 queued 1
        22 explain 1
        30 end
        group g longest_idle 7 wrap=0
        queue q g needs=gas:2
        skill gas 7=3@60
        40 reload
        50 gone 1
        70 queued 2
        71 explain 2
    "), @r"
    20 7: not_ready(login) → ready
    22 1 not to 7: навык «gas» истёк на 10-й секунде, нужен 2 (lacks_skill)
    40 offer 1#1 to 7, try 1, until 60: longest_idle, first_in_queue, skilled
    40 7: ready → reserved
    50 closed 1#1 at 7: CallerGone
    50 7: reserved → ready
    71 2 not to 7: навык «gas» истёк на 60-й секунде, нужен 2 (lacks_skill)
    ");
}

/// A queue that lets go of those for whom nobody knows enough does so at that moment.
#[test]
fn q8_who_has_nobody_left_who_knows_enough_leaves() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g needs=gas:2
        skill gas 7=3@30
        0 ready 7
        1 empty q leave=logged_out,below_skill
        2 queued 1
        3 answer 1#1
        4 queued 2 leave_empty wait=900
        40 ended 7 1
    "), @r"
     0 7: not_ready(login) → ready
     2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue, skilled
     2 7: ready → reserved
     3 won 1#1 by 7
     3 7: reserved → talking
    30 2 leaves: NoOperators
    40 closed 1#1 at 7: BridgedEnded
    40 wrap-up of 1 by 7 took 0s
    40 7: talking → ready
    ");
}
