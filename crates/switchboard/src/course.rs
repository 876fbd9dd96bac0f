//! The course of a call: through which queues and people it went, who passed it on, and what they wrote down. It is on the card
//! of the next one, who need not ask the caller again.
use gudok_model::{CallId, Name, OperatorId};

use crate::desk::DeskEvent;
use crate::in_hand::{Before, CardNote};
use crate::switchboard::Switchboard;

/// Most places of a path; of more, the first and the latest are kept.
const PATH_MAX: usize = 16;
/// Most notes; of more, the latest are kept.
const NOTES_MAX: usize = 8;

/// What a call has come through.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Course {
    path: Vec<Name>,
    notes: Vec<CardNote>,
    /// Who passed the caller on or parked them last.
    pub(crate) passed_by: Option<OperatorId>,
    /// Somebody has talked with the caller.
    talked: bool,
}

impl Course {
    /// It came to a queue or to somebody outside.
    pub(crate) fn went(&mut self, place: String) {
        let place: Name = place.into();
        if self.path.last() == Some(&place) {
            return;
        }
        if self.path.len() >= PATH_MAX {
            self.path.remove(1);
        }
        self.path.push(place);
    }

    /// An operator talks with the caller.
    pub(crate) fn met(&mut self, operator: &OperatorId) {
        self.talked = true;
        self.went(format!("operator {operator}"));
    }

    /// What an operator wrote down; a second word of theirs takes the place of the first.
    pub(crate) fn noted(&mut self, note: CardNote) {
        self.notes.retain(|it| it.operator != note.operator);
        if self.notes.len() >= NOTES_MAX {
            self.notes.remove(0);
        }
        self.notes.push(note);
    }

    /// For the card of whoever is next; of a caller who has talked with nobody there is nothing to tell.
    pub(crate) fn before(&self, next: &OperatorId, position_was: Option<u32>) -> Before {
        if !self.talked {
            return Before::default();
        }
        Before {
            transferred_from: self.passed_by.clone().filter(|by| by != next),
            position_was,
            path: self.path.clone(),
            notes: self.notes.clone(),
        }
    }
}

impl Switchboard {
    /// What an operator wrote down after they had passed the caller on is shown to whoever has the caller now.
    pub(crate) fn share_note(&mut self, id: CallId, note: &CardNote) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.course.noted(note.clone());
        if !self.config.hand {
            return;
        }
        let others: Vec<OperatorId> = self.seats.keys().cloned().collect();
        for operator in others.iter().filter(|it| **it != note.operator) {
            let seat = self.seats.get_mut(operator);
            let card = seat.and_then(|seat| seat.card.as_mut());
            let Some(card) = card.filter(|card| card.call_id == id) else {
                continue;
            };
            card.call
                .before
                .notes
                .retain(|it| it.operator != note.operator);
            card.call.before.notes.push(note.clone());
            let card = card.clone();
            self.tell_desk(Some(operator), DeskEvent::OfferUpdated(card));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A caller who is sent round and round: the card has where they began, and where they were last.
    #[test]
    fn a_long_way_keeps_its_beginning_and_its_end() {
        let mut course = Course::default();
        course.met(&"anna".into());
        for n in 0..100 {
            course.went(format!("queue {n}"));
        }
        let path = course.before(&"ivan".into(), None).path;
        assert_eq!(path.len(), PATH_MAX);
        let ends = [path.first(), path.get(1), path.last()].map(|it| it.map(|it| &**it));
        let wanted = ["operator anna", "queue 85", "queue 99"].map(Some);
        assert_eq!(ends, wanted);
    }

    #[test]
    fn of_many_notes_the_latest_are_kept() {
        let mut course = Course::default();
        course.met(&"anna".into());
        for n in 0..=NOTES_MAX {
            course.noted(CardNote {
                operator: format!("{n}").as_str().into(),
                code: "SOLVED".into(),
                note: None,
            });
        }
        let notes = course.before(&"ivan".into(), None).notes;
        let authors = notes.iter().map(|it| it.operator.as_str().to_owned());
        let wanted = (1..=NOTES_MAX).map(|n| n.to_string());
        assert_eq!(authors.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
    }
}
