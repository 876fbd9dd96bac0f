//! The second thread: hashing and syncing whole files takes long and must not hold up the journal.
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use gudok_journal::Seq;

use crate::alarm::Alarm;
use crate::bench::Finished;
use crate::recorder::{Event, OnEvent};
use crate::recover::{journal_dir, recover_until};
use crate::seal::seal;

/// Pause before failed seals are tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

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
    /// Could not be sealed yet; at most as many as the channel holds.
    failed: Vec<Finished>,
}

impl Sealer {
    pub(crate) fn new(
        root: &Path,
        jobs: Receiver<Job>,
        done: SyncSender<Done>,
        on_event: OnEvent,
    ) -> Self {
        Self {
            root: root.to_owned(),
            jobs,
            done,
            on_event,
            failed: Vec::new(),
        }
    }

    /// Works until the recorder is gone; then tries the failed ones once more.
    pub(crate) fn run(mut self) {
        loop {
            match self.jobs.recv_timeout(RETRY_AFTER) {
                Ok(Job::Recover(until)) => self.recover(until),
                Ok(Job::Seal(finished)) => self.seal(*finished),
                Err(RecvTimeoutError::Timeout) => self.retry(),
                Err(RecvTimeoutError::Disconnected) => return self.retry(),
            }
        }
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

    fn seal(&mut self, finished: Finished) {
        match seal(&self.root, &journal_dir(&self.root), &finished) {
            Ok(sealed) => {
                let (recording, stem) = (sealed.recording, finished.named.stem);
                self.tell(Event::Sealed(Box::new(sealed)));
                let _ = self.done.send(Done::Sealed { recording, stem });
            }
            Err(error) => {
                self.tell(Event::Alarm(Alarm::SealFailed {
                    error: chain(&error),
                }));
                self.failed.push(finished);
            }
        }
    }

    fn retry(&mut self) {
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
