//! Phones that point to a colleague (302): who is asked then, and who is not.
mod script;

use script::run;

/// A phone points to a colleague: they are asked next, by name, though others of the group have waited longer.
#[test]
fn redirected_to_a_colleague() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 ring=20
        queue q g
        0 ready 7
        1 ready 8
        2 ready 9
        5 queued 1
        6 redirect 1#1 9
        7 answer 1#2
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 9: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    6 closed 1#1 at 7: Rejected
    6 offer 1#2 to 9, try 2, until 26: redirected
    6 7: reserved → ready
    6 9: ready → reserved
    7 won 1#2 by 9
    7 9: reserved → talking
    ");
}

/// Two phones that point to each other, and a third step: each has declined, and the group is asked as ever.
#[test]
fn redirected_in_circles_and_on_and_on() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 10 cooldown=300
        queue q g
        0 ready 7
        1 ready 8
        2 ready 9
        3 ready 10
        5 queued 1
        6 redirect 1#1 8
        7 redirect 1#2 7
        8 redirect 1#3 10
        9 redirect 1#4 8
    "), @r"
     0 7: not_ready(login) → ready
     1 8: not_ready(login) → ready
     2 9: not_ready(login) → ready
     3 10: not_ready(login) → ready
     5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
     5 7: ready → reserved
     6 closed 1#1 at 7: Rejected
     6 offer 1#2 to 8, try 2, until 26: redirected
     6 7: reserved → ready
     6 8: ready → reserved
     7 closed 1#2 at 8: Rejected
     7 offer 1#3 to 9, try 3, until 27: longest_idle, first_in_queue
     7 8: reserved → ready
     7 9: ready → reserved
     8 closed 1#3 at 9: Rejected
     8 offer 1#4 to 10, try 4, until 28: redirected
     8 10: ready → reserved
     8 9: reserved → ready
     9 closed 1#4 at 10: Rejected
     9 10: reserved → ready
    ");
}

/// Whom nobody may ask now is not asked for it: busy, away, or while others ring for the same caller.
#[test]
fn redirected_to_who_cannot_be_asked() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        group h ring_all 9 10
        queue q g
        queue r h
        0 ready 7
        1 ready 8
        2 ready 9
        3 ready 10
        4 logout 8
        5 queued 1 q
        6 redirect 1#1 8
        7 queued 2 r
        8 redirect 2#1 7
        9 redirect 2#2 99
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 9: not_ready(login) → ready
    3 10: not_ready(login) → ready
    4 8: ready → logged_out
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    6 closed 1#1 at 7: Rejected
    6 7: reserved → ready
    7 offer 2#1 to 9, try 1, until 27: ring_all, first_in_queue
    7 offer 2#2 to 10, try 1, until 27: ring_all, first_in_queue
    7 10: ready → reserved
    7 9: ready → reserved
    8 closed 2#1 at 9: Rejected
    8 9: reserved → ready
    9 closed 2#2 at 10: Rejected
    9 10: reserved → ready
    ");
}

