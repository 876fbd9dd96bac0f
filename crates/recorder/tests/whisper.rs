//! What the caller did not hear lies beside the call's own two channels, and the sidecar tells who spoke.
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use gudok_media::tap::{Record, Side};
use gudok_model::Mono;
use gudok_recorder::{Fault, Finding, Role, Speaker, Spoke, recover, repair, verify};
use stage::{Stage, T0, channels, noise, pcm, wav_of};

fn third_of(root: &Path) -> PathBuf {
    wav_of(root, 1).with_extension("third.wav")
}

fn mono(wav: &Path) -> Vec<i16> {
    let reader = hound::WavReader::open(wav).expect("a WAV");
    assert_eq!(reader.spec().channels, 1);
    reader.into_samples().map(|it| it.expect("whole")).collect()
}

/// Frames of the noise of a side.
fn frames(side: Side, of: std::ops::Range<u64>) -> Vec<i16> {
    of.flat_map(|n| pcm(side, n)).collect()
}

/// Ten seconds of both sides; from the third on a whisper of two seconds, and after a pause of two one of one second.
fn record(stage: &mut Stage) {
    stage.begin(1);
    let mut seq = 0;
    for n in 0..500_u64 {
        let ms = n as f64 * 20.0;
        for side in [Side::Left, Side::Right] {
            stage.packet(side, 0, n as u16, n as u32 * 160, ms, n);
        }
        if (150..250).contains(&n) || (350..400).contains(&n) {
            stage.packet(Side::Third, 0, seq, n as u32 * 160, ms + 3.0, n);
            seq += 1;
        }
        stage.tap.tick(T0 + n * 20_000);
    }
}

fn spoke(stage: &Stage, party: &str, role: Role, ms: u64, on: bool) {
    let spoke = Spoke {
        recording: 1,
        at: Mono(T0 + ms * 1_000),
        party: party.into(),
        role,
        on,
    };
    stage.recorder.spoke(spoke).expect("room");
}

#[test]
fn a_whisper_is_in_a_file_of_its_own_and_in_no_channel_of_the_call() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    record(&mut stage);
    spoke(&stage, "vera", Role::Whisper, 3_000, true);
    spoke(&stage, "anna", Role::Heard, 3_500, true);
    spoke(&stage, "vera", Role::Whisper, 5_000, false);
    stage.end(1, 10_000);
    let sidecar = stage.sealed().sidecar;

    let (left, right) = channels(&wav_of(root.path(), 1));
    assert!(left == frames(Side::Left, 0..500), "what the caller said");
    assert!(
        right == frames(Side::Right, 0..500),
        "what the caller heard"
    );
    let third = sidecar.third.expect("a third track");
    assert_eq!((third.offset_ms, third.length_ms()), (3_003, 5_000));
    assert_eq!(root.path().join(&third.file), third_of(root.path()));
    let whisper = mono(&third_of(root.path()));
    assert!(whisper[..16_000] == frames(Side::Third, 150..250));
    assert!(whisper[16_000..32_000].iter().all(|&sample| sample == 0));
    assert!(whisper[32_000..] == frames(Side::Third, 350..400));

    let speaker = |party: &str, role, from_ms, to_ms| Speaker {
        party: party.into(),
        role,
        from_ms,
        to_ms,
    };
    assert_eq!(
        sidecar.speakers,
        [
            speaker("vera", Role::Whisper, 3_000, 5_000),
            speaker("anna", Role::Heard, 3_500, 10_000),
        ]
    );
    let verification = verify(root.path()).unwrap();
    assert_eq!((verification.good, verification.findings), (1, vec![]));
}

#[test]
fn a_call_without_a_whisper_has_no_third_file_and_says_nothing_of_one() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    stage.begin(1);
    stage.packet(Side::Left, 0, 1, 160, 0.0, 1);
    let at = T0 + 500_000;
    stage.record(1, &Record::Pause { at });
    stage.end(1, 1_000);
    assert_eq!(stage.sealed().sidecar.third, None);
    assert!(!third_of(root.path()).exists());
    let json = fs::read_to_string(wav_of(root.path(), 1).with_extension("json")).unwrap();
    assert!(
        !json.contains("third") && !json.contains("speakers"),
        "{json}"
    );
}

#[test]
fn after_a_crash_the_journal_gives_the_third_track_too() {
    let whole = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(whole.path());
    record(&mut stage);
    stage.end(1, 10_000);
    stage.sealed();
    let journal = "journal/00000000000000000001.journal";
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("journal")).unwrap();
    fs::copy(whole.path().join(journal), root.path().join(journal)).unwrap();

    let recovered = recover(root.path());
    assert!(recovered.failed.is_empty());
    assert!(recovered.sealed[0].sidecar.third.is_some());
    assert!(mono(&third_of(root.path())) == mono(&third_of(whole.path())));
    let again = recover(root.path());
    assert_eq!(
        (again.sealed.len(), again.whole.len()),
        (0, 1),
        "it is whole"
    );
    // A third track that is gone is made again as well.
    fs::remove_file(third_of(root.path())).unwrap();
    assert_eq!(recover(root.path()).sealed.len(), 1);
    assert!(mono(&third_of(root.path())) == mono(&third_of(whole.path())));
}

#[test]
fn a_third_track_that_was_changed_or_taken_away_is_found() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    record(&mut stage);
    stage.end(1, 10_000);
    stage.sealed();
    drop(stage);
    let third = third_of(root.path());
    let found = |fault| {
        let file = third.strip_prefix(root.path()).unwrap().to_owned();
        assert_eq!(
            verify(root.path()).unwrap().findings,
            [Finding { file, fault }]
        );
    };
    let mut bytes = fs::read(&third).unwrap();
    bytes[100] ^= 1;
    fs::write(&third, &bytes).unwrap();
    found(Fault::HashMismatch);
    fs::remove_file(&third).unwrap();
    found(Fault::MissingWav);
    bytes[100] ^= 1;
    fs::write(&third, &bytes).unwrap();
    fs::remove_dir_all(root.path().join("journal")).unwrap();
    fs::remove_file(wav_of(root.path(), 1).with_extension("json")).unwrap();
    // The call's own file gets a sidecar again; where a third track belongs only the lost one said.
    let repair = repair(root.path()).unwrap();
    assert_eq!((repair.repaired.len(), repair.left.len()), (1, 1));
    assert!(
        mono(&third).len() > noise(Side::Third, 0).len(),
        "it is kept"
    );
}
