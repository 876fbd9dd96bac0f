//! What was spoken before: `HASH.wav` in one folder.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gudok_prompts::read_wav;

use super::{SpeakError, as_wav};

/// How much may lie there. When more was spoken than fits, what this run does not need goes, the oldest first; what it needs
/// stays even above it. 256 MiB are four and a half hours.
const CACHE_MAX: u64 = 256 * 1024 * 1024;
/// Most files that are looked at when room is made.
const FILES_MAX: usize = 65_536;

/// The folder.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    most: u64,
}

impl Cache {
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            most: CACHE_MAX,
        }
    }

    /// What was spoken; a file that is spoilt is as good as none.
    pub(super) fn get(&self, key: &str) -> Option<Vec<i16>> {
        let bytes = std::fs::read(self.file(key)).ok()?;
        read_wav(&bytes).ok()
    }

    /// Where a command may write; nobody else writes there, and nobody reads it as spoken.
    pub(super) fn place(&self, key: &str) -> Result<PathBuf, SpeakError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| SpeakError::Cache {
            path: self.folder.clone(),
            error,
        })?;
        let out = self
            .folder
            .join(format!("{key}.{}.part", std::process::id()));
        match std::fs::remove_file(&out) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(SpeakError::Cache { path: out, error })
            }
            Ok(()) | Err(_) => Ok(out),
        }
    }

    /// Keeps it: whole, or not at all.
    pub(super) fn put(&self, key: &str, samples: &[i16]) -> Result<(), SpeakError> {
        let part = self.place(key)?;
        let written = std::fs::write(&part, as_wav(samples));
        let kept = written.and_then(|()| std::fs::rename(&part, self.file(key)));
        kept.map_err(|error| SpeakError::Cache {
            path: self.folder.clone(),
            error,
        })
    }

    /// Makes room. What cannot be removed stays: it is only a cache.
    pub(super) fn evict(&self, needed: &BTreeSet<String>) {
        let mut files = self.files();
        let mut all: u64 = files.iter().map(|it| it.length).sum();
        files.sort_by_key(|it| it.written);
        for old in files.iter().filter(|it| !needed.contains(&it.key)) {
            if all <= self.most {
                return;
            }
            if std::fs::remove_file(&old.path).is_ok() {
                all -= old.length;
            }
        }
    }

    fn files(&self) -> Vec<Kept> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        // What a killed run left half spoken is there too.
        let kept = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.ok()?;
            let key = entry.file_name().to_str()?.split('.').next()?.to_owned();
            let about = entry.metadata().ok()?;
            Some(Kept {
                path: entry.path(),
                key,
                length: about.len(),
                written: about.modified().ok()?,
            })
        };
        entries.take(FILES_MAX).filter_map(kept).collect()
    }

    fn file(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.wav"))
    }
}

struct Kept {
    path: PathBuf,
    key: String,
    length: u64,
    written: SystemTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_nobody_needs_goes_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache {
            folder: folder.path().to_owned(),
            most: 100,
        };
        for (key, age) in [("a", 3), ("b", 2), ("c", 1)] {
            cache.put(key, &[7; 8]).expect("kept");
            let file = std::fs::File::options()
                .append(true)
                .open(cache.file(key))
                .expect("there");
            let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(100 - age);
            file.set_modified(then).expect("set");
        }
        // 60 bytes each: one may stay, and `a` is needed.
        cache.evict(&["a".to_owned()].into());
        let left: Vec<bool> = ["a", "b", "c"].map(|key| cache.get(key).is_some()).into();
        assert_eq!(left, [true, false, false]);
        cache.evict(&BTreeSet::new());
        assert!(cache.get("a").is_some(), "it fits");
    }
}
