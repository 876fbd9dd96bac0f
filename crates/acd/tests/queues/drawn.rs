//! By lot, and one after the other (Q6).
use crate::script::run;

/// The lot follows from the call and the offer: this script says the same each time it is played.
#[test]
fn q6_random_is_the_same_in_a_replay() {
    let script = "
        group g random 7 8 9 wrap=0
        0 ready 7
        0 ready 8
        0 ready 9
        1 queued 1
        2 reject 1#1
        3 gone 1
        10 queued 2
        11 gone 2
        12 queued 3
        13 gone 3
    ";
    assert_eq!(run(script), run(script));
    insta::assert_snapshot!(run(script), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     0 9: not_ready(login) → ready
     1 offer 1#1 to 9, try 1, until 21: random, first_in_queue
     1 9: ready → reserved
     2 closed 1#1 at 9: Rejected
     2 offer 1#2 to 8, try 2, until 22: random, first_in_queue
     2 8: ready → reserved
     2 9: reserved → ready
     3 closed 1#2 at 8: CallerGone
     3 8: reserved → ready
    10 offer 2#1 to 8, try 1, until 30: random, first_in_queue
    10 8: ready → reserved
    11 closed 2#1 at 8: CallerGone
    11 8: reserved → ready
    12 offer 3#1 to 9, try 1, until 32: random, first_in_queue
    12 9: ready → reserved
    13 closed 3#1 at 9: CallerGone
    13 9: reserved → ready
    ");
}

/// One with nine times the weight is drawn nine times as often.
#[test]
fn q6_weighted_random_goes_by_the_weights() {
    let mut script = String::from(
        "
        group g weighted_random 7 8 wrap=0 weights=8:9
        0 ready 7
        0 ready 8
    ",
    );
    for call in 1..=1_000 {
        script += &format!("{call} queued {call}\n{call}.5 gone {call}\n");
    }
    let log = run(&script);
    let heavy = log.matches("#1 to 8,").count();
    assert_eq!(log.matches("#1 to 7,").count() + heavy, 1_000);
    assert!((870..930).contains(&heavy), "{heavy}");
    assert!(log.contains("weighted_random"));
}

/// One more phone each step while the others ring on, as many as may ring; the first answer wins.
#[test]
fn q6_progressive_rings_one_more_each_step() {
    insta::assert_snapshot!(run("
        group g progressive 7 8 9 wrap=0 step=4 ring_max=2
        0 ready 7
        0 ready 8
        0 ready 9
        1 queued 1
        2 ringing 1#1
        6 ringing 1#2
        14 reject 1#1
        15 answer 1#2
        16 queued 2
        17 gone 2
        40 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     0 9: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 21: progressive, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
     5 offer 1#2 to 8, try 1, until 25: progressive, first_in_queue
     5 8: ready → reserved
     6 8: reserved → ringing
    14 closed 1#1 at 7: Rejected
    14 7: ringing → ready
    15 won 1#2 by 8
    15 8: ringing → talking
    16 offer 2#1 to 9, try 1, until 36: progressive, first_in_queue
    16 9: ready → reserved
    17 closed 2#1 at 9: CallerGone
    17 9: reserved → ready
    ");
}

/// Nobody is added for a caller who is aside, and a new round begins with one phone.
#[test]
fn q6_progressive_begins_again_with_each_round() {
    insta::assert_snapshot!(run("
        group g progressive 7 8 wrap=0 step=5 ring=8
        0 ready 7
        0 ready 8
        1 queued 1
        2 ringing 1#1
        3 aside 1
        10 queued 1 since=1
        11 ringing 1#2
        16 ringing 1#3
        30 end
    "), @r"
     0 7: not_ready(login) → ready
     0 8: not_ready(login) → ready
     1 offer 1#1 to 7, try 1, until 9: progressive, first_in_queue
     1 7: ready → reserved
     2 7: reserved → ringing
     3 closed 1#1 at 7: Revoked (Requeue)
     3 7: ringing → ready
    10 offer 1#2 to 7, try 1, until 18: progressive, first_in_queue
    10 7: ready → reserved
    11 7: reserved → ringing
    15 offer 1#3 to 8, try 1, until 23: progressive, first_in_queue
    15 8: ready → reserved
    16 8: reserved → ringing
    18 closed 1#2 at 7: NoAnswer
    18 7: ringing → ready
    23 closed 1#3 at 8: NoAnswer
    23 offer 1#4 to 7, try 2, until 31: last_resort, first_in_queue
    23 7: ready → reserved
    23 8: ringing → ready
    ");
}

/// `ring_max` of `ring_all`: the first of the list, and who joins has to wait for room.
#[test]
fn q6_ring_all_has_a_limit() {
    insta::assert_snapshot!(run("
        group g ring_all 7 8 9 wrap=0 ring_max=2
        0 ready 9
        0 ready 8
        1 queued 1
        2 ready 7
        3 reject 1#1
        20 end
    "), @r"
    0 9: not_ready(login) → ready
    0 8: not_ready(login) → ready
    1 offer 1#1 to 8, try 1, until 21: ring_all, first_in_queue
    1 offer 1#2 to 9, try 1, until 21: ring_all, first_in_queue
    1 8: ready → reserved
    1 9: ready → reserved
    2 7: not_ready(login) → ready
    3 closed 1#1 at 8: Rejected
    3 offer 1#3 to 7, try 1, until 23: ring_all, first_in_queue
    3 7: ready → reserved
    3 8: reserved → ready
    ");
}
