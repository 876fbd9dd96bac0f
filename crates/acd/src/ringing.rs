//! The life of an offer: made, ringing, won or closed. One function closes offers, whatever the reason,
//! and it is the only one that frees an operator from one.
use std::time::Duration;

use gudok_model::actor::RONA;
use gudok_model::{
    Actor, CallId, GroupId, Mono, Now, OfferEnd, OfferId, OperatorId, QueueId, Reason,
};

use crate::acd::Acd;
use crate::call::{Place, RefusalKind};
use crate::guard::{Guard, guard};
use crate::offer::{Offer, Phase};
use crate::operator::{Intent, Operator, Ring, Talk, Work};
use crate::output::Output;
use crate::timer::Timer;

/// How long a phone that failed an offer is not tried again, unless it registers anew: as long as a
/// contact may go unchecked (behaviour 5.1).
pub const PHONE_DISTRUST: Duration = Duration::from_secs(35);

/// What a new offer is made of.
pub(crate) struct Proposal {
    pub(crate) call: CallId,
    pub(crate) queue: QueueId,
    pub(crate) operator: OperatorId,
    pub(crate) attempt: u32,
    pub(crate) reasons: Vec<Reason>,
}

impl Acd {
    /// Reserves the operator and asks for the ringing. Whoever calls it has checked that the
    /// operator is routable and that the call waits.
    pub(crate) fn make_offer(&mut self, now: Now, proposal: Proposal) {
        let Some((id, offer)) = self.lease(now.mono, &proposal) else {
            return;
        };
        let (ring_deadline, expires) = (offer.ring_deadline, offer.expires);
        if guard(Guard::LeaseEnds) {
            self.timers.set(ring_deadline, Timer::Offer(id));
        }
        let until = now.wall + ring_deadline.since(now.mono);
        let ring = Ring { offer: id, until };
        self.edit(&proposal.operator, |who| who.work = Work::Reserved(ring));
        self.outputs.push_back(Output::Offer {
            offer: id,
            operator: proposal.operator,
            queue: proposal.queue,
            group: offer.group,
            attempt: proposal.attempt,
            ring_deadline,
            expires,
            reasons: proposal.reasons,
        });
    }

    /// Enters the offer into the call and the queue.
    fn lease(&mut self, now: Mono, proposal: &Proposal) -> Option<(OfferId, Offer)> {
        let queue = self.queues.get_mut(&proposal.queue)?;
        let has = |id: &&GroupId| {
            let group = self.groups.get(*id);
            group.is_some_and(|group| group.places.contains_key(&proposal.operator))
        };
        // Whoever was added works by the rules of their own group; who is asked by name may be of none.
        let group = queue.groups().find(has).unwrap_or(&queue.settings.group);
        let group = self.groups.get_mut(&group.clone())?;
        let call = self.calls.get_mut(&proposal.call)?;
        let (key, deadline) = call.waiting().map(|it| (it.key, it.deadline))?;
        if group.places.contains_key(&proposal.operator) {
            group.cursor = Some(proposal.operator.clone());
        }
        call.past.offers_made += 1;
        let index = call.past.offers_made;
        let settings = (&group.settings, &queue.settings);
        let offer = Offer::new(now, proposal.operator.clone(), settings, deadline);
        call.offers.insert(index, offer.clone());
        queue.mark_ringing(key, proposal.call);
        let id = OfferId {
            call: proposal.call,
            index,
        };
        Some((id, offer))
    }

    /// The phone rings.
    pub(crate) fn alerting(&mut self, now: Now, id: OfferId) {
        let Some(offer) = self.offer_mut(id) else {
            return self.refuse("unknown_offer", None);
        };
        let operator = offer.operator.clone();
        match offer.phase {
            // A phone may say it twice (180 after 180).
            Phase::Alerting { .. } => {}
            Phase::Delivering => {
                offer.phase = Phase::Alerting { since: now.mono };
                self.edit(&operator, |who| {
                    if let Work::Reserved(ring) = &who.work {
                        who.work = Work::Ringing(ring.clone());
                    }
                });
            }
            Phase::Accepted => self.refuse("invalid_state", Some(&operator)),
        }
    }

