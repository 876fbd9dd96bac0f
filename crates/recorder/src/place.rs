//! Where a packet belongs on the timeline of its channel.
//!
//! Inside a stream the RTP timestamp decides, so jitter moves nothing. The stream as a whole hangs on the arrival
//! clock by its first packet, and is moved only when the *least delayed* packets of a while say so: jitter can make
//! packets late, never early, hence the minimum of (arrival − place) follows the sender's clock and not the network.
//! All positions are samples (125 µs) since the start of the recording.

/// Samples of a millisecond.
pub(crate) const MS: i64 = 8;
/// Arrival and place further apart than this: the timestamps jumped.
const JUMP: i64 = 2000 * MS;
/// Beyond what jitter makes: the stream is hung up anew.
const FAR: i64 = 80 * MS;
/// A new stream that begins this near to the end of the old one continues it without a seam.
const SEAM: i64 = 60 * MS;
/// Drift that is corrected even while somebody speaks; keeps the error below 20 ms.
const DRIFT: i64 = 16 * MS;
/// Drift that is corrected where nobody speaks.
const DRIFT_QUIET: i64 = 5 * MS;
/// Arrival time over which one minimum is taken.
const BUCKET: i64 = 500 * MS;
/// Buckets that make the slow minimum: 2.5 s.
const BUCKETS: usize = 5;

/// What placing needs to know of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard {
    pub(crate) stream: u8,
    pub(crate) seq: u16,
    pub(crate) ts: u32,
    pub(crate) marker: bool,
    /// Samples in it.
    pub(crate) len: i64,
    /// When it came, on the timeline.
    pub(crate) arrival: i64,
    /// Nobody speaks in it, nor in the one before.
    pub(crate) quiet: bool,
}

/// Where the packet goes, and what that says about the time before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    /// First sample.
    pub(crate) at: i64,
    /// Packets missing directly before it, by sequence number.
    pub(crate) lost: u16,
    /// The stream was moved by this many samples just before: the hole or overlap is ours, not the network's.
    pub(crate) slip: i64,
}

/// The place-giver of one channel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placer {
    anchor: Option<Anchor>,
    /// The stream before: its latecomers belong to it.
    previous: Option<Anchor>,
}

/// Where the newest packet of the stream was placed; everything is relative to it.
#[derive(Clone, Debug)]
struct Anchor {
    stream: u8,
    seq: u16,
    ts: u32,
    at: i64,
    len: i64,
    /// Bit n: the packet n before the newest has been seen.
    seen: u64,
    drift: Drift,
}

impl Placer {
    /// Places a packet; nothing for a duplicate.
    pub(crate) fn place(&mut self, packet: &Heard) -> Option<Placed> {
        if let Some(previous) = self
            .previous
            .as_mut()
            .filter(|old| old.stream == packet.stream)
        {
            let ahead = packet.seq.wrapping_sub(previous.seq).cast_signed();
            return if ahead <= 0 {
                previous.late(packet, ahead.unsigned_abs())
            } else {
                Some(previous.resume(packet, ahead.unsigned_abs()))
            };
        }
        let end = self.anchor.as_ref().map(|anchor| anchor.at + anchor.len);
        let Some(anchor) = self.anchor.as_mut().filter(|anchor| anchor.carries(packet)) else {
            return Some(self.hang_up(packet, end));
        };
        let ahead = packet.seq.wrapping_sub(anchor.seq).cast_signed();
        if ahead <= 0 {
            return anchor.late(packet, ahead.unsigned_abs());
        }
        if anchor.clock_stood_still(packet, ahead) {
            return Some(self.hang_up(packet, end));
        }
        let deviation = packet.arrival - anchor.place_of(packet.ts);
        let slip = anchor
            .drift
            .observe(packet.arrival, deviation, packet.quiet);
        let at = (anchor.place_of(packet.ts) + slip).max(0);
        anchor.advance(packet, at, ahead.unsigned_abs());
        Some(Placed {
            at,
            lost: ahead.unsigned_abs() - 1,
            slip,
        })
    }

    /// A new stream: where it arrives, or at the seam if it follows the old one closely.
    fn hang_up(&mut self, packet: &Heard, end: Option<i64>) -> Placed {
        let seam = end.filter(|end| (packet.arrival - end).abs() <= SEAM);
        let at = seam.unwrap_or(packet.arrival).max(0);
        let old = self.anchor.take().filter(|old| old.stream != packet.stream);
        self.previous = old
            .or(self.previous.take())
            .filter(|old| old.stream != packet.stream);
        self.anchor = Some(Anchor {
            stream: packet.stream,
            seq: packet.seq,
            ts: packet.ts,
            at,
            len: packet.len,
            seen: 1,
            drift: Drift::new(packet.arrival, packet.arrival - at),
        });
        Placed {
            at,
            lost: 0,
            slip: 0,
        }
    }
}

