//! How long our certificate is still good: told in time, so that nobody learns it from phones that fell silent.
use std::time::Duration;

use gudok_model::{Mono, Now};
use gudok_wire::sip::Certificates;

use crate::metrics::Metrics;

/// From so long before the end on it is an alarm.
const WARNED_BEFORE_DAYS: i64 = 30;
/// It is said so often.
const SAID_EVERY: Duration = Duration::from_secs(24 * 3_600);
const DAY_SECS: i64 = 24 * 3_600;

/// The certificate that is shown, and when it was last said that it ends.
pub(super) struct Expiry {
    certificates: Option<Certificates>,
    said: Option<Mono>,
}

impl Expiry {
    pub(super) fn of(certificates: Option<Certificates>) -> Self {
        Self {
            certificates,
            said: None,
        }
    }

    /// Tells the page, and in the last days the log; gives the whole days that are left, below zero after the end.
    pub(super) fn tell(&mut self, now: Now, metrics: &Metrics) -> Option<i64> {
        let certificates = self.certificates.as_ref()?;
        let end = certificates.end()?;
        metrics.certificate_ends(end);
        let days = days_left(end, now.wall.0);
        let due = self
            .said
            .is_none_or(|said| now.mono.since(said) >= SAID_EVERY);
        if days < WARNED_BEFORE_DAYS && due {
            self.said = Some(now.mono);
            metrics.alarm("certificate_ends");
            tracing::warn!(
                days,
                "sip.tls: the certificate ends soon: put a new one in its place and reload (SIGHUP)"
            );
        } else if due && let Some((place, end)) = certificates.earlier() {
            let days = days_left(end, now.wall.0);
            if days < WARNED_BEFORE_DAYS {
                self.said = Some(now.mono);
                tracing::warn!(
                    place,
                    days,
                    "sip.tls: another certificate of the file ends before ours: who rests on it will refuse us"
                );
            }
        }
        Some(days)
    }
}

fn days_left(end_secs: i64, now_us: i64) -> i64 {
    (end_secs - now_us.div_euclid(1_000_000)).div_euclid(DAY_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_whole_and_go_below_zero() {
        let end = 100 * DAY_SECS;
        let at = |secs: i64| days_left(end, secs * 1_000_000);
        assert_eq!(
            [at(0), at(end - DAY_SECS), at(end - 1), at(end + 1)],
            [100, 1, 0, -1]
        );
    }
}
