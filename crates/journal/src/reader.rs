//! The way back: records in order, and the place of everything that is not one.
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::frame::{Head, RECORD_HEAD_BYTES, SEGMENT_HEAD_BYTES, parse_segment_head};
use crate::segment::{self, Segment};
use crate::{Record, Seq};

/// Something in a journal that cannot be read, and where.
#[derive(Debug, thiserror::Error)]
#[error("{} at byte {offset}: {damage}", file.display())]
pub struct Problem {
    /// Which file (the folder, if the folder itself cannot be read).
    pub file: PathBuf,
    /// Where the damage begins; everything before it in this file is valid.
    pub offset: u64,
    /// What it is.
    pub damage: Damage,
}

/// Ways to be unreadable.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The file ends inside a record: the usual end of a crash, nothing was promised about these bytes.
    #[error("the file ends inside a record")]
    Torn,
    /// The file does not begin with the head of a segment, or with that of another one.
    #[error("no valid segment head")]
    Head,
    /// A record claims more than the longest payload there is.
    #[error("a record claims {0} bytes")]
    Length(usize),
    /// Checksum and bytes do not belong together.
    #[error("checksum mismatch")]
    Checksum,
    /// A valid record with the wrong number.
    #[error("record {found} where {expected} was due")]
    Order {
        /// The number that was due.
        expected: Seq,
        /// The number that is there.
        found: Seq,
    },
    /// The previous segment ends before this one begins.
    #[error("records {from} to {to} are missing before this segment")]
    Missing {
        /// First one missing.
        from: Seq,
        /// Last one missing.
        to: Seq,
    },
    /// The disk would not read.
    #[error("cannot read")]
    Io(#[source] io::Error),
}

/// Records from `from` on, in order, each once: the longest valid prefix of every segment.
///
/// What cannot be read comes as a [`Problem`] at its place; the iterator then goes on with the next segment. May
/// run beside a live journal: the end of the last segment can then look torn.
pub fn read(dir: &Path, from: Seq) -> Reader {
    let (mut waiting, failed) = match segment::list(dir) {
        Ok(segments) => (VecDeque::from(segments), None),
        Err(error) => {
            let (file, damage) = (dir.to_owned(), Damage::Io(error));
            (
                VecDeque::new(),
                Some(Problem {
                    file,
                    offset: 0,
                    damage,
                }),
            )
        }
    };
    while waiting.get(1).is_some_and(|second| second.first <= from) {
        waiting.pop_front();
    }
    Reader {
        waiting,
        open: None,
        from,
        until: None,
        due: None,
        failed,
    }
}

/// Iterator over a journal; see [`read`].
#[derive(Debug)]
pub struct Reader {
    waiting: VecDeque<Segment>,
    open: Option<SegmentReader>,
    from: Seq,
    until: Option<Seq>,
    /// The next number that has not been seen; `None` before the first segment.
    due: Option<Seq>,
    failed: Option<Problem>,
}

impl Reader {
    /// Ends before this number; segments from there on are not even opened, so a live end is not mistaken for damage.
    #[must_use]
    pub fn until(mut self, seq: Seq) -> Self {
        self.waiting.retain(|segment| segment.first < seq);
        self.until = Some(seq);
        self
    }

