//! Reading blocks, whatever is in them.
use super::{BLOCK_HEADER, MAGIC, Packet, RECORD_HEADER, Record, Side, Start};
use crate::control::Codec;

/// A record and the recording it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tapped<'a> {
    /// Number of the recording; 0 for [`Record::Hole`].
    pub recording: u64,
    /// What happened.
    pub record: Record<'a>,
}

/// Why bytes are not a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadBlock {
    /// Not even a header.
    #[error("shorter than a block header ({0} bytes of {BLOCK_HEADER})")]
    Short(usize),
    /// Something else.
    #[error("no tap block: the magic number is missing")]
    Magic,
}

/// The records of one block, in the order they were written. Ends early at the first record that makes no sense or
/// is cut off, so a torn block yields its longest valid prefix; [`Records::is_damaged`] tells.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    left: u32,
    damaged: bool,
    worker: u16,
    sequence: u64,
    closed_at: u64,
}

/// Opens a block for reading. Never panics, whatever the bytes are.
pub fn read(bytes: &[u8]) -> Result<Records<'_>, BadBlock> {
    if bytes.len() < BLOCK_HEADER {
        return Err(BadBlock::Short(bytes.len()));
    }
    let mut rest = bytes;
    if take::<4>(&mut rest) != Some(MAGIC) {
        return Err(BadBlock::Magic);
    }
    let worker = u16::from_le_bytes(take(&mut rest).unwrap_or_default());
    let _reserved: Option<[u8; 2]> = take(&mut rest);
    let sequence = u64::from_le_bytes(take(&mut rest).unwrap_or_default());
    let closed_at = u64::from_le_bytes(take(&mut rest).unwrap_or_default());
    let used = u32::from_le_bytes(take(&mut rest).unwrap_or_default()) as usize;
    let left = u32::from_le_bytes(take(&mut rest).unwrap_or_default());
    let rest = rest
        .get(..used.saturating_sub(BLOCK_HEADER))
        .unwrap_or(rest);
    Ok(Records {
        rest,
        left,
        damaged: false,
        worker,
        sequence,
        closed_at,
    })
}

impl<'a> Records<'a> {
    /// Which worker wrote it.
    pub fn worker(&self) -> u16 {
        self.worker
    }

    /// Dense per worker from 0; a dropped block leaves no gap here but a [`Record::Hole`] inside.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When it was handed over. Microseconds, monotonic.
    pub fn closed_at(&self) -> u64 {
        self.closed_at
    }

    /// Whether the end was torn or senseless. Known once the iterator is at its end.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Tapped<'a>;

    fn next(&mut self) -> Option<Tapped<'a>> {
        if self.left == 0 || self.damaged {
            return None;
        }
        self.left -= 1;
        let record = record(&mut self.rest);
        self.damaged = record.is_none();
        record
    }
}

fn record<'a>(rest: &mut &'a [u8]) -> Option<Tapped<'a>> {
    if rest.len() < RECORD_HEADER {
        return None;
    }
    let recording = u64::from_le_bytes(take(rest)?);
    let [kind, flags, payload_type, stream] = take(rest)?;
    let seq = u16::from_le_bytes(take(rest)?);
    let len = u16::from_le_bytes(take(rest)?);
    let ts = u32::from_le_bytes(take(rest)?);
    let at = u64::from_le_bytes(take(rest)?);
    let (payload, tail) = rest.split_at_checked(len.into())?;
    *rest = tail;
    let record = match kind {
        0 | 1 | 7 => Record::Packet(Packet {
            side: match kind {
                0 => Side::Left,
                1 => Side::Right,
                _ => Side::Third,
            },
            codec: Codec::of_static(payload_type)?,
            marker: flags & 1 != 0,
            stream,
            seq,
            ts,
            at,
            payload,
        }),
        2 => Record::Start(Start {
            at,
            wall: i64::from_le_bytes(payload.try_into().ok()?),
            paused: flags & 2 != 0,
            again: flags & 4 != 0,
        }),
        3 => Record::Pause { at },
        4 => Record::Resume { at },
        5 => Record::End { at },
        6 => Record::Hole {
            blocks: ts,
            from: at,
            to: u64::from_le_bytes(payload.try_into().ok()?),
        },
        _ => return None,
    };
    Some(Tapped { recording, record })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}
