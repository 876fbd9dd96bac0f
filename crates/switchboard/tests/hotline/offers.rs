//! Offers: the card, the phone, and everything that may come between.
use gudok_switchboard::Output;
use insta::assert_snapshot;

use crate::plans::{DAY, RING};
use crate::world::World;

/// A caller in the queue, two operators ready, the story from the first offer on.
const OFFERED: &str = "0 operators ivan anna
     0 ivan sits
     0 anna sits
     1 A calls
     5 listen";

fn offered(script: &str) -> String {
    let mut world = World::new(DAY);
    world.play(OFFERED);
    world.tell(script)
}

/// Name and headers of the first phone that rings for this caller, who is a client.
fn rung_for(caller: &str) -> (Option<String>, Vec<String>) {
    let mut world = World::new(DAY);
    world.play(&format!(
        "0 operators ivan anna
         0 ivan sits
         1 A calls {caller}
         1.1 A is Olga
         7 end"
    ));
    let dial = world.outputs.iter().find_map(|output| match output {
        Output::Dial {
            shown_name,
            shown_number,
            headers,
            ..
        } => Some((shown_name, shown_number, headers)),
        _ => None,
    });
    let (name, number, headers) = dial.expect("a phone rings");
    assert_eq!(number.is_some(), caller != "private");
    let names = headers.iter().map(|(name, _)| name.clone());
    (name.clone(), names.collect())
}

/// Desks may know them, where a trunk says so; phones, which keep lists of calls, never do.
#[test]
fn a_phone_learns_nothing_of_who_withholds_the_number() {
    let (name, headers) = rung_for("+79990000001");
    assert_eq!(name.as_deref(), Some("Olga"));
    assert_eq!(headers, ["X-Call-Id", "X-Queue", "X-Client-Id"]);
    let (name, headers) = rung_for("private");
    assert_eq!(name, None);
    assert_eq!(headers, ["X-Call-Id", "X-Queue"]);
}

