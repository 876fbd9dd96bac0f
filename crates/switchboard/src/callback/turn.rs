//! How a request that waits comes to an operator, and the operator to the customer: a place in a queue, a lease, one dial.
use gudok_model::{
    Actor, CallEvent, CallId, EndCause, Mono, Name, Now, OperatorId, Outcome, QueueId, RequestKind,
    RequestOutcome, RequestState,
};
use gudok_outbound::{Basis, Ground, Purpose};

use super::book::{Callback, moment};
use super::machine::{Step, TRIES};
use super::{LAW_EVERY, LEASE, LOOK_EVERY, TURN_MAX, URGENT};
use crate::call::{Call, Phase};
use crate::outgoing::{How, OutEnd, Turn, Wanted, Way};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// What one that is to be called lacks.
enum Lack {
    /// No queue of its group, or no rules for calls out: people call.
    Way,
    /// Something that passes: an operator at the desk, a line that is busy with us.
    Moment,
}

impl Switchboard {
    /// Takes a step with a request and tells of it. False: it does not fit, or there is no such request.
    pub(crate) fn step_request(&mut self, now: Now, id: CallId, step: Step) -> bool {
        let Some(callback) = self.callbacks.get_mut(id) else {
            return false;
        };
        if !callback.course.take(step) {
            return false;
        }
        let moved = CallEvent::RequestMoved {
            project: callback.key.project.clone(),
            number: callback.key.number.clone(),
            kind: callback.key.kind,
            to: callback.course.state.clone(),
        };
        callback.look = match &callback.course.state {
            RequestState::Scheduled { at } | RequestState::RetryWait { at, .. } => moment(now, *at),
            RequestState::BlockedByLaw { until, .. } => moment(now, *until),
            RequestState::Leased { .. } | RequestState::Dialing { .. } => now.mono + LEASE,
            RequestState::Requested => now.mono,
            RequestState::Connected { .. }
            | RequestState::Exhausted { .. }
            | RequestState::ByHand => Mono(u64::MAX),
        };
        self.fact(id, moved);
        self.tell_owners(id, None);
        self.time_request(now, id);
        true
    }

    /// It is looked at then, where nothing happens before.
    pub(crate) fn look_at_request(&mut self, id: CallId, at: Mono) {
        if let Some(callback) = self.callbacks.get_mut(id) {
            callback.look = at;
            self.timers.set(Timer::Request(id), at);
        }
    }

    /// Sets its next moment: what its state waits for, the half of its time, its end.
    pub(crate) fn time_request(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get(id) else {
            return self.timers.cancel(Timer::Request(id));
        };
        let urgent = (!callback.urgent && callback.is_idle()).then(|| callback.urgent_at());
        let due = (!callback.told_due).then_some(callback.due);
        let moments = [urgent, due].into_iter().flatten();
        let moments = moments.map(|at| moment(now, at)).chain([callback.look]);
        match moments.min().filter(|at| *at < Mono(u64::MAX)) {
            Some(at) => self.timers.set(Timer::Request(id), at),
            None => self.timers.cancel(Timer::Request(id)),
        }
    }

    /// One of its moments has come.
    pub(crate) fn on_request_due(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get_mut(id) else {
            return;
        };
        let (is_looked_at, state) = (callback.look <= now.mono, callback.course.state.clone());
        if !callback.urgent && moment(now, callback.urgent_at()) <= now.mono {
            callback.urgent = true;
            self.hurry_request(now, id);
        }
        self.tell_due(now, id);
        if is_looked_at {
            match state {
                RequestState::Scheduled { .. }
                | RequestState::RetryWait { .. }
                | RequestState::BlockedByLaw { .. } => {
                    self.step_request(now, id, Step::Due);
                    self.begin_turn(now, id);
                }
                RequestState::Requested => self.begin_turn(now, id),
                RequestState::Leased { .. } | RequestState::Dialing { .. } => {
                    self.on_lease_over(now, id);
                }
                RequestState::Connected { .. }
                | RequestState::Exhausted { .. }
                | RequestState::ByHand => {}
            }
        }
        self.time_request(now, id);
    }

    /// A lease has lasted long. What is read is not the clock but the legs: as long as our call is there nobody else calls.
    fn on_lease_over(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get_mut(id) else {
            return;
        };
        let held = callback.course.leased_to();
        callback.look = now.mono + LEASE;
        if held.is_some_and(|call| self.is_rung_by(call)) {
            self.step_request(
                now,
                id,
                Step::Prolonged {
                    until: now.wall + LEASE,
                },
            );
            return;
        }
        self.alarm(
            "callback_lost",
            format!("{id}: its call is not there any more"),
        );
        if let Some(call) = held {
            self.callbacks.stands_no_more(call);
        }
        self.fall_back(now, id, "lost");
    }

