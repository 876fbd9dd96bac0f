//! Killed at any moment: what had reached the journal is in a file that plays.
mod stage;

use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use gudok_media::tap::{Record, Side};
use gudok_recorder::{Alarm, Ended, Event, Fault, Recorder, RepairError, recover, repair, verify};
use stage::{Stage, channels, pcm, wav_of};

/// Ten seconds of both sides in blocks of 150 ms; gives the only segment of the journal.
fn recorded(root: &Path) -> Vec<u8> {
    let mut stage = Stage::open(root);
    stage.begin(1);
    for n in 0..500_u64 {
        let ms = n as f64 * 20.0;
        stage.packet(Side::Left, 0, n as u16, n as u32 * 160, ms, n);
        stage.packet(Side::Right, 0, n as u16, n as u32 * 160, ms, n);
        stage.tap.tick(stage::T0 + n * 20_000);
    }
    stage.end(1, 10_000);
    stage.sealed();
    let segment = root.join("journal/00000000000000000001.journal");
    fs::read(segment).expect("the journal")
}

/// Ends of the records of a segment up to the last block, by the lengths and kinds in their heads.
fn record_ends(journal: &[u8]) -> Vec<usize> {
    const BLOCK: u8 = 3;
    let (mut at, mut ends, mut blocks) = (20, Vec::new(), 0);
    while let Some(head) = journal.get(at..at + 18) {
        at += 18 + u32::from_le_bytes(head[..4].try_into().expect("four")) as usize;
        ends.push(at);
        if head[16] == BLOCK {
            blocks = ends.len();
        }
    }
    ends.truncate(blocks);
    ends
}

fn with_journal(journal: &[u8]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir(root.path().join("journal")).expect("a folder");
    fs::write(
        root.path().join("journal/00000000000000000001.journal"),
        journal,
    )
    .expect("a disk");
    root
}

/// The noise of the caller in so many frames from the start of recording 1 on.
fn caller_says(stage: &mut Stage, frames: u64) {
    for n in 0..frames {
        stage.packet(Side::Left, 0, n as u16, n as u32 * 160, n as f64 * 20.0, n);
    }
}

/// The same, as the file must have it.
fn said(frames: u64) -> Vec<i16> {
    (0..frames).flat_map(|n| pcm(Side::Left, n)).collect()
}

/// The end of the daemon; what was told and not heard yet, and what is told from then on.
fn end_of_daemon(stage: Stage) -> Receiver<Event> {
    let Stage {
        recorder, events, ..
    } = stage;
    drop(recorder);
    events
}

#[test]
fn cut_anywhere_the_journal_gives_the_longest_file_there_can_be() {
    let whole_root = tempfile::tempdir().unwrap();
    let journal = recorded(whole_root.path());
    let (whole, _) = channels(&wav_of(whole_root.path(), 1));
    assert_eq!(whole.len(), 80_000);
    let ends = record_ends(&journal);
    let all = *ends.last().unwrap();
    let cuts = ends
        .iter()
        .enumerate()
        .flat_map(|(n, end)| [end - 1 - n % 17, *end]);
    let mut longest = 0;
    for cut in cuts {
        let root = with_journal(&journal[..cut]);
        let recovered = recover(root.path());
        assert!(recovered.failed.is_empty());
        assert_eq!(
            recovered.damage.len(),
            usize::from(!ends.contains(&cut)),
            "cut at {cut}"
        );
        let Some(sealed) = recovered.sealed.first() else {
            assert_eq!(
                longest, 0,
                "no file at {cut} although a shorter journal gave one"
            );
            continue;
        };
        let (left, right) = channels(&wav_of(root.path(), 1));
        assert_eq!(left.len(), right.len());
        assert!(
            left == whole[..left.len()] && left.len() >= longest,
            "cut at {cut}"
        );
        longest = left.len();
        let ended = if cut == all {
            Ended::Normally
        } else {
            Ended::Interrupted
        };
        assert_eq!(
            (sealed.sidecar.ended, sealed.recovered),
            (ended, true),
            "cut at {cut}"
        );
        let verification = verify(root.path()).unwrap();
        assert_eq!((verification.good, verification.findings), (1, vec![]));
    }
    assert_eq!(longest, whole.len());
}

