//! Digits through a bridge, into it, and out of it.
mod common;

use common::{Party, Stage, assert_one_stream, keyed};
use gudok_media::control::{Codec, Command, Event};
use gudok_media::{Bank, Kind, g711};

/// One packet of a press, as a phone sends it.
fn press(stage: &mut Stage, party: &mut Party, ts: u32, event: [u8; 4]) {
    let packet = party.packet_of(101, ts, &event);
    stage.arrive(party.leg, Kind::Rtp, party.peer.rtp, &packet);
    stage.wait(20);
}

fn digits(stage: &Stage) -> String {
    let digit = |event: &Event| match event {
        Event::Digit { digit, .. } => Some(*digit),
        _ => None,
    };
    stage.events.iter().filter_map(digit).collect()
}

#[test]
fn a_press_is_told_once_and_passes_the_bridge_under_the_others_number() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = (stage.party(), stage.party());
    operator.peer.dtmf = Some(96);
    stage.agree(&operator);
    stage.bridge(&caller, &operator);
    stage.speak(&mut caller, &keyed(1, 0));
    stage.wait(20);
    let ts = caller.ts;
    for duration in 1..=5u8 {
        press(&mut stage, &mut caller, ts, [5, 10, 0, duration * 32]);
    }
    for _ in 0..3 {
        press(&mut stage, &mut caller, ts, [5, 0x8a, 4, 0]);
    }
    caller.ts += 8 * 160;
    stage.speak(&mut caller, &keyed(1, 1));
    assert_eq!(digits(&stage), "5");
    let heard = stage.heard(&operator);
    let types: Vec<u8> = heard
        .iter()
        .map(|heard| heard.header.payload_type)
        .collect();
    assert_eq!(types, [8, 96, 96, 96, 96, 96, 96, 96, 96, 8]);
    assert!(
        heard[1..9]
            .iter()
            .all(|event| event.header.ts == heard[1].header.ts),
        "one press"
    );
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].header.seq.wrapping_add(1) == pair[1].header.seq)
    );
    assert_eq!(
        heard[9].header.ts.wrapping_sub(heard[0].header.ts),
        9 * 160,
        "time went on"
    );
}

#[test]
fn a_party_without_telephone_events_is_not_sent_any_and_misses_nothing() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = (stage.party(), stage.party());
    operator.peer.dtmf = None;
    stage.agree(&operator);
    stage.bridge(&caller, &operator);
    for n in 0..10 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
        press(&mut stage, &mut caller, n * 1_000, [1, 10, 0, 160]);
    }
    let heard = stage.heard(&operator);
    assert_eq!(heard.len(), 10);
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].header.seq.wrapping_add(1) == pair[1].header.seq)
    );
    assert_eq!(digits(&stage), "1111111111", "told nevertheless");
}

#[test]
fn digits_that_are_sent_take_the_place_of_speech() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for n in 0..60 {
        if n == 20 {
            stage.tell(Command::SendDigits {
                leg: operator.leg,
                digits: "1#".into(),
            });
        }
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
    }
    let heard = stage.heard(&operator);
    let events: Vec<_> = heard
        .iter()
        .filter(|heard| heard.header.payload_type == 101)
        .collect();
    assert_eq!(events.len(), 16, "five and three packets each");
    assert_eq!(events.iter().filter(|event| event.header.marker).count(), 2);
    assert!(events[..8].iter().all(|event| event.payload[0] == 1));
    assert!(events[8..].iter().all(|event| event.payload[0] == 11));
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].header.seq.wrapping_add(1) == pair[1].header.seq)
    );
    let speech: Vec<_> = heard
        .into_iter()
        .filter(|heard| heard.header.payload_type == 8)
        .collect();
    assert!(
        (36..=39).contains(&speech.len()),
        "{} frames of speech",
        speech.len()
    );
    assert_one_stream(&speech[21..]);
}

