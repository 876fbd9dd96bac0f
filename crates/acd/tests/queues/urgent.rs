//! Emergencies and the bounds of waiting (Q2, Q3).
use crate::script::run;

/// The phone that only rings for the least urgent call is taken; that call keeps its place, nobody has a mark for it, and it is
/// served before who came later.
#[test]
fn q2_an_emergency_takes_a_phone_that_only_rings() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0 misses=1
        queue q g
        queue sos g preempt
        0 ready 7
        1 ready 8
        2 queued 1 q prio=7
        3 queued 2 q prio=3
        4 ringing 1#1
        5 ringing 2#1
        6 queued 3 q prio=3
        7 queued 9 sos prio=9
        8 answer 9#1
        9 ended 8 9
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 offer 2#1 to 8, try 1, until 23: longest_idle, first_in_queue
    3 8: ready → reserved
    4 7: reserved → ringing
    5 8: reserved → ringing
    7 closed 2#1 at 8: Revoked (Preempted)
    7 offer 9#1 to 8, try 1, until 27: preempted, first_in_queue
    7 8: ringing → reserved
    8 won 9#1 by 8
    8 8: reserved → talking
    9 closed 9#1 at 8: BridgedEnded
    9 wrap-up of 9 by 8 took 0s
    9 offer 2#2 to 8, try 2, until 29: longest_idle, first_in_queue
    9 8: talking → reserved
    ");
}

/// Not a talk, not another emergency, not who has refused it, and nothing at all without the key.
#[test]
fn q2_talks_and_other_emergencies_are_left_alone() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 wrap=0 cooldown=1
        queue q g
        queue sos g preempt
        queue quiet g
        0 ready 7
        1 queued 1 q
        2 answer 1#1
        3 ready 8
        4 queued 2 sos prio=9
        5 queued 3 sos prio=9
        6 queued 4 quiet prio=9
        7 ready 9
        8 reject 3#1
        9 gone 2
        20 end
    "), @r"
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    3 8: not_ready(login) → ready
    4 offer 2#1 to 8, try 1, until 24: longest_idle, first_in_queue
    4 8: ready → reserved
    7 offer 3#1 to 9, try 1, until 27: longest_idle, first_in_queue
    7 9: not_ready(login) → reserved
    8 closed 3#1 at 9: Rejected
    8 9: reserved → ready
    9 closed 2#1 at 8: CallerGone
    9 offer 3#2 to 8, try 2, until 29: longest_idle, first_in_queue
    9 offer 4#1 to 9, try 1, until 29: longest_idle, first_in_queue
    9 9: ready → reserved
    ");
}

/// Whoever rings must know enough, and a phone that rings for somebody by name is not taken.
#[test]
fn q2_only_who_could_take_it_is_taken() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        queue sos g preempt needs=gas:1
        skill gas 8=1
        0 ready 7
        0 ready 8
        1 queued 1 q first=8
        2 queued 2 q
        3 queued 9 sos prio=9
        4 reject 1#1
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 8, try 1, until 21: passed_on
    1 8: ready → reserved
    2 offer 2#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    4 closed 1#1 at 8: Rejected
    4 8: reserved → ready
    9 offer 9#1 to 8, try 1, until 29: longest_idle, first_in_queue, skilled
    9 8: ready → reserved
    ");
}

/// Of `ring_all` one phone is taken, the others ring on.
#[test]
fn q2_the_other_phones_ring_on() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 wrap=0
        queue q g
        queue sos g preempt
        0 ready 7
        0 ready 8
        1 queued 1 q
        2 queued 9 sos prio=9
        3 answer 1#1
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue
    1 offer 1#2 to 8, try 1, until 21: ring_all, first_in_queue
    1 7: ready → reserved
    1 8: ready → reserved
    2 closed 1#2 at 8: Revoked (Preempted)
    2 offer 9#1 to 8, try 1, until 22: preempted, first_in_queue
    3 won 1#1 by 7
    3 7: reserved → talking
    ");
}

/// `aging_max`: waiting raises so far and no further, and whoever came above it stays there.
#[test]
fn q2_waiting_raises_to_the_admins_limit() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g aging=10 aging_max=6
        0 queued 1 prio=4
        1 queued 2 prio=7
        60 ready 7
        61 gone 2
    "), @r"
     0 alarm queue_without_operators
    60 offer 2#1 to 7, try 1, until 80: longest_idle, first_in_queue
    60 7: not_ready(login) → reserved
    61 closed 2#1 at 7: CallerGone
    61 offer 1#1 to 7, try 1, until 81: longest_idle, first_in_queue
    ");
}

/// `max_starve`: weight delays so long and no longer.
#[test]
fn q3_weight_starves_nobody_beyond_the_admins_limit() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue light g weight=1 max_starve=30
        queue heavy g weight=100
        0 queued 1 light
        1 queued 2 heavy
        2 queued 3 heavy
        10 ready 7
        11 gone 2
        20 queued 4 heavy
        31 gone 3
        32 gone 1
    "), @r"
     0 alarm queue_without_operators
     1 alarm queue_without_operators
    10 offer 2#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: not_ready(login) → reserved
    11 closed 2#1 at 7: CallerGone
    11 offer 3#1 to 7, try 1, until 31: longest_idle, first_in_queue
    31 closed 3#1 at 7: CallerGone
    31 offer 1#1 to 7, try 1, until 51: longest_idle, first_in_queue
    32 closed 1#1 at 7: CallerGone
    32 offer 4#1 to 7, try 1, until 52: longest_idle, first_in_queue
    ");
}

/// A caller who starves lifts their queue before heavier ones; within the queue the order of Q1 stands, and an emergency is
/// first, whichever step of the ladder each of them has come to.
#[test]
fn q3_who_starves_goes_before_no_emergency_of_the_same_queue() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group h longest_idle 7
        queue q g relax=15:h max_starve=300
        0 queued 1 q prio=5 wait=1000
        310 queued 2 q prio=9
        311 ready 7
        312 answer 2#1
        313 ended 7 2
        314 end
    "), @r"
      0 alarm queue_without_operators
     15 1 comes to step 1 of q
    311 offer 2#1 to 7, try 1, until 331: longest_idle, first_in_queue
    311 7: not_ready(login) → reserved
    312 won 2#1 by 7
    312 7: reserved → talking
    313 closed 2#1 at 7: BridgedEnded
    313 wrap-up of 2 by 7 took 0s
    313 offer 1#1 to 7, try 1, until 333: longest_idle, first_in_queue
    313 7: talking → reserved
    ");
}

/// The first emergency has been refused by whoever rings; the second has not, and does not wait behind it.
#[test]
fn q2_an_emergency_that_was_refused_stops_no_other() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0 cooldown=1 memory=600
        queue q g
        queue sos g preempt
        0 ready 7
        1 ready 8
        2 queued 1 sos prio=9
        3 reject 1#1
        5 queued 2 q
        6 phone 8 down
        7 queued 3 sos prio=9
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 closed 1#1 at 7: Rejected
    3 offer 1#2 to 8, try 2, until 23: longest_idle, first_in_queue
    3 7: reserved → ready
    3 8: ready → reserved
    5 offer 2#1 to 7, try 1, until 25: longest_idle, first_in_queue
    5 7: ready → reserved
    6 closed 1#2 at 8: DeviceError
    6 8: reserved → device_down
    7 closed 2#1 at 7: Revoked (Preempted)
    7 offer 3#1 to 7, try 1, until 27: preempted, first_in_queue
    ");
}
