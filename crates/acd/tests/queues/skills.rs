//! Who knows enough (Q4), what is asked for less the longer somebody waits (Q5), and that a caller whom nobody may serve holds
//! up nobody (pain 8).
use crate::script::run;

/// The least level of each skill: who has less of one, or none, is passed over however long they are free.
#[test]
fn q4_only_who_knows_enough_is_asked() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 9 wrap=0
        queue q g needs=english:3,law:1
        skill english 7=5 8=2 9=3
        skill law 8=9 9=1
        0 ready 7
        1 ready 8
        2 ready 9
        3 queued 1
        4 explain 1
        5 answer 1#1
        6 queued 2
        7 explain 2
        8 view q
    "), @r"
    0 7: not_ready(login) → ready
    1 8: not_ready(login) → ready
    2 9: not_ready(login) → ready
    3 offer 1#1 to 9, try 1, until 23: longest_idle, first_in_queue, skilled
    3 9: ready → reserved
    4 1 not to 7: нет навыка «law», нужен 1 (lacks_skill)
    4 1 not to 8: навык «english» 2, нужен 3 (lacks_skill)
    4 1 not to 9: этот звонок предлагается сейчас (offered)
    5 won 1#1 by 9
    5 9: reserved → talking
    7 2 not to 7: нет навыка «law», нужен 1 (lacks_skill)
    7 2 not to 8: навык «english» 2, нужен 3 (lacks_skill)
    7 2 not to 9: разговаривает (talking)
    8 q: waiting 1 logged_in 3 ready 0 longest 2s
    ");
}

/// Pain 8: the head of the queue wants what nobody knows who is free; those behind it do not wait for that.
#[test]
fn p8_a_head_that_nobody_may_serve_holds_up_nobody() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue law g needs=law:5 weight=50
        queue q g
        skill law 8=5
        0 ready 7
        1 queued 1 law prio=9
        2 queued 2 q
        3 ready 8
    "), @r"
    0 7: not_ready(login) → ready
    2 offer 2#1 to 7, try 1, until 22: longest_idle, first_in_queue
    2 7: ready → reserved
    3 offer 1#1 to 8, try 1, until 23: longest_idle, first_in_queue, skilled
    3 8: not_ready(login) → reserved
    ");
}

/// The same within one queue: who has waited long enough is served by more than who came before with a higher priority.
#[test]
fn p8_nor_does_one_who_has_not_waited_long_enough() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 wrap=0
        queue q g needs=law:5 relax=20:law:1
        skill law 7=2
        0 ready 7
        1 queued 1
        15 queued 2 prio=8
        22 gone 1
        40 end
    "), @r"
     0 7: not_ready(login) → ready
    21 1 comes to step 1 of q
    21 offer 1#1 to 7, try 1, until 41: longest_idle, first_in_queue, skilled
    21 7: ready → reserved
    22 closed 1#1 at 7: CallerGone
    22 7: reserved → ready
    35 2 comes to step 1 of q
    35 offer 2#1 to 7, try 1, until 55: longest_idle, first_in_queue, skilled
    35 7: ready → reserved
    ");
}

