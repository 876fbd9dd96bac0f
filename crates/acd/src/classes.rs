//! Callers for whom nobody rings, by what they need of their own and by how far they have come up the ladder of their queue. Who
//! is asked for a caller and what they must know depends on that alone: so a head for whom nobody may be asked holds up nobody of
//! another class (pain 8).
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::CallId;
use serde::{Deserialize, Serialize};

use crate::call::{OrderKey, PRIORITY_MAX};
use crate::preempt::EMERGENCIES_MAX;

/// All that decides who may be asked for a caller of a queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Class {
    /// Which needs of their own, by their place in the queue's list; 0: none.
    pub(crate) own: usize,
    /// How many steps of the ladder they have come up.
    pub(crate) rung: usize,
}

/// At most one class for each step of the ladder and the one before the first, of each needs of their own.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Open {
    /// In order (Q1), by own needs, by rung.
    classes: Vec<Vec<BTreeSet<(OrderKey, CallId)>>>,
    /// The class of each who has a place in the queue, open or not; not named: the first.
    of: BTreeMap<CallId, Class>,
    /// How many of them are of each class, by own needs, by rung: whoever asks which there are walks over no callers.
    #[serde(default)]
    counts: Vec<Vec<u32>>,
}

impl Open {
    /// Where a caller is sorted.
    pub(crate) fn class(&self, call: CallId) -> Class {
        self.of.get(&call).copied().unwrap_or_default()
    }

    /// How many steps of the ladder a caller has come up.
    pub(crate) fn rung(&self, call: CallId) -> usize {
        self.class(call).rung
    }

    /// Whether somebody with a place in the queue needs this of their own.
    pub(crate) fn has_own(&self, own: usize) -> bool {
        self.of.values().any(|class| class.own == own)
    }

    /// All classes with anybody in the queue.
    pub(crate) fn known(&self) -> BTreeSet<Class> {
        let named = self.named();
        named.chain([Class::default()]).collect()
    }

    /// The classes of so many callers, who are all there are.
    pub(crate) fn kinds(&self, callers: usize) -> BTreeSet<Class> {
        let mut kinds: BTreeSet<Class> = self.named().collect();
        if self.of.len() < callers {
            kinds.insert(Class::default());
        }
        kinds
    }

    /// The classes that somebody was sorted into by name.
    fn named(&self) -> impl Iterator<Item = Class> {
        let all = self.counts.iter().enumerate();
        all.flat_map(|(own, rungs)| {
            let there = rungs.iter().enumerate().filter(|(_, count)| **count > 0);
            there.map(move |(rung, _)| Class { own, rung })
        })
    }

    fn put(&mut self, call: CallId, class: Class) {
        self.forget(call);
        self.of.insert(call, class);
        let Class { own, rung } = class;
        if self.counts.len() <= own {
            self.counts.resize_with(own + 1, Vec::new);
        }
        let rungs = &mut self.counts[own];
        if rungs.len() <= rung {
            rungs.resize(rung + 1, 0);
        }
        rungs[rung] += 1;
    }

    pub(crate) fn insert(&mut self, key: OrderKey, call: CallId) {
        let Class { own, rung } = self.class(call);
        if self.classes.len() <= own {
            self.classes.resize_with(own + 1, Vec::new);
        }
        let rungs = &mut self.classes[own];
        if rungs.len() <= rung {
            rungs.resize_with(rung + 1, BTreeSet::new);
        }
        rungs[rung].insert((key, call));
    }

    /// False: they were not here.
    pub(crate) fn remove(&mut self, key: OrderKey, call: CallId) -> bool {
        let Class { own, rung } = self.class(call);
        let rungs = self.classes.get_mut(own);
        let class = rungs.and_then(|rungs| rungs.get_mut(rung));
        class.is_some_and(|class| class.remove(&(key, call)))
    }

    /// Who has left the queue has come nowhere.
    pub(crate) fn forget(&mut self, call: CallId) {
        let Some(class) = self.of.remove(&call) else {
            return;
        };
        let rungs = self.counts.get_mut(class.own);
        if let Some(count) = rungs.and_then(|rungs| rungs.get_mut(class.rung)) {
            *count = count.saturating_sub(1);
        }
    }

    /// Who comes in needs this of their own.
    pub(crate) fn comes_with(&mut self, call: CallId, own: usize) {
        if own > 0 {
            self.put(call, Class { own, rung: 0 });
        }
    }

    /// Moves a caller to another class, keeping the place in the order. False: that is where they are.
    pub(crate) fn climb(&mut self, key: OrderKey, call: CallId, rung: usize) -> bool {
        let class = self.class(call);
        if class.rung == rung {
            return false;
        }
        let was_open = self.remove(key, call);
        self.put(call, Class { rung, ..class });
        if was_open {
            self.insert(key, call);
        }
        true
    }

    pub(crate) fn contains(&self, entry: &(OrderKey, CallId)) -> bool {
        let Class { own, rung } = self.class(entry.1);
        let class = self.classes.get(own).and_then(|rungs| rungs.get(rung));
        class.is_some_and(|class| class.contains(entry))
    }

    /// The first of each class that has any.
    pub(crate) fn heads(&self) -> impl Iterator<Item = (Class, (OrderKey, CallId))> {
        self.each()
            .filter_map(|(class, calls)| Some((class, *calls.first()?)))
    }

    /// The first emergencies of each class: those whom a phone may be taken for.
    pub(crate) fn emergencies(&self) -> impl Iterator<Item = (Class, (OrderKey, CallId))> {
        self.each().flat_map(|(class, calls)| {
            let urgent = calls
                .iter()
                .take_while(|(key, _)| key.priority() == PRIORITY_MAX);
            urgent.take(EMERGENCIES_MAX).map(move |it| (class, *it))
        })
    }

    /// The callers of each class.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &BTreeSet<(OrderKey, CallId)>> {
        self.classes.iter().flatten()
    }

    fn each(&self) -> impl Iterator<Item = (Class, &BTreeSet<(OrderKey, CallId)>)> {
        let all = self.classes.iter().enumerate();
        all.flat_map(|(own, rungs)| {
            let rungs = rungs.iter().enumerate();
            rungs.map(move |(rung, calls)| (Class { own, rung }, calls))
        })
    }
}
