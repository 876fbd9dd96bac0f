//! A request as those who owe it see it: on the card of our call, in what is told of it, in the snapshot of a desk.
use std::collections::BTreeMap;

use gudok_model::{GroupId, OperatorId, ProjectId, RequestAbout, RequestOutcome};

use super::book::Callback;
use crate::call::Call;
use crate::desk::{CallbackAbout, CallbackNews};
use crate::switchboard::Switchboard;

/// Open requests of one snapshot, those due first; the rest is a number.
pub const CALLBACKS_SHOWN: usize = 200;

impl Switchboard {
    pub(super) fn news_of(
        &self,
        callback: &Callback,
        end: Option<&RequestOutcome>,
    ) -> CallbackNews {
        let about = CallbackAbout {
            asked_at: callback.created,
            source: callback.about.source,
            note: callback.about.note.clone(),
            basis: callback.about.basis.clone(),
        };
        CallbackNews {
            request: callback.id,
            kind: callback.key.kind,
            number: callback.key.number.clone(),
            group: callback.group.clone(),
            due: callback.due,
            state: callback.course.state.clone(),
            attempts: callback.course.attempts,
            end: end.cloned(),
            about: self.config.requests_shown.then_some(about),
        }
    }

    /// The request for which this call of ours is made. A journal of an earlier version has cards without.
    pub(crate) fn request_on_card(&self, call: &Call) -> Option<Box<CallbackNews>> {
        let request = call.out.as_ref()?.wanted.request?;
        let callback = self.callbacks.get(request)?;
        let news = self
            .config
            .requests_shown
            .then(|| self.news_of(callback, None));
        news.map(Box::new)
    }

    /// What is open of this operator's: at most [`CALLBACKS_SHOWN`], those due first; and how many more there are.
    pub(crate) fn callbacks_of(&self, operator: &OperatorId) -> (Vec<CallbackNews>, usize) {
        // Whose it is depends on project and group alone, and of these there are few.
        let mut owned: BTreeMap<(&ProjectId, Option<&GroupId>), bool> = BTreeMap::new();
        let mut own: Vec<&Callback> = Vec::new();
        for callback in self.callbacks.iter() {
            let whose = (&callback.key.project, callback.group.as_ref());
            let owns = owned.entry(whose);
            if *owns.or_insert_with(|| self.owns(operator, callback)) {
                own.push(callback);
            }
        }
        own.sort_by_key(|it| (it.due, it.id));
        let more = own.len().saturating_sub(CALLBACKS_SHOWN);
        let shown = own.into_iter().take(CALLBACKS_SHOWN);
        (shown.map(|it| self.news_of(it, None)).collect(), more)
    }

    /// Journals of an earlier version keep nothing of what forms say.
    pub(super) fn shown(&self, about: RequestAbout) -> RequestAbout {
        match self.config.requests_shown {
            true => about,
            false => RequestAbout::default(),
        }
    }
}
