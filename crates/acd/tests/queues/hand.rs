//! What a supervisor does by hand.
use crate::script::run;

/// The reserve is asked at once, and again only when its step comes; what it has in hand goes on. A reload does not lower it.
#[test]
fn a_reserve_is_raised_by_hand() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group second longest_idle 8 9 wrap=0
        queue q g relax=60:second
        0 ready 8
        1 queued 1
        2 reserve second on
        3 answer 1#1
        group g longest_idle 7 wrap=0
        group second longest_idle 8 9 wrap=0
        queue q g relax=60:second
        4 reload
        5 ready 9
        6 queued 2
        7 gone 2
        8 reserve second off
        9 queued 3
        10 explain 3
        11 reserve nobody on
    "), @r"
     0 8: not_ready(login) → ready
     2 supervisor olga: Reserve { group: second, on: true }
     2 offer 1#1 to 8, try 1, until 22: longest_idle, first_in_queue, raised
     2 8: ready → reserved
     3 won 1#1 by 8
     3 8: reserved → talking
     5 9: not_ready(login) → ready
     6 offer 2#1 to 9, try 1, until 26: longest_idle, first_in_queue, raised
     6 9: ready → reserved
     7 closed 2#1 at 9: CallerGone
     7 9: reserved → ready
     8 supervisor olga: Reserve { group: second, on: false }
    10 3 not to 7: не на рабочем месте (logged_out)
    10 3 not to 8: разговаривает (talking)
    10 3 not to 9: свободен, но группа «second» подключается с 60-й секунды ожидания (added_later)
    11 refused: unknown_group
    ");
}

/// Somebody works for another group, rings on for the former, and the next plan puts them back.
#[test]
fn an_operator_is_moved_until_the_next_plan() {
    insta::assert_snapshot!(run("
        group a longest_idle 7 8 wrap=0
        group b linear 9 wrap=0
        queue p a
        queue q b
        0 ready 7
        0 ready 8
        1 queued 1 p
        2 queued 2 q
        3 regroup 8 b
        4 explain 2
        5 regroup 7 b
        6 queued 3 p leave_empty
        7 answer 1#1
        8 gone 2
        9 ended 7 1
        10 queued 4 q
        group a longest_idle 7 8 wrap=0
        group b linear 9 wrap=0
        queue p a
        queue q b
        11 reload
        12 queued 5 p
        13 regroup 8 nowhere
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 alarm queue_without_operators
     3 supervisor olga: Regroup { operator: 8, groups: [b] }
     3 offer 2#1 to 8, try 1, until 23: linear, first_in_queue
     3 8: ready → reserved
     4 2 not to 9: не на рабочем месте (logged_out)
     4 2 not to 8: этот звонок предлагается сейчас (offered)
     5 supervisor olga: Regroup { operator: 7, groups: [b] }
     6 3 leaves: NoOperators
     7 won 1#1 by 7
     7 7: reserved → talking
     8 closed 2#1 at 8: CallerGone
     8 8: reserved → ready
     9 closed 1#1 at 7: BridgedEnded
     9 wrap-up of 1 by 7 took 0s
     9 7: talking → ready
    10 offer 4#1 to 8, try 1, until 30: linear, first_in_queue
    10 8: ready → reserved
    12 offer 5#1 to 7, try 1, until 32: longest_idle, first_in_queue
    12 7: ready → reserved
    13 refused: unknown_group (reserved)
    ");
}

/// Who sits down chooses among their groups: those a supervisor gave, or the plan's. The choice lasts until another session, and a
/// reload leaves of it what is there; a supervisor's word ends it.
#[test]
fn who_sits_down_chooses_among_their_groups() {
    insta::assert_snapshot!(run("
        group a linear 8 7 wrap=0
        group b linear 7 wrap=0
        queue p a
        queue q b
        0 ready 7
        1 serve 7 b
        2 queued 1 p
        3 queued 2 q
        4 gone 1
        5 gone 2
        6 serve 7
        7 serve 7 c
        8 serve 8 a
        group a linear 8 7 wrap=0
        group b linear 7 wrap=0
        queue p a
        queue q b
        10 reload
        11 queued 3 p
        12 gone 3
        20 logout 7
        21 ready 7
        22 queued 4 p
        23 gone 4
        30 serve 7 b
        31 regroup 7 a
        32 queued 5 p
        33 gone 5
        34 serve 7 b
        35 ready 8
        36 queued 6 p
        37 gone 6
    "), @r"
     0 7: not_ready(login) → ready
     1 operator 7: Regroup { operator: 7, groups: [b] }
     2 alarm queue_without_operators
     3 offer 2#1 to 7, try 1, until 23: linear, first_in_queue
     3 7: ready → reserved
     5 closed 2#1 at 7: CallerGone
     5 7: reserved → ready
     6 refused: unknown_group (ready)
     7 refused: unknown_group (ready)
     8 refused: not_logged_in (logged_out)
    11 alarm queue_without_operators
    20 7: ready → logged_out
    21 7: not_ready(login) → ready
    22 offer 4#1 to 7, try 1, until 42: linear, first_in_queue
    22 7: ready → reserved
    23 closed 4#1 at 7: CallerGone
    23 7: reserved → ready
    30 operator 7: Regroup { operator: 7, groups: [b] }
    31 supervisor olga: Regroup { operator: 7, groups: [a] }
    32 offer 5#1 to 7, try 1, until 52: linear, first_in_queue
    32 7: ready → reserved
    33 closed 5#1 at 7: CallerGone
    33 7: reserved → ready
    34 refused: unknown_group (ready)
    35 8: not_ready(login) → ready
    36 offer 6#1 to 8, try 1, until 56: linear, first_in_queue
    36 8: ready → reserved
    37 closed 6#1 at 8: CallerGone
    37 8: reserved → ready
    ");
}

/// A caller goes up past the others and keeps that while aside; in the emergency class they take a phone that only rings.
#[test]
fn a_caller_is_moved_up_by_hand() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g aging=30 preempt
        0 queued 1 prio=5
        1 queued 2 prio=3
        2 reprioritise 2 7
        3 position 1
        4 aside 2
        5 queued 2 prio=3 since=1
        6 position 2
        10 ready 7
        11 ringing 2#1
        12 reprioritise 1 9
        13 reprioritise 7 9
    "), @r"
     0 alarm queue_without_operators
     2 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000002, from: 3, to: 7 }
     3 position of 1 is Some(2)
     6 position of 2 is Some(1)
    10 offer 2#1 to 7, try 1, until 30: longest_idle, first_in_queue
    10 7: not_ready(login) → reserved
    11 7: reserved → ringing
    12 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000001, from: 5, to: 9 }
    12 closed 2#1 at 7: Revoked (Preempted)
    12 offer 1#1 to 7, try 1, until 32: preempted, first_in_queue
    12 7: ringing → reserved
    13 refused: unknown_call
    ");
}

/// Who comes back to a queue with the priority that was said has it as if they had waited there all the time: what was waited
/// before the word raises it no more, what was waited since does.
#[test]
fn a_priority_that_was_said_grows_from_then_on() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g aging=30
        queue r g aging=30
        0 queued 1 prio=3
        100 reprioritise 1 2
        109 gone 1
        109 queued 1 prio=2 since=0
        110 queued 2 prio=3 since=100
        119 position 1
        121 position 1
        131 position 1
        151 position 1
        155 gone 1
        156 queued 1 prio=3 since=0
        157 reprioritise 1 3
    "), @r"
      0 alarm queue_without_operators
    100 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000001, from: 6, to: 2 }
    119 position of 1 is Some(2)
    121 position of 1 is Some(1)
    131 position of 1 is Some(2)
    151 position of 1 is Some(1)
    157 supervisor olga: Reprioritise { call: 00000000-0000-0000-0000-000000000001, from: 8, to: 3 }
    ");
}

