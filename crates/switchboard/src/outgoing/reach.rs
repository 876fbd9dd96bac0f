//! From the operator's phone to the talk: consent, the second question to the rules, the customer's phone, the notice.
use gudok_dialplan::RecordPolicy;
use gudok_model::{CallEvent, CallId, LegId, Now, OfferId, OperatorId, Outcome};

use super::{CUSTOMER_RING, Dialling, How, Progress, Stage};
use crate::call::{Access, Leg, Offer, OfferStage, Phase, Role, Talk};
use crate::desk::DeskEvent;
use crate::door::Pass;
use crate::output::{DialTarget, Output};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// The operator's own phone was answered: that is their consent.
    pub(crate) fn on_own_answered(&mut self, now: Now, leg: LegId) {
        let call = self.calls.get(&leg.call);
        let rings = |it: &&Dialling| it.stage == Stage::Operator && it.talk.leg == leg;
        let dialling = call.and_then(|call| call.dialling()).filter(rings);
        match dialling.map(|dialling| dialling.talk.clone()) {
            Some(talk) => self.call_customer(now, leg.call, talk),
            None => self.dismiss(leg, false),
        }
    }

    /// The rules are asked once more, since a minute may have passed; then the customer is rung.
    pub(crate) fn call_customer(&mut self, now: Now, id: CallId, talk: Talk) {
        if self.config.homes {
            self.note_home(id);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(out) = call.out.as_mut() else {
            return;
        };
        out.consented = true;
        let wanted = out.wanted.clone();
        let operator = talk.operator.clone();
        let stage = Stage::Customer(Progress::Silence);
        let dialling = Phase::Dialling(Box::new(Dialling { talk, stage }));
        self.enter(now, id, dialling, CUSTOMER_RING);
        if self.draining {
            return self.give_up_out(now, id, How::Failed("draining"));
        }
        match self.ask_rules(now, &wanted, Some(&operator)) {
            Ok(_) if self.is_line_taken(id) => {
                self.meet_on_the_line(now, id);
                self.give_up_out(now, id, How::CalledIn);
            }
            Ok(allowed) => match self.request_dials(now, id, &operator) {
                Ok(()) => self.ring_customer(now, id, allowed.cli, Pass::counted(allowed.attempt)),
                Err(how) => self.give_up_out(now, id, how),
            },
            Err(denial) => {
                self.tell_denied(id, &denial);
                self.give_up_out(now, id, How::Denied(denial));
            }
        }
    }

    fn ring_customer(&mut self, now: Now, id: CallId, cli: gudok_model::PhoneNumber, pass: Pass) {
        let leg = LegId::caller(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(number) = call.caller.e164().cloned() else {
            return;
        };
        let trunk = call.number.trunk.clone();
        call.legs.insert(0, Leg::new(Role::Caller));
        self.goes_out(now, leg, pass);
        self.fact(
            id,
            CallEvent::LegDialled {
                leg,
                operator: None,
                number: Some(number.clone()),
            },
        );
        self.outputs.push_back(Output::Dial {
            leg,
            target: DialTarget::Customer { number, trunk, cli },
            shown_number: None,
            shown_name: None,
            auto_answer: gudok_model::AutoAnswer::Off,
            colleague: Some(false),
            headers: Vec::new(),
        });
        self.tell_dialling(id, "customer");
    }

    /// The customer's phone rings.
    pub(crate) fn on_customer_rings(&mut self, id: CallId) {
        if self
            .calls
            .get(&id)
            .is_some_and(|call| call.seeks_customer())
        {
            self.tell_dialling(id, "ringing");
            self.let_it_ring(id);
        }
    }

    /// The customer answered. Where the talk is recorded, they are told so first.
    pub(crate) fn on_customer_answered(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.access = Access::Answered;
        let Some(out) = call.out.as_mut() else {
            return;
        };
        out.reached = true;
        let record = call.number.record;
        self.tell_out_end(now, id, How::Reached);
        self.end_progress(id);
        self.arm_recording(id);
        if record != RecordPolicy::AfterNotice {
            return self.connect(now, id);
        }
        let notice = self.config.notice_prompt.clone();
        let limit = self.config.play_limit(1);
        let play = self.play(LegId::caller(id), vec![notice.clone()], false);
        let Some(Phase::Dialling(dialling)) = self.calls.get_mut(&id).map(|call| &mut call.phase)
        else {
            return;
        };
        dialling.stage = Stage::Notice {
            play,
            notice: Some(notice),
        };
        self.timers.set(Timer::Phase(id), now.mono + limit);
        self.tell_dialling(id, "notice");
    }

    /// The customer was told.
    pub(crate) fn on_out_told(&mut self, now: Now, id: CallId, ended: u32) {
        let Some(Phase::Dialling(dialling)) = self.calls.get_mut(&id).map(|call| &mut call.phase)
        else {
            return;
        };
        match &mut dialling.stage {
            Stage::Notice { play, notice } if *play == ended => {
                let notice = notice.take();
                self.on_notice_played(id, notice);
                self.connect(now, id);
            }
            _ => {}
        }
    }

    /// The two hear each other.
    fn connect(&mut self, now: Now, id: CallId) {
        self.timers.cancel(Timer::Phase(id));
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Phase::Dialling(dialling) = std::mem::replace(&mut call.phase, Phase::Deciding) else {
            return;
        };
        let talk = Talk {
            since: now.mono,
            heard: true,
            ..dialling.talk
        };
        let (leg, operator, offer) = (talk.leg, talk.operator.clone(), talk.offer);
        let attempt = call.out.as_ref().map(|out| out.attempt);
        let by_hand = talk.is_by_hand();
        call.phase = Phase::Talking(talk);
        call.settled = Some(Outcome::Answered);
        call.wait_noted = true;
        call.course.met(&operator);
        if let Some(attempt) = attempt.filter(|_| by_hand) {
            let operator = operator.clone();
            self.tell_acd(now, gudok_acd::Input::DialAnswered { operator, attempt });
        }
        self.note_talk(id, &operator);
        self.bridge(id, leg, Some(operator.clone()), std::time::Duration::ZERO);
        self.show_talk(&operator, offer);
    }

    /// How far it is, for the desk of whoever calls.
    pub(crate) fn tell_dialling(&mut self, call_id: CallId, state: &str) {
        let call = self.calls.get(&call_id);
        let Some(dialling) = call.and_then(|call| call.dialling()) else {
            return;
        };
        let operator = dialling.talk.operator.clone();
        let state = state.into();
        self.tell_desk(Some(&operator), DeskEvent::Dialling { call_id, state });
    }

    /// The card of whom an operator calls, without an offer.
    pub(crate) fn show_out_card(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Some(talk) = call.dialling().map(|it| it.talk.clone()) else {
            return;
        };
        let offer_id = OfferId { call: id, index: 0 };
        call.offers.insert(offer_id, own_offer(now, &talk));
        if let Some(card) = self.card(now, offer_id) {
            let operator: Option<OperatorId> = self.hold_card(offer_id, &card);
            self.tell_desk(operator.as_ref(), DeskEvent::OfferUpdated(card));
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.offers.remove(&offer_id);
        }
    }
}

fn own_offer(now: Now, talk: &Talk) -> Offer {
    Offer {
        operator: talk.operator.clone(),
        group: talk.group.clone(),
        queue: talk.from.queue.clone(),
        attempt: 1,
        ring_deadline: now.mono,
        reasons: Vec::new(),
        stage: OfferStage::Popping { since: now.mono },
    }
}
