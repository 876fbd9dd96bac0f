//! Each step of a request is told, and each state has a moment at which it is looked at.
use gudok_model::{CallEvent, CallId, Mono, Now, RequestState};

use super::book::moment;
use super::machine::Step;
use super::{LEASE, LOOK_EVERY};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

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
                // Nothing comes of a look; the next one would be due at once.
                RequestState::Connected { .. }
                | RequestState::Exhausted { .. }
                | RequestState::ByHand => self.look_at_request(id, Mono(u64::MAX)),
            }
        }
        // What nothing came of waits a while, whatever it was: a moment that has passed never comes again at once.
        if let Some(callback) = self.callbacks.get_mut(id)
            && callback.look <= now.mono
        {
            callback.look = now.mono + LOOK_EVERY;
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
}
