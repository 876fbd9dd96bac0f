//! Who hears what, bit by bit, as one stream through everything that happens to a call.
mod common;

use common::{Heard, Party, Stage, assert_one_stream, keyed, tone, tone_frame};
use gudok_media::control::{Codec, Command, Event};
use gudok_media::g711::{self, FRAME};
use gudok_media::reception::Reception;
use gudok_media::tap::Side;
use gudok_media::{Bank, goertzel};
use proptest::prelude::*;

fn payloads(heard: &[Heard]) -> Vec<Vec<u8>> {
    heard.iter().map(|heard| heard.payload.clone()).collect()
}

#[test]
fn a_bridge_is_bit_exact_and_renumbered_both_ways() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for n in 0..200 {
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(7);
        stage.speak(&mut operator, &keyed(2, n));
        stage.wait(13);
    }
    for (listener, speaker, key) in [(&operator, &caller, 1), (&caller, &operator, 2)] {
        let heard = stage.heard(listener);
        assert_eq!(
            payloads(&heard),
            (0..200).map(|n| keyed(key, n)).collect::<Vec<_>>()
        );
        assert_one_stream(&heard);
        assert_ne!(heard[0].header.ssrc, speaker.ssrc, "a stream of our own");
        let marked = heard.iter().filter(|heard| heard.header.marker).count();
        assert_eq!(marked, 1, "one talkspurt");
    }
    let stats = stage.close(&caller);
    assert_eq!(
        (stats.received, stats.sent, stats.lost, stats.foreign),
        (200, 200, 0, 0)
    );
    assert!(stats.mos > 4.3, "{stats:?}");
}

#[test]
fn laws_are_bridged_by_a_table() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = (stage.party(), stage.party_speaking(Codec::Pcmu));
    stage.bridge(&caller, &operator);
    for n in 0..10 {
        stage.speak(&mut caller, &tone_frame(Codec::Pcma, 697.0, n));
        stage.speak(&mut operator, &tone_frame(Codec::Pcmu, 1209.0, n));
        stage.wait(20);
    }
    for (listener, codec, hertz) in [
        (&operator, Codec::Pcmu, 697.0),
        (&caller, Codec::Pcma, 1209.0),
    ] {
        let heard = stage.heard(listener);
        assert_eq!(heard[0].header.payload_type, codec.static_payload_type());
        assert!(share(&heard, codec, hertz) > 0.95);
    }
}

/// Share of a tone in what was heard.
fn share(heard: &[Heard], codec: Codec, hertz: f64) -> f64 {
    let bytes = heard.iter().flat_map(|heard| &heard.payload);
    let samples: Vec<i16> = bytes.map(|&byte| g711::decode(codec, byte)).collect();
    goertzel::share(&samples, hertz, g711::RATE)
}

/// A second of the call: the caller speaks 697 Hz, the operator its own tone; gives what the caller heard in it.
fn second(
    stage: &mut Stage,
    caller: &mut Party,
    operator: Option<(&mut Party, f64)>,
) -> Vec<Heard> {
    let (mark, mut operator) = (stage.heard(caller).len(), operator);
    for n in 0..50 {
        stage.speak(caller, &tone_frame(Codec::Pcma, 697.0, n));
        stage.wait(6);
        if let Some((operator, hertz)) = &mut operator {
            stage.speak(operator, &tone_frame(Codec::Pcma, *hertz, n));
        }
        stage.wait(14);
    }
    stage.heard(caller)[mark..].to_vec()
}

#[test]
fn the_caller_hears_one_stream_through_prompt_music_bridge_hold_and_transfer() {
    let mut bank = Bank::new();
    let prompt = bank
        .from_pcm("prompt", &tone(440.0, 25 * FRAME))
        .expect("room");
    let music = bank
        .from_pcm("music", &tone(880.0, 10 * FRAME))
        .expect("room");
    let mut stage = Stage::new(bank);
    let (mut caller, mut first, mut other) = (stage.party(), stage.party(), stage.party());
    stage.tell(Command::Record {
        leg: caller.leg,
        recording: 1,
    });

    stage.play(&caller, &[prompt], false);
    let prompted = second(&mut stage, &mut caller, None);
    assert_eq!(prompted.len(), 25);
    assert!(share(&prompted, Codec::Pcma, 440.0) > 0.95);
    let ended = Event::PlayEnded {
        leg: caller.leg,
        play: 1,
    };
    assert!(stage.events.contains(&ended));

    stage.play(&caller, &[music], true);
    let waiting = second(&mut stage, &mut caller, None);
    assert!(waiting.len() >= 49 && share(&waiting, Codec::Pcma, 880.0) > 0.95);

    stage.bridge(&caller, &first);
    let talk = second(&mut stage, &mut caller, Some((&mut first, 1209.0)));
    assert!(
        talk.len() == 50 && share(&talk, Codec::Pcma, 1209.0) > 0.95,
        "no music under it"
    );

    stage.tell(Command::Unbridge { leg: first.leg });
    stage.play(&caller, &[music], true);
    let held = second(&mut stage, &mut caller, Some((&mut first, 1209.0)));
    assert!(
        held.len() >= 49 && share(&held, Codec::Pcma, 880.0) > 0.95,
        "the first is not heard"
    );

    stage.bridge(&caller, &other);
    let moved = second(&mut stage, &mut caller, Some((&mut other, 1477.0)));
    assert!(moved.len() == 50 && share(&moved, Codec::Pcma, 1477.0) > 0.95);

    let heard = stage.heard(&caller);
    assert_one_stream(&heard);
    let marked = heard.iter().filter(|heard| heard.header.marker).count();
    assert_eq!(marked, 5, "five talkspurts");
    assert_eq!(
        share(&stage.heard(&first), Codec::Pcma, 697.0).round(),
        1.0,
        "the caller, in its second"
    );
    assert_eq!(
        stage.recorded(Side::Right),
        payloads(&heard),
        "the recording has what the caller heard"
    );
}