impl Anchor {
    fn place_of(&self, ts: u32) -> i64 {
        self.at + i64::from(ts.wrapping_sub(self.ts).cast_signed())
    }

    /// Whether the packet belongs to this stream, by its number and by its time.
    fn carries(&self, packet: &Heard) -> bool {
        self.stream == packet.stream && (packet.arrival - self.place_of(packet.ts)).abs() <= JUMP
    }

    /// Some senders stop their timestamps in silence: the talk begins anew (marker), nothing is lost, yet the place
    /// would be long ago.
    fn clock_stood_still(&self, packet: &Heard, ahead: i16) -> bool {
        let contiguous = ahead == 1 && self.place_of(packet.ts) == self.at + self.len;
        let deviation = packet.arrival - self.place_of(packet.ts);
        packet.marker && contiguous && deviation - self.drift.typical() > SEAM
    }

    /// Reordered or repeated.
    fn late(&mut self, packet: &Heard, behind: u16) -> Option<Placed> {
        let bit = 1_u64.checked_shl(behind.into())?;
        if self.seen & bit != 0 {
            return None;
        }
        self.seen |= bit;
        let at = self.place_of(packet.ts);
        (at >= 0).then_some(Placed {
            at,
            lost: 0,
            slip: 0,
        })
    }

    /// The last packets of a stream that is over already.
    fn resume(&mut self, packet: &Heard, ahead: u16) -> Placed {
        let at = self.place_of(packet.ts).max(0);
        self.advance(packet, at, ahead);
        Placed {
            at,
            lost: 0,
            slip: 0,
        }
    }

    fn advance(&mut self, packet: &Heard, at: i64, ahead: u16) {
        self.seen = self.seen.checked_shl(ahead.into()).unwrap_or(0) | 1;
        (self.seq, self.ts, self.at, self.len) = (packet.seq, packet.ts, at, packet.len);
    }
}

/// How the sender's clock and ours run apart, seen through the network.
#[derive(Clone, Debug)]
struct Drift {
    bucket_from: i64,
    /// Smallest (arrival − place) of the bucket that is being filled.
    least: i64,
    mins: [i64; BUCKETS],
    filled: usize,
    /// The slow minimum when it was first known: how late the first packet was. Inaudible, so it may stay.
    base: Option<i64>,
}

impl Drift {
    fn new(arrival: i64, deviation: i64) -> Self {
        Self {
            bucket_from: arrival,
            least: deviation,
            mins: [0; BUCKETS],
            filled: 0,
            base: None,
        }
    }

    /// Takes one more deviation and says by how much the stream is to be moved from here on.
    fn observe(&mut self, arrival: i64, deviation: i64, quiet: bool) -> i64 {
        let mut shift = 0;
        if arrival - self.bucket_from >= BUCKET {
            let last = self.least;
            self.mins.rotate_right(1);
            self.mins[0] = last;
            self.filled = (self.filled + 1).min(BUCKETS);
            (self.bucket_from, self.least) = (arrival, i64::MAX);
            shift = self.forced(last);
        }
        if shift == 0 && quiet {
            shift = self.gentle();
        }
        self.moved(shift);
        self.least = self.least.min(deviation - shift);
        shift
    }

    /// What the least delayed packets are usually late by.
    fn typical(&self) -> i64 {
        let mins = self.mins[..self.filled].iter().copied().min();
        mins.unwrap_or(self.least)
    }

    fn slow(&self) -> Option<i64> {
        (self.filled == BUCKETS).then(|| self.typical())
    }

    fn forced(&mut self, last: i64) -> i64 {
        if last > FAR {
            self.base = None;
            return last;
        }
        let Some(slow) = self.slow() else { return 0 };
        if slow < -FAR {
            self.base = None;
            return slow;
        }
        let drifted = slow - *self.base.get_or_insert(slow);
        if drifted.abs() >= DRIFT { drifted } else { 0 }
    }

    /// Where nobody hears it, the whole error goes, also that of the first packet.
    fn gentle(&mut self) -> i64 {
        let slow = self.slow().unwrap_or(0);
        if slow.abs() < DRIFT_QUIET {
            return 0;
        }
        self.base = Some(0);
        slow
    }

