//! The operator whom a caller waits for before anybody else is asked, where the queue says so (behaviour Q6).
use std::collections::BTreeMap;

use gudok_acd::Sticky;
use gudok_model::{CallId, ClientMatch, Now, OperatorId, PhoneNumber, QueueId, StickyBy, StickyTo};

use crate::call::Call;
use crate::switchboard::Switchboard;

/// Numbers of which it is remembered who talked with them last; beyond it the one who called longest ago is forgotten. The next
/// run is told of them ([`Input::TalkedBefore`](crate::Input::TalkedBefore)).
pub(crate) const LAST_TALKS_MAX: usize = 4096;

/// Who talked with whom last.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastTalks {
    of: BTreeMap<PhoneNumber, (u64, OperatorId)>,
    /// By the number of the talk, oldest first.
    by_talk: BTreeMap<u64, PhoneNumber>,
    talks: u64,
}

impl LastTalks {
    /// An operator took a caller.
    pub(crate) fn note(&mut self, number: PhoneNumber, operator: OperatorId) {
        self.talks += 1;
        if let Some((before, _)) = self.of.insert(number.clone(), (self.talks, operator)) {
            self.by_talk.remove(&before);
        }
        self.by_talk.insert(self.talks, number);
        if self.by_talk.len() > LAST_TALKS_MAX
            && let Some((_, oldest)) = self.by_talk.pop_first()
        {
            self.of.remove(&oldest);
        }
    }

    fn with(&self, number: &PhoneNumber) -> Option<OperatorId> {
        self.of.get(number).map(|(_, operator)| operator.clone())
    }
}

impl Switchboard {
    /// Whom a call that comes to a queue waits for first, if anybody.
    pub(crate) fn sticky(&self, now: Now, id: CallId, queue: &QueueId) -> Option<Sticky> {
        let queues = self.plan.as_ref()?.queues().iter();
        let mut queues = queues.filter(|known| known.id == *queue);
        let StickyTo { by, wait } = queues.next()?.sticky?;
        let call = self.calls.get(&id)?;
        let operator = match by {
            StickyBy::Last => self.last_talks.with(&call.shown_number()?)?,
            StickyBy::Agent => of_client(call, "agent")?,
            StickyBy::Manager => of_client(call, "manager")?,
        };
        Some(Sticky {
            operator,
            until: now.mono + wait,
        })
    }

    /// Remembers who took a call, where its number is shown.
    pub(crate) fn note_talk(&mut self, id: CallId, operator: &OperatorId) {
        let number = self.calls.get(&id).and_then(Call::shown_number);
        if let Some(number) = number {
            self.last_talks.note(number, operator.clone());
        }
    }
}

fn of_client(call: &Call, field: &str) -> Option<OperatorId> {
    let ClientMatch::One { client, .. } = &call.client else {
        return None;
    };
    let login = client.fields.get(field)?.trim();
    (!login.is_empty()).then(|| OperatorId::from(login))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_that_called_longest_ago_is_forgotten() {
        let number = |index: usize| PhoneNumber::try_from(format!("+7999{index:07}"));
        let number = |index| number(index).expect("a number");
        let mut last = LastTalks::default();
        for index in 0..LAST_TALKS_MAX {
            last.note(number(index), "anna".into());
        }
        last.note(number(0), "ivan".into());
        assert_eq!(last.with(&number(0)), Some("ivan".into()));
        last.note(number(LAST_TALKS_MAX), "anna".into());
        assert_eq!(last.with(&number(1)), None);
        assert_eq!(last.with(&number(0)), Some("ivan".into()));
        assert_eq!(
            (last.of.len(), last.by_talk.len()),
            (LAST_TALKS_MAX, LAST_TALKS_MAX)
        );
    }
}
