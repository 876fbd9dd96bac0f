//! The longer the wait, the more are asked (Q5).
use crate::script::run;

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
    21 1 comes to step 1 of q
    21 offer 1#1 to 8, try 1, until 31: longest_idle, first_in_queue, relaxed
    21 8: ready → reserved
    22 won 1#1 by 8
    22 8: reserved → talking
    22 2 comes to step 1 of q
    47 2 comes to step 2 of q
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
    20 1 comes to step 1 of q
    25 2 comes to step 1 of q
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
    11 1 comes to step 1 of q
    11 offer 1#1 to 8, try 1, until 31: longest_idle, first_in_queue, relaxed
    11 8: ready → reserved
    12 closed 1#1 at 8: Rejected
    12 8: reserved → ready
    13 offer 1#2 to 8, try 2, until 33: last_resort, first_in_queue, relaxed
    13 8: ready → reserved
    15 closed 1#2 at 8: Revoked (Requeue)
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
