//! What the world will do, and when.
use std::collections::{BTreeMap, VecDeque};

use gudok_model::Mono;

/// When, which lot, and in which order it was planned.
type Turn = (Mono, u64, u64);

/// Events to come, in order of time; at the same instant a drawn lot decides, then the order of planning.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<E> {
    /// What was known before anything happened: all the calls of a week, beside the few events that are due at a time.
    foreseen: VecDeque<(Turn, E)>,
    due: BTreeMap<Turn, E>,
    planned: u64,
}

impl<E> Agenda<E> {
    pub(crate) fn new() -> Self {
        Self {
            foreseen: VecDeque::new(),
            due: BTreeMap::new(),
            planned: 0,
        }
    }

    /// Plans an event; `lot` orders it among others of the same instant.
    pub(crate) fn plan(&mut self, at: Mono, lot: u64, event: E) {
        self.planned += 1;
        self.due.insert((at, lot, self.planned), event);
    }

    /// What is planned until now was known from the beginning.
    pub(crate) fn foresee(&mut self) {
        self.foreseen.extend(std::mem::take(&mut self.due));
        let by_turn = |(turn, _): &(Turn, E)| *turn;
        self.foreseen.make_contiguous().sort_by_key(by_turn);
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> Option<Mono> {
        let due = self.due.first_key_value().map(|((at, _, _), _)| *at);
        let foreseen = self.foreseen.front().map(|((at, _, _), _)| *at);
        due.into_iter().chain(foreseen).min()
    }

    /// Forgets what does not pass.
    pub(crate) fn retain(&mut self, keep: impl Fn(&E) -> bool) {
        self.due.retain(|_, event| keep(event));
        self.foreseen.retain(|(_, event)| keep(event));
    }

    /// Takes the next one.
    pub(crate) fn take(&mut self) -> Option<E> {
        let due = self.due.first_key_value().map(|(turn, _)| turn);
        let foreseen = self.foreseen.front().map(|(turn, _)| turn);
        let was_foreseen = match (foreseen, due) {
            (Some(foreseen), Some(due)) => foreseen < due,
            (foreseen, _) => foreseen.is_some(),
        };
        match was_foreseen {
            true => self.foreseen.pop_front().map(|(_, event)| event),
            false => self.due.pop_first().map(|(_, event)| event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_foreseen_comes_in_its_turn() {
        let mut agenda = Agenda::new();
        for (at, lot, event) in [(5, 2, "third"), (1, 0, "first"), (9, 0, "forgotten")] {
            agenda.plan(Mono(at), lot, event);
        }
        agenda.foresee();
        for (at, lot, event) in [(5, 2, "fourth"), (5, 1, "second"), (12, 0, "last")] {
            agenda.plan(Mono(at), lot, event);
        }
        agenda.retain(|event| *event != "forgotten");
        let mut told = Vec::new();
        while let Some(at) = agenda.next() {
            told.push((at.0, agenda.take()));
        }
        let events = ["first", "second", "third", "fourth", "last"];
        assert_eq!(
            told,
            [1, 5, 5, 5, 12]
                .into_iter()
                .zip(events.map(Some))
                .collect::<Vec<_>>()
        );
    }
}
