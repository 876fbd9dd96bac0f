//! How a call ends: every leg told, exactly one last word in the record, and nothing left in memory.
use gudok_dialplan::StepEnd;
use gudok_model::{CallEvent, CallId, EndCause, LegId, Now, OperatorId, Outcome, Termination};

use crate::call::{Access, Ending, MessageStage, Phase};
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// Who ended it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Caller,
    Operator,
    Outside,
    /// Who took the talk over; the call goes on.
    Supervisor,
    System,
}

impl By {
    /// As the desk and the record have it.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Operator => "operator",
            Self::Outside => "outside",
            Self::Supervisor => "supervisor",
            Self::System => "system",
        }
    }
}

/// What the record says when a leg of `by` ended so.
pub(crate) fn termination(cause: EndCause, by: By) -> Termination {
    match cause {
        EndCause::HungUp => Termination::success(&format!("{}-hung-up", by.slug())),
        EndCause::ByUs => Termination::success("hung-up-by-us"),
        EndCause::Busy => Termination::upstream_error("busy"),
        EndCause::Declined => Termination::upstream_error("declined"),
        EndCause::NoAnswer => Termination::upstream_error("no-answer"),
        EndCause::NotFound => Termination::upstream_error("not-found"),
        EndCause::Unreachable => Termination::upstream_error("unreachable"),
        EndCause::NoCommonCodec => Termination::caller_error("no-common-codec"),
        EndCause::MediaAddress => Termination::caller_error("media-address"),
        EndCause::Refused => Termination::server_error("refused"),
        EndCause::MediaTimeout => Termination::upstream_error("media-timeout"),
        EndCause::SessionTimeout => Termination::upstream_error("session-timeout"),
        EndCause::Panic => Termination::server_error("panic"),
        EndCause::Cut => Termination::server_error("daemon-restarted"),
    }
}

/// The final response to a caller who was never answered.
fn refusal_status(outcome: Outcome) -> u16 {
    match outcome {
        Outcome::RejectedSpam => 603,
        Outcome::Failed => 500,
        Outcome::Answered
        | Outcome::AbandonedIvr
        | Outcome::AbandonedQueue { .. }
        | Outcome::CallbackRequested
        | Outcome::Voicemail
        | Outcome::OverflowedExternal { .. }
        | Outcome::ClosedMsg
        | Outcome::Out { .. } => 480,
    }
}

impl Switchboard {
    /// Ends a call by our own doing.
    pub(crate) fn finish(&mut self, now: Now, id: CallId, end: Ending) {
        self.finish_by(now, id, end, By::System);
    }

    /// Ends a call: leaves what it does, tells every leg, and tells the record when the caller's leg is over.
    pub(crate) fn finish_by(&mut self, now: Now, id: CallId, end: Ending, by: By) {
        if self.calls.get(&id).is_none_or(|call| call.ending.is_some()) {
            return;
        }
        self.touch(id);
        self.end_transfer(id, 487);
        self.keep_place(now.mono, id, end.outcome);
        self.end_meeting(now, id);
        self.leave_phase(now, id, by);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let outcome = end.outcome;
        call.phase = Phase::Ending;
        call.ending = Some(end);
        let legs: Vec<u16> = call.legs.keys().copied().filter(|leg| *leg > 0).collect();
        for index in legs {
            self.dismiss(LegId { call: id, index }, false);
        }
        self.dismiss_caller(id, outcome);
        // The ACD forgets the call; of one that never came to a queue it knows nothing.
        self.tell_acd(now, gudok_acd::Input::Gone { call: id });
        self.timers.cancel(Timer::Life(id));
        let sweep = now.mono + self.config.sweep_after;
        self.timers.set(Timer::Sweep(id), sweep);
    }

