//! Who is blocked though the number is withheld, from one run to the next: a file beside the database, for us alone.
//!
//! What stands for a number in it is a hash under a key that lies in the same file. It is of those alone who are blocked, so
//! whoever reads it and tries all numbers finds no other caller.
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use gudok_model::{CallId, Wall};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::metrics::Metrics;

/// Longest file that is read. Bytes; 256 blocks take a tenth of it.
const FILE_MAX: u64 = 256 * 1024;

/// What the file says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Blocks {
    /// Of the hashes.
    pub key: [u8; 32],
    /// Who is blocked.
    pub blocked: Vec<Lasting>,
}

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Lasting {
    /// The call by which they are known.
    pub call: CallId,
    /// The hash of the number.
    pub mark: u64,
    /// Until when.
    pub until: Wall,
}

impl Blocks {
    /// A new key, nobody blocked.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub(crate) fn fresh() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self {
            key,
            blocked: Vec::new(),
        })
    }

    /// Those of the run before who are blocked still: what stands for the others is dropped from the disk too, and with the
    /// last of them the key. A file that cannot be used keeps no hotline from starting: it is set aside as `.blocks-bad`,
    /// nobody is blocked, and it is told.
    ///
    /// # Errors
    /// As [`Self::fresh`].
    pub(crate) fn at_start(
        config: &Config,
        metrics: &Metrics,
        now: Wall,
    ) -> Result<Self, getrandom::Error> {
        let path = path(config);
        Self::of_before(&path, now).or_else(|error| {
            metrics.alarm("blocks");
            tracing::error!(%error, path = %path.display(), "who is blocked with a withheld number is forgotten");
            Self::fresh()
        })
    }

    fn of_before(path: &Path, now: Wall) -> io::Result<Self> {
        let before = read(path).inspect_err(|_| {
            let _as_it_was = std::fs::rename(path, path.with_extension("blocks-bad"));
        })?;
        let Some(before) = before else {
            return Ok(Self::fresh()?);
        };
        let mut still = before.clone();
        still.blocked.retain(|it| now < it.until);
        if still.blocked.is_empty() {
            still = Self::fresh()?;
        }
        if still.blocked.len() < before.blocked.len() {
            still.write(path)?;
        }
        Ok(still)
    }

    /// Puts this in the place of what was there, whole or not at all. Blocks on the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_extension("blocks-new");
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    }
}

/// Where it lies.
pub(crate) fn path(config: &Config) -> PathBuf {
    config.paths.database.with_extension("blocks")
}

fn read(path: &Path) -> io::Result<Option<Blocks>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(FILE_MAX).read_to_end(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_spoilt_file_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gudok.blocks");
        assert_eq!(read(&path).expect("no file is none"), None);
        let mut blocks = Blocks::fresh().expect("randomness");
        for until in [7, 8] {
            blocks.blocked.push(Lasting {
                call: CallId(uuid::Uuid::nil()),
                mark: u64::MAX,
                until: Wall(until),
            });
            blocks.write(&path).expect("written");
            assert_eq!(read(&path).expect("readable"), Some(blocks.clone()));
        }
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 1);
        std::fs::write(&path, "{").expect("written");
        assert!(Blocks::of_before(&path, Wall(0)).is_err());
        let aside = std::fs::read_to_string(path.with_extension("blocks-bad"));
        assert_eq!(aside.expect("set aside"), "{");
        assert_eq!(read(&path).expect("no file is none"), None);
    }

    #[test]
    fn whose_block_is_over_leaves_nothing_and_the_last_one_takes_the_key_along() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gudok.blocks");
        let mut blocks = Blocks::fresh().expect("randomness");
        blocks.blocked = [7_i64, 9]
            .map(|until| Lasting {
                call: CallId(uuid::Uuid::nil()),
                mark: until.unsigned_abs(),
                until: Wall(until),
            })
            .into();
        blocks.write(&path).expect("written");
        let at = |now| Blocks::of_before(&path, Wall(now)).expect("readable");
        assert_eq!(at(6), blocks);
        let marks = |of: &Blocks| of.blocked.iter().map(|it| it.mark).collect::<Vec<_>>();
        let later = at(7);
        assert_eq!((marks(&later), later.key), (vec![9], blocks.key));
        assert_eq!(read(&path).expect("readable"), Some(later));
        let last = at(9);
        assert!(last.blocked.is_empty() && last.key != blocks.key);
        assert_eq!(read(&path).expect("readable"), Some(last));
    }
}
