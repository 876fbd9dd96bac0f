//! The writer without a thread: one owner appends, writes and syncs when it wants to.
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::frame::{PAYLOAD_BYTES_MAX, encode, segment_head};
use crate::segment::{self, Segment};
use crate::{Problem, Seq};

/// Written at once where a file is prepared.
static ZEROS: [u8; 16 << 10] = [0; 16 << 10];

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes here.
    #[error("{} is in use by another process; stop it first", .0.display())]
    InUse(PathBuf),
    /// The disk would not do it.
    #[error("cannot open the journal in {}; check that the folder exists and may be written", dir.display())]
    Io {
        /// Which folder.
        dir: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The payload is longer than [`PAYLOAD_BYTES_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a record of {0} bytes is longer than the largest allowed")]
pub struct TooLarge(pub usize);

/// An append-only log with one owner and no thread.
///
/// Appending only encodes into memory; [`Log::write`] hands it to the kernel (survives `kill -9`), [`Log::sync`]
/// to the disk (survives the power). What has not been synced stays in memory: after a failed sync Linux forgets
/// the dirty pages, so everything since the last good one is written again, into a new segment.
#[derive(Debug)]
pub struct Log {
    dir: PathBuf,
    segment_bytes: u64,
    /// See [`Log::preparing`]; 0: nothing is prepared.
    ahead: usize,
    /// Held for the life of the log, so that two processes never write the same folder.
    _lock: File,
    next: Seq,
    durable: Seq,
    /// Encoded records after `durable`.
    unsynced: Vec<u8>,
    /// How much of `unsynced` the kernel has.
    written: usize,
    current: Current,
    cut: Option<Problem>,
}

/// The segment that is being written.
#[derive(Debug)]
struct Current {
    /// None when it must not be used any more: a sync failed, or a new one could not be made yet.
    file: Option<File>,
    path: PathBuf,
    /// Bytes up to the last sync.
    synced_bytes: u64,
    /// Bytes the file has, prepared ones with it.
    file_bytes: u64,
}

impl Log {
    /// Opens or creates the log in `dir`. Goes on after the last valid record, in a new segment; its number is at
    /// least `next_min` (what a projection has already seen must not be numbered twice).
    ///
    /// A damaged end of the last segment is moved to a `.torn` file beside it: nothing is thrown away, and the
    /// segment reads cleanly from then on. [`Log::cut`] tells.
    pub fn open(dir: &Path, segment_bytes: u64, next_min: Seq) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Io {
            dir: dir.to_owned(),
            source,
        };
        fs::create_dir_all(dir).map_err(failed)?;
        let lock = lock(dir)?;
        let (last, cut) = find_end(dir).map_err(failed)?;
        let next = last.next().max(next_min).max(Seq(1));
        let current = Current::create(dir, next).map_err(failed)?;
        Ok(Self {
            dir: dir.to_owned(),
            segment_bytes,
            ahead: 0,
            _lock: lock,
            next,
            durable: Seq(next.0 - 1),
            unsynced: Vec::new(),
            written: 0,
            current,
            cut,
        })
    }

    /// The damage found and moved aside at opening.
    pub fn cut(&self) -> Option<&Problem> {
        self.cut.as_ref()
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Fills the file with zeros this far ahead of the records. A sync then changes nothing but the bytes of records:
    /// the file system need not write down where the file ends, which takes longer than the rest of the sync. For logs
    /// that are synced often.
    #[must_use]
    pub fn preparing(mut self, ahead: usize) -> Self {
        self.ahead = ahead;
        self
    }

    /// The number the next record gets.
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// The last record the disk has.
    pub fn durable(&self) -> Seq {
        self.durable
    }

    /// Bytes held in memory because the disk does not have them yet. The owner bounds it.
    pub fn backlog_bytes(&self) -> usize {
        self.unsynced.len()
    }

    /// Encodes one record into memory and gives its number. Touches no disk.
    pub fn append(&mut self, kind: u16, payload: &[u8]) -> Result<Seq, TooLarge> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(TooLarge(payload.len()));
        }
        let seq = self.next;
        encode(&mut self.unsynced, seq, kind, payload);
        self.next = seq.next();
        Ok(seq)
    }

    /// Takes records that were encoded elsewhere, up to and without number `next`.
    pub(crate) fn absorb(&mut self, encoded: &mut Vec<u8>, next: Seq) {
        if self.unsynced.is_empty() {
            std::mem::swap(&mut self.unsynced, encoded);
        } else {
            self.unsynced.append(encoded);
        }
        encoded.clear();
        self.next = next;
    }

    /// Hands everything to the kernel. After an error it may be called again: it writes the same bytes again.
    pub fn write(&mut self) -> io::Result<()> {
        if self.written == self.unsynced.len() {
            return Ok(());
        }
        let full = self.written == 0 && self.current.synced_bytes >= self.segment_bytes;
        if full || self.current.file.is_none() {
            self.written = 0;
            self.current.trim();
            self.current = Current::create(&self.dir, self.durable.next())?;
        }
        let at = self.current.synced_bytes + self.written as u64;
        let bytes = &self.unsynced[self.written..];
        self.current.prepare(at + bytes.len() as u64, self.ahead)?;
        self.current.open().write_all_at(bytes, at)?;
        self.written = self.unsynced.len();
        Ok(())
    }

    /// Writes what is left and waits for the disk; gives the last durable number.
    pub fn sync(&mut self) -> io::Result<Seq> {
        self.write()?;
        if self.unsynced.is_empty() {
            return Ok(self.durable);
        }
        let file = self.current.open();
        if let Err(error) = file.sync_data() {
            // The kernel may have dropped the pages: this file ends at the last good sync.
            let _ = file.set_len(self.current.synced_bytes);
            self.current.file = None;
            self.written = 0;
            return Err(error);
        }
        self.current.synced_bytes += self.written as u64;
        self.unsynced.clear();
        self.written = 0;
        self.durable = Seq(self.next.0 - 1);
        Ok(self.durable)
    }

    /// Deletes the segments that hold only records before `seq`; says how many.
    pub fn remove_before(&self, seq: Seq) -> io::Result<usize> {
        segment::remove_before(&self.dir, seq)
    }
}

impl Current {
    /// A file of the same name can only be a segment nothing durable was written to: it is made anew.
    fn create(dir: &Path, first: Seq) -> io::Result<Self> {
        let path = segment::path(dir, first);
        let file = File::create(&path)?;
        let head = segment_head(first);
        file.write_all_at(&head, 0)?;
        file.sync_data()?;
        File::open(dir)?.sync_all()?;
        Ok(Self {
            file: Some(file),
            path,
            synced_bytes: head.len() as u64,
            file_bytes: head.len() as u64,
        })
    }

    fn open(&self) -> &File {
        self.file
            .as_ref()
            .expect("write() makes it where it is missing")
    }

    /// Zeros `ahead` of `end`, where the file does not reach so far.
    fn prepare(&mut self, end: u64, ahead: usize) -> io::Result<()> {
        let until = if end > self.file_bytes {
            end + ahead as u64
        } else {
            0
        };
        while ahead > 0 && self.file_bytes < until {
            match self.open().write_all_at(&ZEROS, self.file_bytes) {
                Ok(()) => self.file_bytes += ZEROS.len() as u64,
                // The record itself may still fit.
                Err(error) if is_full(&error) => {
                    self.open().set_len(self.file_bytes)?;
                    self.file_bytes = end.max(self.file_bytes);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Nothing more comes: what was prepared goes. Where it stays (after a crash), a reader passes over it.
    fn trim(&self) {
        if let Some(file) = &self.file
            && self.file_bytes > self.synced_bytes
        {
            let _ = file.set_len(self.synced_bytes);
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

impl Drop for Log {
    /// A last segment without records is only litter.
    fn drop(&mut self) {
        let _ = self.sync();
        if self.unsynced.is_empty() {
            self.current.trim();
        }
        if self.current.synced_bytes == crate::frame::SEGMENT_HEAD_BYTES as u64 {
            let _ = fs::remove_file(&self.current.path);
        }
    }
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Io {
        dir: dir.to_owned(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The last valid number, and what had to be moved aside behind it.
fn find_end(dir: &Path) -> io::Result<(Seq, Option<Problem>)> {
    let mut segments = segment::list(dir)?;
    let mut cut = None;
    let mut floor = Seq(0);
    while let Some(segment) = segments.pop() {
        let scan = segment::scan(&segment);
        if let Some(problem) = scan.problem {
            if let crate::Damage::Io(error) = problem.damage {
                return Err(error);
            }
            move_aside(&segment, scan.valid_bytes)?;
            cut = cut.or(Some(problem));
        } else if fs::metadata(&segment.path)?.len() > scan.valid_bytes {
            // Prepared by a run that did not come to its end.
            let file = OpenOptions::new().write(true).open(&segment.path)?;
            file.set_len(scan.valid_bytes)?;
        }
        // The name alone promises that everything before it was once there.
        floor = floor.max(Seq(segment.first.0.saturating_sub(1)));
        if let Some(last) = scan.last {
            return Ok((last.max(floor), cut));
        }
    }
    Ok((floor, cut))
}

/// Copies what follows `valid_bytes` into a `.torn` file, then cuts it off (or removes a segment that is all bad).
fn move_aside(segment: &Segment, valid_bytes: u64) -> io::Result<()> {
    let bytes = fs::read(&segment.path)?;
    let from = usize::try_from(valid_bytes)
        .unwrap_or(usize::MAX)
        .min(bytes.len());
    let side = segment
        .path
        .with_extension(format!("at-{valid_bytes}.torn"));
    fs::write(&side, &bytes[from..])?;
    File::open(&side)?.sync_all()?;
    if valid_bytes == 0 {
        return fs::remove_file(&segment.path);
    }
    let file = OpenOptions::new().write(true).open(&segment.path)?;
    file.set_len(valid_bytes)?;
    file.sync_all()
}
