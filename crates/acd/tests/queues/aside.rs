//! Who steps aside to answer questions, and comes back to the same place.
use crate::script::run;

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
    12 closed 1#1 at 7: Revoked (Requeue)
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