#[test]
fn the_next_start_finishes_what_the_last_run_left_and_numbers_begin_anew() {
    let first = tempfile::tempdir().unwrap();
    let journal = recorded(first.path());
    let ends = record_ends(&journal);
    let root = with_journal(&journal[..ends[ends.len() / 2]]);

    let mut stage = Stage::open(root.path());
    let sealed = stage.sealed();
    assert_eq!(
        (sealed.recording, sealed.recovered, sealed.sidecar.ended),
        (1, true, Ended::Interrupted)
    );
    // The same number, another call of another run.
    let begin = gudok_recorder::Begin {
        recording: 1,
        call: stage::call(77),
        project: "demo".into(),
        at: stage::STARTED,
    };
    stage.recorder.begin(begin).unwrap();
    let start = gudok_media::tap::Start {
        at: stage::T0,
        wall: stage::STARTED.0,
        paused: false,
        again: false,
    };
    stage.record(1, &Record::Start(start));
    stage.packet(Side::Left, 0, 0, 0, 0.0, 0);
    stage.end(1, 100);
    let sealed = stage.sealed();
    assert_eq!(
        (sealed.sidecar.call, sealed.recovered),
        (stage::call(77), false)
    );
    assert_eq!(
        repair(root.path()).map(|_| ()).unwrap_err().to_string(),
        RepairError::Live.to_string()
    );
    drop(stage);
    assert_eq!(verify(root.path()).unwrap().good, 2);
}

#[test]
fn recovery_twice_changes_nothing_and_a_deleted_recording_stays_deleted() {
    let root = tempfile::tempdir().unwrap();
    recorded(root.path());
    let file = wav_of(root.path(), 1);
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    let again = recover(root.path());
    assert_eq!(
        (again.whole.len(), again.sealed.len()),
        (1, 0),
        "told again, since nobody may have heard"
    );
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    for path in [&file, &file.with_extension("json")] {
        fs::remove_file(path).unwrap();
    }
    let again = recover(root.path());
    assert!(again.whole.is_empty() && again.sealed.is_empty());
    assert!(!file.exists());
}

#[test]
fn a_file_that_could_not_be_written_is_made_from_the_journal() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("2026"), "in the way").unwrap();
    let mut stage = Stage::open(root.path());
    stage.begin(1);
    caller_says(&mut stage, 100);
    stage.end(1, 2000);
    assert!(matches!(
        stage.event(),
        Event::Alarm(Alarm::SealFailed { .. })
    ));
    fs::remove_file(root.path().join("2026")).unwrap();
    let events = end_of_daemon(stage);
    assert!(
        matches!(events.recv().unwrap(), Event::Sealed(_)),
        "the last try at the end of the daemon"
    );
    let (left, _) = channels(&wav_of(root.path(), 1));
    assert!(left == said(100));
}

/// The first try gets as far as the sidecar; the second must not miss what the first has done already.
#[test]
fn a_sidecar_that_could_not_be_written_is_tried_again() {
    for frames in [5_u64, 100] {
        let root = tempfile::tempdir().unwrap();
        let in_the_way = wav_of(root.path(), 1).with_extension("json.new");
        fs::create_dir_all(&in_the_way).unwrap();
        let mut stage = Stage::open(root.path());
        stage.begin(1);
        caller_says(&mut stage, frames);
        stage.end(1, frames * 20);
        let told = stage.event();
        assert!(matches!(told, Event::Alarm(Alarm::SealFailed { .. })));
        fs::remove_dir(&in_the_way).unwrap();
        let events = end_of_daemon(stage);
        assert!(matches!(events.recv().unwrap(), Event::Sealed(_)));
        let (left, _) = channels(&wav_of(root.path(), 1));
        assert!(left == said(frames), "{frames} frames");
        assert_eq!(verify(root.path()).unwrap().findings, vec![]);
    }
}

