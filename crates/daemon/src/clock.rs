//! The one place that reads the clocks.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gudok_model::{Mono, Now, Wall};

/// Monotonic time, which begins at [`Mono::START`] with the daemon, and wall time beside it. What others measure since the
/// start of the daemon (the SIP machine, the media threads) is a [`Duration`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Both clocks, now.
    pub(crate) fn now(self) -> Now {
        Now {
            mono: Mono::START + self.elapsed(),
            wall: wall(),
        }
    }

    /// Both clocks so long after the start, at a time that has passed.
    pub(crate) fn earlier(self, at: Duration) -> Now {
        let now = self.now();
        let mono = (Mono::START + at).min(now.mono);
        let ago = i64::try_from(now.mono.0 - mono.0).unwrap_or(i64::MAX);
        let wall = Wall(now.wall.0.saturating_sub(ago));
        Now { mono, wall }
    }

    /// Monotonic time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.start.elapsed()
    }

    /// The instant so long after the start, for tokio's timers.
    pub(crate) fn instant(self, at: Duration) -> tokio::time::Instant {
        (self.start + at).into()
    }

    /// When counting began, for the media threads.
    pub(crate) fn epoch(self) -> Instant {
        self.start
    }
}

/// The same moment as the media threads and the recorder count it: from the start on.
pub(crate) fn of_audio(at: Mono) -> Mono {
    Mono::default() + at.since_start()
}

/// Wall time, now.
pub(crate) fn wall() -> Wall {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Wall(since.as_micros().try_into().unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_a_week_after_zero_and_the_others_with_zero() {
        let clock = Clock::start();
        let begun = clock.earlier(Duration::ZERO);
        assert_eq!(begun.mono, Mono::START);
        assert_eq!(
            of_audio(begun.mono + Duration::from_secs(3)),
            Mono(3_000_000)
        );
        let now = clock.now();
        assert!(now.mono.since_start() <= clock.elapsed());
        assert_eq!(
            now.wall.since(begun.wall).as_secs(),
            now.mono.since_start().as_secs()
        );
        // What has not passed yet is now.
        assert!(clock.earlier(Duration::from_secs(3_600)).mono <= clock.now().mono);
        assert_eq!(clock.instant(Duration::ZERO), clock.epoch().into());
    }
}
