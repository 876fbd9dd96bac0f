//! How much of a tone is in some samples: the Goertzel algorithm. For tests that map who hears whom.

/// Share of the energy of `samples` that is at `hertz`: 1.0 for the pure tone, about 0 for another one or silence.
/// The resolution is `rate / samples.len()`: 100 ms tell tones apart that are 20 Hz from each other.
pub fn share(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let total: f64 = samples
        .iter()
        .map(|&sample| f64::from(sample).powi(2))
        .sum();
    if total == 0.0 {
        return 0.0;
    }
    2.0 * power(samples, hertz, rate) / (total * samples.len() as f64)
}

/// The one of `tones` that is most of `samples`, if it is at least half of their energy.
pub fn loudest(samples: &[i16], tones: &[f64], rate: u32) -> Option<f64> {
    tones
        .iter()
        .map(|&hertz| (hertz, share(samples, hertz, rate)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|&(_, share)| share >= 0.5)
        .map(|(hertz, _)| hertz)
}

fn power(samples: &[i16], hertz: f64, rate: u32) -> f64 {
    let coefficient = 2.0 * (std::f64::consts::TAU * hertz / f64::from(rate)).cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for &sample in samples {
        (s1, s2) = (f64::from(sample) + coefficient * s1 - s2, s1);
    }
    s1 * s1 + s2 * s2 - coefficient * s1 * s2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| ((n as f64) * std::f64::consts::TAU * hertz / 8e3).sin())
            .map(|sample| (sample * 10_000.0) as i16)
            .collect()
    }

    #[test]
    fn a_tone_is_found_and_not_mistaken_for_another() {
        let samples = tone(697.0, 800);
        assert!(share(&samples, 697.0, 8_000) > 0.95);
        assert!(share(&samples, 1209.0, 8_000) < 1e-4, "40 dB apart");
        assert_eq!(
            loudest(&samples, &[440.0, 697.0, 1209.0], 8_000),
            Some(697.0)
        );
        assert_eq!(loudest(&[0; 800], &[440.0], 8_000), None);
    }
}
