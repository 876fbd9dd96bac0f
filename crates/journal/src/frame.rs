//! How one record and the head of a segment look on disk. Little-endian throughout.
//!
//! ```text
//! segment head   "GUDOKJ01" | first seq u64 | crc32c u32 of the 16 bytes before it
//! record         len u32 | crc32c u32 | seq u64 | kind u16 | payload (len bytes)
//! ```
//! The checksum of a record covers everything but itself, the length too: whichever byte flips, it is seen. Zeros where
//! a record was due, and nothing else up to the end of the file, are room that was prepared and not used: no record is
//! all zeros, since its number is not.
use std::fmt;

/// Most bytes of one payload. A length beyond it is damage, so a flipped length never makes us allocate wildly.
pub const PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// Bytes of a record before its payload.
pub const RECORD_HEAD_BYTES: usize = 18;
/// Bytes of a segment before its first record.
pub const SEGMENT_HEAD_BYTES: usize = 20;

const MAGIC: &[u8; 8] = b"GUDOKJ01";

/// Number of a record: 1, 2, 3 … over all segments. 0 stands for "nothing yet".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Seq(pub u64);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One record as it was appended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its number.
    pub seq: Seq,
    /// What the payload is; the meaning belongs to whoever appends.
    pub kind: u16,
    /// At most [`PAYLOAD_BYTES_MAX`] bytes.
    pub payload: Vec<u8>,
}

/// The head of a record, checked for length but not yet against its payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) len: usize,
    crc: u32,
    pub(crate) seq: Seq,
    pub(crate) kind: u16,
    covered: u32,
}

/// Appends one encoded record to `out`. The caller has checked the length.
pub(crate) fn encode(out: &mut Vec<u8>, seq: Seq, kind: u16, payload: &[u8]) {
    let len = u32::try_from(payload.len()).expect("payloads are at most 1 MiB");
    let (seq, kind) = (seq.0.to_le_bytes(), kind.to_le_bytes());
    let crc = crc32c::crc32c_append(head_crc(&len.to_le_bytes(), &seq, &kind), payload);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&seq);
    out.extend_from_slice(&kind);
    out.extend_from_slice(payload);
}

impl Head {
    /// Reads the head; `Err` is the impossible length it claims.
    pub(crate) fn parse(bytes: &[u8; RECORD_HEAD_BYTES]) -> Result<Self, usize> {
        let len = u32_at(bytes, 0) as usize;
        if len > PAYLOAD_BYTES_MAX {
            return Err(len);
        }
        Ok(Self {
            len,
            crc: u32_at(bytes, 4),
            seq: Seq(u64_at(bytes, 8)),
            kind: u16::from_le_bytes([bytes[16], bytes[17]]),
            covered: head_crc(&bytes[..4], &bytes[8..16], &bytes[16..18]),
        })
    }

    /// Whether head and payload belong together.
    pub(crate) fn holds(&self, payload: &[u8]) -> bool {
        crc32c::crc32c_append(self.covered, payload) == self.crc
    }
}

/// The head of a segment whose first record will be `first`.
pub(crate) fn segment_head(first: Seq) -> [u8; SEGMENT_HEAD_BYTES] {
    let mut head = [0; SEGMENT_HEAD_BYTES];
    head[..8].copy_from_slice(MAGIC);
    head[8..16].copy_from_slice(&first.0.to_le_bytes());
    let crc = crc32c::crc32c(&head[..16]);
    head[16..].copy_from_slice(&crc.to_le_bytes());
    head
}

/// The first seq of a segment, or nothing if this is not the head of one.
pub(crate) fn parse_segment_head(head: &[u8; SEGMENT_HEAD_BYTES]) -> Option<Seq> {
    let good = &head[..8] == MAGIC && u32_at(head, 16) == crc32c::crc32c(&head[..16]);
    good.then(|| Seq(u64_at(head, 8)))
}

fn head_crc(len: &[u8], seq: &[u8], kind: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(crc32c::crc32c(len), seq), kind)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}