#[test]
fn a_rejection_brings_the_next_operator() {
    let story = offered(
        "7 ivan rings
         8 ivan says reject
         9 anna answers
         12 A hangs up",
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
     7.000 A * A/1 rings
     7.000 [ivan] phone rings
     7.000 [ivan] ringing
     8.000 A/1 hang up
     8.000 A * offer A#1 closed: Rejected
     8.000 [ivan] card A#1 closed: Rejected
     8.000 A * offered A#2 to anna
     8.000 [anna] card A#2 waited 2999 ms attempt 2 client error
     8.000 [anna] reserved
     8.000 [ivan] ready
     8.001 A * A/1 over: ByUs
     8.020 A * popped in 20000 us, seen: true
     8.020 A * dialled A/2
     8.020 A/2 dial anna showing +79990000001, no name
     9.000 A * A/2 answered
     9.000 A bridge A/2
     9.000 A * bridged with A/2 after 3999 ms
     9.000 [anna] talk begins
     9.000 [anna] recording
     9.000 [anna] talking
    12.000 A * A over: HungUp
    12.000 A/2 hang up
    12.000 [anna] talk ended by caller
    12.000 A * offer A#2 closed: BridgedEnded
    12.000 [anna] card A#2 closed: BridgedEnded
    12.000 [anna] wrap_up
    12.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn a_phone_that_declines_does_too() {
    let story = offered(
        "7 ivan rings
         8 ivan declines
         9 anna answers
         12 anna says hang_up
         13 end",
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
     7.000 A * A/1 rings
     7.000 [ivan] phone rings
     7.000 [ivan] ringing
     8.000 A * A/1 over: Declined
     8.000 A * offer A#1 closed: Rejected
     8.000 [ivan] card A#1 closed: Rejected
     8.000 A * offered A#2 to anna
     8.000 [anna] card A#2 waited 2999 ms attempt 2 client error
     8.000 [anna] reserved
     8.000 [ivan] ready
     8.020 A * popped in 20000 us, seen: true
     8.020 A * dialled A/2
     8.020 A/2 dial anna showing +79990000001, no name
     9.000 A * A/2 answered
     9.000 A bridge A/2
     9.000 A * bridged with A/2 after 3999 ms
     9.000 [anna] talk begins
     9.000 [anna] recording
     9.000 [anna] talking
    12.000 A/2 hang up
    12.000 [anna] talk ended by operator
    12.000 A hang up
    12.000 A * offer A#2 closed: BridgedEnded
    12.000 [anna] card A#2 closed: BridgedEnded
    12.000 [anna] wrap_up
    12.001 A * A/2 over: ByUs
    12.001 A * A over: ByUs
    12.001 A * ENDED Answered: Success operator-hung-up
    ");
}

#[test]
fn ringing_ends_and_the_next_one_rings() {
    let story = offered(
        "7 ivan rings
         22 end",
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
     7.000 A * A/1 rings
     7.000 [ivan] phone rings
     7.000 [ivan] ringing
    20.001 A/1 hang up
    20.001 A * offer A#1 closed: NoAnswer
    20.001 [ivan] card A#1 closed: NoAnswer
    20.001 A * offered A#2 to anna
    20.001 [anna] card A#2 waited 15000 ms attempt 2 client error
    20.001 [anna] reserved
    20.001 [ivan] ready
    20.002 A * A/1 over: ByUs
    20.021 A * popped in 20000 us, seen: true
    20.021 A * dialled A/2
    20.021 A/2 dial anna showing +79990000001, no name
    ");
}

#[test]
fn both_phones_are_gone_and_the_caller_waits_on() {
    let story = offered(
        "6 ivan unreachable
         7 anna unreachable
         9 A hangs up",
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
    6.000 A * A/1 over: Unreachable
    6.000 A * offer A#1 closed: DeviceError
    6.000 [ivan] card A#1 closed: DeviceError
    6.000 A * offered A#2 to anna
    6.000 [anna] card A#2 waited 999 ms attempt 2 client error
    6.000 [anna] reserved
    6.000 [ivan] device_down
    6.020 A * popped in 20000 us, seen: true
    6.020 A * dialled A/2
    6.020 A/2 dial anna showing +79990000001, no name
    7.000 A * A/2 over: Unreachable
    7.000 A * offer A#2 closed: DeviceError
    7.000 [anna] card A#2 closed: DeviceError
    7.000 [anna] device_down
    9.000 A * A over: HungUp
    9.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    ");
}

#[test]
fn a_silent_desk_does_not_hold_up_the_phone() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan
         0 ivan is silent
         0 ivan sits
         1 A calls
         5 listen",
    );
    let story = world.tell("6 ivan acks\n 7 end");
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
    5.301 A * popped in 300000 us, seen: false
    5.301 A * dialled A/1
    5.301 A/1 dial ivan showing +79990000001, no name
    ");
}

#[test]
fn the_caller_leaves_before_the_card_is_shown_and_no_phone_rings() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan
         0 ivan is silent
         0 ivan sits
         1 A calls
         5 listen",
    );
    let story = world.tell("5.1 A hangs up\n 5.2 ivan acks\n 9 end");
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
    5.100 A * A over: HungUp
    5.100 A * offer A#1 closed: CallerGone
    5.100 [ivan] card A#1 closed: CallerGone
    5.100 [ivan] ready
    5.100 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    ");
}

#[test]
fn the_caller_leaves_while_the_phone_rings() {
    let story = offered("7 ivan rings\n 8 A hangs up\n 9 end");
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
    7.000 A * A/1 rings
    7.000 [ivan] phone rings
    7.000 [ivan] ringing
    8.000 A * A over: HungUp
    8.000 A/1 hang up
    8.000 A * offer A#1 closed: CallerGone
    8.000 [ivan] card A#1 closed: CallerGone
    8.000 [ivan] ready
    8.000 A * ENDED AbandonedQueue { short: true }: Success caller-hung-up
    8.001 A * A/1 over: ByUs
    ");
}

#[test]
fn of_two_answers_the_first_wins() {
    let story = World::new(RING).tell(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 A calls
         2 listen
         7 ivan rings
         7 anna rings
         8 anna answers
         8 ivan answers
         20 anna hangs-up
         21 end",
    );
    assert_snapshot!(story, @"
     7.000 A * A/1 rings
     7.000 [ivan] phone rings
     7.000 [ivan] ringing
     7.000 A * A/2 rings
     7.000 [anna] phone rings
     7.000 [anna] ringing
     8.000 A * A/2 answered
     8.000 A answer
     8.000 A bridge A/2
     8.000 A * bridged with A/2 after 7000 ms
     8.000 [anna] talk begins
     8.000 A/1 hang up, answered elsewhere
     8.000 A * offer A#1 closed: Lost
     8.000 [ivan] card A#1 closed: Lost
     8.000 [anna] talking
     8.000 [ivan] ready
     8.001 A * answered
     8.001 A record
     8.001 [anna] recording
     8.001 A * A/1 over: ByUs
    20.000 A * A/2 over: HungUp
    20.000 [anna] talk ended by operator
    20.000 A hang up
    20.000 A * offer A#2 closed: BridgedEnded
    20.000 [anna] card A#2 closed: BridgedEnded
    20.000 A * anna says AUTO
    20.000 A * anna wrapped up in 0 ms
    20.000 [anna] ready
    20.001 A * A over: ByUs
    20.001 A * ENDED Answered: Success operator-hung-up
    ");
}

/// Pain 2, and why nobody is kept with a silent line meanwhile (decisions/0001): whoever answered second is free at once, and is the
/// one who rings again in the moment in which the first turns out to be dead. No two ever hear the caller.
#[test]
fn who_answered_second_is_asked_again_at_once() {
    let story = World::new(RING).tell(
        "0 operators ivan anna
         0 ivan sits
         0 anna sits
         1 A calls
         7 ivan rings
         7 anna rings
         8 anna answers
         8 ivan answers
         8.02 listen
         8.05 anna hangs-up
         9 ivan answers
         15 A hangs up
         16 end",
    );
    let bridges = story.lines().filter(|it| it.contains(" bridge "));
    assert_eq!(bridges.count(), 1, "{story}");
    let offered = story
        .lines()
        .position(|it| it.contains("offered A#3 to ivan"));
    let lost = story
        .lines()
        .position(|it| it.contains("8.050 A * A/2 over"));
    assert!(lost.is_some() && lost < offered, "{story}");
    assert!(story.contains("8.050 A * offered A#3 to ivan"), "{story}");
}

#[test]
fn a_winner_who_is_gone_before_a_word_gives_the_call_back() {
    let story = offered(
        "6 ivan answers
         6.05 ivan hangs-up
         8 anna answers
         9 A hangs up",
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
    6.000 A * A/1 answered
    6.000 A bridge A/1
    6.000 A * bridged with A/1 after 999 ms
    6.000 [ivan] talk begins
    6.000 [ivan] recording
    6.000 [ivan] talking
    6.050 A * A/1 over: HungUp
    6.050 [ivan] talk ended by system
    6.050 A play music for ever
    6.050 A * offer A#1 closed: DeviceError
    6.050 [ivan] card A#1 closed: DeviceError
    6.050 A * offered A#2 to anna
    6.050 [anna] card A#2 waited 1049 ms attempt 2 client error
    6.050 [anna] reserved
    6.050 [ivan] device_down
    6.070 A * popped in 20000 us, seen: true
    6.070 A * dialled A/2
    6.070 A/2 dial anna showing +79990000001, no name
    8.000 A * A/2 answered
    8.000 A bridge A/2
    8.000 A * bridged with A/2 after 2999 ms
    8.000 [anna] talk begins
    8.000 [anna] recording
    8.000 [anna] talking
    9.000 A * A over: HungUp
    9.000 A/2 hang up
    9.000 [anna] talk ended by caller
    9.000 A * offer A#2 closed: BridgedEnded
    9.000 [anna] card A#2 closed: BridgedEnded
    9.000 [anna] wrap_up
    9.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn who_was_never_heard_by_the_winner_was_not_answered() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan
         0 ivan sits
         1 A calls
         6 ivan answers
         6.04 listen",
    );
    let story = world.tell(
        "6.05 ivan hangs-up
         20 A hangs up
         21 end",
    );
    assert_snapshot!(story, @"
     6.050 A * A/1 over: HungUp
     6.050 [ivan] talk ended by system
     6.050 A play music for ever
     6.050 A * offer A#1 closed: DeviceError
     6.050 [ivan] card A#1 closed: DeviceError
     6.050 [ivan] device_down
    20.000 A * A over: HungUp
    20.000 A * ENDED AbandonedQueue { short: false }: Success caller-hung-up
    ");
}
