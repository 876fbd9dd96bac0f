//! Digits as tones in the voice (ITU-T Q.23, Q.24), by the Goertzel algorithm: for parties that agreed to no
//! telephone-event. Listened to only while keys are awaited, since a voice can sound like a key; while a message is spoken,
//! for `#` alone, and [`GUARD`] times as long.
//!
//! Against that: each tone must be far above its neighbours and neither much louder than the other, for three windows in a
//! row, which takes 40 to 51 ms; then the three windows together must be two steady tones and little else, each within 2 %
//! of where it should be. A window alone cannot tell that: it is too short to know a tone from one 3 % beside it.
use std::f32::consts::TAU;

use crate::g711::RATE;
use crate::rtp::Header;

/// Samples of a window: 12.75 ms. The tones are one width of it apart.
const WINDOW: u32 = 102;
/// Windows in a row with the same key: a vowel does not hold two of its harmonics so still.
const SURE: u8 = 3;
/// While somebody speaks: so many steady stretches one after the other, each a window later. With the first that is a tone of
/// 89 to 102 ms, twice what a key needs; syllables do not hold still for so long, and who presses a key means it.
pub const GUARD: u8 = 5;
/// Windows in a row without it, before the same key counts again.
const GONE: u8 = 2;
/// Least share of a window's energy that is in the two tones where they should be. What is off by 1.5 % (Q.24), the loud
/// one the highest, leaves 0.74; a window that the tone begins in may be a third short of it, and another takes its place.
const SHARE: f32 = 0.6;
/// Least share of the energy of all windows that two steady tones explain; the first and the last may be a bit short.
const STEADY: f32 = 0.9;
/// Where the tones are looked for: so many steps of so much each way. Q.24: what is off by 1.5 % is a key, by 3.5 % none.
const STEP: f32 = 0.005;
const STEPS: i8 = 6;
const NEAR: i8 = 4;
/// The stronger one of a group against the others of it: 6 dB.
const ABOVE: f32 = 4.0;
/// How much stronger the high tone may be (10 dB), and the low one (6 dB): two more than Q.24 asks, since one tone leaks
/// into the other's window.
const TWIST: (f32, f32) = (10.0, 4.0);
/// A step of timestamps beyond this, with no packet lost, is a pause: the sender is silent by sending nothing. 25 ms.
const PAUSE: u32 = 200;
/// Least power of one tone in a window: an amplitude of 200, −44 dBm0.
const LEAST: f32 = 200.0 * 200.0 * (WINDOW * WINDOW) as f32 / 4.0;

/// Low group, then high group. Hz.
pub const TONES: [f32; 8] = [697.0, 770.0, 852.0, 941.0, 1209.0, 1336.0, 1477.0, 1633.0];

const KEYS: [[char; 4]; 4] = [
    ['1', '2', '3', 'A'],
    ['4', '5', '6', 'B'],
    ['7', '8', '9', 'C'],
    ['*', '0', '#', 'D'],
];

/// Hears keys in a voice.
#[derive(Clone, Debug)]
pub struct Detector {
    coefficients: [f32; 8],
    state: [(f32, f32); 8],
    energy: f32,
    count: u32,
    /// The latest windows, the oldest one is written over.
    kept: [[f32; WINDOW as usize]; SURE as usize],
    turn: usize,
    /// The key of the latest window, and how many windows it has lasted.
    latest: Option<char>,
    lasted: u8,
    /// The key that was told and has not ended, and how many windows it was missing.
    told: Option<char>,
    missing: u8,
    /// Steady stretches so far, and how many it takes.
    steady: u8,
    needs: u8,
    /// The one key that counts; None: all.
    only: Option<char>,
    /// The packet that would follow without a pause.
    next: Option<Next>,
}

#[derive(Clone, Copy, Debug)]
struct Next {
    ssrc: u32,
    seq: u16,
    ts: u32,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            coefficients: TONES.map(|hertz| 2.0 * (TAU * hertz / RATE as f32).cos()),
            state: [(0.0, 0.0); 8],
            energy: 0.0,
            count: 0,
            kept: [[0.0; WINDOW as usize]; SURE as usize],
            turn: 0,
            latest: None,
            lasted: 0,
            told: None,
            missing: 0,
            steady: 0,
            needs: 1,
            only: None,
            next: None,
        }
    }
}

