//! The journal with its thread: appends never wait, waiters wait for the disk.
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use gudok_journal::{
    AppendError, BACKLOG_BYTES_MAX, Journal, Options, PAYLOAD_BYTES_MAX, Seq, read,
};

/// Far longer than anything here takes: only a hang runs into it.
const HANG: Duration = Duration::from_secs(20);

fn open(dir: &Path, sync: Duration) -> (Journal, mpsc::Receiver<Result<u64, String>>) {
    let (tell, told) = mpsc::channel();
    let on_durable = Box::new(move |outcome: std::io::Result<Seq>| {
        let _ = tell.send(outcome.map(|seq| seq.0).map_err(|error| error.to_string()));
    });
    let options = Options {
        segment_bytes: 1 << 20,
        sync,
        next_min: Seq(0),
        on_durable,
    };
    (Journal::open(dir, options).expect("a fresh folder"), told)
}

#[test]
fn what_is_durable_is_told_and_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, told) = open(dir.path(), Duration::from_millis(20));
    assert_eq!(journal.append(7, b"arrived").unwrap(), Seq(1));
    assert_eq!(told.recv_timeout(HANG).unwrap(), Ok(1));
    assert_eq!(journal.append(8, b"answered").unwrap(), Seq(2));
    assert!(journal.wait(Seq(2), HANG));
    assert_eq!(journal.durable(), Seq(2));
    let kinds: Vec<_> = read(dir.path(), Seq(0)).map(|r| r.unwrap().kind).collect();
    assert_eq!(kinds, [7, 8], "readable beside the live journal");
}

#[test]
fn a_record_that_finds_the_writer_dozing_is_synced_too() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, told) = open(dir.path(), Duration::from_millis(20));
    for n in 1..=20 {
        // Nobody hurries: whatever the writer is doing when it comes, dozing or fast asleep.
        assert_eq!(journal.append(0, b"unhurried").unwrap(), Seq(n));
        assert_eq!(told.recv_timeout(HANG).unwrap(), Ok(n));
    }
}

#[test]
fn somebody_who_waits_does_not_wait_for_the_interval() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _told) = open(dir.path(), Duration::from_secs(3600));
    let first = journal
        .append(0, b"synced at once: nothing was synced before")
        .unwrap();
    assert!(journal.wait(first, HANG));
    let second = journal.append(0, b"would be due in an hour").unwrap();
    assert!(journal.wait(second, HANG));
}

#[test]
fn closing_writes_what_is_left_and_the_next_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _told) = open(dir.path(), Duration::from_secs(3600));
    for n in 0..1000_u32 {
        journal.append(0, &n.to_le_bytes()).unwrap();
    }
    drop(journal);
    let (journal, _told) = open(dir.path(), Duration::from_secs(3600));
    assert_eq!(journal.append(0, b"next").unwrap(), Seq(1001));
    drop(journal);
    assert_eq!(
        read(dir.path(), Seq(0)).map(|r| r.unwrap().seq.0).max(),
        Some(1001)
    );
}

#[test]
fn a_dead_disk_raises_the_alarm_refuses_when_full_and_loses_nothing_once_it_is_back() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("journal");
    let (tell, told) = mpsc::channel();
    let on_durable = Box::new(move |outcome: std::io::Result<Seq>| {
        let _ = tell.send(outcome.map(|seq| seq.0).map_err(|_| "disk"));
    });
    // A new segment for every sync: the folder is gone when the second one is to be made.
    let options = Options {
        segment_bytes: 1,
        sync: Duration::ZERO,
        next_min: Seq(0),
        on_durable,
    };
    let journal = Journal::open(&dir, options).unwrap();
    let gone = parent.path().join("gone");
    let first = journal.append(0, b"well").unwrap();
    assert!(journal.wait(first, HANG));
    assert_eq!(told.recv_timeout(HANG).unwrap(), Ok(1));
    assert!(journal.is_well());

    fs::rename(&dir, &gone).unwrap();
    let big = vec![0; PAYLOAD_BYTES_MAX];
    let mut taken = 0;
    // What may be missing is refused long before what may not.
    while journal
        .append_if_calm(0, &big, 4 * PAYLOAD_BYTES_MAX)
        .is_ok()
    {
        taken += 1;
    }
    assert_eq!((taken, journal.dropped()), (3, 0));
    while journal.append(0, &big).is_ok() {
        taken += 1;
    }
    assert_eq!(taken, (BACKLOG_BYTES_MAX - 1) / PAYLOAD_BYTES_MAX);
    assert_eq!(journal.append(0, &big), Err(AppendError::Full));
    assert_eq!(journal.dropped(), 2);
    assert_eq!(told.recv_timeout(HANG).unwrap(), Err("disk"));
    assert!(!journal.is_well());

    fs::rename(&gone, &dir).unwrap();
    let last = Seq(1 + taken as u64);
    assert!(journal.wait(last, HANG));
    assert!(journal.is_well());
    assert_eq!(journal.append(0, b"well again").unwrap(), last.next());
    drop(journal);
    let read: Vec<_> = read(&dir, Seq(0)).map(|r| r.unwrap().seq.0).collect();
    assert_eq!(read, (1..=last.next().0).collect::<Vec<_>>());
}
