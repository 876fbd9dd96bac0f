//! An offer: one call ringing at one operator. A lease that ends by itself (behaviour 5.3).
use std::time::Duration;

use gudok_model::{GroupId, GroupSettings, Mono, OperatorId, QueueSettings, Revoked};
use serde::{Deserialize, Serialize};

use crate::guard::{Guard, guard};
use crate::talking::EXTEND_MAX;

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
    /// Why it is being taken back.
    #[serde(default)]
    pub(crate) revoked: Option<Revoked>,
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

/// What the group and the queue said when the offer was made. A reconfiguration does not change a work in hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Terms {
    pub(crate) wrap_up: Duration,
    /// Most that may be added to it.
    pub(crate) extend_max: Duration,
    /// A hold longer than this is told of.
    pub(crate) hold_max: Option<Duration>,
    pub(crate) reject_delay: Duration,
    pub(crate) misses_max: u32,
    pub(crate) refuse_memory: Duration,
}

impl Offer {
    /// Rings from now on for as long as the group says, and never longer than the caller waits (Q7).
    pub(crate) fn new(
        now: Mono,
        operator: OperatorId,
        (group, queue): (&GroupSettings, &QueueSettings),
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
            terms: Terms::of(group, queue),
            interrupts: false,
            revoked: None,
        }
    }
}

impl Terms {
    /// The work after the talk is the queue's where it says so, the group's otherwise (5.2).
    fn of(group: &GroupSettings, queue: &QueueSettings) -> Self {
        let wrap_up = queue.wrap_up_in(group);
        let left = queue.wrap_up_max.map(|max| max.saturating_sub(wrap_up));
        Self {
            wrap_up,
            extend_max: left.unwrap_or(EXTEND_MAX).min(EXTEND_MAX),
            hold_max: queue.hold_max,
            reject_delay: group.reject_delay,
            misses_max: group.misses_max,
            refuse_memory: group.refuse_memory,
        }
    }
}
