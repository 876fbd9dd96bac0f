//! After a crash: every recording the journal holds is finished.
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use gudok_journal::{Seq, read};

use crate::bench::{Bench, Finished};
use crate::entry::{Entry, Named};
use crate::seal::{SealError, Sealed, seal};
use crate::sidecar::{Sidecar, sync};
use crate::verify::check;

/// What a recovery did.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Recordings that are whole now and were not.
    pub sealed: Vec<Sealed>,
    /// Recordings that were sealed before, but maybe nobody was told: shortly before a crash.
    pub whole: Vec<Sealed>,
    /// Damage in the journal, with file and offset. What lies before each is in the recordings.
    pub damage: Vec<String>,
    /// Recordings that could not be finished; the journal keeps them.
    pub failed: Vec<SealError>,
}

/// The media journal of a recordings folder.
pub fn journal_dir(root: &Path) -> PathBuf {
    root.join("journal")
}

/// Finishes every recording in the media journal of `root`. Idempotent; the daemon does it at its start by itself
/// (in the background), `recordings repair` when no daemon runs. Blocks on the disk.
pub fn recover(root: &Path) -> Recovered {
    recover_until(root, Seq(u64::MAX))
}

/// The same for entries before `until`.
pub(crate) fn recover_until(root: &Path, until: Seq) -> Recovered {
    let mut recovered = Recovered::default();
    // Opened before the first write: the system tells of a failed one only to those who had it open.
    let disk = File::open(root);
    let known = survey(root, until);
    for named in &known.done {
        let path = root.join(format!("{}.json", named.stem));
        if let Ok(sidecar) = Sidecar::read(&path) {
            let recording = named.begin.recording;
            recovered.whole.push(Sealed {
                recording,
                sidecar,
                recovered: true,
            });
        }
    }
    let mut bench = Bench::new(root).sparing(known.spare);
    for item in read(&journal_dir(root), Seq(0)).until(until) {
        match item {
            Ok(record) => {
                let seq = record.seq;
                let entry = Entry::decode(record);
                let finished = entry
                    .map(|entry| bench.apply(seq, entry))
                    .unwrap_or_default();
                recovered.take(root, finished);
            }
            Err(problem) => recovered.damage.push(problem.to_string()),
        }
    }
    recovered.take(root, bench.interrupt());
    recovered.sync(root, disk);
    recovered
}

impl Recovered {
    /// Nothing is whole that the disk may not have; the journal stays then, and all is done again.
    fn sync(&mut self, root: &Path, disk: io::Result<File>) {
        if let Err(source) = disk.and_then(|disk| sync(&disk)) {
            self.sealed.clear();
            self.whole.clear();
            self.failed.push(SealError::Io {
                file: root.display().to_string(),
                source,
            });
        }
    }

    fn take(&mut self, root: &Path, finished: Vec<Finished>) {
        for one in finished {
            match seal(root, &journal_dir(root), &one) {
                Ok(sealed) => self.sealed.push(Sealed {
                    recovered: true,
                    ..sealed
                }),
                Err(error) => self.failed.push(error),
            }
        }
    }
}

/// What a first reading of the journal says.
#[derive(Default)]
struct Survey {
    /// Files that are final, or were and have been deleted since.
    spare: BTreeSet<String>,
    /// Recordings whose files are final.
    done: Vec<Named>,
}

fn survey(root: &Path, until: Seq) -> Survey {
    let mut survey = Survey::default();
    let mut begun = Vec::new();
    for record in read(&journal_dir(root), Seq(0)).until(until).flatten() {
        match Entry::decode(record) {
            Some(Entry::Begin(named)) => begun.push(named),
            Some(Entry::Sealed(stem)) => {
                survey.spare.insert(stem);
            }
            Some(_) | None => {}
        }
    }
    for named in begun {
        // A power cut may leave final names without what belongs behind them.
        let json = root.join(format!("{}.json", named.stem));
        if json.exists() && check(&json).is_none() {
            survey.spare.insert(named.stem.clone());
            survey.done.push(named);
        }
    }
    survey
}

/// Whether a daemon records into this folder now.
pub(crate) fn is_live(root: &Path) -> io::Result<bool> {
    let lock = journal_dir(root).join("lock");
    match File::open(lock) {
        Ok(file) => Ok(matches!(
            file.try_lock_shared(),
            Err(std::fs::TryLockError::WouldBlock)
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
