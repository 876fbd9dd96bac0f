//! The talk in the hand of its operator, from the desk: with the one leg they have, and with what the phone does meanwhile.
use std::fmt::Write as _;

use gudok_model::OperatorId;
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::{DAY, TWO_QUEUES};
use crate::transfers::{talking, talking_in};
use crate::world::World;

/// How an operator comes into each state, and how long it took.
const STATES: [(&str, &str); 11] = [
    ("not_ready", "0 ivan says not_ready LUNCH"),
    ("ready", "1 end"),
    ("reserved", "0 ivan is silent\n 1 A calls\n 5.1 end"),
    ("ringing", "1 A calls\n 5.5 ivan rings"),
    ("talking", "1 A calls\n 6 ivan answers"),
    ("hold", "1 A calls\n 6 ivan answers\n 7 ivan says hold"),
    (
        "hold by the phone",
        "1 A calls\n 6 ivan answers\n 7 ivan holds",
    ),
    (
        "consult, it rings",
        "1 A calls\n 6 ivan answers\n 7 ivan says consult anna",
    ),
    (
        "consult",
        "1 A calls\n 6 ivan answers\n 7 ivan says consult anna\n 8 anna answers",
    ),
    (
        "the caller is gone",
        "1 A calls\n 6 ivan answers\n 7 ivan says consult anna\n 8 anna answers\n 9 A hangs up",
    ),
    ("wrap_up", "1 A calls\n 6 ivan answers\n 9 A hangs up"),
];

const COMMANDS: [&str; 12] = [
    "hold",
    "resume",
    "keys 12#",
    "transfer anna",
    "consult anna",
    "complete",
    "cancel_consult",
    "park",
    "mute on",
    "conference",
    "drop asked",
    "hang_up",
];

/// The answer to the last command.
fn answer(world: &World) -> String {
    let mut results = world.outputs.iter().filter_map(|output| match output {
        Output::DeskResult { result, .. } => Some(result),
        _ => None,
    });
    match results.next_back() {
        Some(CommandResult::Ok) => "ok".into(),
        Some(CommandResult::Error { code, actual }) => {
            format!("{code} in {}", actual.as_deref().unwrap_or("-"))
        }
        Some(CommandResult::Denied { rule, .. }) => format!("denied by {rule}"),
        None => "nothing".into(),
    }
}

