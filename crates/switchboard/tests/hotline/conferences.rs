//! Three who hear each other, and an operator whose voice is taken off.
use insta::assert_snapshot;

use crate::transfers::talking;

#[test]
fn a_conference_and_back_to_two() {
    assert_snapshot!(talking(
        "10 ivan says conference
         10 ivan says consult anna
         11 ivan says conference
         12 anna answers
         13 listen
         14 ivan says conference
         15 ivan says conference
         16 ivan says hold
         20 ivan says drop asked
         21 ivan says drop asked
         30 A hangs up
         31 end"
    ), @"
    14.000 A bridge A/1
    14.000 A * A/1 holds: false
    14.000 A mark resume
    14.000 [ivan] resumed
    14.000 A * a conference of 3
    14.000 [ivan] asks anna: conference
    14.000 [anna] asked by ivan: conference, client error
    14.000 [ivan] conference
    14.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A/1 A]
    15.000 [ivan] error invalid_state in conference
    16.000 [ivan] error invalid_state in conference
    20.000 [ivan] asks anna: cancelled
    20.000 A mix ends
    20.000 [anna] asked by ivan: over
    20.000 A/2 hang up
    20.000 [ivan] talking
    20.000 [anna] not_ready LUNCH
    20.000 A bridge A/1
    20.001 A * A/2 over: ByUs
    21.000 [ivan] error invalid_state in talking
    30.000 A * A over: HungUp
    30.000 A/1 hang up
    30.000 [ivan] talk ended by caller
    30.000 A * offer A#1 closed: BridgedEnded
    30.000 [ivan] card A#1 closed: BridgedEnded
    30.000 [ivan] wrap_up
    30.000 A * ENDED Answered: Success caller-hung-up
    30.001 A * A/1 over: ByUs
    ");
}

#[test]
fn the_operator_leaves_the_two_others_with_each_other() {
    let ways = [
        "ivan hangs-up",
        "ivan says hang_up",
        "ivan says complete",
        "ivan dies",
    ];
    for leaves in ways {
        let told = talking(&format!(
            "10 ivan says consult anna\n 12 anna answers\n 14 ivan says conference\n 20 listen\n 20 {leaves}\n 21 end"
        ));
        let lines: Vec<&str> = told.lines().collect();
        let place = |words: &str| lines.iter().position(|line| line.contains(words));
        let (mix, bridge) = (place("A mix ends"), place("A bridge A/2"));
        assert!(mix.is_some() && mix < bridge, "{told}");
        assert!(
            told.contains("[anna] talking") && told.contains("[ivan] wrap_up"),
            "{told}"
        );
    }
}

#[test]
fn the_caller_leaves_or_is_sent_out_and_the_two_talk_on() {
    for leaves in ["A hangs up", "ivan says drop caller"] {
        let told = talking(&format!(
            "10 ivan says consult anna\n 12 anna answers\n 14 ivan says conference\n 20 listen\n 20 {leaves}\n 25 anna hangs-up\n 26 end"
        ));
        assert!(told.contains("A/1 bridge A/2"), "{told}");
        assert!(told.contains("[ivan] asks anna: caller_gone"), "{told}");
        assert!(told.contains("* ENDED Answered"), "{told}");
        assert!(told.contains("25.000 [ivan] wrap_up"), "{told}");
    }
}

/// Nobody could put their voice on again once the caller is gone.
#[test]
fn a_voice_that_was_off_is_on_when_the_caller_leaves() {
    for before in [
        "14 ivan says conference\n 15 ivan says mute on",
        "15 ivan says mute on",
    ] {
        let told = talking(&format!(
            "10 ivan says consult anna\n 12 anna answers\n {before}\n 20 listen\n 20 A hangs up\n 25 anna hangs-up\n 26 end"
        ));
        assert!(told.contains("[ivan] muted: false"), "{told}");
        assert!(told.contains("A/1 bridge A/2"), "{told}");
    }
}

/// A phone that holds in a conference is silent there; the caller hears no music before they are alone with it.
#[test]
fn a_phone_that_holds_in_a_conference() {
    let told = talking(
        "10 ivan says consult anna\n 12 anna answers\n 14 ivan says conference\n 15 listen
         16 ivan holds
         20 ivan says drop asked
         25 ivan resumes
         26 end",
    );
    let lines: Vec<&str> = told.lines().collect();
    let place = |words: &str| lines.iter().position(|line| line.contains(words));
    assert!(
        place("20.000 A play music") > place("20.000 A mix ends"),
        "{told}"
    );
    assert!(place("25.000 A bridge A/1").is_some(), "{told}");
}

