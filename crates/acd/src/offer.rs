//! An offer: one call ringing at one operator. A lease that ends by itself (behaviour 5.3).
use std::time::Duration;

use gudok_model::{GroupId, GroupSettings, Mono, OperatorId};
use serde::{Deserialize, Serialize};

use crate::guard::{Guard, guard};
/// How much longer than the ringing a lease lives: the card comes before the ringing, and the
/// phone's answer takes its way back.
pub const LEASE_SLACK: Duration = Duration::from_secs(3);

/// An offer that is not over.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) operator: OperatorId,
    pub(crate) group: GroupId,
    pub(crate) ring_deadline: Mono,
    pub(crate) expires: Mono,
    /// When its timer is due now.
    pub(crate) due: Mono,
    pub(crate) phase: Phase,
    pub(crate) terms: Terms,
    /// Its operator was taken out of a wrap-up for it: no answer is no miss.
    pub(crate) interrupts: bool,
}

/// How far an offer got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// The card is sent, the phone does not ring yet.
    Delivering,
    /// The phone rings since.
    Alerting { since: Mono },
    /// This one won; the talk goes on.
    Accepted,
}

/// What the group said when the offer was made. A reconfiguration does not change a work in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) wrap_up: Duration,
    pub(crate) reject_delay: Duration,
    pub(crate) misses_max: u32,
    pub(crate) refuse_memory: Duration,
}

impl Offer {
    /// Rings from now on for as long as the group says, and never longer than the caller waits (Q7).
    pub(crate) fn new(
        now: Mono,
        operator: OperatorId,
        group: &GroupSettings,
        caller_deadline: Mono,
    ) -> Self {
        let ring_deadline = match guard(Guard::DeadlineShortensRing) {
            true => (now + group.ring).min(caller_deadline),
            false => now + group.ring,
        };
        Self {
            operator,
            group: group.id.clone(),
            ring_deadline,
            expires: ring_deadline + LEASE_SLACK,
            due: ring_deadline,
            phase: Phase::Delivering,
            terms: Terms::from(group),
            interrupts: false,
        }
    }
}

impl From<&GroupSettings> for Terms {
    fn from(settings: &GroupSettings) -> Self {
        Self {
            wrap_up: settings.wrap_up,
            reject_delay: settings.reject_delay,
            misses_max: settings.misses_max,
            refuse_memory: settings.refuse_memory,
        }
    }
}
