//! Writing records, and what happens when the recorder does not keep up.
use super::{
    BLOCK_BYTES, BLOCK_HEADER, Block, BlockSink, FLUSH_AFTER_US, MAGIC, MAX_PAYLOAD, Packet,
    RECORD_HEADER, Record, Side,
};
use crate::control::Codec;

/// Ends of recordings that are told again after their block was dropped. Beyond that (so many calls ended while the
/// recorder stood still) the recorder must close a recording by itself.
pub const MAX_CARRIED_ENDS: usize = 1024;

/// Writes the blocks of one worker.
///
/// Nothing here waits or allocates: a block that the sink does not take is emptied, and the next one begins with a
/// [`Record::Hole`] and the ends of recordings that were in it. Starts are not carried: the caller sees
/// [`TapWriter::holes`] grow and tells them again.
pub struct TapWriter {
    sink: Box<dyn BlockSink>,
    /// `None` only within `hand_over`.
    block: Option<Block>,
    worker: u16,
    sequence: u64,
    records: u32,
    opened_at: u64,
    hole: Option<Hole>,
    ends: Vec<(u64, u64)>,
    holes: u64,
    dropped: u64,
}

#[derive(Clone, Copy)]
struct Hole {
    blocks: u32,
    from: u64,
    to: u64,
}

impl TapWriter {
    /// A writer for this worker's number.
    pub fn new(worker: u16, sink: Box<dyn BlockSink>) -> Self {
        Self {
            sink,
            block: Some(Block::new()),
            worker,
            sequence: 0,
            records: 0,
            opened_at: 0,
            hole: None,
            ends: Vec::with_capacity(MAX_CARRIED_ENDS),
            holes: 0,
            dropped: 0,
        }
    }

    /// Appends a record; hands the block over first when it has no room. A payload over [`MAX_PAYLOAD`] is dropped
    /// and counted.
    pub fn write(&mut self, now: u64, recording: u64, record: &Record<'_>) {
        let len = payload_len(record);
        if len > MAX_PAYLOAD {
            self.dropped += 1;
            return;
        }
        if self.used() + RECORD_HEADER + len > BLOCK_BYTES {
            self.hand_over(now);
        }
        if let Record::End { at } = *record
            && self.ends.len() < MAX_CARRIED_ENDS
        {
            self.ends.push((recording, at));
        }
        self.append(now, recording, record);
    }

    /// Hands over a block that is [`FLUSH_AFTER_US`] old. Call every few milliseconds.
    pub fn tick(&mut self, now: u64) {
        if self.records > 0 && now.saturating_sub(self.opened_at) >= FLUSH_AFTER_US {
            self.hand_over(now);
        }
    }

    /// Hands over what there is, at the end of the worker.
    pub fn flush(&mut self, now: u64) {
        if self.records > 0 {
            self.hand_over(now);
        }
    }

    /// When the next [`TapWriter::tick`] has something to do, if at all. Microseconds, monotonic.
    pub fn deadline(&self) -> Option<u64> {
        (self.records > 0).then(|| self.opened_at + FLUSH_AFTER_US)
    }

    /// Blocks dropped so far because the sink had no room.
    pub fn holes(&self) -> u64 {
        self.holes
    }