    fn is_rung_by(&self, call: CallId) -> bool {
        self.calls
            .get(&call)
            .is_some_and(|call| call.ending.is_none() || !call.legs.is_empty())
    }

    /// The customer may have been rung: then it counts; else it waits as before.
    fn fall_back(&mut self, now: Now, id: CallId, why: &str) {
        let (why, tries) = (why.into(), self.tries_of(id));
        let again = now.wall + self.pause_of(id);
        if !self.step_request(now, id, Step::Unreached { why, again, tries }) {
            self.step_request(now, id, Step::Withdrawn);
        } else {
            self.alarm_if_exhausted(id);
        }
    }

    fn alarm_if_exhausted(&mut self, id: CallId) {
        let state = self.callbacks.get(id).map(|it| &it.course.state);
        if let Some(RequestState::Exhausted { attempts }) = state {
            let detail = format!("{id}: called {attempts} times in vain");
            self.alarm("callback_exhausted", detail);
        }
    }

    /// It takes its place in the queue; or it is said why not.
    pub(crate) fn begin_turn(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get(id).filter(|it| it.turn.is_none()) else {
            return;
        };
        if callback.course.state != RequestState::Requested || self.draining {
            return self.look_at_request(id, now.mono + LOOK_EVERY);
        }
        match self.way_of(now, callback) {
            Err(Lack::Way) => self.leave_to_people(now, id),
            Err(Lack::Moment) => self.look_at_request(id, now.mono + LOOK_EVERY),
            Ok((wanted, turn)) => self.stand(now, id, wanted, turn),
        }
    }

