//! How a call out ends: nobody was reached, the operator left, a rule said no, the customer called us first.
use std::time::Duration;

use gudok_model::{
    AttemptId, CallId, EndCause, LegId, Now, OperatorId, Outcome, PhoneNumber, ProjectId,
    Termination,
};

use super::{Denial, Stage, VAIN_WRAP_UP, denied};
use crate::call::{Access, Call, Ending, Phase, Talk};
use crate::ending::{By, termination};
use crate::switchboard::Switchboard;
use crate::transfer::BUSY;

/// What came of an attempt; told once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutEnd {
    pub(crate) call: CallId,
    pub(crate) attempt: AttemptId,
    pub(crate) request: Option<CallId>,
    pub(crate) operator: Option<OperatorId>,
    pub(crate) number: PhoneNumber,
    pub(crate) how: How,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// The customer answered.
    Reached,
    /// The customer did not, in this way.
    Missed(EndCause),
    /// The operator did not answer the own phone, or left before the customer answered.
    OperatorGone(EndCause),
    /// A rule is not kept any more.
    Denied(Denial),
    /// The customer called us meanwhile.
    CalledIn,
    /// It waited in a queue, and nobody took it.
    NobodyInQueue,
    /// Our doing.
    Failed(&'static str),
}

impl How {
    /// For the desk.
    fn slug(&self) -> &'static str {
        match self {
            Self::Reached => "answered",
            Self::Missed(EndCause::Busy) => "busy",
            Self::Missed(EndCause::Declined) => "declined",
            Self::Missed(EndCause::NoAnswer) => "no_answer",
            Self::Missed(EndCause::NotFound) => "not_found",
            Self::Missed(_) => "unreachable",
            Self::OperatorGone(_) => "cancelled",
            Self::Denied(_) => "denied",
            Self::CalledIn => "called_in",
            Self::NobodyInQueue | Self::Failed(_) => "failed",
        }
    }

    /// For the record.
    pub(super) fn termination(&self) -> Termination {
        match self {
            Self::Reached => Termination::success("answered"),
            Self::Missed(cause) => termination(*cause, By::Caller),
            Self::OperatorGone(EndCause::HungUp) => Termination::success("operator-hung-up"),
            Self::OperatorGone(_) => Termination::success("operator-no-answer"),
            Self::Denied(_) => denied(),
            Self::CalledIn => Termination::success("called-in"),
            Self::NobodyInQueue => Termination::server_error("nobody-in-queue"),
            Self::Failed(why) => Termination::server_error(why),
        }
    }
}

impl Switchboard {
    /// Ends an attempt that has reached nobody.
    pub(crate) fn give_up_out(&mut self, now: Now, id: CallId, how: How) {
        let end = in_vain(how.termination());
        self.tell_dialling(id, how.slug());
        self.tell_out_end(now, id, how.clone());
        if !self.is_heard_in_vain(now, id, &how) {
            self.finish(now, id, end);
        }
    }

