//! Calls that were passed on: to people by name, before anybody of the group, and from one talk to the next.
use gudok_model::{CallId, Now, OfferId, OperatorId};

use crate::acd::Acd;
use crate::call::{Call, Place};
use crate::offer::{Offer, Phase};
use crate::operator::{Operator, Talk, Work};
use crate::output::{Output, WaitEnd};
use crate::reason::reason;
use crate::ringing::Proposal;
use crate::view::Asked;

impl Acd {
    /// A call that is for somebody is offered to the first of them who can be asked; after the last it is for anybody. In a
    /// drain that is nobody (Q15): it goes on in its plan rather than wait in vain.
    pub(crate) fn ask_by_name(&mut self, now: Now, id: CallId) {
        while let Some((queue, operator)) = self.next_name(id) {
            if self.may_be_asked(id, &operator) == Asked::Yes {
                return self.offer_by_name(now, id, queue, operator);
            }
            self.forget_name(id);
        }
        let only = self.calls.get(&id).and_then(Call::waiting);
        if only.is_some_and(|waiting| waiting.only) {
            self.end_wait(now, id, WaitEnd::TimedOut);
        } else if self.draining {
            self.end_wait(now, id, WaitEnd::NoOperators);
        }
    }

    /// The one who was asked did not take it.
    pub(crate) fn ask_next_by_name(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.offers.is_empty()) else {
            return;
        };
        let named = call.waiting().map(|waiting| waiting.named.len());
        if named.is_some_and(|named| named > 0) {
            self.forget_name(id);
            self.ask_by_name(now, id);
            self.open_if_for_anybody(id);
        }
    }

    /// A phone points to a colleague: they have their turn when its offer is closed, unless the call is for one person
    /// alone. It is no word of a person about this caller, so whoever would not be offered the call as ever is not asked
    /// for it either.
    pub(crate) fn redirected(&mut self, now: Now, id: OfferId, to: &OperatorId) {
        let Some(by) = self.ringing_offer(id).map(|offer| offer.operator.clone()) else {
            return;
        };
        let ready = self.operators.get(to).is_some_and(Operator::routable);
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        call.past.points_away(&by);
        let follows = ready && call.offers.len() == 1 && call.past.may_follow(to, now.mono);
        let Some(waiting) = call.waiting_mut().filter(|it| follows && !it.only) else {
            return;
        };
        waiting.pointed = Some((by.clone(), to.clone()));
        // Where it was named for later its turn comes now, once.
        waiting.named.retain(|it| it != to);
        if waiting.named.is_empty() {
            waiting.named.push_back(by);
        }
        waiting.named.insert(1, to.clone());
        call.past.followed += 1;
    }

    fn next_name(&self, id: CallId) -> Option<(gudok_model::QueueId, OperatorId)> {
        let waiting = self.calls.get(&id)?.waiting()?;
        Some((waiting.queue.clone(), waiting.named.front()?.clone()))
    }

    fn forget_name(&mut self, id: CallId) {
        if let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) {
            waiting.named.pop_front();
        }
    }

    fn open_if_for_anybody(&mut self, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| call.offers.is_empty()) else {
            return;
        };
        let Some((queue, key)) = call.waiting().map(|it| (it.queue.clone(), it.key)) else {
            return;
        };
        if let Some(it) = self.queues.get_mut(&queue) {
            it.mark_open(key, id);
            self.dirty.extend(it.groups().cloned());
        }
        // Nobody of the queue need have come or gone meanwhile, and they wait for anybody now.
        self.look_again(&queue);
        self.look_if_closed(&queue);
    }

    /// The caller is before the paperwork about them: a wrap-up of this very call ends here, which is the one exception
    /// from I7, and who does not answer then has missed nothing.
    fn offer_by_name(
        &mut self,
        now: Now,
        id: CallId,
        queue: gudok_model::QueueId,
        operator: OperatorId,
    ) {
        let interrupts = self.operators.get(&operator).is_some_and(Operator::is_busy);
        self.end_wrap_up(now, &operator);
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        waiting.round += 1;
        let attempt = waiting.round;
        let pointed = waiting.pointed.as_ref().filter(|(_, to)| *to == operator);
        let why = match pointed {
            Some((by, _)) => reason("redirected", format!("телефон {by} переадресует сюда")),
            None if waiting.assigned => {
                reason("assigned", "звонок направлен этому оператору вручную")
            }
            None if waiting.only => reason("named", "звонят именно этому оператору"),
            None => reason("passed_on", "звонок переведён этому оператору"),
        };
        let reasons = vec![why];
        let proposal = Proposal {
            call: id,
            queue,
            operator,
            attempt,
            reasons,
        };
        self.make_offer(now, proposal);
        let index = self.calls.get(&id).map_or(0, |call| call.past.offers_made);
        if let Some(offer) = self.offer_mut(OfferId { call: id, index }) {
            offer.interrupts = interrupts;
        }
    }

    /// The talk of one operator becomes that of another.
    pub(crate) fn joined(&mut self, now: Now, id: CallId, operator: &OperatorId) {
        let Some((former, back, mut offer)) = self.talk_of(id) else {
            return self.refuse("invalid_state", None);
        };
        match self.operators.get(operator) {
            None => return self.refuse("unknown_operator", None),
            Some(who) if who.session.is_none() => {
                return self.refuse("not_logged_in", Some(operator));
            }
            Some(who) if !may_take_over(id, who) => {
                return self.refuse("invalid_state", Some(operator));
            }
            Some(_) => {}
        }
        self.talk_ended(now, &former, id);
        self.end_wrap_up(now, operator);
        let past = self.shelf.take(id);
        let Some(mut past) = past.filter(|past| past.offers_made < u16::MAX) else {
            return self.refuse("unknown_call", None);
        };
        past.offers_made += 1;
        let index = past.offers_made;
        offer.operator = operator.clone();
        let terms = offer.terms.clone();
        let place = Place::Talking { offer: index, back };
        let mut call = Call::new(past, place);
        call.offers.insert(index, offer);
        self.calls.insert(id, call);
        let talk = Talk {
            offer: OfferId { call: id, index },
            terms,
            since: now.mono,
            disposed: false,
            consulting: false,
            conference: false,
        };
        self.edit(operator, |who| {
            who.misses = 0;
            (who.engaged, who.kept) = (None, false);
            who.work = Work::Talking(talk);
        });
        self.outputs.push_back(Output::Joined {
            offer: OfferId { call: id, index },
            operator: operator.clone(),
        });
    }

    /// Who talks with a caller, their place in the queue, and the offer that won.
    fn talk_of(&self, id: CallId) -> Option<(OperatorId, crate::call::Waiting, Offer)> {
        let call = self.calls.get(&id)?;
        let Place::Talking { offer, back } = &call.place else {
            return None;
        };
        let offer = call.offers.get(offer)?.clone();
        let accepted = offer.phase == Phase::Accepted && call.past.offers_made < u16::MAX;
        accepted.then(|| (offer.operator.clone(), back.clone(), offer))
    }

    /// A call between operators begins or is over.
    pub(crate) fn engaged(&mut self, operator: &OperatorId, call: CallId, on: bool) {
        match self.operators.get(operator).map(|who| who.engaged) {
            None => self.refuse("unknown_operator", None),
            Some(None) if on => self.edit(operator, |who| who.engaged = Some(call)),
            Some(Some(held)) if on && held != call => self.refuse("engaged", Some(operator)),
            Some(Some(held)) if !on && held == call => {
                self.edit(operator, |who| (who.engaged, who.kept) = (None, false));
                self.drop_if_removed(operator);
            }
            Some(_) => {}
        }
    }
}

/// Whether a person has seat and phone, and keeps them: readiness is for calls that are for anybody.
pub(crate) fn is_there(who: &Operator) -> bool {
    let stays = !who.removed && !who.leaves();
    who.session.is_some() && who.endpoint_up() && stays
}

/// Whether a person has nothing else in hand. Writing up this very call hinders nobody from taking it back, and being
/// consulted about it nobody from taking it over.
pub(crate) fn is_free(id: CallId, who: &Operator) -> bool {
    let free = match &who.work {
        Work::Idle => true,
        Work::WrapUp(wrap_up) => wrap_up.call == id,
        Work::Reserved(_) | Work::Ringing(_) | Work::Talking(_) | Work::Hold(_) | Work::Out(_) => {
            false
        }
    };
    free && who.engaged.is_none_or(|held| held == id)
}

/// Whether a person can go on with a talk: whoever leaves after the present work is as good as gone.
fn may_take_over(id: CallId, who: &Operator) -> bool {
    let free = matches!(who.work, Work::Idle | Work::WrapUp(_))
        && who.engaged.is_none_or(|held| held == id);
    free && !who.removed && !who.leaves()
}
