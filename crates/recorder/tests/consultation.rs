//! A word aside lies beside its call's recording, in a file of its own that knows where on the call's timeline it belongs.
mod stage;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gudok_media::control::Codec;
use gudok_media::tap::{Packet, Record, Side, Start};
use gudok_recorder::{
    Alarm, Begin, Consultation, Consulted, Event, Fault, Sealed, Sidecar, recover, repair, verify,
};
use stage::{HANG, STARTED, Stage, T0, call, channels, noise, pcm, wav_of};

/// From the start of the call's recording to the answer of whoever is asked. Milliseconds.
const ASIDE_AT: u64 = 3_000;

fn aside_of(root: &Path) -> PathBuf {
    wav_of(root, 1).with_extension("consultation.wav")
}

fn begin_aside(stage: &mut Stage, recording: u64) {
    let begin = Begin {
        recording,
        call: call(1),
        project: "demo".into(),
        at: STARTED,
    };
    let consulted = Consulted {
        of: 1,
        by: "anna".into(),
        with: "operator boris".into(),
    };
    stage.recorder.begin_aside(begin, consulted).expect("room");
    let at = T0 + ASIDE_AT * 1_000;
    let start = Start {
        at,
        wall: STARTED.0 + ASIDE_AT as i64 * 1_000,
        paused: false,
        again: false,
    };
    stage.tap.write(at, recording, &Record::Start(start));
}

/// Frame `n` of the word aside: its noise is that of frames from a thousand on.
fn say_aside(stage: &mut Stage, recording: u64, n: u64) {
    let at = T0 + ASIDE_AT * 1_000 + n * 20_000;
    for side in [Side::Left, Side::Right] {
        let payload = noise(side, 1_000 + n);
        let packet = Packet {
            side,
            codec: Codec::Pcma,
            marker: false,
            stream: 0,
            seq: n as u16,
            ts: n as u32 * 160,
            at,
            payload: &payload,
        };
        stage.tap.write(at, recording, &Record::Packet(packet));
    }
}

/// Ten seconds of the call; two of a word aside from the third on.
fn record(root: &Path, stage: &mut Stage) {
    stage.begin(1);
    for n in 0..500_u64 {
        let ms = n as f64 * 20.0;
        for side in [Side::Left, Side::Right] {
            stage.packet(side, 0, n as u16, n as u32 * 160, ms, n);
        }
        if n == 150 {
            stage.tap.flush(T0 + n * 20_000);
            await_file(&wav_of(root, 1).with_extension("part"));
            begin_aside(stage, 2);
        }
        if (150..250).contains(&n) {
            say_aside(stage, 2, n - 150);
        }
        if n == 250 {
            let at = T0 + n * 20_000;
            stage.record(2, &Record::End { at });
        }
        stage.tap.tick(T0 + n * 20_000);
    }
}

/// The recorder knows the call's own beginning when its file grows.
fn await_file(file: &Path) {
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < HANG, "no {}", file.display());
        std::thread::yield_now();
    }
}

/// Both as they are sealed: the word aside, then the call.
fn recorded(root: &Path) -> [Sealed; 2] {
    let mut stage = Stage::open(root);
    record(root, &mut stage);
    let aside = stage.sealed();
    stage.end(1, 10_000);
    [aside, stage.sealed()]
}

/// A segment up to the first record that says that a file is final, by the lengths and kinds in the heads.
fn unsealed(journal: &[u8]) -> &[u8] {
    const SEALED: u8 = 7;
    let mut at = 20;
    while let Some(head) = journal.get(at..at + 18) {
        if head[16] == SEALED {
            return &journal[..at];
        }
        at += 18 + u32::from_le_bytes(head[..4].try_into().expect("four")) as usize;
    }
    journal
}

fn frames(side: Side, of: std::ops::Range<u64>) -> Vec<i16> {
    of.flat_map(|n| pcm(side, n)).collect()
}

