//! How many operators a load needs.
//!
//! Two answers that are held against each other: [`erlang`], the formulas (callers at random, talks and patience of
//! exponential length, a load that stays), and [`floor`], the queue and the operators of `gudok-acd` lived through in
//! virtual time, hour by hour as the load changes and people come and go, with the arrivals that were recorded where there
//! are any. Where the formula's assumptions hold the two agree; where they do not, the second is nearer to the truth.
//! [`ringing`] is what the phone's ringing does to the formula, [`mod@staff`] looks for the fewest operators by the second.
//!
//! This crate does not know what time it is, and draws all chance from one seed.
#![forbid(unsafe_code)]

pub mod erlang;
pub mod floor;
pub mod ringing;
pub mod shift;
pub mod staff;

use std::time::Duration;

pub use erlang::{figures, operators_for};
pub use floor::{Floor, live};
pub use ringing::{Short, by_formula};
pub use shift::{Hour, Shift};
pub use staff::{Staffed, staff};

/// Most operators that are tried.
pub const OPERATORS_MAX: u32 = 500;

/// Callers and how long they take, at a load that stays.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    /// Callers who come to the queue within an hour.
    pub calls_per_hour: f64,
    /// What one of them keeps an operator busy: ringing, talk and wrap-up, on average.
    pub handle: Duration,
    /// How long a caller is ready to wait, on average; None: for ever.
    pub patience: Option<Duration>,
}

/// So large a share of callers talks within so long: 80/20 is `share: 0.8, within: 20 s`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// Of all callers who came to the queue; who gave up counts as not served.
    pub share: f64,
    /// From the queue to the operator.
    pub within: Duration,
}

/// How a number of operators does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Figures {
    /// Share of callers who talked within the time; 1 where nobody came.
    pub service_level: f64,
    /// Share of callers who gave up.
    pub abandoned: f64,
    /// Share of callers whose time in the queue was over ([`Floor::wait`]). The formula knows no such thing: 0.
    pub timed_out: f64,
    /// Of all callers, whatever it ended with. None: it grows without end.
    pub mean_wait: Option<Duration>,
    /// Share of their time that operators are busy: ringing, talk and wrap-up.
    pub occupancy: f64,
}
