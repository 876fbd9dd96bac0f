//! The caller is gone, and the operator talks on with whoever they asked aside (behaviour 5.2).
//!
//! For the record, for the lines and for whoever waits the call is over with the caller's leg. The operator's work is not: it is
//! of this call, and their wrap-up begins when these two hang up. I8 does not hold for these two legs alone; the hard limit of
//! the call does.
use gudok_model::{CallId, EndCause, LegId, Now};

use crate::call::{Ending, Phase, Talk};
use crate::consult::Consult;
use crate::ending::By;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// The caller's leg is over. True: whoever the operator asked has answered, so they talk on.
    pub(crate) fn talks_on(
        &mut self,
        now: Now,
        id: CallId,
        (cause, end): (EndCause, &Ending),
    ) -> bool {
        let faulty = matches!(cause, EndCause::Panic | EndCause::Cut);
        let call = self.calls.get_mut(&id).filter(|call| call.ending.is_none());
        let Some(call) = call.filter(|_| self.config.hand && !faulty) else {
            return false;
        };
        let Some((talk, consult)) = call.talk().cloned().zip(call.consult.clone()) else {
            return false;
        };
        if !consult.answered {
            return false;
        }
        // Their voice was taken off for a caller who is gone; no command of the talk in hand would put it on again.
        let muted = talk.muted;
        let talk = Talk {
            muted: false,
            ..talk
        };
        call.phase = Phase::Apart(talk.clone());
        call.ending = Some(end.clone());
        if muted {
            self.tell_muted(&talk, false);
        }
        self.leave_alone(now, &talk, &consult);
        true
    }

    /// The line to the caller ends; the operator has neither a caller on hold nor a word aside any more, but a talk.
    fn leave_alone(&mut self, now: Now, talk: &Talk, consult: &Consult) {
        self.touch(talk.leg.call);
        if consult.own.is_some() {
            self.dismiss(talk.leg, false);
        }
        self.tell_consult(talk.leg.call, "caller_gone");
        if talk.hold.is_on() {
            let operator = talk.operator.clone();
            self.tell_acd(
                now,
                gudok_acd::Input::Held {
                    operator,
                    on: false,
                },
            );
        }
        self.consulting(now, &consult.by, false);
    }

    /// One of the two is gone, or both must go: the operator writes the call up.
    pub(crate) fn end_apart(&mut self, now: Now, id: CallId, by: By) {
        let call = self.calls.get_mut(&id);
        let Some(call) = call.filter(|call| matches!(call.phase, Phase::Apart(_))) else {
            return;
        };
        let Phase::Apart(talk) = std::mem::replace(&mut call.phase, Phase::Ending) else {
            return;
        };
        self.touch(id);
        self.end_talk(now, id, &talk, by);
        self.tell_acd(now, gudok_acd::Input::Gone { call: id });
        self.timers.cancel(Timer::Life(id));
        let sweep = now.mono + self.config.sweep_after;
        self.timers.set(Timer::Sweep(id), sweep);
    }

    /// Whether this leg is of two who talk on without the caller, one of whom is the operator of the talk.
    pub(crate) fn is_apart_by(&self, leg: LegId) -> bool {
        let Some(call) = self.calls.get(&leg.call) else {
            return false;
        };
        match (&call.phase, &call.consult) {
            (Phase::Apart(talk), Some(consult)) => consult.legs(talk).contains(&leg),
            _ => false,
        }
    }

    /// Whether the operator and whoever they asked talk on without the caller.
    pub(crate) fn is_apart(&self, id: CallId) -> bool {
        let call = self.calls.get(&id);
        call.is_some_and(|call| matches!(call.phase, Phase::Apart(_)))
    }
}

impl Consult {
    /// The two legs that hear each other.
    pub(crate) fn legs(&self, talk: &Talk) -> [LegId; 2] {
        [self.own.unwrap_or(talk.leg), self.other]
    }
}
