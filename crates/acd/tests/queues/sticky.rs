//! One operator before anybody else, for a while (Q6).
use crate::script::run;

/// Free, they are asked at once, though another is idle longer; having refused, they are one of many.
#[test]
fn q6_sticky_asks_the_one_first() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        0 ready 7
        1 ready 8
        2 queued 1 sticky=8:15
        3 reject 1#1
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 offer 1#1 to 8, try 1, until 22: sticky, first_in_queue
    2 8: ready → reserved
    3 closed 1#1 at 8: Rejected
    3 offer 1#2 to 7, try 2, until 23: longest_idle, first_in_queue
    3 7: ready → reserved
    3 8: reserved → ready
    ");
}

/// Busy, they are waited for as long as was said and no longer, whoever else is free; those behind do not wait for it.
#[test]
fn q6_sticky_waits_so_long_and_no_longer() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 wrap=0
        0 ready 8
        1 queued 1
        2 answer 1#1
        3 ready 7
        4 queued 2 sticky=8:10
        5 queued 3 sticky=8:40
        6 explain 2
        7 queued 4
        8 gone 4
        20 ended 8 1
        21 gone 3
    "), @r"
     0 8: not_ready(login) → ready
     1 offer 1#1 to 8, try 1, until 21: longest_idle, first_in_queue
     1 8: ready → reserved
     2 won 1#1 by 8
     2 8: reserved → talking
     3 7: not_ready(login) → ready
     6 2 not to 7: свободен, но ещё 9 с звонящий ждёт 8 (sticky_first)
     6 2 not to 8: разговаривает (talking)
     6 2 not to 9: не на рабочем месте (logged_out)
     7 offer 4#1 to 7, try 1, until 27: longest_idle, first_in_queue
     7 7: ready → reserved
     8 closed 4#1 at 7: CallerGone
     8 7: reserved → ready
    14 offer 2#1 to 7, try 1, until 34: longest_idle, first_in_queue
    14 7: ready → reserved
    20 closed 1#1 at 8: BridgedEnded
    20 wrap-up of 1 by 8 took 0s
    20 offer 3#1 to 8, try 1, until 40: sticky, first_in_queue
    20 8: talking → reserved
    21 closed 3#1 at 8: CallerGone
    21 8: reserved → ready
    ");
}

/// Who has no seat is not waited for, nor who leaves it; who is on a break may come back.
#[test]
fn q6_sticky_needs_somebody_who_is_there() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        0 ready 7
        1 queued 1 sticky=8:30
        2 gone 1
        3 login 8
        4 queued 2 sticky=8:30
        5 ready 8
        6 gone 2
        7 not_ready 8 lunch
        8 queued 3 sticky=8:30
        9 logout 8
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 closed 1#1 at 7: CallerGone
    2 7: reserved → ready
    3 8: logged_out → not_ready(login)
    5 offer 2#1 to 8, try 1, until 25: sticky, first_in_queue
    5 8: not_ready(login) → reserved
    6 closed 2#1 at 8: CallerGone
    6 8: reserved → ready
    7 8: ready → not_ready(lunch)
    9 offer 3#1 to 7, try 1, until 29: longest_idle, first_in_queue
    9 7: ready → reserved
    9 8: not_ready(lunch) → logged_out
    ");
}

/// A more urgent caller goes first, a place aside is given up, and in a drain nobody is waited for.
#[test]
fn q6_sticky_keeps_the_order_of_the_queue() {
    insta::assert_snapshot!(run("
        group g longest_idle 8 wrap=0
        0 login 8
        1 queued 1 sticky=8:60
        2 queued 2 prio=8
        3 ready 8
        4 gone 2
        5 gone 1
        6 not_ready 8 lunch
        7 queued 3 sticky=8:60
        8 aside 3
        9 queued 3 since=7
        10 position 3
        11 queued 4 sticky=8:60
        12 drain
    "), @r"
     0 8: logged_out → not_ready(login)
     3 offer 2#1 to 8, try 1, until 23: longest_idle, first_in_queue
     3 8: not_ready(login) → reserved
     4 closed 2#1 at 8: CallerGone
     4 offer 1#1 to 8, try 1, until 24: sticky, first_in_queue
     5 closed 1#1 at 8: CallerGone
     5 8: reserved → ready
     6 8: ready → not_ready(lunch)
    10 position of 3 is Some(1)
    12 3 leaves: NoOperators
    12 4 leaves: NoOperators
    ");
}

/// An emergency is kept for nobody: not when it comes, and not when a supervisor makes it one (Q2).
#[test]
fn q2_an_emergency_waits_for_nobody_in_particular() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        0 login 8
        1 ready 7
        2 queued 1 prio=9 sticky=8:60
        3 answer 1#1
        4 ended 7 1
        5 queued 2 sticky=8:60
        6 reprioritise 2 8
        7 reprioritise 2 9
        8 end
    "), @r"
    0 8: logged_out → not_ready(login)
    1 7: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 won 1#1 by 7
    3 7: reserved → talking
    4 closed 1#1 at 7: BridgedEnded
    4 wrap-up of 1 by 7 took 0s
    4 7: talking → ready
    6 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000002, from: 5, to: 8 }
    7 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000002, from: 8, to: 9 }
    7 offer 2#1 to 7, try 1, until 27: longest_idle, first_in_queue
    7 7: ready → reserved
    ");
}

/// Who waits for one person stands in the order of the queue like everybody, however long they have waited.
#[test]
fn q3_who_starves_for_one_person_goes_before_no_emergency() {
    insta::assert_snapshot!(run("
        group g longest_idle 8 wrap=0
        0 ready 8
        1 queued 9
        2 answer 9#1
        3 queued 1 prio=5 wait=1000 sticky=8:900
        310 queued 2 prio=9
        320 ended 8 9
        321 end
    "), @r"
      0 8: not_ready(login) → ready
      1 offer 9#1 to 8, try 1, until 21: longest_idle, first_in_queue
      1 8: ready → reserved
      2 won 9#1 by 8
      2 8: reserved → talking
    320 closed 9#1 at 8: BridgedEnded
    320 wrap-up of 9 by 8 took 0s
    320 offer 2#1 to 8, try 1, until 340: longest_idle, first_in_queue
    320 8: talking → reserved
    ");
}
