//! How a group of operators and a queue of callers are set up. Read from the dialplan, obeyed by the ACD.
use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{GroupId, Name, OperatorId, QueueId, SkillId, Wall};

/// The highest level of a skill; the lowest is 1.
pub const LEVEL_MAX: u8 = 9;

/// Most phones that may ring for one call ([`GroupSettings::ring_max`]).
pub const RING_MAX: u8 = 50;

/// What somebody must know, and how well: the least level of each skill, 1–9 (behaviour Q4). Empty: anybody will do.
pub type Needs = BTreeMap<SkillId, u8>;

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
    /// Fewest calls of this session at the desk.
    FewestCalls,
    /// Least time in talks of this session.
    LeastTalk,
    /// The smallest share of this session spent at work: ringing, talking, writing up. Looked at again each minute.
    LeastOccupied,
    /// By lot, everybody alike. Drawn from the call and the offer, so that a replay draws the same.
    Random,
    /// By lot, by the weights of [`GroupSettings::weights`].
    WeightedRandom,
    /// From the top of the list, one more phone each [`GroupSettings::step`]; the first answer wins.
    Progressive,
}

impl Strategy {
    /// As the dialplan and the reasons of offers say it.
    pub fn word(self) -> &'static str {
        match self {
            Self::LongestIdle => "longest_idle",
            Self::RoundRobin => "round_robin",
            Self::Linear => "linear",
            Self::RingAll => "ring_all",
            Self::FewestCalls => "fewest_calls",
            Self::LeastTalk => "least_talk",
            Self::LeastOccupied => "least_occupied",
            Self::Random => "random",
            Self::WeightedRandom => "weighted_random",
            Self::Progressive => "progressive",
        }
    }
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
    /// Most phones that ring for one call of `ring_all` and `progressive`. 1–[`RING_MAX`], which is usual.
    #[serde(default = "ring_max")]
    pub ring_max: u8,
    /// After how long `progressive` rings one more. 1–60 s; 5 s.
    #[serde(default = "step")]
    pub step: Duration,
    /// How often `weighted_random` draws whom: 1–100. Who is not named has 1.
    #[serde(default)]
    pub weights: BTreeMap<OperatorId, u8>,
}

fn ring_max() -> u8 {
    RING_MAX
}

fn step() -> Duration {
    GroupSettings::STEP
}

impl GroupSettings {
    /// The usual [`Self::step`].
    pub const STEP: Duration = Duration::from_secs(5);

    /// A group of which nothing but these is said.
    pub fn usual(id: GroupId, operators: Vec<OperatorId>) -> Self {
        Self {
            id,
            operators,
            strategy: Strategy::default(),
            ring: Duration::from_secs(20),
            wrap_up: Duration::from_secs(10),
            reject_delay: Duration::from_secs(5),
            misses_max: 3,
            refuse_memory: Duration::from_secs(60),
            ring_max: RING_MAX,
            step: Self::STEP,
            weights: BTreeMap::new(),
        }
    }
}

/// One skill and who has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SkillSettings {
    /// The name in the dialplan.
    pub id: SkillId,
    /// How well, 1–9. Who is not named has none of it.
    pub levels: BTreeMap<OperatorId, u8>,
    /// Whose level ends some day: from then on they have none of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub until: BTreeMap<OperatorId, Expiry>,
}

/// When something that somebody may do ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Expiry {
    /// The moment; at it, it is over.
    pub at: Wall,
    /// Its day where the plan is, as people write it: `01.03.2027`.
    pub day: Name,
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
    /// The ladder (behaviour Q5): who is asked besides, and what is asked of them no more, the longer somebody waits. By time.
    #[serde(default)]
    pub relax: Vec<Relax>,
    /// What an operator must know who is asked for its callers.
    #[serde(default)]
    pub needs: Needs,
    /// A caller of the emergency class (priority 9) for whom nobody is free takes the operator whose phone only rings for a
    /// lower call (behaviour Q2).
    #[serde(default)]
    pub preempt: bool,
    /// The highest priority that waiting alone can reach (behaviour Q2): 0–8, usually 8.
    #[serde(default = "aging_max")]
    pub aging_max: u8,
    /// Who has waited longer than this goes before heavier queues (behaviour Q3). 5 min.
    #[serde(default = "max_starve")]
    pub max_starve: Duration,
    /// Work after a talk with a caller of this queue. None: as the group has it.
    #[serde(default)]
    pub wrap_up: Option<Duration>,
    /// Longest that such work may be, with all that operators add to it. None: ten minutes more than it is set.
    #[serde(default)]
    pub wrap_up_max: Option<Duration>,
    /// Somebody is told when a caller of this queue is on hold for longer. None: nobody.
    #[serde(default)]
    pub hold_max: Option<Duration>,
    /// Whom a caller waits for before anybody else is asked (behaviour Q6). None: nobody.
    #[serde(default)]
    pub sticky: Option<StickyTo>,
}