impl Detector {
    /// Must be told of each packet before its samples are heard: whatever sounded has ended where the sender paused. A
    /// packet that was lost is no pause, unless a talkspurt begins behind it.
    pub(crate) fn packet(&mut self, header: &Header) {
        let samples = header.payload.len() as u32;
        if self.next.is_some_and(|next| next.is_paused(header)) {
            self.forget();
        }
        self.next = Some(Next {
            ssrc: header.ssrc,
            seq: header.seq.wrapping_add(1),
            ts: header.ts.wrapping_add(samples),
        });
    }

    /// All keys count again.
    pub(crate) fn open(&mut self) {
        (self.needs, self.only) = (1, None);
    }

    /// One key alone counts, and only where it is held for long: somebody speaks meanwhile.
    pub fn guard(&mut self, key: char) {
        (self.needs, self.only) = (GUARD, Some(key));
    }

    /// Whether the key that was told last may sound on.
    pub(crate) fn is_sounding(&self) -> bool {
        self.told.is_some()
    }

    fn forget(&mut self) {
        (self.state, self.energy, self.count) = ([(0.0, 0.0); 8], 0.0, 0);
        (self.latest, self.lasted, self.steady) = (None, 0, 0);
        (self.told, self.missing) = (None, 0);
    }

    /// Takes some samples at 8 kHz; gives a key once per press, as soon as it is sure. At most one for each call: 20 ms
    /// cannot hold two.
    pub fn hear(&mut self, samples: impl Iterator<Item = i16>) -> Option<char> {
        let mut heard = None;
        for sample in samples {
            self.sample(f32::from(sample));
            if self.count == WINDOW {
                heard = self.window().or(heard);
            }
        }
        heard
    }

    fn sample(&mut self, sample: f32) {
        self.kept[self.turn][self.count as usize] = sample;
        self.count += 1;
        self.energy += sample * sample;
        for (state, coefficient) in self.state.iter_mut().zip(self.coefficients) {
            *state = (sample + coefficient * state.0 - state.1, state.0);
        }
    }

    fn window(&mut self) -> Option<char> {
        let key = self.key();
        (self.state, self.energy, self.count) = ([(0.0, 0.0); 8], 0.0, 0);
        self.turn = (self.turn + 1) % self.kept.len();
        self.lasted = match key {
            Some(_) if key == self.latest => self.lasted.saturating_add(1),
            _ => 1,
        };
        self.latest = key;
        if self.told.is_some() && key != self.told {
            self.missing += 1;
            if self.missing >= GONE {
                self.told = None;
            }
        } else {
            self.missing = 0;
        }
        let is_new = self.lasted >= SURE && key != self.told;
        let counts = |key: &char| is_new && self.only.is_none_or(|only| only == *key);
        let steady = key.filter(|key| counts(key) && self.is_steady(*key));
        self.steady = steady.map_or(0, |_| self.steady.saturating_add(1));
        let fresh = steady.filter(|_| self.steady >= self.needs);
        if fresh.is_some() {
            (self.told, self.missing) = (fresh, 0);
        }
        fresh
    }

    /// Whether the latest windows together are the two tones of a key and little else.
    fn is_steady(&self, key: char) -> bool {
        let samples = || {
            let (newer, older) = self.kept.split_at(self.turn);
            older.iter().chain(newer).flatten().copied()
        };
        let tones = tones_of(key).map(|hertz| nearest(samples, hertz));
        let [Some(low), Some(high)] = tones else {
            return false;
        };
        let energy: f32 = samples().map(|sample| sample * sample).sum();
        explained(samples(), [low, high]) >= STEADY * energy
    }

    /// The key that this window is made of.
    fn key(&self) -> Option<char> {
        let mut power = [0.0; 8];
        for ((power, (s1, s2)), c) in power.iter_mut().zip(self.state).zip(self.coefficients) {
            *power = s1 * s1 + s2 * s2 - c * s1 * s2;
        }
        let (low, high) = power.split_at(4);
        let (row, column) = (alone(low)?, alone(high)?);
        let (low, high) = (low[row], high[column]);
        let is_loud = low >= LEAST && high >= LEAST;
        let is_even = high <= low * TWIST.0 && low <= high * TWIST.1;
        let share = 2.0 * (low + high) / (WINDOW as f32 * self.energy);
        (is_loud && is_even && share >= SHARE).then(|| KEYS[row][column])
    }
}

