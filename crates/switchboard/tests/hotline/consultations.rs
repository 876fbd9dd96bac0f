//! Transfers after a consultation: the colleague is asked first, then joined with the caller.
use gudok_model::{CallEvent, GroupId};
use gudok_switchboard::desk::DeskEvent;
use gudok_switchboard::{Config, Output};
use insta::assert_snapshot;

use crate::plans::DAY;
use crate::transfers::{talking, talking_in};
use crate::world::World;

/// Whoever is called for a private caller, and where the trunk says so whoever sees the card, learns neither number nor name.
#[test]
fn who_withholds_the_number_is_nobody_wherever_the_call_goes() {
    for asked in [
        "ivan dials anna",
        "ivan dials +74951234567",
        "ivan refers +74951234567",
    ] {
        for (caller, on_desks) in [("private", true), ("hidden", false)] {
            let config = Config {
                transfer_outside: vec!["+7495*".into()],
                ..Config::default()
            };
            let mut world = World::with(config, DAY, 0);
            world.play(&format!(
                "0 operators ivan anna
                 0 ivan sits
                 1 A calls {caller}
                 6 ivan answers
                 7 anna sits
                 20 {asked}
                 21 end"
            ));
            let outputs = &world.outputs;
            let is_dial = |it: &&Output| matches!(it, Output::Dial { .. });
            let dials: Vec<&Output> = outputs.iter().filter(is_dial).collect();
            assert_eq!(dials.len(), 2, "{asked}: {dials:?}");
            let desks = |it: &&Output| matches!(it, Output::Desk { .. });
            let desks: Vec<&Output> = outputs.iter().filter(desks).collect();
            let text = |outputs| serde_json::to_string(&outputs).expect("plain");
            let (dials, desks) = (text(dials), text(desks));
            for secret in ["79990000001", "Ольга"] {
                assert!(!dials.contains(secret), "{asked}: {dials}");
                assert_eq!(desks.contains(secret), on_desks, "{asked}: {desks}");
            }
        }
    }
}

