//! A journal cut or bitten anywhere gives its longest valid prefix, and goes on from there.
use std::fs;
use std::path::{Path, PathBuf};

use gudok_journal::{Damage, Log, Problem, Record, Seq, read, segment};
use proptest::prelude::*;

/// Writes the payloads into one segment and gives its file.
fn written(dir: &Path, payloads: &[Vec<u8>]) -> PathBuf {
    let mut log = Log::open(dir, u64::MAX, Seq(0)).expect("a fresh folder");
    for (kind, payload) in payloads.iter().enumerate() {
        log.append(u16::try_from(kind).expect("few"), payload)
            .expect("short");
    }
    log.sync().expect("a disk");
    segment::path(dir, Seq(1))
}

fn good_and_bad(dir: &Path) -> (Vec<Record>, Vec<Problem>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for item in read(dir, Seq(0)) {
        match item {
            Ok(record) => good.push(record),
            Err(problem) => bad.push(problem),
        }
    }
    (good, bad)
}

/// Ends of the records in the file: 20 bytes of head, then 18 bytes and the payload each.
fn ends(payloads: &[Vec<u8>]) -> Vec<usize> {
    let mut at = 20;
    payloads
        .iter()
        .map(|payload| {
            at += 18 + payload.len();
            at
        })
        .collect()
}

fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cut_at_every_byte_yields_the_longest_valid_prefix(payloads in payloads()) {
        let dir = tempfile::tempdir().unwrap();
        let file = written(dir.path(), &payloads);
        let whole = fs::read(&file).unwrap();
        let ends = ends(&payloads);
        prop_assert_eq!(ends.last(), Some(&whole.len()));
        for cut in 0..=whole.len() {
            fs::write(&file, &whole[..cut]).unwrap();
            let (good, bad) = good_and_bad(dir.path());
            let whole_records = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(good.len(), whole_records);
            for (record, payload) in good.iter().zip(&payloads) {
                prop_assert_eq!(&record.payload, payload);
            }
            let clean = cut == 20 || ends.contains(&cut);
            prop_assert_eq!(bad.is_empty(), clean);
            prop_assert!(bad.iter().all(|problem| matches!(problem.damage, Damage::Torn)));
        }
    }

    #[test]
    fn any_flipped_byte_is_detected(payloads in payloads(), mask in 1..=255_u8) {
        let dir = tempfile::tempdir().unwrap();
        let file = written(dir.path(), &payloads);
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut bitten = whole.clone();
            bitten[at] ^= mask;
            fs::write(&file, &bitten).unwrap();
            let (good, bad) = good_and_bad(dir.path());
            let before = ends(&payloads).iter().filter(|end| **end <= at).count();
            prop_assert_eq!(good.len(), if at < 20 { 0 } else { before });
            prop_assert_eq!(bad.len(), 1);
            prop_assert_eq!(&bad[0].file, &file);
            prop_assert!(bad[0].offset <= at as u64);
        }
    }
}

/// A log that prepares its file, left by a crash: the file as it lay on the disk while the log was open.
fn prepared(dir: &Path, payloads: &[&[u8]]) -> (PathBuf, Vec<u8>) {
    let mut log = Log::open(dir, u64::MAX, Seq(0))
        .expect("a fresh folder")
        .preparing(4096);
    for payload in payloads {
        log.append(0, payload).expect("short");
        log.sync().expect("a disk");
    }
    let file = segment::path(dir, Seq(1));
    let left = fs::read(&file).expect("the segment");
    drop(log);
    (file, left)
}

#[test]
fn a_prepared_file_ends_where_its_records_end() {
    let dir = tempfile::tempdir().unwrap();
    let (file, left) = prepared(dir.path(), &[b"one", &[0; 5000], b"three"]);
    let end = 20 + 3 * 18 + 3 + 5000 + 5;
    assert_eq!(fs::metadata(&file).unwrap().len(), end as u64, "closed");
    assert!(left.len() > end + 4096, "prepared");
    assert!(left[end..].iter().all(|byte| *byte == 0));

    fs::write(&file, &left).unwrap();
    let (good, bad) = good_and_bad(dir.path());
    assert_eq!((good.len(), bad.len()), (3, 0));
    let log = Log::open(dir.path(), u64::MAX, Seq(0)).unwrap();
    assert!(log.cut().is_none());
    assert_eq!(log.next_seq(), Seq(4));
    assert_eq!(fs::metadata(&file).unwrap().len(), end as u64, "recovered");
}

