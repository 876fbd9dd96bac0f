//! What of a room reaches the recorder: the caller's own two sides to the bit, and beside them what the caller did not hear.
mod common;

use common::talk::{CALLER, CHIEF, OPERATOR, Talk, VOICES, voice, voices_in};
use gudok_media::control::{Codec, Command};
use gudok_media::g711::{self, FRAME};
use gudok_media::tap::{Packet, Record, Side};

#[test]
fn the_recording_has_both_sides_to_the_bit_and_a_whisper_beside_them() {
    let mut talk = Talk::new(&[Codec::Pcma; 3]);
    let (caller, operator) = (talk.parties[CALLER].clone(), talk.parties[OPERATOR].clone());
    talk.stage.tell(Command::Record {
        leg: caller.leg,
        recording: 9,
    });
    talk.stage.bridge(&caller, &operator);
    talk.frames(25);
    talk.mix(&[
        (CALLER, &[OPERATOR]),
        (OPERATOR, &[CALLER, CHIEF]),
        (CHIEF, &[CALLER, OPERATOR]),
    ]);
    talk.frames(50);
    talk.mix(&[
        (CALLER, &[OPERATOR]),
        (OPERATOR, &[CALLER]),
        (CHIEF, &[CALLER, OPERATOR]),
    ]);
    talk.frames(50);
    let records = talk.stage.records(|record| match record {
        Record::Packet(Packet {
            side,
            payload,
            ts,
            seq,
            ..
        }) => Some((side, payload.to_vec(), ts, seq)),
        _ => None,
    });
    let of = |side| {
        let all = records.iter().filter(move |it| it.0 == side);
        all.map(|it| it.1.clone()).collect::<Vec<_>>()
    };
    let said: Vec<Vec<u8>> = (0..125).map(|n| voice(Codec::Pcma, VOICES[0], n)).collect();
    assert!(of(Side::Left) == said, "what the caller says");
    let heard: Vec<Vec<u8>> = talk
        .heard(CALLER)
        .into_iter()
        .map(|it| it.payload)
        .collect();
    assert!(of(Side::Right) == heard, "what the caller hears");
    let third: Vec<i16> = of(Side::Third)
        .concat()
        .iter()
        .map(|&it| g711::decode(Codec::Pcma, it))
        .collect();
    assert_eq!(voices_in(&third[8 * FRAME..]), [CHIEF]);
    let numbers: Vec<(u32, u16)> = records
        .iter()
        .filter(|it| it.0 == Side::Third)
        .map(|it| (it.2, it.3))
        .collect();
    assert!(
        (46..=50).contains(&numbers.len()),
        "of a second: {}",
        numbers.len()
    );
    assert!(
        numbers
            .windows(2)
            .all(|it| it[1].0 - it[0].0 == 160 && it[1].1 == it[0].1 + 1)
    );
    assert!(
        (500..=560).contains(&(numbers[0].0 / 8)),
        "its place in milliseconds: {}",
        numbers[0].0 / 8
    );
}

#[test]
fn a_held_caller_has_no_third_track_and_a_pause_has_none_either() {
    let mut talk = Talk::new(&[Codec::Pcma; 3]);
    let caller = talk.parties[CALLER].leg;
    talk.stage.tell(Command::Record {
        leg: caller,
        recording: 9,
    });
    talk.mix(&[(CALLER, &[]), (OPERATOR, &[CHIEF]), (CHIEF, &[OPERATOR])]);
    talk.frames(25);
    talk.stage.tell(Command::PauseRecording {
        leg: caller,
        on: true,
    });
    talk.mix(&[
        (CALLER, &[OPERATOR]),
        (OPERATOR, &[CHIEF]),
        (CHIEF, &[OPERATOR]),
    ]);
    talk.frames(25);
    assert!(talk.stage.recorded(Side::Third).is_empty());
}

#[test]
fn a_word_aside_is_recorded_on_its_own_leg_until_the_caller_comes_in() {
    let mut talk = Talk::new(&[Codec::Pcma; 3]);
    let [caller, operator, asked] = [CALLER, OPERATOR, CHIEF].map(|it| talk.parties[it].clone());
    for (leg, recording) in [(caller.leg, 9), (asked.leg, 10)] {
        talk.stage.tell(Command::Record { leg, recording });
    }
    talk.stage.bridge(&operator, &asked);
    talk.frames(50);
    talk.stage.tell(Command::StopRecording { leg: asked.leg });
    talk.mix(&[
        (CALLER, &[OPERATOR, CHIEF]),
        (OPERATOR, &[CALLER, CHIEF]),
        (CHIEF, &[CALLER, OPERATOR]),
    ]);
    talk.frames(50);

    let records = of_recordings(&mut talk);
    let heard_of = |of: u64, side: Side| {
        let all = records.iter().filter(|it| (it.0, it.1) == (of, side));
        let frames = all.flat_map(|it| it.2.iter());
        let samples: Vec<i16> = frames.map(|&it| g711::decode(Codec::Pcma, it)).collect();
        samples
    };
    assert_eq!(voices_in(&heard_of(10, Side::Left)), [CHIEF]);
    assert_eq!(voices_in(&heard_of(10, Side::Right)), [OPERATOR]);
    let aside = heard_of(10, Side::Left).len() / FRAME;
    assert_eq!(aside, 50, "then it is over");
    assert_eq!(voices_in(&heard_of(9, Side::Left)), [CALLER]);
    let heard = heard_of(9, Side::Right).len() / FRAME;
    assert!(
        (46..=50).contains(&heard),
        "of the conference alone: {heard}"
    );
}

/// Every packet on tape: of which recording, which side, and its samples.
fn of_recordings(talk: &mut Talk) -> Vec<(u64, Side, Vec<u8>)> {
    let stage = &mut talk.stage;
    stage.engine.flush(stage.now);
    let mut seen = Vec::new();
    while let Some(block) = stage.taps.next() {
        let records = gudok_media::tap::read(block.bytes()).expect("a block");
        seen.extend(records.filter_map(|it| match it.record {
            Record::Packet(Packet { side, payload, .. }) => {
                Some((it.recording, side, payload.to_vec()))
            }
            _ => None,
        }));
        stage.taps.give_back(block);
    }
    seen
}
