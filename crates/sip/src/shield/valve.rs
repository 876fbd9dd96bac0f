//! How new calls are taken when there are more than we can serve: whole, with a short answer, or not at all.
use std::time::Duration;

use super::rate::{Bucket, Rate, Room};

/// A new call that has waited this long for its turn is one too many. Half of T1: the caller has not yet repeated it.
pub const LAG_MAX: Duration = Duration::from_millis(250);
/// Seconds after which a refused caller may come again: a span, so that they do not come together.
const RETRY_AFTER_SECS: (u64, u64) = (5, 30);

/// What the driver knows of the press, told with each message.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Pressure {
    /// How long the message has waited for its turn.
    pub waited: Duration,
    /// Whether one more call could be given the short answer.
    pub brief_free: bool,
}

/// How a new call is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// As the plan has it.
    Whole,
    /// With the short answer for busy times.
    Brief,
    /// With 503 and a Retry-After.
    Refused,
}

/// Decides for each new call.
#[derive(Clone, Copy, Default, Debug)]
pub struct Valve {
    rate: Option<Rate>,
    bucket: Bucket,
    pressure: Pressure,
}

impl Valve {
    /// `rate`: most new calls that are taken whole; None: as many as there is time for.
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            ..Self::default()
        }
    }

    /// What is known of the press.
    pub fn press(&mut self, pressure: Pressure) {
        self.pressure = pressure;
    }

    /// Whether the call at hand comes too late to be taken whole.
    pub(crate) fn is_late(&self) -> bool {
        self.pressure.waited > LAG_MAX
    }

    /// How the new call at hand is taken.
    pub fn admit(&mut self, now: Duration) -> Admission {
        let in_time = !self.is_late();
        let bucket = &mut self.bucket;
        let whole = in_time
            && self
                .rate
                .is_none_or(|rate| bucket.take(now, rate, Room::Burst));
        match (whole, self.pressure.brief_free) {
            (true, _) => Admission::Whole,
            (false, true) => Admission::Brief,
            (false, false) => Admission::Refused,
        }
    }

    /// Seconds for the Retry-After of a refusal; `drawn`: any random number.
    pub fn retry_after(drawn: u128) -> u64 {
        let (least, most) = RETRY_AFTER_SECS;
        let span = u128::from(most - least + 1);
        least + u64::try_from(drawn % span).unwrap_or(0)
    }
}
