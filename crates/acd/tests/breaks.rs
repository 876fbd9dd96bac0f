//! What binds breaks and holds: who must stay, and what lasts too long (5.2).
mod script;

use script::run;

/// A break that would leave fewer on the line than its rule wants is refused; a reason without a rule is not.
#[test]
fn a_break_leaves_enough_on_the_line() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9
        break lunch keep=1
        0 ready 7
        0 ready 8
        1 not_ready 7 lunch
        2 not_ready 8 lunch
        3 not_ready 8 technical
        4 not_ready 8 lunch
        5 ready 7
        6 ready 8
        7 not_ready 8 lunch
        8 logout 7
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 7: ready → not_ready(lunch)
    2 refused: break_quota (ready)
    3 8: ready → not_ready(technical)
    4 8: not_ready(technical) → not_ready(lunch)
    5 7: not_ready(lunch) → ready
    6 8: not_ready(lunch) → ready
    7 8: ready → not_ready(lunch)
    8 7: ready → logged_out
    ");
}

/// Whoever talks is on the line, unless they have asked for a break already: two cannot both be promised the last place.
#[test]
fn a_wish_for_a_break_counts_as_one() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        break lunch keep=1
        0 ready 7
        0 ready 8
        1 queued 1
        2 answer 1#1
        3 not_ready 7 lunch
        4 not_ready 8 lunch
        5 ready 7
        6 not_ready 8 lunch
        7 not_ready 7 lunch
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
    1 7: ready → reserved
    2 won 1#1 by 7
    2 7: reserved → talking
    3 7: talking → talking, then lunch
    4 refused: break_quota (ready)
    5 7: talking, then lunch → talking
    6 8: ready → not_ready(lunch)
    7 refused: break_quota (talking)
    ");
}

/// Each group of the operator keeps its own, and a colleague without a phone keeps nobody's place.
#[test]
fn each_group_keeps_its_own() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        group h longest_idle 7 9
        break lunch keep=1
        0 ready 7
        0 ready 8
        1 not_ready 7 lunch
        2 ready 9
        3 phone 8 down
        4 not_ready 7 lunch
        5 phone 8 up
        6 not_ready 7 lunch
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 refused: break_quota (ready)
    2 9: not_ready(login) → ready
    3 8: ready → device_down
    4 refused: break_quota (ready)
    5 8: device_down → ready
    6 7: ready → not_ready(lunch)
    ");
}

/// A supervisor's word is above the quota.
#[test]
fn a_supervisor_may_send_the_last_one_away() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        break lunch keep=1
        0 ready 7
        1 not_ready 7 lunch
        2 not_ready 7 lunch supervisor:9
        3 by 7
    "), @r"
    0 7: not_ready(login) → ready
    1 refused: break_quota (ready)
    2 7: ready → not_ready(lunch)
    3 7 is not_ready by supervisor 9
    ");
}

/// Who may not go to lunch does not go to another group instead: the strictest rule counts for a word that has no reason. What is
/// not left is not asked about, and a supervisor's word is above it.
#[test]
fn leaving_a_group_by_a_word_is_leaving_its_line() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        group h longest_idle 7 9
        break lunch keep=1
        break tea
        0 ready 7
        1 not_ready 7 lunch
        2 serve 7 h
        3 serve 7 g h
        4 ready 8
        5 serve 7 h
        6 not_ready 8 lunch
        7 serve 7 g
        8 ready 9
        9 serve 7 g
        10 regroup 8 h
        11 not_ready 7 tea
        12 serve 7 h
    "), @r"
     0 7: not_ready(login) → ready
     1 refused: break_quota (ready)
     2 refused: break_quota (ready)
     3 operator 7: Regroup { operator: 7, groups: [g, h] }
     4 8: not_ready(login) → ready
     5 operator 7: Regroup { operator: 7, groups: [h] }
     6 refused: break_quota (ready)
     7 refused: break_quota (ready)
     8 9: not_ready(login) → ready
     9 operator 7: Regroup { operator: 7, groups: [g] }
    10 supervisor olga: Regroup { operator: 8, groups: [h] }
    11 7: ready → not_ready(tea)
    12 operator 7: Regroup { operator: 7, groups: [h] }
    ");
}

/// Whoever talks is on the line of the group they leave; whom a break or a phone takes off it is missed by nobody there.
#[test]
fn who_is_not_on_the_line_may_choose_any_group() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8
        group h longest_idle 9 7
        queue g g
        break lunch keep=1
        0 ready 7
        1 queued 1 g
        2 answer 1#1
        3 serve 7 h
        4 not_ready 7 tea
        5 serve 7 h
        6 serve 7 g h
        20 ended 7 1
        50 phone 7 down
        60 serve 7 h
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
     3 refused: break_quota (talking)
     4 7: talking → talking, then tea
     5 operator 7: Regroup { operator: 7, groups: [h] }
     6 operator 7: Regroup { operator: 7, groups: [g, h] }
    20 closed 1#1 at 7: BridgedEnded
    20 7: talking, then tea → wrap_up, then tea
    50 wrap-up of 1 by 7 took 30s
    50 7: wrap_up, then tea → device_down
    60 operator 7: Regroup { operator: 7, groups: [h] }
    ");
}

