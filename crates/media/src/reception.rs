//! What arrived: sequence, loss, duplicates, order and jitter of one incoming stream (RFC 3550 A.1, A.3, A.8).

use crate::rtp::Header;

/// Largest jump forward that is loss and no new start (RFC 3550 A.1).
const MAX_DROPOUT: u16 = 3_000;
/// Packets that far back are still told apart as late or duplicate; the width of the window.
const MAX_MISORDER: u64 = 100;
/// One sample at 8 kHz. Microseconds.
const SAMPLE_US: i64 = 125;
/// A step of arrival against timestamp beyond this is a new time base, not jitter. Microseconds.
const MAX_STEP_US: i64 = 1_000_000;

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The newest so far.
    Fresh(Place),
    /// Older than the newest, not seen before.
    Late(Place),
    /// Seen before, or too old to tell.
    Duplicate,
    /// A wild jump: believed only when the next packet follows it.
    Suspect,
}

/// Where a packet stands in its stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Counts new starts of the sender, wrapping.
    pub stream: u8,
    /// Sequence number extended by its wraps.
    pub ext: u64,
}

/// Statistics of what one party sent, over all its streams.
#[derive(Clone, Debug, Default)]
pub struct Reception {
    current: Option<Current>,
    streams: u8,
    past_expected: u64,
    received: u64,
    duplicate: u64,
    reordered: u64,
    jitter_us: f32,
    jitter_us_max: f32,
    jitter_sum: f64,
    jitter_count: u64,
    reported: (u64, u64),
}

#[derive(Clone, Debug)]
struct Current {
    ssrc: u32,
    base: u64,
    highest: u64,
    /// Bit n: `highest - n` was received.
    seen: u128,
    suspect: Option<u16>,
    clock: Option<(u64, u32)>,
}

/// What a report block says of the stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// Whose stream.
    pub ssrc: u32,
    /// Of the last interval, in 256ths.
    pub fraction_lost: u8,
    /// Over the life, 24 bits.
    pub cumulative_lost: u32,
    /// Extended.
    pub highest_seq: u32,
    /// In samples.
    pub jitter: u32,
}

impl Reception {
    /// Counts a packet and says what it is.
    pub fn take(&mut self, ssrc: u32, seq: u16) -> Verdict {
        let verdict = match &mut self.current {
            Some(current) if current.ssrc == ssrc => current.take(seq),
            _ => None,
        };
        let verdict = verdict.unwrap_or_else(|| self.restart(ssrc, seq));
        match verdict {
            Verdict::Fresh(_) => self.received += 1,
            Verdict::Late(_) => {
                self.received += 1;
                self.reordered += 1;
            }
            Verdict::Duplicate => self.duplicate += 1,
            Verdict::Suspect => {}
        }
        verdict.on_stream(self.streams)
    }

    /// Counts the jitter of a fresh packet of audio (RFC 3550 A.8). `at` is its arrival in microseconds.
    pub fn time(&mut self, at: u64, ts: u32) {
        let Some(current) = &mut self.current else {
            return;
        };
        let Some((last_at, last_ts)) = current.clock.replace((at, ts)) else {
            return;
        };
        let elapsed = at.wrapping_sub(last_at).cast_signed();
        let step = i64::from(ts.wrapping_sub(last_ts).cast_signed()) * SAMPLE_US;
        let deviation = (elapsed - step).abs();
        if deviation > MAX_STEP_US {
            return;
        }
        self.jitter_us += (deviation as f32 - self.jitter_us) / 16.0;
        self.jitter_us_max = self.jitter_us_max.max(self.jitter_us);
        self.jitter_sum += f64::from(self.jitter_us);
        self.jitter_count += 1;
    }

    /// Accepted packets without duplicates.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Received twice.
    pub fn duplicate(&self) -> u64 {
        self.duplicate
    }

    /// Received after a later one.
    pub fn reordered(&self) -> u64 {
        self.reordered
    }

    /// Packets that should have come, by sequence number, over all streams.
    pub fn expected(&self) -> u64 {
        self.past_expected + self.current.as_ref().map_or(0, Current::expected)
    }

    /// Missing by sequence number.
    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// Highest jitter. Microseconds.
    pub fn jitter_us_max(&self) -> u32 {
        self.jitter_us_max as u32
    }

    /// Mean jitter. Microseconds.
    pub fn jitter_us_mean(&self) -> u32 {
        (self.jitter_sum / self.jitter_count.max(1) as f64) as u32
    }

    /// The source that speaks.
    pub fn ssrc(&self) -> Option<u32> {
        self.current.as_ref().map(|current| current.ssrc)
    }

    /// Whether a packet of an unknown payload type has taken a number of the stream that is heard: comfort noise
    /// has, RTCP on the RTP port (RFC 5761 §4: types 64–95) and a second source have not.
    pub fn is_of_stream(&self, header: &Header) -> bool {
        self.ssrc() == Some(header.ssrc) && !(64..=95).contains(&header.payload_type)
    }

    /// The block for the next report; the fraction is since the last call.
    pub fn block(&mut self) -> Option<Block> {
        let (expected, received) = (self.expected(), self.received);
        let current = self.current.as_ref()?;
        let expected_now = expected.saturating_sub(self.reported.0);
        let lost_now = expected_now.saturating_sub(received - self.reported.1);
        self.reported = (expected, received);
        Some(Block {
            ssrc: current.ssrc,
            fraction_lost: (lost_now * 256)
                .checked_div(expected_now)
                .unwrap_or(0)
                .min(255) as u8,
            cumulative_lost: expected.saturating_sub(received).min(0x7f_ffff) as u32,
            highest_seq: current.highest as u32,
            jitter: (self.jitter_us / SAMPLE_US as f32) as u32,
        })
    }