/// An earlier run's unfinished file must not lie beside the sealed one, for `repair` to take it.
#[test]
fn a_part_of_before_goes_when_a_short_recording_is_sealed() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = Stage::open(root.path());
    stage.begin(1);
    stage.begin(2);
    caller_says(&mut stage, 1);
    stage.end(2, 20);
    assert_eq!(
        stage.sealed().recording,
        2,
        "the first one has its name too"
    );
    let part = wav_of(root.path(), 1).with_extension("part");
    fs::write(&part, [1; 100_000]).unwrap();
    stage.end(1, 20);
    stage.sealed();
    drop(stage);
    assert!(!part.exists());
    let verification = verify(root.path()).unwrap();
    assert_eq!((verification.good, verification.findings), (2, vec![]));
}

/// What a failed sync lost of a short recording is made again from the journal.
#[test]
fn a_short_recording_is_made_again_after_a_failed_sync() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = on_failing_disk(root.path());
    stage.begin(1);
    caller_says(&mut stage, 1);
    stage.end(1, 20);
    let told = stage.event();
    assert!(matches!(told, Event::Alarm(Alarm::SealFailed { .. })));
    fs::write(wav_of(root.path(), 1), "lost").unwrap();
    let events = end_of_daemon(stage);
    assert!(matches!(events.recv().unwrap(), Event::Sealed(_)));
    let (left, _) = channels(&wav_of(root.path(), 1));
    assert!(left == said(1));
    assert_eq!(verify(root.path()).unwrap().findings, vec![]);
}

/// While the disk stands still short recordings pile up; beyond a number of them they wait in files.
#[test]
fn only_so_many_short_recordings_wait_in_memory() {
    const MANY: u64 = 1_000;
    let root = tempfile::tempdir().unwrap();
    let (go_on, wait) = channel::<()>();
    let sync = Box::new(move |_: &fs::File| {
        let _ = wait.recv();
        Ok(())
    });
    let mut stage = Stage::start(|on_event| Recorder::start_syncing(root.path(), on_event, sync));
    let at = stage::T0 + 20_000;
    for recording in 1..=MANY {
        stage.begin(recording);
        stage.record(recording, &Record::End { at });
    }
    stage.tap.flush(at);
    let parts = || {
        let day = fs::read_dir(root.path().join("2026/11/21"));
        let names = day.into_iter().flatten().flatten();
        names
            .filter(|file| file.path().extension().is_some_and(|it| it == "part"))
            .count()
    };
    let since = std::time::Instant::now();
    while parts() < 100 {
        assert!(since.elapsed() < stage::HANG, "{} files", parts());
        std::thread::yield_now();
    }
    drop(go_on);
    let told = end_of_daemon(stage);
    let sealed = told.iter().filter(|told| matches!(told, Event::Sealed(_)));
    assert_eq!(sealed.count() as u64, MANY);
    let verification = verify(root.path()).unwrap();
    assert_eq!(
        (verification.good as u64, verification.findings),
        (MANY, vec![])
    );
}

#[test]
fn a_recording_that_never_began_leaves_no_file() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::open(root.path());
    let begin = gudok_recorder::Begin {
        recording: 5,
        call: stage::call(5),
        project: "demo".into(),
        at: stage::STARTED,
    };
    stage.recorder.begin(begin).unwrap();
    let events = end_of_daemon(stage);
    assert_eq!(events.recv().unwrap(), Event::Nothing { recording: 5 });
    assert_eq!(
        verify(root.path()).unwrap(),
        gudok_recorder::Verification::default()
    );
}

