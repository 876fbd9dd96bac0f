//! One ordered structure for every deadline of the switchboard.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{CallId, LegId, Mono, OfferId};

/// What a deadline is for. At most one of each kind per call or offer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Timer {
    /// The desk had its time to show the card.
    Pop(OfferId),
    /// What the call does now has lasted long enough: the lookup, the ringing outside, the message, or a
    /// playback whose end was never reported.
    Phase(CallId),
    /// A caller who waits is told how things stand.
    Announce(CallId),
    /// A caller who waits is told of the keys of the queue.
    Hint(CallId),
    /// Whom an operator dials does not answer.
    Consult(CallId),
    /// The hard limit of a call.
    Life(CallId),
    /// An ended call must be gone by now.
    Sweep(CallId),
    /// What the lines cost is looked at.
    Cost,
    /// A shift was to be accepted by now.
    Handover,
    /// Nobody told that a playback ended.
    Playback(LegId),
    /// Whether somebody is to be behind a queue changes.
    Expected,
    /// The hours of a queue of its own begin or end.
    Hours,
    /// The supervisor whose phone this is does not answer.
    Supervise(LegId),
    /// A request to call somebody has something to wait for no more.
    Request(CallId),
    /// An operator was kept long enough for this caller.
    Kept(CallId),
    /// A bug, for the tests of drivers.
    #[cfg(feature = "faults")]
    Fault(CallId),
}

impl Timer {
    /// Whose deadline it is, where it is one call's.
    pub(crate) fn call(self) -> Option<CallId> {
        match self {
            Self::Pop(offer) => Some(offer.call),
            Self::Phase(call)
            | Self::Announce(call)
            | Self::Hint(call)
            | Self::Consult(call)
            | Self::Life(call)
            | Self::Sweep(call) => Some(call),
            Self::Playback(leg) | Self::Supervise(leg) => Some(leg.call),
            Self::Cost
            | Self::Handover
            | Self::Expected
            | Self::Hours
            | Self::Request(_)
            | Self::Kept(_) => None,
            #[cfg(feature = "faults")]
            Self::Fault(call) => Some(call),
        }
    }
}

/// Deadlines in the order they come due; ties in the order of [`Timer`], so that a replay repeats.
#[derive(Clone, Default, Debug)]
pub(crate) struct Timers {
    due: BTreeSet<(Mono, Timer)>,
    at: BTreeMap<Timer, Mono>,
}

impl Timers {
    /// Sets or moves a deadline.
    pub(crate) fn set(&mut self, timer: Timer, at: Mono) {
        self.cancel(timer);
        self.at.insert(timer, at);
        self.due.insert((at, timer));
    }

    /// Forgets a deadline, set or not.
    pub(crate) fn cancel(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    /// The next deadline.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the earliest deadline that is not after `now`.
    pub(crate) fn pop_due(&mut self, now: Mono) -> Option<Timer> {
        let (at, timer) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.cancel(timer);
        Some(timer)
    }

    /// Every deadline that is set.
    pub(crate) fn all(&self) -> impl Iterator<Item = Timer> {
        self.at.keys().copied()
    }

    /// Whether this deadline is set.
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.at.contains_key(&timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn call(n: u128) -> CallId {
        serde_json::from_value(serde_json::json!(format!(
            "00000000-0000-0000-0000-{n:012}"
        )))
        .unwrap()
    }

    #[test]
    fn a_moved_deadline_comes_due_once_and_in_order() {
        let (mut timers, zero) = (Timers::default(), Mono(0));
        timers.set(Timer::Life(call(1)), zero + Duration::from_secs(1));
        timers.set(Timer::Phase(call(2)), zero + Duration::from_secs(2));
        timers.set(Timer::Life(call(1)), zero + Duration::from_secs(3));
        assert_eq!(timers.next(), Some(Mono(2_000_000)));
        assert_eq!(timers.pop_due(Mono(1_999_999)), None);
        assert_eq!(timers.pop_due(Mono(9_000_000)), Some(Timer::Phase(call(2))));
        assert_eq!(timers.pop_due(Mono(9_000_000)), Some(Timer::Life(call(1))));
        assert_eq!(timers.pop_due(Mono(9_000_000)), None);
        assert_eq!(timers.next(), None);
    }
}
