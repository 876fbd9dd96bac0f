//! Ears: which tones are in a piece of audio, and when.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_media::goertzel;

/// The caller's tone (SIPp plays it). Hz.
pub const CALLER: f64 = 440.0;
/// The operator's tone (baresip plays it). Hz.
pub const OPERATOR: f64 = 1_209.0;
/// Samples per second everywhere.
pub const RATE: usize = 8_000;
/// Window of one verdict: 100 ms.
const WINDOW: usize = RATE / 10;

/// Mean square of a window in which nobody speaks.
const QUIET: f64 = 1e3;

/// One channel of audio.
#[derive(Clone, Debug)]
pub struct Sound(pub Vec<i16>);

/// The channels of a WAV file: one or two.
pub fn read_wav(path: &Path) -> Result<Vec<Sound>> {
    let mut reader = hound::WavReader::open(path).with_context(|| path.display().to_string())?;
    let channels = usize::from(reader.spec().channels);
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    let channel = |n: usize| Sound(samples.iter().skip(n).step_by(channels).copied().collect());
    Ok((0..channels).map(channel).collect())
}

/// Writes a mono WAV with one tone, for a phone to play.
pub fn write_tone(path: &Path, frequency: f64, length: Duration) -> Result<()> {
    tone(frequency, length).write_wav(path)
}

/// A tone at a quarter of full scale.
pub fn tone(frequency: f64, length: Duration) -> Sound {
    let step = std::f64::consts::TAU * frequency / RATE as f64;
    let samples = length.as_millis() as usize * RATE / 1_000;
    Sound(
        (0..samples)
            .map(|i| ((i as f64 * step).sin() * 8_000.0) as i16)
            .collect(),
    )
}

/// Keys as tones (ITU-T Q.23), with a second of silence before and some behind: so that a hotline that asks for them the
/// moment it answers hears the first one too.
pub fn keys(keys: &str) -> Sound {
    let silence = |secs: usize| std::iter::repeat_n(0, secs * RATE);
    let pressed = gudok_phone::tones(keys);
    Sound(silence(1).chain(pressed).chain(silence(5)).collect())
}

impl Sound {
    /// What is heard between pauses of so long at least, those before and after left out.
    pub fn phrases(&self, pause: Duration) -> Vec<Self> {
        let pause = pause.as_millis() as usize / 100;
        let loud: Vec<bool> = self.windows().map(|window| power(window) > QUIET).collect();
        let (mut phrases, mut begin, mut last) = (Vec::new(), None, 0);
        for at in (0..loud.len()).filter(|at| loud[*at]).chain([usize::MAX]) {
            if let Some(from) = begin.filter(|_| at > last + pause) {
                let (from, to) = (from * WINDOW, (last + 1) * WINDOW);
                phrases.push(Self(self.0[from..to].to_vec()));
                begin = None;
            }
            begin = begin.or(Some(at));
            last = at;
        }
        phrases
    }

    /// Writes it as a WAV file.
    pub fn write_wav(&self, path: &Path) -> Result<()> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec)?;
        for sample in &self.0 {
            writer.write_sample(*sample)?;
        }
        Ok(writer.finalize()?)
    }

    /// How long it is. Seconds.
    pub fn secs(&self) -> f32 {
        self.0.len() as f32 / RATE as f32
    }

    /// How long the tone is heard, in all. Seconds. A window counts when the tone carries most of its energy.
    pub fn secs_of(&self, frequency: f64) -> f32 {
        self.windows()
            .filter(|window| is_tone(window, frequency))
            .count() as f32
            / 10.0
    }

    /// How long the tone is heard among others, in all. Seconds. A window counts when the tone carries a quarter of its energy:
    /// of two voices of one loudness each carries a half, of three a third.
    pub fn secs_with(&self, frequency: f64) -> f32 {
        let with = |window: &&[i16]| carries(window, frequency, 0.25);
        self.windows().filter(with).count() as f32 / 10.0
    }

    /// When the tone is heard first among others. Seconds from the start.
    pub fn first_with(&self, frequency: f64) -> Option<f32> {
        let with = |window: &[i16]| carries(window, frequency, 0.25);
        self.windows().position(with).map(|n| n as f32 / 10.0)
    }

    /// How long each of these tones is heard as by [`Self::secs_with`], and of those not a hundredth. Seconds.
    pub fn secs_of_only(&self, tones: &[f64], not: &[f64]) -> f32 {
        let only = |window: &&[i16]| {
            let heard = tones.iter().all(|hertz| carries(window, *hertz, 0.25));
            heard && !not.iter().any(|hertz| carries(window, *hertz, 0.01))
        };
        self.windows().filter(only).count() as f32 / 10.0
    }

    /// How long anything is heard. Seconds.
    pub fn secs_loud(&self) -> f32 {
        self.windows().filter(|window| power(window) > 1e4).count() as f32 / 10.0
    }

    /// When the tone is heard first. Seconds from the start.
    pub fn first(&self, frequency: f64) -> Option<f32> {
        self.windows()
            .position(|window| is_tone(window, frequency))
            .map(|n| n as f32 / 10.0)
    }

    /// When the tone is heard last. Seconds from the start, to the end of its last window.
    pub fn last(&self, frequency: f64) -> Option<f32> {
        let heard = self
            .windows()
            .enumerate()
            .filter(|(_, window)| is_tone(window, frequency));
        heard.last().map(|(n, _)| (n + 1) as f32 / 10.0)
    }

    fn windows(&self) -> impl Iterator<Item = &[i16]> {
        self.0.chunks_exact(WINDOW)
    }
}

/// Mean square.
fn power(window: &[i16]) -> f64 {
    window.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / window.len() as f64
}

/// Whether one frequency carries at least 60 % of the window's energy.
fn is_tone(window: &[i16], frequency: f64) -> bool {
    carries(window, frequency, 0.6)
}

/// Whether one frequency carries more than this share of the window's energy.
fn carries(window: &[i16], frequency: f64, share: f64) -> bool {
    power(window) > 1e4 && goertzel::share(window, frequency, 8_000) > share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ears_tell_tones_from_each_other_and_from_silence() {
        let mut sound = tone(CALLER, Duration::from_secs(2));
        sound.0.extend(vec![0; RATE]);
        sound.0.extend(tone(OPERATOR, Duration::from_secs(1)).0);
        assert!((sound.secs_of(CALLER) - 2.0).abs() < 0.15);
        assert!((sound.secs_of(OPERATOR) - 1.0).abs() < 0.15);
        assert!((sound.secs_loud() - 3.0).abs() < 0.15);
        assert_eq!(sound.first(OPERATOR), Some(3.0));
    }

    #[test]
    fn of_voices_at_once_each_is_heard_and_whoever_is_silent_is_not() {
        let second = Duration::from_secs(1);
        let mut sound = tone(CALLER, second);
        let other = tone(OPERATOR, second);
        for (sample, other) in sound.0.iter_mut().zip(other.0) {
            *sample += other;
        }
        sound.0.extend(tone(CALLER, second).0);
        assert_eq!(sound.secs_of(OPERATOR), 0.0, "it is never most of it");
        assert_eq!(sound.secs_with(OPERATOR), 1.0);
        assert_eq!(sound.secs_with(CALLER), 2.0);
        assert_eq!(sound.secs_of_only(&[CALLER, OPERATOR], &[770.0]), 1.0);
        assert_eq!(sound.secs_of_only(&[CALLER], &[OPERATOR]), 1.0);
    }
}