    /// What was seen before a move says nothing about the time after it.
    fn moved(&mut self, shift: i64) {
        if shift == 0 {
            return;
        }
        self.filled = 0;
        if self.least != i64::MAX {
            self.least -= shift;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms packets `n = 0, 1, …`; `arrival` gives the time of each in samples.
    fn stream(count: u32, quiet: bool, arrival: impl Fn(u32) -> f64) -> Vec<Placed> {
        let mut placer = Placer::default();
        let packet = |n: u32| Heard {
            stream: 0,
            seq: (n & 0xffff) as u16,
            ts: n.wrapping_mul(160).wrapping_add(u32::MAX - 5000),
            marker: n == 0,
            len: 160,
            arrival: arrival(n) as i64,
            quiet,
        };
        (0..count)
            .filter_map(|n| placer.place(&packet(n)))
            .collect()
    }

    /// 0–60 ms, the same at each run.
    fn jitter(n: u32) -> f64 {
        f64::from(n.wrapping_mul(2_654_435_761) >> 16) / 65536.0 * 480.0
    }

    #[test]
    fn jitter_moves_nothing() {
        let placed = stream(30_000, false, |n| f64::from(n) * 160.0 + jitter(n));
        let first = placed[0].at;
        assert!(
            placed
                .iter()
                .enumerate()
                .all(|(n, p)| p.at == first + n as i64 * 160)
        );
    }

    #[test]
    fn drift_of_100_ppm_stays_below_20_ms_over_10_minutes() {
        for (ppm, quiet) in [
            (100.0, false),
            (-100.0, false),
            (100.0, true),
            (-100.0, true),
        ] {
            let true_at = |n: u32| f64::from(n) * 160.0 * (1.0 + ppm / 1e6);
            let placed = stream(30_000, quiet, |n| true_at(n) + jitter(n));
            let first = placed[0].at as f64;
            let worst = (0..30_000)
                .map(|n| {
                    (placed[n as usize].at as f64 - true_at(n) - if quiet { 0.0 } else { first })
                        .abs()
                })
                .skip(200)
                .fold(0.0, f64::max);
            assert!(worst <= 160.0, "{ppm} ppm, quiet {quiet}: {worst} samples");
            let slips = placed.iter().filter(|p| p.slip != 0).count();
            assert!((3..=14).contains(&slips), "{slips} corrections");
        }
    }

    #[test]
    fn a_burst_after_a_stall_keeps_its_place() {
        // 400 ms of packets come at once, as after a radio handover.
        let placed = stream(500, false, |n| {
            let due = f64::from(n) * 160.0;
            if (200..220).contains(&n) {
                220.0 * 160.0 + f64::from(n - 200)
            } else {
                due
            }
        });
        assert!(
            placed
                .iter()
                .enumerate()
                .all(|(n, p)| p.at == n as i64 * 160)
        );
    }

    #[test]
    fn a_lasting_delay_is_followed() {
        let placed = stream(500, false, |n| {
            f64::from(n) * 160.0 + if n >= 100 { 2000.0 } else { 0.0 }
        });
        assert_eq!(placed[99].at, 99 * 160);
        assert_eq!(placed[499].at, 499 * 160 + 2000);
        assert_eq!(placed.iter().filter(|p| p.slip != 0).count(), 1);
    }

    #[test]
    fn a_new_stream_continues_at_the_seam_or_begins_where_it_arrives() {
        let mut placer = Placer::default();
        let packet = |stream, seq, ts, arrival| Heard {
            stream,
            seq,
            ts,
            marker: false,
            len: 160,
            arrival,
            quiet: false,
        };
        assert_eq!(
            placer.place(&packet(0, 7, 1000, 40)).map(|p| p.at),
            Some(40)
        );
        assert_eq!(
            placer.place(&packet(1, 900, 77, 260)).map(|p| p.at),
            Some(200),
            "at the seam"
        );
        assert_eq!(
            placer.place(&packet(2, 1, 5, 9000)).map(|p| p.at),
            Some(9000),
            "where it arrives"
        );
    }

    #[test]
    fn a_clock_that_stood_still_in_silence_begins_anew_at_the_marker() {
        let mut placer = Placer::default();
        let packet = |seq, ts, marker, arrival| Heard {
            stream: 0,
            seq,
            ts,
            marker,
            len: 160,
            arrival,
            quiet: false,
        };
        placer.place(&packet(0, 0, true, 0));
        assert_eq!(
            placer.place(&packet(1, 160, true, 8000)).map(|p| p.at),
            Some(8000)
        );
    }

    #[test]
    fn duplicates_are_dropped_and_latecomers_placed() {
        let mut placer = Placer::default();
        let packet = |seq: u16| Heard {
            stream: 0,
            seq,
            ts: u32::from(seq) * 160,
            marker: false,
            len: 160,
            arrival: i64::from(seq) * 160,
            quiet: false,
        };
        let order = [0, 1, 3, 3, 2, 2, 4];
        let told: Vec<_> = order
            .iter()
            .map(|n| placer.place(&packet(*n)).map(|p| (p.at / 160, p.lost)))
            .collect();
        assert_eq!(
            told,
            [
                Some((0, 0)),
                Some((1, 0)),
                Some((3, 1)),
                None,
                Some((2, 0)),
                None,
                Some((4, 0))
            ]
        );
    }
}
