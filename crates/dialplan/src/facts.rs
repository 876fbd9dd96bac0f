//! What a decision may look at.
use std::collections::BTreeMap;

use gudok_calendar::Overrides;
use gudok_model::{Caller, ClientMatch, Dialled, QueueId, TrunkId, Wall};

use crate::memory::Memory;

/// The world as one call sees it at one moment.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The present moment; schedules are read at it.
    pub now: Wall,
    /// Who calls.
    pub caller: &'a Caller,
    /// Which number.
    pub dialled: &'a Dialled,
    /// Where it came in.
    pub trunk: &'a TrunkId,
    /// What is known of the caller by now.
    pub client: &'a ClientMatch,
    /// Every queue of the plan.
    pub queues: &'a BTreeMap<QueueId, QueueFacts>,
    /// What is set by hand over the schedules.
    pub overrides: &'a Overrides,
    /// What the call keeps in mind: that of the last [`Step`](crate::Step) that had any, at first an empty one.
    pub memory: &'a Memory,
}

/// The state of one queue and the operators behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueFacts {
    /// Callers waiting.
    pub waiting: u32,
    /// Operators of the group who are logged in (whatever they do).
    pub logged_in: u32,
    /// Operators who could take a call at once.
    pub ready: u32,
    /// How long the first caller has waited. Seconds.
    pub longest_wait_secs: u32,
}