/// One operator before anybody else, for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StickyTo {
    /// Who that is.
    pub by: StickyBy,
    /// How long, from the entry into the queue.
    pub wait: Duration,
}

/// Who a caller's own operator is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StickyBy {
    /// The login in the client's field `agent`.
    Agent,
    /// The login in the client's field `manager`.
    Manager,
    /// Who talked with this number last.
    Last,
}

fn aging_max() -> u8 {
    QueueSettings::AGING_MAX
}

fn max_starve() -> Duration {
    QueueSettings::MAX_STARVE
}

impl QueueSettings {
    /// The usual [`Self::aging_max`]: the emergency class stays apart.
    pub const AGING_MAX: u8 = 8;
    /// The usual [`Self::max_starve`].
    pub const MAX_STARVE: Duration = Duration::from_secs(300);

    /// A queue of which nothing but these is said.
    pub fn usual(id: QueueId, group: GroupId) -> Self {
        Self {
            id,
            group,
            weight: 10,
            callers_max: 100,
            aging: None,
            relax: Vec::new(),
            needs: Needs::new(),
            preempt: false,
            aging_max: Self::AGING_MAX,
            max_starve: Self::MAX_STARVE,
            wrap_up: None,
            wrap_up_max: None,
            hold_max: None,
            sticky: None,
        }
    }

    /// What an operator must know for a caller who has come so many steps up the ladder.
    pub fn needs_at(&self, rung: usize) -> Needs {
        self.needs_for(&Needs::new(), rung)
    }

    /// The same for a caller who needs this besides: of each skill the higher level, and no more than the ladder says is enough.
    pub fn needs_for(&self, own: &Needs, rung: usize) -> Needs {
        let mut needs = self.needs.clone();
        for (skill, level) in own {
            let known = needs.entry(skill.clone()).or_default();
            *known = (*known).max(*level);
        }
        for (skill, enough) in self.relax.iter().take(rung).flat_map(|step| &step.needs) {
            if let Some(level) = needs.get_mut(skill) {
                *level = (*level).min(*enough);
            }
        }
        needs.retain(|_, level| *level > 0);
        needs
    }

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
    /// This group is asked too, where nobody of those before it could take the call. None: only the needs are others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// These levels are enough from now on; 0: that skill is not asked for any more.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_lowers_what_is_needed_step_by_step() {
        let step = |after, needs: &[(&str, u8)]| Relax {
            after: Duration::from_secs(after),
            group: None,
            needs: needs
                .iter()
                .map(|(id, level)| ((*id).into(), *level))
                .collect(),
        };
        let mut queue = QueueSettings::usual("vip".into(), "all".into());
        queue.needs = [("english".into(), 4), ("law".into(), 2)].into();
        queue.relax = vec![
            step(20, &[("english", 2)]),
            step(45, &[]),
            step(60, &[("english", 0)]),
        ];
        let at = |rung| {
            let needs = queue.needs_at(rung);
            let told = needs
                .iter()
                .map(|(skill, level)| format!("{skill} {level}"));
            told.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(at(0), "english 4, law 2");
        assert_eq!(at(1), "english 2, law 2");
        assert_eq!(at(2), at(1));
        assert_eq!(at(3), "law 2");
        assert_eq!(at(9), at(3));
        // What a caller needs besides is lowered by the same steps, and never raised by them.
        let own = [
            ("english".into(), 1),
            ("law".into(), 5),
            ("chess".into(), 3),
        ]
        .into();
        let for_own = |rung| queue.needs_for(&own, rung);
        let told = |needs: Needs| needs.into_values().collect::<Vec<_>>();
        assert_eq!(told(for_own(0)), [3, 4, 5]);
        assert_eq!(told(for_own(1)), [3, 2, 5]);
        assert_eq!(told(for_own(3)), [3, 5]);
    }
}