    /// The phone answered: the first of a call wins, the others are lost (I2).
    pub(crate) fn answered(&mut self, now: Now, id: OfferId) {
        let Some(offer) = self.ringing_offer(id) else {
            return;
        };
        offer.phase = Phase::Accepted;
        let (due, operator, terms) = (offer.due, offer.operator.clone(), offer.terms.clone());
        self.timers.cancel(due, Timer::Offer(id));
        let waiting = self.unqueue(id.call);
        if let (Some(back), Some(call)) = (waiting, self.calls.get_mut(&id.call)) {
            call.past.taken = true;
            call.place = Place::Talking {
                offer: id.index,
                back,
            };
        }
        self.edit(&operator, |who| {
            if guard(Guard::AnswerEndsTheRow) {
                who.misses = 0;
            }
            who.work = Work::Talking(Talk {
                offer: id,
                terms,
                since: now.mono,
                disposed: false,
                consulting: false,
                conference: false,
            });
        });
        self.outputs.push_back(Output::Won {
            offer: id,
            operator,
        });
        let live = self
            .calls
            .get(&id.call)
            .map(|call| call.live_offers(id.call));
        for other in live.unwrap_or_default() {
            if other != id && guard(Guard::FirstAnswerWins) {
                self.close_offer(now, other, OfferEnd::Lost);
            }
        }
    }

    /// The operator said no.
    pub(crate) fn rejected(&mut self, now: Now, id: OfferId) {
        if self.ringing_offer(id).is_some() {
            self.close_offer(now, id, OfferEnd::Rejected);
        }
    }

    /// The phone stopped ringing by itself.
    pub(crate) fn unanswered(&mut self, now: Now, id: OfferId) {
        if self.ringing_offer(id).is_some() {
            self.close_offer(now, id, OfferEnd::NoAnswer);
        }
    }

    /// The phone could not be reached, or died between its answer and the first word.
    pub(crate) fn device_failed(&mut self, now: Now, id: OfferId) {
        if self.offer_mut(id).is_none() {
            return self.refuse("unknown_offer", None);
        }
        self.close_offer(now, id, OfferEnd::DeviceError);
    }

    /// The timer of an offer: first the end of the ringing, then that of the lease.
    pub(crate) fn offer_due(&mut self, now: Now, id: OfferId) {
        let Some(offer) = self.offer_mut(id) else {
            return;
        };
        match offer.phase {
            Phase::Alerting { since } if since <= offer.ring_deadline => {
                self.close_offer(now, id, OfferEnd::NoAnswer);
            }
            Phase::Delivering if !guard(Guard::MissedIfItRang) => {
                self.close_offer(now, id, OfferEnd::NoAnswer);
            }
            // Nobody heard it ring in time: not a person's miss. The phone may still come.
            Phase::Delivering | Phase::Alerting { .. } if now.mono < offer.expires => {
                offer.due = offer.expires;
                let due = offer.due;
                self.timers.set(due, Timer::Offer(id));
            }
            Phase::Delivering | Phase::Alerting { .. } => {
                let detail = format!("offer {id} to {} ran out without ringing", offer.operator);
                self.close_offer(now, id, OfferEnd::Expired);
                self.outputs.push_back(Output::Alarm {
                    what: "offer_expired".into(),
                    detail,
                });
            }
            Phase::Accepted => {}
        }
    }

    /// Ends an offer, exactly once: the ringing stops, the operator is free, the call is open again
    /// if it waits and nobody else rings for it.
    pub(crate) fn close_offer(&mut self, now: Now, id: OfferId, end: OfferEnd) {
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        let Some(offer) = call.offers.remove(&id.index) else {
            return;
        };
        self.timers.cancel(offer.due, Timer::Offer(id));
        self.outputs.push_back(Output::OfferClosed {
            offer: id,
            operator: offer.operator.clone(),
            end,
            revoked: offer.revoked,
        });
        let idle = call.offers.is_empty();
        if let Some(waiting) = call.waiting().filter(|it| idle && it.named.is_empty())
            && let Some(queue) = self.queues.get_mut(&waiting.queue)
        {
            let name = waiting.queue.clone();
            queue.mark_open(waiting.key, id.call);
            self.dirty.extend(queue.groups().cloned());
            // Who rang need not be one of the queue any more: nobody of it has come or gone by this.
            if !self.loose_ends && guard(Guard::LastRingLooked) {
                self.look_again(&name);
            }
            self.look_if_closed(&name);
        }
        self.remember_refusal(now.mono, id.call, &offer, end);
        self.release(now, &offer, end);
        if offer.phase == Phase::Accepted && end == OfferEnd::DeviceError {
            self.take_back(now, id.call);
        }
        self.ask_next_by_name(now, id.call);
    }

