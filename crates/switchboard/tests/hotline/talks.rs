//! Talks: hold, the phone that dies, the end.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::world::World;

fn talking(script: &str) -> String {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         6 ivan answers
         7 listen",
    );
    world.tell(script)
}

#[test]
fn hold_and_back() {
    let story = talking(
        "20 ivan holds
         21 ivan holds
         25 ivan resumes
         30 A hangs up",
    );
    assert_snapshot!(story, @"
    20.000 A unbridge
    20.000 A play music for ever
    20.000 A * A/1 holds: true
    20.000 A mark hold
    20.000 [ivan] held
    20.000 [ivan] hold
    25.000 A bridge A/1
    25.000 A * A/1 holds: false
    25.000 A mark resume
    25.000 [ivan] resumed
    25.000 [ivan] talking
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
fn a_phone_dies_and_the_caller_is_first_in_the_queue_again() {
    let story = talking(
        "10 B calls
         20 ivan dies
         21 anna sits
         23 anna answers
         30 A hangs up
         30 B hangs up",
    );
    assert_snapshot!(story, @"
    10.000 B * arrived for hotline
    10.000 B lookup within 800ms
    10.000 B answer
    10.001 B * answered
    10.001 B * decided: play greeting
    10.001 B play greeting
    12.001 B * decided: play notice
    12.001 B play notice
    14.001 B * notice notice played
    14.001 B record
    14.001 B * decided: lookup 800 ms
    14.001 B * client error
    14.001 B * decided: queue support priority 3
    14.001 B * queued in support at 3
    14.001 B play music for ever
    20.000 A * A/1 over: MediaTimeout
    20.000 [ivan] talk ended by system
    20.000 [ivan] alert phone_lost
    20.000 A * decided: requeue support
    20.000 A play please_wait
    20.000 A * queued in support at 3
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    21.000 [anna] not_ready login
    21.000 A * offered A#2 to anna
    21.000 [anna] card A#2 waited 15999 ms attempt 1 client error
    21.000 [anna] reserved
    21.020 A * popped in 20000 us, seen: true
    21.020 A * dialled A/2
    21.020 A/2 dial anna showing +79990000001, no name
    22.000 A play music for ever
    23.000 A * A/2 answered
    23.000 A bridge A/2
    23.000 A * bridged with A/2 after 17999 ms
    23.000 [anna] talk begins
    23.000 [anna] recording
    23.000 [anna] talking
    30.000 A * A over: HungUp
    30.000 A/2 hang up
    30.000 [anna] talk ended by caller
    30.000 A * offer A#2 closed: BridgedEnded
    30.000 [anna] card A#2 closed: BridgedEnded
    30.000 [anna] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    30.000 B * B over: HungUp
    30.000 B * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    ");
}

#[test]
fn a_phone_dies_on_hold() {
    let story = talking(
        "20 ivan holds
         30 ivan dies
         31 A hangs up",
    );
    assert_snapshot!(story, @"
    20.000 A unbridge
    20.000 A play music for ever
    20.000 A * A/1 holds: true
    20.000 A mark hold
    20.000 [ivan] held
    20.000 [ivan] hold
    30.000 A * A/1 over: MediaTimeout
    30.000 [ivan] talk ended by system
    30.000 [ivan] alert phone_lost
    30.000 A * decided: requeue support
    30.000 A play please_wait
    30.000 A * queued in support at 3
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    31.000 A * A over: HungUp
    31.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn the_operator_hangs_up_at_the_phone() {
    let story = talking("20 ivan hangs-up\n 21 end");
    assert_snapshot!(story, @"
    20.000 A * A/1 over: HungUp
    20.000 [ivan] talk ended by operator
    20.000 A hang up
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A over: ByUs
    20.001 A * ENDED Answered: Success operator-hung-up
    ");
}

#[test]
fn the_caller_falls_silent() {
    let story = talking("20 A goes silent\n 21 end");
    assert_snapshot!(story, @"
    20.000 A * A over: MediaTimeout
    20.000 A/1 hang up
    20.000 [ivan] talk ended by caller
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * ENDED Answered: UpstreamError media-timeout
    20.001 A * A/1 over: ByUs
    ");
}

#[test]
fn after_a_long_talk_there_is_still_a_minute_to_wait() {
    let story = talking(
        "200 ivan dies
         261 A hangs up",
    );
    assert_snapshot!(story, @"
    200.000 A * A/1 over: MediaTimeout
    200.000 [ivan] talk ended by system
    200.000 [ivan] alert phone_lost
    200.000 A * decided: requeue support
    200.000 A play please_wait
    200.000 A * queued in support at 3
    200.000 A * offer A#1 closed: BridgedEnded
    200.000 [ivan] card A#1 closed: BridgedEnded
    200.000 [ivan] wrap_up
    202.000 A play music for ever
    220.000 A * ivan says AUTO
    220.000 A * ivan wrapped up in 20000 ms
    220.000 A * offered A#2 to ivan
    220.000 [ivan] card A#2 waited 214999 ms attempt 1 client error
    220.000 [ivan] reserved
    220.020 A * popped in 20000 us, seen: true
    220.020 A * dialled A/2
    220.020 A/2 dial ivan showing +79990000001, no name
    238.000 A/2 hang up
    238.000 A * offer A#2 closed: Expired
    238.000 [ivan] card A#2 closed: Expired
    238.000 ! offer_expired
    238.000 [ivan] device_down
    238.001 A * A/2 over: ByUs
    260.000 A * decided: voicemail
    260.000 A play voicemail_intro
    261.000 A * A over: HungUp
    261.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn phones_that_die_one_after_the_other_are_not_tried_for_ever() {
    let config = Config {
        requeues_max: 1,
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 A calls
         6 ivan answers
         8 ivan dies
         10 anna answers
         11 listen",
    );
    let story = world.tell("12 anna dies\n 20 end");
    assert_snapshot!(story, @"
    12.000 A * A/2 over: MediaTimeout
    12.000 [anna] talk ended by system
    12.000 [anna] alert phone_lost
    12.000 ! stuck_call
    12.000 A play technical_problem
    12.000 A * offer A#2 closed: BridgedEnded
    12.000 [anna] card A#2 closed: BridgedEnded
    12.000 [anna] wrap_up
    14.000 A hang up
    14.001 A * A over: ByUs
    14.001 A * ENDED Answered: ServerError operators-phones-died
    ");
}

/// A session timer that ran out (RFC 4028): of a phone it is a phone that died, of a caller the end of the call.
#[test]
fn a_party_that_answers_no_refresh_is_lost_and_the_other_one_is_told() {
    let story = talking(
        "20 ivan is-lost
         25 end",
    );
    assert_snapshot!(story, @r"
    20.000 A * A/1 over: SessionTimeout
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
    let story = talking(
        "20 A is lost
         25 end",
    );
    assert_snapshot!(story, @"
    20.000 A * A over: SessionTimeout
    20.000 A/1 hang up
    20.000 [ivan] talk ended by caller
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * ENDED Answered: UpstreamError session-timeout
    20.001 A * A/1 over: ByUs
    ");
}
