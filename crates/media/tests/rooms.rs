//! Who hears whom in a room, tone by tone, and what becomes of the streams when it begins, changes and ends.
mod common;

use common::talk::{BOTH, CALLER, CHIEF, Matrix, OPERATOR, Talk, VOICES, pcm, voice};
use common::{Heard, Party, Stage, assert_one_stream, keyed, tone};
use gudok_media::control::{Codec, Command, Event, Hears};
use gudok_media::g711::{self, FRAME};
use gudok_media::room::PARTIES_MAX;
use gudok_media::{Bank, goertzel};
use proptest::prelude::*;

#[test]
fn every_mode_is_heard_by_whom_it_is_for_and_by_nobody_else() {
    let mut talk = Talk::new(&BOTH[..3]);
    // A pair, then somebody listens, whispers, barges in, takes over, and is alone.
    let stages: [(&str, Matrix<'_>); 7] = [
        (
            "pair",
            &[(CALLER, &[OPERATOR]), (OPERATOR, &[CALLER]), (CHIEF, &[])],
        ),
        (
            "listen",
            &[
                (CALLER, &[OPERATOR]),
                (OPERATOR, &[CALLER]),
                (CHIEF, &[CALLER, OPERATOR]),
            ],
        ),
        (
            "whisper",
            &[
                (CALLER, &[OPERATOR]),
                (OPERATOR, &[CALLER, CHIEF]),
                (CHIEF, &[CALLER, OPERATOR]),
            ],
        ),
        (
            "barge",
            &[
                (CALLER, &[OPERATOR, CHIEF]),
                (OPERATOR, &[CALLER, CHIEF]),
                (CHIEF, &[CALLER, OPERATOR]),
            ],
        ),
        (
            "take over",
            &[(CALLER, &[CHIEF]), (OPERATOR, &[]), (CHIEF, &[CALLER])],
        ),
        (
            "listen again",
            &[
                (CALLER, &[OPERATOR]),
                (OPERATOR, &[CALLER]),
                (CHIEF, &[CALLER, OPERATOR]),
            ],
        ),
        ("nobody", &[(CALLER, &[]), (OPERATOR, &[]), (CHIEF, &[])]),
    ];
    for (name, matrix) in stages {
        talk.mix(matrix);
        let expected: Vec<Vec<usize>> = matrix.iter().map(|(_, from)| from.to_vec()).collect();
        assert_eq!(talk.matrix(), expected, "{name}");
    }
    let silence = talk.second(CALLER);
    assert_eq!(
        silence.len(),
        8_000,
        "silence is sent, lest the carrier ends the call"
    );
    for party in 0..3 {
        let heard = talk.heard(party);
        assert!(
            heard
                .windows(2)
                .all(|it| it[0].header.seq.wrapping_add(1) == it[1].header.seq)
        );
    }
}

#[test]
fn a_conference_of_four_and_one_who_leaves() {
    let mut talk = Talk::new(&BOTH);
    let all: Matrix<'_> = &[
        (0, &[1, 2, 3]),
        (1, &[0, 2, 3]),
        (2, &[0, 1, 3]),
        (3, &[0, 1, 2]),
    ];
    talk.mix(all);
    assert_eq!(
        talk.matrix(),
        [vec![1, 2, 3], vec![0, 2, 3], vec![0, 1, 3], vec![0, 1, 2]]
    );
    let gone = talk.parties[1].clone();
    talk.stage.close(&gone);
    assert_eq!(talk.matrix(), [vec![2, 3], vec![], vec![0, 3], vec![0, 2]]);
    talk.stage.tell(Command::Unmix {
        room: talk.parties[0].leg,
    });
    assert_eq!(talk.matrix(), vec![Vec::<usize>::new(); 4]);
}

#[test]
fn a_bridge_becomes_a_room_and_a_bridge_again_as_one_stream_within_40_ms() {
    let mut talk = Talk::new(&BOTH[..2]);
    for _ in 0..20 {
        let (a, b) = (talk.parties[0].clone(), talk.parties[1].clone());
        talk.stage.bridge(&a, &b);
        talk.frames(10);
        talk.mix(&[(0, &[1]), (1, &[0])]);
        talk.frames(20);
        talk.stage.bridge(&a, &b);
        talk.frames(10);
        // Another moment of the twenty milliseconds the next time.
        talk.stage.wait(1);
    }
    for party in 0..2 {
        let heard = talk.heard(party);
        for pair in heard.windows(2) {
            let gap = pair[1].at - pair[0].at;
            assert!(gap <= 20_000 + 40_000, "{gap} µs between packets");
            assert_eq!(pair[0].header.seq.wrapping_add(1), pair[1].header.seq);
            assert_eq!(pair[0].header.ssrc, pair[1].header.ssrc);
            let step = i64::from(pair[1].header.ts.wrapping_sub(pair[0].header.ts)) * 125;
            assert!((0..=60_000).contains(&step), "{step} µs of samples");
        }
        let quiet = longest_silence(&played(talk.parties[party].peer.codec, &heard));
        assert!(quiet <= 40 * 8, "{quiet} samples of silence");
    }
}

