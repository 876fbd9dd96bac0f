//! A caller is answered.
use insta::assert_snapshot;

use crate::plans::{DAY, RING};
use crate::world::World;

#[test]
fn a_call_from_the_greeting_to_the_end_of_the_wrap_up() {
    let story = World::new(DAY).tell(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         1.1 A is Olga
         8 ivan rings
         9 ivan answers
         30 A hangs up
         35 ivan says disposition SOLVED
         60 end",
    );
    assert_snapshot!(story, @"
     0.000 [ivan] not_ready login
     0.000 [ivan] ready
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A * decided: play greeting
     1.001 A play greeting
     1.100 A * client Olga
     3.001 A * decided: play notice
     3.001 A play notice
     5.001 A * notice notice played
     5.001 A record
     5.001 A * decided: lookup 800 ms
     5.001 A * decided: queue support priority 3
     5.001 A * queued in support at 3
     5.001 A play music for ever
     5.001 A * offered A#1 to ivan
     5.001 [ivan] card A#1 waited 0 ms attempt 1 client Olga
     5.001 [ivan] reserved
     5.021 A * popped in 20000 us, seen: true
     5.021 A * dialled A/1
     5.021 A/1 dial ivan showing +79990000001, Olga
     8.000 A * A/1 rings
     8.000 [ivan] phone rings
     8.000 [ivan] ringing
     9.000 A * A/1 answered
     9.000 A bridge A/1
     9.000 A * bridged with A/1 after 3999 ms
     9.000 [ivan] talk begins
     9.000 [ivan] recording
     9.000 [ivan] talking
    30.000 A * A over: HungUp
    30.000 A/1 hang up
    30.000 [ivan] talk ended by caller
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    30.001 A * A/1 over: ByUs
    35.000 A * ivan says SOLVED
    50.000 A * ivan wrapped up in 20000 ms
    50.000 [ivan] ready
    ");
}

#[test]
fn a_number_that_rings_is_answered_when_the_operator_is() {
    let story = World::new(RING).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls anonymous
         2 ivan rings
         3 ivan answers
         10 ivan hangs-up
         11 end",
    );
    assert_snapshot!(story, @"
     0.000 [ivan] not_ready login
     0.000 [ivan] ready
     1.000 A * arrived for hotline
     1.000 A * client no_number
     1.000 A ring
     1.000 A * decided: queue support priority 0
     1.000 A * queued in support at 0
     1.000 A * offered A#1 to ivan
     1.000 [ivan] card A#1 waited 0 ms attempt 1 client no_number
     1.000 [ivan] reserved
     1.020 A * popped in 20000 us, seen: true
     1.020 A * dialled A/1
     1.020 A/1 dial ivan showing withheld, no name
     2.000 A * A/1 rings
     2.000 [ivan] phone rings
     2.000 [ivan] ringing
     3.000 A * A/1 answered
     3.000 A answer
     3.000 A bridge A/1
     3.000 A * bridged with A/1 after 2000 ms
     3.000 [ivan] talk begins
     3.000 [ivan] talking
     3.001 A * answered
     3.001 A record
     3.001 [ivan] recording
    10.000 A * A/1 over: HungUp
    10.000 [ivan] talk ended by operator
    10.000 A hang up
    10.000 A * offer A#1 closed: BridgedEnded
    10.000 [ivan] card A#1 closed: BridgedEnded
    10.000 A * ivan says AUTO
    10.000 A * ivan wrapped up in 0 ms
    10.000 [ivan] ready
    10.001 A * A over: ByUs
    10.001 A * ENDED Answered: Success operator-hung-up
    ");
}

#[test]
fn who_works_by_phone_alone_is_ready_when_it_registers() {
    let story = World::new(DAY).tell(
        "0 operators ivan*
         0 ivan phone up
         1 A calls
         4.9 listen
         7 ivan answers
         9 A hangs up
         40 end",
    );
    assert_snapshot!(story, @"
     5.001 A * notice notice played
     5.001 A record
     5.001 A * decided: lookup 800 ms
     5.001 A * client error
     5.001 A * decided: queue support priority 3
     5.001 A * queued in support at 3
     5.001 A play music for ever
     5.001 A * offered A#1 to ivan
     5.001 A * popped in 0 us, seen: false
     5.001 A * dialled A/1
     5.001 A/1 dial ivan showing +79990000001, no name
     7.000 A * A/1 answered
     7.000 A bridge A/1
     7.000 A * bridged with A/1 after 1999 ms
     9.000 A * A over: HungUp
     9.000 A/1 hang up
     9.000 A * offer A#1 closed: BridgedEnded
     9.000 A * ENDED Answered: Success caller-hung-up
     9.001 A * A/1 over: ByUs
    29.000 A * ivan says AUTO
    29.000 A * ivan wrapped up in 20000 ms
    ");
}

#[test]
fn two_callers_and_one_operator() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         2 B calls +79990000002
         6.9 listen
         7 ivan answers
         20 A hangs up
         21 ivan says disposition SOLVED done
         22 ivan answers
         30 B hangs up
         60 end",
    );
    assert_snapshot!(story, @"
     7.000 A * A/1 answered
     7.000 A bridge A/1
     7.000 A * bridged with A/1 after 1999 ms
     7.000 [ivan] talk begins
     7.000 [ivan] recording
     7.000 [ivan] talking
    20.000 A * A over: HungUp
    20.000 A/1 hang up
    20.000 [ivan] talk ended by caller
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * ENDED Answered: Success caller-hung-up
    20.001 A * A/1 over: ByUs
    21.000 A * ivan says SOLVED
    21.000 A * ivan wrapped up in 1000 ms
    21.000 B * offered B#1 to ivan
    21.000 [ivan] card B#1 waited 14999 ms attempt 1 client error
    21.000 [ivan] reserved
    21.020 B * popped in 20000 us, seen: true
    21.020 B * dialled B/1
    21.020 B/1 dial ivan showing +79990000002, no name
    22.000 B * B/1 answered
    22.000 B bridge B/1
    22.000 B * bridged with B/1 after 15999 ms
    22.000 [ivan] talk begins
    22.000 [ivan] recording
    22.000 [ivan] talking
    30.000 B * B over: HungUp
    30.000 B/1 hang up
    30.000 [ivan] talk ended by caller
    30.000 B * offer B#1 closed: BridgedEnded
    30.000 [ivan] card B#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.000 B * ENDED Answered: Success caller-hung-up
    30.001 B * B/1 over: ByUs
    50.000 B * ivan says AUTO
    50.000 B * ivan wrapped up in 20000 ms
    50.000 [ivan] ready
    ");
}

#[test]
fn a_late_answer_of_the_directory_reaches_the_card_and_the_talk() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         5 listen
         6 A is Olga
         7 ivan answers
         8 A is vip
         9 A is unavailable
         10 end",
    );
    assert_snapshot!(story, @"
    5.001 A * notice notice played
    5.001 A record
    5.001 A * decided: lookup 800 ms
    5.001 A * client error
    5.001 A * decided: queue support priority 3
    5.001 A * queued in support at 3
    5.001 A play music for ever
    5.001 A * offered A#1 to ivan
    5.001 [ivan] card A#1 waited 0 ms attempt 1 client error
    5.001 [ivan] reserved
    5.021 A * popped in 20000 us, seen: true
    5.021 A * dialled A/1
    5.021 A/1 dial ivan showing +79990000001, no name
    6.000 A * client Olga, late
    6.000 [ivan] card A#1 client Olga
    7.000 A * A/1 answered
    7.000 A bridge A/1
    7.000 A * bridged with A/1 after 1999 ms
    7.000 [ivan] talk begins
    7.000 [ivan] recording
    7.000 [ivan] talking
    8.000 A * client vip, late
    8.000 [ivan] client vip
    9.000 A * client error, late
    9.000 [ivan] client vip
    ");
}

