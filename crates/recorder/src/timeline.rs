//! The timeline of one recording: packets in, stereo samples out in order, gaps noted. Knows no file and no clock.
use audio_codec_algorithms::{decode_alaw, decode_ulaw};
use gudok_media::control::Codec;
use gudok_media::tap::{Packet, Side};

use crate::gap::{Gap, GapReason, Span, Spans, collect};
use crate::place::{Heard, MS, Placed, Placer};

/// Longest recording; what comes later is cut. A stuck call must not fill the disk with silence.
pub const RECORDING_MS_MAX: u64 = 12 * 3600 * 1000;
/// How long a sample may still change before it is given out: for packets out of order.
const SETTLE: i64 = 400 * MS;
/// How much is given out at once, so that writing is cheap.
const CHUNK: i64 = 400 * MS;
/// Most given out at once, so that hours of silence do not become one buffer.
const CHUNK_MAX: i64 = 60_000 * MS;
/// Samples the window keeps room for.
const WINDOW_MAX: usize = 16 * WINDOW_STEP;
/// Samples by which the window grows: 64 ms of both channels.
const WINDOW_STEP: usize = 1024;
/// How far ahead of its arrival a packet may be placed.
const AHEAD: i64 = 4000 * MS;
/// The last packet may reach this far beyond the end.
const TAIL: i64 = 20 * MS;
/// Peak below which nobody speaks.
const QUIET: u16 = 256;
const END: i64 = RECORDING_MS_MAX.cast_signed() * MS;

/// Packets of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    /// Placed on the timeline.
    pub packets: u64,
    /// Missing by sequence number when the next one came; latecomers are taken off again.
    pub lost: u64,
    /// Came twice.
    pub duplicate: u64,
    /// Came too late for the file.
    pub late: u64,
    /// Corrections of the sender's clock.
    pub slips: u64,
}

/// One recording between its start and its end.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// Monotonic µs of sample 0.
    start: u64,
    caller: Lane,
    heard: Lane,
    /// Interleaved samples from `given` on.
    window: Vec<i16>,
    /// Samples given out already.
    given: i64,
    absences: Vec<Span>,
    paused_at: Option<i64>,
}

#[derive(Clone, Debug, Default)]
struct Lane {
    placer: Placer,
    /// End of the latest packet.
    end: i64,
    quiet: bool,
    gaps: Spans,
    tally: Tally,
}

/// What a recording was, once it is over.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) samples: u64,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) gaps_omitted: u64,
    pub(crate) caller: Tally,
    pub(crate) heard: Tally,
}

impl Timeline {
    /// Begins at this monotonic moment.
    pub(crate) fn new(start: u64, paused: bool) -> Self {
        Self {
            start,
            caller: Lane::default(),
            heard: Lane::default(),
            window: Vec::new(),
            given: 0,
            absences: Vec::new(),
            paused_at: paused.then_some(0),
        }
    }

    /// Samples from the start to a moment.
    pub(crate) fn sample_at(&self, at: u64) -> i64 {
        let us = i128::from(at) - i128::from(self.start);
        i64::try_from(us * i128::from(MS) / 1000)
            .unwrap_or(END)
            .min(END)
    }

    /// Takes one packet.
    pub(crate) fn packet(&mut self, packet: &Packet<'_>) {
        let arrival = self.sample_at(packet.at);
        let samples = Samples::decode(packet);
        let lane = match packet.side {
            Side::Left => &mut self.caller,
            Side::Right => &mut self.heard,
            // It has a timeline of its own.
            Side::Third => return,
        };
        let Some(at) = lane.take(packet, &samples, arrival) else {
            return;
        };
        if at < self.given {
            lane.tally.late += 1;
        }
        if at <= arrival + AHEAD && arrival < END {
            self.put(packet.side, at, samples.as_slice());
        }
    }

