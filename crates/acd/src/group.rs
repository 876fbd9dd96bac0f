//! A group of operators: its settings, and who of them could take a call now, in two orders.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{GroupSettings, Mono, OperatorId, QueueId};
use serde::{Deserialize, Serialize};

/// The members of a group. The two sets hold the same people: those who are routable.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) settings: GroupSettings,
    /// Place of each member in the admin's list.
    pub(crate) places: BTreeMap<OperatorId, u32>,
    /// Queues that feed this group.
    pub(crate) queues: Vec<QueueId>,
    /// Queues whose callers it is asked for when they have waited.
    #[serde(default)]
    pub(crate) helps: Vec<QueueId>,
    /// Routable members, idle longest first.
    pub(crate) by_idle: BTreeSet<(Mono, OperatorId)>,
    /// Routable members in the admin's order.
    pub(crate) by_place: BTreeMap<u32, OperatorId>,
    /// Members who are logged in.
    pub(crate) logged_in: u32,
    /// Whom `round_robin` asked last.
    pub(crate) cursor: Option<OperatorId>,
}

impl Group {
    /// A group with nobody listed as routable yet. `former` is the group of the same name before
    /// the reconfiguration; its cursor is kept.
    pub(crate) fn new(settings: GroupSettings, former: Option<&Self>) -> Self {
        let mut places = BTreeMap::new();
        for (place, operator) in (0u32..).zip(&settings.operators) {
            places.entry(operator.clone()).or_insert(place);
        }
        let cursor = former.and_then(|former| former.cursor_in(&places));
        Self {
            settings,
            places,
            queues: Vec::new(),
            helps: Vec::new(),
            by_idle: BTreeSet::new(),
            by_place: BTreeMap::new(),
            logged_in: 0,
            cursor,
        }
    }

    /// The cursor in a new list: the member asked last, or the nearest before them who is still there.
    fn cursor_in(&self, places: &BTreeMap<OperatorId, u32>) -> Option<OperatorId> {
        let cursor = self.cursor.as_ref()?;
        let asked = self.settings.operators.iter().position(|id| id == cursor)?;
        let before = self.settings.operators.iter().take(asked + 1).rev();
        before
            .into_iter()
            .find(|id| places.contains_key(*id))
            .cloned()
    }

    /// Lists a member as routable.
    pub(crate) fn list(&mut self, operator: &OperatorId, idle_since: Mono) {
        if let Some(&place) = self.places.get(operator) {
            self.by_idle.insert((idle_since, operator.clone()));
            self.by_place.insert(place, operator.clone());
        }
    }

    /// Takes a member off the lists.
    pub(crate) fn unlist(&mut self, operator: &OperatorId, idle_since: Mono) {
        if let Some(&place) = self.places.get(operator) {
            self.by_idle.remove(&(idle_since, operator.clone()));
            self.by_place.remove(&place);
        }
    }

    /// Whether a member is routable.
    pub(crate) fn lists(&self, operator: &OperatorId) -> bool {
        let place = self.places.get(operator);
        place.is_some_and(|place| self.by_place.contains_key(place))
    }

    /// How many members could take a call at once.
    pub(crate) fn ready(&self) -> usize {
        self.by_idle.len()
    }
}
