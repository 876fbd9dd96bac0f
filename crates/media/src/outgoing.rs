//! The one RTP stream a party hears from us, whatever feeds it: prompt, music, the other party, digits.
//!
//! The numbers never jump: a new feed goes on at the next sequence number, and its timestamp is that of a virtual
//! 8 kHz clock which started with the leg, so pauses are pauses for the receiver's jitter buffer too.

use crate::g711::FRAME;
use crate::reception::Place;
use crate::rtp::Stamp;

/// Samples a relayed stream may stray from the virtual clock before it is set right. One second.
const MAX_STRAY: i32 = 8_000;

/// Numbering and counters of the stream to one party.
#[derive(Clone, Debug)]
pub struct Outgoing {
    ssrc: u32,
    next_seq: u16,
    first_ts: u32,
    born_at: u64,
    /// Timestamp right after the latest packet.
    end_ts: u32,
    last_ts: u32,
    last_at: u64,
    feed: Feed,
    packets: u64,
    octets: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Feed {
    /// Nothing since the start or a change: the next packet begins a talkspurt.
    None,
    /// Our own frames.
    Local,
    /// Packets of this source (a number of the engine's choice) and stream.
    Relay(Relay),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Relay {
    source: u64,
    stream: u8,
    /// What has this place gets the number `base`; what is before it is too late.
    anchor: u64,
    base: u16,
    ts_offset: u32,
}

/// A packet to be relayed, as it arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Incoming {
    /// Which leg it is from.
    pub source: u64,
    /// Its place there.
    pub place: Place,
    /// Its timestamp there.
    pub ts: u32,
    /// Its marker.
    pub marker: bool,
    /// Samples in it; 0 for a telephone-event, whose timestamp is that of the beginning of the press.
    pub samples: u32,
    /// Payload type to the receiver.
    pub payload_type: u8,
}

impl Outgoing {
    /// A stream with these random beginnings.
    pub fn new(now: u64, ssrc: u32, seq: u16, ts: u32) -> Self {
        Self {
            ssrc,
            next_seq: seq,
            first_ts: ts,
            born_at: now,
            end_ts: ts,
            last_ts: ts,
            last_at: now,
            feed: Feed::None,
            packets: 0,
            octets: 0,
        }
    }

    /// Our synchronisation source.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Packets sent.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Bytes of payload sent, wrapping (RFC 3550 §6.4.1).
    pub fn octets(&self) -> u32 {
        self.octets
    }

    /// The timestamp that this moment has in the stream, for a sender report.
    pub fn ts_now(&self, now: u64) -> u32 {
        self.last_ts
            .wrapping_add(samples(now.saturating_sub(self.last_at)))
    }

    /// Numbers a frame of our own. A pause before it begins a talkspurt.
    pub fn local(&mut self, now: u64, payload_type: u8, new_talkspurt: bool) -> Stamp {
        let marker = new_talkspurt || self.feed != Feed::Local;
        let ts = if marker {
            self.fresh_ts(now)
        } else {
            self.end_ts
        };
        self.feed = Feed::Local;
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        self.sent(now, ts, FRAME as u32);
        Stamp {
            marker,
            payload_type,
            seq,
            ts,
            ssrc: self.ssrc,
        }
    }

    /// Numbers a packet of a digit that began at `start_ts` (from [`Outgoing::begin_event`]).
    pub fn event(&mut self, now: u64, payload_type: u8, start_ts: u32, marker: bool) -> Stamp {
        self.feed = Feed::None;
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        let until = self.clock(now).wrapping_add(FRAME as u32);
        self.sent(now, start_ts, until.wrapping_sub(start_ts));
        Stamp {
            marker,
            payload_type,
            seq,
            ts: start_ts,
            ssrc: self.ssrc,
        }
    }

    /// The timestamp of a digit that begins now.
    pub fn begin_event(&mut self, now: u64) -> u32 {
        self.fresh_ts(now)
    }

    /// Numbers a packet of the other party; `None` if it is from before the last change and has no number left.
    pub fn relay(&mut self, now: u64, packet: &Incoming) -> Option<Stamp> {
        let (relay, anchored) = match self.feed {
            Feed::Relay(relay) if relay.is_of(packet) => (relay, false),
            Feed::None | Feed::Local | Feed::Relay(_) => (self.anchor(now, packet), true),
        };
        let ahead = packet.place.ext.checked_sub(relay.anchor)?;
        let relay = if anchored {
            relay
        } else {
            self.keep_time(now, relay, packet)
        };
        self.feed = Feed::Relay(relay);
        let seq = relay.base.wrapping_add(ahead as u16);
        if seq.wrapping_sub(self.next_seq) < 0x8000 {
            self.next_seq = seq.wrapping_add(1);
        }
        let ts = packet.ts.wrapping_add(relay.ts_offset);
        self.sent(now, ts, packet.samples);
        let marker = anchored || packet.marker;
        Some(Stamp {
            marker,
            payload_type: packet.payload_type,
            seq,
            ts,
            ssrc: self.ssrc,
        })
    }