/// The ladder lowers a level, then drops a skill, and adds a group to whom all of it applies.
#[test]
fn q5_the_longer_the_wait_the_less_is_asked() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        group reserve longest_idle 9 wrap=0
        queue q g needs=english:4,law:1 relax=10:english:2,20:law:0,30:reserve:english:1
        skill english 7=2 9=1
        skill law 8=1
        0 ready 7
        0 ready 8
        0 ready 9
        1 queued 1
        2 queued 2
        3 explain 1
        12 explain 1
        40 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     0 9: not_ready(login) → ready
     3 1 not to 7: навык «english» 2, нужен 4, нет навыка «law», нужен 1; хватит с 20-й секунды ожидания (lacks_skill)
     3 1 not to 8: нет навыка «english», нужен 4 (lacks_skill)
     3 1 not to 9: навык «english» 1, нужен 4, нет навыка «law», нужен 1; хватит с 30-й секунды ожидания (lacks_skill)
    11 1 comes to step 1 of q
    12 1 not to 7: нет навыка «law», нужен 1; хватит с 20-й секунды ожидания (lacks_skill)
    12 1 not to 8: нет навыка «english», нужен 2 (lacks_skill)
    12 1 not to 9: навык «english» 1, нужен 2, нет навыка «law», нужен 1; хватит с 30-й секунды ожидания (lacks_skill)
    12 2 comes to step 1 of q
    21 1 comes to step 2 of q
    21 offer 1#1 to 7, try 1, until 41: longest_idle, first_in_queue, skilled
    21 7: ready → reserved
    22 2 comes to step 2 of q
    31 1 comes to step 3 of q
    32 2 comes to step 3 of q
    32 offer 2#1 to 9, try 1, until 52: longest_idle, first_in_queue, skilled, relaxed
    32 9: ready → reserved
    ");
}

/// Who refused is asked again when nobody else knows enough, though others are free.
#[test]
fn q4_the_last_resort_is_among_those_who_know_enough() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0 cooldown=2
        queue q g needs=law:1
        skill law 7=1
        0 ready 7
        0 ready 8
        1 queued 1
        2 reject 1#1
        10 end
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: longest_idle, first_in_queue, skilled
    1 7: ready → reserved
    2 closed 1#1 at 7: Rejected
    2 7: reserved → ready
    4 offer 1#2 to 7, try 2, until 24: last_resort, first_in_queue, skilled
    4 7: ready → reserved
    ");
}

/// Everybody rings who knows enough, and who joins must too.
#[test]
fn q6_ring_all_rings_those_who_know_enough() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 9 wrap=0
        queue q g needs=law:1
        skill law 7=1 9=2
        0 ready 7
        0 ready 8
        1 queued 1
        2 ready 9
        3 answer 1#2
    "), @r"
    0 7: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 7, try 1, until 21: ring_all, first_in_queue, skilled
    1 7: ready → reserved
    2 offer 1#2 to 9, try 1, until 22: ring_all, first_in_queue, skilled
    2 9: not_ready(login) → reserved
    3 won 1#2 by 9
    3 closed 1#1 at 7: Lost
    3 7: reserved → ready
    3 9: reserved → talking
    ");
}

/// A reload that teaches somebody brings together who waits and who is free; one that asks for more takes nothing away.
#[test]
fn q16_skills_are_learnt_by_a_reload() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g needs=law:3
        skill law 8=3
        0 ready 7
        1 queued 1
        group g longest_idle 7 8 wrap=0
        queue q g needs=law:3 relax=60:law:1
        skill law 7=3 8=3
        5 reload
        group g longest_idle 7 8 wrap=0
        queue q g needs=law:9
        6 reload
        7 answer 1#1
        8 queued 2
        9 explain 2
    "), @r"
    0 7: not_ready(login) → ready
    5 offer 1#1 to 7, try 1, until 25: longest_idle, first_in_queue, skilled
    5 7: ready → reserved
    7 won 1#1 by 7
    7 7: reserved → talking
    9 2 not to 7: разговаривает (talking)
    9 2 not to 8: не на рабочем месте (logged_out)
    ");
}

/// asterisk `penalty_out_of_range`: a group with nobody for this caller is not an empty one; they wait, and are served when
/// somebody who knows enough comes.
#[test]
fn penalty_out_of_range() {
    insta::assert_snapshot!(run("
        group g longest_idle 7 8 wrap=0
        queue q g needs=law:1
        skill law 8=1
        0 ready 7
        1 queued 1 leave_empty
        9 ready 8
    "), @r"
    0 7: not_ready(login) → ready
    9 offer 1#1 to 8, try 1, until 29: longest_idle, first_in_queue, skilled
    9 8: not_ready(login) → reserved
    ");
}