    /// Undoes what the present phase holds: the talk, the leg outside, the message.
    fn leave_phase(&mut self, now: Now, id: CallId, by: By) {
        self.timers.cancel(Timer::Phase(id));
        self.end_wait(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        match std::mem::replace(&mut call.phase, Phase::Deciding) {
            Phase::Talking(talk) => self.end_talk(now, id, &talk, by),
            Phase::Dialling(dialling) => self.end_talk(now, id, &dialling.talk, by),
            Phase::CallingOut { leg } | Phase::TalkingOut { leg } => self.dismiss(leg, false),
            Phase::Message {
                stage: MessageStage::Speaking { alone, since },
                wanted,
            } => self.end_message(now, id, &wanted, (alone, since)),
            Phase::Listening(_) => self.await_digits(LegId::caller(id), false),
            Phase::Acknowledging(asked) => self.dismiss(asked.leg, false),
            Phase::Parked(parked) => self.leave_slot(id, &parked, None),
            Phase::Message { .. }
            | Phase::Waiting(_)
            | Phase::Deciding
            | Phase::Answering(_)
            | Phase::Playing { .. }
            | Phase::LookingUp
            | Phase::Closing { .. }
            | Phase::Apart(_)
            | Phase::Ending => {}
        }
    }

    /// Tells a leg to end, once.
    pub(crate) fn dismiss(&mut self, leg: LegId, elsewhere: bool) {
        let call = self.calls.get_mut(&leg.call);
        let Some(found) = call.and_then(|call| call.legs.get_mut(&leg.index)) else {
            return;
        };
        if !found.dismissed {
            found.dismissed = true;
            self.outputs.push_back(Output::HangUp { leg, elsewhere });
            self.hears_no_end(leg);
        }
    }

    fn dismiss_caller(&mut self, id: CallId, outcome: Outcome) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let leg = call.caller_leg();
        match call.access {
            Access::Answering | Access::Answered => self.dismiss(leg, false),
            Access::Over => {}
            Access::Called if call.legs.contains_key(&0) => self.dismiss(leg, false),
            Access::Called => call.access = Access::Over,
            Access::Ringing | Access::Early => {
                if let Some(found) = call.legs.get_mut(&leg.index) {
                    found.dismissed = true;
                }
                self.outputs.push_back(Output::Refuse {
                    leg,
                    status: refusal_status(outcome),
                    retry_after_secs: None,
                });
                self.hears_no_end(leg);
            }
        }
    }

    /// The last word of the record, once, when the caller's leg is over; then the memory, when all is over.
    pub(crate) fn close_record(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let over = call.access == Access::Over;
        let last = call.ending.as_mut().filter(|end| over && !end.told);
        let last = last.map(|end| {
            end.told = true;
            let reached = call.out.as_ref().map(|out| out.reached);
            let outcome = reached.map(|reached| Outcome::Out { reached });
            (outcome.unwrap_or(end.outcome), end.termination.clone())
        });
        if let Some((outcome, termination)) = last {
            let is_promised = self.bring_promise_back(now, id, outcome);
            self.tell_missed(now, id, (outcome, is_promised));
            let fact = CallEvent::Ended {
                outcome,
                termination,
            };
            self.fact(id, fact);
            self.request_call_over(now, id);
        }
        if self.calls.get(&id).is_some_and(|call| call.is_done()) {
            let brief = self.calls.remove(&id).is_some_and(|call| call.brief);
            self.briefs -= usize::from(brief);
            self.timers.cancel(Timer::Sweep(id));
        }
    }

