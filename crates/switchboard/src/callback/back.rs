//! A promise that its customer's own call has closed is open again when nobody talked with them in that call: who hangs up after
//! three seconds in the queue, or is cut off, is called as was promised, with the time, the attempts and the place of before.
use gudok_model::{CallEvent, CallId, Mono, Now, Outcome, RequestState};

use super::book::{Callback, moment};
use super::machine::Step;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// This call is about to close that request.
    pub(super) fn remember_closed(&mut self, call: CallId, request: CallId) {
        let stood = self.callbacks.get(request).cloned();
        if let Some(stood) = stood.filter(|_| self.config.promise_returns) {
            self.callbacks.closed_by(call, stood);
        }
    }

    /// The call ends so, in this very step. What was asked for anew meanwhile stands in the stead of what it had closed. True: its
    /// caller has the promise again, of us or of people.
    pub(crate) fn bring_promise_back(&mut self, now: Now, call: CallId, outcome: Outcome) -> bool {
        let Some(stood) = self.callbacks.take_closed_by(call) else {
            return false;
        };
        if is_settled(outcome) || self.callbacks.find(&stood.key).is_some() {
            return false;
        }
        let mut callback = again(now, stood);
        let (id, key) = (callback.id, callback.key.clone());
        let mut to = callback.course.state.clone();
        callback.turn = None;
        if !self.callbacks.open(callback) {
            to = RequestState::ByHand;
            self.alarm("callbacks_full", format!("{id} is for people to call"));
        }
        let back = CallEvent::RequestBack {
            project: key.project,
            number: key.number,
            kind: key.kind,
            call,
            to,
        };
        self.fact(id, back);
        self.tell_owners(id, None);
        self.time_request(now, id);
        true
    }
}

impl Switchboard {
    /// What calls have closed is remembered as long as they last, and no longer.
    pub(crate) fn check_closed(&self) -> Result<(), String> {
        let mut calls = self.callbacks.calls_that_closed();
        match calls.find(|call| !self.calls.contains_key(call)) {
            None => Ok(()),
            Some(call) => Err(format!(
                "a promise waits for the end of {call}, which is over"
            )),
        }
    }
}

/// Whether nothing of what was promised is left: somebody talked with them, or they were promised a call anew, to whatever number.
fn is_settled(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Answered
        | Outcome::OverflowedExternal { answered: true }
        | Outcome::CallbackRequested
        | Outcome::Out { .. } => true,
        Outcome::AbandonedIvr
        | Outcome::AbandonedQueue { .. }
        | Outcome::Voicemail
        | Outcome::OverflowedExternal { answered: false }
        | Outcome::ClosedMsg
        | Outcome::RejectedSpam
        | Outcome::Failed => false,
    }
}

/// As it stood; what rang for it then has stopped, and did not count.
fn again(now: Now, mut stood: Callback) -> Callback {
    stood.course.take(Step::CalledIn);
    stood.look = match &stood.course.state {
        RequestState::Scheduled { at } | RequestState::RetryWait { at, .. } => moment(now, *at),
        RequestState::BlockedByLaw { until, .. } => moment(now, *until),
        RequestState::Requested => now.mono,
        RequestState::Leased { .. }
        | RequestState::Dialing { .. }
        | RequestState::Connected { .. }
        | RequestState::Exhausted { .. }
        | RequestState::ByHand => Mono(u64::MAX),
    };
    stood
}