/// 60 ms of the tones of 5 in packets of 20 ms, then as much silence.
fn key_as_tones(stage: &mut Stage, party: &mut Party) {
    tones(stage, party, 0..3, true);
    tones(stage, party, 3..6, false);
}

/// The tones of 5, or silence, in packets of 20 ms.
fn tones(stage: &mut Stage, party: &mut Party, packets: std::ops::Range<usize>, sound: bool) {
    let step = std::f64::consts::TAU / 8e3;
    for packet in packets {
        let sample = |n: usize| {
            let at = (packet * 160 + n) as f64 * step;
            let loud = if sound { 6e3 } else { 0.0 };
            ((at * 770.0).sin() * loud + (at * 1336.0).sin() * loud) as i16
        };
        let payload: Vec<u8> = (0..160)
            .map(|n| g711::encode(Codec::Pcma, sample(n)))
            .collect();
        stage.speak(party, &payload);
        stage.wait(20);
    }
}

#[test]
fn tones_are_digits_only_while_they_are_listened_for() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = without_events(&mut stage);
    let leg = caller.leg;
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "");
    stage.tell(Command::Listen { leg, on: true });
    key_as_tones(&mut stage, &mut caller);
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "55");
    let by_tone = |event: &Event| matches!(event, Event::Digit { by_tone: true, .. });
    assert!(stage.events.iter().any(by_tone));
    stage.tell(Command::Listen { leg, on: false });
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "55");
}

/// A party that agreed to no telephone-event.
fn without_events(stage: &mut Stage) -> Party {
    let mut party = stage.party();
    party.peer.dtmf = None;
    stage.agree(&party);
    party
}

#[test]
fn one_long_press_answers_one_question() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = without_events(&mut stage);
    let leg = caller.leg;
    stage.tell(Command::Listen { leg, on: true });
    tones(&mut stage, &mut caller, 0..5, true);
    stage.tell(Command::Listen { leg, on: false });
    // Something is looked up between the questions.
    tones(&mut stage, &mut caller, 5..8, true);
    stage.tell(Command::Listen { leg, on: true });
    tones(&mut stage, &mut caller, 8..15, true);
    tones(&mut stage, &mut caller, 15..20, false);
    assert_eq!(digits(&stage), "5");
    // Let go and pressed again while nobody listened, and still pressed when somebody does.
    stage.tell(Command::Listen { leg, on: true });
    key_as_tones(&mut stage, &mut caller);
    stage.tell(Command::Listen { leg, on: false });
    tones(&mut stage, &mut caller, 0..8, true);
    stage.tell(Command::Listen { leg, on: true });
    tones(&mut stage, &mut caller, 8..15, true);
    assert_eq!(digits(&stage), "555");
}

#[test]
fn a_key_counts_again_after_a_pause_in_which_nothing_was_sent_and_not_after_a_loss() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = without_events(&mut stage);
    stage.tell(Command::Listen {
        leg: caller.leg,
        on: true,
    });
    tones(&mut stage, &mut caller, 0..5, true);
    caller.ts = caller.ts.wrapping_add(3 * 160);
    stage.wait(60);
    tones(&mut stage, &mut caller, 0..5, true);
    assert_eq!(digits(&stage), "55");
    caller.seq = caller.seq.wrapping_add(3);
    caller.ts = caller.ts.wrapping_add(3 * 160);
    stage.wait(60);
    tones(&mut stage, &mut caller, 8..12, true);
    assert_eq!(
        digits(&stage),
        "55",
        "three packets of the same press were lost"
    );
}

#[test]
fn tones_count_as_soon_as_the_party_agrees_to_no_events_and_no_longer() {
    let mut stage = Stage::new(Bank::new());
    let mut caller = stage.party();
    stage.tell(Command::Listen {
        leg: caller.leg,
        on: true,
    });
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "", "it has events");
    caller.peer.dtmf = None;
    stage.agree(&caller);
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "5");
    caller.peer.dtmf = Some(101);
    stage.agree(&caller);
    key_as_tones(&mut stage, &mut caller);
    assert_eq!(digits(&stage), "5");
}
