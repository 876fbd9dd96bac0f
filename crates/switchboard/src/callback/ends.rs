//! What came of a turn, and of a request: the customer was reached or not, a rule said no, there was a talk.
use std::time::Duration;

use gudok_dialplan::Retry;
use gudok_model::{CallEvent, CallId, EndCause, Now, Outcome, RequestOutcome, RequestState};

use super::LOOK_EVERY;
use super::machine::{Step, TRIES};
use crate::outgoing::{How, OutEnd};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// The customer may have been rung: then it counts; else it waits as before.
    pub(super) fn fall_back(&mut self, now: Now, id: CallId, why: &str) {
        let (why, tries) = (why.into(), self.tries_of(id));
        let again = now.wall + self.pause_of(id);
        if self.step_request(now, id, Step::Unreached { why, again, tries }) {
            self.alarm_if_exhausted(id);
        } else if !self.step_request(now, id, Step::Withdrawn) {
            self.stand_again(now, id);
        }
    }

    /// The call that stood for it was ended, as one that has lasted too long: it takes its place anew, since no queue will say when it
    /// goes on.
    fn stand_again(&mut self, now: Now, id: CallId) {
        let state = self.callbacks.get(id).map(|it| &it.course.state);
        if state == Some(&RequestState::Requested) && self.config.no_loose_ends {
            self.look_at_request(id, now.mono + LOOK_EVERY);
            self.time_request(now, id);
        }
    }

    pub(super) fn alarm_if_exhausted(&mut self, id: CallId) {
        let state = self.callbacks.get(id).map(|it| &it.course.state);
        if let Some(RequestState::Exhausted { attempts }) = state {
            let detail = format!("{id}: called {attempts} times in vain");
            self.alarm("callback_exhausted", detail);
        }
    }

    /// What came of a call of ours.
    pub(crate) fn on_out_ended(&mut self, now: Now, end: OutEnd) {
        self.note_vain(now, &end);
        let Some(id) = self.callbacks.of_turn(end.call) else {
            return;
        };
        if let (How::Reached, Some(by)) = (&end.how, end.operator) {
            let call = end.call;
            self.step_request(now, id, Step::Reached { by, call });
            return;
        }
        self.callbacks.stands_no_more(end.call);
        match end.how {
            How::Reached => {}
            How::Missed(cause) => self.fall_back(now, id, word(cause)),
            How::OperatorGone(_) => self.fall_back(now, id, "operator_gone"),
            How::Failed(_) => self.fall_back(now, id, "failed"),
            How::Denied(denial) => {
                self.deny_request(now, id, denial.rule.unwrap_or(denial.code));
            }
            How::CalledIn => {
                self.step_request(now, id, Step::CalledIn);
                self.look_at_request(id, now.mono + LOOK_EVERY);
            }
            How::NobodyInQueue => {
                self.step_request(now, id, Step::Withdrawn);
                self.look_at_request(id, now.mono + LOOK_EVERY);
            }
        }
    }

    /// A call has had its last word. Whoever talked in it was talked with: nothing is owed to them any more.
    pub(crate) fn request_call_over(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let talked = call.settled == Some(Outcome::Answered);
        let whose = call.caller.e164().cloned();
        let project = call.number.project.clone();
        // Of a call of ours the line was never theirs to free: its own request waits its pause.
        let is_out = call.is_out();
        if let Some(request) = self.callbacks.of_turn(id) {
            self.callbacks.stands_no_more(id);
            match talked {
                true => self.request_done(now, request, id),
                false => self.fall_back(now, request, "cut_off"),
            }
        }
        let Some(number) = whose else {
            return;
        };
        if talked {
            self.callbacks.forget_closed_of(&project, &number);
        }
        for request in self.callbacks.of_number(&project, &number) {
            if talked {
                self.request_done(now, request, id);
            } else if !is_out {
                self.free_line(now, request);
            }
        }
    }

    /// They were talked with: nobody calls them once more, neither from a queue nor by a phone that rings.
    fn request_done(&mut self, now: Now, request: CallId, contact: CallId) {
        let turn = self.callbacks.get(request).and_then(|it| it.turn);
        let end = RequestOutcome::Done;
        self.close_request(request, end, (Some(contact), None));
        let seeks = |turn: &CallId| self.calls.get(turn).is_some_and(|it| it.seeks_customer());
        if let Some(turn) = turn.filter(|turn| *turn != contact).filter(seeks) {
            self.give_up_out(now, turn, How::CalledIn);
        }
    }

    /// The last word of a request.
    pub(crate) fn close_request(
        &mut self,
        id: CallId,
        end: RequestOutcome,
        (contact, note): (Option<CallId>, Option<String>),
    ) {
        self.tell_owners(id, Some(&end));
        self.timers.cancel(Timer::Request(id));
        let Some(callback) = self.callbacks.close(id) else {
            return;
        };
        let over = CallEvent::RequestOver {
            project: callback.key.project,
            number: callback.key.number,
            kind: callback.key.kind,
            end,
            contact,
            note,
        };
        self.fact(id, over);
    }

    /// How often the customer is called.
    pub(crate) fn tries_of(&self, id: CallId) -> u8 {
        self.retry_of(id).map_or(TRIES, |retry| retry.tries)
    }

    fn pause_of(&self, id: CallId) -> Duration {
        let pause = self.retry_of(id).map(|retry| retry.pause);
        pause.unwrap_or(Retry::default().pause)
    }

    fn retry_of(&self, id: CallId) -> Option<Retry> {
        let queue = self.queue_of(self.callbacks.get(id)?)?;
        Some(self.plan.as_ref()?.retry(&queue))
    }
}

/// Why the customer was not reached, for the record.
fn word(cause: EndCause) -> &'static str {
    match cause {
        EndCause::Busy => "busy",
        EndCause::Declined => "declined",
        EndCause::NoAnswer | EndCause::HungUp | EndCause::ByUs => "no_answer",
        EndCause::NotFound => "not_found",
        EndCause::Unreachable => "unreachable",
        EndCause::NoCommonCodec
        | EndCause::MediaAddress
        | EndCause::Refused
        | EndCause::MediaTimeout
        | EndCause::SessionTimeout
        | EndCause::Panic => "failed",
        EndCause::Cut => "cut",
    }
}