    fn restart(&mut self, ssrc: u32, seq: u16) -> Verdict {
        if let Some(old) = self.current.take() {
            self.past_expected += old.expected();
            self.streams = self.streams.wrapping_add(1);
        }
        // One wrap of room, so that a packet from before the first has a place too.
        let first = (1 << 16) + u64::from(seq);
        self.current = Some(Current {
            ssrc,
            base: first,
            highest: first,
            seen: 1,
            suspect: None,
            clock: None,
        });
        Verdict::Fresh(Place {
            stream: self.streams,
            ext: first,
        })
    }
}

impl Current {
    /// `None`: the sender has started anew.
    fn take(&mut self, seq: u16) -> Option<Verdict> {
        let ahead = seq.wrapping_sub(self.highest as u16);
        if ahead != 0 && ahead < MAX_DROPOUT {
            return Some(self.advance(u64::from(ahead)));
        }
        let behind = u64::from(ahead.wrapping_neg());
        if behind <= MAX_MISORDER {
            return Some(self.look_back(behind));
        }
        if self.suspect == Some(seq) {
            return None;
        }
        self.suspect = Some(seq.wrapping_add(1));
        Some(Verdict::Suspect)
    }

    fn advance(&mut self, ahead: u64) -> Verdict {
        self.suspect = None;
        self.highest += ahead;
        let shifted = self.seen.checked_shl(ahead.min(128) as u32).unwrap_or(0);
        self.seen = shifted | 1;
        Verdict::Fresh(Place {
            stream: 0,
            ext: self.highest,
        })
    }

    fn look_back(&mut self, behind: u64) -> Verdict {
        let bit = 1u128 << behind;
        if self.seen & bit != 0 {
            return Verdict::Duplicate;
        }
        self.seen |= bit;
        let ext = self.highest - behind;
        self.base = self.base.min(ext);
        Verdict::Late(Place { stream: 0, ext })
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }
}

impl Verdict {
    fn on_stream(self, stream: u8) -> Self {
        match self {
            Self::Fresh(place) => Self::Fresh(Place { stream, ..place }),
            Self::Late(place) => Self::Late(Place { stream, ..place }),
            Self::Duplicate | Self::Suspect => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn run(seqs: impl IntoIterator<Item = u16>) -> Reception {
        let mut reception = Reception::default();
        for seq in seqs {
            reception.take(1, seq);
        }
        reception
    }

    #[test]
    fn wrapping_around_loses_nothing() {
        let heard = run((65_000..=65_535).chain(0..1_000));
        assert_eq!(
            (heard.received(), heard.lost(), heard.reordered()),
            (1_536, 0, 0)
        );
    }

    #[test]
    fn a_restart_costs_one_packet_and_no_phantom_loss() {
        let heard = run((10..20).chain(40_000..40_010));
        assert_eq!(
            (heard.received(), heard.lost()),
            (19, 0),
            "the first of the new ones is dropped"
        );
        assert_eq!(heard.streams, 1);
    }

    #[test]
    fn a_new_source_starts_at_once() {
        let mut heard = run(10..20);
        assert_eq!(
            heard.take(2, 7),
            Verdict::Fresh(Place {
                stream: 1,
                ext: 65_543
            })
        );
        assert_eq!((heard.received(), heard.lost()), (11, 0));
    }

    #[test]
    fn jitter_is_that_of_the_rfc() {
        let mut heard = Reception::default();
        heard.take(1, 0);
        heard.time(0, 0);
        heard.time(36_000, 160);
        assert_eq!(
            heard.jitter_us_max(),
            1_000,
            "16 ms late, a sixteenth of it"
        );
        heard.time(40_000, 320);
        assert_eq!(heard.jitter_us_max(), 1_937, "1000 + (16000 - 1000) / 16");
    }

    #[test]
    fn reports_tell_the_fraction_of_the_interval() {
        let mut heard = run((0..100).filter(|seq| seq % 4 != 1));
        let block = heard.block().expect("a stream");
        assert_eq!((block.fraction_lost, block.cumulative_lost), (64, 25));
        for seq in 100..200 {
            heard.take(1, seq);
        }
        let block = heard.block().expect("a stream");
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 25));
        assert_eq!(block.highest_seq & 0xffff, 199);
    }

    proptest! {
        /// Against a set: any start, loss, duplicates and reordering within the window.
        #[test]
        fn counts_agree_with_a_set(
            start in any::<u16>(),
            fates in proptest::collection::vec((0u8..10, 0usize..40), 1..400),
        ) {
            let mut arrivals: Vec<(usize, usize)> = Vec::new();
            for (n, &(fate, delay)) in fates.iter().enumerate() {
                match fate {
                    0 => {}
                    1 => arrivals.extend([(n, n), (n + 1 + delay, n)]),
                    2 => arrivals.push((n + delay, n)),
                    _ => arrivals.push((n, n)),
                }
            }
            arrivals.sort();
            let (mut seen, mut highest, mut duplicates, mut late) = (BTreeSet::new(), None, 0, 0);
            for &(_, n) in &arrivals {
                if !seen.insert(n) {
                    duplicates += 1;
                } else if highest.is_some_and(|highest| n < highest) {
                    late += 1;
                }
                highest = highest.max(Some(n));
            }
            let heard = run(arrivals.iter().map(|&(_, n)| start.wrapping_add(n as u16)));
            let span = seen.last().zip(seen.first()).map_or(0, |(last, first)| last - first + 1);
            prop_assert_eq!(heard.received(), seen.len() as u64);
            prop_assert_eq!(heard.lost(), (span - seen.len()) as u64);
            prop_assert_eq!((heard.duplicate(), heard.reordered()), (duplicates, late));
        }
    }
}
