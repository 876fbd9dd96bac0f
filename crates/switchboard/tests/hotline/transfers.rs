//! Transfers: blind and after a consultation, to people, queues and numbers outside; and operators among themselves.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::plans::{DAY, TWO_QUEUES};
use crate::world::World;

/// Ivan talks with A, Anna sits and is not ready; numbers in Moscow may be called.
fn talking(script: &str) -> String {
    talking_in(DAY, script)
}

fn talking_in(plan: &str, script: &str) -> String {
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, plan, 0);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 anna says not_ready LUNCH
         8 listen",
    );
    world.tell(script)
}

#[test]
fn blind_to_a_colleague_who_answers() {
    assert_snapshot!(talking(
        "20 ivan refers anna
         21 anna rings
         25 anna answers
         40 A hangs up
         45 end"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 waited 14999 ms attempt 1 client error
    20.000 [anna] reserved
    20.001 A * A/1 over: ByUs
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/2
    20.020 A/2 dial anna showing +79990000001, no name
    21.000 A * A/2 rings
    21.000 A/1 refer goes: 180
    21.000 [anna] phone rings
    21.000 [anna] ringing
    25.000 A * A/2 answered
    25.000 A/1 refer goes: 200
    25.000 A bridge A/2
    25.000 A * bridged with A/2 after 19999 ms
    25.000 [anna] talk begins
    25.000 [anna] recording
    25.000 [anna] talking
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    40.000 A * A over: HungUp
    40.000 A/2 hang up
    40.000 [anna] talk ended by caller
    40.000 A * offer A#2 closed: BridgedEnded
    40.000 [anna] card A#2 closed: BridgedEnded
    40.000 [anna] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    40.001 A * A/2 over: ByUs
    ");
}

#[test]
fn blind_to_a_colleague_who_does_not_answer_comes_back() {
    assert_snapshot!(talking(
        "20 ivan refers anna
         21 anna rings
         37 ivan rings
         38 ivan answers
         40 A hangs up"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 waited 14999 ms attempt 1 client error
    20.000 [anna] reserved
    20.001 A * A/1 over: ByUs
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/2
    20.020 A/2 dial anna showing +79990000001, no name
    21.000 A * A/2 rings
    21.000 A/1 refer goes: 180
    21.000 [anna] phone rings
    21.000 [anna] ringing
    35.000 A/2 hang up
    35.000 A * offer A#2 closed: NoAnswer
    35.000 [anna] card A#2 closed: NoAnswer
    35.000 A/1 refer goes: 480
    35.000 A * ivan says AUTO
    35.000 A * ivan wrapped up in 15000 ms
    35.000 A * offered A#3 to ivan
    35.000 [ivan] card A#3 waited 29999 ms attempt 2 client error
    35.000 [anna] not_ready LUNCH
    35.000 [ivan] reserved
    35.001 A * A/2 over: ByUs
    35.020 A * popped in 20000 us, seen: true
    35.020 A * dialled A/3
    35.020 A/3 dial ivan showing +79990000001, no name
    37.000 A * A/3 rings
    37.000 [ivan] phone rings
    37.000 [ivan] ringing
    38.000 A * A/3 answered
    38.000 A bridge A/3
    38.000 A * bridged with A/3 after 32999 ms
    38.000 [ivan] talk begins
    38.000 [ivan] recording
    38.000 [ivan] talking
    40.000 A * A over: HungUp
    40.000 A/3 hang up
    40.000 [ivan] talk ended by caller
    40.000 A * offer A#3 closed: BridgedEnded
    40.000 [ivan] card A#3 closed: BridgedEnded
    40.000 [ivan] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn blind_to_a_colleague_who_is_busy_or_away_is_refused_and_the_talk_goes_on() {
    assert_snapshot!(talking(
        "20 ivan refers petr
         21 ivan refers nobody
         22 ivan refers ivan
         23 ivan refers +78121234567
         24 anna phone down
         24 ivan refers anna
         30 A hangs up"
    ), @"
    20.000 A/1 refer: 480
    21.000 A/1 refer: 404
    22.000 A/1 refer: 403
    23.000 A/1 refer: 403
    24.000 [anna] device_down
    24.000 A/1 refer: 480
    30.000 A * A over: HungUp
    30.000 A/1 hang up
    30.000 [ivan] talk ended by caller
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn blind_to_a_queue_keeps_the_waiting_time() {
    assert_snapshot!(talking(
        "20 ivan refers support
         21 anna says ready
         22 anna answers
         40 A hangs up"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to queue support, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A/1 over: ByUs
    21.000 A * offered A#2 to anna
    21.000 [anna] card A#2 waited 15999 ms attempt 1 client error
    21.000 [anna] reserved
    21.020 A * popped in 20000 us, seen: true
    21.020 A * dialled A/2
    21.020 A/2 dial anna showing +79990000001, no name
    22.000 A * A/2 answered
    22.000 A/1 refer goes: 200
    22.000 A bridge A/2
    22.000 A * bridged with A/2 after 16999 ms
    22.000 [anna] talk begins
    22.000 [anna] recording
    22.000 [anna] talking
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    40.000 A * A over: HungUp
    40.000 A/2 hang up
    40.000 [anna] talk ended by caller
    40.000 A * offer A#2 closed: BridgedEnded
    40.000 [anna] card A#2 closed: BridgedEnded
    40.000 [anna] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn blind_to_a_number_outside_that_may_be_called() {
    assert_snapshot!(talking(
        "20 ivan refers +74951234567
         21 outside rings
         25 outside answers
         40 outside hangs-up"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to external +7495•••4567, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A play music for ever
    20.000 A * dialled A/2
    20.000 A/2 dial +74951234567 showing withheld, no name
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A/1 over: ByUs
    21.000 A * A/2 rings
    21.000 A/1 refer goes: 180
    25.000 A * A/2 answered
    25.000 A/1 refer goes: 200
    25.000 A bridge A/2
    25.000 A * bridged with A/2 after 19999 ms
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    40.000 A * A/2 over: HungUp
    40.000 A hang up
    ");
}

#[test]
fn nobody_outside_answers_and_the_caller_comes_back() {
    assert_snapshot!(talking(
        "20 ivan refers +74951234567
         21 outside busy
         25 ivan answers
         40 A hangs up"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to external +7495•••4567, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A play music for ever
    20.000 A * dialled A/2
    20.000 A/2 dial +74951234567 showing withheld, no name
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A/1 over: ByUs
    21.000 A * A/2 over: Busy
    21.000 A/1 refer goes: 480
    21.000 A * queued in support at 3
    21.000 A play music for ever
    21.000 A * ivan says AUTO
    21.000 A * ivan wrapped up in 1000 ms
    21.000 A * offered A#2 to ivan
    21.000 [ivan] card A#2 waited 15999 ms attempt 1 client error
    21.000 [ivan] reserved
    21.020 A * popped in 20000 us, seen: true
    21.020 A * dialled A/3
    21.020 A/3 dial ivan showing +79990000001, no name
    25.000 A * A/3 answered
    25.000 A bridge A/3
    25.000 A * bridged with A/3 after 19999 ms
    25.000 [ivan] talk begins
    25.000 [ivan] recording
    25.000 [ivan] talking
    40.000 A * A over: HungUp
    40.000 A/3 hang up
    40.000 [ivan] talk ended by caller
    40.000 A * offer A#2 closed: BridgedEnded
    40.000 [ivan] card A#2 closed: BridgedEnded
    40.000 [ivan] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn the_caller_gives_up_while_the_colleague_rings() {
    assert_snapshot!(talking(
        "20 ivan refers anna
         21 anna rings
         22 A hangs up
         30 end"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, blind
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 waited 14999 ms attempt 1 client error
    20.000 [anna] reserved
    20.001 A * A/1 over: ByUs
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/2
    20.020 A/2 dial anna showing +79990000001, no name
    21.000 A * A/2 rings
    21.000 A/1 refer goes: 180
    21.000 [anna] phone rings
    21.000 [anna] ringing
    22.000 A * A over: HungUp
    22.000 A/1 refer goes: 487
    22.000 A/2 hang up
    22.000 A * offer A#2 closed: CallerGone
    22.000 [anna] card A#2 closed: CallerGone
    22.000 [anna] not_ready LUNCH
    22.000 A * ENDED Answered: Success caller-hung-up
    22.001 A * A/2 over: ByUs
    ");
}

#[test]
fn attended_to_a_colleague() {
    assert_snapshot!(talking(
        "10 ivan holds
         11 ivan dials anna
         12 anna rings
         13 anna answers
         20 ivan joins
         40 A hangs up
         80 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    12.000 A * A/3 rings
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.001 A * A/2 answered
    20.000 [ivan] talk ended by operator
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, with a word
    20.000 A/1 refer goes: 200
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 A/1 hang up
    20.000 A/2 hang up
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 client error
    20.000 A bridge A/3
    20.000 A * bridged with A/3 after 14999 ms
    20.000 [anna] talk begins
    20.000 [anna] recording
    20.000 [anna] talking
    20.000 [ivan] wrap_up
    20.001 A * A/1 over: ByUs
    20.001 A * A/2 over: ByUs
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    40.000 A * A over: HungUp
    40.000 A/3 hang up
    40.000 [anna] talk ended by caller
    40.000 A * offer A#2 closed: BridgedEnded
    40.000 [anna] card A#2 closed: BridgedEnded
    40.000 [anna] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    40.001 A * A/3 over: ByUs
    60.000 A * anna says AUTO
    60.000 A * anna wrapped up in 20000 ms
    60.000 [anna] not_ready LUNCH
    ");
}

#[test]
fn attended_before_the_colleague_answers_is_a_blind_one() {
    assert_snapshot!(talking(
        "10 ivan holds
         11 ivan dials anna
         12 anna rings
         14 ivan joins
         15 anna answers
         20 A hangs up"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    12.000 A * A/3 rings
    14.000 A/1 refer: 202
    14.000 A * ivan passes on to operator anna, blind
    14.000 A/3 hang up
    14.000 A/2 refuse 480
    14.000 A/1 hang up
    14.000 [ivan] talk ended by operator
    14.000 A * queued in support at 3
    14.000 A play music for ever
    14.000 A * offer A#1 closed: BridgedEnded
    14.000 [ivan] card A#1 closed: BridgedEnded
    14.000 [ivan] wrap_up
    14.000 A * offered A#2 to anna
    14.000 [anna] card A#2 waited 8999 ms attempt 1 client error
    14.000 [anna] reserved
    14.001 A * A/3 over: ByUs
    14.001 A * A/2 over: ByUs
    14.001 A * A/1 over: ByUs
    14.020 A * popped in 20000 us, seen: true
    14.020 A * dialled A/4
    14.020 A/4 dial anna showing +79990000001, no name
    15.000 A * A/4 answered
    15.000 A/1 refer goes: 200
    15.000 A bridge A/4
    15.000 A * bridged with A/4 after 9999 ms
    15.000 [anna] talk begins
    15.000 [anna] recording
    15.000 [anna] talking
    20.000 A * A over: HungUp
    20.000 A/4 hang up
    20.000 [anna] talk ended by caller
    20.000 A * offer A#2 closed: BridgedEnded
    20.000 [anna] card A#2 closed: BridgedEnded
    20.000 [anna] wrap_up
    20.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn attended_to_a_number_outside() {
    assert_snapshot!(talking(
        "10 ivan holds
         11 ivan dials +74951234567
         13 outside answers
         20 ivan joins
         40 A hangs up"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial +74951234567 showing withheld, ivan (ivan)
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.001 A * A/2 answered
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to external +7495•••4567, with a word
    20.000 A/1 refer goes: 200
    20.000 A/2 hang up
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A bridge A/3
    20.000 A * bridged with A/3 after 14999 ms
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A/2 over: ByUs
    20.001 A * A/1 over: ByUs
    40.000 A * ivan says AUTO
    40.000 A * ivan wrapped up in 20000 ms
    40.000 [ivan] ready
    40.000 A * A over: HungUp
    40.000 A/3 hang up
    40.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn a_consultation_ends_and_the_caller_is_taken_back() {
    assert_snapshot!(talking(
        "10 ivan holds
         11 ivan dials anna
         13 anna answers
         15 anna hangs-up
         16 ivan dials anna
         17 anna busy
         18 ivan dials anna
         19 ivan second hangs-up
         20 ivan resumes
         21 ivan dials petr
         22 ivan dials +78121234567
         30 A hangs up"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.001 A * A/2 answered
    15.000 A * A/3 over: HungUp
    15.000 A/2 hang up
    15.000 [anna] not_ready LUNCH
    15.001 A * A/2 over: ByUs
    16.000 A * dialled A/4
    16.000 A * dialled A/5
    16.000 A/4 ring
    16.000 A/5 dial anna showing withheld, ivan (ivan)
    16.000 [anna] talking
    17.000 A * A/5 over: Busy
    17.000 A/4 refuse 486
    17.000 [anna] not_ready LUNCH
    17.001 A * A/4 over: ByUs
    18.000 A * dialled A/6
    18.000 A * dialled A/7
    18.000 A/6 ring
    18.000 A/7 dial anna showing withheld, ivan (ivan)
    18.000 [anna] talking
    19.000 A * A/6 over: HungUp
    19.000 A/7 hang up
    19.000 [anna] not_ready LUNCH
    19.001 A * A/7 over: ByUs
    20.000 A bridge A/1
    20.000 A * A/1 holds: false
    20.000 A mark resume
    20.000 [ivan] resumed
    20.000 [ivan] talking
    21.000 A/8 refuse 480
    22.000 A/8 refuse 403
    30.000 A * A over: HungUp
    30.000 A/1 hang up
    30.000 [ivan] talk ended by caller
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn nobody_answers_a_consultation_and_the_caller_leaves_during_another() {
    assert_snapshot!(talking(
        "10 ivan dials anna
         45 ivan dials anna
         46 anna answers
         50 A hangs up"
    ), @"
    10.000 A * dialled A/2
    10.000 A * dialled A/3
    10.000 A/2 ring
    10.000 A/3 dial anna showing withheld, ivan (ivan)
    10.000 [anna] talking
    40.000 A/3 hang up
    40.000 A/2 refuse 480
    40.000 [anna] not_ready LUNCH
    40.001 A * A/3 over: ByUs
    40.001 A * A/2 over: ByUs
    45.000 A * dialled A/4
    45.000 A * dialled A/5
    45.000 A/4 ring
    45.000 A/5 dial anna showing withheld, ivan (ivan)
    45.000 [anna] talking
    46.000 A * A/5 answered
    46.000 A/4 answer
    46.000 A/4 bridge A/5
    46.001 A * A/4 answered
    50.000 A * A over: HungUp
    50.000 A/5 hang up
    50.000 A/4 hang up
    50.000 A/1 hang up
    50.000 [ivan] talk ended by caller
    50.000 [anna] not_ready LUNCH
    50.000 A * offer A#1 closed: BridgedEnded
    50.000 [ivan] card A#1 closed: BridgedEnded
    50.000 [ivan] wrap_up
    50.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn operators_talk_among_themselves() {
    assert_snapshot!(talking(
        "10 anna dials ivan
         11 petr sits
         12 anna dials petr
         13 petr answers
         14 petr refers support
         15 A hangs up
         16 anna second hangs-up
         17 anna dials support
         18 anna dials anna"
    ), @"
    10.000 ? refuse 486
    11.000 [petr] not_ready login
    11.000 [petr] ready
    12.000 ? ring
    12.000 ?/1 dial petr showing withheld, anna (anna)
    12.000 [anna] talking
    12.000 [petr] talking
    13.000 ? answer
    13.000 ? bridge ?/1
    14.000 ?/1 refer: 403
    15.000 A * A over: HungUp
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * ENDED Answered: Success caller-hung-up
    15.001 A * A/1 over: ByUs
    16.000 ?/1 hang up
    16.000 [anna] not_ready LUNCH
    16.001 [petr] ready
    17.000 ? refuse 404
    18.000 ? refuse 486
    ");
}

#[test]
fn one_call_at_a_time_for_operators_among_themselves() {
    assert_snapshot!(talking(
        "10 petr sits
         11 anna dials petr
         12 anna dials ivan
         13 petr dials ivan
         14 petr answers
         15 A hangs up
         16 ivan says disposition SOLVED done
         17 ivan dials anna
         18 anna dials ivan
         19 end"
    ), @"
    10.000 [petr] not_ready login
    10.000 [petr] ready
    11.000 ? ring
    11.000 ?/1 dial petr showing withheld, anna (anna)
    11.000 [anna] talking
    11.000 [petr] talking
    12.000 ? refuse 486
    13.000 ? refuse 486
    14.000 ? answer
    14.000 ? bridge ?/1
    15.000 A * A over: HungUp
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * ENDED Answered: Success caller-hung-up
    15.001 A * A/1 over: ByUs
    16.000 A * ivan says SOLVED
    16.000 A * ivan wrapped up in 1000 ms
    16.000 [ivan] ready
    17.000 ? refuse 486
    18.000 ? refuse 486
    ");
}

#[test]
fn who_consults_or_is_consulted_dials_nobody_else() {
    assert_snapshot!(talking(
        "10 petr sits
         11 petr says not_ready LUNCH
         12 ivan dials anna
         13 ivan dials petr
         14 anna dials petr
         15 A hangs up"
    ), @"
    10.000 [petr] not_ready login
    10.000 [petr] ready
    11.000 [petr] not_ready LUNCH
    12.000 A * dialled A/2
    12.000 A * dialled A/3
    12.000 A/2 ring
    12.000 A/3 dial anna showing withheld, ivan (ivan)
    12.000 [anna] talking
    13.000 ? refuse 486
    14.000 ? refuse 486
    15.000 A * A over: HungUp
    15.000 A/3 hang up
    15.000 A/2 refuse 480
    15.000 A/1 hang up
    15.000 [ivan] talk ended by caller
    15.000 [anna] not_ready LUNCH
    15.000 A * offer A#1 closed: BridgedEnded
    15.000 [ivan] card A#1 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn who_did_not_answer_a_colleague_has_a_rest_and_a_phone_that_rings_in_vain_is_named() {
    assert_snapshot!(talking(
        "10 A hangs up
         11 listen
         11 petr sits
         12 anna dials petr
         13 anna second hangs-up
         14 anna dials petr
         23 anna dials petr
         24 anna second hangs-up
         34 anna dials petr
         35 petr declines
         46 anna dials petr
         47 anna second hangs-up
         60 anna dials petr
         61 anna second hangs-up
         75 anna dials petr
         76 anna second hangs-up"
    ), @"
    11.000 [petr] not_ready login
    11.000 [petr] ready
    12.000 ? ring
    12.000 ?/1 dial petr showing withheld, anna (anna)
    12.000 [anna] talking
    12.000 [petr] talking
    13.000 ?/1 hang up
    13.000 [anna] not_ready LUNCH
    13.001 [petr] ready
    14.000 ? refuse 486
    23.000 ? ring
    23.000 ?/1 dial petr showing withheld, anna (anna)
    23.000 [anna] talking
    23.000 [petr] talking
    24.000 ?/1 hang up
    24.000 [anna] not_ready LUNCH
    24.001 [petr] ready
    30.000 A * ivan says AUTO
    30.000 A * ivan wrapped up in 20000 ms
    30.000 [ivan] ready
    34.000 ? ring
    34.000 ?/1 dial petr showing withheld, anna (anna)
    34.000 [anna] talking
    34.000 [petr] talking
    35.000 ? refuse 603
    35.000 [petr] ready
    35.001 [anna] not_ready LUNCH
    46.000 ? ring
    46.000 ?/1 dial petr showing withheld, anna (anna)
    46.000 [anna] talking
    46.000 [petr] talking
    47.000 ?/1 hang up
    47.000 [anna] not_ready LUNCH
    47.001 [petr] ready
    60.000 ? ring
    60.000 ?/1 dial petr showing withheld, anna (anna)
    60.000 [anna] talking
    60.000 [petr] talking
    61.000 ! intercom_in_vain
    61.000 ?/1 hang up
    61.000 [anna] not_ready LUNCH
    61.001 [petr] ready
    75.000 ? ring
    75.000 ?/1 dial petr showing withheld, anna (anna)
    75.000 [anna] talking
    75.000 [petr] talking
    76.000 ?/1 hang up
    76.000 [anna] not_ready LUNCH
    ");
}

#[test]
fn attended_where_there_is_no_wrap_up() {
    let plan = DAY.replace("wrap_up = \"20s\"", "wrap_up = \"0s\"");
    assert_snapshot!(talking_in(&plan,
        "10 ivan dials anna
         11 anna answers
         12 ivan joins
         20 A hangs up
         200 end"
    ), @"
    10.000 A * dialled A/2
    10.000 A * dialled A/3
    10.000 A/2 ring
    10.000 A/3 dial anna showing withheld, ivan (ivan)
    10.000 [anna] talking
    11.000 A * A/3 answered
    11.000 A/2 answer
    11.000 A/2 bridge A/3
    11.001 A * A/2 answered
    12.000 [ivan] talk ended by operator
    12.000 A/1 refer: 202
    12.000 A * ivan passes on to operator anna, with a word
    12.000 A/1 refer goes: 200
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 A * ivan says AUTO
    12.000 A * ivan wrapped up in 0 ms
    12.000 A/1 hang up
    12.000 A/2 hang up
    12.000 A * offered A#2 to anna
    12.000 [anna] card A#2 client error
    12.000 A bridge A/3
    12.000 A * bridged with A/3 after 6999 ms
    12.000 [anna] talk begins
    12.000 [anna] recording
    12.000 [anna] talking
    12.000 [ivan] ready
    12.001 A * A/1 over: ByUs
    12.001 A * A/2 over: ByUs
    20.000 A * A over: HungUp
    20.000 A/3 hang up
    20.000 [anna] talk ended by caller
    20.000 A * offer A#2 closed: BridgedEnded
    20.000 [anna] card A#2 closed: BridgedEnded
    20.000 A * anna says AUTO
    20.000 A * anna wrapped up in 0 ms
    20.000 [anna] not_ready LUNCH
    20.000 A * ENDED Answered: Success caller-hung-up
    20.001 A * A/3 over: ByUs
    ");
}

#[test]
fn attended_before_the_answer_goes_before_who_waits_for_the_colleague() {
    assert_snapshot!(talking(
        "10 anna says ready
         10 ivan dials anna
         11 B calls
         19 listen
         20 ivan joins
         21 anna answers
         21.5 end"
    ), @"
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, blind
    20.000 A/3 hang up
    20.000 A/2 refuse 480
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 waited 14999 ms attempt 1 client error
    20.000 [anna] reserved
    20.001 A * A/3 over: ByUs
    20.001 A * A/2 over: ByUs
    20.001 A * A/1 over: ByUs
    20.020 A * popped in 20000 us, seen: true
    20.020 A * dialled A/4
    20.020 A/4 dial anna showing +79990000001, no name
    21.000 A * A/4 answered
    21.000 A/1 refer goes: 200
    21.000 A bridge A/4
    21.000 A * bridged with A/4 after 15999 ms
    21.000 [anna] talk begins
    21.000 [anna] recording
    21.000 [anna] talking
    ");
}

#[test]
fn blind_to_a_queue_that_is_full_is_refused_and_the_talk_goes_on() {
    assert_snapshot!(talking(
        "10 B calls
         10 C calls +79990000002
         15 listen
         20 ivan refers support
         21 ivan hangs-up"
    ), @"
    20.000 A/1 refer: 486
    21.000 A * A/1 over: HungUp
    21.000 [ivan] talk ended by operator
    21.000 A hang up
    21.000 A * offer A#1 closed: BridgedEnded
    21.000 [ivan] card A#1 closed: BridgedEnded
    21.000 [ivan] wrap_up
    ");
}

#[test]
fn blind_to_a_queue_where_nobody_takes_the_call_comes_back() {
    assert_snapshot!(talking_in(TWO_QUEUES,
        "9 ivan refers second
         9 listen
         310 ivan answers
         320 A hangs up"
    ), @"
      9.001 A * A/1 over: ByUs
     14.000 A * ivan says AUTO
     14.000 A * ivan wrapped up in 5000 ms
     14.000 [ivan] ready
    309.000 A/1 refer goes: 480
    309.000 A * queued in first at 0
    309.000 A play music for ever
    309.000 A * offered A#2 to ivan
    309.000 [ivan] card A#2 waited 307999 ms attempt 1 client pending
    309.000 [ivan] reserved
    309.020 A * popped in 20000 us, seen: true
    309.020 A * dialled A/2
    309.020 A/2 dial ivan showing +79990000001, no name
    310.000 A * A/2 answered
    310.000 A bridge A/2
    310.000 A * bridged with A/2 after 308999 ms
    310.000 [ivan] talk begins
    310.000 [ivan] recording
    310.000 [ivan] talking
    320.000 A * A over: HungUp
    320.000 A/2 hang up
    320.000 [ivan] talk ended by caller
    320.000 A * offer A#2 closed: BridgedEnded
    320.000 [ivan] card A#2 closed: BridgedEnded
    320.000 [ivan] wrap_up
    320.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn blind_to_a_queue_where_nobody_sits_is_refused() {
    assert_snapshot!(talking_in(TWO_QUEUES,
        "9 anna says logout
         10 ivan refers second"
    ), @"
     9.000 [anna] logged_out
    10.000 A/1 refer: 480
    ");
}

#[test]
fn who_has_talked_comes_back_to_a_full_queue() {
    assert_snapshot!(talking(
        "10 B calls
         10 C calls +79990000002
         15 listen
         20 ivan dies
         30 end"
    ), @"
    20.000 A * A/1 over: MediaTimeout
    20.000 [ivan] talk ended by system
    20.000 [ivan] alert phone_lost
    20.000 A * decided: requeue support
    20.000 A play please_wait
    20.000 A * queued in support at 3
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    22.000 A play music for ever
    ");
}

#[test]
fn in_a_drain_a_caller_is_passed_on_to_people_and_comes_back() {
    assert_snapshot!(talking(
        "10 drain
         11 listen
         11 ivan refers support
         12 ivan refers +74951234567
         13 outside busy
         14 ivan answers
         15 ivan refers anna
         16 anna answers
         17 A hangs up"
    ), @"
    11.000 A/1 refer: 480
    12.000 A/1 refer: 202
    12.000 A * ivan passes on to external +7495•••4567, blind
    12.000 A/1 hang up
    12.000 [ivan] talk ended by operator
    12.000 A play music for ever
    12.000 A * dialled A/2
    12.000 A/2 dial +74951234567 showing withheld, no name
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 [ivan] wrap_up
    12.001 A * A/1 over: ByUs
    13.000 A * A/2 over: Busy
    13.000 A/1 refer goes: 480
    13.000 A * queued in support at 3
    13.000 A play music for ever
    13.000 A * ivan says AUTO
    13.000 A * ivan wrapped up in 1000 ms
    13.000 A * offered A#2 to ivan
    13.000 [ivan] card A#2 waited 7999 ms attempt 1 client error
    13.000 [ivan] reserved
    13.020 A * popped in 20000 us, seen: true
    13.020 A * dialled A/3
    13.020 A/3 dial ivan showing +79990000001, no name
    14.000 A * A/3 answered
    14.000 A bridge A/3
    14.000 A * bridged with A/3 after 8999 ms
    14.000 [ivan] talk begins
    14.000 [ivan] recording
    14.000 [ivan] talking
    15.000 A/3 refer: 202
    15.000 A * ivan passes on to operator anna, blind
    15.000 A/3 hang up
    15.000 [ivan] talk ended by operator
    15.000 A * queued in support at 3
    15.000 A play music for ever
    15.000 A * offer A#2 closed: BridgedEnded
    15.000 [ivan] card A#2 closed: BridgedEnded
    15.000 [ivan] wrap_up
    15.000 A * offered A#3 to anna
    15.000 [anna] card A#3 waited 9999 ms attempt 1 client error
    15.000 [anna] reserved
    15.001 A * A/3 over: ByUs
    15.020 A * popped in 20000 us, seen: true
    15.020 A * dialled A/4
    15.020 A/4 dial anna showing +79990000001, no name
    16.000 A * A/4 answered
    16.000 A/3 refer goes: 200
    16.000 A bridge A/4
    16.000 A * bridged with A/4 after 10999 ms
    16.000 [anna] talk begins
    16.000 [anna] recording
    16.000 [anna] talking
    17.000 A * A over: HungUp
    17.000 A/4 hang up
    17.000 [anna] talk ended by caller
    17.000 A * offer A#3 closed: BridgedEnded
    17.000 [anna] card A#3 closed: BridgedEnded
    17.000 [anna] wrap_up
    17.000 A * ENDED Answered: Success caller-hung-up
    ");
}
