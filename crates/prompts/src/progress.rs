//! How a call goes, as the telephone network of Russia says it (ITU-T E.180, supplement 2): composed here, the same in every
//! language. For whoever of ours calls somebody, where the carrier brings no sound of its own.
use std::f32::consts::TAU;

use crate::RATE;

/// Of the ringing and the busy tone. Hz.
const TONE: f32 = 425.0;
/// Of the three that say that a number cannot be reached. Hz.
const UNOBTAINABLE: [f32; 3] = [950.0, 1_400.0, 1_800.0];
/// As loud as a network is beside speech.
const PEAK: f32 = 6_000.0;

/// One ring: a second of tone, four of silence. It is repeated.
pub(crate) fn ringing() -> Vec<i16> {
    [tone(TONE, 1_000), silence(4_000)].concat()
}

/// Busy, or nobody answers any more: five times 0.35 s with as much silence between.
pub(crate) fn busy() -> Vec<i16> {
    [tone(TONE, 350), silence(350)].concat().repeat(5)
}

/// The number cannot be reached: three rising tones of 0.33 s and a second of silence, twice.
pub(crate) fn unobtainable() -> Vec<i16> {
    let tones = UNOBTAINABLE.map(|hertz| tone(hertz, 330)).concat();
    [tones, silence(1_000)].concat().repeat(2)
}

fn silence(millis: usize) -> Vec<i16> {
    vec![0; samples(millis)]
}

/// With soft edges of 10 ms, which do not click.
fn tone(hertz: f32, millis: usize) -> Vec<i16> {
    let (length, edge) = (samples(millis), samples(10) as f32);
    let sample = |i: usize| {
        let softly = (i.min(length - i) as f32 / edge).min(1.0);
        ((TAU * hertz * i as f32 / RATE as f32).sin() * softly * PEAK) as i16
    };
    (0..length).map(sample).collect()
}

fn samples(millis: usize) -> usize {
    RATE as usize * millis / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stretches of sound and of silence, in hundredths of a second.
    fn cadence(samples: &[i16]) -> Vec<(bool, usize)> {
        let mut told: Vec<(bool, usize)> = Vec::new();
        for window in samples.chunks(RATE as usize / 100) {
            let sounds = window.iter().any(|it| it.unsigned_abs() > 100);
            match told.last_mut() {
                Some((last, count)) if *last == sounds => *count += 1,
                _ => told.push((sounds, 1)),
            }
        }
        told
    }

    /// How often the wave rises through nothing in the first 0.3 s.
    fn rises(samples: &[i16]) -> usize {
        let window = &samples[..RATE as usize * 3 / 10];
        window
            .windows(2)
            .filter(|it| it[0] < 0 && it[1] >= 0)
            .count()
    }

    #[test]
    fn they_are_as_the_network_of_russia_has_them() {
        assert_eq!(cadence(&ringing()), [(true, 100), (false, 400)]);
        assert_eq!(cadence(&busy())[..3], [(true, 35), (false, 35), (true, 35)]);
        assert_eq!(busy().len(), RATE as usize * 35 / 10);
        assert_eq!(cadence(&unobtainable())[..2], [(true, 99), (false, 100)]);
        for tone in [ringing(), busy()] {
            assert!(rises(&tone).abs_diff(127) <= 1, "425 Hz");
        }
        assert!(rises(&unobtainable()).abs_diff(285) <= 1, "950 Hz first");
    }
}
