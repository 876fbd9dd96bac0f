//! Hold music of our own making, composed in code: no file, no licence but ours, the same samples every time.
//!
//! A slow progression of broken chords on a plucked string, 24 s that loop without a seam, quiet enough to talk
//! over and free of low notes a telephone would not carry.
use std::f32::consts::TAU;

use crate::RATE;

/// One eighth note. Samples.
const EIGHTH: usize = RATE as usize * 3 / 8;

/// Chords as semitones above A3 (220 Hz), two bars of eight notes each: Am F C G, then Am Dm E Am.
const CHORDS: [[i32; 8]; 8] = [
    [0, 7, 12, 15, 19, 15, 12, 7],
    [-4, 3, 8, 12, 15, 12, 8, 3],
    [3, 10, 15, 19, 22, 19, 15, 10],
    [-2, 5, 10, 14, 17, 14, 10, 5],
    [0, 7, 12, 15, 24, 15, 12, 7],
    [5, 8, 12, 17, 20, 17, 12, 8],
    [-5, 2, 7, 11, 14, 11, 7, 2],
    [0, 7, 12, 15, 12, 7, 12, 15],
];

/// The hold music, once through.
pub(crate) fn hold() -> Vec<i16> {
    let length = CHORDS.len() * 8 * EIGHTH;
    let mut mix = vec![0.0_f32; length];
    for (i, semitone) in CHORDS.iter().flatten().enumerate() {
        let accent = if i % 8 == 0 { 1.0 } else { 0.7 };
        pluck(&mut mix, i * EIGHTH, frequency(*semitone), accent);
    }
    level(&mix, 9_000.0)
}

/// The tone before a message: 1 kHz, half a second, soft edges.
pub(crate) fn beep() -> Vec<i16> {
    let length = RATE as usize / 2;
    let edge = RATE as f32 / 100.0;
    let tone = |i: usize| {
        let (i, rest) = (i as f32, (length - i) as f32);
        (TAU * 1_000.0 * i / RATE as f32).sin() * (i / edge).min(rest / edge).min(1.0)
    };
    level(&(0..length).map(tone).collect::<Vec<_>>(), 12_000.0)
}

/// Equal temperament from A3.
fn frequency(semitone: i32) -> f32 {
    220.0 * 2.0_f32.powf(semitone as f32 / 12.0)
}

/// Adds one decaying note of three harmonics; its tail wraps around, so that the loop has no seam.
fn pluck(mix: &mut [f32], at: usize, frequency: f32, accent: f32) {
    let tail = EIGHTH * 4;
    for i in 0..tail {
        let t = i as f32 / RATE as f32;
        let attack = (i as f32 / 40.0).min(1.0);
        let fade = ((tail - i) as f32 / 400.0).min(1.0);
        let tone: f32 = [1.0_f32, 0.35, 0.12]
            .iter()
            .enumerate()
            .map(|(n, weight)| {
                let harmonic = n as f32 + 1.0;
                weight * (TAU * frequency * harmonic * t).sin() * (-t * 2.2 * harmonic).exp()
            })
            .sum();
        let place = (at + i) % mix.len();
        mix[place] += accent * attack * fade * tone;
    }
}

/// Silence between groups of digits: 0.3 s.
pub(crate) fn pause() -> Vec<i16> {
    vec![0; RATE as usize * 3 / 10]
}

/// Scales to the given peak.
fn level(mix: &[f32], peak: f32) -> Vec<i16> {
    let highest = mix.iter().fold(f32::EPSILON, |m, s| m.max(s.abs()));
    mix.iter().map(|s| (s / highest * peak) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_has_no_seam_and_no_hole() {
        let music = hold();
        assert_eq!(music.len(), 24 * RATE as usize);
        let step = i32::from(music[0]) - i32::from(music[music.len() - 1]);
        assert!(step.abs() < 2_000, "a click of {step} at the seam");
        for (i, window) in music.chunks(RATE as usize / 2).enumerate() {
            let peak = window.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
            assert!(peak > 700, "silence in half second {i}");
        }
    }
}