    /// Audio stops or goes on by command.
    pub(crate) fn pause(&mut self, at: u64, on: bool) {
        let at = self.sample_at(at).max(0);
        match (on, self.paused_at) {
            (true, None) => self.paused_at = Some(at),
            (false, Some(from)) => {
                self.paused_at = None;
                self.absent(from, at, GapReason::Paused);
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    /// Everything between the two moments was dropped on its way.
    pub(crate) fn hole(&mut self, from: u64, to: u64, reason: GapReason) {
        self.absent(self.sample_at(from).max(0), self.sample_at(to), reason);
    }

    /// The monotonic moment at which all that has come so far is settled.
    pub(crate) fn spoken_until(&self) -> u64 {
        let end = self.caller.end.max(self.heard.end) + SETTLE;
        self.start.saturating_add(end.unsigned_abs() * 125)
    }

    fn absent(&mut self, from: i64, to: i64, reason: GapReason) {
        if from < to && self.absences.len() < crate::gap::GAPS_MAX {
            self.absences.push(Span { from, to, reason });
        }
    }

    fn put(&mut self, side: Side, at: i64, samples: &[i16]) {
        let skip = usize::try_from(self.given - at)
            .unwrap_or(0)
            .min(samples.len());
        let Ok(first) = usize::try_from(at.max(self.given) - self.given) else {
            return;
        };
        let lane = usize::from(side == Side::Right);
        let samples = &samples[skip..];
        let needed = (first + samples.len()) * 2;
        if self.window.len() < needed {
            self.make_room(needed);
            self.window.resize(needed, 0);
        }
        let slots = self.window[first * 2 + lane..].iter_mut().step_by(2);
        for (slot, sample) in slots.zip(samples) {
            *slot = *sample;
        }
    }

    /// In small steps: doubling would leave half of every recording's window unused.
    fn make_room(&mut self, needed: usize) {
        let more = needed.saturating_sub(self.window.capacity());
        if more > 0 {
            let more = more.next_multiple_of(WINDOW_STEP);
            let additional = self.window.capacity() - self.window.len() + more;
            self.window.reserve_exact(additional);
        }
    }

    /// Gives out what will not change any more at this moment, if it is worth a write; says whether it was. To be
    /// called until there is nothing.
    pub(crate) fn settled(&mut self, now: u64, sink: impl FnOnce(&[i16])) -> bool {
        let until = self.sample_at(now) - SETTLE;
        let due = until - self.given >= CHUNK;
        if due {
            self.give(until.min(self.given + CHUNK_MAX), sink);
        }
        due
    }

    /// The window moves on in its place: a recording keeps one buffer from its beginning to its end.
    fn give(&mut self, until: i64, sink: impl FnOnce(&[i16])) {
        let frames = usize::try_from(until - self.given).unwrap_or(0);
        if self.window.len() < frames * 2 {
            self.window.resize(frames * 2, 0);
        }
        sink(&self.window[..frames * 2]);
        self.window.drain(..frames * 2);
        // A minute of silence given out at once must not be kept until the end of the call.
        if self.window.capacity() > WINDOW_MAX {
            self.window.shrink_to(WINDOW_MAX);
        }
        self.given += frames.cast_signed() as i64;
    }

    /// The end, at a moment or (after a crash) where the audio ends: gives out the last samples, and the story. What
    /// is settled has been taken before.
    pub(crate) fn finish(mut self, at: Option<u64>, sink: impl FnOnce(&[i16])) -> Story {
        let audio_end = self.caller.end.max(self.heard.end);
        let end = match at {
            Some(at) => audio_end.clamp(self.sample_at(at), self.sample_at(at) + TAIL),
            None => audio_end.min(END),
        };
        let end = end.max(self.given);
        if let Some(from) = self.paused_at.take() {
            self.absent(from, end, GapReason::Paused);
        }
        for lane in [&mut self.caller, &mut self.heard] {
            lane.gaps.add(Span {
                from: lane.end,
                to: end,
                reason: GapReason::Silent,
            });
        }
        self.give(end, sink);
        let (gaps, gaps_omitted) =
            collect(&self.caller.gaps, &self.heard.gaps, &self.absences, end);
        Story {
            samples: end.unsigned_abs(),
            gaps,
            gaps_omitted,
            caller: self.caller.tally,
            heard: self.heard.tally,
        }
    }
}

impl Lane {
    /// Places the packet and keeps the books; nothing for a duplicate.
    fn take(&mut self, packet: &Packet<'_>, samples: &Samples, arrival: i64) -> Option<i64> {
        let was_quiet = std::mem::replace(&mut self.quiet, samples.peak() < QUIET);
        let len = samples.len.cast_signed() as i64;
        let placed = self.placer.place(&Heard {
            stream: packet.stream,
            seq: packet.seq,
            ts: packet.ts,
            marker: packet.marker,
            len,
            arrival,
            quiet: was_quiet && self.quiet,
        });
        let Some(placed) = placed else {
            self.tally.duplicate += 1;
            return None;
        };
        self.tally.packets += 1;
        self.note(&placed, len);
        Some(placed.at)
    }

    fn note(&mut self, placed: &Placed, len: i64) {
        let Placed { at, lost, slip } = *placed;
        self.tally.lost += u64::from(lost);
        self.tally.slips += u64::from(slip != 0);
        if at >= self.end {
            let reason = if lost > 0 {
                GapReason::Lost
            } else {
                GapReason::Silent
            };
            self.gaps.add(Span {
                from: self.end,
                to: at,
                reason,
            });
        } else if at + len < self.end {
            self.tally.lost = self.tally.lost.saturating_sub(1);
            self.gaps.fill(at, at + len);
        }
        self.end = self.end.max(at + len);
    }
}

/// One packet decoded, without a heap.
struct Samples {
    pcm: [i16; gudok_media::tap::MAX_PAYLOAD],
    len: usize,
}

impl Samples {
    fn decode(packet: &Packet<'_>) -> Self {
        let decode = match packet.codec {
            Codec::Pcma => decode_alaw,
            Codec::Pcmu => decode_ulaw,
        };
        let mut pcm = [0; gudok_media::tap::MAX_PAYLOAD];
        let len = packet.payload.len().min(pcm.len());
        for (sample, byte) in pcm.iter_mut().zip(packet.payload) {
            *sample = decode(*byte);
        }
        Self { pcm, len }
    }

    fn as_slice(&self) -> &[i16] {
        &self.pcm[..self.len]
    }

    fn peak(&self) -> u16 {
        self.as_slice()
            .iter()
            .map(|sample| sample.unsigned_abs())
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_given_out_at_once_is_not_kept_until_the_end() {
        let mut timeline = Timeline::new(0, false);
        let mut given = 0;
        assert!(timeline.settled(61_000_000, |samples| given = samples.len()));
        assert_eq!(given as i64, 2 * 60_000 * MS);
        assert!(timeline.window.capacity() <= WINDOW_MAX);
    }
}