impl Next {
    fn is_paused(self, header: &Header) -> bool {
        let is_next = header.seq == self.seq || header.marker;
        let step = header.ts.wrapping_sub(self.ts);
        header.ssrc != self.ssrc || (is_next && step > PAUSE)
    }
}

/// Where a tone really is, in radians a sample; None: not near enough to where it should be.
fn nearest<I: Iterator<Item = f32>>(samples: impl Fn() -> I, hertz: f32) -> Option<f32> {
    let turn = |step: i8| TAU * hertz * (1.0 + f32::from(step) * STEP) / RATE as f32;
    let power = |step: &i8| goertzel(samples(), turn(*step));
    let best = (-STEPS..=STEPS).max_by(|a, b| power(a).total_cmp(&power(b)))?;
    (best.abs() <= NEAR).then(|| turn(best))
}

/// Power of one tone, as in [`Detector::key`].
fn goertzel(samples: impl Iterator<Item = f32>, turn: f32) -> f32 {
    let c = 2.0 * turn.cos();
    let (s1, s2) = samples.fold((0.0, 0.0), |(s1, s2), sample| (sample + c * s1 - s2, s1));
    s1 * s1 + s2 * s2 - c * s1 * s2
}

/// The energy that two tones explain together, by least squares: what one leaks into the other counts once.
fn explained(samples: impl Iterator<Item = f32>, turns: [f32; 2]) -> f32 {
    let (mut products, mut matched) = ([[0.0f32; 4]; 4], [0.0f32; 4]);
    for (n, sample) in samples.enumerate() {
        let [low, high] = turns.map(|turn| (turn * n as f32).sin_cos());
        let waves = [low.0, low.1, high.0, high.1];
        for (row, wave) in waves.iter().enumerate() {
            matched[row] += wave * sample;
            for (place, other) in products[row].iter_mut().zip(waves) {
                *place += wave * other;
            }
        }
    }
    let fit = solve(products, matched);
    fit.iter().zip(matched).map(|(a, b)| a * b).sum()
}

/// Elimination. Waves of two different tones are far from parallel, so no pivot is small.
fn solve(mut rows: [[f32; 4]; 4], mut right: [f32; 4]) -> [f32; 4] {
    for at in 0..4 {
        for below in at + 1..4 {
            let times = rows[below][at] / rows[at][at];
            let above = rows[at];
            for (place, known) in rows[below].iter_mut().zip(above).skip(at) {
                *place -= times * known;
            }
            right[below] -= times * right[at];
        }
    }
    for at in (0..4).rev() {
        let known: f32 = (at + 1..4).map(|next| rows[at][next] * right[next]).sum();
        right[at] = (right[at] - known) / rows[at][at];
    }
    right
}

fn tones_of(key: char) -> [f32; 2] {
    let at = KEYS.iter().flatten().position(|known| *known == key);
    let at = at.unwrap_or_default();
    [TONES[at / 4], TONES[4 + at % 4]]
}