#[test]
fn who_answers_in_the_middle_of_a_prompt_is_heard_within_a_frame_and_the_prompt_never_again() {
    let mut bank = Bank::new();
    let words = bank.from_pcm("words", &tone(440.0, 200 * FRAME));
    let words = words.expect("room");
    let mut stage = Stage::new(bank);
    let (mut caller, mut operator) = (stage.party(), stage.party());
    stage.play(&caller, &[words, words, words], false);
    let waiting = second(&mut stage, &mut caller, None);
    assert!(waiting.len() >= 49 && share(&waiting, Codec::Pcma, 440.0) > 0.95);
    stage.bridge(&caller, &operator);
    let talk = second(&mut stage, &mut caller, Some((&mut operator, 1209.0)));
    assert!(talk.len() == 50 && share(&talk[..1], Codec::Pcma, 1209.0) > 0.8);
    assert!(share(&talk, Codec::Pcma, 1209.0) > 0.95);
    assert_eq!(
        stage
            .events
            .iter()
            .filter(|it| matches!(it, Event::PlayEnded { .. }))
            .count(),
        0
    );
}

#[test]
fn a_party_on_hold_is_sent_nothing_and_goes_on_without_a_gap() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for (n, send) in [true, false, true].into_iter().enumerate() {
        caller.peer.send = send;
        stage.agree(&caller);
        second(&mut stage, &mut caller, Some((&mut operator, 1209.0)));
        assert_eq!(stage.heard(&caller).len(), [50, 50, 100][n]);
    }
    assert_one_stream(&stage.heard(&caller));
    caller.peer.receive = false;
    stage.agree(&caller);
    let before = stage.heard(&operator).len();
    second(&mut stage, &mut caller, None);
    assert_eq!(stage.heard(&operator).len(), before, "it was not to send");
    assert_eq!(stage.close(&caller).unagreed, 50);
}

#[test]
fn what_was_not_agreed_is_dropped_and_not_missed() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for n in 0..60 {
        let comfort_noise = n % 3 == 1;
        let payload_type = if comfort_noise { 13 } else { 8 };
        let packet = caller.packet_of(payload_type, n * 160, &keyed(1, n));
        stage.arrive(caller.leg, gudok_media::Kind::Rtp, caller.peer.rtp, &packet);
        stage.wait(20);
    }
    let heard = stage.heard(&operator);
    assert_eq!(heard.len(), 40);
    assert!(
        heard
            .windows(2)
            .all(|pair| pair[0].header.seq.wrapping_add(1) == pair[1].header.seq)
    );
    let stats = stage.close(&caller);
    assert_eq!((stats.unagreed, stats.lost, stats.received), (20, 0, 60));
}

#[test]
fn the_senders_new_start_is_no_gap_and_no_loss() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, operator) = (stage.party(), stage.party());
    stage.bridge(&caller, &operator);
    for n in 0..100 {
        if n == 50 {
            (caller.ssrc, caller.seq, caller.ts) = (77, 9, 4_000_000_000);
        }
        stage.speak(&mut caller, &keyed(1, n));
        stage.wait(20);
    }
    let heard = stage.heard(&operator);
    assert_eq!(
        payloads(&heard),
        (0..100).map(|n| keyed(1, n)).collect::<Vec<_>>()
    );
    assert_one_stream(&heard);
    assert_eq!(stage.close(&caller).lost, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the network does to the caller's packets, the operator sees the same loss and order, no duplicates,
    /// and no frame twice, altered or at another place in time.
    #[test]
    fn impairments_pass_through_as_they_are(
        fates in proptest::collection::vec((0u8..12, 1u64..5), 2..150),
    ) {
        let mut stage = Stage::new(Bank::new());
        let (mut caller, operator) = (stage.party(), stage.party());
        stage.bridge(&caller, &operator);
        let mut arrivals = Vec::new();
        for (n, &(fate, delay)) in (0u32..).zip(&fates) {
            let packet = caller.packet(&keyed(1, n));
            let at = u64::from(n) * 20 + 1;
            match if n == 0 { 9 } else { fate } {
                0 => {}
                1 => arrivals.extend([(at, packet.clone()), (at + delay * 20 + 5, packet)]),
                2 => arrivals.push((at + delay * 20 + 5, packet)),
                _ => arrivals.push((at, packet)),
            }
        }
        arrivals.sort();
        let mut reference = Reception::default();
        for (at, packet) in &arrivals {
            stage.wait(at - stage.now / 1_000);
            let header = gudok_media::rtp::Header::read(packet).expect("RTP");
            reference.take(header.ssrc, header.seq);
            stage.arrive(caller.leg, gudok_media::Kind::Rtp, caller.peer.rtp, packet);
        }
        let heard = stage.heard(&operator);
        let mut far = Reception::default();
        let base = heard[0].header.ts;
        for heard in &heard {
            far.take(heard.header.ssrc, heard.header.seq);
            let frame = heard.header.ts.wrapping_sub(base) / 160;
            prop_assert_eq!(&heard.payload, &keyed(1, frame), "in its place");
        }
        prop_assert_eq!(far.received(), reference.received());
        prop_assert_eq!((far.lost(), far.reordered()), (reference.lost(), reference.reordered()));
        prop_assert_eq!(far.duplicate(), 0);
        let stats = stage.close(&caller);
        prop_assert_eq!((stats.lost, stats.duplicate), (reference.lost(), reference.duplicate()));
    }
}