fn is_the_word_aside(root: &Path) {
    let (left, right) = channels(&aside_of(root));
    assert!(left == frames(Side::Left, 1_000..1_100), "who was asked");
    assert!(right == frames(Side::Right, 1_000..1_100), "who asked");
}

#[test]
fn a_word_aside_is_in_a_file_of_its_own_and_in_no_channel_of_the_call() {
    let root = tempfile::tempdir().unwrap();
    let [aside, own] = recorded(root.path());
    let (left, right) = channels(&wav_of(root.path(), 1));
    assert!(left == frames(Side::Left, 0..500), "the caller alone");
    assert!(right == frames(Side::Right, 0..500), "what they heard");
    is_the_word_aside(root.path());

    let sidecar = aside.sidecar;
    let told = Consultation {
        by: "anna".into(),
        with: "operator boris".into(),
        of: own.sidecar.file.clone(),
        offset_ms: Some(ASIDE_AT),
    };
    assert_eq!(sidecar.consultation, Some(told));
    assert_eq!((sidecar.call, sidecar.length_ms), (call(1), 2_000));
    assert_eq!(
        sidecar.channels.map(|it| it.to_string()),
        ["asked", "heard"]
    );
    assert_eq!(own.sidecar.consultation, None);
    let found = verify(root.path()).unwrap();
    assert_eq!((found.good, found.findings), (2, vec![]));
}

#[test]
fn after_a_crash_the_journal_gives_the_word_aside_too() {
    let whole = tempfile::tempdir().unwrap();
    let [aside, _] = recorded(whole.path());
    let journal = "journal/00000000000000000001.journal";
    let text = fs::read(whole.path().join(journal)).unwrap();
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("journal")).unwrap();
    fs::write(root.path().join(journal), unsealed(&text)).unwrap();

    let recovered = recover(root.path());
    assert!(recovered.failed.is_empty(), "{:?}", recovered.failed);
    assert_eq!(recovered.sealed.len(), 2);
    is_the_word_aside(root.path());
    let json = aside_of(root.path()).with_extension("json");
    assert_eq!(Sidecar::read(&json).unwrap(), aside.sidecar);
    assert_eq!(recover(root.path()).sealed.len(), 0, "it is whole");
}

#[test]
fn a_word_aside_does_not_outlive_its_calls_recording_unnoticed() {
    let root = tempfile::tempdir().unwrap();
    recorded(root.path());
    for ending in ["wav", "json"] {
        fs::remove_file(wav_of(root.path(), 1).with_extension(ending)).unwrap();
    }
    let found = verify(root.path()).unwrap();
    let faults: Vec<Fault> = found.findings.iter().map(|it| it.fault).collect();
    assert_eq!((found.good, faults), (0, vec![Fault::CallGone]));
}

/// What is mended is what it was: no recording of the call.
#[test]
fn a_word_aside_that_lost_everything_else_is_mended_as_one() {
    let root = tempfile::tempdir().unwrap();
    recorded(root.path());
    let aside = aside_of(root.path()).with_extension("json");
    for gone in ["wav", "json"].map(|it| wav_of(root.path(), 1).with_extension(it)) {
        fs::remove_file(gone).unwrap();
    }
    fs::remove_file(&aside).unwrap();
    let repaired = repair(root.path()).unwrap();
    assert_eq!(repaired.repaired.len(), 1);
    let told = Sidecar::read(&aside).unwrap();
    assert_eq!(&*told.channels[0], "asked");
    let found = verify(root.path()).unwrap();
    let faults: Vec<Fault> = found.findings.iter().map(|it| it.fault).collect();
    assert_eq!((found.good, faults), (0, vec![Fault::CallGone]));
}

#[test]
fn of_a_call_that_is_not_recorded_there_is_no_word_aside() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    begin_aside(&mut stage, 2);
    let told = stage.event();
    assert_eq!(told, Event::Alarm(Alarm::Refused { recording: 2 }));
}
