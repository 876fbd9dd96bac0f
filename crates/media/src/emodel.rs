//! How a call sounded to people, estimated: the E-model of ITU-T G.107 for G.711 with loss concealment.

/// What the estimate is made from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Impairment {
    /// One-way delay from mouth to ear. Milliseconds.
    pub delay_ms: f32,
    /// Random packet loss. Per cent.
    pub loss_percent: f32,
}

/// R of a connection without any impairment (G.107 default values).
const R_BEST: f32 = 93.2;
/// Robustness of G.711 with packet loss concealment against random loss (G.113 appendix I).
const BPL: f32 = 25.1;
/// Packetisation of one frame. Milliseconds.
const FRAME_MS: f32 = 20.0;

impl Impairment {
    /// From what RTP and RTCP measured: a jitter buffer is assumed to hold twice the mean jitter.
    pub fn measured(loss_percent: f32, jitter_us: u32, rtt_us: Option<u32>) -> Self {
        let network = rtt_us.unwrap_or(0) as f32 / 2_000.0;
        let buffer = jitter_us as f32 * 2.0 / 1_000.0;
        Self {
            delay_ms: network + FRAME_MS + buffer,
            loss_percent,
        }
    }

    /// Rating factor, 0–93.2 (G.107: R = R0 − Id − Ie,eff).
    pub fn rating(self) -> f32 {
        let late = (self.delay_ms - 177.3).max(0.0);
        let delay = 0.024 * self.delay_ms + 0.11 * late;
        let loss = 95.0 * self.loss_percent / (self.loss_percent + BPL);
        (R_BEST - delay - loss).clamp(0.0, R_BEST)
    }

    /// Mean opinion score, 1.0–4.5 (G.107 annex B).
    pub fn mos(self) -> f32 {
        let r = self.rating();
        (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rating_and_score_follow_the_recommendation() {
        let table = [
            (0.0, 0.0, 93.2, 4.41),
            (50.0, 1.0, 88.4, 4.30),
            (150.0, 3.0, 79.5, 4.00),
            (50.0, 5.0, 76.2, 3.87),
            (250.0, 0.0, 79.2, 3.99),
            (400.0, 20.0, 17.0, 1.17),
            (2_000.0, 100.0, 0.0, 1.0),
        ];
        for (delay_ms, loss_percent, rating, mos) in table {
            let heard = Impairment {
                delay_ms,
                loss_percent,
            };
            assert!(
                (heard.rating() - rating).abs() < 0.06,
                "{heard:?}: R {}",
                heard.rating()
            );
            assert!(
                (heard.mos() - mos).abs() < 0.006,
                "{heard:?}: MOS {}",
                heard.mos()
            );
        }
    }

    #[test]
    fn what_was_measured_becomes_delay() {
        let heard = Impairment::measured(0.0, 5_000, Some(40_000));
        assert_eq!(heard.delay_ms, 20.0 + 20.0 + 10.0);
    }
}