    /// A packet of the relayed source was dropped by us: the receiver shall not see it as a loss.
    pub fn skip(&mut self, source: u64, place: Place) {
        if let Feed::Relay(relay) = &mut self.feed
            && (relay.source, relay.stream) == (source, place.stream)
            && place.ext >= relay.anchor
        {
            relay.anchor = place.ext + 1;
            relay.base = self.next_seq;
        }
    }

    /// The feed is over; the next packet begins a talkspurt.
    pub fn pause(&mut self) {
        self.feed = Feed::None;
    }

    /// Counts the payload of a stamped packet that was really sent.
    pub fn count(&mut self, payload: usize) {
        self.packets += 1;
        self.octets = self.octets.wrapping_add(payload as u32);
    }

    fn anchor(&mut self, now: u64, packet: &Incoming) -> Relay {
        Relay {
            source: packet.source,
            stream: packet.place.stream,
            anchor: packet.place.ext,
            base: self.next_seq,
            ts_offset: self.fresh_ts(now).wrapping_sub(packet.ts),
        }
    }

    /// A source whose timestamps stood still or jumped (a hold, a restart) is set to the clock again.
    fn keep_time(&self, now: u64, relay: Relay, packet: &Incoming) -> Relay {
        let ts = packet.ts.wrapping_add(relay.ts_offset);
        let stray = ts.wrapping_sub(self.clock(now)).cast_signed();
        if packet.samples == 0 || stray.abs() <= MAX_STRAY {
            return relay;
        }
        Relay {
            ts_offset: self.fresh_ts(now).wrapping_sub(packet.ts),
            ..relay
        }
    }

    /// By the clock, but never before what was already sent.
    fn fresh_ts(&self, now: u64) -> u32 {
        let clock = self.clock(now);
        if self.end_ts.wrapping_sub(clock).cast_signed() > 0 {
            self.end_ts
        } else {
            clock
        }
    }

    fn clock(&self, now: u64) -> u32 {
        self.first_ts
            .wrapping_add(samples(now.saturating_sub(self.born_at)))
    }

    fn sent(&mut self, now: u64, ts: u32, samples: u32) {
        let end = ts.wrapping_add(samples);
        if end.wrapping_sub(self.end_ts).cast_signed() >= 0 {
            (self.end_ts, self.last_ts, self.last_at) = (end, ts, now);
        }
    }
}

impl Relay {
    fn is_of(&self, packet: &Incoming) -> bool {
        self.source == packet.source && self.stream == packet.place.stream
    }
}

/// Samples in so many microseconds, wrapping like a timestamp.
fn samples(micros: u64) -> u32 {
    (micros / 125) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(source: u64, ext: u64, ts: u32) -> Incoming {
        let place = Place { stream: 0, ext };
        Incoming {
            source,
            place,
            ts,
            marker: false,
            samples: 160,
            payload_type: 8,
        }
    }

    fn numbers(stamp: Option<Stamp>) -> (u16, u32, bool) {
        let stamp = stamp.expect("has a number");
        (stamp.seq, stamp.ts, stamp.marker)
    }

    #[test]
    fn prompt_then_caller_then_another_are_one_stream() {
        let mut out = Outgoing::new(0, 1, 65_534, 1_000);
        let first = out.local(20_000, 8, false);
        assert_eq!((first.seq, first.ts, first.marker), (65_534, 1_160, true));
        let second = out.local(40_000, 8, false);
        assert_eq!(
            (second.seq, second.ts, second.marker),
            (65_535, 1_320, false)
        );
        assert_eq!(
            numbers(out.relay(100_000, &packet(1, 500, 77))),
            (0, 1_800, true)
        );
        assert_eq!(
            numbers(out.relay(120_000, &packet(1, 501, 237))),
            (1, 1_960, false)
        );
        assert_eq!(
            numbers(out.relay(121_000, &packet(2, 9, 0))),
            (2, 2_120, true),
            "no overlap"
        );
    }

    #[test]
    fn loss_and_order_of_the_source_stay_visible_but_what_we_drop_does_not() {
        let mut out = Outgoing::new(0, 1, 10, 0);
        assert_eq!(numbers(out.relay(0, &packet(1, 100, 0))).0, 10);
        assert_eq!(
            numbers(out.relay(0, &packet(1, 103, 480))).0,
            13,
            "two lost"
        );
        assert_eq!(
            numbers(out.relay(0, &packet(1, 102, 320))),
            (12, 320, false),
            "one late"
        );
        out.skip(
            1,
            Place {
                stream: 0,
                ext: 104,
            },
        );
        assert_eq!(numbers(out.relay(0, &packet(1, 105, 800))).0, 14, "no gap");
        assert_eq!(
            out.relay(0, &packet(1, 101, 160)),
            None,
            "its number is gone"
        );
    }

    #[test]
    fn a_source_whose_clock_stood_still_is_set_right() {
        let mut out = Outgoing::new(0, 1, 0, 0);
        out.relay(0, &packet(1, 1, 0));
        assert_eq!(
            numbers(out.relay(900_000, &packet(1, 2, 160))).1,
            160,
            "late, not wrong"
        );
        assert_eq!(numbers(out.relay(5_000_000, &packet(1, 3, 320))).1, 40_000);
        assert_eq!(numbers(out.relay(5_020_000, &packet(1, 4, 480))).1, 40_160);
    }
}