/// What a phone plays: each packet at its timestamp, silence between them.
fn played(codec: Codec, heard: &[Heard]) -> Vec<i16> {
    let mut samples: Vec<i16> = Vec::new();
    for one in heard {
        let at = one.header.ts.wrapping_sub(heard[0].header.ts) as usize;
        samples.resize(at, 0);
        samples.extend(pcm(codec, std::slice::from_ref(one)));
    }
    samples
}

/// The longest run of samples in which nobody speaks.
fn longest_silence(samples: &[i16]) -> usize {
    let runs = samples.split(|sample| sample.unsigned_abs() > 300);
    runs.map(<[i16]>::len).max().unwrap_or(0)
}

#[test]
fn who_speaks_loudest_saturates_and_does_not_wrap() {
    let mut talk = Talk::new(&[Codec::Pcma; 3]);
    talk.mix(&[(0, &[1, 2])]);
    let loud = vec![g711::encode(Codec::Pcma, i16::MAX); FRAME];
    for _ in 0..20 {
        for n in 1..3 {
            let mut party = talk.parties[n].clone();
            talk.stage.speak(&mut party, &loud);
            talk.parties[n] = party;
        }
        talk.stage.wait(20);
    }
    let heard = pcm(Codec::Pcma, &talk.heard(0)[5..]);
    assert!(heard.iter().all(|&sample| sample > 30_000));
}

#[test]
fn more_than_a_room_holds_are_left_out_and_a_leg_is_in_one_place_at_a_time() {
    let mut stage = Stage::new(Bank::new());
    let parties: Vec<Party> = (0..=PARTIES_MAX).map(|_| stage.party()).collect();
    let legs: Vec<_> = parties.iter().map(|party| party.leg).collect();
    let hears = |&leg| Hears {
        leg,
        from: legs.clone(),
    };
    let mut talk = Talk {
        stage,
        parties,
        frame: 0,
    };
    talk.stage.tell(Command::Mix {
        room: legs[0],
        parties: legs.iter().map(hears).collect(),
    });
    talk.stage.wait(100);
    assert_eq!(talk.heard(PARTIES_MAX - 1).len(), 5);
    assert!(talk.heard(PARTIES_MAX).is_empty(), "no seat");

    talk.stage.tell(Command::Mix {
        room: legs[7],
        parties: vec![hears(&legs[0]), hears(&legs[8])],
    });
    talk.stage.tell(Command::Unmix { room: legs[0] });
    let before = talk.heard(0).len();
    talk.stage.wait(100);
    assert_eq!(
        talk.heard(0).len(),
        before + 5,
        "in the second room, though the first is over"
    );
    assert_eq!(talk.heard(7).len(), 5);
}

#[test]
fn what_is_played_to_one_stays_until_somebody_is_heard() {
    let mut bank = Bank::new();
    let music = bank
        .from_pcm("music", &tone(440.0, 50 * FRAME))
        .expect("room");
    let mut talk = Talk::on(Stage::new(bank), &[Codec::Pcma; 3]);
    let caller = talk.parties[CALLER].clone();
    talk.stage.play(&caller, &[music], true);
    talk.mix(&[(CALLER, &[]), (OPERATOR, &[CHIEF]), (CHIEF, &[OPERATOR])]);
    let held = talk.second(CALLER);
    assert!(goertzel::share(&held, 440.0, 8_000) > 0.95, "music on hold");
    talk.mix(&[
        (CALLER, &[OPERATOR]),
        (OPERATOR, &[CALLER, CHIEF]),
        (CHIEF, &[OPERATOR]),
    ]);
    assert_eq!(talk.matrix()[CALLER], [OPERATOR]);
    let now = talk.second(CALLER);
    assert!(
        goertzel::share(&now, 440.0, 8_000) < 1e-4,
        "no music under it"
    );
    // An announcement is heard alone, and the room after it.
    talk.stage.play(&caller, &[music], false);
    let told = talk.second(CALLER);
    assert!(goertzel::share(&told, 440.0, 8_000) > 0.95);
    assert_eq!(talk.matrix()[CALLER], [OPERATOR]);
    assert_one_stream(&talk.heard(CALLER)[1..]);
}

