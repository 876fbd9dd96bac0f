//! Those members of a group who could take a call now and know enough for it, in the orders that strategies ask for.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{GroupSettings, Mono, Needs, OperatorId, Strategy};
use serde::{Deserialize, Serialize};

use crate::call::OrderKey;
use crate::lots::Lots;
use crate::tally::Measures;

/// How the groups list a person: kept so that they are taken off the lists by what they were put on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// Routable.
    pub(crate) free: Option<Free>,
    /// The phone only rings: for a caller with this place in the order. Only where somebody may be preempted.
    pub(crate) rings: Option<OrderKey>,
}

/// Somebody routable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Free {
    pub(crate) since: Mono,
    pub(crate) measures: Measures,
    /// When the measures are taken anew, where a group goes by what time changes.
    pub(crate) measure_at: Option<Mono>,
}

/// The lists of those who know enough. Each holds the same people, but those that no strategy of this group asks for are
/// empty.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bench {
    /// What is known by all of them.
    pub(crate) needs: Needs,
    /// Idle longest first.
    pub(crate) by_idle: BTreeSet<(Mono, OperatorId)>,
    /// In the admin's order.
    pub(crate) by_place: BTreeMap<u32, OperatorId>,
    /// By what the strategy counts, the least first, then as `by_idle`.
    pub(crate) by_measure: BTreeSet<(u64, Mono, OperatorId)>,
    /// By lot, over the places.
    pub(crate) lots: Lots,
    /// Whose phones only ring, for the most urgent caller first.
    pub(crate) ringing: BTreeSet<(OrderKey, OperatorId)>,
}

/// A person in a group.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) operator: &'a OperatorId,
    pub(crate) place: u32,
}

impl Bench {
    pub(crate) fn new(needs: Needs) -> Self {
        Self {
            needs,
            ..Self::default()
        }
    }

    pub(crate) fn list(&mut self, who: Member<'_>, standing: &Standing, group: &GroupSettings) {
        let id = who.operator;
        if let Some(free) = &standing.free {
            self.by_idle.insert((free.since, id.clone()));
            self.by_place.insert(who.place, id.clone());
            if let Some(measure) = measure(group.strategy, free.measures) {
                self.by_measure.insert((measure, free.since, id.clone()));
            }
            if let Some(weight) = weight(group, id) {
                self.lots.put(who.place, weight);
            }
        }
        self.ringing
            .extend(standing.rings.map(|key| (key, id.clone())));
    }

    pub(crate) fn unlist(&mut self, who: Member<'_>, standing: &Standing, group: &GroupSettings) {
        let id = who.operator;
        if let Some(free) = &standing.free {
            self.by_idle.remove(&(free.since, id.clone()));
            self.by_place.remove(&who.place);
            if let Some(measure) = measure(group.strategy, free.measures) {
                self.by_measure.remove(&(measure, free.since, id.clone()));
            }
            if let Some(weight) = weight(group, id) {
                self.lots.take(who.place, weight);
            }
        }
        if let Some(key) = standing.rings {
            self.ringing.remove(&(key, id.clone()));
        }
    }

    /// How many could take a call at once.
    pub(crate) fn ready(&self) -> usize {
        self.by_idle.len()
    }
}

/// What a strategy counts, if it counts anything.
pub(crate) fn measure(strategy: Strategy, measures: Measures) -> Option<u64> {
    match strategy {
        Strategy::FewestCalls => Some(measures.calls),
        Strategy::LeastTalk => Some(measures.talked),
        Strategy::LeastOccupied => Some(measures.share),
        Strategy::LongestIdle
        | Strategy::RoundRobin
        | Strategy::Linear
        | Strategy::RingAll
        | Strategy::Random
        | Strategy::WeightedRandom
        | Strategy::Progressive => None,
    }
}

/// How many lots somebody has, where there are any.
pub(crate) fn weight(group: &GroupSettings, operator: &OperatorId) -> Option<u8> {
    match group.strategy {
        Strategy::Random => Some(1),
        Strategy::WeightedRandom => Some(group.weights.get(operator).copied().unwrap_or(1)),
        Strategy::LongestIdle
        | Strategy::RoundRobin
        | Strategy::Linear
        | Strategy::RingAll
        | Strategy::FewestCalls
        | Strategy::LeastTalk
        | Strategy::LeastOccupied
        | Strategy::Progressive => None,
    }
}
