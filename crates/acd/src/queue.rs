//! A queue of callers, kept in the order they are served in.
use std::collections::BTreeSet;

use gudok_model::{CallId, Mono, Needs, QueueSettings};
use serde::{Deserialize, Serialize};

use crate::call::OrderKey;
use crate::classes::{Class, Open};

/// Different needs that callers of one queue may have of their own between two configurations; who comes with another beyond them
/// is asked for as one who has none.
pub(crate) const OWN_MAX: usize = 32;

/// Callers waiting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(crate) settings: QueueSettings,
    /// Those who are offered to nobody now, in order (Q1).
    pub(crate) open: Open,
    /// What callers need of their own, each once; the first is nothing.
    own: Vec<Needs>,
    /// What is asked of an operator for each of those at each rung of the ladder; the first is before any.
    needs: Vec<Vec<Needs>>,
    /// Somebody was told that callers come with more different needs than are kept apart.
    #[serde(default)]
    pub(crate) own_full: bool,
    /// Those who are being offered, in the same order.
    pub(crate) ringing: BTreeSet<(OrderKey, CallId)>,
    /// Those who wait for one operator before anybody else is asked, in the same order.
    #[serde(default)]
    pub(crate) held: BTreeSet<(OrderKey, CallId)>,
    /// Those who answer questions meanwhile, in the same order.
    #[serde(default)]
    pub(crate) aside: BTreeSet<(OrderKey, CallId)>,
    /// Calls for one person by name: they are nobody else's and take no place of those who wait.
    #[serde(default)]
    pub(crate) alone: BTreeSet<CallId>,
    /// Those with a place with whom nobody waits on the line: they fill no queue.
    #[serde(default)]
    promised: BTreeSet<CallId>,
    /// Everybody with a place, by entry into the first queue.
    pub(crate) by_since: BTreeSet<(Mono, CallId)>,
    /// How many of all its groups are logged in, those that are added later too; each person once. Kept as people come and go,
    /// since every decision may ask for it. None: of an older journal, until the next configuration.
    #[serde(default)]
    pub(crate) logged_in: Option<u32>,
    /// Somebody was told that nobody is logged in; not again before somebody was.
    pub(crate) alarmed: bool,
}

impl Queue {
    pub(crate) fn new(settings: QueueSettings) -> Self {
        Self {
            own: vec![Needs::new()],
            needs: vec![needs_of(&settings, &Needs::new())],
            own_full: false,
            settings,
            open: Open::default(),
            ringing: BTreeSet::new(),
            held: BTreeSet::new(),
            aside: BTreeSet::new(),
            alone: BTreeSet::new(),
            promised: BTreeSet::new(),
            by_since: BTreeSet::new(),
            logged_in: Some(0),
            alarmed: false,
        }
    }

    /// Other settings; who waits is sorted anew by [`Self::climb`].
    pub(crate) fn set(&mut self, settings: QueueSettings) {
        // What nobody here needs any more is kept apart no longer.
        let used = (1..self.own.len())
            .rev()
            .find(|own| self.open.has_own(*own));
        self.own.truncate(used.unwrap_or(0) + 1);
        self.own_full = false;
        let own = self.own.iter();
        self.needs = own.map(|own| needs_of(&settings, own)).collect();
        self.settings = settings;
    }

    /// What is asked of an operator for callers of a class.
    pub(crate) fn needs(&self, class: Class) -> &Needs {
        let rungs = &self.needs[class.own.min(self.needs.len() - 1)];
        &rungs[class.rung.min(rungs.len() - 1)]
    }

    /// What is asked of operators for whom whoever may come, each thing at least once.
    pub(crate) fn all_needs(&self) -> impl Iterator<Item = &Needs> {
        self.needs.iter().flatten()
    }

    /// The place of these own needs in the list, where they are kept apart.
    pub(crate) fn own(&self, needs: &Needs) -> Option<usize> {
        self.own.iter().position(|own| own == needs)
    }

    /// Keeps them apart from now on. None: there are too many.
    pub(crate) fn keep_apart(&mut self, needs: &Needs) -> Option<usize> {
        if self.own.len() > OWN_MAX {
            return None;
        }
        self.needs.push(needs_of(&self.settings, needs));
        self.own.push(needs.clone());
        Some(self.own.len() - 1)
    }

    /// A caller comes in who needs this of their own, offered to nobody yet.
    pub(crate) fn insert(&mut self, now: Mono, key: OrderKey, call: CallId, own: usize) {
        self.open.comes_with(call, own);
        self.climb(now, key, call);
        self.open.insert(key, call);
        self.by_since.insert((key.since, call));
    }

