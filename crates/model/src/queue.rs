//! How a group of operators and a queue of callers are set up. Read from the dialplan, obeyed by the ACD.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{GroupId, OperatorId, QueueId};

/// How the next operator is chosen (behaviour Q6). An unknown name is a load error.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Idle longest since the end of the last *work* (wrap-up included).
    #[default]
    LongestIdle,
    /// In the order of the group's list, from after the last one offered; the cursor survives a restart.
    RoundRobin,
    /// Always from the top of the group's list.
    Linear,
    /// All at once; the first answer wins.
    RingAll,
}

/// A group of operators.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GroupSettings {
    /// The name in the dialplan.
    pub id: GroupId,
    /// In the admin's order.
    pub operators: Vec<OperatorId>,
    /// How the next one is chosen.
    pub strategy: Strategy,
    /// Ring time of one offer. 5–120 s.
    pub ring: Duration,
    /// Work after the talk. 0–3600 s.
    pub wrap_up: Duration,
    /// Pause after a rejection before this operator is offered another call.
    pub reject_delay: Duration,
    /// Misses in a row after which the operator becomes not ready (RONA). 0: never.
    pub misses_max: u32,
    /// How long a refusal of a call is remembered (behaviour Q4); 60 s.
    pub refuse_memory: Duration,
}

/// A queue of callers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueSettings {
    /// The name in the dialplan.
    pub id: QueueId,
    /// Where its operators come from.
    pub group: GroupId,
    /// Among queues that share operators, the heavier goes first. 1–100.
    pub weight: u8,
    /// Most callers waiting; beyond it `on_full`.
    pub callers_max: u32,
    /// Seconds of waiting that raise the priority by one (behaviour Q2). None: no aging.
    pub aging: Option<Duration>,
    /// The ladder (behaviour Q5): who is asked besides, the longer somebody waits. By time.
    #[serde(default)]
    pub relax: Vec<Relax>,
    /// Work after a talk with a caller of this queue. None: as the group has it.
    #[serde(default)]
    pub wrap_up: Option<Duration>,
    /// Longest that such work may be, with all that operators add to it. None: ten minutes more than it is set.
    #[serde(default)]
    pub wrap_up_max: Option<Duration>,
    /// Somebody is told when a caller of this queue is on hold for longer. None: nobody.
    #[serde(default)]
    pub hold_max: Option<Duration>,
}

impl QueueSettings {
    /// Work after a talk with a caller of this queue by an operator of that group.
    pub fn wrap_up_in(&self, group: &GroupSettings) -> Duration {
        let own = self.wrap_up.unwrap_or(group.wrap_up);
        self.wrap_up_max.map_or(own, |max| own.min(max))
    }
}

/// One step of the ladder of a queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Relax {
    /// From so long a wait on, counted from the first queue.
    pub after: Duration,
    /// This group is asked too, where nobody of those before it could take the call.
    pub group: GroupId,
}
