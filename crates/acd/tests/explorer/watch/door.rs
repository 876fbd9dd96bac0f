//! Into a queue: who is sent on at the door, and who is kept for one operator (Q0, Q6, Q8).
use gudok_acd::Sticky;
use gudok_model::{CallId, Mono};

use super::Watch;
use super::case::{Case, Place, Stage};

impl Watch {
    /// A caller comes, or comes back.
    pub(super) fn comes(
        &mut self,
        now: Mono,
        (id, sticky): (CallId, Option<&Sticky>),
        place: Place,
    ) {
        let queue = self.plan.queues.iter().find(|it| it.id == place.queue);
        let most = queue.map_or(0, |it| it.callers_max as usize);
        let there = |case: &&Case| {
            let same = case
                .place
                .as_ref()
                .is_some_and(|it| it.queue == place.queue);
            same && matches!(case.stage, Stage::Waits | Stage::Aside)
        };
        let here = self.cases.values().filter(there).count();
        let case = self.case(id);
        if case.stage != Stage::Aside {
            case.skipped = 0;
        }
        (case.kept_for, case.named) = (None, None);
        let urgent = place.priority == 9;
        case.place = Some(place);
        let shut = self.is_shut(&self.cases[&id]);
        (self.came, self.shut) = (Some(id), shut.then_some(id));
        if let Some(sticky) = sticky.filter(|it| !urgent && it.until > now) {
            self.is_kept(now, id, sticky);
        }
        self.case(id).stage = Stage::Waits;
        self.full = (!self.cases[&id].known && here >= most).then_some(id);
    }

    /// Whoever is there is waited for, unless they have refused.
    fn is_kept(&mut self, now: Mono, id: CallId, sticky: &Sticky) {
        let there = self.people[&sticky.operator].seat;
        let case = self.case(id);
        let refused = case.refusals.get(&sticky.operator);
        if there && refused.is_none_or(|until| *until <= now) {
            case.kept_for = Some((sticky.operator.clone(), sticky.until));
        }
    }
}
