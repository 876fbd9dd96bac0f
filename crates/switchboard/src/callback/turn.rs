//! How a request that waits comes to an operator, and the operator to the customer: a place in a queue, a lease, one dial.
use gudok_model::{Actor, CallId, Mono, Name, Now, OperatorId, QueueId, RequestKind, RequestState};
use gudok_outbound::{Basis, Ground, PREFIX, Purpose};

use super::book::Callback;
use super::machine::Step;
use super::{LEASE, LOOK_EVERY, TURN_MAX, URGENT};
use crate::call::{Call, Phase};
use crate::outgoing::{How, Turn, Wanted, Way};
use crate::switchboard::Switchboard;

/// So long after its time a machine does not begin to call. A day, microseconds.
const STALE_US: i64 = 24 * 3_600 * 1_000_000;

/// What one that is to be called lacks.
enum Lack {
    /// No queue of its group, or no rules for calls out: people call.
    Way,
    /// Something that passes: an operator at the desk, a line that is busy with us.
    Moment,
}

impl Switchboard {
    /// It takes its place in the queue; or it is said why not.
    pub(crate) fn begin_turn(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get(id) else {
            return;
        };
        if callback.turn.is_some() {
            // The queue says when it goes on.
            return self.look_at_request(id, Mono(u64::MAX));
        }
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

    /// The queue of the caller who kept the place, where it is still there, else the first of the group that owes the call; where
    /// everybody owes it, the first to which callers of the project come.
    pub(super) fn queue_of(&self, callback: &Callback) -> Option<QueueId> {
        let plan = self.plan.as_ref()?;
        let kept = callback.place.as_ref().map(|place| &place.queue);
        let mut queues = plan.queues().iter();
        if let Some(queue) = kept.and_then(|kept| queues.find(|queue| queue.id == *kept)) {
            return Some(queue.id.clone());
        }
        let own = plan.queues().iter().find(|queue| match &callback.group {
            Some(group) => queue.group == *group,
            None => self.is_led_to(&queue.id, &callback.key.project),
        });
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
                // No number of its project: only another plan has one.
                None if *denial.code == *"no_number" => self.leave_to_people(now, id),
                None => self.look_at_request(id, now.mono + LOOK_EVERY),
            },
        }
    }

    /// What an hour may lift is asked again; where the plan calls nobody at all, as if there were no number to call from, people are
    /// told of it once, and the next plan is asked.
    pub(super) fn deny_request(&mut self, now: Now, id: CallId, rule: Name) {
        let for_people = self.config.law_opens && *rule == *PREFIX;
        if for_people && self.step_request(now, id, Step::NoWay) {
            return self.alarm(
                "callback_no_prefix",
                format!("{id}: the plan lets no call there"),
            );
        }
        let until = self.opens(now, id);
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

    /// Another plan: what people were to call may have a way now. What is long overdue stays with them: they may have called long
    /// ago and never ticked it off.
    pub(crate) fn look_at_requests(&mut self, now: Now) {
        for id in self.callbacks.ids() {
            let Some(callback) = self.callbacks.get(id) else {
                continue;
            };
            let by_people = callback.course.state == RequestState::ByHand;
            if by_people && !is_stale(now, callback) && self.has_way(now, id) {
                self.step_request(now, id, Step::Due);
            }
        }
    }

    /// Whether a machine could call, now or later.
    pub(super) fn has_way(&self, now: Now, id: CallId) -> bool {
        let callback = self.callbacks.get(id);
        callback.is_some_and(|it| !matches!(self.way_of(now, it), Err(Lack::Way)))
    }

    /// Somebody has sat down: who waits for that waits no more.
    pub(crate) fn wake_requests(&mut self, now: Now) {
        let waits =
            |it: &&Callback| it.course.state == RequestState::Requested && it.turn.is_none();
        let waiting: Vec<CallId> = self
            .callbacks
            .iter()
            .filter(waits)
            .map(|it| it.id)
            .collect();
        for id in waiting {
            self.look_at_request(id, now.mono);
        }
    }

    /// Half of its time is over: it goes before all but the emergencies.
    pub(super) fn hurry_request(&mut self, now: Now, id: CallId) {
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
            // What was made for a request that is over rings nobody.
            let out = self.calls.get(&call).and_then(|call| call.out.as_ref());
            return match out.and_then(|out| out.wanted.request) {
                Some(_) => Err(How::CalledIn),
                None => Ok(()),
            };
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
}

/// Whether nobody expects the call any more.
fn is_stale(now: Now, callback: &Callback) -> bool {
    now.wall.0.saturating_sub(callback.due.0) > STALE_US
}

pub(super) fn wanted(callback: &Callback) -> Wanted {
    // What the form proves it with; else the request itself.
    let own = || Name::from(callback.id.to_string());
    let proof = callback.about.basis.clone().unwrap_or_else(own);
    Wanted {
        number: callback.key.number.clone(),
        region: callback.region.clone(),
        purpose: Purpose::Service,
        basis: Some(Basis {
            ground: Ground::Request,
            reference: Some(proof),
        }),
        cli: None,
        request: Some(callback.id),
        home: callback.home.clone(),
    }
}