/// Ivan at work, Anna at her desk in a break.
fn floor(script: &str) -> World {
    let config = Config {
        transfer_outside: vec!["+7495*".into()],
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play(
        "0 operators ivan anna petr
         0 anna sits
         0 anna says not_ready LUNCH
         0 ivan sits",
    );
    world.play(script);
    world
}

/// Behaviour 5.2: what does not fit the state is refused with the state, and changes nothing.
#[test]
fn every_command_in_every_state() {
    let mut table = String::new();
    for (state, script) in STATES {
        for command in COMMANDS {
            let mut world = floor(script);
            world.play("10 end");
            let before = world.outputs.len();
            world.play(&format!("10 ivan says {command}"));
            let answer = answer(&world);
            let asked_for = world.outputs.len() - before;
            assert!(
                answer == "ok" || asked_for == 1,
                "{state}: {command} did something"
            );
            writeln!(table, "{state:<18} {command:<14} {answer}").expect("a string takes all");
        }
    }
    assert_snapshot!(table, @"
    not_ready          hold           invalid_state in not_ready
    not_ready          resume         invalid_state in not_ready
    not_ready          keys 12#       invalid_state in not_ready
    not_ready          transfer anna  invalid_state in not_ready
    not_ready          consult anna   invalid_state in not_ready
    not_ready          complete       invalid_state in not_ready
    not_ready          cancel_consult invalid_state in not_ready
    not_ready          park           invalid_state in not_ready
    not_ready          mute on        invalid_state in not_ready
    not_ready          conference     invalid_state in not_ready
    not_ready          drop asked     invalid_state in not_ready
    not_ready          hang_up        unknown_call in not_ready
    ready              hold           invalid_state in ready
    ready              resume         invalid_state in ready
    ready              keys 12#       invalid_state in ready
    ready              transfer anna  invalid_state in ready
    ready              consult anna   invalid_state in ready
    ready              complete       invalid_state in ready
    ready              cancel_consult invalid_state in ready
    ready              park           invalid_state in ready
    ready              mute on        invalid_state in ready
    ready              conference     invalid_state in ready
    ready              drop asked     invalid_state in ready
    ready              hang_up        unknown_call in ready
    reserved           hold           invalid_state in reserved
    reserved           resume         invalid_state in reserved
    reserved           keys 12#       invalid_state in reserved
    reserved           transfer anna  invalid_state in reserved
    reserved           consult anna   invalid_state in reserved
    reserved           complete       invalid_state in reserved
    reserved           cancel_consult invalid_state in reserved
    reserved           park           invalid_state in reserved
    reserved           mute on        invalid_state in reserved
    reserved           conference     invalid_state in reserved
    reserved           drop asked     invalid_state in reserved
    reserved           hang_up        not_your_call in reserved
    ringing            hold           invalid_state in ringing
    ringing            resume         invalid_state in ringing
    ringing            keys 12#       invalid_state in ringing
    ringing            transfer anna  invalid_state in ringing
    ringing            consult anna   invalid_state in ringing
    ringing            complete       invalid_state in ringing
    ringing            cancel_consult invalid_state in ringing
    ringing            park           invalid_state in ringing
    ringing            mute on        invalid_state in ringing
    ringing            conference     invalid_state in ringing
    ringing            drop asked     invalid_state in ringing
    ringing            hang_up        not_your_call in ringing
    talking            hold           ok
    talking            resume         invalid_state in talking
    talking            keys 12#       ok
    talking            transfer anna  ok
    talking            consult anna   ok
    talking            complete       invalid_state in talking
    talking            cancel_consult invalid_state in talking
    talking            park           ok
    talking            mute on        ok
    talking            conference     invalid_state in talking
    talking            drop asked     invalid_state in talking
    talking            hang_up        ok
    hold               hold           invalid_state in hold
    hold               resume         ok
    hold               keys 12#       invalid_state in hold
    hold               transfer anna  ok
    hold               consult anna   ok
    hold               complete       invalid_state in hold
    hold               cancel_consult invalid_state in hold
    hold               park           ok
    hold               mute on        ok
    hold               conference     invalid_state in hold
    hold               drop asked     invalid_state in hold
    hold               hang_up        ok
    hold by the phone  hold           invalid_state in hold
    hold by the phone  resume         phone_holds in hold
    hold by the phone  keys 12#       invalid_state in hold
    hold by the phone  transfer anna  ok
    hold by the phone  consult anna   phone_holds in hold
    hold by the phone  complete       invalid_state in hold
    hold by the phone  cancel_consult invalid_state in hold
    hold by the phone  park           ok
    hold by the phone  mute on        ok
    hold by the phone  conference     invalid_state in hold
    hold by the phone  drop asked     invalid_state in hold
    hold by the phone  hang_up        ok
    consult, it rings  hold           invalid_state in consult
    consult, it rings  resume         invalid_state in consult
    consult, it rings  keys 12#       invalid_state in consult
    consult, it rings  transfer anna  invalid_state in consult
    consult, it rings  consult anna   invalid_state in consult
    consult, it rings  complete       ok
    consult, it rings  cancel_consult ok
    consult, it rings  park           invalid_state in consult
    consult, it rings  mute on        ok
    consult, it rings  conference     invalid_state in consult
    consult, it rings  drop asked     invalid_state in consult
    consult, it rings  hang_up        ok
    consult            hold           invalid_state in consult
    consult            resume         invalid_state in consult
    consult            keys 12#       invalid_state in consult
    consult            transfer anna  invalid_state in consult
    consult            consult anna   invalid_state in consult
    consult            complete       ok
    consult            cancel_consult ok
    consult            park           invalid_state in consult
    consult            mute on        ok
    consult            conference     ok
    consult            drop asked     invalid_state in consult
    consult            hang_up        ok
    the caller is gone hold           invalid_state in aside
    the caller is gone resume         invalid_state in aside
    the caller is gone keys 12#       invalid_state in aside
    the caller is gone transfer anna  invalid_state in aside
    the caller is gone consult anna   invalid_state in aside
    the caller is gone complete       invalid_state in aside
    the caller is gone cancel_consult invalid_state in aside
    the caller is gone park           invalid_state in aside
    the caller is gone mute on        invalid_state in aside
    the caller is gone conference     invalid_state in aside
    the caller is gone drop asked     invalid_state in aside
    the caller is gone hang_up        ok
    wrap_up            hold           invalid_state in wrap_up
    wrap_up            resume         invalid_state in wrap_up
    wrap_up            keys 12#       invalid_state in wrap_up
    wrap_up            transfer anna  invalid_state in wrap_up
    wrap_up            consult anna   invalid_state in wrap_up
    wrap_up            complete       invalid_state in wrap_up
    wrap_up            cancel_consult invalid_state in wrap_up
    wrap_up            park           invalid_state in wrap_up
    wrap_up            mute on        invalid_state in wrap_up
    wrap_up            conference     invalid_state in wrap_up
    wrap_up            drop asked     invalid_state in wrap_up
    wrap_up            hang_up        invalid_state in wrap_up
    ");
}

#[test]
fn another_call_than_the_one_in_hand_is_refused() {
    let mut world =
        floor("1 A calls\n 6 ivan answers\n 6 anna says ready\n 7 B calls\n 13 anna answers");
    world.crosses("ivan", "anna");
    world.play("14 ivan says hold");
    assert_eq!(answer(&world), "not_your_call in talking");
    world.play("15 B hangs up\n 99 ivan says hold");
    assert_eq!(answer(&world), "unknown_call in talking");
}

#[test]
fn hold_from_the_desk_and_by_the_phone() {
    assert_snapshot!(talking(
        "10 ivan says hold
         12 ivan holds
         13 ivan says resume
         14 ivan resumes
         15 ivan says resume
         16 ivan says resume"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    13.000 [ivan] error phone_holds in hold
    15.000 A bridge A/1
    15.000 A * A/1 holds: false
    15.000 A mark resume
    15.000 [ivan] resumed
    15.000 [ivan] talking
    16.000 [ivan] error invalid_state in talking
    ");
}

/// A card's number may be among them: no output, no fact and no journal has which they were.
#[test]
fn keys_are_for_the_caller_and_on_no_record() {
    let mut world = floor("1 A calls\n 6 ivan answers");
    world.play("10 ivan says keys 427639#");
    let sent = world.outputs.iter().find_map(|output| match output {
        Output::SendKeys { leg, keys } => Some((leg.is_caller(), keys.reveal())),
        _ => None,
    });
    assert_eq!(sent, Some((true, "427639#")));
    let outputs = serde_json::to_string(&world.outputs).expect("plain");
    let debug = format!("{:?} {:?}", world.outputs, world.journal);
    assert!(!outputs.contains("427639") && !debug.contains("427639"));
    assert!(outputs.contains("\"count\":7"), "{outputs}");
}

#[test]
fn blind_from_the_desk_to_a_colleague_and_back() {
    assert_snapshot!(talking(
        "10 ivan says transfer anna
         15 anna declines
         16 ivan answers
         20 A hangs up"
    ), @"
    10.000 [ivan] passed on to anna, attended: false
    10.000 A * ivan passes on to operator anna, blind
    10.000 A/1 hang up
    10.000 [ivan] talk ended by operator
    10.000 A * queued in support at 3
    10.000 A play music for ever
    10.000 A * offer A#1 closed: BridgedEnded
    10.000 [ivan] card A#1 closed: BridgedEnded
    10.000 [ivan] wrap_up
    10.000 A * offered A#2 to anna
    10.000 [anna] card A#2 waited 4999 ms attempt 1 client error
    10.000 [anna] reserved
    10.001 A * A/1 over: ByUs
    10.020 A * popped in 20000 us, seen: true
    10.020 A * dialled A/2
    10.020 A/2 dial anna showing +79990000001, no name
    15.000 A * A/2 over: Declined
    15.000 A * offer A#2 closed: Rejected
    15.000 [anna] card A#2 closed: Rejected
    15.000 A * ivan says AUTO
    15.000 A * ivan wrapped up in 5000 ms
    15.000 A * offered A#3 to ivan
    15.000 [ivan] card A#3 waited 9999 ms attempt 2 client error
    15.000 [anna] not_ready LUNCH
    15.000 [ivan] reserved
    15.020 A * popped in 20000 us, seen: true
    15.020 A * dialled A/3
    15.020 A/3 dial ivan showing +79990000001, no name
    16.000 A * A/3 answered
    16.000 A bridge A/3
    16.000 A * bridged with A/3 after 10999 ms
    16.000 [ivan] talk begins
    16.000 [ivan] recording
    16.000 [ivan] talking
    20.000 A * A over: HungUp
    20.000 A/3 hang up
    20.000 [ivan] talk ended by caller
    20.000 A * offer A#3 closed: BridgedEnded
    20.000 [ivan] card A#3 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.000 A * ENDED Answered: Success caller-hung-up
    ");
}

#[test]
fn blind_from_the_desk_to_a_queue_and_to_a_number_outside() {
    assert_snapshot!(talking_in(TWO_QUEUES,
        "10 ivan says transfer second
         11 petr sits
         12 ivan says transfer second
         13 end"
    ), @"
    10.000 [ivan] passed on to second, attended: false
    10.000 A * ivan passes on to queue second, blind
    10.000 A/1 hang up
    10.000 [ivan] talk ended by operator
    10.000 A * queued in second at 0
    10.000 A play music for ever
    10.000 A * offer A#1 closed: BridgedEnded
    10.000 [ivan] card A#1 closed: BridgedEnded
    10.000 [ivan] wrap_up
    10.001 A * A/1 over: ByUs
    11.000 [petr] not_ready login
    11.000 A * offered A#2 to petr
    11.000 [petr] card A#2 waited 9999 ms attempt 1 client pending
    11.000 [petr] reserved
    11.020 A * popped in 20000 us, seen: true
    11.020 A * dialled A/2
    11.020 A/2 dial petr showing +79990000001, no name
    12.000 [ivan] error invalid_state in wrap_up
    ");
    assert_snapshot!(talking(
        "10 ivan says transfer +78121234567
         11 ivan says transfer nobody
         12 ivan says transfer ivan
         13 ivan says transfer petr
         20 ivan says transfer +74951234567
         22 outside answers
         30 outside hangs-up"
    ), @"
    10.000 [ivan] error not_allowed in talking
    11.000 [ivan] error unknown_target in talking
    12.000 [ivan] error not_allowed in talking
    13.000 [ivan] error target_away in talking
    20.000 [ivan] passed on to +74951234567, attended: false
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
    22.000 A * A/2 answered
    22.000 A bridge A/2
    22.000 A * bridged with A/2 after 16999 ms
    30.000 A * A/2 over: HungUp
    30.000 A hang up
    ");
}

/// C5: the leg of the talk hears the colleague while the caller hears music; no phone of the operator is rung a second time.
#[test]
fn asked_aside_with_one_leg_and_joined() {
    let mut world = floor("1 A calls\n 6 ivan answers\n 10 listen");
    world.play(
        "10 ivan says consult anna
         11 anna rings
         12 anna answers
         20 ivan says complete
         40 A hangs up",
    );
    let to_ivan = |output: &&Output| matches!(output, Output::Dial { target: DialTarget::Operator { operator }, .. } if *operator == OperatorId::from("ivan"));
    assert_eq!(world.outputs.iter().filter(to_ivan).count(), 1);
    assert_snapshot!(world.tell("41 end"), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A/2 dial anna showing withheld, ivan (ivan)
    10.000 [ivan] asks anna: ringing
    10.000 [ivan] consult
    10.000 [anna] talking
    11.000 A * A/2 rings
    12.000 A * A/2 answered
    12.000 A/1 bridge A/2
    12.000 [anna] asked by ivan: answered, client error
    12.000 [ivan] asks anna: answered
    20.000 [ivan] talk ended by operator
    20.000 [ivan] passed on to anna, attended: true
    20.000 A * ivan passes on to operator anna, with a word
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [anna] asked by ivan: over
    20.000 A/1 hang up
    20.000 A/2 talks with +79990000001, no name
    20.000 A * offered A#2 to anna
    20.000 [anna] card A#2 client error
    20.000 A bridge A/2
    20.000 A * bridged with A/2 after 14999 ms
    20.000 [anna] talk begins
    20.000 [anna] recording
    20.000 [anna] talking
    20.000 [ivan] wrap_up
    20.001 A * A/1 over: ByUs
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
fn a_word_aside_that_ends_takes_the_caller_back() {
    assert_snapshot!(talking(
        "10 ivan says consult anna
         12 anna busy
         13 ivan says hold
         14 ivan says consult anna
         15 anna answers
         18 anna hangs-up
         20 ivan says consult anna
         21 anna answers
         22 ivan says cancel_consult
         30 ivan says consult +74951234567
         60 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A/2 dial anna showing withheld, ivan (ivan)
    10.000 [ivan] asks anna: ringing
    10.000 [ivan] consult
    10.000 [anna] talking
    12.000 A * A/2 over: Busy
    12.000 [ivan] asks anna: busy
    12.000 [anna] asked by ivan: over
    12.000 A bridge A/1
    12.000 A * A/1 holds: false
    12.000 A mark resume
    12.000 [ivan] resumed
    12.000 [ivan] talking
    12.000 [anna] not_ready LUNCH
    13.000 A unbridge
    13.000 A play music for ever
    13.000 A * A/1 holds: true
    13.000 A mark hold
    13.000 [ivan] held
    13.000 [ivan] hold
    14.000 [anna] asked by ivan: ringing, client error
    14.000 A * dialled A/3
    14.000 A/3 dial anna showing withheld, ivan (ivan)
    14.000 [ivan] asks anna: ringing
    14.000 [anna] talking
    14.000 [ivan] consult
    15.000 A * A/3 answered
    15.000 A/1 bridge A/3
    15.000 [anna] asked by ivan: answered, client error
    15.000 [ivan] asks anna: answered
    18.000 A * A/3 over: HungUp
    18.000 [ivan] asks anna: hung_up
    18.000 [anna] asked by ivan: over
    18.000 A bridge A/1
    18.000 A * A/1 holds: false
    18.000 A mark resume
    18.000 [ivan] resumed
    18.000 [ivan] talking
    18.000 [anna] not_ready LUNCH
    20.000 A unbridge
    20.000 A play music for ever
    20.000 A * A/1 holds: true
    20.000 A mark hold
    20.000 [ivan] held
    20.000 [anna] asked by ivan: ringing, client error
    20.000 A * dialled A/4
    20.000 A/4 dial anna showing withheld, ivan (ivan)
    20.000 [ivan] asks anna: ringing
    20.000 [ivan] consult
    20.000 [anna] talking
    21.000 A * A/4 answered
    21.000 A/1 bridge A/4
    21.000 [anna] asked by ivan: answered, client error
    21.000 [ivan] asks anna: answered
    22.000 [ivan] asks anna: cancelled
    22.000 [anna] asked by ivan: over
    22.000 A/4 hang up
    22.000 A bridge A/1
    22.000 A * A/1 holds: false
    22.000 A mark resume
    22.000 [ivan] resumed
    22.000 [ivan] talking
    22.000 [anna] not_ready LUNCH
    22.001 A * A/4 over: ByUs
    30.000 A unbridge
    30.000 A play music for ever
    30.000 A * A/1 holds: true
    30.000 A mark hold
    30.000 [ivan] held
    30.000 A * dialled A/5
    30.000 A/5 dial +74951234567 showing withheld, ivan (ivan)
    30.000 [ivan] asks +74951234567: ringing
    30.000 [ivan] consult
    60.000 [ivan] asks +74951234567: no_answer
    60.000 A/5 hang up
    60.000 A bridge A/1
    60.000 A * A/1 holds: false
    60.000 A mark resume
    60.000 [ivan] resumed
    60.000 [ivan] talking
    ");
}

#[test]
fn joined_before_the_answer_it_is_a_blind_transfer() {
    let told =
        talking("10 ivan says consult anna\n 12 ivan says complete\n 13 anna answers\n 14 end");
    assert!(
        told.contains("* ivan passes on to operator anna, blind"),
        "{told}"
    );
    assert!(told.contains("[anna] talk begins"), "{told}");
}

#[test]
fn the_caller_leaves_in_the_middle_of_a_word_from_the_desk() {
    assert_snapshot!(talking(
        "10 ivan says consult anna
         12 A hangs up
         13 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A/2 dial anna showing withheld, ivan (ivan)
    10.000 [ivan] asks anna: ringing
    10.000 [ivan] consult
    10.000 [anna] talking
    12.000 A * A over: HungUp
    12.000 [anna] asked by ivan: over
    12.000 A/2 hang up
    12.000 A/1 hang up
    12.000 [ivan] talk ended by caller
    12.000 [ivan] wrap_up
    12.000 [anna] not_ready LUNCH
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 A * ENDED Answered: Success caller-hung-up
    12.001 A * A/2 over: ByUs
    12.001 A * A/1 over: ByUs
    ");
    assert_snapshot!(talking(
        "10 ivan says consult anna
         12 anna answers
         15 A hangs up
         20 ivan hangs-up
         21 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A/2 dial anna showing withheld, ivan (ivan)
    10.000 [ivan] asks anna: ringing
    10.000 [ivan] consult
    10.000 [anna] talking
    12.000 A * A/2 answered
    12.000 A/1 bridge A/2
    12.000 [anna] asked by ivan: answered, client error
    12.000 [ivan] asks anna: answered
    15.000 A * A over: HungUp
    15.000 [ivan] asks anna: caller_gone
    15.000 [ivan] talking
    15.000 A * ENDED Answered: Success caller-hung-up
    20.000 A * A/1 over: HungUp
    20.000 [anna] asked by ivan: over
    20.000 A/2 hang up
    20.000 [ivan] talk ended by caller
    20.000 [anna] not_ready LUNCH
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [ivan] wrap_up
    20.001 A * A/2 over: ByUs
    ");
}

/// The phone is as free as it was: it passes on, hangs up and holds while its desk asks somebody.
#[test]
fn what_the_phone_does_in_a_word_from_the_desk() {
    assert_snapshot!(talking(
        "10 ivan says consult anna
         12 anna answers
         13 ivan holds
         14 ivan says cancel_consult
         15 ivan resumes
         16 ivan says consult anna
         17 ivan refers +74951234567
         18 outside answers
         19 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A/2 dial anna showing withheld, ivan (ivan)
    10.000 [ivan] asks anna: ringing
    10.000 [ivan] consult
    10.000 [anna] talking
    12.000 A * A/2 answered
    12.000 A/1 bridge A/2
    12.000 [anna] asked by ivan: answered, client error
    12.000 [ivan] asks anna: answered
    14.000 [ivan] asks anna: cancelled
    14.000 [anna] asked by ivan: over
    14.000 A/2 hang up
    14.000 [ivan] hold
    14.000 [anna] not_ready LUNCH
    14.001 A * A/2 over: ByUs
    15.000 A bridge A/1
    15.000 A * A/1 holds: false
    15.000 A mark resume
    15.000 [ivan] resumed
    15.000 [ivan] talking
    16.000 A unbridge
    16.000 A play music for ever
    16.000 A * A/1 holds: true
    16.000 A mark hold
    16.000 [ivan] held
    16.000 [anna] asked by ivan: ringing, client error
    16.000 A * dialled A/3
    16.000 A/3 dial anna showing withheld, ivan (ivan)
    16.000 [ivan] asks anna: ringing
    16.000 [ivan] consult
    16.000 [anna] talking
    17.000 A/1 refer: 202
    17.000 A * ivan passes on to external +7495•••4567, blind
    17.000 [anna] asked by ivan: over
    17.000 A/3 hang up
    17.000 A/1 hang up
    17.000 [ivan] talk ended by operator
    17.000 A play music for ever
    17.000 A * dialled A/4
    17.000 A/4 dial +74951234567 showing withheld, no name
    17.000 [ivan] wrap_up
    17.000 A * offer A#1 closed: BridgedEnded
    17.000 [ivan] card A#1 closed: BridgedEnded
    17.000 [anna] not_ready LUNCH
    17.001 A * A/3 over: ByUs
    17.001 A * A/1 over: ByUs
    18.000 A * A/4 answered
    18.000 A/1 refer goes: 200
    18.000 A bridge A/4
    18.000 A * bridged with A/4 after 12999 ms
    ");
    let gone = talking("10 ivan says consult anna\n 12 anna answers\n 13 ivan hangs-up\n 14 end");
    assert!(
        gone.contains("A/2 hang up") && gone.contains("ENDED Answered"),
        "{gone}"
    );
    let dead = talking("10 ivan says consult anna\n 12 anna answers\n 13 ivan dies\n 14 end");
    assert!(
        dead.contains("A/2 hang up") && dead.contains("* queued in support"),
        "{dead}"
    );
}

/// Two ends of one race, in either order: one of them is refused and nobody is left over.
#[test]
fn races_of_the_desk() {
    // The caller hangs up as they are passed on: nobody rings any more.
    let left = talking("10 ivan says transfer anna\n 10 A hangs up\n 12 end");
    assert!(
        left.contains("ENDED Answered") && !left.contains("dial anna"),
        "{left}"
    );
    let late = talking("10 A hangs up\n 10 ivan says transfer anna\n 12 end");
    assert!(late.contains("error invalid_state in wrap_up"), "{late}");
    // The phone holds and asks for a transfer in one breath, and so does the desk.
    let both = talking("10 ivan holds\n 10 ivan refers anna\n 10 ivan says transfer anna\n 12 end");
    assert!(both.contains("A/1 refer: 202"), "{both}");
    assert!(both.contains("error invalid_state in wrap_up"), "{both}");
    // The desk shows the card in the moment in which the phone is answered: one INVITE, one talk, nobody refused.
    let mut both =
        floor("0 ivan is silent\n 1 A calls\n 5.4 listen\n 6 ivan answers\n 6 ivan acks");
    both.play("7 A hangs up\n 8 end");
    let dials = |output: &&Output| matches!(output, Output::Dial { .. });
    assert_eq!(both.outputs.iter().filter(dials).count(), 1);
    // Who leaves after this work is not there to be joined with.
    let leaving = talking(
        "10 ivan says consult anna\n 11 anna answers\n 12 anna says logout\n 13 ivan says complete\n 14 end",
    );
    assert!(leaving.contains("[ivan] error"), "{leaving}");
    // Who passes on may leave as well: their work after the talk is the last.
    let leaves =
        talking("10 ivan says logout\n 10 ivan says transfer anna\n 11 anna answers\n 60 end");
    assert!(leaves.contains("[anna] talk begins"), "{leaves}");
    assert!(leaves.contains("[ivan] logged_out"), "{leaves}");
}

/// A page that is drawn anew knows what its operator has in hand.
#[test]
fn the_snapshot_has_the_talk_in_hand() {
    let seen = |script: &str| {
        let world = floor(script);
        let snapshot = world.board.snapshot(&"ivan".into()).expect("a seat");
        serde_json::to_string(&snapshot.talk).expect("plain")
    };
    assert_eq!(seen("1 end"), "null");
    let talk = "1 A calls\n 6 ivan answers\n";
    assert_eq!(seen(talk), r#"{"held":false,"muted":false,"consult":null}"#);
    let asks = format!("{talk} 7 ivan says consult anna\n");
    assert_eq!(
        seen(&asks),
        r#"{"held":true,"muted":false,"consult":{"with":"anna","answered":false,"conference":false,"caller_gone":false}}"#
    );
    assert_eq!(
        seen(&format!("{asks} 8 anna answers\n 9 A hangs up")),
        r#"{"held":false,"muted":false,"consult":{"with":"anna","answered":true,"conference":false,"caller_gone":true}}"#
    );
}

/// Where the caller's side agreed to no telephone-event nothing would be sent.
#[test]
fn keys_that_nobody_would_have_are_refused() {
    let mut world = floor("0 no digits\n 1 A calls\n 6 ivan answers");
    let before = world.outputs.len();
    world.play("10 ivan says keys 12#");
    assert_eq!(answer(&world), "no_digits in talking");
    let said = world.outputs[before..].iter();
    let facts = said.filter(|it| matches!(it, Output::Fact { .. } | Output::SendKeys { .. }));
    assert_eq!(facts.count(), 0);
}