    /// Opens the next segment; gives a problem if numbers are missing before it.
    fn advance(&mut self, segment: &Segment) -> Option<Problem> {
        self.open = Some(SegmentReader::open(segment));
        let due = self.due;
        self.due = Some(due.unwrap_or_default().max(segment.first));
        let from = due.filter(|due| *due < segment.first)?;
        let damage = Damage::Missing {
            from,
            to: Seq(segment.first.0 - 1),
        };
        Some(Problem {
            file: segment.path.clone(),
            offset: 0,
            damage,
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Record, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(problem) = self.failed.take() {
            return Some(Err(problem));
        }
        loop {
            let Some(open) = &mut self.open else {
                let segment = self.waiting.pop_front()?;
                if let Some(missing) = self.advance(&segment) {
                    return Some(Err(missing));
                }
                continue;
            };
            match open.step() {
                Step::Record(record) => {
                    // After a failed sync the same records are written again into a new segment: each once only.
                    if self.due.is_some_and(|due| record.seq < due) {
                        continue;
                    }
                    if self.until.is_some_and(|until| record.seq >= until) {
                        self.waiting.clear();
                        self.open = None;
                        return None;
                    }
                    self.due = Some(record.seq.next());
                    if record.seq >= self.from {
                        return Some(Ok(record));
                    }
                }
                Step::End => self.open = None,
                Step::Bad(problem) => {
                    self.open = None;
                    return Some(Err(problem));
                }
            }
        }
    }
}

/// One step through a segment.
pub(crate) enum Step {
    Record(Record),
    End,
    Bad(Problem),
}

/// Reads one segment; `offset` stands behind the last valid record.
#[derive(Debug)]
pub(crate) struct SegmentReader {
    segment: Segment,
    file: Option<BufReader<File>>,
    failed: Option<io::Error>,
    offset: u64,
    due: Seq,
}

impl SegmentReader {
    pub(crate) fn open(segment: &Segment) -> Self {
        let (file, failed) = match File::open(&segment.path) {
            Ok(file) => (Some(BufReader::with_capacity(1 << 16, file)), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            segment: segment.clone(),
            file,
            failed,
            offset: 0,
            due: segment.first,
        }
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next record. After `End` or `Bad` there is nothing more.
    pub(crate) fn step(&mut self) -> Step {
        if let Some(error) = self.failed.take() {
            return self.bad(Damage::Io(error));
        }
        match self.try_step() {
            Ok(Some(record)) => Step::Record(record),
            Ok(None) => Step::End,
            Err(damage) => self.bad(damage),
        }
    }

    fn bad(&mut self, damage: Damage) -> Step {
        self.file = None;
        let (file, offset) = (self.segment.path.clone(), self.offset);
        Step::Bad(Problem {
            file,
            offset,
            damage,
        })
    }

    fn try_step(&mut self) -> Result<Option<Record>, Damage> {
        let Some(file) = &mut self.file else {
            return Ok(None);
        };
        if self.offset == 0 {
            read_head(file, self.segment.first)?;
            self.offset = SEGMENT_HEAD_BYTES as u64;
        }
        let mut head = [0; RECORD_HEAD_BYTES];
        match fill(file, &mut head)? {
            0 => return Ok(None),
            RECORD_HEAD_BYTES => {}
            _ => return Err(Damage::Torn),
        }
        if head == [0; RECORD_HEAD_BYTES] {
            return prepared(file, self.offset);
        }
        let head = Head::parse(&head).map_err(Damage::Length)?;
        let mut payload = vec![0; head.len];
        if fill(file, &mut payload)? < head.len {
            return Err(Damage::Torn);
        }
        if !head.holds(&payload) {
            return Err(Damage::Checksum);
        }
        if head.seq != self.due {
            return Err(Damage::Order {
                expected: self.due,
                found: head.seq,
            });
        }
        self.offset += (RECORD_HEAD_BYTES + head.len) as u64;
        self.due = head.seq.next();
        Ok(Some(Record {
            seq: head.seq,
            kind: head.kind,
            payload,
        }))
    }
}

/// Zeros where a record was due: the end, if nothing but zeros follows (see `Log::preparing`). A live writer may have
/// come by in between; its record is then for the next reading.
fn prepared(rest: &mut BufReader<File>, offset: u64) -> Result<Option<Record>, Damage> {
    let mut bytes = [0; 1 << 14];
    loop {
        let read = fill(rest, &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        if bytes[..read].iter().any(|byte| *byte != 0) {
            let mut again = [0; RECORD_HEAD_BYTES];
            let seen = rest.get_ref().read_at(&mut again, offset);
            return match seen {
                Ok(_) if again == [0; RECORD_HEAD_BYTES] => Err(Damage::Checksum),
                Ok(_) => Ok(None),
                Err(error) => Err(Damage::Io(error)),
            };
        }
    }
}

/// The name and the head of a segment must say the same.
fn read_head(file: &mut impl Read, first: Seq) -> Result<(), Damage> {
    let mut head = [0; SEGMENT_HEAD_BYTES];
    if fill(file, &mut head)? < SEGMENT_HEAD_BYTES {
        return Err(Damage::Torn);
    }
    if parse_segment_head(&head) == Some(first) {
        Ok(())
    } else {
        Err(Damage::Head)
    }
}

/// Reads until `buffer` is full or the file ends; says how much there was.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Damage> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Damage::Io(error)),
        }
    }
    Ok(filled)
}
