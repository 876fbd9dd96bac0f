//! An operator in a talk asks somebody else, which the caller does not hear: by a second line of the phone, which is a leg of the
//! same call, or from the desk by the leg they have (`hand`).
//!
//! The caller is on hold (the phone does that by itself) or listens to the operator; the recording is of the caller's
//! leg and goes on. When the talk ends, so does the consultation; but where the caller is gone and whoever is asked has
//! answered, these two talk on (`apart`).
use gudok_model::{AutoAnswer, CallEvent, CallId, EndCause, LegId, Now, OperatorId, Parsed};

use crate::call::Role;
use crate::door::Pass;
use crate::ending::By;
use crate::hand::left;
use crate::output::{DialTarget, Output};
use crate::pointed::Pointed;
use crate::switchboard::Switchboard;
use crate::timers::Timer;
use crate::transfer::{BUSY, FORBIDDEN, GONE_AWAY, Whom};

/// A consultation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Consult {
    /// The operator's second leg, by which they dialled; None: they asked from the desk, and hear whoever is asked by the leg of
    /// their talk.
    pub(crate) own: Option<LegId>,
    /// The leg of whoever is asked.
    pub(crate) other: LegId,
    pub(crate) with: Whom,
    /// Who asks.
    pub(crate) by: OperatorId,
    pub(crate) answered: bool,
    /// The caller is in it.
    pub(crate) conference: bool,
    /// What the two say is recorded, on a track of its own.
    pub(crate) recorded: bool,
    pub(crate) pointed: Pointed,
}

impl Switchboard {
    /// The leg by which an operator who talks with a caller would consult somebody: a driver opens it where that
    /// operator's phone dials. None: they talk with nobody, or consult already.
    pub fn consult_leg(&self, operator: &OperatorId) -> Option<LegId> {
        let mut calls = self.calls.values();
        let call = calls.find(|call| call.talk().is_some_and(|talk| &talk.operator == operator))?;
        let index = call.next_leg.checked_add(1)?;
        let free = call.consult.is_none() && call.is_open();
        free.then_some(LegId {
            call: call.id,
            index,
        })
    }

    /// An operator's phone dials somebody who is no number of the plan.
    pub(crate) fn on_operator_dials(
        &mut self,
        now: Now,
        leg: LegId,
        operator: &OperatorId,
        to: &Parsed,
    ) {
        self.touch(leg.call);
        let dialled = if leg.is_caller() {
            self.intercom(now, leg.call, operator, to)
        } else {
            self.consult(now, leg, operator, to)
        };
        if let Err(status) = dialled {
            self.number_is_taken(leg);
            self.refuse_leg(leg, status);
        }
    }

    /// A leg that is refused is not over yet: no other one gets its number meanwhile.
    fn number_is_taken(&mut self, leg: LegId) {
        let call = self.calls.get_mut(&leg.call);
        if let Some(call) = call.filter(|_| self.config.told_once) {
            call.next_leg = call.next_leg.max(leg.index);
        }
    }

    fn consult(
        &mut self,
        now: Now,
        own: LegId,
        operator: &OperatorId,
        to: &Parsed,
    ) -> Result<(), u16> {
        // Somebody else was faster with the leg: the phone may try again.
        if self.consult_leg(operator) != Some(own) {
            return Err(BUSY);
        }
        let with = self.whom(None, to)?;
        let target = self.may_consult(own.call, operator, &with)?;
        let pass = self.pass_to(now, own.call, &with, operator)?;
        let legs = self.new_leg(own.call, Role::Aside);
        let other = legs.and_then(|_| self.new_leg(own.call, Role::Consulted));
        let other = other.ok_or(GONE_AWAY)?;
        if let Some(pass) = pass {
            self.goes_out(now, other, pass);
        }
        let consult = Consult {
            own: Some(own),
            other,
            with,
            by: operator.clone(),
            answered: false,
            conference: false,
            recorded: false,
            pointed: Pointed::default(),
        };
        self.begin_consult(now, consult, target);
        Ok(())
    }

    /// A number outside is asked for at the door; nobody else needs a pass. Err: the status of a refusal.
    pub(crate) fn pass_to(
        &mut self,
        now: Now,
        id: CallId,
        with: &Whom,
        by: &OperatorId,
    ) -> Result<Option<Pass>, u16> {
        let Whom::Outside(number) = with else {
            return Ok(None);
        };
        let pass = self.lets_out(now, id, number, Some(by));
        Ok(Some(pass.ok_or(FORBIDDEN)?))
    }

