//! The files of a folder of plans, as they lie there at one moment.
//!
//! An editor, a `git pull` or a copy writes them one after the other: what changed while it was read is read once more, and
//! then refused, as half an old plan and half a new one is neither.
use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use gudok_dialplan::load::{SHEET_ENDING, Source};
use gudok_journal::PAYLOAD_BYTES_MAX;

use crate::plain;
use crate::plans::PlanError;

/// Largest file that is read. Bytes.
const FILE_MAX: u64 = 1024 * 1024;
/// Most files of one folder.
const FILES_MAX: usize = 256;
/// Most bytes of all of them together, as the journal writes them down: one record holds a version with who, why and what
/// it does otherwise, for which the rest of the record is kept.
pub(crate) const TOGETHER_MAX: usize = PAYLOAD_BYTES_MAX - ABOUT_IT_MAX;
const ABOUT_IT_MAX: usize = 128 << 10;

/// Every `*.toml` and `*.roster.csv`, in order of names. Blocks on the disk.
///
/// # Errors
/// When anything is unreadable, no plain file or too much, or changes twice while it is read.
pub(crate) fn sources(folder: &Path) -> Result<Vec<Source>, PlanError> {
    #[cfg(test)]
    slow::wait(folder);
    at_rest(folder, || {})
}

/// As [`sources`]; `between` is called when the files have been read, before they are looked at again.
fn at_rest(folder: &Path, mut between: impl FnMut()) -> Result<Vec<Source>, PlanError> {
    for _ in 0..2 {
        let before = listed(folder)?;
        let read = read(folder, &before);
        between();
        if listed(folder)? == before {
            return read;
        }
    }
    Err(PlanError::Changing {
        path: folder.to_owned(),
    })
}

/// A file as it was seen. What is written to it changes one of these.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Seen {
    path: PathBuf,
    bytes: u64,
    /// Which, of which file system.
    inode: (u64, u64),
    /// Seconds and nanoseconds.
    written: (i64, i64),
}

fn listed(folder: &Path) -> Result<Vec<Seen>, PlanError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy());
        if name.is_some_and(|name| name.ends_with(".toml") || name.ends_with(SHEET_ENDING)) {
            files.push(path);
        }
        if files.len() > FILES_MAX {
            let what = format!("слишком много файлов: больше {FILES_MAX}");
            return Err(too_much(folder, what));
        }
    }
    let seen = |path: PathBuf| {
        let of = fs::metadata(&path).map_err(unreadable(&path))?;
        Ok(seen(path, &of))
    };
    let mut files: Vec<Seen> = files.into_iter().map(seen).collect::<Result<_, _>>()?;
    files.sort();
    Ok(files)
}

fn seen(path: PathBuf, of: &Metadata) -> Seen {
    Seen {
        path,
        bytes: of.len(),
        inode: (of.dev(), of.ino()),
        written: (of.mtime(), of.mtime_nsec()),
    }
}

fn read(folder: &Path, files: &[Seen]) -> Result<Vec<Source>, PlanError> {
    let sources = files.iter().map(|file| source(&file.path));
    let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
    fits(folder, &sources)?;
    Ok(sources)
}

fn source(path: &Path) -> Result<Source, PlanError> {
    let file = plain::open(path).map_err(unreadable(path))?;
    let mut text = String::new();
    let mut within = file.take(FILE_MAX + 1);
    within.read_to_string(&mut text).map_err(unreadable(path))?;
    if text.len() as u64 > FILE_MAX {
        return Err(too_much(path, "файл больше 1 МиБ".to_owned()));
    }
    let name = path.file_name();
    let name = name.map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Source { name, text })
}