    /// What came of the attempt, once.
    pub(crate) fn tell_out_end(&mut self, now: Now, id: CallId, how: How) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let operator = call.in_hand().map(|talk| talk.operator.clone());
        let Some(out) = call.out.as_mut() else {
            return;
        };
        if std::mem::replace(&mut out.told, true) {
            return;
        }
        let end = OutEnd {
            call: id,
            attempt: out.began_as,
            request: out.wanted.request,
            operator,
            number: out.wanted.number.clone(),
            how,
        };
        self.on_out_ended(now, end);
    }

    /// The customer's leg is over before they answered. False: it is another leg, or another time.
    pub(crate) fn customer_missed(&mut self, now: Now, id: CallId, cause: EndCause) -> bool {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.ending.is_none()) else {
            return false;
        };
        match call.dialling().map(|it| &it.stage) {
            Some(Stage::Customer(_)) => {
                call.access = Access::Over;
                self.give_up_out(now, id, How::Missed(cause));
                true
            }
            // They rang in vain, and the operator hears so.
            Some(Stage::Vain { .. }) => {
                call.access = Access::Over;
                true
            }
            _ => false,
        }
    }

    /// The operator's leg is over on the way to the talk. False: it was not on that way. A customer who answered hears that
    /// something went wrong.
    pub(crate) fn dialler_left(&mut self, now: Now, leg: LegId, cause: EndCause) -> bool {
        let id = leg.call;
        let call = self.calls.get(&id);
        let dialling = call.and_then(|call| call.dialling());
        let Some(dialling) = dialling.filter(|it| it.talk.leg == leg).cloned() else {
            return false;
        };
        match dialling.stage {
            Stage::Operator | Stage::Customer(_) => {
                self.give_up_out(now, id, How::OperatorGone(cause));
            }
            Stage::Notice { .. } => self.leave_customer(now, id, &dialling.talk, cause),
            Stage::Vain { end, .. } => self.end_in_vain(now, id, end),
        }
        true
    }

    fn leave_customer(&mut self, now: Now, id: CallId, talk: &Talk, cause: EndCause) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = Phase::Deciding;
        }
        self.end_talk(now, id, talk, By::Operator);
        let end = Ending::new(Outcome::Answered, termination(cause, By::Operator));
        let prompt = self.config.trouble_prompt.clone();
        self.say_and_end(now, id, vec![prompt], end);
    }

    /// The operator hangs up at the desk.
    pub(crate) fn hang_up_dialling(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let leg = call.and_then(|call| call.dialling()).map(|it| it.talk.leg);
        if let Some(leg) = leg {
            self.dialler_left(now, leg, EndCause::HungUp);
        }
    }

    /// It has lasted long enough.
    pub(crate) fn on_dialling_due(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let Some(dialling) = call.and_then(|call| call.dialling()).cloned() else {
            return;
        };
        match dialling.stage {
            Stage::Operator => {
                self.give_up_out(now, id, How::OperatorGone(EndCause::NoAnswer));
            }
            Stage::Customer(_) => self.give_up_out(now, id, How::Missed(EndCause::NoAnswer)),
            Stage::Vain { end, .. } => self.end_in_vain(now, id, end),
            Stage::Notice { play, .. } => self.out_untold(now, id, play),
        }
    }

    /// The end of the notice is not told: the talk begins, and is not recorded.
    pub(crate) fn out_untold(&mut self, now: Now, id: CallId, play: u32) {
        if let Some(Phase::Dialling(dialling)) = self.calls.get_mut(&id).map(|call| &mut call.phase)
            && let Stage::Notice { notice, .. } = &mut dialling.stage
        {
            *notice = None;
        }
        self.on_out_told(now, id, play);
    }

    /// The work after it begins: all of it after a talk, a short one where nobody was reached, none where the operator did not
    /// answer the own phone.
    pub(crate) fn end_own_talk(&mut self, now: Now, id: CallId, talk: &Talk) {
        let Some(out) = self.calls.get(&id).and_then(|call| call.out.as_ref()) else {
            return;
        };
        let in_vain = self.work_in_vain(id, &talk.operator);
        let wrap_up = match (out.reached, out.consented) {
            (true, _) => out.wrap_up,
            (false, true) => out.wrap_up.min(in_vain.unwrap_or(VAIN_WRAP_UP)),
            (false, false) => Duration::ZERO,
        };
        let ended = gudok_acd::Input::DialEnded {
            operator: talk.operator.clone(),
            attempt: out.attempt,
            wrap_up,
        };
        self.tell_acd(now, ended);
    }

    /// The talk of whoever called becomes that of whom they asked. Err: the status of a refusal.
    pub(crate) fn hand_over_own(
        &mut self,
        now: Now,
        talk: &Talk,
        operator: OperatorId,
        by: By,
    ) -> Result<(), u16> {
        let id = talk.leg.call;
        let attempt = self.outs.attempt(now.wall);
        let out = self.calls.get(&id).and_then(|call| call.out.as_ref());
        let begun = gudok_acd::Input::Dialling {
            operator: operator.clone(),
            attempt,
            call: id,
            hold_max: out.and_then(|out| out.hold_max),
        };
        if self.ask_acd(now, begun).is_err() {
            return Err(BUSY);
        }
        let answered = gudok_acd::Input::DialAnswered {
            operator: operator.clone(),
            attempt,
        };
        self.tell_acd(now, answered);
        if let Some(call) = self.calls.get_mut(&id) {
            call.wrap_ups.insert(talk.operator.clone());
        }
        self.end_own_talk(now, id, talk);
        let call = self.calls.get_mut(&id);
        if let Some(out) = call.and_then(|call| call.out.as_mut()) {
            out.attempt = attempt;
        }
        self.tell_call_ended(&talk.operator, id, by);
        // Told as of any other talk that goes to another, after what is on record of the word that led there.
        let offer = talk.offer;
        self.acd_backlog
            .push_back(gudok_acd::Output::Joined { offer, operator });
        Ok(())
    }

    /// A call of ours is led by no plan. True: this was one.
    pub(crate) fn goes_without_plan(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id).filter(|call| call.is_out()) else {
            return false;
        };
        if call.seeks_customer() {
            self.give_up_out(now, id, How::NobodyInQueue);
            return true;
        }
        let end = Ending::new(Outcome::Answered, Termination::success("nobody-left"));
        let prompt = self.config.trouble_prompt.clone();
        self.say_and_end(now, id, vec![prompt], end);
        true
    }

    /// The calls by which this number is rung for this project, where nobody has answered yet. One that waits in a queue rings
    /// nobody: the queue decides who of the two has its place.
    pub(crate) fn outs_to(&self, project: &ProjectId, number: &PhoneNumber) -> Vec<CallId> {
        let rings = |call: &&Call| {
            call.seeks_customer()
                && call.ending.is_none()
                && call.dialling().is_some_and(|it| !it.is_over())
                && call.caller.e164() == Some(number)
                && call.number.project == *project
        };
        let calls = self.calls.values().filter(rings);
        calls.map(|call| call.id).collect()
    }

    /// Whether another call has the line of the customer of this one: theirs to us, or one of ours by which they are rung.
    pub(super) fn is_line_taken(&self, id: CallId) -> bool {
        self.calls_on_the_line(id).next().is_some()
    }

    /// The calls that have the line of the customer of this one.
    pub(crate) fn calls_on_the_line(&self, id: CallId) -> impl Iterator<Item = &Call> {
        let own = self.calls.get(&id);
        let takes = move |own: &Call, call: &Call| {
            call.id != id
                && call.ending.is_none()
                && call.legs.contains_key(&0)
                && call.caller.e164().is_some()
                && call.caller.e164() == own.caller.e164()
                && call.number.project == own.number.project
        };
        self.calls
            .values()
            .filter(move |call| own.is_some_and(|own| takes(own, call)))
    }
}

/// How the record has an attempt that reached nobody.
pub(super) fn in_vain(termination: Termination) -> Ending {
    Ending::new(Outcome::Failed, termination)
}
