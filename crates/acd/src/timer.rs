//! Everything that is due some day, in order.
use std::collections::BTreeSet;

use gudok_model::{CallId, Mono, OfferId, OperatorId};
use serde::{Deserialize, Serialize};

/// What is due. The order of the variants is the order at the same instant: a caller whose time is
/// up leaves before the operators' ringing is judged, so that nobody gets a miss for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// The caller waited long enough.
    CallDeadline(CallId),
    /// The caller's priority grows by one.
    Aging(CallId),
    /// One more group is asked for the caller.
    Relax(CallId),
    /// The caller waits for one operator no more.
    Sticky(CallId),
    /// One more phone rings for the caller.
    Progress(CallId),
    /// The ringing, or the lease, ends.
    Offer(OfferId),
    /// The wrap-up is over.
    WrapUp(OperatorId),
    /// The pause after a rejection is over.
    Cooldown(OperatorId),
    /// The phone is trusted again.
    PhoneFailed(OperatorId),
    /// The lost desk does not count any more.
    DeskGrace(OperatorId),
    /// The break is too long.
    Break(OperatorId),
    /// The hold is too long.
    Hold(OperatorId),
    /// The share of the session at work is looked at again.
    Measure(OperatorId),
    /// Who had a seat before a restart is not back in time.
    Back(OperatorId),
    /// Whom to call was looked at for long enough.
    Preview(OperatorId),
    /// A limit binds the operator no more, or from now on.
    Cap(OperatorId),
    /// A level of a skill ends.
    Expiry,
}

/// At most one entry per thing; who sets a timer keeps its time and cancels it by it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Timers(BTreeSet<(Mono, Timer)>);

impl Timers {
    pub(crate) fn set(&mut self, at: Mono, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(crate) fn cancel(&mut self, at: Mono, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the first one that is due at or before `until`.
    pub(crate) fn take_due(&mut self, until: Mono) -> Option<Timer> {
        if self.next()? > until {
            return None;
        }
        self.0.pop_first().map(|(_, timer)| timer)
    }

    /// For the invariants.
    pub(crate) fn contains(&self, at: Mono, timer: Timer) -> bool {
        self.0.contains(&(at, timer))
    }
}