    /// Whether this operator may ask them now. Err: the status of a refusal.
    pub(crate) fn may_consult(
        &self,
        id: CallId,
        by: &OperatorId,
        with: &Whom,
    ) -> Result<DialTarget, u16> {
        match with {
            Whom::Operator(other) if other == by => Err(BUSY),
            Whom::Operator(other) => {
                self.is_free(id, other)?;
                let operator = other.clone();
                Ok(DialTarget::Operator { operator })
            }
            Whom::Outside(number) => Ok(DialTarget::External {
                number: number.clone(),
                trunk: None,
            }),
            Whom::Queue(_) => Err(BUSY),
        }
    }

    pub(crate) fn begin_consult(&mut self, now: Now, consult: Consult, target: DialTarget) {
        let (id, own, other) = (consult.other.call, consult.own, consult.other);
        let operator = consult.by.clone();
        self.engage(now, id, &consult.with, true);
        self.consulting(now, &consult.by, true);
        let number = match &consult.with {
            Whom::Outside(number) => Some(number.clone()),
            Whom::Operator(_) | Whom::Queue(_) => None,
        };
        let asked = match &consult.with {
            Whom::Operator(operator) => Some(operator.clone()),
            Whom::Outside(_) | Whom::Queue(_) => None,
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.consult = Some(consult);
        }
        self.tell_asked(id, "ringing");
        let ring = now.mono + self.config.transfer_ring;
        self.timers.set(Timer::Consult(id), ring);
        let dialled_by = own.map(|own| (own, Some(operator.clone()), None));
        for (leg, operator, number) in dialled_by.into_iter().chain([(other, asked, number)]) {
            self.fact(
                id,
                CallEvent::LegDialled {
                    leg,
                    operator,
                    number,
                },
            );
        }
        if let Some(leg) = own {
            self.outputs.push_back(Output::Ring { leg });
        }
        self.dial_colleague(other, target, &operator);
    }

    /// Rings somebody for an operator, who is shown by name and login.
    pub(crate) fn dial_colleague(&mut self, leg: LegId, target: DialTarget, by: &OperatorId) {
        let seat = self.seats.get(by);
        self.outputs.push_back(Output::Dial {
            leg,
            target,
            shown_number: None,
            shown_name: seat.map(|seat| format!("{} ({by})", seat.profile.name)),
            auto_answer: AutoAnswer::Off,
            colleague: Some(true),
            headers: Vec::new(),
        });
    }

    pub(crate) fn engage(&mut self, now: Now, call: CallId, with: &Whom, on: bool) {
        if let Whom::Operator(operator) = with {
            let operator = operator.clone();
            self.tell_acd(now, gudok_acd::Input::Engaged { operator, call, on });
        }
    }

    /// Whoever is asked has answered.
    pub(crate) fn on_consulted_answered(&mut self, leg: LegId) {
        let Some(call) = self.calls.get_mut(&leg.call) else {
            return;
        };
        let talk = call.talk().map(|talk| talk.leg);
        let consult = call.consult.as_mut();
        let Some(consult) = consult.filter(|it| it.other == leg && !it.answered) else {
            return;
        };
        consult.answered = true;
        let (own, b) = (consult.own, consult.other);
        self.timers.cancel(Timer::Consult(leg.call));
        if let Some(leg) = own {
            self.outputs.push_back(Output::Answer { leg });
        }
        if let Some(a) = own.or(talk) {
            self.outputs.push_back(Output::Bridge { a, b });
        }
        self.record_aside(leg.call);
        self.tell_asked(leg.call, "answered");
        if own.is_none() {
            self.tell_consult(leg.call, "answered");
        }
    }

    /// One of the two legs is over: so is the other, and the operator goes back to the caller.
    pub(crate) fn on_consult_leg_ended(&mut self, now: Now, leg: LegId, cause: EndCause) {
        let call = self.calls.get(&leg.call);
        let consult = call.and_then(|call| call.consult.as_ref());
        let consult = consult.filter(|it| it.own == Some(leg) || it.other == leg);
        let Some(answered) = consult.map(|it| it.answered) else {
            return;
        };
        if self.is_apart(leg.call) {
            return self.end_apart(now, leg.call, By::Caller);
        }
        if !self.consults_elsewhere(now, leg) {
            self.consult_over(now, leg.call, status_of(cause), left(cause, answered));
        }
    }

    /// The phone that was asked points to a colleague.
    pub(crate) fn on_consulted_redirected(&mut self, leg: LegId, to: OperatorId) {
        let call = self.calls.get_mut(&leg.call);
        let consult = call.and_then(|call| call.consult.as_mut());
        if let Some(consult) = consult.filter(|it| it.other == leg && !it.answered) {
            consult.pointed.at(to);
        }
    }