    /// Packets that were too long to record.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn used(&self) -> usize {
        self.block.as_ref().map_or(0, |block| block.used)
    }

    fn append(&mut self, now: u64, recording: u64, record: &Record<'_>) {
        let Some(block) = &mut self.block else { return };
        if self.records == 0 {
            block.used = BLOCK_HEADER;
            self.opened_at = now;
        }
        block.used += encode(&mut block.bytes[block.used..], recording, record);
        self.records += 1;
    }

    fn hand_over(&mut self, now: u64) {
        let Some(mut block) = self.block.take() else {
            return;
        };
        self.seal(&mut block, now);
        match self.sink.swap(block) {
            Ok(mut empty) => {
                empty.used = 0;
                self.block = Some(empty);
                self.sequence += 1;
                self.records = 0;
                self.hole = None;
                self.ends.clear();
            }
            Err(block) => self.start_over(now, block),
        }
    }

    /// The block stays with us and loses its contents.
    fn start_over(&mut self, now: u64, block: Block) {
        let (blocks, from) = self
            .hole
            .map_or((1, self.opened_at), |hole| (hole.blocks + 1, hole.from));
        self.block = Some(block);
        self.records = 0;
        self.holes += 1;
        let hole = Hole {
            blocks,
            from,
            to: now,
        };
        self.hole = Some(hole);
        self.append(
            now,
            0,
            &Record::Hole {
                blocks: hole.blocks,
                from: hole.from,
                to: hole.to,
            },
        );
        for index in 0..self.ends.len() {
            let (recording, at) = self.ends[index];
            self.append(now, recording, &Record::End { at });
        }
    }

    fn seal(&self, block: &mut Block, now: u64) {
        let used = u32::try_from(block.used).expect("a block is 256 KiB");
        let header = &mut block.bytes[..BLOCK_HEADER];
        header[..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&self.worker.to_le_bytes());
        header[6..8].copy_from_slice(&[0; 2]);
        header[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        header[16..24].copy_from_slice(&now.to_le_bytes());
        header[24..28].copy_from_slice(&used.to_le_bytes());
        header[28..32].copy_from_slice(&self.records.to_le_bytes());
    }
}

fn payload_len(record: &Record<'_>) -> usize {
    match record {
        Record::Packet(packet) => packet.payload.len(),
        Record::Start(_) | Record::Hole { .. } => 8,
        Record::Pause { .. } | Record::Resume { .. } | Record::End { .. } => 0,
    }
}

/// Fields of the record header, in the order of the format.
struct Head {
    kind: u8,
    flags: u8,
    payload_type: u8,
    stream: u8,
    seq: u16,
    ts: u32,
    at: u64,
}

/// Writes the record to the front of `out`, which has room, and returns its length.
fn encode(out: &mut [u8], recording: u64, record: &Record<'_>) -> usize {
    let plain = |kind, at| Head {
        kind,
        flags: 0,
        payload_type: 0,
        stream: 0,
        seq: 0,
        ts: 0,
        at,
    };
    match record {
        Record::Packet(packet) => put(out, recording, &head_of(packet), packet.payload),
        Record::Start(start) => {
            let flags = u8::from(start.paused) << 1 | u8::from(start.again) << 2;
            put(
                out,
                recording,
                &Head {
                    flags,
                    ..plain(2, start.at)
                },
                &start.wall.to_le_bytes(),
            )
        }
        Record::Pause { at } => put(out, recording, &plain(3, *at), &[]),
        Record::Resume { at } => put(out, recording, &plain(4, *at), &[]),
        Record::End { at } => put(out, recording, &plain(5, *at), &[]),
        Record::Hole { blocks, from, to } => put(
            out,
            recording,
            &Head {
                ts: *blocks,
                ..plain(6, *from)
            },
            &to.to_le_bytes(),
        ),
    }
}

fn head_of(packet: &Packet<'_>) -> Head {
    Head {
        kind: match packet.side {
            Side::Left => 0,
            Side::Right => 1,
            Side::Third => 7,
        },
        flags: u8::from(packet.marker),
        payload_type: Codec::static_payload_type(packet.codec),
        stream: packet.stream,
        seq: packet.seq,
        ts: packet.ts,
        at: packet.at,
    }
}

