//! The jitter buffer of one party of a room: packets in as they come, 20 ms of samples out at each beat.
//!
//! A sample lies at its timestamp, so loss, order and the length of packets move nothing. How long it waits there, the
//! *depth*, follows the network: the least delay of the last seconds is the way's own, what 98 of 100 packets take beyond
//! it is jitter, and the depth is that and one frame, 20–120 ms. It changes by 5 ms a frame, cross-faded, rather in
//! silence than in speech. Samples that did not come are the frame before once more, fading to silence within 80 ms.

use crate::control::Codec;
use crate::g711::{self, FRAME};
use crate::reception::Place;

/// Least and most that a sample waits. Samples: 20 and 120 ms.
const DEPTH: std::ops::RangeInclusive<i64> = 160..=960;
/// A first packet waits at least so long, so that a switch into a room is heard as less than 40 ms. Samples.
const FIRST: i64 = 80;
/// Samples there is room for; a packet that reaches beyond is of another clock.
const RING: usize = 4_096;
/// By so much the depth changes in a frame. Samples.
const SLIDE: usize = 40;
/// Deeper than needed by so much is set right in silence, by so much also in speech. Samples.
const SLACK: i64 = 80;
const SLACK_IN_SPEECH: i64 = 320;
/// A delay further than this from the least one is another clock. Samples; one second.
const JUMP: i64 = 8_000;
/// So many packets in a row that even the deepest buffer would not have waited for: the sender's clock stood still.
const TOO_LATE: u8 = 3;
/// The least delay is of the last one to two of these. Samples; two seconds.
const WINDOW: i64 = 16_000;
/// The histogram of delays: bins of 5 ms.
const BINS: usize = 32;
const BIN: i64 = 40;
/// Its weight in all, and the share of it a packet has as a shift: a memory of 128 packets.
const WEIGHT: u32 = 1 << 16;
const SHARE: u32 = 7;
/// Packets of a hundred that the depth is for.
const SERVED: u32 = WEIGHT / 100 * 98;
/// Loudness of what is repeated at the beginning of each frame in a row, in 64ths; then silence.
const FADE: [i32; 5] = [64, 48, 32, 16, 0];
/// Peak below which nobody speaks.
const QUIET: u16 = 256;

/// See the module. Allocates when it is made and never again.
pub(crate) struct Jitter {
    ring: Box<[i16; RING]>,
    /// Bit n: the sample at n of the ring came and was not played yet.
    filled: [u64; RING / 64],
    clock: Option<Clock>,
    least: Least,
    spread: Spread,
    /// What was played last.
    played: [i16; FRAME],
    /// Frames in a row in which something was missing.
    missing: usize,
}

/// The sender's time line.
struct Clock {
    stream: u8,
    /// Timestamp and position of the latest packet.
    ts: u32,
    at: i64,
    /// Position of the next sample to be played.
    play: i64,
    /// The first packet has waited long enough.
    runs: bool,
    too_late: u8,
}

/// Twenty milliseconds.
pub(crate) struct Frame {
    pub(crate) samples: [i16; FRAME],
    /// Anything of it came from the party.
    pub(crate) came: bool,
}

impl Jitter {
    pub(crate) fn new() -> Self {
        Self {
            ring: Box::new([0; RING]),
            filled: [0; RING / 64],
            clock: None,
            least: Least::default(),
            spread: Spread::default(),
            played: [0; FRAME],
            missing: FADE.len(),
        }
    }

    /// Takes a packet of audio. What comes too late to be played is dropped.
    pub(crate) fn put(&mut self, now: u64, place: Place, ts: u32, codec: Codec, payload: &[u8]) {
        let arrival = samples_of(now);
        let on_time = arrival - self.least.value();
        let len = payload.len() as i64;
        let clock = self.clock.get_or_insert(Clock {
            stream: place.stream,
            ts,
            at: on_time,
            play: on_time,
            runs: false,
            too_late: 0,
        });
        let Some(at) = clock.position(place.stream, ts, on_time, len) else {
            return;
        };
        let play = clock.play;
        self.least.note(arrival, arrival - at);
        self.spread.note(arrival - at - self.least.value());
        let late = usize::try_from(play - at).unwrap_or(0).min(payload.len());
        let (at, payload) = (at.max(play), &payload[late..]);
        for (n, &byte) in payload.iter().enumerate() {
            self.ring[(slot(at) + n) % RING] = g711::decode(codec, byte);
        }
        self.mark(at, payload.len(), true);
    }

