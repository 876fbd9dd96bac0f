//! What the world will do, and when.
use std::collections::BTreeMap;

use gudok_model::Mono;

/// Events to come, in order of time; at the same instant a drawn lot decides, then the order of planning.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<E> {
    due: BTreeMap<(Mono, u64, u64), E>,
    planned: u64,
}

impl<E> Agenda<E> {
    pub(crate) fn new() -> Self {
        Self {
            due: BTreeMap::new(),
            planned: 0,
        }
    }

    /// Plans an event; `lot` orders it among others of the same instant.
    pub(crate) fn plan(&mut self, at: Mono, lot: u64, event: E) {
        self.planned += 1;
        self.due.insert((at, lot, self.planned), event);
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.due.first_key_value().map(|((at, _, _), _)| *at)
    }

    /// Forgets what does not pass.
    pub(crate) fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        self.due.retain(|_, event| keep(event));
    }

    /// Takes the next one.
    pub(crate) fn take(&mut self) -> Option<E> {
        self.due.pop_first().map(|(_, event)| event)
    }
}