/// A caller given by hand to somebody of another group, whose phone dies at once, is judged as those who wait beside them: where
/// the queue is empty they do not stay there until something else happens.
#[test]
fn who_comes_back_to_a_queue_that_is_empty_leaves_it() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        group h longest_idle 8 wrap=0
        queue q g
        queue r h
        0 empty q leave=logged_out
        0 login 8
        0 ready 7
        1 queued 1 leave_empty
        2 assign 1 8
        3 logout 7
        4 answer 1#2
        5 device_failed 1#2
        6 position 1
    "), @r"
    0 8: logged_out → not_ready(login)
    0 7: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 closed 1#1 at 7: Revoked (Requeue)
    2 supervisor olga: Assign { call: 00000000-0000-0000-0000-000000000001, operator: 8 }
    2 offer 1#2 to 8, try 2, until 22: assigned
    2 7: reserved → ready
    2 8: not_ready(login) → reserved
    3 7: ready → logged_out
    4 won 1#2 by 8
    4 8: reserved → talking
    5 closed 1#2 at 8: DeviceError
    5 1 leaves: NoOperators
    5 8: talking → device_down
    6 position of 1 is None
    ");
}

/// One operator is asked by name, whoever rings stops; not taken, the caller is for anybody with the same place.
#[test]
fn a_caller_is_given_to_one_operator() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        0 ready 7
        1 login 8
        2 queued 1
        3 queued 2
        4 assign 1 8
        5 reject 1#2
        6 assign 2 8 anna
        7 logout 8
        8 assign 2 8
        9 assign 3 7
    "), @r"
    0 7: not_ready(login) → ready
    1 8: logged_out → not_ready(login)
    2 offer 1#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    4 closed 1#1 at 7: Revoked (Requeue)
    4 supervisor olga: Assign { call: 00000000-0000-0000-0000-000000000001, operator: 8 }
    4 offer 1#2 to 8, try 2, until 24: assigned
    4 offer 2#1 to 7, try 1, until 24: longest_idle, first_in_queue
    4 8: not_ready(login) → reserved
    5 closed 1#2 at 8: Rejected
    5 8: reserved → not_ready(login)
    6 refused: not_allowed
    7 8: not_ready(login) → logged_out
    8 refused: operator_away (logged_out)
    9 refused: unknown_call
    ");
}

/// Who is paused may be rung by name; another refusal begins the pause anew, and the first one's end is not its.
#[test]
fn who_refuses_in_a_pause_is_left_alone_as_long_as_ever() {
    let log = run("
        group g longest_idle 7 wrap=0 cooldown=5
        0 ready 7
        1 queued 1
        2 reject 1#1
        4 assign 1 7
        5 reject 1#2
        6 gone 1
        6 queued 2
        20 end
    ");
    let offers = log.lines().map(str::trim);
    let offers: Vec<&str> = offers.filter(|it| it.contains("offer 2#1")).collect();
    assert_eq!(offers.len(), 1, "{log}");
    assert!(offers[0].starts_with("10 offer"), "{log}");
}
