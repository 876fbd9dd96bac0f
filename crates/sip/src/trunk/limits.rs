//! How much a trunk carries: calls at one time, calls a second.
use std::time::Duration;

/// The limits of one trunk; None: the hotline's own limits are enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Calls at one time, both directions together: the channels of the contract.
    pub calls: Option<usize>,
    /// New calls a second that come in.
    pub in_per_second: Option<u32>,
    /// New calls a second that go out.
    pub out_per_second: Option<u32>,
}

/// Which way a call goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// From the trunk.
    In,
    /// To the trunk.
    Out,
}

/// What is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Full {
    /// [`Limits::calls`].
    #[error("calls")]
    Calls,
    /// [`Limits::in_per_second`], [`Limits::out_per_second`].
    #[error("rate")]
    Rate,
}

impl Full {
    /// Why a call over the limits is refused, as a Warning (RFC 3261 §20.43) tells the carrier and whoever reads the
    /// journal.
    pub fn warning(self) -> &'static str {
        match self {
            Self::Calls => "399 gudok \"trunk limit: calls\"",
            Self::Rate => "399 gudok \"trunk limit: calls per second\"",
        }
    }
}

/// A second's worth of calls that fills again evenly (a token bucket).
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    per_second: u32,
    /// Millionths of a call.
    level: u64,
    at: Duration,
}

/// One call.
const CALL: u64 = 1_000_000;

impl Bucket {
    pub(super) fn new(per_second: u32) -> Self {
        Self {
            per_second,
            level: u64::from(per_second) * CALL,
            at: Duration::ZERO,
        }
    }

    /// Takes one call out; false when there is none.
    pub(super) fn take(&mut self, now: Duration) -> bool {
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let most = u64::from(self.per_second) * CALL;
        let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        let filled = micros.saturating_mul(self.per_second.into());
        self.level = self.level.saturating_add(filled).min(most);
        let left = self.level.checked_sub(CALL);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However they come: never more than a second's worth and what the time since has brought.
        #[test]
        fn no_more_pass_than_the_rate_allows(rate in 1_u32..20, gaps in proptest::collection::vec(0_u64..400, 1..200)) {
            let mut bucket = Bucket::new(rate);
            let (mut now, mut passed) = (0, 0);
            for gap in gaps {
                now += gap;
                passed += u64::from(bucket.take(Duration::from_millis(now)));
                prop_assert!(passed <= u64::from(rate) + now * u64::from(rate) / 1_000);
            }
        }
    }

    #[test]
    fn a_full_bucket_fills_again() {
        let mut bucket = Bucket::new(2);
        let at = Duration::from_millis;
        let taken = [0, 0, 0, 499, 500, 501, 5_000, 5_000, 5_000];
        let taken = taken.map(|ms| bucket.take(at(ms)));
        assert_eq!(
            taken,
            [true, true, false, false, true, false, true, true, false]
        );
    }
}
