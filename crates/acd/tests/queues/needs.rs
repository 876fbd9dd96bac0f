//! What a caller needs of their own (Q4): one queue holds callers with different needs, each is offered to who knows enough for
//! them, and whoever nobody knows enough for holds up nobody (pain 8).
use crate::script::run;

/// The language was chosen in a menu: the same queue, other people, and the order of the queue among those who need the same.
#[test]
fn q4_the_callers_own_needs_are_asked_besides_those_of_the_queue() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 wrap=0
        queue q g needs=law:1
        skill law 7=1 8=1 9=1
        skill english 8=3 9=1
        0 ready 7
        1 ready 9
        2 queued 1 needs=english:3
        3 explain 1
        4 queued 2 needs=english:1
        5 queued 3
        6 view q
        7 ready 8
    "), @r"
    0 7: not_ready(login) → ready
    1 9: not_ready(login) → ready
    3 1 not to 7: нет навыка «english», нужен 3 (lacks_skill)
    3 1 not to 8: не на рабочем месте (logged_out)
    3 1 not to 9: навык «english» 1, нужен 3 (lacks_skill)
    4 offer 2#1 to 9, try 1, until 24: longest_idle, first_in_queue, skilled
    4 9: ready → reserved
    5 offer 3#1 to 7, try 1, until 25: longest_idle, first_in_queue, skilled
    5 7: ready → reserved
    6 q: waiting 3 logged_in 2 ready 0 longest 4s
    7 offer 1#1 to 8, try 1, until 27: longest_idle, first_in_queue, skilled
    7 8: not_ready(login) → reserved
    ");
}

/// Of the same skill the higher level counts, whoever asks for it, and a step of the ladder lowers both.
#[test]
fn q5_the_ladder_lowers_what_the_caller_needs_too() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g needs=english:1 relax=10:english:2,20:english:0
        skill english 7=2
        0 ready 7
        1 queued 1 needs=english:5
        2 explain 1
        30 end
    "), @r"
     0 7: not_ready(login) → ready
     2 1 not to 7: навык «english» 2, нужен 5; хватит с 10-й секунды ожидания (lacks_skill)
    11 1 comes to step 1 of q
    11 offer 1#1 to 7, try 1, until 31: longest_idle, first_in_queue, skilled
    11 7: ready → reserved
    21 1 comes to step 2 of q
    ");
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g relax=10:english:0
        0 ready 7
        1 queued 1 needs=english:5,law:1
        2 explain 1
        30 explain 1
    "), @r"
     0 7: not_ready(login) → ready
     2 1 not to 7: нет навыка «english», нужен 5, нет навыка «law», нужен 1 (lacks_skill)
    11 1 comes to step 1 of q
    30 1 not to 7: нет навыка «law», нужен 1 (lacks_skill)
    ");
}

/// A dead phone before the first word, another queue, and new settings: they come back with what they needed.
#[test]
fn q4_own_needs_stay_with_the_caller() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        queue p g
        skill english 8=3
        0 ready 7
        0 ready 8
        1 queued 1 needs=english:3
        2 answer 1#1
        3 device_failed 1#1
        4 explain 1
        5 queued 1 p needs=english:3
        6 explain 1
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 8, try 1, until 21: longest_idle, first_in_queue, skilled
    1 8: ready → reserved
    2 won 1#1 by 8
    2 8: reserved → talking
    3 closed 1#1 at 8: DeviceError
    3 8: talking → device_down
    4 1 not to 7: нет навыка «english», нужен 3 (lacks_skill)
    4 1 not to 8: телефон не на связи (phone_down)
    6 1 not to 7: нет навыка «english», нужен 3 (lacks_skill)
    6 1 not to 8: телефон не на связи (phone_down)
    ");
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g
        skill english 8=3
        0 ready 7
        1 queued 1 needs=english:3
        2 end
        group g longest_idle 7 8 wrap=0
        queue q g relax=10:english:1
        skill english 7=1
        5 reload
        6 explain 1
        20 end
    "), @r"
     0 7: not_ready(login) → ready
     6 1 not to 7: навык «english» 1, нужен 3; хватит с 10-й секунды ожидания (lacks_skill)
     6 1 not to 8: не на рабочем месте (logged_out)
    11 1 comes to step 1 of q
    11 offer 1#1 to 7, try 1, until 31: longest_idle, first_in_queue, skilled
    11 7: ready → reserved
    ");
}

/// Who waits longer among those who need the same is first, whoever else waits in the queue.
#[test]
fn q1_the_order_holds_among_those_who_may_be_served() {
    insta::assert_snapshot!(run("
        group g longest_idle 8 7 wrap=0
        queue q g
        skill english 8=3
        1 queued 1 needs=english:3
        2 queued 2
        3 queued 3 needs=english:3
        4 ready 7
        5 ready 8
        6 answer 1#1
        7 ended 8 1
    "), @r"
    1 alarm queue_without_operators
    4 offer 2#1 to 7, try 1, until 24: longest_idle, first_in_queue
    4 7: not_ready(login) → reserved
    5 offer 1#1 to 8, try 1, until 25: longest_idle, first_in_queue, skilled
    5 8: not_ready(login) → reserved
    6 won 1#1 by 8
    6 8: reserved → talking
    7 closed 1#1 at 8: BridgedEnded
    7 wrap-up of 1 by 8 took 0s
    7 offer 3#1 to 8, try 1, until 27: longest_idle, first_in_queue, skilled
    7 8: talking → reserved
    ");
}

/// An emergency takes no phone of somebody who does not know enough for it.
#[test]
fn q2_an_emergency_with_needs_takes_the_phone_of_who_knows_enough() {
    insta::assert_snapshot!(run("
        group g linear 7 8 wrap=0
        queue q g preempt
        skill gas 8=1
        0 ready 7
        0 ready 8
        1 queued 1 prio=1
        2 queued 2 prio=5
        3 queued 3 prio=9 needs=gas:1
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: linear, first_in_queue
    1 7: ready → reserved
    2 offer 2#1 to 8, try 1, until 22: linear, first_in_queue
    2 8: ready → reserved
    3 closed 2#1 at 8: Revoked (Preempted)
    3 offer 3#1 to 8, try 1, until 23: preempted, first_in_queue, skilled
    ");
}

/// More different needs than a queue keeps apart are told once, and no more is asked for those callers than the queue asks.
#[test]
fn more_different_needs_than_are_kept_apart_are_told_of() {
    let mut script = String::from("group g longest_idle 7 wrap=0\nqueue q g\n0 login 7\n");
    for call in 1..=40 {
        script += &format!("1 queued {call} needs=skill{call}:1\n");
    }
    script += "2 ready 7\n3 end";
    let told = run(&script);
    assert_eq!(told.matches("needs_exhausted").count(), 1, "{told}");
    assert!(told.contains("offer 33#1 to 7"), "{told}");
}
