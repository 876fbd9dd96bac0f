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
    let step = std::f64::consts::TAU / 8e3;
    for packet in 0..6 {
        let sample = |n: usize| {
            let at = (packet * 160 + n) as f64 * step;
            let loud = if packet < 3 { 6e3 } else { 0.0 };
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
    let mut caller = stage.party();
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