/// Who was asked because the caller had waited for long works on after the talk as their own group has it, and so does whoever the
/// caller is passed on to: a crash in the middle of it must find the same.
#[test]
fn each_offer_tells_of_which_group_the_operator_was_asked() {
    let relaxed = DAY
        .replace("[\"ivan\", \"anna\", \"petr\"]", "[\"ivan\"]")
        .replace(
            "callers_max = 2",
            "relax = [{ after = \"20s\", add = \"second\" }]",
        )
        + "\n[group.second]\noperators = [\"anna\", \"petr\"]\nstrategy = \"linear\"\n";
    let mut world = World::new(&relaxed);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         1 A calls
         7 anna sits
         30 anna answers
         31 petr sits
         32 anna holds
         33 anna dials petr
         34 petr answers
         36 anna joins
         40 end",
    );
    let groups = world.outputs.iter().filter_map(|output| match output {
        Output::Fact {
            fact: CallEvent::Offered {
                operator, group, ..
            },
            ..
        } => Some((operator.as_str(), group.as_ref().map(GroupId::as_str))),
        _ => None,
    });
    let groups: Vec<_> = groups.collect();
    let expected = [
        ("ivan", Some("support")),
        ("anna", Some("second")),
        ("petr", Some("second")),
    ];
    assert_eq!(groups, expected);
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
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    12.000 A * A/3 rings
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.000 [anna] asked by ivan: answered, client error
    13.001 A * A/2 answered
    20.000 [ivan] talk ended by operator
    20.000 A/1 refer: 202
    20.000 A * ivan passes on to operator anna, with a word
    20.000 A/1 refer goes: 200
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
    20.000 [anna] asked by ivan: over
    20.000 A/1 hang up
    20.000 A/2 hang up
    20.000 A/3 talks with +79990000001, no name
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
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    12.000 A * A/3 rings
    14.000 A/1 refer: 202
    14.000 A * ivan passes on to operator anna, blind
    14.000 [anna] asked by ivan: over
    14.000 A/3 hang up
    14.000 A/2 refuse 480
    14.000 A/1 hang up
    14.000 [ivan] talk ended by operator
    14.000 A * queued in support at 3
    14.000 A play music for ever
    14.000 [ivan] wrap_up
    14.000 A * offer A#1 closed: BridgedEnded
    14.000 [ivan] card A#1 closed: BridgedEnded
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
    11.000 [ivan] consult
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
    20.000 [ivan] wrap_up
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
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
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.000 [anna] asked by ivan: answered, client error
    13.001 A * A/2 answered
    15.000 A * A/3 over: HungUp
    15.000 [anna] asked by ivan: over
    15.000 A/2 hang up
    15.000 [ivan] hold
    15.000 [anna] not_ready LUNCH
    15.001 A * A/2 over: ByUs
    16.000 [anna] asked by ivan: ringing, client error
    16.000 A * dialled A/4
    16.000 A * dialled A/5
    16.000 A/4 ring
    16.000 A/5 dial anna showing withheld, ivan (ivan)
    16.000 [anna] talking
    16.000 [ivan] consult
    17.000 A * A/5 over: Busy
    17.000 [anna] asked by ivan: over
    17.000 A/4 refuse 486
    17.000 [ivan] hold
    17.000 [anna] not_ready LUNCH
    17.001 A * A/4 over: ByUs
    18.000 [anna] asked by ivan: ringing, client error
    18.000 A * dialled A/6
    18.000 A * dialled A/7
    18.000 A/6 ring
    18.000 A/7 dial anna showing withheld, ivan (ivan)
    18.000 [anna] talking
    18.000 [ivan] consult
    19.000 A * A/6 over: HungUp
    19.000 [anna] asked by ivan: over
    19.000 A/7 hang up
    19.000 [ivan] hold
    19.000 [anna] not_ready LUNCH
    19.001 A * A/7 over: ByUs
    20.000 A bridge A/1
    20.000 A * A/1 holds: false
    20.000 A mark resume
    20.000 [ivan] resumed
    20.000 [ivan] talking
    21.000 A/8 refuse 480
    22.000 A/9 refuse 403
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
         46 anna rings
         50 A hangs up"
    ), @"
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A * dialled A/3
    10.000 A/2 ring
    10.000 A/3 dial anna showing withheld, ivan (ivan)
    10.000 [anna] talking
    10.000 [ivan] consult
    40.000 [anna] asked by ivan: over
    40.000 A/3 hang up
    40.000 A/2 refuse 480
    40.000 [ivan] talking
    40.000 [anna] not_ready LUNCH
    40.001 A * A/3 over: ByUs
    40.001 A * A/2 over: ByUs
    45.000 [anna] asked by ivan: ringing, client error
    45.000 A * dialled A/4
    45.000 A * dialled A/5
    45.000 A/4 ring
    45.000 A/5 dial anna showing withheld, ivan (ivan)
    45.000 [anna] talking
    45.000 [ivan] consult
    46.000 A * A/5 rings
    50.000 A * A over: HungUp
    50.000 [anna] asked by ivan: over
    50.000 A/5 hang up
    50.000 A/4 refuse 480
    50.000 A/1 hang up
    50.000 [ivan] talk ended by caller
    50.000 [ivan] wrap_up
    50.000 [anna] not_ready LUNCH
    50.000 A * offer A#1 closed: BridgedEnded
    50.000 [ivan] card A#1 closed: BridgedEnded
    50.000 A * ENDED Answered: Success caller-hung-up
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
    10.000 [anna] asked by ivan: ringing, client error
    10.000 A * dialled A/2
    10.000 A * dialled A/3
    10.000 A/2 ring
    10.000 A/3 dial anna showing withheld, ivan (ivan)
    10.000 [anna] talking
    10.000 [ivan] consult
    11.000 A * A/3 answered
    11.000 A/2 answer
    11.000 A/2 bridge A/3
    11.000 [anna] asked by ivan: answered, client error
    11.001 A * A/2 answered
    12.000 [ivan] talk ended by operator
    12.000 A/1 refer: 202
    12.000 A * ivan passes on to operator anna, with a word
    12.000 A/1 refer goes: 200
    12.000 A * offer A#1 closed: BridgedEnded
    12.000 [ivan] card A#1 closed: BridgedEnded
    12.000 A * ivan says AUTO
    12.000 A * ivan wrapped up in 0 ms
    12.000 [anna] asked by ivan: over
    12.000 A/1 hang up
    12.000 A/2 hang up
    12.000 A/3 talks with +79990000001, no name
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
    20.000 [anna] asked by ivan: over
    20.000 A/3 hang up
    20.000 A/2 refuse 480
    20.000 A/1 hang up
    20.000 [ivan] talk ended by operator
    20.000 A * queued in support at 3
    20.000 A play music for ever
    20.000 [ivan] wrap_up
    20.000 A * offer A#1 closed: BridgedEnded
    20.000 [ivan] card A#1 closed: BridgedEnded
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