/// A break that is too long is told once, and goes on: nobody is made ready. The clock is that break's own.
#[test]
fn a_break_that_is_too_long_is_told_and_never_ended() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        break lunch max=60
        break tea max=30
        0 ready 7
        10 not_ready 7 lunch
        40 not_ready 7 lunch
        100 not_ready 7 tea
        110 ready 7
        120 not_ready 7 lunch
        130 logout 7
        300 by 7
    "), @r"
      0 7: not_ready(login) → ready
     10 7: ready → not_ready(lunch)
     70 7: break_too_long
    100 7: not_ready(lunch) → not_ready(tea)
    110 7: not_ready(tea) → ready
    120 7: ready → not_ready(lunch)
    130 7: not_ready(lunch) → logged_out
    300 7 is logged_out by operator 7
    ");
}

/// It begins when the work ends, not when it was wished; new rules are for the breaks to come.
#[test]
fn a_break_begins_when_the_work_ends() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        break lunch max=60
        0 ready 7
        1 queued 1
        2 answer 1#1
        3 not_ready 7 lunch
        100 ended 7 1
        group g longest_idle 7
        break lunch max=10
        110 reload
        300 ready 7
        310 not_ready 7 lunch
        400 end
    "), @r"
      0 7: not_ready(login) → ready
      1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
      1 7: ready → reserved
      2 won 1#1 by 7
      2 7: reserved → talking
      3 7: talking → talking, then lunch
    100 closed 1#1 at 7: BridgedEnded
    100 wrap-up of 1 by 7 took 0s
    100 7: talking, then lunch → not_ready(lunch)
    160 7: break_too_long
    300 7: not_ready(lunch) → ready
    310 7: ready → not_ready(lunch)
    320 7: break_too_long
    ");
}

/// A caller on hold for longer than the queue lets them be; each hold by itself.
#[test]
fn a_hold_that_is_too_long_is_told() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g hold=20
        0 ready 7
        1 queued 1
        2 answer 1#1
        10 hold 7
        20 hold 7
        25 resume 7
        30 hold 7
        60 resume 7
        70 hold 7
        80 ended 7 1
        200 end
    "), @r"
     0 7: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
     1 7: ready → reserved
     2 won 1#1 by 7
     2 7: reserved → talking
    10 7: talking → hold
    25 7: hold → talking
    30 7: talking → hold
    50 7: hold_too_long
    60 7: hold → talking
    70 7: talking → hold
    80 closed 1#1 at 7: BridgedEnded
    80 wrap-up of 1 by 7 took 0s
    80 7: hold → ready
    ");
}

/// The work after the talk is the queue's, then the group's, and never more than the queue lets it be.
#[test]
fn the_queue_says_how_long_the_work_after_a_talk_is() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=30
        queue own g wrap=10
        queue most g wrap_max=20
        queue plain g
        0 ready 7
        1 queued 1 own
        2 answer 1#1
        3 ended 7 1
        50 queued 2 most
        51 answer 2#1
        52 ended 7 2
        100 queued 3 plain
        101 answer 3#1
        102 ended 7 3
        200 end
    "), @r"
      0 7: not_ready(login) → ready
      1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
      1 7: ready → reserved
      2 won 1#1 by 7
      2 7: reserved → talking
      3 closed 1#1 at 7: BridgedEnded
      3 7: talking → wrap_up
     13 wrap-up of 1 by 7 took 10s
     13 7: wrap_up → ready
     50 offer 2#1 to 7, try 1, until 70: longest_idle, first_in_queue
     50 7: ready → reserved
     51 won 2#1 by 7
     51 7: reserved → talking
     52 closed 2#1 at 7: BridgedEnded
     52 7: talking → wrap_up
     72 wrap-up of 2 by 7 took 20s
     72 7: wrap_up → ready
    100 offer 3#1 to 7, try 1, until 120: longest_idle, first_in_queue
    100 7: ready → reserved
    101 won 3#1 by 7
    101 7: reserved → talking
    102 closed 3#1 at 7: BridgedEnded
    102 7: talking → wrap_up
    132 wrap-up of 3 by 7 took 30s
    132 7: wrap_up → ready
    ");
}

/// Extensions are counted, and end where the queue says.
#[test]
fn extensions_are_counted_up_to_what_the_queue_lets_be() {
    insta::assert_snapshot!(run("
        group g longest_idle 7
        queue q g wrap=30 wrap_max=100
        0 ready 7
        1 queued 1
        2 answer 1#1
        10 ended 7 1
        20 extend 7 40
        21 written 7
        22 extend 7 600
        23 written 7
        24 extend 7 1
        200 end
    "), @r"
      0 7: not_ready(login) → ready
      1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue
      1 7: ready → reserved
      2 won 1#1 by 7
      2 7: reserved → talking
     10 closed 1#1 at 7: BridgedEnded
     10 7: talking → wrap_up
     21 7 added 40s in 1, until 110 at most
     23 7 added 70s in 2, until 110 at most
     24 refused: extend_limit (wrap_up)
    110 wrap-up of 1 by 7 took 100s
    110 7: wrap_up → ready
    ");
}