#[test]
fn verify_finds_a_flipped_byte_and_repair_mends_what_can_be_mended() {
    let root = tempfile::tempdir().unwrap();
    recorded(root.path());
    let wav = wav_of(root.path(), 1);
    let (part, json) = (wav.with_extension("part"), wav.with_extension("json"));
    fs::remove_dir_all(root.path().join("journal")).unwrap();
    let faults = || -> Vec<Fault> {
        verify(root.path())
            .unwrap()
            .findings
            .iter()
            .map(|f| f.fault)
            .collect()
    };

    let good = fs::read(&wav).unwrap();
    let mut bitten = good.clone();
    bitten[70_001] ^= 0x10;
    fs::write(&wav, &bitten).unwrap();
    assert_eq!(faults(), [Fault::HashMismatch]);
    assert_eq!(repair(root.path()).unwrap().left.len(), 1, "gone is gone");
    fs::write(&wav, &good).unwrap();
    assert_eq!(faults(), []);

    fs::remove_file(&json).unwrap();
    assert_eq!(faults(), [Fault::MissingSidecar]);
    assert_eq!(repair(root.path()).unwrap().repaired.len(), 1);
    assert_eq!(faults(), []);

    // As a killed process leaves it: sizes of the last flush, a torn frame at the end.
    let mut torn = good[..good.len() - 3].to_vec();
    torn[40..44].copy_from_slice(&100_u32.to_le_bytes());
    fs::remove_file(&wav).unwrap();
    fs::remove_file(&json).unwrap();
    fs::write(&part, &torn).unwrap();
    assert_eq!(faults(), [Fault::PartLeft]);
    assert_eq!(
        repair(root.path()).unwrap().repaired[0].fault,
        Fault::PartLeft
    );
    assert_eq!(faults(), []);
    assert_eq!(channels(&wav).0.len(), 79_999);

    fs::remove_file(&wav).unwrap();
    assert_eq!(faults(), [Fault::MissingWav]);
}

/// What a power cut may leave: names are on the disk, what belongs behind them is not.
#[test]
fn final_names_without_their_content_are_made_again() {
    let whole = tempfile::tempdir().unwrap();
    let journal = recorded(whole.path());
    let ends = record_ends(&journal);
    let wav = wav_of(whole.path(), 1);
    let below = wav.strip_prefix(whole.path()).unwrap();
    let json = fs::read(wav.with_extension("json")).unwrap();
    for (audio, sidecar) in [(vec![], json.clone()), (fs::read(&wav).unwrap(), vec![])] {
        let root = with_journal(&journal[..*ends.last().unwrap()]);
        let left = root.path().join(below);
        fs::create_dir_all(left.parent().unwrap()).unwrap();
        fs::write(&left, audio).unwrap();
        fs::write(left.with_extension("json"), sidecar).unwrap();
        assert_eq!(recover(root.path()).sealed.len(), 1);
        assert_eq!(fs::read(&left).unwrap(), fs::read(&wav).unwrap());
        assert_eq!(verify(root.path()).unwrap().findings, vec![]);
    }
}

/// A stage on a disk of which the first sync fails.
fn on_failing_disk(root: &Path) -> Stage {
    let mut first = true;
    let sync = Box::new(move |_: &fs::File| {
        if std::mem::take(&mut first) {
            return Err(std::io::Error::other("lost"));
        }
        Ok(())
    });
    Stage::start(|on_event| Recorder::start_syncing(root, on_event, sync))
}

/// A failed sync says nothing of which file lost what: the one that was still growing is made again too.
#[test]
fn what_a_disk_lost_of_a_growing_file_is_in_the_sealed_one() {
    let root = tempfile::tempdir().unwrap();
    let mut stage = on_failing_disk(root.path());
    stage.begin(1);
    stage.begin(2);
    caller_says(&mut stage, 100);
    stage.end(2, 2000);
    let told = stage.event();
    assert!(matches!(told, Event::Alarm(Alarm::SealFailed { .. })));
    let part = wav_of(root.path(), 1).with_extension("part");
    let written = fs::read(&part).expect("it grows");
    fs::write(
        &part,
        [&written[..44], &vec![0; written.len() - 44]].concat(),
    )
    .unwrap();
    stage.end(1, 2000);
    assert_eq!(stage.sealed().recording, 1);
    let (left, _) = channels(&wav_of(root.path(), 1));
    assert!(left == said(100), "from the journal");
    let events = end_of_daemon(stage);
    assert!(matches!(events.recv().unwrap(), Event::Sealed(sealed) if sealed.recording == 2));
    assert_eq!(verify(root.path()).unwrap().findings, vec![]);
}
