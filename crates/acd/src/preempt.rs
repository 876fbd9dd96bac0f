//! An emergency does not wait while phones only ring for somebody else (Q2): in a queue with `preempt` a caller of the emergency
//! class for whom nobody is free takes the operator who rings for the least urgent call. That call keeps its key, and nobody has
//! a mark for it.
use gudok_model::{CallId, Now, OfferEnd, OfferId, OperatorId, QueueId, Revoked};

use crate::acd::Acd;
use crate::call::{OrderKey, PRIORITY_MAX};
use crate::classes::Class;
use crate::guard::{Guard, guard};
use crate::matcher::place_reason;
use crate::operator::{Operator, Work};
use crate::queue::Queue;
use crate::reason::reason;
use crate::ringing::Proposal;

/// Emergencies of one class of a queue that are looked at: behind so many who have all refused whoever rings, one waits for
/// somebody to be free.
pub(crate) const EMERGENCIES_MAX: usize = 16;

impl Acd {
    /// Takes an offer back: whoever rings for it stops, and nobody has a mark for it.
    pub(crate) fn revoke(&mut self, now: Now, id: OfferId, why: Revoked) {
        if let Some(offer) = self.offer_mut(id) {
            offer.revoked = Some(why);
        }
        self.close_offer(now, id, OfferEnd::Revoked);
    }

    /// Takes one phone for one caller. False: there is none to be taken.
    pub(crate) fn preempt(&mut self, now: Now) -> bool {
        let Some((queue, call, operator)) = self.to_be_taken().filter(|_| guard(Guard::Preempt))
        else {
            return false;
        };
        let Some(Work::Reserved(ring) | Work::Ringing(ring)) =
            self.operators.get(&operator).map(|who| who.work.clone())
        else {
            return false;
        };
        self.serving = Some(call);
        self.revoke(now, ring.offer, Revoked::Preempted);
        if self
            .operators
            .get(&operator)
            .is_some_and(Operator::routable)
        {
            self.offer_taken(now, &queue, call, operator);
        }
        true
    }

    /// The first emergency that waits where something changed, and whose phone it gets.
    fn to_be_taken(&self) -> Option<(QueueId, CallId, OperatorId)> {
        let groups = self.dirty.iter().filter_map(|id| self.groups.get(id));
        let groups = groups.filter(|group| group.preempted);
        let queues = groups.flat_map(|group| group.queues.iter().chain(&group.helps));
        let queues = queues.filter_map(|id| self.queues.get(id));
        let queues = queues.filter(|queue| queue.settings.preempt);
        let urgent = queues.flat_map(|queue| queue.open.emergencies().map(move |it| (queue, it)));
        let taken = urgent.filter_map(|(queue, (class, (key, call)))| {
            let (_, operator) = self.may_be_taken(queue, class, call)?;
            Some((key, queue, call, operator))
        });
        let (_, queue, call, operator) = taken.min_by_key(|it| (it.0, it.2))?;
        Some((queue.settings.id.clone(), call, operator.clone()))
    }

    /// Who rings for the least urgent call below the emergencies, of those who may be asked and have not refused.
    pub(crate) fn may_be_taken<'a>(
        &'a self,
        queue: &'a Queue,
        class: Class,
        call: CallId,
    ) -> Option<(OrderKey, &'a OperatorId)> {
        let past = &self.calls.get(&call)?.past;
        if past.offers_made == u16::MAX {
            return None;
        }
        let has_refused = |who: &OperatorId| past.refusal(who, self.now).is_some();
        let last = self.asked(queue, class).filter_map(|(_, bench)| {
            let lower = bench.ringing.iter().rev();
            let mut lower = lower.take_while(|(key, _)| key.priority() < PRIORITY_MAX);
            lower.find(|(_, who)| !has_refused(who))
        });
        let (key, operator) = last.max()?;
        Some((*key, operator))
    }

    fn offer_taken(&mut self, now: Now, queue: &QueueId, id: CallId, operator: OperatorId) {
        let more = self.further_reasons(queue, id, &operator);
        let Some(waiting) = self.calls.get_mut(&id).and_then(|call| call.waiting_mut()) else {
            return;
        };
        waiting.round += 1;
        let (attempt, key) = (waiting.round, waiting.key);
        let text = "экстренный вызов: у оператора только звонил другой, менее срочный";
        let reasons = [reason("preempted", text), place_reason(now, queue, key)].into_iter();
        let proposal = Proposal {
            call: id,
            queue: queue.clone(),
            operator,
            attempt,
            reasons: reasons.chain(more).collect(),
        };
        self.make_offer(now, proposal);
        self.plan_progress(now.mono, queue, id);
    }
}
