//! What the operator hears who calls a client: ringing, the carrier's own sound, and why nobody was reached.
use gudok_switchboard::Config;
use insta::assert_snapshot;

use crate::outgoing::{lines, story};
use crate::plans::CALLS;
use crate::world::World;

/// What is heard, and how it ends.
const HEARD: [&str; 8] = [
    "play", "silence", "bridge", "hang up", "record", "dialling", "ENDED", "wrap_up",
];

fn heard(script: &str) -> String {
    lines(&story(script), &HEARD)
}

#[test]
fn the_own_ringing_tone_ends_with_the_answer() {
    assert_snapshot!(heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer rings
         20 customer answers
         25 end"
    ), @r"
    10.000 [ivan] dialling: phone
    13.000 [ivan] dialling: customer
    14.000 [ivan] dialling: ringing
    14.000 ?/1 play ringing_tone for ever
    20.000 ?/1 silence
    20.000 ? play notice
    20.000 [ivan] dialling: notice
    22.000 ? * notice notice played
    22.000 ? record
    22.000 ? bridge ?/1
    22.000 ? * bridged with ?/1 after 0 ms
    22.000 [ivan] recording
    ");
}

#[test]
fn the_carriers_sound_takes_the_place_of_our_tone_and_is_cut_off_before_the_notice() {
    assert_snapshot!(heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer rings
         15 customer sounds
         20 customer answers
         25 end"
    ), @r"
    10.000 [ivan] dialling: phone
    13.000 [ivan] dialling: customer
    14.000 [ivan] dialling: ringing
    14.000 ?/1 play ringing_tone for ever
    15.000 ?/1 silence
    15.000 ? bridge ?/1
    20.000 ?/1 unbridge
    20.000 ? play notice
    20.000 [ivan] dialling: notice
    22.000 ? * notice notice played
    22.000 ? record
    22.000 ? bridge ?/1
    22.000 ? * bridged with ?/1 after 0 ms
    22.000 [ivan] recording
    ");
    // It is heard at once where nothing rang before, and our tone does not come over it.
    let told = heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer sounds
         15 customer rings
         16 end",
    );
    assert!(!told.contains("play"), "{told}");
}

#[test]
fn a_busy_customer_sounds_so_and_then_the_short_work_begins() {
    assert_snapshot!(heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer rings
         15 customer sounds
         20 customer busy
         40 end"
    ), @r"
    10.000 [ivan] dialling: phone
    13.000 [ivan] dialling: customer
    14.000 [ivan] dialling: ringing
    14.000 ?/1 play ringing_tone for ever
    15.000 ?/1 silence
    15.000 ? bridge ?/1
    20.000 [ivan] dialling: busy
    20.000 ?/1 play busy_tone
    22.000 ?/1 hang up
    22.000 [ivan] wrap_up
    22.000 ? * ENDED Out { reached: false }: UpstreamError busy
    ");
}

#[test]
fn each_way_not_to_be_reached_has_its_tone() {
    for (what, tone) in [
        ("busy", "busy_tone"),
        ("declines", "busy_tone"),
        ("unknown", "unobtainable_tone"),
        ("unreachable", "unobtainable_tone"),
    ] {
        let told = heard(&format!(
            "10 ivan says dial CLIENT
             13 ivan answers
             20 customer {what}
             40 end"
        ));
        assert!(told.contains(&format!("play {tone}")), "{what}: {told}");
    }
    // Who rings in vain is rung no more while the operator hears it.
    let told = heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         14 customer rings
         90 end",
    );
    assert!(told.contains("58.000 ? hang up"), "{told}");
    assert!(told.contains("58.000 ?/1 play busy_tone"), "{told}");
    assert!(told.contains("no-answer"), "{told}");
}

/// At the phone, at the desk, or by a call of the customer.
#[test]
fn the_tone_ends_when_the_operator_has_enough() {
    for leaves in ["ivan hangs-up", "ivan says hang_up"] {
        let told = heard(&format!(
            "10 ivan says dial CLIENT
             13 ivan answers
             20 customer busy
             20.5 {leaves}
             40 end"
        ));
        assert!(told.contains("busy_tone\n20.500"), "{told}");
        assert!(told.contains("UpstreamError busy"), "{told}");
        assert!(told.contains("20.500 [ivan] wrap_up"), "{told}");
    }
    let told = heard(
        "10 ivan says dial CLIENT
         13 ivan answers
         20 customer busy
         20.5 A calls CLIENT
         40 end",
    );
    assert!(told.contains("UpstreamError busy"), "{told}");
    assert!(!told.contains("called-in"), "{told}");
}

/// Journals of before are played as they were.
#[test]
fn without_tones_nothing_is_heard_and_the_call_ends_at_once() {
    let config = Config {
        call_tones: None,
        ..Config::default()
    };
    let mut world = World::with(config, CALLS, 0);
    world.play("0 operators ivan\n0 ivan sits\n1 listen");
    let told = world.tell(
        "10 ivan says dial +74951234567
         13 ivan answers
         14 customer rings
         15 customer sounds
         20 customer busy
         40 end",
    );
    assert!(!told.contains("play") && !told.contains("bridge"), "{told}");
    assert!(told.contains("20.000 [ivan] wrap_up"), "{told}");
}
