//! The second thread: hashing and syncing whole files takes long and must not hold up the journal.
//!
//! Files get their final names one by one, the disk is told for many at once: nobody waits for a seal, and until it is
//! told the media journal can make every one of them again.
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use gudok_journal::Seq;

use crate::alarm::Alarm;
use crate::bench::Finished;
use crate::part::Closed;
use crate::recorder::{Event, OnEvent, SyncBelow};
use crate::recover::{journal_dir, recover_until};
use crate::seal::{SealError, Sealed, seal};

/// Pause before failed seals are tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Longest sleep without anything to do.
const NAP: Duration = Duration::from_secs(60);
/// Longest a file with its final name waits for others to be synced with.
const GATHER: Duration = Duration::from_millis(250);
/// Most that wait so.
const GATHERED_MAX: usize = 256;

/// What is to be done.
pub(crate) enum Job {
    /// Finish what the journal holds before this number.
    Recover(Seq),
    /// Seal this one.
    Seal(Box<Finished>),
}

/// What has been done.
pub(crate) enum Done {
    /// The earlier runs are finished.
    Recovered,
    /// This file is final.
    Sealed { recording: u64, stem: String },
}

pub(crate) struct Sealer {
    root: PathBuf,
    jobs: Receiver<Job>,
    done: SyncSender<Done>,
    on_event: OnEvent,
    sync_below: SyncBelow,
    /// The folder, held open: the system tells of a failed write once to whoever has it open, however long ago it was.
    disk: Option<File>,
    /// Final by name, not yet known to be on the disk; at most [`GATHERED_MAX`].
    gathered: Vec<(Sealed, Finished)>,
    /// When the first of them came.
    since: Instant,
    /// Could not be sealed yet; at most as many as the channel holds.
    failed: Vec<Finished>,
    /// When they are tried again.
    retry_at: Option<Instant>,
    /// When a sync last failed: what was written to any file before is in doubt.
    doubt_before: Option<Instant>,
}

impl Sealer {
    pub(crate) fn new(
        root: &Path,
        jobs: Receiver<Job>,
        done: SyncSender<Done>,
        on_event: OnEvent,
        sync_below: SyncBelow,
    ) -> Self {
        Self {
            root: root.to_owned(),
            jobs,
            done,
            on_event,
            sync_below,
            disk: File::open(root).ok(),
            gathered: Vec::new(),
            since: Instant::now(),
            failed: Vec::new(),
            retry_at: None,
            doubt_before: None,
        }
    }

    /// Works until the recorder is gone; then tries the failed ones once more.
    pub(crate) fn run(mut self) {
        loop {
            match self.jobs.recv_timeout(self.patience()) {
                Ok(Job::Recover(until)) => self.recover(until),
                Ok(Job::Seal(finished)) => self.seal(*finished),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.retry_at.is_some_and(|at| at <= Instant::now()) {
                self.retry();
            }
            if self.gathered.len() >= GATHERED_MAX || self.since.elapsed() >= GATHER {
                self.settle();
            }
        }
        self.retry();
        self.settle();
    }

    /// How long nothing has to be done.
    fn patience(&self) -> Duration {
        let settle = (!self.gathered.is_empty()).then(|| self.since + GATHER);
        let next = settle.into_iter().chain(self.retry_at).min();
        next.map_or(NAP, |at| at.saturating_duration_since(Instant::now()))
    }

    fn recover(&self, until: Seq) {
        let recovered = recover_until(&self.root, until);
        for problem in recovered.damage {
            self.tell(Event::Alarm(Alarm::JournalDamaged { problem }));
        }
        let all = recovered.failed.is_empty();
        for error in recovered.failed {
            self.tell(Event::Alarm(Alarm::SealFailed {
                error: chain(&error),
            }));
        }
        for sealed in recovered.whole.into_iter().chain(recovered.sealed) {
            self.tell(Event::Sealed(Box::new(sealed)));
        }
        if all {
            let _ = self.done.send(Done::Recovered);
        }
    }

    fn seal(&mut self, mut finished: Finished) {
        let doubted = self.doubt_before.is_some_and(|at| finished.since <= at);
        if doubted && matches!(finished.closed, Closed::File) {
            let doubt = io::Error::other("the disk lost something while it was written");
            finished.closed = Closed::Broken(doubt);
        }
        match seal(&self.root, &journal_dir(&self.root), &finished) {
            Ok(sealed) => {
                if self.gathered.is_empty() {
                    self.since = Instant::now();
                }
                // What was in memory has a file now.
                finished.closed = Closed::File;
                self.gathered.push((sealed, finished));
            }
            Err(error) => self.fail(&error, finished),
        }
    }

    /// What lies in no file is made again from the journal: kept in memory it would add up while the disk is ill.
    fn fail(&mut self, error: &SealError, mut finished: Finished) {
        let whole = matches!(finished.closed, Closed::File) && finished.part.exists();
        // Its third track may have its final name already.
        if !whole || finished.third.is_some() {
            finished.closed = Closed::Broken(io::Error::other(error.to_string()));
        }
        self.tell(Event::Alarm(Alarm::SealFailed {
            error: chain(error),
        }));
        self.failed.push(finished);
        self.retry_at
            .get_or_insert_with(|| Instant::now() + RETRY_AFTER);
    }

    /// The disk gets all that was gathered. After a failure Linux has forgotten what it could not write, and a second
    /// sync would say that all is well: every one of them is made again from the journal, and so will be those that
    /// are still being written.
    fn settle(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let synced = self.sync();
        if synced.is_err() {
            self.doubt_before = Some(Instant::now());
        }
        for (sealed, finished) in std::mem::take(&mut self.gathered) {
            match &synced {
                Ok(()) => self.sealed(sealed, finished.named.stem),
                Err(error) => {
                    let again = || io::Error::new(error.kind(), error.to_string());
                    let failure = SealError::Io {
                        file: finished.named.stem.clone(),
                        source: again(),
                    };
                    let closed = Closed::Broken(again());
                    self.fail(&failure, Finished { closed, ..finished });
                }
            }
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let disk = match self.disk.take() {
            Some(disk) => disk,
            None => File::open(&self.root)?,
        };
        (self.sync_below)(self.disk.insert(disk))
    }

    fn sealed(&self, sealed: Sealed, stem: String) {
        let recording = sealed.recording;
        self.tell(Event::Sealed(Box::new(sealed)));
        let _ = self.done.send(Done::Sealed { recording, stem });
    }

    fn retry(&mut self) {
        self.retry_at = None;
        for finished in std::mem::take(&mut self.failed) {
            self.seal(finished);
        }
    }

    fn tell(&self, event: Event) {
        (self.on_event)(event);
    }
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