#[test]
fn who_speaks_is_told_once_each_way_and_a_click_is_no_speech() {
    let mut talk = Talk::new(&BOTH[..2]);
    talk.mix(&[(0, &[1]), (1, &[0])]);
    let (caller, silence) = (talk.parties[0].clone(), [0xd5; FRAME]);
    let mut caller = caller;
    let mut say = |stage: &mut Stage, loud: bool| {
        let said = voice(Codec::Pcma, 697.0, 0);
        let payload: &[u8] = if loud { &said } else { &silence };
        stage.speak(&mut caller, payload);
        stage.wait(20);
        stage.now
    };
    let leg = talk.parties[0].leg;
    let stage = &mut talk.stage;
    for n in 0..200 {
        say(stage, n % 40 < 5);
    }
    assert!(
        !stage.events.contains(&Event::Speaks { leg, on: true }),
        "clicks"
    );
    let told = |stage: &Stage| -> Vec<bool> {
        let speaks = stage.events.iter().filter_map(|event| match event {
            Event::Speaks { leg: of, on } if *of == leg => Some(*on),
            _ => None,
        });
        speaks.collect()
    };
    let begun = stage.now;
    while told(stage).is_empty() {
        say(stage, true);
    }
    assert!(
        (200_000..=260_000).contains(&(stage.now - begun)),
        "{}",
        stage.now - begun
    );
    // A pause between words is no end.
    for n in 0..50 {
        say(stage, n % 10 > 4);
    }
    let ended = stage.now;
    while told(stage).len() < 2 {
        say(stage, false);
    }
    assert!(stage.now - ended <= 300_000);
    assert_eq!(told(stage), [true, false]);
}

#[test]
fn who_leaves_while_speaking_speaks_no_more() {
    let mut talk = Talk::new(&BOTH[..2]);
    talk.mix(&[(0, &[1]), (1, &[0])]);
    talk.frames(30);
    let leg = talk.parties[0].leg;
    assert!(talk.stage.events.contains(&Event::Speaks { leg, on: true }));
    talk.mix(&[(1, &[])]);
    assert!(
        talk.stage
            .events
            .contains(&Event::Speaks { leg, on: false })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is said about rooms and whoever comes and goes: each stream stays one, and nobody hears himself.
    #[test]
    fn any_story_of_rooms_keeps_every_stream_one(
        story in proptest::collection::vec((0usize..4, 0u8..16, 0usize..6), 1..30),
    ) {
        let mut talk = Talk::new(&BOTH);
        for (who, from, verb) in story {
            let leg = |n: usize| talk.parties[n].leg;
            let from: Vec<usize> = (0..4).filter(|n| from >> n & 1 == 1).collect();
            let command = match verb {
                0..=2 => Command::Mix {
                    room: leg(who % 2),
                    parties: (0..4).filter(|n| from.contains(n) || *n == who).map(|n| Hears {
                        leg: leg(n),
                        from: from.iter().map(|&n| leg(n)).collect(),
                    }).collect(),
                },
                3 => Command::Unmix { room: leg(who % 2) },
                _ => Command::Bridge { a: leg(who), b: leg((who + 1) % 4) },
            };
            talk.stage.tell(command);
            talk.frames(4);
        }
        for (n, &own) in VOICES.iter().enumerate() {
            let heard = talk.heard(n);
            for pair in heard.windows(2) {
                prop_assert_eq!(pair[0].header.seq.wrapping_add(1), pair[1].header.seq);
                let step = pair[1].header.ts.wrapping_sub(pair[0].header.ts);
                prop_assert!(step < 0x8000_0000, "never back");
            }
            let own = goertzel::share(&pcm(talk.parties[n].peer.codec, &heard), own, 8_000);
            prop_assert!(own < 0.02, "{} hears itself: {}", n, own);
        }
    }
}

#[test]
fn keyed_frames_pass_a_bridge_to_the_bit_after_a_room() {
    let mut stage = Stage::new(Bank::new());
    let (mut a, b) = (stage.party(), stage.party());
    stage.tell(Command::Mix {
        room: a.leg,
        parties: vec![Hears {
            leg: b.leg,
            from: vec![a.leg],
        }],
    });
    for n in 0..10 {
        stage.speak(&mut a, &keyed(1, n));
        stage.wait(20);
    }
    stage.bridge(&a, &b);
    let before = stage.heard(&b).len();
    for n in 10..60 {
        stage.speak(&mut a, &keyed(1, n));
        stage.wait(20);
    }
    let heard: Vec<Vec<u8>> = stage.heard(&b)[before..]
        .iter()
        .map(|it| it.payload.clone())
        .collect();
    assert!(heard == (10..60).map(|n| keyed(1, n)).collect::<Vec<_>>());
}
