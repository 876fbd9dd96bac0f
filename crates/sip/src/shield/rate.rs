//! A token bucket in one number: the time at which it is full again (GCRA, ITU-T I.371 Annex A).
use std::time::Duration;

/// So many a second, and so many at once after a rest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Between two, when they come evenly. Nanoseconds.
    every: u64,
    /// How long what comes at once takes to be earned. Nanoseconds.
    burst: u64,
}

/// How far a bucket may be emptied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    /// To its end.
    Burst,
    /// As far again below it.
    Overdraft,
}

impl Rate {
    /// `per_second` in the long run, `burst` at once; zero of either counts as one.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        const SECOND: u64 = 1_000_000_000;
        let per_second = if per_second == 0 { 1 } else { per_second };
        let burst = if burst == 0 { 1 } else { burst };
        let every = SECOND / per_second as u64;
        Self {
            every,
            burst: every * burst as u64,
        }
    }
}

/// How much one source has used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Bucket {
    /// When it is full again, since the start. Nanoseconds.
    full_at: u64,
}

impl Bucket {
    /// Takes one, if one is left.
    pub(super) fn take(&mut self, now: Duration, rate: Rate, room: Room) -> bool {
        let now = nanos(now);
        let most = match room {
            Room::Burst => rate.burst,
            Room::Overdraft => rate.burst.saturating_mul(2),
        };
        let full_at = self.full_at.max(now).saturating_add(rate.every);
        let left = full_at - now <= most;
        if left {
            self.full_at = full_at;
        }
        left
    }
}

/// 584 years.
pub(super) fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}
