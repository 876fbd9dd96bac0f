//! The talk and the work after it. One wrap-up timer per operator, whatever queues there are (Q11).
use std::time::Duration;

use gudok_model::{CallId, Now, OfferEnd, OperatorId};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::ledger::micros;
use crate::operator::{Operator, Talk, Work, WrapUp};
use crate::output::Output;
use crate::timer::Timer;

/// Most that an operator may add to one wrap-up.
pub const EXTEND_MAX: Duration = Duration::from_secs(600);

impl Acd {
    /// Hold and resume.
    pub(crate) fn held(&mut self, id: &OperatorId, on: bool) {
        let work = match self.operators.get(id).map(|who| &who.work) {
            None => return self.refuse("unknown_operator", None),
            Some(Work::Talking(talk) | Work::Hold(talk)) if on => Work::Hold(talk.clone()),
            Some(Work::Talking(talk) | Work::Hold(talk)) => Work::Talking(talk.clone()),
            Some(Work::Out(out)) => match out.held(on) {
                Some(out) => Work::Out(out),
                None => return self.refuse("invalid_state", Some(id)),
            },
            Some(Work::Idle | Work::Reserved(_) | Work::Ringing(_) | Work::WrapUp(_)) => {
                return self.refuse("invalid_state", Some(id));
            }
        };
        self.edit(id, |who| who.work = work);
    }

    /// Somebody is asked aside, or no more.
    pub(crate) fn consulting(&mut self, id: &OperatorId, on: bool) {
        self.edit_talk(id, |talk| (talk.consulting, talk.conference) = (on, false));
    }

    /// The caller hears it too, or no more.
    pub(crate) fn conferring(&mut self, id: &OperatorId, on: bool) {
        self.edit_talk(id, |talk| talk.conference = on && talk.consulting);
    }

    fn edit_talk(&mut self, id: &OperatorId, change: impl FnOnce(&mut Talk)) {
        let work = self.operators.get(id).map(|who| who.work.clone());
        let Some(Work::Talking(mut talk) | Work::Hold(mut talk)) = work.clone() else {
            return;
        };
        change(&mut talk);
        let work = match work {
            Some(Work::Hold(_)) => Work::Hold(talk),
            _ => Work::Talking(talk),
        };
        self.edit(id, |who| who.work = work);
    }

    /// The operator's own leg ended: the wrap-up begins. The call may go on without them.
    pub(crate) fn talk_ended(&mut self, now: Now, id: &OperatorId, call: CallId) {
        let Some(talk) = self.talk_in_hand(id, call) else {
            return;
        };
        self.book(id, |tally| {
            tally.calls = tally.calls.saturating_add(1);
            let length = micros(now.mono.since(talk.since));
            tally.talk_us = tally.talk_us.saturating_add(length);
        });
        let wrap_up = talk.terms.wrap_up;
        self.leave_talk(now, id, &talk, wrap_up);
    }

    /// Whom the operator was to talk with was not reached: no talk, and little to write up.
    pub(crate) fn in_vain(&mut self, now: Now, id: &OperatorId, call: CallId, at_most: Duration) {
        if let Some(talk) = self.talk_in_hand(id, call) {
            let wrap_up = talk.terms.wrap_up.min(at_most);
            self.caps.untake(id, talk.since);
            self.leave_talk(now, id, &talk, wrap_up);
        }
    }

    /// The talk of this call that the operator has in hand; else the input is refused here.
    fn talk_in_hand(&mut self, id: &OperatorId, call: CallId) -> Option<Talk> {
        let Some(operator) = self.operators.get(id) else {
            self.refuse("unknown_operator", None);
            return None;
        };
        let talk = operator.talk().filter(|talk| talk.offer.call == call);
        let talk = talk.cloned();
        if talk.is_none() {
            self.refuse("invalid_state", Some(id));
        }
        talk
    }

    fn leave_talk(&mut self, now: Now, id: &OperatorId, talk: &Talk, set: Duration) {
        let call = talk.offer.call;
        self.mark_leaving(call);
        self.close_offer(now, talk.offer, OfferEnd::BridgedEnded);
        self.shelve(call);
        let mut wrap_up = WrapUp::lasting(now, call, set, talk.disposed);
        wrap_up.extend_max = talk.terms.extend_max;
        self.write_up(now, id, wrap_up);
    }

    /// The disposition; in the wrap-up it may end it.
    pub(crate) fn disposed(&mut self, now: Now, id: &OperatorId, call: CallId, done: bool) {
        if !self.operators.contains_key(id) {
            return self.refuse("unknown_operator", None);
        }
        let (mut fits, mut over) = (false, false);
        self.edit(id, |who| match &mut who.work {
            Work::Talking(talk) | Work::Hold(talk) if talk.offer.call == call => {
                talk.disposed = true;
                fits = true;
            }
            Work::Out(out) => {
                if let Some(talk) = out.talk_mut(call) {
                    talk.disposed = true;
                    fits = true;
                }
            }
            Work::WrapUp(wrap_up) if wrap_up.call == call => {
                wrap_up.disposed = true;
                (fits, over) = (true, done);
            }
            _ => {}
        });
        if over {
            self.end_wrap_up(now, id);
        } else if !fits {
            self.refuse("invalid_state", Some(id));
        }
    }