/// The whole of it in one record of the journal: a plan that is not there cannot be replayed, nor gone back to.
///
/// # Errors
/// With the largest file, the size and the limit.
pub(crate) fn fits(folder: &Path, sources: &[Source]) -> Result<(), PlanError> {
    let written = |it: &Source| serde_json::to_string(&it.text).map_or(0, |json| json.len());
    let sizes: Vec<usize> = sources.iter().map(written).collect();
    let all: usize = sizes.iter().sum();
    if all <= TOGETHER_MAX {
        return Ok(());
    }
    let largest = sources.iter().zip(&sizes).max_by_key(|(_, size)| **size);
    let (name, size) = largest.map_or(("", 0), |(it, size)| (it.name.as_str(), *size));
    let what = format!(
        "план целиком больше предела: {all} байт из {TOGETHER_MAX} (как их запишет журнал); больше всех этот файл: {size}; что прошло, из таблиц смен можно убрать"
    );
    Err(too_much(&folder.join(name), what))
}

fn too_much(path: &Path, what: String) -> PlanError {
    PlanError::TooMuch {
        path: path.to_owned(),
        what,
    }
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> PlanError {
    let path = path.to_owned();
    move |error| PlanError::Unreadable {
        path: path.clone(),
        error,
    }
}

/// A disk that is slow, for tests of who waits for it.
#[cfg(test)]
pub(crate) mod slow {
    use std::path::{Path, PathBuf};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    static SLOW: Mutex<Vec<(PathBuf, Receiver<()>)>> = Mutex::new(Vec::new());

    /// The next look at this folder lasts until something is sent, or what sends is gone.
    pub(crate) fn make(folder: &Path) -> Sender<()> {
        let (go_on, wait) = channel();
        let mut slow = SLOW.lock().unwrap_or_else(PoisonError::into_inner);
        slow.push((folder.to_owned(), wait));
        go_on
    }

    pub(super) fn wait(folder: &Path) {
        let mut slow = SLOW.lock().unwrap_or_else(PoisonError::into_inner);
        let found = slow.iter().position(|(path, _)| path == folder);
        let wait = found.map(|at| slow.remove(at).1);
        drop(slow);
        if let Some(wait) = wait {
            let _ = wait.recv();
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use tempfile::TempDir;

    use super::*;

    fn folder() -> TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("8800.toml"), "a = 1\n").expect("written");
        dir
    }

    fn refused(folder: &Path) -> String {
        sources(folder).expect_err("refused").to_string()
    }

    #[test]
    fn what_changes_while_it_is_read_is_read_again_and_never_by_halves() {
        let dir = folder();
        let file = dir.path().join("8800.toml");
        let mut once = Some("a = 2\n");
        let read = at_rest(dir.path(), || {
            if let Some(text) = once.take() {
                fs::write(dir.path().join("9.toml"), "").expect("written");
                fs::write(&file, text).expect("written");
            }
        });
        let read: Vec<_> = read.expect("at rest").into_iter().collect();
        let texts: Vec<&str> = read.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(texts, ["a = 2\n", ""]);

        let mut round = 0;
        let never = at_rest(dir.path(), || {
            round += 1;
            fs::write(&file, "a = 3\n".repeat(round)).expect("written");
        });
        assert!(matches!(never, Err(PlanError::Changing { .. })));
        assert_eq!(round, 2);
    }

    #[test]
    fn what_is_no_plain_file_is_refused_and_nobody_waits_for_it() {
        let dir = folder();
        let pipe = dir.path().join("pipe.toml");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
        let told = refused(dir.path());
        assert!(told.contains("pipe.toml"), "{told}");
        assert!(told.contains("не обычный файл"), "{told}");
    }

    #[test]
    fn a_plan_that_no_record_of_the_journal_holds_is_refused_with_the_limit() {
        let dir = folder();
        let half = "#\n".repeat(TOGETHER_MAX / 6 + 1);
        fs::write(dir.path().join("1.toml"), &half).expect("written");
        assert_eq!(sources(dir.path()).expect("it fits").len(), 2);
        fs::write(dir.path().join("2.roster.csv"), &half).expect("written");
        fs::write(dir.path().join("3.toml"), format!("{half}#")).expect("written");
        let told = refused(dir.path());
        assert!(told.contains(&TOGETHER_MAX.to_string()), "{told}");
        assert!(told.contains("3.toml"), "{told}");
        fs::write(dir.path().join("3.toml"), "#".repeat(1 << 21)).expect("written");
        assert!(refused(dir.path()).contains("больше 1 МиБ"));
    }
}
