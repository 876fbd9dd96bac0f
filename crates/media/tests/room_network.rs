//! What a room makes of packets that are lost, late, doubled, longer than others, or of a new sender.
mod common;

use common::talk::{Talk, pcm, voice};
use common::{Heard, assert_one_stream, tone};
use gudok_media::control::Codec;
use gudok_media::g711::{self, FRAME};
use gudok_media::{Kind, goertzel};

#[test]
fn packets_of_any_length_and_a_new_sender_are_heard_whole() {
    for length in [80, 240, 320, 480] {
        let mut talk = Talk::new(&[Codec::Pcma; 2]);
        talk.mix(&[(0, &[1])]);
        let said = voice(Codec::Pcma, 1209.0, 0);
        let samples = tone(1209.0, 60 * 480);
        let bytes: Vec<u8> = samples
            .iter()
            .map(|&it| g711::encode(Codec::Pcma, it))
            .collect();
        assert_eq!(bytes[..FRAME], said);
        for (n, chunk) in bytes.chunks(length).enumerate() {
            if n == 30 {
                // Its phone begins a new stream.
                (
                    talk.parties[1].ssrc,
                    talk.parties[1].ts,
                    talk.parties[1].seq,
                ) = (77, 5, 5);
            }
            let mut party = talk.parties[1].clone();
            talk.stage.speak(&mut party, chunk);
            talk.parties[1] = party;
            talk.stage.wait(length as u64 / 8);
        }
        let heard = talk.heard(0);
        let rest = pcm(Codec::Pcma, &heard[10..heard.len() - 5]);
        assert!(
            goertzel::share(&rest, 1209.0, 8_000) > 0.95,
            "packets of {length}"
        );
    }
}

/// A seeded network between a party and its leg: loss, lateness, duplicates; then what the other hears of its tone.
fn through_a_network(seed: u64, loss_percent: u64, jitter_ms: u64) -> (f64, Vec<Heard>) {
    let mut talk = Talk::new(&[Codec::Pcma; 2]);
    talk.mix(&[(0, &[1]), (1, &[0])]);
    let mut state = seed;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) % below.max(1)
    };
    let mut flying: Vec<(u64, Vec<u8>)> = Vec::new();
    let from = talk.parties[1].clone();
    for ms in 0..20_000 {
        if ms % 20 == 0 {
            let said = voice(Codec::Pcma, 1209.0, (ms / 20 % 50) as usize);
            let packet = talk.parties[1].packet(&said);
            if random(100) >= loss_percent {
                flying.push((ms + random(jitter_ms + 1), packet.clone()));
            }
            if random(100) < 2 {
                flying.push((ms + random(jitter_ms + 1), packet));
            }
        }
        flying.retain(|(at, packet)| {
            if *at == ms {
                talk.stage
                    .arrive(from.leg, Kind::Rtp, from.peer.rtp, packet);
            }
            *at > ms
        });
        talk.stage.wait(1);
    }
    let heard = talk.heard(0);
    let samples = pcm(Codec::Pcma, &heard[100..]);
    let whole = samples
        .chunks(800)
        .filter(|it| goertzel::share(it, 1209.0, 8_000) > 0.9);
    (whole.count() as f64 / (samples.len() / 800) as f64, heard)
}

#[test]
fn jitter_and_loss_are_smoothed_and_the_stream_stays_even() {
    // 1209 Hz has no whole number of periods in a frame: what is concealed is audible, what is lost is not there.
    for (loss, jitter, at_least) in [
        (0, 0, 0.99),
        (0, 20, 0.99),
        (0, 60, 0.98),
        (1, 40, 0.9),
        (3, 60, 0.75),
    ] {
        for seed in 1..=3 {
            let (whole, heard) = through_a_network(seed, loss, jitter);
            assert!(
                whole >= at_least,
                "{whole} of the tenths, loss {loss} %, jitter {jitter} ms, seed {seed}"
            );
            assert_one_stream(&heard);
            assert!(
                heard.windows(2).all(|it| it[1].at - it[0].at == 20_000),
                "one frame every 20 ms"
            );
        }
    }
}
