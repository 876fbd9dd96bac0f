//! Segment files: their names, their order, and where the valid part of one ends.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::reader::{Problem, SegmentReader, Step};
use crate::{Record, Seq};

/// Ending of a segment file.
pub const ENDING: &str = "journal";

/// One segment file, by its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Segment {
    /// Number of its first record, from the name.
    pub first: Seq,
    /// Where it is.
    pub path: PathBuf,
}

/// The file of the segment that begins with `first`: twenty digits, so that names sort as numbers do.
pub fn path(dir: &Path, first: Seq) -> PathBuf {
    dir.join(format!("{:020}.{ENDING}", first.0))
}

/// All segments of a folder in order. Other files are none of our business; a folder that is not there is empty.
pub fn list(dir: &Path) -> io::Result<Vec<Segment>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(first) = first_of(&path) {
            segments.push(Segment { first, path });
        }
    }
    segments.sort();
    Ok(segments)
}

/// Deletes the segments that hold only records before `seq`, oldest first, and says how many. The last segment
/// stays, whatever it holds. Blocks on the disk.
pub fn remove_before(dir: &Path, seq: Seq) -> io::Result<usize> {
    let segments = list(dir)?;
    let mut removed = 0;
    for pair in segments.windows(2) {
        if pair[1].first > seq {
            break;
        }
        fs::remove_file(&pair[0].path)?;
        removed += 1;
    }
    Ok(removed)
}

/// What a scan of one segment found.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Number of the last valid record; nothing in an empty segment.
    pub(crate) last: Option<Seq>,
    /// Bytes up to the end of the last valid record; 0 if even the head is bad.
    pub(crate) valid_bytes: u64,
    /// What comes after them, where anything does.
    pub(crate) problem: Option<Problem>,
}

/// Reads a segment to the end of its valid part.
pub(crate) fn scan(segment: &Segment) -> Scan {
    let mut reader = SegmentReader::open(segment);
    let mut last = None;
    loop {
        match reader.step() {
            Step::Record(Record { seq, .. }) => last = Some(seq),
            Step::End => {
                return Scan {
                    last,
                    valid_bytes: reader.offset(),
                    problem: None,
                };
            }
            Step::Bad(problem) => {
                return Scan {
                    last,
                    valid_bytes: reader.offset(),
                    problem: Some(problem),
                };
            }
        }
    }
}

fn first_of(path: &Path) -> Option<Seq> {
    if path.extension()? != ENDING {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    if stem.len() != 20 {
        return None;
    }
    stem.parse().ok().map(Seq)
}