/// Behaviour 5.2: the word aside is not cut short because the caller has left, the operator writes the call up after it.
#[test]
fn the_caller_leaves_and_the_operator_talks_on_with_whom_they_asked() {
    assert_snapshot!(talking(
        "10 ivan holds
         11 ivan dials anna
         13 anna answers
         20 A hangs up
         25 ivan joins
         30 anna hangs-up
         60 end"
    ), @"
    10.000 A unbridge
    10.000 A play music for ever
    10.000 A * A/1 holds: true
    10.000 A mark hold
    10.000 [ivan] held
    10.000 [ivan] hold
    11.000 [anna] asked by ivan: ringing, client error
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial anna showing withheld, ivan (ivan)
    11.000 [anna] talking
    11.000 [ivan] consult
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.000 [anna] asked by ivan: answered, client error
    13.001 A * A/2 answered
    20.000 A * A over: HungUp
    20.000 A/1 hang up
    20.000 [ivan] asks anna: caller_gone
    20.000 [ivan] talking
    20.000 A * ENDED Answered: Success caller-hung-up
    20.001 A * A/1 over: ByUs
    25.000 A/1 refer: 403
    30.000 A * A/3 over: HungUp
    30.000 [anna] asked by ivan: over
    30.000 A/2 hang up
    30.000 [ivan] talk ended by caller
    30.000 [anna] not_ready LUNCH
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.001 A * A/2 over: ByUs
    50.000 A * ivan says AUTO
    50.000 A * ivan wrapped up in 20000 ms
    50.000 [ivan] ready
    ");
    assert_snapshot!(talking(
        "11 ivan dials +74951234567
         13 outside answers
         20 A hangs up
         25 ivan says hang_up
         26 end"
    ), @"
    11.000 A * dialled A/2
    11.000 A * dialled A/3
    11.000 A/2 ring
    11.000 A/3 dial +74951234567 showing withheld, ivan (ivan)
    11.000 [ivan] consult
    13.000 A * A/3 answered
    13.000 A/2 answer
    13.000 A/2 bridge A/3
    13.001 A * A/2 answered
    20.000 A * A over: HungUp
    20.000 A/1 hang up
    20.000 [ivan] asks +74951234567: caller_gone
    20.000 [ivan] talking
    20.000 A * ENDED Answered: Success caller-hung-up
    20.001 A * A/1 over: ByUs
    25.000 A/3 hang up
    25.000 A/2 hang up
    25.000 [ivan] talk ended by caller
    25.000 A * offer A#1 closed: BridgedEnded
    25.000 [ivan] card A#1 closed: BridgedEnded
    25.000 [ivan] wrap_up
    25.001 A * A/3 over: ByUs
    25.001 A * A/2 over: ByUs
    ");
}

/// A word aside is of the call, so it lasts no longer than a call may.
#[test]
fn a_word_aside_without_its_caller_has_the_limit_of_the_call() {
    let told = talking(
        "11 ivan dials anna
         13 anna answers
         20 A hangs up
         14402 end",
    );
    let lines = told.lines().filter(|line| !line.contains("asked by"));
    let lines: Vec<&str> = lines.collect();
    let alarm = lines.iter().position(|line| line.ends_with("! call_limit"));
    let after = &lines[alarm.expect("the limit holds") + 1..];
    assert!(
        after[0].ends_with("A/3 hang up") && after[1].ends_with("A/2 hang up"),
        "{told}"
    );
}

/// A journal of an earlier version: all legs end with the caller's.
#[test]
fn as_it_was_decided_before_the_two_end_with_the_caller() {
    let config = Config {
        hand: false,
        ..Config::default()
    };
    let mut world = World::with(config, DAY, 0);
    world.play(
        "0 operators ivan anna
         0 ivan sits
         1 A calls
         6 ivan answers
         7 anna sits
         7 anna says not_ready LUNCH
         11 ivan dials anna
         13 anna answers
         20 listen",
    );
    let told = world.tell("20 A hangs up\n 21 end");
    assert!(
        told.contains("A/3 hang up") && told.contains("[ivan] wrap_up"),
        "{told}"
    );
}

/// The card of who asks is on the colleague's desk before the phone is rung, on a desk that is opened anew too, and off it when it
/// is over; data that comes late reaches both.
#[test]
fn who_is_asked_sees_about_whom() {
    let mut world = World::new(DAY);
    world.play(
        "0 operators ivan anna petr
         0 ivan sits
         0 anna sits
         0 anna says not_ready LUNCH
         1 A calls
         6 ivan answers
         10 ivan says consult anna",
    );
    let outputs = &world.outputs;
    let shown = outputs.iter().rposition(|output| {
        matches!(output, Output::Desk { operator, event: DeskEvent::AskedAside(asked) }
            if operator.as_str() == "anna" && asked.card.is_some() && asked.by.as_str() == "ivan")
    });
    let rung = outputs
        .iter()
        .rposition(|it| matches!(it, Output::Dial { .. }));
    assert!(shown.expect("shown") < rung.expect("rung"));
    let asked = |world: &World| world.board.snapshot(&"anna".into()).expect("a seat").asked;
    let ivans = world.board.snapshot(&"ivan".into()).expect("a seat").card;
    let card = asked(&world).expect("asked").card;
    assert_eq!(card.map(|it| it.call), ivans.map(|it| it.call));
    world.play("12 anna answers\n 13 ivan says conference");
    assert_eq!(&*asked(&world).expect("asked").state, "conference");
    world.play("15 ivan says complete\n 16 end");
    assert_eq!(asked(&world), None);
}
