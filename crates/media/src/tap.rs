//! The tap: packets of recorded legs, written into self-contained blocks that go to the recorder.
//!
//! A worker writes records into a [`Block`] and hands it over when it is full or [`FLUSH_AFTER_US`] old; a block can be
//! read alone, so a journal may keep them as they are. All numbers are little endian.
//!
//! ```text
//! block   magic u32 "GTP1" | worker u16 | 0 u16 | sequence u64 | closed at u64 (µs) | used u32 | records u32     32 bytes
//! record  recording u64 | kind u8 | flags u8 | payload type u8 | stream u8 | seq u16 | len u16 | ts u32 | at u64  28 bytes
//!         payload, `len` bytes
//! ```
//!
//! `at` is monotonic time in microseconds since the daemon's start: of arrival on the left side, of sending on the
//! right. There is no checksum here: the journal that keeps the blocks puts its own around each.

mod queue;
mod read;
mod write;

pub use queue::{BlockQueue, MAX_BLOCKS};
pub use read::{BadBlock, Records, Tapped, read};
pub use write::{MAX_CARRIED_ENDS, TapWriter};

/// Size of every block. A recording makes 18.8 KB/s, so one block holds 200 ms of 70 recordings.
pub const BLOCK_BYTES: usize = 256 * 1024;
/// Age at which a block is handed over even when it is not full. The journal has the rest of 250 ms to write it.
pub const FLUSH_AFTER_US: u64 = 150_000;
/// Longest payload that is recorded; 40 ms of G.711 twice over. Longer ones are counted as a hole.
pub const MAX_PAYLOAD: usize = 640;

const MAGIC: [u8; 4] = *b"GTP1";
const BLOCK_HEADER: usize = 32;
const RECORD_HEADER: usize = 28;

/// A fixed buffer with whole records in it. Its memory is never given back to the allocator by a worker, only
/// passed on and recycled.
pub struct Block {
    bytes: Box<[u8]>,
    used: usize,
}

impl Block {
    /// An empty block. The memory is zeroed lazily by the system, so an unused block costs no RAM.
    pub fn new() -> Self {
        Self {
            bytes: vec![0; BLOCK_BYTES].into_boxed_slice(),
            used: 0,
        }
    }

    /// What the journal keeps: header and records; empty for a block nobody has written.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({} bytes)", self.used)
    }
}

/// Where a worker hands its blocks over. The recorder gives one to each worker; see [`BlockQueue`].
///
/// Called from the media thread: must not block, lock or do any I/O.
pub trait BlockSink: Send {
    /// Takes a full block and gives an empty one for it; gives the same block back if there is no room, which
    /// costs its contents: the next block starts with a [`Record::Hole`].
    fn swap(&mut self, full: Block) -> Result<Block, Block>;
}

/// Which channel of the recording.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// What came from the recorded leg.
    Left,
    /// What was sent to it.
    Right,
    /// What was said in its room and not to it: a whisper. Mixed; the timestamp counts from the start of the recording.
    Third,
}

/// One packet of audio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// Whose.
    pub side: Side,
    /// What the payload is; one byte is one sample of 125 µs.
    pub codec: crate::control::Codec,
    /// RTP marker: first packet after a pause.
    pub marker: bool,
    /// Changes (by one, wrapping) when sequence and timestamp jump to a new base: a new SSRC or a restart of the
    /// sender. Always 0 on the right: our stream never restarts.
    pub stream: u8,
    /// RTP sequence number.
    pub seq: u16,
    /// RTP timestamp, 8 kHz.
    pub ts: u32,
    /// Arrival or sending. Microseconds, monotonic.
    pub at: u64,
    /// The samples.
    pub payload: &'a [u8],
}

/// Beginning of a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Start {
    /// When it began. Microseconds, monotonic.
    pub at: u64,
    /// The same moment on the wall clock. Microseconds since 1970.
    pub wall: i64,
    /// Paused at the moment (only possible when `again`).
    pub paused: bool,
    /// Told again after a hole, because the first may be lost in it; the values are those of the first.
    pub again: bool,
}

/// One record of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record<'a> {
    /// The recording begins.
    Start(Start),
    /// Audio.
    Packet(Packet<'a>),
    /// No packets from here on until `Resume`; the timeline goes on.
    Pause {
        /// Microseconds, monotonic.
        at: u64,
    },
    /// Packets follow again.
    Resume {
        /// Microseconds, monotonic.
        at: u64,
    },
    /// The recording is over. May come twice, or without any packet before it, after a hole.
    End {
        /// Microseconds, monotonic.
        at: u64,
    },
    /// Records are missing: the recorder did not keep up. Concerns every recording of this worker; its
    /// recording number is 0.
    Hole {
        /// Blocks dropped since the last block.
        blocks: u32,
        /// First moment missing. Microseconds, monotonic.
        from: u64,
        /// Last moment missing. Microseconds, monotonic.
        to: u64,
    },
}