    /// What the end of the offer means for the operator (5.2). `Lost`, `CallerGone` and `Revoked`
    /// leave no trace.
    fn release(&mut self, now: Now, offer: &Offer, end: OfferEnd) {
        let id = &offer.operator;
        match end {
            OfferEnd::Rejected => {
                self.book(id, |tally| {
                    tally.rejects = tally.rejects.saturating_add(1);
                });
                self.free(id, |who| who.idle_since = now.mono);
                self.cool_down(now.mono, id, offer.terms.reject_delay);
            }
            OfferEnd::NoAnswer => {
                if !offer.interrupts {
                    self.book(id, |tally| tally.misses = tally.misses.saturating_add(1));
                }
                self.free(id, |who| {
                    who.idle_since = now.mono;
                    if !offer.interrupts {
                        who.count_miss(offer.terms.misses_max);
                    }
                });
            }
            OfferEnd::DeviceError | OfferEnd::Expired => {
                self.distrust_phone(now.mono, id);
                self.free(id, |who| {
                    who.misses += u32::from(!guard(Guard::DeviceIsNoMiss));
                });
            }
            OfferEnd::Lost | OfferEnd::CallerGone | OfferEnd::Revoked => {
                self.free(id, |who| {
                    who.misses += u32::from(!guard(Guard::LostIsNoMiss));
                });
            }
            // The wrap-up begins; see `talking`.
            OfferEnd::BridgedEnded => {}
        }
    }

    fn remember_refusal(&mut self, now: Mono, call: CallId, offer: &Offer, end: OfferEnd) {
        let why = match end {
            OfferEnd::Rejected => RefusalKind::Rejected,
            OfferEnd::NoAnswer => RefusalKind::Missed,
            OfferEnd::BridgedEnded => RefusalKind::Talked,
            OfferEnd::DeviceError
            | OfferEnd::Lost
            | OfferEnd::CallerGone
            | OfferEnd::Revoked
            | OfferEnd::Expired => return,
        };
        if let Some(call) = self
            .calls
            .get_mut(&call)
            .filter(|_| guard(Guard::RefusalIsRemembered))
        {
            call.past
                .remember(offer.operator.clone(), now + offer.terms.refuse_memory, why);
        }
    }

    /// The call of a dead winner goes back to its place.
    fn take_back(&mut self, now: Now, id: CallId) {
        let place = self.calls.get(&id).map(|call| call.place.clone());
        if let Some(Place::Talking { back, .. }) =
            place.filter(|_| guard(Guard::DeadWinnerGivesBack))
        {
            self.return_to_queue(now, id, back);
        }
    }

    fn cool_down(&mut self, now: Mono, id: &OperatorId, delay: Duration) {
        let Some(who) = self.operators.get(id).filter(|_| !delay.is_zero()) else {
            return;
        };
        // Who is rung by name may be paused already.
        let whole = !self.loose_ends && guard(Guard::PauseAnew);
        let before = who.cooldown_until.filter(|_| whole);
        if let Some(before) = before {
            self.timers.cancel(before, Timer::Cooldown(id.clone()));
        }
        let until = now + delay;
        self.timers.set(until, Timer::Cooldown(id.clone()));
        self.edit(id, |who| who.cooldown_until = Some(until));
    }

    fn distrust_phone(&mut self, now: Mono, id: &OperatorId) {
        self.trust_phone(id);
        if !guard(Guard::PhoneIsDistrusted) {
            return;
        }
        let until = now + PHONE_DISTRUST;
        self.timers.set(until, Timer::PhoneFailed(id.clone()));
        self.edit(id, |who| who.endpoint.phone_failed_until = Some(until));
    }

    /// Forgets that the phone failed.
    pub(crate) fn trust_phone(&mut self, id: &OperatorId) {
        let failed = self
            .operators
            .get(id)
            .and_then(|who| who.endpoint.phone_failed_until);
        if let Some(at) = failed {
            self.timers.cancel(at, Timer::PhoneFailed(id.clone()));
            self.edit(id, |who| who.endpoint.phone_failed_until = None);
        }
    }

    /// The offer, if it still rings; otherwise the input is refused here.
    pub(crate) fn ringing_offer(&mut self, id: OfferId) -> Option<&mut Offer> {
        let met = self
            .offer_mut(id)
            .map(|offer| (offer.phase, offer.operator.clone()));
        match met {
            None => self.refuse("unknown_offer", None),
            Some((Phase::Accepted, operator)) => self.refuse("invalid_state", Some(&operator)),
            Some((Phase::Delivering | Phase::Alerting { .. }, _)) => return self.offer_mut(id),
        }
        None
    }

    pub(crate) fn offer_mut(&mut self, id: OfferId) -> Option<&mut Offer> {
        self.calls.get_mut(&id.call)?.offers.get_mut(&id.index)
    }
}

impl Operator {
    /// One more call missed; after `max` in a row the operator is not ready any more (RONA). A policy
    /// may take readiness away, never give it.
    fn count_miss(&mut self, max: u32) {
        self.misses = self.misses.saturating_add(1);
        let over = max > 0 && self.misses >= max && guard(Guard::MissesEndReadiness);
        if over && self.intent == Intent::Ready {
            self.intent = Intent::NotReady("rona".into());
            self.by = Actor::Policy(RONA.into());
        }
    }
}
