//! Who is silent: no packets at all, in a talk sooner than elsewhere, and never where silence is to be expected.
mod common;

use common::{Party, Stage, keyed, tone};
use gudok_media::control::Event;
use gudok_media::g711::FRAME;
use gudok_media::rtcp::{MAX_REPORT, Report};
use gudok_media::{Bank, Kind};

/// A caller and an operator whose phone counts as dead after five seconds in a talk.
fn talk(stage: &mut Stage) -> (Party, Party) {
    let (caller, mut operator) = (stage.party(), stage.party());
    operator.peer.talk_silence_us = Some(5_000_000);
    stage.agree(&operator);
    (caller, operator)
}

/// When the leg was told to be silent, waiting so long at most. Milliseconds.
fn silent_after(stage: &mut Stage, party: &Party, most_ms: u64) -> Option<u64> {
    let silent = Event::Silent { leg: party.leg };
    stage.events.clear();
    (0..most_ms).step_by(20).find(|_| {
        stage.wait(20);
        stage.events.contains(&silent)
    })
}

#[test]
fn an_operators_phone_is_dead_after_five_seconds_but_only_in_a_talk() {
    let mut stage = Stage::new(Bank::new());
    let (mut caller, mut operator) = talk(&mut stage);
    assert_eq!(silent_after(&mut stage, &operator, 20_000), None, "no talk");
    stage.bridge(&caller, &operator);
    stage.speak(&mut caller, &keyed(1, 0));
    let death = silent_after(&mut stage, &operator, 20_000);
    assert!(
        death.is_some_and(|ms| (4_960..5_040).contains(&ms)),
        "{death:?}"
    );
    stage.speak(&mut operator, &keyed(2, 0));
    let death = silent_after(&mut stage, &operator, 20_000);
    assert!(
        death.is_some_and(|ms| (4_960..5_040).contains(&ms)),
        "{death:?}"
    );
    assert_eq!(
        silent_after(&mut stage, &caller, 4_000),
        None,
        "the caller has longer"
    );
}

#[test]
fn neither_a_hold_nor_our_own_music_makes_an_operators_phone_dead() {
    let mut bank = Bank::new();
    let music = bank
        .from_pcm("music", &tone(440.0, 400 * FRAME))
        .expect("room");
    let mut stage = Stage::new(bank);
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    // A hold with music that the phone does not play: sendonly.
    operator.peer.send = false;
    stage.agree(&operator);
    assert_eq!(silent_after(&mut stage, &operator, 60_000), None, "on hold");
    operator.peer.send = true;
    stage.agree(&operator);
    stage.speak(&mut operator, &keyed(2, 0));
    // Eight seconds of something said into the talk.
    stage.play(&operator, &[music], false);
    assert_eq!(
        silent_after(&mut stage, &operator, 12_900),
        None,
        "8 s of ours, then 5 s"
    );
    assert!(silent_after(&mut stage, &operator, 200).is_some());
}

#[test]
fn a_phone_that_stops_sending_between_words_is_not_dead() {
    let comfort = |stage: &mut Stage, operator: &mut Party| {
        let noise = operator.packet_of(13, operator.ts, &[64]);
        stage.arrive(operator.leg, Kind::Rtp, operator.peer.rtp, &noise);
    };
    let mut stage = Stage::new(Bank::new());
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    stage.speak(&mut operator, &keyed(2, 0));
    comfort(&mut stage, &mut operator);
    assert_eq!(
        silent_after(&mut stage, &operator, 120_000),
        None,
        "it said so"
    );
    stage.speak(&mut operator, &keyed(2, 1));
    let death = silent_after(&mut stage, &operator, 60_000);
    assert!(
        death.is_some_and(|ms| ms >= 29_000),
        "the longer limit: {death:?}"
    );

    // Without comfort noise: the numbers go on, the clock has made a step.
    let mut stage = Stage::new(Bank::new());
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    stage.speak(&mut operator, &keyed(2, 0));
    stage.wait(400);
    operator.ts += 3_200;
    stage.speak(&mut operator, &keyed(2, 1));
    let death = silent_after(&mut stage, &operator, 60_000);
    assert!(death.is_some_and(|ms| ms >= 29_000), "{death:?}");

    // A hold is no pause between words.
    let mut stage = Stage::new(Bank::new());
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    stage.speak(&mut operator, &keyed(2, 0));
    operator.peer.receive = false;
    stage.agree(&operator);
    stage.wait(400);
    operator.peer.receive = true;
    stage.agree(&operator);
    operator.ts += 3_200;
    stage.speak(&mut operator, &keyed(2, 1));
    let death = silent_after(&mut stage, &operator, 60_000);
    assert!(death.is_some_and(|ms| ms < 5_100), "{death:?}");

    // A loss is no pause of the sender's.
    let mut stage = Stage::new(Bank::new());
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    stage.speak(&mut operator, &keyed(2, 0));
    stage.wait(400);
    (operator.seq, operator.ts) = (operator.seq.wrapping_add(20), operator.ts + 3_200);
    stage.speak(&mut operator, &keyed(2, 1));
    let death = silent_after(&mut stage, &operator, 60_000);
    assert!(death.is_some_and(|ms| ms < 5_100), "{death:?}");
}

#[test]
fn comfort_noise_of_a_phone_that_reports_ends_with_its_reports() {
    let mut stage = Stage::new(Bank::new());
    let (caller, mut operator) = talk(&mut stage);
    stage.bridge(&caller, &operator);
    stage.speak(&mut operator, &keyed(2, 0));
    let report = Report {
        ssrc: operator.ssrc,
        name: 1,
        sent: None,
        block: None,
        last_report: (0, 0),
        bye: false,
    };
    let mut buffer = [0; MAX_REPORT];
    let length = report.write(&mut buffer);
    stage.arrive(
        operator.leg,
        Kind::Rtcp,
        operator.peer.rtcp,
        &buffer[..length],
    );
    let noise = operator.packet_of(13, operator.ts, &[64]);
    stage.arrive(operator.leg, Kind::Rtp, operator.peer.rtp, &noise);
    let death = silent_after(&mut stage, &operator, 60_000);
    assert!(death.is_some_and(|ms| ms >= 29_000), "{death:?}");
}
