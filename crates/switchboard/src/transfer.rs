//! A caller is passed on: blind, to whoever answers next, or to the one who was consulted (behaviour 5.2).
//!
//! Named policies: only the operator who talks with a caller passes them on, never a caller and never a party outside.
//! To a person who cannot be rung now, and to a queue that is full, closed, has nobody or is told to drain, the transfer is
//! refused, and the talk goes on. A person, a queue or a number outside where nobody answers gives the caller back to
//! whoever passed them on (out of the wrap-up of this very call, without a miss for no answer), and after that to the
//! queue they came from, with the waiting time they had. Numbers outside are refused unless
//! [`Config::transfer_outside`] has them.
//!
//! [`Config::transfer_outside`]: crate::Config::transfer_outside
use gudok_acd::view::Asked;
use gudok_dialplan::plan::Plan;
use gudok_model::{
    AutoAnswer, CallEvent, CallId, LegId, Now, OfferEnd, OfferId, OperatorId, Parsed, PhoneNumber,
    QueueId, Reason,
};

use crate::call::{Offer, OfferStage, Phase, Role, Talk, Wait};
use crate::card::shown_name;
use crate::desk::DeskEvent;
use crate::ending::By;
use crate::hand::Hold;
use crate::input::ReferTo;
use crate::output::{DialTarget, Output};
use crate::switchboard::Switchboard;

/// Who is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Whom {
    Operator(OperatorId),
    Queue(QueueId),
    Outside(PhoneNumber),
}

/// A phone's wish, by its leg and its name there: what becomes of it is told.
pub(crate) type Wish = (LegId, u32);

/// Why a talk became that of somebody else, told with the former operator.
type Why = fn(&OperatorId) -> Reason;

/// A blind transfer whose outcome is not told yet.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Transfer {
    /// What a phone asked for; None: the desk did, and sees what becomes of the call.
    wish: Option<Wish>,
    by: OperatorId,
    to: Whom,
    /// The place to come back to.
    from: Wait,
}

impl Whom {
    /// For the record; numbers masked.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Operator(operator) => format!("operator {operator}"),
            Self::Queue(queue) => format!("queue {queue}"),
            Self::Outside(number) => format!("external {}", number.masked()),
        }
    }
}

impl Switchboard {
    /// A party asks for somebody else in its place.
    pub(crate) fn on_referred(&mut self, now: Now, leg: LegId, refer: u32, to: ReferTo) {
        self.touch(leg.call);
        if let Err(status) = self.transfer(now, leg, refer, to) {
            self.outputs
                .push_back(Output::AnswerRefer { leg, refer, status });
        }
    }

    fn transfer(&mut self, now: Now, leg: LegId, refer: u32, to: ReferTo) -> Result<(), u16> {
        let call = self.calls.get(&leg.call).filter(|call| call.is_open());
        let call = call.ok_or(FORBIDDEN)?;
        let talk = call.talk().ok_or(FORBIDDEN)?.clone();
        match to {
            ReferTo::Person { number } if leg == talk.leg => {
                let whom = self.whom(Some((now, &call.plan)), &number)?;
                self.pass_on(now, &talk, Some((leg, refer)), whom)
            }
            ReferTo::Party { leg: other } => {
                let consult = call.consult.as_ref().ok_or(DECLINED)?;
                let own = [talk.leg, consult.own.ok_or(DECLINED)?];
                if leg == other || !own.contains(&leg) || !own.contains(&other) {
                    return Err(DECLINED);
                }
                if consult.answered {
                    return self.join(now, &talk, Some((leg, refer)));
                }
                let whom = consult.with.clone();
                self.pass_on(now, &talk, Some((leg, refer)), whom)
            }
            ReferTo::Person { .. } => Err(FORBIDDEN),
        }
    }

    /// Whom an operator means who dials this: with a plan, its queues too, as they are now. Err: the status of a refusal.
    pub(crate) fn whom(&self, plan: Option<(Now, &Plan)>, to: &Parsed) -> Result<Whom, u16> {
        let operator = OperatorId::from(to.raw.as_str());
        if self.seats.contains_key(&operator) {
            return Ok(Whom::Operator(operator));
        }
        let named = plan.and_then(|(now, plan)| self.queue_named(now, plan, &to.raw));
        if let Some(queue) = named {
            return Ok(Whom::Queue(queue));
        }
        match &to.e164 {
            Some(number) if self.config.lets_outside(number) => Ok(Whom::Outside(number.clone())),
            Some(_) => Err(FORBIDDEN),
            None => Err(NOBODY),
        }
    }