    /// Gives the next frame. `now` is the time of the beat: one every 20 ms.
    pub(crate) fn take(&mut self, now: u64) -> Frame {
        let Some(play) = self.begin(samples_of(now)) else {
            return self.conceal();
        };
        let ahead = self.peek(play);
        let deep = samples_of(now) - self.least.value() - play;
        let (step, frame) = if ahead.came == 0 {
            (self.step_over_nothing(play, deep), self.conceal())
        } else {
            let step = self.slide(&ahead, deep);
            (step, self.fill(play, &ahead, step))
        };
        self.mark(play, step as usize, false);
        if let Some(clock) = &mut self.clock {
            clock.play = play + step;
        }
        frame
    }

    /// The position to be played now; none while the first packet has not waited long enough.
    fn begin(&mut self, now: i64) -> Option<i64> {
        let least = self.least.value();
        let clock = self.clock.as_mut()?;
        clock.runs |= now - least - clock.play >= FIRST;
        clock.runs.then_some(clock.play)
    }

    /// What lies at `play`.
    fn peek(&self, play: i64) -> Ahead {
        let mut samples = [0; FRAME + SLIDE];
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample = self.ring[(slot(play) + n) % RING];
        }
        let came = self.came(play, FRAME);
        let whole = came == FRAME && self.came(play + FRAME as i64, SLIDE) == SLIDE;
        Ahead {
            samples,
            came,
            whole,
        }
    }

    /// How many of these samples came.
    fn came(&self, from: i64, len: usize) -> usize {
        let of = |(word, mask): (usize, u64)| (self.filled[word] & mask).count_ones() as usize;
        words(from, len).map(of).sum()
    }

    fn has(&self, at: i64) -> bool {
        self.came(at, 1) == 1
    }

    fn mark(&mut self, from: i64, len: usize, came: bool) {
        for (word, mask) in words(from, len) {
            if came {
                self.filled[word] |= mask;
            } else {
                self.filled[word] &= !mask;
            }
        }
    }

    /// Nothing came: what is late is waited for, what is too deep is left out up to the next sample.
    fn step_over_nothing(&self, play: i64, deep: i64) -> i64 {
        let (depth, frame) = (self.spread.depth(), FRAME as i64);
        if deep < depth {
            return 0;
        }
        let most = frame + (deep - depth - SLACK).clamp(0, RING as i64 / 2);
        (frame..most).find(|&n| self.has(play + n)).unwrap_or(most)
    }

    /// How far to go on: a bit less or more than a whole frame where the depth is not what it should be.
    fn slide(&self, ahead: &Ahead, deep: i64) -> i64 {
        let depth = self.spread.depth();
        let quiet = ahead.samples.iter().all(|it| it.unsigned_abs() < QUIET);
        let slack = if quiet { SLACK } else { SLACK_IN_SPEECH };
        let less = deep < depth && self.missing == 0 && ahead.came == FRAME;
        let more = deep > depth + slack && ahead.whole;
        (FRAME + SLIDE * usize::from(more) - SLIDE * usize::from(less)) as i64
    }

    /// The frame at `play`, cross-faded where the step is not a frame, mended where something is missing.
    fn fill(&mut self, play: i64, ahead: &Ahead, step: i64) -> Frame {
        let mut samples = [0; FRAME];
        samples.copy_from_slice(&ahead.samples[..FRAME]);
        if ahead.came < FRAME {
            let mended = self.once_more();
            for (n, sample) in samples.iter_mut().enumerate() {
                if !self.has(play + n as i64) {
                    *sample = mended[n];
                }
            }
        }
        self.cross_fade(&mut samples, ahead, step - FRAME as i64);
        self.missing = 0;
        self.played = samples;
        Frame {
            samples,
            came: true,
        }
    }

    /// From the frame as it lies to the same moved by so much, so that the next one follows without a seam.
    fn cross_fade(&self, samples: &mut [i16; FRAME], ahead: &Ahead, moved: i64) {
        if moved == 0 {
            return;
        }
        for (n, sample) in samples.iter_mut().enumerate() {
            let other = match usize::try_from(n as i64 + moved) {
                Ok(at) => ahead.samples[at],
                Err(_) => self.played[n + FRAME - SLIDE],
            };
            let both = i32::from(*sample) * (FRAME - n) as i32 + i32::from(other) * n as i32;
            *sample = (both / FRAME as i32) as i16;
        }
    }

    fn conceal(&mut self) -> Frame {
        let samples = self.once_more();
        self.missing = (self.missing + 1).min(FADE.len());
        Frame {
            samples,
            came: false,
        }
    }

    /// The latest frame that came once more, quieter the more are missing in a row.
    fn once_more(&self) -> [i16; FRAME] {
        let loud = |n: usize| FADE.get(n).copied().unwrap_or(0);
        let (from, to) = (loud(self.missing), loud(self.missing + 1));
        let whole = FRAME as i32;
        std::array::from_fn(|n| {
            let gain = from * whole + (to - from) * n as i32;
            (i32::from(self.played[n]) * gain / (64 * whole)) as i16
        })
    }
}

