//! One address of a carrier: whether it lives, and how long it is left alone.
use std::time::Duration;

use super::{Probing, Rank};
use crate::endpoint::Flow;
use crate::registration::BACK_OFF;

/// How long a target that failed a call is passed over; doubled with each failure in a row up to the last.
pub const HOLD: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(300));
/// Probes in a row that must fail before a target that lived is down.
pub const PROBES_FAILED: u8 = 2;
/// After a probe failed: the next one comes so soon.
pub const PROBE_AGAIN: Duration = Duration::from_secs(2);

/// An address to send to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Where the packets go.
    pub flow: Flow,
    /// The host of the Request-URI: the name that was resolved, or the address.
    pub host: String,
    /// Its place in the order.
    pub rank: Rank,
}

/// How a target stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It has never answered, or not since it was held. Calls go to it.
    Unknown,
    /// It answered.
    Up,
    /// It answered once and does not any more. Calls go to it when there is nothing else.
    Down,
    /// It failed a call or asked for silence: it is passed over for a while.
    Held,
}

impl State {
    /// For labels of bounded sets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
            Self::Held => "held",
        }
    }
}

/// A target and what is known of it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) target: Target,
    lives: Option<bool>,
    failures: u8,
    held_until: Duration,
    /// It has asked for it itself: until then not even for want of another one.
    silent_until: Duration,
    hold: Duration,
    pub(super) probe_at: Option<Duration>,
    /// The probe under way.
    pub(super) probe: Option<u64>,
}

impl Row {
    fn new(target: Target) -> Self {
        Self {
            target,
            lives: None,
            failures: 0,
            held_until: Duration::ZERO,
            silent_until: Duration::ZERO,
            hold: HOLD.0,
            probe_at: None,
            probe: None,
        }
    }

    /// Rows of these targets; what was known of an address stays known.
    pub(super) fn renewed(mut known: Vec<Self>, targets: Vec<Target>) -> Vec<Self> {
        let row = |target: Target| match known.iter().position(|it| it.target.flow == target.flow) {
            Some(place) => Self {
                target,
                ..known.swap_remove(place)
            },
            None => Self::new(target),
        };
        targets.into_iter().map(row).collect()
    }

    pub(super) fn state(&self, now: Duration) -> State {
        match self.lives {
            _ if self.held_until > now => State::Held,
            None => State::Unknown,
            Some(true) => State::Up,
            Some(false) => State::Down,
        }
    }

    /// Whether calls go to it before those that are down.
    pub(super) fn is_good(&self, now: Duration) -> bool {
        matches!(self.state(now), State::Unknown | State::Up)
    }

    /// Whether a call may go to it when there is nothing better.
    pub(super) fn is_last_resort(&self, now: Duration) -> bool {
        !self.is_good(now) && self.silent_until <= now
    }

    /// Until when it wants to be left alone.
    pub(super) fn silent_until(&self) -> Duration {
        self.silent_until
    }

    /// Whether a probe has failed since the last good word.
    pub(super) fn is_missed(&self) -> bool {
        self.failures > 0
    }

    /// It answered something that shows it works.
    pub(super) fn works(&mut self, now: Duration) {
        (self.lives, self.failures, self.hold) = (Some(true), 0, HOLD.0);
        if self.silent_until <= now {
            self.held_until = Duration::ZERO;
        }
    }

    /// It is not dead, whatever its probes say: of them nothing is known any more. False: they said nothing.
    pub(super) fn is_not_down(&mut self) -> bool {
        let was_down = self.lives == Some(false);
        if was_down {
            (self.lives, self.failures) = (None, 0);
        }
        was_down
    }

    /// A call or a registration failed there. Held, longer each time, and at least for as long as it wants: a wish shorter
    /// than the hold only says when it may be the last resort again.
    pub(super) fn failed(&mut self, now: Duration, retry_after: Option<Duration>) {
        let silence = retry_after.map_or(Duration::ZERO, |wait| wait.min(BACK_OFF.1));
        self.silent_until = self.silent_until.max(now + silence);
        self.held_until = self.held_until.max(now + self.hold.max(silence));
        self.hold = (self.hold * 2).min(HOLD.1);
        // After the hold it has to show itself anew.
        self.lives = self
            .lives
            .map(|_| false)
            .filter(|_| self.probe_at.is_some());
    }

    /// A probe was answered well, or not.
    pub(super) fn probed(&mut self, now: Duration, well: bool, probing: &Probing) {
        self.probe = None;
        if well {
            self.works(now);
        } else {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= PROBES_FAILED {
                self.lives = self.lives.map(|_| false);
            }
        }
        let soon = !well && self.failures < PROBES_FAILED;
        let wait = if soon { PROBE_AGAIN } else { probing.every };
        self.probe_at = Some(now + wait);
    }
}