    /// A call that has nothing to wait for, or waited in vain: never silence. Someone is told, the caller hears
    /// of the trouble, the call ends.
    pub(crate) fn rescue(&mut self, now: Now, id: CallId, why: &str) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        self.alarm("stuck_call", format!("{id}: {why} in {:?}", call.phase));
        let Some(call) = self.calls.get(&id).filter(|call| call.ending.is_none()) else {
            let sweep = now.mono + self.config.sweep_after;
            return self.timers.set(Timer::Sweep(id), sweep);
        };
        let was_closing = matches!(call.phase, Phase::Closing { .. });
        let outcome = call.settled.unwrap_or(Outcome::Failed);
        let end = Ending::new(outcome, Termination::server_error(why));
        if was_closing {
            return self.finish(now, id, end);
        }
        self.leave_phase(now, id, By::System);
        self.tell_acd(now, gudok_acd::Input::Gone { call: id });
        if self.fails_over(id) {
            return self.advance(now, id, Some(StepEnd::Failed));
        }
        let prompt = self.config.trouble_prompt.clone();
        self.say_and_end(now, id, vec![prompt], end);
    }

    /// Whether a call that stands in a queue goes on by its `on_error`: once (behaviour Q0). What comes after the talk is no
    /// wait any more.
    pub(crate) fn fails_over(&mut self, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else {
            return false;
        };
        let there = call.plan.has_error_exit(&call.cursor);
        let there = there && call.is_open() && call.after_talk.is_none();
        there && !std::mem::replace(&mut call.failed_over, true)
    }

    /// What the call does has lasted long enough.
    pub(crate) fn on_phase_due(&mut self, now: Now, id: CallId) {
        self.touch(id);
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        match &call.phase {
            Phase::LookingUp if call.searched.awaited => self.on_search_due(now, id),
            Phase::LookingUp => self.on_lookup_due(now, id),
            Phase::CallingOut { leg } => self.on_ring_outside_due(now, id, *leg),
            Phase::Acknowledging(asked) => self.on_not_acknowledged(now, asked.leg),
            Phase::Parked(_) => self.on_park_over(now, id),
            Phase::Dialling(_) => self.on_dialling_due(now, id),
            Phase::Message {
                stage: MessageStage::Speaking { .. },
                ..
            } => self.on_message_over(now, id),
            Phase::Listening(listening) if listening.play.is_none() => {
                self.on_keys_over(now, id, None);
            }
            Phase::Answering(_) => self.rescue(now, id, "answer-never-sent"),
            Phase::Waiting(_) => self.rescue(now, id, "wait-never-ended"),
            Phase::Playing { .. }
            | Phase::Listening(_)
            | Phase::Closing { .. }
            | Phase::Message { .. } => {
                self.rescue(now, id, "playback-never-ended");
            }
            Phase::Deciding
            | Phase::Talking(_)
            | Phase::Apart(_)
            | Phase::TalkingOut { .. }
            | Phase::Ending => {}
        }
    }

    /// The hard limit of a call.
    pub(crate) fn on_life_over(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        // What is asked after a talk is cut short, not the talk.
        if let Some(end) = call.after_talk.as_ref().map(|after| after.end.clone()) {
            return self.finish(now, id, end);
        }
        let outcome = call.reached(now.mono).unwrap_or(Outcome::Failed);
        self.alarm("call_limit", format!("{id} ended by the hard limit"));
        if self.is_apart(id) {
            return self.end_apart(now, id, By::System);
        }
        let end = Ending::new(outcome, Termination::server_error("call-limit"));
        self.finish(now, id, end);
    }

    /// An ended call is still here: give up its legs, and the wrap-ups that the ACD does not know of.
    pub(crate) fn on_sweep(&mut self, now: Now, id: CallId) {
        self.touch(id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let left = (call.legs.len(), call.offers.len());
        call.legs.clear();
        call.offers.clear();
        call.access = Access::Over;
        self.meter_ends(now, id);
        self.are_back(now, id);
        let lost = self.lost_wrap_ups(id);
        if left != (0, 0) || !lost.is_empty() {
            let (legs, offers) = left;
            let detail = format!("{id}: {legs} legs, {offers} offers, wrap-up of {lost:?}");
            self.alarm("stuck_call", detail);
            self.tell_acd(now, gudok_acd::Input::Gone { call: id });
        }
        for operator in lost {
            self.on_wrap_up_ended(id, operator, std::time::Duration::ZERO);
        }
        let sweep = now.mono + self.config.sweep_after;
        self.timers.set(Timer::Sweep(id), sweep);
    }

    fn lost_wrap_ups(&self, id: CallId) -> Vec<OperatorId> {
        let knows = |operator: &&OperatorId| {
            let view = self.acd.operator(operator);
            view.is_some_and(|view| view.call == Some(id))
        };
        let Some(call) = self.calls.get(&id) else {
            return Vec::new();
        };
        let running = call.wrap_ups.iter();
        running.filter(|op| !knows(op)).cloned().collect()
    }
}
