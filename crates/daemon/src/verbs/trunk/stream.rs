//! TCP segments of a capture to the messages they carry. Segments out of order are not put in order: behind a gap a
//! stream is read again from the next segment that begins a message.
use std::collections::BTreeMap;
use std::net::SocketAddr;

use gudok_sip::frame::{Frame, Framer};

use super::capture::{Capture, Captured, Passed};
use super::text::is_start;

/// Most streams read beside each other; the one that was silent for the longest makes room. Each holds at most what the
/// framer keeps, 128 KiB.
pub(super) const STREAMS_MAX: usize = 256;

/// One segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    /// Who says it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// Number of its first byte.
    pub number: u32,
    /// Whether nothing follows.
    pub last: bool,
    /// What it carries.
    pub payload: &'a [u8],
}

/// The streams of a file that carry SIP.
#[derive(Default, Debug)]
pub(super) struct Streams {
    streams: BTreeMap<(SocketAddr, SocketAddr), Stream>,
    segments: u64,
}

#[derive(Default, Debug)]
struct Stream {
    framer: Framer,
    /// Number of the next byte.
    next: u32,
    /// Which of all segments was its last.
    heard: u64,
}

impl Streams {
    /// Takes a segment, and keeps the messages that end with it.
    pub(super) fn take(&mut self, segment: Segment<'_>, place: &str, into: &mut Capture) {
        self.segments += 1;
        let key = (segment.from, segment.to);
        let known = self.streams.remove(&key);
        let stream = known.and_then(|stream| stream.reached(&segment, into));
        let begins = is_start(segment.payload);
        let stream = stream.or_else(|| begins.then(|| Stream::at(segment.number)));
        let Some(mut stream) = stream else {
            if !segment.payload.is_empty() {
                into.pass(Passed::NotSip);
            }
            return;
        };
        stream.heard = self.segments;
        if stream.read(&segment, place, into) && !segment.last {
            self.make_room();
            self.streams.insert(key, stream);
        }
    }

    fn make_room(&mut self) {
        if self.streams.len() < STREAMS_MAX {
            return;
        }
        let silent = self.streams.iter().min_by_key(|(_, stream)| stream.heard);
        if let Some(key) = silent.map(|(key, _)| *key) {
            self.streams.remove(&key);
        }
    }
}

impl Stream {
    fn at(next: u32) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    /// None where something between is missing.
    fn reached(self, segment: &Segment<'_>, into: &mut Capture) -> Option<Self> {
        let ahead = segment.number.wrapping_sub(self.next).cast_signed();
        if ahead > 0 && !self.framer.is_between() {
            into.pass(Passed::Cut);
        }
        (ahead <= 0).then_some(self)
    }

    /// Takes what is new of a segment; false where it is no SIP any more.
    fn read(&mut self, segment: &Segment<'_>, place: &str, into: &mut Capture) -> bool {
        let known = self.next.wrapping_sub(segment.number) as usize;
        let Some(new) = segment.payload.get(known..).filter(|new| !new.is_empty()) else {
            return true;
        };
        self.next = self.next.wrapping_add(new.len() as u32);
        self.framer.push(new);
        while let Some(frame) = self.framer.next() {
            match frame {
                Ok(Frame::Ping) => {}
                Ok(Frame::Message(bytes)) => into.keep(Captured {
                    place: place.to_owned(),
                    source: Some(segment.from.ip()),
                    bytes,
                }),
                Err(_) => {
                    into.pass(Passed::Malformed);
                    return false;
                }
            }
        }
        true
    }
}