    /// More time for the wrap-up, within what its queue lets be added in all, and never more than [`EXTEND_MAX`].
    pub(crate) fn extend(&mut self, id: &OperatorId, by: Duration) {
        let wrap_up = match self.operators.get(id).map(|who| &who.work) {
            None => return self.refuse("unknown_operator", None),
            Some(Work::WrapUp(wrap_up)) => wrap_up.clone(),
            Some(Work::Idle | Work::Reserved(_) | Work::Ringing(_)) => {
                return self.refuse("invalid_state", Some(id));
            }
            Some(Work::Talking(_) | Work::Hold(_) | Work::Out(_)) => {
                return self.refuse("invalid_state", Some(id));
            }
        };
        let left = wrap_up.extend_max.saturating_sub(wrap_up.extended);
        let by = if guard(Guard::ExtendLimit) {
            by.min(left)
        } else {
            by
        };
        if by.is_zero() {
            return self.refuse("extend_limit", Some(id));
        }
        let longer = wrap_up.longer(by);
        self.book(id, |tally| {
            tally.extensions = tally.extensions.saturating_add(1);
        });
        self.timers
            .cancel(wrap_up.deadline, Timer::WrapUp(id.clone()));
        self.timers.set(longer.deadline, Timer::WrapUp(id.clone()));
        self.edit(id, |who| who.work = Work::WrapUp(longer));
    }

    /// The work after a talk begins; where there is none, it is over.
    pub(crate) fn write_up(&mut self, now: Now, id: &OperatorId, wrap_up: WrapUp) {
        let (deadline, none) = (wrap_up.deadline, wrap_up.set.is_zero());
        self.edit(id, |who| who.work = Work::WrapUp(wrap_up));
        if none || !guard(Guard::WrapUp) {
            self.end_wrap_up(now, id);
        } else {
            self.timers.set(deadline, Timer::WrapUp(id.clone()));
        }
    }

    /// The wrap-up of a run that was cut goes on. It belongs to the person, who may not be back yet.
    pub(crate) fn resume_wrap_up(&mut self, now: Now, id: &OperatorId, mut wrap_up: WrapUp) {
        match self.operators.get(id) {
            None => return self.refuse("unknown_operator", None),
            Some(operator) if operator.is_busy() => return self.refuse("invalid_state", Some(id)),
            Some(operator) => wrap_up.unseated = operator.session.is_none(),
        }
        let deadline = wrap_up.deadline;
        self.edit(id, |who| who.work = Work::WrapUp(wrap_up));
        if deadline == now.mono {
            self.end_wrap_up(now, id);
        } else {
            self.timers.set(deadline, Timer::WrapUp(id.clone()));
        }
    }

    /// The work is over: what was wished for the time after it is taken up.
    pub(crate) fn end_wrap_up(&mut self, now: Now, id: &OperatorId) {
        let Some(Work::WrapUp(wrap_up)) = self.operators.get(id).map(|who| who.work.clone()) else {
            return;
        };
        self.timers
            .cancel(wrap_up.deadline, Timer::WrapUp(id.clone()));
        self.outputs.push_back(Output::WrapUpEnded {
            operator: id.clone(),
            call: wrap_up.call,
            took: now.mono.since(wrap_up.started),
            disposed: wrap_up.disposed,
        });
        self.free(id, |who| who.idle_since = now.mono);
    }

    /// Ends whatever the operator has in hand and applies what was wished for afterwards.
    pub(crate) fn free(&mut self, id: &OperatorId, consequence: impl FnOnce(&mut Operator)) {
        self.edit(id, |who| {
            who.settle();
            consequence(who);
        });
        self.end_grace(id);
        self.drop_if_removed(id);
    }
}

impl WrapUp {
    /// One that begins now and lasts so long.
    pub(crate) fn lasting(now: Now, call: CallId, set: Duration, disposed: bool) -> Self {
        Self {
            call,
            started: now.mono,
            since: now.wall,
            set,
            extend_max: EXTEND_MAX,
            extended: Duration::ZERO,
            extensions: 0,
            deadline: now.mono + set,
            deadline_wall: now.wall + set,
            disposed,
            unseated: false,
        }
    }

    /// What is left of one of the run before. How much of its limit was used then is not known, so nothing is added to it.
    pub(crate) fn resumed(now: Now, call: CallId, left: Duration, disposed: bool) -> Self {
        Self {
            extend_max: Duration::ZERO,
            ..Self::lasting(now, call, left, disposed)
        }
    }

    fn longer(&self, by: Duration) -> Self {
        Self {
            extended: self.extended + by,
            extensions: self.extensions.saturating_add(1),
            deadline: self.deadline + by,
            deadline_wall: self.deadline_wall + by,
            ..self.clone()
        }
    }
}