#[test]
fn a_voice_that_is_off_stays_off_until_it_is_put_on() {
    assert_snapshot!(talking(
        "10 ivan says mute on
         11 ivan says mute on
         12 ivan says hold
         14 ivan says resume
         16 ivan says consult anna
         17 anna answers
         18 ivan says conference
         19 ivan says mute off
         20 ivan says mute on
         21 ivan says drop asked
         22 ivan says mute off
         23 end"
    ), @"
    10.000 A * A/1 muted: true
    10.000 [ivan] muted: true
    10.000 A mix: A hears [], A/1 hears [A]
    12.000 A mix ends
    12.000 A unbridge
    12.000 A play music for ever
    12.000 A * A/1 holds: true
    12.000 A mark hold
    12.000 [ivan] held
    12.000 [ivan] hold
    14.000 A bridge A/1
    14.000 A * A/1 holds: false
    14.000 A mark resume
    14.000 [ivan] resumed
    14.000 [ivan] talking
    14.000 A mix: A hears [], A/1 hears [A]
    16.000 A mix ends
    16.000 A unbridge
    16.000 A play music for ever
    16.000 A * A/1 holds: true
    16.000 A mark hold
    16.000 [ivan] held
    16.000 [anna] asked by ivan: ringing, client error
    16.000 A * dialled A/2
    16.000 A/2 dial anna showing withheld, ivan (ivan)
    16.000 [ivan] asks anna: ringing
    16.000 [ivan] consult
    16.000 [anna] talking
    17.000 A * A/2 answered
    17.000 A/1 bridge A/2
    17.000 [anna] asked by ivan: answered, client error
    17.000 [ivan] asks anna: answered
    17.000 A mix: A/2 hears [], A/1 hears [A/2]
    18.000 A bridge A/1
    18.000 A * A/1 holds: false
    18.000 A mark resume
    18.000 [ivan] resumed
    18.000 A * a conference of 3
    18.000 [ivan] asks anna: conference
    18.000 [anna] asked by ivan: conference, client error
    18.000 [ivan] conference
    18.000 A mix: A hears [A/2], A/1 hears [A A/2], A/2 hears [A]
    19.000 A * A/1 muted: false
    19.000 [ivan] muted: false
    19.000 A mix: A hears [A/1 A/2], A/1 hears [A A/2], A/2 hears [A/1 A]
    20.000 A * A/1 muted: true
    20.000 [ivan] muted: true
    20.000 A mix: A hears [A/2], A/1 hears [A A/2], A/2 hears [A]
    21.000 [ivan] asks anna: cancelled
    21.000 A mix ends
    21.000 [anna] asked by ivan: over
    21.000 A/2 hang up
    21.000 [ivan] talking
    21.000 [anna] not_ready LUNCH
    21.000 A mix: A hears [], A/1 hears [A]
    21.001 A * A/2 over: ByUs
    22.000 A * A/1 muted: false
    22.000 [ivan] muted: false
    22.000 A mix ends
    22.000 A bridge A/1
    ");
}

/// After a transfer the talk is another's: whoever only writes the call up cannot end it.
#[test]
fn who_has_passed_the_caller_on_hangs_up_nobodys_talk() {
    let told = talking(
        "10 ivan says consult anna\n 12 anna answers\n 14 ivan says complete\n 15 listen\n 15 ivan says hang_up\n 16 end",
    );
    assert!(told.contains("invalid_state"), "{told}");
    assert!(!told.contains("hang up"), "{told}");
}

/// Whoever was asked has said that they leave: they may not take the talk over, and the caller is not cut off for it.
#[test]
fn who_would_be_left_alone_is_back_in_the_queue() {
    for leaves in ["ivan hangs-up", "ivan says hang_up"] {
        let told = talking(&format!(
            "10 ivan says consult anna\n 12 anna answers\n 14 ivan says conference\n 15 anna says logout\n 20 listen\n 20 {leaves}\n 21 end"
        ));
        assert!(told.contains("decided: requeue"), "{told}");
        assert!(!told.contains("ENDED"), "{told}");
    }
}