#[test]
fn a_hung_lookup_holds_nobody_up() {
    let story = World::new(crate::plans::LOOKUP_FIRST).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         2 end",
    );
    assert_snapshot!(story, @"
    0.000 [ivan] not_ready login
    0.000 [ivan] ready
    1.000 A * arrived for hotline
    1.000 A lookup within 500ms
    1.000 A answer
    1.001 A * answered
    1.001 A record
    1.001 A * decided: lookup 500 ms
    1.500 A * client error
    1.500 A * decided: queue support priority 0
    1.500 A * queued in support at 0
    1.500 A play music for ever
    1.500 A * offered A#1 to ivan
    1.500 [ivan] card A#1 waited 0 ms attempt 1 client error
    1.500 [ivan] reserved
    1.520 A * popped in 20000 us, seen: true
    1.520 A * dialled A/1
    1.520 A/1 dial ivan showing +79990000001, no name
    ");
}

#[test]
fn a_new_plan_rules_the_next_call_and_not_this_one() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         3 listen",
    );
    world.plan(
        &DAY.replace("greeting", "vip_greeting")
            .replace("60s", "90s"),
    );
    let story = world.tell(
        "4 B calls
         6 ivan answers
         20 A hangs up
         21 B hangs up",
    );
    assert_snapshot!(story, @"
     3.001 A * decided: play notice
     3.001 A play notice
     4.000 B * arrived for hotline
     4.000 B lookup within 800ms
     4.000 B answer
     4.001 B * answered
     4.001 B * decided: play vip_greeting
     4.001 B play vip_greeting
     5.001 A * notice notice played
     5.001 A record
     5.001 A * decided: lookup 800 ms
     5.001 A * client error
     5.001 A * decided: queue support priority 3
     5.001 A * queued in support at 3
     5.001 A play music for ever
     5.001 A * offered A#1 to ivan
     5.001 [ivan] card A#1 waited 0 ms attempt 1 client error
     5.001 [ivan] reserved
     5.021 A * popped in 20000 us, seen: true
     5.021 A * dialled A/1
     5.021 A/1 dial ivan showing +79990000001, no name
     6.000 A * A/1 answered
     6.000 A bridge A/1
     6.000 A * bridged with A/1 after 999 ms
     6.000 [ivan] talk begins
     6.000 [ivan] recording
     6.000 [ivan] talking
     6.001 B * decided: play notice
     6.001 B play notice
     8.001 B * notice notice played
     8.001 B record
     8.001 B * decided: lookup 800 ms
     8.001 B * client error
     8.001 B * decided: queue support priority 3
     8.001 B * queued in support at 3
     8.001 B play music for ever
    20.000 A * A over: HungUp
    20.000 A/1 hang up
    20.000 [ivan] talk ended by caller
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * ENDED Answered: Success caller-hung-up
    20.001 A * A/1 over: ByUs
    21.000 B * B over: HungUp
    21.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    ");
}