    fn way_of(&self, now: Now, callback: &Callback) -> Result<(Wanted, Turn), Lack> {
        let queue = self.queue_of(callback).ok_or(Lack::Way)?;
        let has_rules = self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.outbound().is_some());
        if !has_rules || callback.key.kind == RequestKind::Missed {
            return Err(Lack::Way);
        }
        let view = self.acd.queue(&queue, now.mono).ok_or(Lack::Way)?;
        if view.logged_in == 0 || self.is_on_the_line(callback) {
            return Err(Lack::Moment);
        }
        let own = callback.place.as_ref().filter(|place| place.queue == queue);
        let priority = own.map_or(0, |place| place.priority.min(URGENT));
        let turn = Turn {
            queue,
            priority: if callback.urgent { URGENT } else { priority },
            since: callback.since,
            deadline: now.mono + TURN_MAX,
        };
        Ok((wanted(callback), turn))
    }

    /// The queue of the caller who kept the place, where it is still there, else the first of the group that owes the call.
    fn queue_of(&self, callback: &Callback) -> Option<QueueId> {
        let plan = self.plan.as_ref()?;
        let kept = callback.place.as_ref().map(|place| &place.queue);
        let mut queues = plan.queues().iter();
        if let Some(queue) = kept.and_then(|kept| queues.find(|queue| queue.id == *kept)) {
            return Some(queue.id.clone());
        }
        let group = callback.group.as_ref()?;
        let own = plan.queues().iter().find(|queue| queue.group == *group);
        own.map(|queue| queue.id.clone())
    }

    fn stand(&mut self, now: Now, id: CallId, wanted: Wanted, turn: Turn) {
        // Asked before there is a call, so that a night of refusals makes no calls that never were.
        let answer = match self.ask_rules(now, &wanted, None) {
            Ok(_) => self.begin_out(now, wanted, Way::Queued(turn)),
            Err(denial) => Err(denial),
        };
        match answer {
            Ok(call) => {
                self.callbacks.stands(id, call);
                self.look_at_request(id, Mono(u64::MAX));
                self.time_request(now, id);
            }
            Err(denial) => match denial.rule {
                Some(rule) => self.deny_request(now, id, rule),
                None => self.look_at_request(id, now.mono + LOOK_EVERY),
            },
        }
    }

    fn deny_request(&mut self, now: Now, id: CallId, rule: Name) {
        let until = now.wall + LAW_EVERY;
        self.step_request(now, id, Step::Denied { rule, until });
    }

    /// Nothing calls by itself. Where there are no rules for calls out nothing ever does, so nothing is said of it.
    fn leave_to_people(&mut self, now: Now, id: CallId) {
        let has_rules = self
            .plan
            .as_ref()
            .is_some_and(|plan| plan.outbound().is_some());
        if has_rules {
            self.step_request(now, id, Step::NoWay);
        } else if let Some(callback) = self.callbacks.get_mut(id) {
            callback.course.take(Step::NoWay);
            callback.look = Mono(u64::MAX);
            self.time_request(now, id);
        }
    }

    /// Another plan: what people were to call may have a way now.
    pub(crate) fn look_at_requests(&mut self, now: Now) {
        for id in self.callbacks.ids() {
            let Some(callback) = self.callbacks.get(id) else {
                continue;
            };
            let by_people = callback.course.state == RequestState::ByHand;
            if by_people && !matches!(self.way_of(now, callback), Err(Lack::Way)) {
                self.step_request(now, id, Step::Due);
            }
        }
    }

    /// Half of its time is over: it goes before all but the emergencies.
    fn hurry_request(&mut self, now: Now, id: CallId) {
        let Some(turn) = self.callbacks.get(id).and_then(|it| it.turn) else {
            return;
        };
        let Some(Call {
            phase: Phase::Waiting(wait),
            ..
        }) = self.calls.get_mut(&turn)
        else {
            return;
        };
        if wait.priority >= URGENT {
            return;
        }
        wait.priority = URGENT;
        let raised = gudok_acd::Input::Reprioritise {
            call: turn,
            priority: URGENT,
            actor: Actor::Policy(gudok_model::actor::DUE.into()),
        };
        self.tell_acd(now, raised);
    }

    /// An operator is rung for a call of ours: the lease begins.
    pub(crate) fn request_offered(&mut self, now: Now, call: CallId, by: &OperatorId) {
        if let Some(id) = self.callbacks.of_turn(call) {
            let (by, until) = (by.clone(), now.wall + LEASE);
            self.step_request(now, id, Step::Offered { by, until, call });
        }
    }

    /// Nobody is rung for it any more, and nobody took it: it waits on in its place.
    pub(crate) fn request_not_taken(&mut self, now: Now, call: CallId) {
        let Some(id) = self.callbacks.of_turn(call) else {
            return;
        };
        let waits =
            |call: &&Call| matches!(call.phase, Phase::Waiting(_)) && call.offers.is_empty();
        if self.calls.get(&call).filter(waits).is_some()
            && self.step_request(now, id, Step::Withdrawn)
        {
            self.look_at_request(id, Mono(u64::MAX));
            self.time_request(now, id);
        }
    }

    /// Whether the customer of this call of ours may be rung now: each lease does it once, and nobody rings who is on the line
    /// with us.
    pub(crate) fn request_dials(
        &mut self,
        now: Now,
        call: CallId,
        by: &OperatorId,
    ) -> Result<(), How> {
        let Some(id) = self.callbacks.of_turn(call) else {
            return Ok(());
        };
        let own = |it: &&Callback| self.is_on_the_line(it);
        if self.callbacks.get(id).filter(own).is_some() {
            return Err(How::CalledIn);
        }
        let by = by.clone();
        if self.step_request(now, id, Step::Dials { by, call }) {
            return Ok(());
        }
        self.alarm("callback_dialled_twice", format!("{id} by {call}"));
        Err(How::Failed("dialled-twice"))
    }

    /// What came of a call of ours.
    pub(crate) fn on_out_ended(&mut self, now: Now, end: OutEnd) {
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
        if let Some(request) = self.callbacks.of_turn(id) {
            self.callbacks.stands_no_more(id);
            if !talked {
                self.fall_back(now, request, "cut_off");
            }
        }
        let Some(number) = whose else {
            return;
        };
        for request in self.callbacks.of_number(&project, &number) {
            if talked {
                self.close_request(request, RequestOutcome::Done, (Some(id), None));
            } else {
                self.free_line(now, request);
            }
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

    fn pause_of(&self, id: CallId) -> std::time::Duration {
        let pause = self.retry_of(id).map(|retry| retry.pause);
        pause.unwrap_or(gudok_dialplan::Retry::default().pause)
    }

    fn retry_of(&self, id: CallId) -> Option<gudok_dialplan::Retry> {
        let queue = self.queue_of(self.callbacks.get(id)?)?;
        Some(self.plan.as_ref()?.retry(&queue))
    }
}

pub(super) fn wanted(callback: &Callback) -> Wanted {
    Wanted {
        number: callback.key.number.clone(),
        region: callback.region.clone(),
        purpose: Purpose::Service,
        basis: Some(Basis {
            ground: Ground::Request,
            reference: Some(callback.id.to_string().into()),
        }),
        cli: None,
        request: Some(callback.id),
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
