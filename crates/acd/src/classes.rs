//! Callers for whom nobody rings, by how far they have come up the ladder of their queue. Who is asked for a caller and what
//! they must know depends on that alone: so a head for whom nobody may be asked holds up nobody of another class (pain 8).
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::CallId;
use serde::{Deserialize, Serialize};

use crate::call::{OrderKey, PRIORITY_MAX};
use crate::preempt::EMERGENCIES_MAX;

/// At most one class for each step of the ladder, and the one before the first.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Open {
    /// In order (Q1), by rung.
    classes: Vec<BTreeSet<(OrderKey, CallId)>>,
    /// How far each has come who has a place in the queue, open or not; not named: 0.
    rungs: BTreeMap<CallId, usize>,
}

impl Open {
    /// How many steps of the ladder a caller has come up.
    pub(crate) fn rung(&self, call: CallId) -> usize {
        self.rungs.get(&call).copied().unwrap_or(0)
    }

    pub(crate) fn insert(&mut self, key: OrderKey, call: CallId) {
        let rung = self.rung(call);
        if self.classes.len() <= rung {
            self.classes.resize_with(rung + 1, BTreeSet::new);
        }
        self.classes[rung].insert((key, call));
    }

    /// False: they were not here.
    pub(crate) fn remove(&mut self, key: OrderKey, call: CallId) -> bool {
        let rung = self.rung(call);
        let class = self.classes.get_mut(rung);
        class.is_some_and(|class| class.remove(&(key, call)))
    }

    /// Who has left the queue has come nowhere.
    pub(crate) fn forget(&mut self, call: CallId) {
        self.rungs.remove(&call);
    }

    /// Moves a caller to another class, keeping the place in the order. False: that is where they are.
    pub(crate) fn climb(&mut self, key: OrderKey, call: CallId, rung: usize) -> bool {
        if self.rung(call) == rung {
            return false;
        }
        let was_open = self.remove(key, call);
        self.rungs.insert(call, rung);
        if was_open {
            self.insert(key, call);
        }
        true
    }

    pub(crate) fn contains(&self, entry: &(OrderKey, CallId)) -> bool {
        let class = self.classes.get(self.rung(entry.1));
        class.is_some_and(|class| class.contains(entry))
    }

    /// The first of each class that has any, with its rung.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (usize, (OrderKey, CallId))> {
        let classes = self.classes.iter().enumerate();
        classes.filter_map(|(rung, class)| Some((rung, *class.first()?)))
    }

    /// The first emergencies of each class, with its rung: those whom a phone may be taken for.
    pub(crate) fn emergencies(&self) -> impl Iterator<Item = (usize, (OrderKey, CallId))> {
        let classes = self.classes.iter().enumerate();
        classes.flat_map(|(rung, class)| {
            let urgent = class
                .iter()
                .take_while(|(key, _)| key.priority() == PRIORITY_MAX);
            urgent.take(EMERGENCIES_MAX).map(move |it| (rung, *it))
        })
    }

    /// The class of each rung.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &BTreeSet<(OrderKey, CallId)>> {
        self.classes.iter()
    }
}