#[test]
fn an_answer_after_the_deadline_is_late_even_if_nobody_has_the_card_yet() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls
         5.5 listen
         6 A is Olga
         7 ivan says ready
         8 end",
    );
    assert_snapshot!(story, @"
    6.000 A * client Olga, late
    7.000 A * offered A#1 to ivan
    7.000 [ivan] card A#1 waited 1999 ms attempt 1 client Olga
    7.000 [ivan] reserved
    7.020 A * popped in 20000 us, seen: true
    7.020 A * dialled A/1
    7.020 A/1 dial ivan showing +79990000001, Olga
    ");
}

#[test]
fn a_call_recorded_from_its_answer_is_recorded_once() {
    let plan = DAY.replace(
        "schedule = \"work\"",
        "schedule = \"work\"\nrecord = \"from_answer\"",
    );
    let story = World::new(&plan).tell(
        "0 operators ivan
         1 A calls
         5.5 end",
    );
    assert_snapshot!(story, @"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A record
    1.001 A * decided: play greeting
    1.001 A play greeting
    3.001 A * decided: play notice
    3.001 A play notice
    5.001 A * notice notice played
    5.001 A * decided: lookup 800 ms
    5.001 A * client error
    5.001 A * decided: queue support priority 3
    5.001 A * queued in support at 3
    5.001 A play music for ever
    5.001 A * decided: external +7999•••1122
    5.001 A play music for ever
    5.001 A * dialled A/1
    5.001 A/1 dial +79990001122 showing +79990000001, no name
    ");
}

#[test]
fn the_record_names_every_prompt_of_the_notice() {
    let plan = DAY.replacen(
        "play = \"notice\"",
        "play = [\"who_we_are\", \"notice\"]",
        1,
    );
    let story = World::new(&plan).tell("0 operators ivan\n0 ivan sits\n1 A calls\n9 end");
    assert!(
        story.contains("A * notice who_we_are + notice played"),
        "{story}"
    );
}
