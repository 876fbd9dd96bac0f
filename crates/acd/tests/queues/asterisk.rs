//! What Asterisk's queue tests ask besides `scenarios.rs`: penalties, empty queues, pauses while it rings, places.
use crate::script::run;

/// A member beyond the penalty of the caller is not rung, however free: the ladder has not come so far before the time is up.
#[test]
fn penalty_out_of_range() {
    insta::assert_snapshot!(run("
        group near longest_idle 7
        group far longest_idle 8
        queue q near relax=60:far
        0 ready 8
        0 login 7
        1 queued 1 wait=30
        2 explain 1
        90 end
    "), @r"
     0 8: not_ready(login) → ready
     0 7: logged_out → not_ready(login)
     2 1 not to 7: не готов: login (not_ready)
     2 1 not to 8: свободен, но группа «far» подключается с 60-й секунды ожидания (added_later)
    31 1 leaves: TimedOut
    ");
}

/// The penalty is met as the caller waits, and by no event but time.
#[test]
fn penalty_is_met_by_waiting() {
    insta::assert_snapshot!(run("
        group near longest_idle 7
        group far longest_idle 8
        queue q near relax=60:far
        0 ready 8
        0 login 7
        1 queued 1 wait=300
        100 end
    "), @r"
     0 8: not_ready(login) → ready
     0 7: logged_out → not_ready(login)
    61 1 comes to step 1 of q
    61 offer 1#1 to 8, try 1, until 81: longest_idle, first_in_queue, relaxed
    61 8: ready → reserved
    84 closed 1#1 at 8: Expired
    84 alarm offer_expired
    84 8: reserved → device_down
    ");
}

/// Nearer members go before, whoever has been idle for longer.
#[test]
fn lower_penalty_first() {
    insta::assert_snapshot!(run("
        group near longest_idle 7
        group far longest_idle 8
        queue q near relax=10:far
        0 ready 8
        5 login 7
        6 queued 1 wait=300 since=0
        7 ready 7
        30 end
    "), @r"
     0 8: not_ready(login) → ready
     5 7: logged_out → not_ready(login)
     7 offer 1#1 to 7, try 1, until 27: longest_idle, first_in_queue
     7 7: not_ready(login) → reserved
    10 1 comes to step 1 of q
    30 closed 1#1 at 7: Expired
    30 alarm offer_expired
    30 offer 1#2 to 8, try 2, until 50: longest_idle, first_in_queue, relaxed
    30 7: reserved → device_down
    30 8: ready → reserved
    ");
}

/// A member of two queues rings for one caller alone. After the pause whoever came first is offered again, where nobody else
/// could be asked for them, and only then the other.
#[test]
fn ring_in_use_across_queues() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 cooldown=5 wrap=0
        queue one g
        queue two g
        0 ready 7
        1 queued 1 one
        2 queued 2 two
        3 ringing 1#1
        4 reject 1#1
        10 answer 1#2
        15 ended 7 1
        16 answer 2#1
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     3 7: reserved → ringing
     4 closed 1#1 at 7: Rejected
     4 7: ringing → ready
     9 offer 1#2 to 7, try 2, until 29: last_resort, first_in_queue
     9 7: ready → reserved
    10 won 1#2 by 7
    10 7: reserved → talking
    15 closed 1#2 at 7: BridgedEnded
    15 wrap-up of 1 by 7 took 0s
    15 offer 2#1 to 7, try 1, until 35: longest_idle, first_in_queue
    15 7: talking → reserved
    16 won 2#1 by 7
    16 7: reserved → talking
    ");
}

/// Who pauses while it rings is rung to the end, and by no other call.
#[test]
fn ring_in_use_and_pause() {
    insta::assert_snapshot!(run("
        group g linear 7 8 ring=20
        0 ready 7
        0 ready 8
        1 queued 1
        2 ringing 1#1
        3 not_ready 7 lunch
        4 queued 2
        5 answer 2#1
        22 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: linear, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
     3 7: ringing → ringing, then lunch
     4 offer 2#1 to 8, try 1, until 24: linear, first_in_queue
     4 8: ready → reserved
     5 won 2#1 by 8
     5 8: reserved → talking
    21 closed 1#1 at 7: NoAnswer
    21 7: ringing, then lunch → not_ready(lunch)
    ");
}

/// Paused people are there: nobody leaves for them, and whoever comes may come in.
#[test]
fn leave_when_empty_is_not_about_paused() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        0 ready 7
        0 login 8
        1 not_ready 7 lunch
        2 queued 1 leave_empty
        3 logout 8
        4 view q
    "), @r"
    0 7: not_ready(login) → ready
    0 8: logged_out → not_ready(login)
    1 7: ready → not_ready(lunch)
    3 8: not_ready(login) → logged_out
    4 q: waiting 1 logged_in 1 ready 0 longest 2s
    ");
}

/// Nor about phones that are gone, talks, ringing or paperwork.
#[test]
fn leave_when_empty_is_not_about_unavailable_or_busy() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 wrap=30 ring=20
        0 ready 7
        0 ready 8
        0 ready 9
        1 phone 7 down
        2 queued 1
        3 answer 1#1
        4 queued 2
        5 ringing 2#1
        6 queued 3 leave_empty
        7 ended 8 1
        8 view q
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    0 9: not_ready(login) → ready
    1 7: ready → device_down
    2 offer 1#1 to 8, try 1, until 22: longest_idle, first_in_queue
    2 8: ready → reserved
    3 won 1#1 by 8
    3 8: reserved → talking
    4 offer 2#1 to 9, try 1, until 24: longest_idle, first_in_queue
    4 9: ready → reserved
    5 9: reserved → ringing
    7 closed 1#1 at 8: BridgedEnded
    7 8: talking → wrap_up
    8 q: waiting 2 logged_in 3 ready 0 longest 4s
    ");
}

/// The last one who leaves after a talk empties the queue when the talk is over, and not when they say so.
#[test]
fn leave_when_empty_waits_for_the_talk() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 queued 2 leave_empty
        4 logout 7
        5 view q
        9 ended 7 1
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    4 7: talking → talking, then logged_out
    5 q: waiting 1 logged_in 1 ready 0 longest 2s
    9 closed 1#1 at 7: BridgedEnded
    9 wrap-up of 1 by 7 took 0s
    9 2 leaves: NoOperators
    9 7: talking, then logged_out → logged_out
    ");
}

/// Places count those who ring; the important come before the others, and a full queue takes nobody, however important.
#[test]
fn position_priority_maxlen() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        queue q g max=3
        0 ready 7
        1 queued 1 prio=5
        2 queued 2 prio=5
        3 queued 3 prio=7
        4 queued 4 prio=9
        5 position 1
        5 position 2
        5 position 3
        6 gone 1
        7 position 2
        8 position 3
        9 queued 5 prio=9
        10 position 2
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     4 4 leaves: Full
     5 position of 1 is Some(2)
     5 position of 2 is Some(3)
     5 position of 3 is Some(1)
     6 closed 1#1 at 7: CallerGone
     6 offer 3#1 to 7, try 1, until 26: longest_idle, first_in_queue
     7 position of 2 is Some(2)
     8 position of 3 is Some(1)
    10 position of 2 is Some(3)
    ");
}

/// The caller hangs up as the phone answers: whichever comes first decides, and nobody is left in between.
#[test]
fn caller_leaves_as_the_phone_answers() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=10
        0 ready 7
        0 ready 8
        1 queued 1
        2 queued 2
        3 answer 1#1
        3 gone 1
        4 gone 2
        4 answer 2#1
        20 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 offer 2#1 to 8, try 1, until 22: longest_idle, first_in_queue
     2 8: ready → reserved
     3 won 1#1 by 7
     3 7: reserved → talking
     3 closed 1#1 at 7: BridgedEnded
     3 7: talking → wrap_up
     4 closed 2#1 at 8: CallerGone
     4 8: reserved → ready
     4 refused: unknown_offer
    13 wrap-up of 1 by 7 took 10s
    13 7: wrap_up → ready
    ");
}