fn put(out: &mut [u8], recording: u64, head: &Head, payload: &[u8]) -> usize {
    let len = u16::try_from(payload.len()).expect("checked against MAX_PAYLOAD");
    out[..8].copy_from_slice(&recording.to_le_bytes());
    out[8..12].copy_from_slice(&[head.kind, head.flags, head.payload_type, head.stream]);
    out[12..14].copy_from_slice(&head.seq.to_le_bytes());
    out[14..16].copy_from_slice(&len.to_le_bytes());
    out[16..20].copy_from_slice(&head.ts.to_le_bytes());
    out[20..28].copy_from_slice(&head.at.to_le_bytes());
    out[RECORD_HEADER..RECORD_HEADER + payload.len()].copy_from_slice(payload);
    RECORD_HEADER + payload.len()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::tap::{BlockQueue, Start, Tapped, read};

    fn packet(payload: &[u8], at: u64) -> Record<'_> {
        let (codec, side) = (Codec::Pcma, Side::Left);
        Record::Packet(Packet {
            side,
            codec,
            marker: true,
            stream: 3,
            seq: 65535,
            ts: 7,
            at,
            payload,
        })
    }

    #[test]
    fn every_record_comes_out_as_it_went_in() {
        let queue = Arc::new(BlockQueue::new(2, || ()));
        let mut tap = TapWriter::new(9, queue.sink());
        let records = [
            Record::Start(Start {
                at: 5,
                wall: -1,
                paused: true,
                again: true,
            }),
            packet(&[1, 2, 3], 6),
            Record::Pause { at: 7 },
            Record::Resume { at: 8 },
            Record::End { at: 9 },
            Record::Hole {
                blocks: 3,
                from: 1,
                to: 2,
            },
        ];
        for record in &records {
            tap.write(10, 77, record);
        }
        tap.tick(10 + FLUSH_AFTER_US - 1);
        assert!(queue.next().is_none(), "too young");
        tap.tick(10 + FLUSH_AFTER_US);
        let block = queue.next().expect("old enough");
        let mut read = read(block.bytes()).expect("a block");
        assert_eq!(
            (read.worker(), read.sequence(), read.closed_at()),
            (9, 0, 10 + FLUSH_AFTER_US)
        );
        assert_eq!(
            read.by_ref()
                .map(|tapped| tapped.record)
                .collect::<Vec<_>>(),
            records
        );
        assert!(!read.is_damaged());
    }

    #[test]
    fn a_recorder_that_stands_still_costs_a_hole_and_no_end() {
        let queue = Arc::new(BlockQueue::new(2, || ()));
        let mut tap = TapWriter::new(0, queue.sink());
        let payload = [0xd5; 160];
        let mut now = 0;
        while tap.holes() < 2 {
            now += 1000;
            tap.write(now, 1, &packet(&payload, now));
            if tap.holes() == 1 {
                tap.write(now, 2, &Record::End { at: 4242 });
            }
        }
        let first = queue.next().expect("full");
        queue.give_back(first);
        tap.flush(now);
        let mut last = None;
        while let Some(block) = queue.next() {
            last = Some(block);
        }
        let last = last.expect("the flushed one");
        let records: Vec<_> = read(last.bytes()).expect("a block").collect();
        assert!(
            matches!(records[0].record, Record::Hole { blocks: 2, .. }),
            "{:?}",
            records[0]
        );
        assert_eq!(
            records[1],
            Tapped {
                recording: 2,
                record: Record::End { at: 4242 }
            }
        );
    }

    proptest! {
        #[test]
        fn garbage_is_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), honest in any::<bool>()) {
            let mut bytes = bytes;
            if honest && bytes.len() >= 4 {
                bytes[..4].copy_from_slice(&MAGIC);
            }
            if let Ok(records) = read(&bytes) {
                prop_assert!(records.count() <= bytes.len() / RECORD_HEADER);
            }
        }

        #[test]
        fn a_torn_block_yields_its_longest_prefix(cut in 32usize..32 + 5 * 48) {
            let queue = Arc::new(BlockQueue::new(2, || ()));
            let mut tap = TapWriter::new(0, queue.sink());
            for at in 0..5 {
                tap.write(0, 1, &packet(&[7; 20], at));
            }
            tap.flush(1);
            let block = queue.next().expect("flushed");
            let mut records = read(&block.bytes()[..cut]).expect("a header");
            prop_assert_eq!(records.by_ref().count(), (cut - 32) / 48);
            prop_assert!(records.is_damaged());
        }
    }
}