    /// The queue of this name; else, of the queues of the group of this name, the first that takes callers in, or of none the first.
    fn queue_named(&self, now: Now, plan: &Plan, name: &str) -> Option<QueueId> {
        let mut queues = plan.queues().iter();
        let exact = queues.find(|it| it.id.as_str() == name);
        let of_group = || {
            let of_group = plan.queues().iter();
            let mut of_group = of_group.filter(|it| it.group.as_str() == name);
            let first = of_group.clone().next();
            of_group
                .find(|it| self.has_room(now, &it.id).is_ok())
                .or(first)
        };
        exact.or_else(of_group).map(|it| it.id.clone())
    }

    /// Whether this person can be rung now. Err: the status of a refusal.
    pub(crate) fn is_free(&self, call: CallId, operator: &OperatorId) -> Result<(), u16> {
        match self.acd.may_be_asked(call, operator) {
            // Their phone is in the talk, or rings for it: it would be rung twice.
            Asked::Yes if self.supervises(operator).is_some() => Err(BUSY),
            Asked::Yes => Ok(()),
            Asked::Busy => Err(BUSY),
            Asked::Away => Err(GONE_AWAY),
        }
    }

    /// The operator's part ends here, whatever becomes of the transfer (behaviour 5.2).
    pub(crate) fn pass_on(
        &mut self,
        now: Now,
        talk: &Talk,
        wish: Option<Wish>,
        whom: Whom,
    ) -> Result<(), u16> {
        let (id, by) = (talk.leg.call, talk.operator.clone());
        match &whom {
            Whom::Operator(to) if *to == by => return Err(FORBIDDEN),
            Whom::Operator(to) => self.is_free(id, to)?,
            Whom::Queue(to) => self.has_room(now, to)?,
            // Whoever rings for a consultation was let out; it is asked again when that leg has ended.
            Whom::Outside(_) if self.calls.get(&id).is_some_and(|it| it.consult.is_some()) => {}
            Whom::Outside(to) => {
                self.lets_out(now, id, to, Some(&by)).ok_or(FORBIDDEN)?;
            }
        }
        self.take_wish(id, wish, (&by, &whom), false);
        // Whoever is being consulted is let go of when the caller has them, lest another one is faster.
        let asked = self.set_consult_aside(now, id, GONE_AWAY);
        self.end_talk(now, id, talk, By::Operator);
        self.send_on(
            now,
            id,
            Transfer {
                wish,
                by,
                to: whom,
                from: talk.from.clone(),
            },
        );
        if let Some(asked) = asked {
            self.engage(now, id, &asked, false);
        }
        Ok(())
    }

    /// Whether a queue takes callers in. Err: the status of a refusal.
    fn has_room(&self, now: Now, queue: &QueueId) -> Result<(), u16> {
        let view = self.acd.queue(queue, now.mono).unwrap_or_default();
        match view {
            _ if self.is_closed(now, queue) => Err(CLOSED),
            _ if self.draining || view.logged_in == 0 => Err(GONE_AWAY),
            _ if view.full => Err(BUSY),
            _ => Ok(()),
        }
    }

