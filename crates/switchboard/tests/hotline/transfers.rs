//! Blind transfers: to people, queues and numbers outside, and back.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::plans::{DAY, TWO_QUEUES};
use crate::world::World;

/// Ivan talks with A, Anna sits and is not ready; numbers in Moscow may be called.
pub(crate) fn talking(script: &str) -> String {
    talking_in(DAY, script)
}

pub(crate) fn talking_in(plan: &str, script: &str) -> String {
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

/// Neither who was meant nor who passed the caller on takes the call: nobody else is asked in a drain, so waiting on would
/// be in vain.
#[test]
fn in_a_drain_a_caller_whom_nobody_takes_goes_on_in_the_plan() {
    assert_snapshot!(talking(
        "10 drain
         12 ivan refers anna
         13 anna says reject
         14 listen
         15 ivan says reject
         40 end"
    ), @r"
    15.000 A/3 hang up
    15.000 A * offer A#3 closed: Rejected
    15.000 [ivan] card A#3 closed: Rejected
    15.000 A * decided: external +7999•••1122
    15.000 A play music for ever
    15.000 A * dialled A/4
    15.000 A/4 dial +79990001122 showing +79990000001, no name
    15.000 [ivan] ready
    15.001 A * A/3 over: ByUs
    35.000 A/4 hang up
    35.000 A * decided: voicemail
    35.000 A play voicemail_intro
    35.001 A * A/4 over: ByUs
    37.000 A play beep
    39.000 A mark voicemail_begin
    39.000 A * a message begins
    39.000 A hash awaited
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
