//! The one place that reads the clocks.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gudok_model::{Mono, Now, Wall};

/// Monotonic time since the daemon started, and wall time beside it.
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
            mono: Mono(self.elapsed().as_micros().try_into().unwrap_or(u64::MAX)),
            wall: wall(),
        }
    }

    /// Both clocks at a monotonic time that has passed.
    pub(crate) fn earlier(self, at: Duration) -> Now {
        let now = self.now();
        let mono = Mono(at.as_micros().try_into().unwrap_or(u64::MAX)).min(now.mono);
        let ago = i64::try_from(now.mono.0 - mono.0).unwrap_or(i64::MAX);
        let wall = Wall(now.wall.0.saturating_sub(ago));
        Now { mono, wall }
    }

    /// Monotonic time since the start.
    pub(crate) fn elapsed(self) -> Duration {
        self.start.elapsed()
    }

    /// The instant of a monotonic time, for tokio's timers.
    pub(crate) fn instant(self, at: Duration) -> tokio::time::Instant {
        (self.start + at).into()
    }

    /// When counting began, for the media threads.
    pub(crate) fn epoch(self) -> Instant {
        self.start
    }
}

/// Wall time, now.
pub(crate) fn wall() -> Wall {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Wall(since.as_micros().try_into().unwrap_or(i64::MAX))
}