    fn send_on(&mut self, now: Now, id: CallId, transfer: Transfer) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.phase = Phase::Deciding;
        call.transfer = Some(transfer.clone());
        let Transfer { by, to, from, .. } = transfer;
        let patience = now.mono + self.config.requeue_wait_min;
        match to {
            Whom::Operator(to) => {
                let deadline = from.deadline.max(patience);
                self.seek(now, id, Wait { deadline, ..from }, vec![to, by]);
            }
            Whom::Queue(queue) => {
                let deadline = now.mono + self.config.transfer_wait;
                let wait = Wait {
                    queue,
                    deadline,
                    ..from
                };
                self.seek(now, id, wait, Vec::new());
            }
            Whom::Outside(number) => self.ring_outside(now, id, number, (&by, from)),
        }
    }

    fn take_wish(
        &mut self,
        call_id: CallId,
        wish: Option<Wish>,
        (by, to): (&OperatorId, &Whom),
        attended: bool,
    ) {
        if let Some((leg, refer)) = wish {
            let status = 202;
            self.outputs
                .push_back(Output::AnswerRefer { leg, refer, status });
        } else {
            let to = to.shown();
            let event = DeskEvent::Transferred {
                call_id,
                to,
                attended,
            };
            self.tell_desk(Some(by), event);
        }
        if let Some(call) = self.calls.get_mut(&call_id) {
            call.course.passed_by = Some(by.clone());
            if let Whom::Outside(_) = to {
                call.course.went(to.text());
            }
        }
        self.fact(
            call_id,
            CallEvent::Transferred {
                by: by.clone(),
                to: to.text(),
                attended,
            },
        );
    }

    fn tell_progress(&mut self, wish: Option<Wish>, status: u16) {
        if let Some((leg, refer)) = wish {
            self.outputs
                .push_back(Output::ReferProgress { leg, refer, status });
        }
    }

    /// Into a queue, for these people first; with the waiting time the caller had (Q1).
    pub(crate) fn seek(&mut self, now: Now, id: CallId, wait: Wait, first: Vec<OperatorId>) {
        let wait = Wait {
            leave_empty: false,
            intro: None,
            entered: now.mono,
            aside: std::time::Duration::ZERO,
            // Who has talked with somebody does not stand where places are counted.
            announce: None,
            // Nor where the plan waits for a key.
            keys: None,
            ..wait
        };
        if let Some(end) = self.wait_for(now, id, wait, first)
            && !self.comes_back(now, id)
        {
            self.advance(now, id, Some(end));
        }
    }

    fn ring_outside(
        &mut self,
        now: Now,
        id: CallId,
        number: PhoneNumber,
        (by, from): (&OperatorId, Wait),
    ) {
        let Some(pass) = self.lets_out(now, id, &number, Some(by)) else {
            return self.come_back(now, id);
        };
        let Some(leg) = self.new_leg(id, Role::Outside) else {
            return self.come_back(now, id);
        };
        self.goes_out(now, leg, pass);
        let music = vec![from.music];
        self.play(LegId::caller(id), music, true);
        self.fact(
            id,
            CallEvent::LegDialled {
                leg,
                operator: None,
                number: Some(number.clone()),
            },
        );
        let trunk = None;
        self.outputs.push_back(Output::Dial {
            leg,
            target: DialTarget::External { number, trunk },
            shown_number: None,
            shown_name: None,
            auto_answer: AutoAnswer::Off,
            colleague: Some(false),
            headers: Vec::new(),
        });
        let ring = self.config.transfer_ring;
        self.enter(now, id, Phase::CallingOut { leg }, ring);
    }

    /// Nobody outside answers, or nobody of a queue. False: it was not a transfer that led there.
    pub(crate) fn comes_back(&mut self, now: Now, id: CallId) -> bool {
        let call = self.calls.get(&id);
        let transfer = call.and_then(|call| call.transfer.as_ref());
        let elsewhere = |it: &Transfer| matches!(it.to, Whom::Outside(_) | Whom::Queue(_));
        let back = transfer.is_some_and(elsewhere);
        if back {
            self.come_back(now, id);
        }
        back
    }

    /// Back to whoever passed the caller on, and after that to the queue they came from.
    fn come_back(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let Some(transfer) = call.and_then(|call| call.transfer.clone()) else {
            return;
        };
        self.end_transfer(id, GONE_AWAY);
        let deadline = now.mono + self.config.requeue_wait_min;
        let deadline = transfer.from.deadline.max(deadline);
        let wait = Wait {
            deadline,
            ..transfer.from
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = Phase::Deciding;
        }
        self.seek(now, id, wait, vec![transfer.by]);
    }

    /// Somebody rings for the caller who was passed on.
    pub(crate) fn transfer_rings(&mut self, id: CallId) {
        let call = self.calls.get(&id);
        if let Some(transfer) = call.and_then(|call| call.transfer.as_ref()) {
            self.tell_progress(transfer.wish, 180);
        }
    }

    /// What came of it is told, once.
    pub(crate) fn end_transfer(&mut self, id: CallId, status: u16) {
        let call = self.calls.get_mut(&id);
        if let Some(transfer) = call.and_then(|call| call.transfer.take()) {
            self.tell_progress(transfer.wish, status);
        }
    }

    /// An offer to somebody else than whom the caller was passed on to: that one could not be asked.
    pub(crate) fn transfer_offered(&mut self, id: CallId, to: &OperatorId) {
        if self.is_passed_to(id, |meant| meant != to) {
            self.end_transfer(id, GONE_AWAY);
        }
    }

    /// An offer is over without a talk.
    pub(crate) fn transfer_declined(&mut self, id: CallId, by: &OperatorId, end: OfferEnd) {
        if self.is_passed_to(id, |meant| meant == by) {
            let busy = end == OfferEnd::Rejected;
            self.end_transfer(id, if busy { BUSY } else { GONE_AWAY });
        }
    }

    fn is_passed_to(&self, id: CallId, fits: impl FnOnce(&OperatorId) -> bool) -> bool {
        let call = self.calls.get(&id);
        let to = call
            .and_then(|call| call.transfer.as_ref())
            .map(|it| &it.to);
        matches!(to, Some(Whom::Operator(meant)) if fits(meant))
    }

    /// Attended: the caller and the one who was consulted hear each other, both legs of the operator end.
    pub(crate) fn join(&mut self, now: Now, talk: &Talk, wish: Option<Wish>) -> Result<(), u16> {
        let id = talk.leg.call;
        let call = self.calls.get(&id);
        let consult = call.and_then(|call| call.consult.clone()).ok_or(DECLINED)?;
        match &consult.with {
            Whom::Operator(operator) => {
                let operator = operator.clone();
                self.hand_over(now, id, talk, operator, By::Operator)?;
            }
            Whom::Outside(_) => {}
            Whom::Queue(_) => return Err(DECLINED),
        }
        self.take_wish(id, wish, (&talk.operator, &consult.with), true);
        self.tell_progress(wish, 200);
        if let Whom::Outside(_) = consult.with {
            self.join_outside(now, talk, consult.other);
        }
        Ok(())
    }

    /// The ACD makes the talk that of another. A wrap-up of no length is over before anything else is told of it.
    pub(crate) fn hand_over(
        &mut self,
        now: Now,
        id: CallId,
        talk: &Talk,
        operator: OperatorId,
        by: By,
    ) -> Result<(), u16> {
        if talk.is_by_hand() {
            return self.hand_over_own(now, talk, operator, by);
        }
        let call = self.calls.get_mut(&id).ok_or(DECLINED)?;
        let begins = call.wrap_ups.insert(talk.operator.clone());
        let joined = gudok_acd::Input::Joined { call: id, operator };
        if self.ask_acd(now, joined).is_ok() {
            self.tell_call_ended(&talk.operator, id, by);
            return Ok(());
        }
        if let Some(call) = self.calls.get_mut(&id).filter(|_| begins) {
            call.wrap_ups.remove(&talk.operator);
        }
        Err(BUSY)
    }

    fn join_outside(&mut self, now: Now, talk: &Talk, other: LegId) {
        let id = talk.leg.call;
        let own = self.leave_consult(now, id).and_then(|it| it.own);
        if let Some(own) = own {
            self.dismiss(own, false);
        }
        self.end_talk(now, id, talk, By::Operator);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.phase = Phase::TalkingOut { leg: other };
        call.sent_outside = true;
        if let Some(leg) = call.legs.get_mut(&other.index) {
            leg.role = Role::Outside;
        }
        let waited = call.waited(now.mono);
        self.bridge(id, other, None, waited);
    }

    /// The ACD has made the talk that of the one who was consulted, or of a supervisor who was in it.
    pub(crate) fn on_joined(&mut self, now: Now, offer: OfferId, operator: &OperatorId) {
        let id = offer.call;
        self.touch(id);
        let talk = self.calls.get(&id).and_then(|call| call.talk().cloned());
        self.leave_room(id);
        let joins = match self.joins_from_ears(now, id, operator) {
            Some(leg) => Some((leg, None, taken_over_from as Why)),
            None => self.joins_from_aside(now, id),
        };
        let (Some(talk), Some((leg, own, why))) = (talk, joins) else {
            return self.give_back(now, offer, operator);
        };
        self.dismiss(talk.leg, false);
        if let Some(own) = own {
            self.dismiss(own, false);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.offers_told = offer.index;
        if let Some(found) = call.legs.get_mut(&leg.index) {
            found.role = Role::Operator {
                operator: operator.clone(),
                offer,
            };
        }
        let waited = call.waited(now.mono);
        call.phase = Phase::Talking(Talk {
            leg,
            operator: operator.clone(),
            group: talk.group,
            offer,
            since: now.mono,
            heard: true,
            hold: Hold::default(),
            muted: false,
            settled_before: talk.settled_before,
            from: talk.from,
        });
        let reasons = vec![why(&talk.operator)];
        self.identify(id, leg);
        self.show_passed_on(now, offer, operator, reasons);
        if let Some(call) = self.calls.get_mut(&id) {
            call.course.met(operator);
        }
        self.bridge(id, leg, Some(operator.clone()), waited);
        self.show_talk(operator, offer);
        self.show_supervisions(id);
        self.note_talk(id, operator);
    }

    /// By whose leg the caller goes on who was asked aside, and the second leg of whoever asked.
    fn joins_from_aside(&mut self, now: Now, id: CallId) -> Option<(LegId, Option<LegId>, Why)> {
        let consult = self.leave_consult(now, id)?;
        Some((consult.other, consult.own, passed_on_by))
    }

    /// The phone that was asked showed who asked; from now on it shows the caller (pain 21).
    fn identify(&mut self, id: CallId, leg: LegId) {
        let call = self.calls.get(&id).filter(|_| self.config.hand);
        if let Some(call) = call {
            let (shown_number, shown_name) = (call.shown_number(), shown_name(call));
            self.outputs.push_back(Output::Identify {
                leg,
                shown_number,
                shown_name,
            });
        }
    }

    /// The card goes with the caller.
    fn show_passed_on(
        &mut self,
        now: Now,
        id: OfferId,
        operator: &OperatorId,
        reasons: Vec<Reason>,
    ) {
        let Some(call) = self.calls.get_mut(&id.call) else {
            return;
        };
        let of_talk = |talk: &Talk| (talk.from.queue.clone(), talk.group.clone());
        let Some((queue, group)) = call.talk().map(of_talk) else {
            return;
        };
        let offer = Offer {
            operator: operator.clone(),
            group: group.clone(),
            queue,
            attempt: 1,
            ring_deadline: now.mono,
            reasons: reasons.clone(),
            stage: OfferStage::Popping { since: now.mono },
        };
        call.offers.insert(id, offer);
        let offered = CallEvent::Offered {
            offer: id,
            operator: operator.clone(),
            group: Some(group),
            reasons,
        };
        if id.index > 0 {
            self.fact(id.call, offered);
        }
        if let Some(card) = self.card(now, id) {
            let operator = self.hold_card(id, &card);
            self.tell_desk(operator.as_ref(), DeskEvent::OfferUpdated(card));
        }
        if let Some(call) = self.calls.get_mut(&id.call) {
            call.offers.remove(&id);
        }
    }
}

/// 403: not by this party, or not to that number.
pub(crate) const FORBIDDEN: u16 = 403;
/// 404: nobody is called so.
pub(crate) const NOBODY: u16 = 404;
/// 480: no phone or no seat; or no answer.
pub(crate) const GONE_AWAY: u16 = 480;
/// 410: the queue takes nobody in at this hour. Not 503, for which a phone may look for another server.
pub(crate) const CLOSED: u16 = 410;
/// 486: has another call in hand.
pub(crate) const BUSY: u16 = 486;
/// 603: not these two legs.
const DECLINED: u16 = 603;

fn passed_on_by(operator: &OperatorId) -> Reason {
    Reason {
        code: "passed_on".into(),
        place: None,
        text: format!("звонок передал оператор {operator} после консультации"),
    }
}

fn taken_over_from(operator: &OperatorId) -> Reason {
    Reason {
        code: "taken_over".into(),
        place: None,
        text: format!("вы забрали разговор у оператора {operator}"),
    }
}