#[test]
fn a_byte_in_what_was_prepared_is_damage_not_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let (file, left) = prepared(dir.path(), &[b"one"]);
    for at in [41, 50, 58, 59, 1000, left.len() - 1] {
        let mut bitten = left.clone();
        bitten[at] = 1;
        fs::write(&file, &bitten).unwrap();
        let (good, bad) = good_and_bad(dir.path());
        assert_eq!((good.len(), bad.len()), (1, 1), "at {at}");
        assert_eq!(bad[0].offset, 41);
    }
}

#[test]
fn opening_after_a_crash_moves_the_torn_end_aside_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let payloads = vec![b"one".to_vec(), b"two".to_vec(), b"three".to_vec()];
    let file = written(dir.path(), &payloads);
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 2]).unwrap();

    let mut log = Log::open(dir.path(), u64::MAX, Seq(0)).unwrap();
    assert!(matches!(log.cut().unwrap().damage, Damage::Torn));
    assert_eq!(log.append(9, b"again").unwrap(), Seq(3));
    drop(log);

    let (good, bad) = good_and_bad(dir.path());
    let told: Vec<_> = good
        .iter()
        .map(|r| (r.seq.0, r.payload.as_slice()))
        .collect();
    assert_eq!(told, [(1, b"one".as_slice()), (2, b"two"), (3, b"again")]);
    assert!(bad.is_empty(), "{bad:?}");
    let side = fs::read(file.with_extension("at-62.torn")).unwrap();
    assert_eq!(side, &whole[62..whole.len() - 2]);
}

#[test]
fn damage_in_the_middle_costs_the_rest_of_that_segment_only() {
    let dir = tempfile::tempdir().unwrap();
    for part in 0..3_u8 {
        let mut log = Log::open(dir.path(), u64::MAX, Seq(0)).unwrap();
        log.append(0, &[part, 0]).unwrap();
        log.append(0, &[part, 1]).unwrap();
    }
    let second = segment::path(dir.path(), Seq(3));
    let mut bytes = fs::read(&second).unwrap();
    bytes[20 + 18 + 2 + 18] ^= 1; // first payload byte of its second record
    fs::write(&second, bytes).unwrap();

    let told: Vec<_> = read(dir.path(), Seq(2))
        .map(|item| match item {
            Ok(record) => format!("{} {:?}", record.seq, record.payload),
            Err(problem) => format!("{} {}", problem.offset, problem.damage),
        })
        .collect();
    assert_eq!(
        told,
        [
            "2 [0, 1]",
            "3 [1, 0]",
            "40 checksum mismatch",
            "0 records 4 to 4 are missing before this segment",
            "5 [2, 0]",
            "6 [2, 1]",
        ]
    );
}

#[test]
fn numbers_go_on_behind_what_the_database_has_seen() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path(), &[b"one".to_vec()]));
    let mut log = Log::open(dir.path(), u64::MAX, Seq(8)).unwrap();
    assert_eq!(log.append(0, b"eight").unwrap(), Seq(8));
}

#[test]
fn a_second_writer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Log::open(dir.path(), 1, Seq(0)).unwrap();
    let second = Log::open(dir.path(), 1, Seq(0)).unwrap_err();
    assert!(
        second
            .to_string()
            .ends_with("is in use by another process; stop it first")
    );
}

#[test]
fn segments_go_when_all_their_records_are_done_with() {
    let dir = tempfile::tempdir().unwrap();
    let mut log = Log::open(dir.path(), 1, Seq(0)).unwrap();
    for n in 0..4_u8 {
        log.append(0, &[n]).unwrap();
        log.sync().unwrap();
    }
    assert_eq!(log.remove_before(Seq(3)).unwrap(), 2);
    let left: Vec<u64> = read(dir.path(), Seq(0)).map(|r| r.unwrap().seq.0).collect();
    assert_eq!(left, [3, 4]);
    assert_eq!(
        log.remove_before(Seq(99)).unwrap(),
        1,
        "the last segment stays"
    );
}

#[test]
fn records_written_again_after_a_failed_sync_are_read_once() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    written(dir.path(), &[b"1".to_vec(), b"2".to_vec(), b"3".to_vec()]);
    let mut again = Log::open(other.path(), u64::MAX, Seq(2)).unwrap();
    for payload in [b"2", b"3", b"4"] {
        again.append(0, payload).unwrap();
    }
    drop(again);
    let second = segment::path(other.path(), Seq(2));
    fs::copy(&second, segment::path(dir.path(), Seq(2))).unwrap();
    let (good, bad) = good_and_bad(dir.path());
    assert_eq!(
        good.iter().map(|r| r.seq.0).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(bad.is_empty());
}
