//! The talk: with whom, since when, its recording, and what was said of it.
use gudok_model::{CallEvent, LegId, NO_DISPOSITION, OperatorId};

use super::{Story, int, ms};

impl Story {
    pub(super) fn of_talk(&mut self, at: i64, event: &CallEvent) {
        match event {
            CallEvent::Bridged {
                b,
                operator,
                waited_ms,
                ..
            } => self.bridged(at, *b, operator.as_ref(), *waited_ms),
            CallEvent::RecordingStarted { file, .. } => {
                self.call.recording_file.get_or_insert_with(|| file.clone());
            }
            CallEvent::RecordingSealed {
                file,
                length_ms,
                sha256,
            } => self.sealed(file, *length_ms, sha256),
            event => self.of_verdict(at, event),
        }
    }

    fn of_verdict(&mut self, at: i64, event: &CallEvent) {
        let call = &mut self.call;
        match event {
            CallEvent::Surveyed { survey, .. } => {
                call.survey = Some(survey.to_string());
                call.surveyed_at = Some(at);
            }
            CallEvent::Rated { mark, low, .. } => {
                call.rating = Some(i64::from(*mark));
                call.rating_low = Some(i64::from(*low));
            }
            CallEvent::Resolved { solved, .. } => call.solved = Some(i64::from(*solved)),
            // Somebody said what it was about: that another said nothing, or the same one not once more after a restart, takes
            // nothing of it back.
            CallEvent::Disposed { code, .. }
                if **code == *NO_DISPOSITION && call.disposition.is_some() => {}
            CallEvent::Disposed { code, note, .. } => {
                call.disposition = Some(code.to_string());
                call.disposition_note.clone_from(note);
            }
            // Kept as facts; no column of the call is made of them, requests have rows of their own. `CallEvent` may grow: a fact
            // we do not know is kept as it is.
            _ => {}
        }
    }

    fn bridged(&mut self, at: i64, b: LegId, operator: Option<&OperatorId>, waited_ms: u64) {
        self.call.bridged_at.get_or_insert(at);
        self.call.waited_ms.get_or_insert(int(waited_ms));
        if let Some(operator) = operator {
            self.call.operator = Some(operator.to_string());
        }
        self.talk_ends(at);
        (self.call.talking_since, self.call.talking_leg) = (Some(at), Some(b.index.into()));
    }

    fn sealed(&mut self, file: &str, length_ms: u64, sha256: &str) {
        self.call.recording_file = Some(file.to_owned());
        self.call.recording_ms = Some(int(length_ms));
        self.call.recording_sha256 = Some(sha256.to_owned());
    }

    pub(super) fn talk_ends(&mut self, at: i64) {
        if let Some(since) = self.call.talking_since.take() {
            self.call.talk_ms += ms(at - since);
        }
        self.call.talking_leg = None;
    }
}
