//! An offer: the card first, then the phone, then an answer or an end (behaviour 5.3).
use std::time::Duration;

use gudok_model::{
    CallEvent, EndCause, LegId, Now, OfferEnd, OfferId, OperatorId, Outcome, Revoked,
};

use crate::call::{Call, Offer, OfferStage, Phase, Role, Talk};
use crate::card::{headers, shown_name};
use crate::desk::DeskEvent;
use crate::ending::By;
use crate::hand::Hold;
use crate::output::{DialTarget, Output};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// The ACD chose an operator: the card is shown, the phone waits for it.
    pub(crate) fn on_offer(&mut self, now: Now, output: gudok_acd::Output) {
        let gudok_acd::Output::Offer {
            offer: id,
            operator,
            queue,
            group,
            attempt,
            ring_deadline,
            expires: _,
            reasons,
        } = output
        else {
            return;
        };
        let met = self.why_met(id.call, &operator);
        let reasons = met.map_or(reasons, |why| vec![why]);
        self.touch(id.call);
        self.transfer_offered(id.call, &operator);
        let waits = |call: &&mut Call| matches!(call.phase, Phase::Waiting(_));
        let Some(call) = self.calls.get_mut(&id.call).filter(waits) else {
            // The call left the queue in the same breath; the ACD has been told and closes the offer.
            return;
        };
        let operator_of = operator.clone();
        let offered = CallEvent::Offered {
            offer: id,
            operator: operator.clone(),
            group: Some(group.clone()),
            reasons: reasons.clone(),
        };
        let offer = Offer {
            operator,
            group,
            queue,
            attempt,
            ring_deadline,
            reasons,
            stage: OfferStage::Popping { since: now.mono },
        };
        call.lookup_late = true;
        call.offers.insert(id, offer);
        call.offers_told = id.index;
        self.fact(id.call, offered);
        self.hush(id.call);
        self.request_offered(now, id.call, &operator_of);
        self.pop(now, id);
    }

    /// Shows the card. Where nobody can acknowledge it the phone rings at once.
    fn pop(&mut self, now: Now, id: OfferId) {
        let operator = self.card(now, id).and_then(|card| {
            let operator = self.hold_card(id, &card);
            self.tell_desk(operator.as_ref(), DeskEvent::OfferCreated(card));
            operator
        });
        let seat = operator.and_then(|operator| self.seats.get(&operator));
        if seat.is_some_and(|seat| seat.has_live_desk()) {
            let budget = now.mono + self.config.pop_budget;
            self.timers.set(Timer::Pop(id), budget);
        } else {
            self.dial(now, id, false);
        }
    }

    /// The desk shows the card.
    pub(crate) fn on_pop_acked(&mut self, now: Now, operator: &OperatorId, id: OfferId) {
        self.touch(id.call);
        let call = self.calls.get(&id.call);
        let offer = call.and_then(|call| call.offers.get(&id));
        if offer.is_some_and(|offer| &offer.operator == operator) {
            self.dial(now, id, true);
        }
    }

    /// The desk did not say so in time: the phone rings anyway.
    pub(crate) fn on_pop_budget(&mut self, now: Now, id: OfferId) {
        self.touch(id.call);
        self.dial(now, id, false);
    }

    /// Rings the operator's phone, once per offer.
    fn dial(&mut self, now: Now, id: OfferId, acknowledged: bool) {
        self.timers.cancel(Timer::Pop(id));
        let call = self.calls.get(&id.call).filter(|call| call.is_open());
        let Some(offer) = call.and_then(|call| call.offers.get(&id)) else {
            return;
        };
        let OfferStage::Popping { since } = offer.stage else {
            return;
        };
        let operator = offer.operator.clone();
        let took_us = micros(now.mono.since(since));
        self.fact(
            id.call,
            CallEvent::Popped {
                offer: id,
                acknowledged,
                took_us,
            },
        );
        let role = Role::Operator {
            operator: operator.clone(),
            offer: id,
        };
        match self.new_leg(id.call, role) {
            Some(leg) => self.ring_phone(id, leg, operator),
            None => self.rescue(now, id.call, "too-many-legs"),
        }
    }

    fn ring_phone(&mut self, id: OfferId, leg: LegId, operator: OperatorId) {
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        let Some(offer) = call.offers.get_mut(&id) else {
            return;
        };
        offer.stage = OfferStage::Dialled { leg };
        let offer = offer.clone();
        let seat = self.seats.get(&operator);
        let auto_answer = seat.map(|seat| seat.profile.auto_answer);
        let dial = Output::Dial {
            leg,
            target: DialTarget::Operator {
                operator: operator.clone(),
            },
            shown_number: call.shown_number(),
            shown_name: shown_name(call),
            auto_answer: auto_answer.unwrap_or_default(),
            colleague: Some(false),
            headers: headers(call, &offer),
        };
        self.fact(
            id.call,
            CallEvent::LegDialled {
                leg,
                operator: Some(operator),
                number: None,
            },
        );
        self.outputs.push_back(dial);
    }

    /// The first answer won: the two are bridged, the ACD closes the other offers.
    pub(crate) fn on_won(&mut self, now: Now, id: OfferId, operator: &OperatorId) {
        self.touch(id.call);
        let Some(call) = self.calls.get_mut(&id.call).filter(|call| call.is_open()) else {
            return self.give_back(now, id, operator);
        };
        let offer = call.offers.get(&id);
        let dialled = offer.and_then(|offer| match offer.stage {
            OfferStage::Dialled { leg } => Some((leg, offer.group.clone())),
            OfferStage::Popping { .. } => None,
        });
        let (Some((leg, group)), Phase::Waiting(wait)) = (dialled, &call.phase) else {
            return self.give_back(now, id, operator);
        };
        let talk = Talk {
            leg,
            operator: operator.clone(),
            group,
            offer: id,
            since: now.mono,
            heard: false,
            hold: Hold::default(),
            muted: false,
            settled_before: call.settled,
            from: wait.clone(),
        };
        let is_first = call.settled.is_none() && !call.wait_noted;
        let first = is_first.then(|| wait.clone());
        call.offers.remove(&id);
        if call.seeks_customer() {
            self.end_wait(id.call);
            return self.call_customer(now, id.call, talk);
        }
        self.end_wait(id.call);
        self.end_meeting(now, id.call);
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        call.course.met(operator);
        call.phase = Phase::Talking(talk);
        call.settled = Some(Outcome::Answered);
        call.wait_noted = true;
        let waited = call.waited(now.mono);
        self.end_transfer(id.call, 200);
        self.timers.cancel(Timer::Phase(id.call));
        if let Some(wait) = first {
            self.waits.note(now.mono, &wait);
        }
        self.note_talk(id.call, operator);
        self.bridge(id.call, leg, Some(operator.clone()), waited);
        self.show_talk(operator, id);
    }

    /// A win that nobody can use: the operator is freed.
    pub(crate) fn give_back(&mut self, now: Now, id: OfferId, operator: &OperatorId) {
        self.tell_acd(
            now,
            gudok_acd::Input::TalkEnded {
                operator: operator.clone(),
                call: id.call,
            },
        );
    }

    /// The offer is over: the phone stops ringing, every desk of the operator is told.
    pub(crate) fn on_offer_closed(
        &mut self,
        id: OfferId,
        operator: OperatorId,
        (end, revoked): (OfferEnd, Option<Revoked>),
    ) {
        self.touch(id.call);
        self.timers.cancel(Timer::Pop(id));
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        if id.index > call.offers_told {
            return;
        }
        let open = call.offers.remove(&id);
        if let Some(OfferStage::Dialled { leg }) = open.map(|offer| offer.stage) {
            self.dismiss(leg, end == OfferEnd::Lost);
        }
        self.fact(
            id.call,
            CallEvent::OfferClosed {
                offer: id,
                operator: operator.clone(),
                end,
                revoked,
            },
        );
        self.tell_desk(
            Some(&operator),
            DeskEvent::OfferClosed {
                offer_id: id,
                call_id: id.call,
                reason: end,
            },
        );
        if end != OfferEnd::BridgedEnded {
            self.transfer_declined(id.call, &operator, end);
            self.drop_card(&operator, id);
        }
    }

    /// A phone that was asked points to a colleague. Nobody but people of ours is rung for it, each with a seat, and for a
    /// caller with a card; of a call outside it means nothing.
    pub(crate) fn on_redirected(&mut self, now: Now, leg: LegId, to: OperatorId) {
        if !self.config.follow_redirects {
            return;
        }
        if self.is_intercom(leg) {
            return self.on_intercom_redirected(leg, to);
        }
        match self.live_role(leg) {
            Some(Role::Operator { offer, .. }) => {
                self.tell_acd(now, gudok_acd::Input::Redirected { offer, to });
            }
            Some(Role::Consulted) => self.on_consulted_redirected(leg, to),
            Some(
                Role::Caller | Role::Own { .. } | Role::Outside | Role::Aside | Role::Supervisor,
            )
            | None => {}
        }
    }

    /// An operator's leg is over: the talk is, or the offer.
    pub(crate) fn on_operator_leg_ended(
        &mut self,
        now: Now,
        leg: LegId,
        operator: &OperatorId,
        offer: OfferId,
        cause: EndCause,
    ) {
        let Some(call) = self.calls.get(&leg.call) else {
            return;
        };
        if let Some(talk) = call.talk().filter(|talk| talk.leg == leg) {
            let talk = talk.clone();
            return self.on_talk_leg_ended(now, leg.call, &talk, cause);
        }
        if self.is_apart_by(leg) {
            return self.end_apart(now, leg.call, By::Caller);
        }
        if self.dialler_left(now, leg, cause) {
            return;
        }
        let Some(call) = self.calls.get(&leg.call) else {
            return;
        };
        if call
            .offers
            .get(&offer)
            .is_some_and(|o| &o.operator == operator)
        {
            self.tell_acd(now, offer_end(offer, cause));
        }
    }
}

/// What the ACD makes of a phone that did not take the call.
fn offer_end(offer: OfferId, cause: EndCause) -> gudok_acd::Input {
    use gudok_acd::Input as Acd;
    match cause {
        EndCause::Busy | EndCause::Declined => Acd::Rejected { offer },
        EndCause::NoAnswer | EndCause::HungUp => Acd::Unanswered { offer },
        EndCause::ByUs
        | EndCause::NotFound
        | EndCause::Unreachable
        | EndCause::NoCommonCodec
        | EndCause::MediaAddress
        | EndCause::Refused
        | EndCause::MediaTimeout
        | EndCause::SessionTimeout
        | EndCause::Panic
        | EndCause::Cut => Acd::DeviceFailed { offer },
    }
}

fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}
