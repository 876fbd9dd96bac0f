//! How long and how loud a prompt is.
use std::time::Duration;

use crate::RATE;

/// What is below this much under full scale is a pause and no part of the loudness. dB.
const PAUSE_DB: f32 = -50.0;

/// Stretches that are looked at one by one. 20 ms.
const STRETCH: usize = RATE as usize / 50;

/// The measures of one prompt.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Measure {
    /// How long it lasts.
    pub duration: Duration,
    /// The highest sample under full scale. dB.
    pub peak_db: f32,
    /// The mean power of what is no pause, under full scale. dB; `-inf` when all of it is a pause.
    pub loudness_db: f32,
}

impl Measure {
    /// Of 8 kHz samples.
    pub fn of(samples: &[i16]) -> Self {
        let full = f64::from(i16::MAX);
        let power = |stretch: &[i16]| {
            let sum: f64 = stretch
                .iter()
                .map(|it| (f64::from(*it) / full).powi(2))
                .sum();
            sum / stretch.len() as f64
        };
        let loud = |power: &f64| decibels(*power, 10.0) > PAUSE_DB;
        let heard: Vec<f64> = samples.chunks(STRETCH).map(power).filter(loud).collect();
        let peak = samples
            .iter()
            .map(|it| it.unsigned_abs())
            .max()
            .unwrap_or(0);
        let micros = samples.len() as u64 * 1_000_000 / u64::from(RATE);
        Self {
            duration: Duration::from_micros(micros),
            peak_db: decibels(f64::from(peak) / full, 20.0),
            loudness_db: decibels(heard.iter().sum::<f64>() / heard.len().max(1) as f64, 10.0),
        }
    }
}

fn decibels(ratio: f64, factor: f64) -> f32 {
    (ratio.log10() * factor) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_of_half_the_scale_is_six_decibels_down_and_its_pauses_do_not_count() {
        let tone = (0..8_000).map(|i| if i % 2 == 0 { 16_384 } else { -16_384 });
        let samples: Vec<i16> = tone.chain(std::iter::repeat_n(0, 8_000)).collect();
        let said = Measure::of(&samples);
        assert_eq!(said.duration, Duration::from_secs(2));
        assert!((said.peak_db + 6.02).abs() < 0.01, "{said:?}");
        assert!((said.loudness_db + 6.02).abs() < 0.01, "{said:?}");
        assert!(Measure::of(&[0; 400]).loudness_db < -100.0);
    }
}