    /// Whoever was asked points to a colleague who can be rung: they are asked instead, with a ringing of their own.
    fn consults_elsewhere(&mut self, now: Now, leg: LegId) -> bool {
        let id = leg.call;
        let Some((asked, by, to)) = self.consult_points(leg) else {
            return false;
        };
        if self.is_free(id, &to).is_err() {
            return false;
        }
        let Some(other) = self.new_leg(id, Role::Consulted) else {
            return false;
        };
        let with = Whom::Operator(to.clone());
        self.engage(now, id, &Whom::Operator(asked), false);
        self.engage(now, id, &with, true);
        self.tell_asked(id, "over");
        let call = self.calls.get_mut(&id);
        if let Some(consult) = call.and_then(|call| call.consult.as_mut()) {
            (consult.other, consult.with) = (other, with);
        }
        self.tell_asked(id, "ringing");
        let ring = now.mono + self.config.transfer_ring;
        self.timers.set(Timer::Consult(id), ring);
        let dialled = CallEvent::LegDialled {
            leg: other,
            operator: Some(to.clone()),
            number: None,
        };
        self.fact(id, dialled);
        self.dial_colleague(other, DialTarget::Operator { operator: to }, &by);
        true
    }

    /// Who was asked, who asks, and who is to be asked next, where this leg pointed to somebody.
    fn consult_points(&mut self, leg: LegId) -> Option<(OperatorId, OperatorId, OperatorId)> {
        let consult = self.calls.get_mut(&leg.call)?.consult.as_mut()?;
        let Whom::Operator(asked) = consult.with.clone() else {
            return None;
        };
        let points = consult.other == leg && !consult.answered;
        let by = consult.by.clone();
        let to = consult.pointed.next(&asked, &by).filter(|_| points)?;
        Some((asked, by, to))
    }

    /// Nobody answers.
    pub(crate) fn on_consult_due(&mut self, now: Now, id: CallId) {
        self.touch(id);
        if self.calls.contains_key(&id) {
            self.consult_over(now, id, GONE_AWAY, "no_answer");
        } else {
            self.on_intercom_due(now, id);
        }
    }

    /// Both legs end; an operator's leg that was not answered with this status.
    pub(crate) fn end_consult(&mut self, now: Now, id: CallId, status: u16) {
        if let Some(with) = self.set_consult_aside(now, id, status) {
            self.engage(now, id, &with, false);
        }
    }

    /// The same, but whoever was asked is kept from other calls until the caller has disengaged them.
    pub(crate) fn set_consult_aside(&mut self, now: Now, id: CallId, status: u16) -> Option<Whom> {
        let consult = self.take_consult(now, id)?;
        self.let_go(now, consult.other);
        match consult.own {
            Some(own) if consult.answered => self.dismiss(own, false),
            Some(own) => self.refuse_own(own, status),
            None => {}
        }
        Some(consult.with)
    }

    /// Forgets the consultation; its legs are the caller's business.
    pub(crate) fn leave_consult(&mut self, now: Now, id: CallId) -> Option<Consult> {
        let consult = self.take_consult(now, id)?;
        self.engage(now, id, &consult.with, false);
        Some(consult)
    }

    fn take_consult(&mut self, now: Now, id: CallId) -> Option<Consult> {
        self.aside_is_over(id);
        let consult = self.calls.get_mut(&id)?.consult.take()?;
        self.asked_no_more(id, &consult);
        self.timers.cancel(Timer::Consult(id));
        self.consulting(now, &consult.by, false);
        Some(consult)
    }

    pub(crate) fn consulting(&mut self, now: Now, operator: &OperatorId, on: bool) {
        let operator = operator.clone();
        self.tell_acd(now, gudok_acd::Input::Consulting { operator, on });
    }

    fn refuse_own(&mut self, leg: LegId, status: u16) {
        let call = self.calls.get_mut(&leg.call);
        let found = call.and_then(|call| call.legs.get_mut(&leg.index));
        if let Some(found) = found.filter(|found| !found.dismissed) {
            found.dismissed = true;
            self.refuse_leg(leg, status);
        }
    }

    pub(crate) fn refuse_leg(&mut self, leg: LegId, status: u16) {
        self.outputs.push_back(Output::Refuse {
            leg,
            status,
            retry_after_secs: None,
        });
    }
}

/// What the operator hears of a colleague's phone.
pub(crate) fn status_of(cause: EndCause) -> u16 {
    match cause {
        EndCause::Busy => BUSY,
        EndCause::Declined => 603,
        EndCause::NotFound => 404,
        _ => GONE_AWAY,
    }
}