    /// Whether anybody waits with a call that has come in.
    pub(crate) fn promise(&mut self, call: CallId, promised: bool) {
        if promised {
            self.promised.insert(call);
        }
    }

    /// A caller leaves.
    pub(crate) fn remove(&mut self, key: OrderKey, call: CallId) {
        self.open.remove(key, call);
        self.open.forget(call);
        self.ringing.remove(&(key, call));
        self.held.remove(&(key, call));
        self.aside.remove(&(key, call));
        self.alone.remove(&call);
        self.promised.remove(&call);
        self.by_since.remove(&(key.since, call));
    }

    /// The first offer of a round is out.
    pub(crate) fn mark_ringing(&mut self, key: OrderKey, call: CallId) {
        if self.open.remove(key, call) {
            self.ringing.insert((key, call));
        }
    }

    /// No offer is left.
    pub(crate) fn mark_open(&mut self, key: OrderKey, call: CallId) {
        if self.ringing.remove(&(key, call)) {
            self.open.insert(key, call);
        }
    }

    /// Keeps the place of a caller whom nobody is to be asked for.
    pub(crate) fn mark_aside(&mut self, key: OrderKey, call: CallId) {
        if self.open.remove(key, call) || self.ringing.remove(&(key, call)) {
            self.aside.insert((key, call));
        }
    }

    /// Keeps an open caller for one operator.
    pub(crate) fn hold(&mut self, key: OrderKey, call: CallId) {
        if self.open.remove(key, call) {
            self.held.insert((key, call));
        }
    }

    /// Lets them be for anybody.
    pub(crate) fn let_loose(&mut self, key: OrderKey, call: CallId) {
        if self.held.remove(&(key, call)) {
            self.open.insert(key, call);
        }
    }

    /// Moves a caller up without letting them leave.
    pub(crate) fn rekey(&mut self, old: OrderKey, new: OrderKey, call: CallId) {
        if self.open.remove(old, call) {
            self.open.insert(new, call);
        } else if self.ringing.remove(&(old, call)) {
            self.ringing.insert((new, call));
        } else if self.held.remove(&(old, call)) {
            self.held.insert((new, call));
        } else if self.aside.remove(&(old, call)) {
            self.aside.insert((new, call));
        }
    }

    /// Callers with a place in the queue, offered or not.
    pub(crate) fn len(&self) -> usize {
        self.lists().map(BTreeSet::len).sum()
    }

    fn lists(&self) -> impl Iterator<Item = &BTreeSet<(OrderKey, CallId)>> {
        self.open
            .classes()
            .chain([&self.ringing, &self.held, &self.aside])
    }

    /// Everybody in the queue, in no order that matters.
    pub(crate) fn calls(&self) -> Vec<CallId> {
        let placed = self.lists().flatten().map(|(_, call)| call);
        placed.chain(&self.alone).copied().collect()
    }

    /// Those who wait on the line and for whom nobody rings, in no order that matters.
    pub(crate) fn unrung(&self) -> Vec<CallId> {
        let waiting = self.open.classes().chain([&self.held]).flatten();
        let calls = waiting.map(|(_, call)| *call);
        calls.filter(|call| !self.promised.contains(call)).collect()
    }

    /// How many of them are promises.
    pub(crate) fn promised(&self) -> usize {
        self.promised.len()
    }

    /// Since when whoever is on the line waits longest. Passes over the promises before them.
    pub(crate) fn first_on_line(&self) -> Option<Mono> {
        let mut all = self.by_since.iter();
        let first = all.find(|(_, call)| !self.promised.contains(call));
        first.map(|(since, _)| *since)
    }

    pub(crate) fn is_full(&self) -> bool {
        let callers = self.len().saturating_sub(self.promised.len());
        callers >= usize::try_from(self.settings.callers_max).unwrap_or(usize::MAX)
    }

    /// Place from 1 of a caller with this key.
    pub(crate) fn position(&self, key: OrderKey, call: CallId) -> usize {
        let before = ..(key, call);
        let before = self.lists().map(|list| list.range(before).count());
        before.sum::<usize>() + 1
    }
}

/// What is asked at each rung for who needs this besides. At least one.
fn needs_of(settings: &QueueSettings, own: &Needs) -> Vec<Needs> {
    let rungs = 0..=settings.relax.len();
    rungs.map(|rung| settings.needs_for(own, rung)).collect()
}