impl Clock {
    /// Where a packet lies that would be on time at `on_time`; none if it is of a stream that is over. A clock that jumped
    /// or stood still begins anew, on time.
    fn position(&mut self, stream: u8, ts: u32, on_time: i64, len: i64) -> Option<i64> {
        let newer = stream.wrapping_sub(self.stream).cast_signed();
        if newer < 0 {
            return None;
        }
        let at = self.at + i64::from(ts.wrapping_sub(self.ts).cast_signed());
        let late = on_time - at;
        let too_late = late > *DEPTH.end();
        self.too_late = if too_late { self.too_late + 1 } else { 0 };
        let beyond = at + len > self.play + (RING - FRAME) as i64;
        if newer > 0 || late.abs() > JUMP || beyond || self.too_late >= TOO_LATE {
            (self.stream, self.ts, self.at, self.too_late) = (stream, ts, on_time, 0);
            return Some(on_time);
        }
        if at > self.at {
            (self.ts, self.at) = (ts, at);
        }
        Some(at)
    }
}

/// What comes next: a frame, and as much as can be left out.
struct Ahead {
    samples: [i16; FRAME + SLIDE],
    /// Samples of the frame that came.
    came: usize,
    /// All of it came.
    whole: bool,
}

/// The least delay of the last seconds.
#[derive(Default)]
struct Least {
    current: Option<i64>,
    before: Option<i64>,
    since: i64,
}

impl Least {
    fn note(&mut self, now: i64, delay: i64) {
        if now - self.since >= WINDOW {
            (self.before, self.current, self.since) = (self.current, None, now);
        }
        self.current = Some(self.current.map_or(delay, |least| least.min(delay)));
    }

    /// Zero before the first.
    fn value(&self) -> i64 {
        self.current
            .into_iter()
            .chain(self.before)
            .min()
            .unwrap_or(0)
    }
}

/// How delays are spread over the least one.
struct Spread {
    bins: [u32; BINS],
}

impl Default for Spread {
    fn default() -> Self {
        let mut bins = [0; BINS];
        bins[0] = WEIGHT;
        Self { bins }
    }
}

impl Spread {
    fn note(&mut self, beyond: i64) {
        let mut freed = 0;
        for bin in &mut self.bins {
            let part = bin.div_ceil(1 << SHARE).min(*bin);
            *bin -= part;
            freed += part;
        }
        let bin = usize::try_from(beyond / BIN).unwrap_or(0).min(BINS - 1);
        self.bins[bin] += freed;
    }

    /// What most packets take, and a frame: its later half may be of the packet after.
    fn depth(&self) -> i64 {
        let mut served = 0;
        let bin = self.bins.iter().position(|bin| {
            served += bin;
            served >= SERVED
        });
        // Bin 0 is an even network, whose hair's breadth a frame covers.
        let jitter = bin.map_or(0, |bin| if bin == 0 { 0 } else { (bin as i64 + 1) * BIN });
        (jitter + FRAME as i64).clamp(*DEPTH.start(), *DEPTH.end())
    }
}

/// The words and bits of a stretch of the ring.
fn words(from: i64, len: usize) -> impl Iterator<Item = (usize, u64)> {
    let (mut at, mut left) = (slot(from), len);
    std::iter::from_fn(move || {
        let some = (64 - at % 64).min(left);
        if some == 0 {
            return None;
        }
        let word = (at / 64, u64::MAX >> (64 - some) << (at % 64));
        (at, left) = ((at + some) % RING, left - some);
        Some(word)
    })
}

fn slot(at: i64) -> usize {
    at.rem_euclid(RING as i64) as usize
}

/// Samples in so many microseconds.
fn samples_of(micros: u64) -> i64 {
    (micros / 125).cast_signed()
}

#[cfg(test)]
mod tests;