/// The one of a group that is far above the others.
fn alone(group: &[f32]) -> Option<usize> {
    let strongest = |a: &usize, b: &usize| group[*a].total_cmp(&group[*b]);
    let best = (0..group.len()).max_by(strongest)?;
    let is_alone = |(at, power): (usize, &f32)| at == best || power * ABOVE < group[best];
    group.iter().enumerate().all(is_alone).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Codec;
    use crate::g711::{decode, encode};

    /// Both tones of a key, off by so much, through the codec.
    fn key(key: char, ms: usize, amplitude: (f32, f32), off: f32) -> Vec<i16> {
        let at = KEYS
            .iter()
            .flatten()
            .position(|known| *known == key)
            .expect("a key");
        let (low, high) = (TONES[at / 4] * off, TONES[4 + at % 4] * off);
        let sample = |n: usize| {
            let wave = |hertz: f32| (n as f32 * TAU * hertz / 8e3).sin();
            (wave(low) * amplitude.0 + wave(high) * amplitude.1) as i16
        };
        (0..ms * 8)
            .map(|n| decode(Codec::Pcma, encode(Codec::Pcma, sample(n))))
            .collect()
    }

    fn silence(ms: usize) -> Vec<i16> {
        vec![8; ms * 8]
    }

    fn heard(samples: &[i16]) -> String {
        let mut detector = Detector::default();
        let packets = samples.chunks(160);
        packets
            .filter_map(|packet| detector.hear(packet.iter().copied()))
            .collect()
    }

    #[test]
    fn every_key_is_heard_once_at_any_offset_loud_and_quiet_and_off_by_a_percent_and_a_half() {
        let all: String = KEYS.iter().flatten().collect();
        for (amplitude, off) in [
            ((8e3, 8e3), 1.0),
            ((400.0, 500.0), 1.0),
            ((4e3, 9e3), 0.985),
            ((6e3, 5e3), 1.015),
        ] {
            for late in [0, 3, 7, 11] {
                let mut samples = silence(20 + late);
                for one in all.chars() {
                    samples.extend(key(one, 60, amplitude, off));
                    samples.extend(silence(45));
                }
                assert_eq!(heard(&samples), all, "{amplitude:?} {off} {late}");
            }
        }
    }

    #[test]
    fn a_long_press_is_one_and_the_same_key_twice_is_two() {
        let mut samples = key('5', 1_500, (6e3, 6e3), 1.0);
        samples.extend(silence(50));
        samples.extend(key('5', 60, (6e3, 6e3), 1.0));
        assert_eq!(heard(&samples), "55");
    }

    #[test]
    fn what_is_too_short_off_or_uneven_is_no_key() {
        let framed = |samples: Vec<i16>| [silence(20), samples, silence(40)].concat();
        assert_eq!(heard(&framed(key('5', 23, (6e3, 6e3), 1.0))), "");
        assert_eq!(heard(&framed(key('5', 200, (6e3, 6e3), 1.035))), "");
        assert_eq!(heard(&framed(key('5', 200, (8e3, 500.0), 1.0))), "");
        assert_eq!(heard(&framed(key('5', 200, (60.0, 60.0), 1.0))), "");
    }

    fn heard_in_a_message(samples: &[i16]) -> String {
        let mut detector = Detector::default();
        detector.guard('#');
        let packets = samples.chunks(160);
        packets
            .filter_map(|packet| detector.hear(packet.iter().copied()))
            .collect()
    }

    #[test]
    fn in_a_message_one_key_counts_and_only_where_it_is_held() {
        let pressed = |one: char, ms: usize| {
            let samples = [silence(33), key(one, ms, (6e3, 6e3), 1.0), silence(60)];
            heard_in_a_message(&samples.concat())
        };
        assert_eq!(pressed('#', 110), "#");
        assert_eq!(pressed('#', 400), "#", "once");
        assert_eq!(pressed('#', 75), "");
        assert_eq!(pressed('5', 400), "");
        // Between two listenings the same press is one.
        let mut detector = Detector::default();
        detector.guard('#');
        assert_eq!(
            detector.hear(key('#', 120, (6e3, 6e3), 1.0).into_iter()),
            Some('#')
        );
        detector.open();
        let on: Vec<i16> = key('#', 200, (6e3, 6e3), 1.0);
        assert_eq!(detector.hear(on.into_iter()), None);
    }

    /// Four minutes of buzzing with moving formants and noise, as a voice is made of.
    #[test]
    fn a_voice_is_no_key() {
        let mut seed = 1u32;
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / 16_777_216.0
        };
        let (mut detector, mut keys, mut phase) = (Detector::default(), 0, 0.0f32);
        for _ in 0..2_400 {
            // A vowel of 100 ms.
            let pitch = 80.0 + 200.0 * random();
            let formants = [300.0 + 600.0 * random(), 900.0 + 1_500.0 * random()];
            let samples: Vec<i16> = (0..800)
                .map(|_| {
                    phase = (phase + pitch / 8e3).fract();
                    let harmonic = |n: u8| {
                        let hertz = pitch * f32::from(n);
                        let near =
                            |formant: &f32| 1.0 / (1.0 + ((hertz - formant) / 120.0).powi(2));
                        formants.iter().map(near).sum::<f32>() * (TAU * phase * f32::from(n)).sin()
                    };
                    let voice: f32 = (1..=30).map(harmonic).sum();
                    (voice * 4e3 + (random() - 0.5) * 300.0) as i16
                })
                .collect();
            keys += usize::from(detector.hear(samples.into_iter()).is_some());
        }
        assert_eq!(keys, 0);
    }
}
