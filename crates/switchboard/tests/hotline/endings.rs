//! All the other ways a call may end.
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::{DAY, EARLY, RING, TWO_QUEUES};
use crate::world::World;

#[test]
fn at_night_the_closing_message() {
    let story = World::at(DAY, 12).tell("1 A calls\n 10 end");
    assert_snapshot!(story, @"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: close night
    1.001 A play night_closed
    3.001 A hang up
    3.002 A * A over: ByUs
    3.002 A * ENDED ClosedMsg: Success night
    ");
}

#[test]
fn the_caller_leaves_during_the_greeting() {
    let story = World::new(DAY).tell("1 A calls\n 2 A hangs up\n 10 end");
    assert_snapshot!(story, @"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A answer
    1.001 A * answered
    1.001 A * decided: play greeting
    1.001 A play greeting
    2.000 A * A over: HungUp
    2.000 A * ENDED AbandonedIvr: Success caller-hung-up
    ");
}

#[test]
fn the_caller_leaves_the_queue() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls
         4.9 listen
         16 A hangs up
         17 B calls +79990000002
         24 B hangs up
         30 end",
    );
    assert_snapshot!(story, @"
     5.001 A * notice notice played
     5.001 A record
     5.001 A * decided: lookup 800 ms
     5.001 A * client error
     5.001 A * decided: queue support priority 3
     5.001 A * queued in support at 3
     5.001 A play music for ever
    16.000 A * A over: HungUp
    16.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    17.000 B * arrived for hotline
    17.000 B lookup within 800ms
    17.000 B answer
    17.001 B * answered
    17.001 B * decided: play greeting
    17.001 B play greeting
    19.001 B * decided: play notice
    19.001 B play notice
    21.001 B * notice notice played
    21.001 B record
    21.001 B * decided: lookup 800 ms
    21.001 B * client error
    21.001 B * decided: queue support priority 3
    21.001 B * queued in support at 3
    21.001 B play music for ever
    24.000 B * B over: HungUp
    24.000 B * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    ");
}

#[test]
fn nobody_is_there_and_the_duty_number_answers() {
    let story = World::new(DAY).tell(
        "1 A calls
         4.9 listen
         7 outside rings
         9 outside answers
         20 outside holds
         21 outside resumes
         22 outside hangs-up
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
     5.001 A * decided: external +7999•••1122
     5.001 A play music for ever
     5.001 A * dialled A/1
     5.001 A/1 dial +79990001122 showing +79990000001, no name
     7.000 A * A/1 rings
     9.000 A * A/1 answered
     9.000 A bridge A/1
     9.000 A * bridged with A/1 after 3999 ms
    20.000 A unbridge
    20.000 A play music for ever
    20.000 A * A/1 holds: true
    21.000 A bridge A/1
    21.000 A * A/1 holds: false
    22.000 A * A/1 over: HungUp
    22.000 A hang up
    22.001 A * A over: ByUs
    22.001 A * ENDED OverflowedExternal { answered: true }: Success outside-hung-up
    ");
}

#[test]
fn nobody_anywhere_and_a_message_is_left() {
    let story = World::new(DAY).tell(
        "1 A calls
         4.9 listen
         9 outside busy
         20 A presses 5
         21 A presses #
         40 end",
    );
    assert_snapshot!(story, @r"
     5.001 A * notice notice played
     5.001 A record
     5.001 A * decided: lookup 800 ms
     5.001 A * client error
     5.001 A * decided: queue support priority 3
     5.001 A * queued in support at 3
     5.001 A play music for ever
     5.001 A * decided: external +7999•••1122
     5.001 A play music for ever
     5.001 A * dialled A/1
     5.001 A/1 dial +79990001122 showing +79990000001, no name
     9.000 A * A/1 over: Busy
     9.000 A * decided: voicemail
     9.000 A play voicemail_intro
    11.000 A play beep
    13.000 A mark voicemail_begin
    13.000 A * a message begins
    13.000 A hash awaited
    21.000 A mark voicemail_end
    21.000 A keys not awaited
    21.000 A * OWED Voicemail of 8000 ms for +79990000001 by everybody
    21.000 A * decided: close message_taken
    21.000 A play voicemail_thanks
    23.000 A hang up
    23.001 A * A over: ByUs
    23.001 A * ENDED Voicemail: Success message_taken
    ");
}

#[test]
fn a_message_is_recorded_even_where_calls_are_not() {
    let story = World::new(EARLY).tell(
        "1 A calls
         2 listen
         40 outside busy
         60 end",
    );
    assert_snapshot!(story, @r"
     3.000 A * decided: queue support priority 0
     3.000 A * queued in support at 0
     3.000 A play music for ever
     3.000 A * decided: voicemail
     3.000 A answer
     3.001 A * answered
     3.001 A play voicemail_intro
     5.001 A play beep
     7.001 A record
     7.001 A mark voicemail_begin
     7.001 A * a message begins
     7.001 A hash awaited
    37.001 A mark voicemail_end
    37.001 A keys not awaited
    37.001 A * OWED Voicemail of 30000 ms for +79990000001 by everybody
    37.001 A recording: pause
    37.001 A * decided: external +7999•••1122
    37.001 A play music for ever
    37.001 A * dialled A/1
    37.001 A/1 dial +79990001122 showing +79990000001, no name
    40.000 A * A/1 over: Busy
    40.000 A * decided: hang_up nobody_left
    40.000 A hang up
    40.001 A * A over: ByUs
    40.001 A * ENDED Voicemail: Success nobody_left
    ");
}

#[test]
fn the_queue_is_full() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls
         1 B calls
         2 C calls
         5.5 listen
         9 end",
    );
    assert_snapshot!(story, @"
    6.001 C * notice notice played
    6.001 C record
    6.001 C * decided: lookup 800 ms
    6.001 C * client error
    6.001 C * decided: queue support priority 3
    6.001 C * queued in support at 3
    6.001 C play music for ever
    6.001 C * decided: close queue_full
    6.001 C play all_busy
    8.001 C hang up
    8.002 C * C over: ByUs
    8.002 C * ENDED ClosedMsg: Success queue_full
    ");
}

#[test]
fn one_wait_for_two_queues() {
    let story = World::new(TWO_QUEUES).tell(
        "0 operators ivan anna petr
         0 ivan sits
         0 ivan says not_ready LUNCH
         1 A calls
         30 anna sits
         31 anna answers
         40 A hangs up
         50 end",
    );
    assert_snapshot!(story, @"
     0.000 [ivan] not_ready login
     0.000 [ivan] ready
     0.000 [ivan] not_ready LUNCH
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A answer
     1.001 A * answered
     1.001 A record
     1.001 A * decided: queue first priority 0
     1.001 A * queued in first at 0
     1.001 A play music for ever
    21.001 A * decided: queue second priority 0
    21.001 A * queued in second at 0
    21.001 A play music for ever
    21.001 ! queue_without_operators
    30.000 [anna] not_ready login
    30.000 A * offered A#1 to anna
    30.000 [anna] card A#1 waited 28999 ms attempt 1 client pending
    30.000 [anna] reserved
    30.020 A * popped in 20000 us, seen: true
    30.020 A * dialled A/1
    30.020 A/1 dial anna showing +79990000001, no name
    31.000 A * A/1 answered
    31.000 A bridge A/1
    31.000 A * bridged with A/1 after 29999 ms
    31.000 [anna] talk begins
    31.000 [anna] recording
    31.000 [anna] talking
    40.000 A * A over: HungUp
    40.000 A/1 hang up
    40.000 [anna] talk ended by caller
    40.000 A * offer A#1 closed: BridgedEnded
    40.000 [anna] card A#1 closed: BridgedEnded
    40.000 [anna] wrap_up
    40.000 A * ENDED Answered: Success caller-hung-up
    40.001 A * A/1 over: ByUs
    45.000 A * anna says AUTO
    45.000 A * anna wrapped up in 5000 ms
    45.000 [anna] ready
    ");
}

#[test]
fn nobody_answers_a_ringing_number_and_a_message_is_taken() {
    let story = World::new(RING).tell("1 A calls\n 70 A hangs up\n 80 end");
    assert_snapshot!(story, @r"
     1.000 A * arrived for hotline
     1.000 A lookup within 800ms
     1.000 A ring
     1.000 A * decided: queue support priority 0
     1.000 A * queued in support at 0
     1.000 ! queue_without_operators
    61.000 A * decided: voicemail
    61.000 A answer
    61.001 A * answered
    61.001 A record
    61.001 A play voicemail_intro
    63.001 A play beep
    65.001 A mark voicemail_begin
    65.001 A * a message begins
    65.001 A hash awaited
    70.000 A * A over: HungUp
    70.000 A mark voicemail_end
    70.000 A keys not awaited
    70.000 A * OWED Voicemail of 4999 ms for +79990000001 by everybody
    70.000 A * ENDED Voicemail: Success caller-hung-up
    ");
}

#[test]
fn an_unknown_number() {
    let story = World::new(DAY).tell("1 A calls +79990000001 +78009999999\n 2 end");
    assert_snapshot!(story, @"
    1.000 A * arrived for unknown
    1.000 A refuse 404
    1.000 A * ENDED Failed: UpstreamError unknown-number
    ");
}

#[test]
fn a_drain_ends_nothing_and_begins_nothing() {
    let story = World::new(DAY).tell(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         6.5 listen
         7 drain
         8 B calls
         9 A hangs up
         30 end",
    );
    assert_snapshot!(story, @"
     7.000 [ivan] alert drain
     8.000 B * arrived for hotline
     8.000 B refuse 503 retry 5 s
     8.000 B * ENDED Failed: ServerError draining
     9.000 A * A over: HungUp
     9.000 A/1 hang up
     9.000 [ivan] talk ended by caller
     9.000 A * offer A#1 closed: BridgedEnded
     9.000 [ivan] card A#1 closed: BridgedEnded
     9.000 [ivan] wrap_up
     9.000 A * ENDED Answered: Success caller-hung-up
     9.001 A * A/1 over: ByUs
    29.000 A * ivan says AUTO
    29.000 A * ivan wrapped up in 20000 ms
    29.000 [ivan] ready
    ");
}

/// Nobody is asked any more, in this queue or the next: the plan goes on to its end, and no music is played in vain.
#[test]
fn in_a_drain_a_caller_whose_phone_died_waits_for_nobody() {
    let story = World::new(TWO_QUEUES).tell(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 A calls
         6 ivan answers
         7 drain
         20 listen
         20 ivan dies
         60 end",
    );
    assert_snapshot!(story, @r"
    20.000 A * A/1 over: MediaTimeout
    20.000 [ivan] talk ended by system
    20.000 [ivan] alert phone_lost
    20.000 A * decided: requeue first
    20.000 A play please_wait
    20.000 A * queued in first at 0
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * decided: queue second priority 0
    20.000 A * queued in second at 0
    20.000 A play music for ever
    20.000 A * decided: close nobody_came
    20.000 A play all_busy
    22.000 A hang up
    22.001 A * A over: ByUs
    22.001 A * ENDED Answered: Success nobody_came
    25.000 A * ivan says AUTO
    25.000 A * ivan wrapped up in 5000 ms
    25.000 [ivan] ready
    ");
}

#[test]
fn a_playback_that_never_ends_is_not_silence() {
    let mut world = World::new(DAY);
    world.play("1 A calls\n 1.5 listen");
    world.auto = false;
    let story = world.tell("2000 end");
    assert_snapshot!(story, @"
      3.001 A * decided: play notice
      3.001 A play notice
    303.001 ! stuck_call
    303.001 A play technical_problem
    603.001 ! stuck_call
    603.001 A hang up
    663.001 ! stuck_call
    663.001 A * ENDED Failed: ServerError playback-never-ended
    ");
}

/// Prompts of two seconds each.
fn timed() -> Config {
    let names = [
        "greeting",
        "notice",
        "please_wait",
        "voicemail_intro",
        "voicemail_thanks",
        "beep",
    ];
    Config {
        prompt_lengths: names.map(|name| (name.into(), 2_000)).into(),
        ..Config::default()
    }
}

/// The media say nothing any more: five seconds after its own length each prompt is taken for heard; but who may not have
/// heard the notice is recorded for the message alone.
#[test]
fn a_prompt_whose_end_is_lost_holds_nobody_up() {
    let mut world = World::with(timed(), DAY, 0);
    world.play("1 A calls\n 1.5 listen");
    world.auto = false;
    let story = world.tell("2000 end");
    assert_snapshot!(story, @r"
      3.001 A * decided: play notice
      3.001 A play notice
     10.001 A end of play lost
     10.001 A * decided: go on
     10.001 A * decided: lookup 800 ms
     10.001 A * client error
     10.001 A * decided: queue support priority 3
     10.001 A * queued in support at 3
     10.001 A play music for ever
     10.001 A * decided: external +7999•••1122
     10.001 A play music for ever
     10.001 A * dialled A/1
     10.001 A/1 dial +79990001122 showing +79990000001, no name
     30.001 A/1 hang up
     30.001 A * decided: voicemail
     30.001 A play voicemail_intro
     37.001 A end of play lost
     37.001 A * decided: go on
     37.001 A play beep
     44.001 A end of play lost
     44.001 A * decided: go on
     44.001 A record
     44.001 A mark voicemail_begin
     44.001 A * a message begins
     44.001 A hash awaited
     74.001 A mark voicemail_end
     74.001 A keys not awaited
     74.001 A * OWED Voicemail of 30000 ms for +79990000001 by everybody
     74.001 A recording: pause
     74.001 A * decided: close message_taken
     74.001 A play voicemail_thanks
     81.001 A end of play lost
     81.001 A * decided: go on
     81.001 A hang up
    141.001 ! stuck_call
    141.001 A * ENDED Voicemail: Success message_taken
    ");
}

/// A prompt that ends in time, or makes room for another, is not missed.
#[test]
fn what_is_heard_to_its_end_or_stopped_is_not_lost() {
    let script =
        "0 operators ivan\n 0 ivan sits\n 1 A calls\n 9 ivan answers\n 20 ivan dies\n 60 end";
    let lost = |config| {
        let mut world = World::with(config, DAY, 0);
        world.play(script);
        let is_lost = |it: &&Output| matches!(it, Output::PlayLost { .. });
        (
            world.outputs.len(),
            world.outputs.iter().filter(is_lost).count(),
        )
    };
    let (count, none) = lost(timed());
    assert_eq!((count, none), (lost(Config::default()).0, 0));
}

#[test]
fn between_two_messages_nothing_is_recorded() {
    let again = "voicemail = \"voicemail_intro\"\n\n[[flow.message]]\ngoto = \"duty\"";
    let plan = EARLY.replace("goto = \"duty\"", again);
    let story = World::new(&plan).tell(
        "1 A calls
         6 listen
         20 A presses #
         30 A hangs up",
    );
    assert_snapshot!(story, @r"
     7.001 A record
     7.001 A mark voicemail_begin
     7.001 A * a message begins
     7.001 A hash awaited
    20.000 A mark voicemail_end
    20.000 A keys not awaited
    20.000 A * OWED Voicemail of 12999 ms for +79990000001 by everybody
    20.000 A recording: pause
    20.000 A * decided: voicemail
    20.000 A play voicemail_intro
    22.000 A play beep
    24.000 A recording: go on
    24.000 A mark voicemail_begin
    24.000 A * a message begins
    24.000 A hash awaited
    30.000 A * A over: HungUp
    30.000 A mark voicemail_end
    30.000 A keys not awaited
    30.000 A * OWED Voicemail of 6000 ms for +79990000001 by everybody
    30.000 A recording: pause
    30.000 A * ENDED Voicemail: Success caller-hung-up
    ");
}

#[test]
fn a_call_that_may_dial_no_more_legs_is_ended_and_offered_to_nobody_else() {
    let config = Config {
        legs_max: 0,
        ..Config::default()
    };
    let story = World::with(config, RING, 0).tell(
        "0 operators ivan* anna*
         0 ivan phone up
         0 anna phone up
         1 A calls
         2 end",
    );
    assert_snapshot!(story, @"
    1.000 A * arrived for hotline
    1.000 A lookup within 800ms
    1.000 A ring
    1.000 A * decided: queue support priority 0
    1.000 A * queued in support at 0
    1.000 A * offered A#1 to ivan
    1.000 A * popped in 0 us, seen: false
    1.000 ! legs_max
    1.000 ! stuck_call
    1.000 A refuse 500
    1.000 A * offer A#1 closed: CallerGone
    1.001 A * A over: ByUs
    1.001 A * ENDED Failed: ServerError too-many-legs
    ");
}

/// Who waits when the drain begins goes on as who comes later does; who rings at a phone may still be taken.
#[test]
fn in_a_drain_callers_who_wait_already_go_on_in_the_plan() {
    let story = World::new(TWO_QUEUES).tell(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         1 B calls
         4 listen
         5 drain
         6 ivan answers
         60 end",
    );
    assert_snapshot!(story, @r"
        5.000 [ivan] alert drain
        5.000 B * decided: queue second priority 0
        5.000 B * queued in second at 0
        5.000 B play music for ever
        5.000 B * decided: close nobody_came
        5.000 B play all_busy
        6.000 A * A/1 answered
        6.000 A bridge A/1
        6.000 A * bridged with A/1 after 4999 ms
        6.000 [ivan] talk begins
        6.000 [ivan] recording
        6.000 [ivan] talking
        7.000 B hang up
        7.001 B * B over: ByUs
        7.001 B * ENDED ClosedMsg: Success nobody_came
        ");
}