/// Who is at lunch, cools down or has declined this caller is not rung because a phone points there.
#[test]
fn redirected_to_who_would_not_be_offered_the_call() {
    insta::assert_snapshot!(run("
        group g linear 7 8 cooldown=60 memory=300
        group h linear 8 9 cooldown=0 memory=300
        queue q g
        queue r h
        0 ready 7
        0 ready 8
        1 not_ready 8 lunch
        5 queued 1 q
        6 redirect 1#1 8
        7 gone 1
        8 logout 7
        10 ready 8
        11 queued 2 q
        12 reject 2#1
        13 gone 2
        14 ready 9
        15 queued 3 r
        16 redirect 3#1 8
        17 gone 3
        80 queued 4 r
        81 reject 4#1
        82 redirect 4#2 8
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 8: ready → not_ready(lunch)
     5 offer 1#1 to 7, try 1, until 25: linear, first_in_queue
     5 7: ready → reserved
     6 closed 1#1 at 7: Rejected
     6 7: reserved → ready
     8 7: ready → logged_out
    10 8: not_ready(lunch) → ready
    11 offer 2#1 to 8, try 1, until 31: linear, first_in_queue
    11 8: ready → reserved
    12 closed 2#1 at 8: Rejected
    12 8: reserved → ready
    14 9: not_ready(login) → ready
    15 offer 3#1 to 9, try 1, until 35: linear, first_in_queue
    15 9: ready → reserved
    16 closed 3#1 at 9: Rejected
    16 offer 3#2 to 9, try 2, until 36: last_resort, first_in_queue
    17 closed 3#2 at 9: CallerGone
    17 9: reserved → ready
    80 offer 4#1 to 8, try 1, until 100: linear, first_in_queue
    80 8: ready → reserved
    81 closed 4#1 at 8: Rejected
    81 offer 4#2 to 9, try 2, until 101: linear, first_in_queue
    81 8: reserved → ready
    81 9: ready → reserved
    82 closed 4#2 at 9: Rejected
    82 offer 4#3 to 8, try 3, until 102: last_resort, first_in_queue
    82 8: ready → reserved
    82 9: reserved → ready
    ");
}

/// Passed on to 7, then 9, then 8; the phone of 7 points to 8: 8 rings next, and once.
#[test]
fn redirected_to_who_was_to_be_asked_later() {
    insta::assert_snapshot!(run("
        group g linear 7 8 9 cooldown=0
        queue q g
        0 ready 7
        0 ready 8
        0 login 9
        5 queued 1 first=7,9,8
        6 redirect 1#1 8
        7 reject 1#2
        8 reject 1#3
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    0 9: logged_out → not_ready(login)
    5 offer 1#1 to 7, try 1, until 25: passed_on
    5 7: ready → reserved
    6 closed 1#1 at 7: Rejected
    6 offer 1#2 to 8, try 2, until 26: redirected
    6 7: reserved → ready
    6 8: ready → reserved
    7 closed 1#2 at 8: Rejected
    7 offer 1#3 to 9, try 3, until 27: passed_on
    7 8: reserved → ready
    7 9: not_ready(login) → reserved
    8 closed 1#3 at 9: Rejected
    8 offer 1#4 to 7, try 4, until 28: last_resort, first_in_queue
    8 7: ready → reserved
    8 9: reserved → not_ready(login)
    ");
}

/// The phone of 7 points to nobody of ours; that of 9 points to 7, which would point away again: 7 has its turn as ever.
#[test]
fn redirected_to_a_phone_that_points_away() {
    insta::assert_snapshot!(run("
        group g linear 7 9 cooldown=0 memory=1
        queue q g
        0 ready 7
        0 ready 9
        5 queued 1
        6 redirect 1#1 99
        8 redirect 1#2 7
    "), @r"
    0 7: not_ready(login) → ready
    0 9: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: linear, first_in_queue
    5 7: ready → reserved
    6 closed 1#1 at 7: Rejected
    6 offer 1#2 to 9, try 2, until 26: linear, first_in_queue
    6 7: reserved → ready
    6 9: ready → reserved
    8 closed 1#2 at 9: Rejected
    8 offer 1#3 to 7, try 3, until 28: linear, first_in_queue
    8 7: ready → reserved
    8 9: reserved → ready
    ");
}

/// Only what was followed counts: 7 is not there.
#[test]
fn redirected_twice_beside_what_was_not_followed() {
    insta::assert_snapshot!(run("
        group g linear 1 2 5 6
        group h linear 7
        queue q g
        0 ready 1
        0 ready 2
        0 ready 5
        0 ready 6
        5 queued 1
        6 redirect 1#1 7
        7 redirect 1#2 5
        8 redirect 1#3 6
    "), @r"
    0 1: not_ready(login) → ready
    0 2: not_ready(login) → ready
    0 5: not_ready(login) → ready
    0 6: not_ready(login) → ready
    5 offer 1#1 to 1, try 1, until 25: linear, first_in_queue
    5 1: ready → reserved
    6 closed 1#1 at 1: Rejected
    6 offer 1#2 to 2, try 2, until 26: linear, first_in_queue
    6 1: reserved → ready
    6 2: ready → reserved
    7 closed 1#2 at 2: Rejected
    7 offer 1#3 to 5, try 3, until 27: redirected
    7 2: reserved → ready
    7 5: ready → reserved
    8 closed 1#3 at 5: Rejected
    8 offer 1#4 to 6, try 4, until 28: redirected
    8 5: reserved → ready
    8 6: ready → reserved
    ");
}

/// Twice a call, in however many queues it waits.
#[test]
fn redirected_twice_a_call() {
    insta::assert_snapshot!(run("
        group g linear 1 2 3 4 5 6
        queue q g
        queue r g
        0 ready 1
        0 ready 2
        0 ready 3
        0 ready 4
        0 ready 5
        0 ready 6
        5 queued 1 q
        6 redirect 1#1 6
        7 queued 1 r
        8 redirect 1#3 5
        9 queued 1 q
        10 redirect 1#5 6
    "), @r"
     0 1: not_ready(login) → ready
     0 2: not_ready(login) → ready
     0 3: not_ready(login) → ready
     0 4: not_ready(login) → ready
     0 5: not_ready(login) → ready
     0 6: not_ready(login) → ready
     5 offer 1#1 to 1, try 1, until 25: linear, first_in_queue
     5 1: ready → reserved
     6 closed 1#1 at 1: Rejected
     6 offer 1#2 to 6, try 2, until 26: redirected
     6 1: reserved → ready
     6 6: ready → reserved
     7 closed 1#2 at 6: Revoked (Requeue)
     7 offer 1#3 to 2, try 1, until 27: linear, first_in_queue
     7 2: ready → reserved
     7 6: reserved → ready
     8 closed 1#3 at 2: Rejected
     8 offer 1#4 to 5, try 2, until 28: redirected
     8 2: reserved → ready
     8 5: ready → reserved
     9 closed 1#4 at 5: Revoked (Requeue)
     9 offer 1#5 to 3, try 1, until 29: linear, first_in_queue
     9 3: ready → reserved
     9 5: reserved → ready
    10 closed 1#5 at 3: Rejected
    10 offer 1#6 to 4, try 2, until 30: linear, first_in_queue
    10 3: reserved → ready
    10 4: ready → reserved
    ");
}
