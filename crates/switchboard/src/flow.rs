//! The plan decides, this performs: one decision at a time, until one takes time.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_dialplan::plan::STEPS_MAX;
use gudok_dialplan::shadow::Seen;
use gudok_dialplan::{Decision, Facts, QueueFacts, StepEnd, named};
use gudok_model::{CallEvent, CallId, Mono, Name, Now, OperatorId, Outcome, QueueId, Termination};

use crate::call::{Access, Call, Ending, Phase, Wait};
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// How much later than the ACD's own deadline a wait counts as lost.
pub(crate) const WAIT_GRACE: std::time::Duration = std::time::Duration::from_secs(30);

/// The prompt of the built-in pack that promises to call back: not for a caller whom nobody can call.
const CALLBACK_PROMISE: &str = "callback_promise";

impl Switchboard {
    /// Goes on in the plan after `end` (None: enters it) and does what it says.
    pub(crate) fn advance(&mut self, now: Now, id: CallId, end: Option<StepEnd>) {
        self.touch(id);
        if self.goes_without_plan(now, id) {
            return;
        }
        let mut end = end;
        // The plan bounds itself by the same number; here it keeps a faulty plan from going round for ever.
        for _ in 0..=STEPS_MAX {
            let Some(decision) = self.decide(now, id, end) else {
                return;
            };
            match self.perform(now, id, decision) {
                Some(at_once) => end = Some(at_once),
                None => return,
            }
        }
        self.rescue(now, id, "plan-goes-round");
    }

    /// Asks the plan. None: the call is over.
    fn decide(&mut self, now: Now, id: CallId, end: Option<StepEnd>) -> Option<Decision> {
        let call = self.calls.get(&id).filter(|call| call.is_open())?;
        let queues = self.queue_facts(call, now.mono);
        let facts = Facts {
            now: now.wall,
            caller: &call.caller,
            dialled: &call.dialled,
            trunk: &call.trunk,
            client: &call.client,
            queues: &queues,
            overrides: &self.overrides,
            memory: &call.memory,
        };
        let step = call.plan.step(&call.number, &call.cursor, end, &facts);
        if self.watched.is_on() {
            self.watched.push(Seen {
                call: id,
                generation: call.plan.generation().clone(),
                in_force: self.goes_by_now(call),
                now: now.wall,
                busy: call.brief,
                caller: call.caller.clone(),
                dialled: call.dialled.clone(),
                trunk: call.trunk.clone(),
                client: call.client.clone(),
                overrides: self.overrides.clone(),
                end,
                cursor: step.cursor.clone(),
                decision: step.decision.clone(),
                queues,
            });
        }
        self.timers.cancel(Timer::Phase(id));
        self.end_wait(id);
        let call = self.calls.get_mut(&id)?;
        call.cursor = step.cursor;
        if let Some(memory) = step.memory {
            call.memory = memory;
        }
        call.phase = Phase::Deciding;
        self.fact(
            id,
            CallEvent::Decided {
                decision: describe(&step.decision),
                reasons: step.reasons,
            },
        );
        Some(step.decision)
    }

    /// Whether a call that comes now would go by the same plan.
    fn goes_by_now(&self, call: &Call) -> bool {
        let now = self.plan.as_ref();
        now.is_some_and(|plan| plan.generation() == call.plan.generation())
    }

    fn queue_facts(&self, call: &Call, now: Mono) -> BTreeMap<QueueId, QueueFacts> {
        let facts = |id: &QueueId| {
            let view = self.acd.queue(id, now).unwrap_or_default();
            // Nobody is on the line with a promise: it sends no caller elsewhere.
            let (waiting, longest) = match self.config.promises_apart {
                true => (
                    view.waiting.saturating_sub(view.promised),
                    view.longest_on_line,
                ),
                false => (view.waiting, view.longest_wait),
            };
            QueueFacts {
                waiting,
                logged_in: view.logged_in,
                ready: view.ready,
                longest_wait_secs: u32::try_from(longest.as_secs()).unwrap_or(u32::MAX),
            }
        };
        let queues = call.plan.queues().iter();
        queues
            .map(|queue| (queue.id.clone(), facts(&queue.id)))
            .collect()
    }

    /// Does what the plan says. Some: it ended at once.
    pub(crate) fn perform(&mut self, now: Now, id: CallId, decision: Decision) -> Option<StepEnd> {
        let asks_soon = matches!(
            decision,
            Decision::Play { .. }
                | Decision::AwaitLookup { .. }
                | Decision::Find { .. }
                | Decision::Ask { .. }
        );
        if !asks_soon && let Some(call) = self.calls.get_mut(&id) {
            call.ahead.clear();
        }
        self.give_up_place(now, id, &decision);
        match decision {
            Decision::AwaitLookup { deadline } => self.await_lookup(id, deadline),
            Decision::Find {
                by,
                value,
                deadline,
            } => self.search(now, id, (by, value), deadline),
            Decision::Queue { .. } => self.enter_queue(now, id, decision),
            Decision::External { .. } => self.call_out(now, id, decision),
            Decision::Operator {
                operator,
                queue,
                ring,
                music,
            } => self.ring_named(now, id, (operator, queue), (ring, music)),
            Decision::HangUp { reason } => self.leave_without_a_word(now, id, &reason),
            spoken @ (Decision::Play { .. }
            | Decision::Ask { .. }
            | Decision::Voicemail { .. }
            | Decision::Promise { .. }
            | Decision::Close { .. }) => self.speak(now, id, spoken),
        }
    }

    /// What needs the caller's ear; the leg is answered first where nothing can be heard yet.
    fn speak(&mut self, now: Now, id: CallId, decision: Decision) -> Option<StepEnd> {
        let access = self.calls.get(&id)?.access;
        let is_heard_from = matches!(decision, Decision::Voicemail { .. } | Decision::Ask { .. });
        let hears = match access {
            Access::Answered => true,
            // Carriers carry neither voice nor keys of the caller before the answer: a message needs the 200.
            Access::Early => !is_heard_from,
            Access::Called | Access::Ringing | Access::Answering | Access::Over => false,
        };
        if !hears {
            self.answer_then(now, id, Some(decision));
            return None;
        }
        match decision {
            Decision::Play { prompts, notice } => self.say(now, id, prompts, notice),
            Decision::Ask {
                prompts,
                answer,
                keys,
            } => self.listen(now, id, prompts, answer, keys),
            Decision::Voicemail { prompts, max, owed } => {
                self.take_message(now, id, prompts, (max, owed))
            }
            Decision::Promise {
                owed,
                to,
                prompts,
                keep_place,
            } => self.promise(now, id, prompts, (to, owed), keep_place),
            Decision::Close { prompts, reason } => self.close_with(now, id, prompts, &reason),
            Decision::AwaitLookup { .. }
            | Decision::Find { .. }
            | Decision::Queue { .. }
            | Decision::External { .. }
            | Decision::Operator { .. }
            | Decision::HangUp { .. } => None,
        }
    }

    fn say(&mut self, now: Now, id: CallId, prompts: Vec<Name>, notice: bool) -> Option<StepEnd> {
        if prompts.is_empty() {
            return Some(StepEnd::Played);
        }
        let notice = notice.then(|| named(&prompts).join(" + ").into());
        let limit = self.config.play_limit(prompts.len());
        let leg = self.calls.get(&id)?.caller_leg();
        let play = self.play(leg, prompts, false);
        self.enter(now, id, Phase::Playing { play, notice }, limit);
        None
    }

    fn await_lookup(&mut self, id: CallId, deadline: std::time::Duration) -> Option<StepEnd> {
        let call = self.calls.get_mut(&id)?;
        if call.client != gudok_model::ClientMatch::Pending {
            return Some(StepEnd::LookedUp);
        }
        let at = call.arrived.mono + deadline;
        call.phase = Phase::LookingUp;
        self.timers.set(Timer::Phase(id), at);
        None
    }

    fn enter_queue(&mut self, now: Now, id: CallId, decision: Decision) -> Option<StepEnd> {
        let access = self.calls.get(&id)?.access;
        if matches!(decision, Decision::Queue { keys: Some(_), .. }) && access != Access::Answered {
            // Carriers bring no key of the caller before the answer.
            self.answer_then(now, id, Some(decision));
            return None;
        }
        let Decision::Queue {
            queue,
            priority,
            wait_max,
            leave_empty,
            music,
            announce,
            keys,
        } = decision
        else {
            return None;
        };
        // The plan has asked the clock just now; the timer of this very moment may be to come.
        if !self.hours.is_empty() {
            self.look_at_hours(now);
        }
        let (entered, aside) = self.entered(now, id, &queue);
        let call = self.calls.get_mut(&id)?;
        let since = *call.queued_since.get_or_insert(now.mono);
        let wait = Wait {
            queue,
            priority,
            deadline: since + wait_max,
            leave_empty,
            music,
            intro: None,
            then: Vec::new(),
            entered,
            aside,
            announce: announce.map(Arc::new),
            keys: keys.map(Arc::new),
        };
        self.wait_in(now, id, wait)
    }

    /// Puts a call into a queue with its first waiting time (Q1). Some: the ACD would not have it.
    pub(crate) fn wait_in(&mut self, now: Now, id: CallId, wait: Wait) -> Option<StepEnd> {
        self.wait_for(now, id, wait, Vec::new())
    }

    /// The same, for these people before anybody of the group.
    pub(crate) fn wait_for(
        &mut self,
        now: Now,
        id: CallId,
        mut wait: Wait,
        first: Vec<OperatorId>,
    ) -> Option<StepEnd> {
        let was_there = self.acd.kept_in(id) == Some(&wait.queue);
        let sticky = (!was_there).then(|| self.sticky(now, id, &wait.queue));
        let request = self.place_of_request(id, &wait.queue);
        let for_anybody = first.is_empty();
        let first = match for_anybody {
            true => self.first_for(now, id, request),
            false => first,
        };
        let call = self.calls.get_mut(&id)?;
        // Who was rung by name and is passed on comes to their first queue now.
        let own = *call.queued_since.get_or_insert(now.mono);
        wait.priority = call.ranks(wait.priority);
        let since = call.stands_since(own, &mut wait);
        let (hears, has_intro, leg) = (call.can_hear(), wait.intro.is_some(), call.caller_leg());
        let queued = gudok_acd::Input::Queued {
            call: id,
            queue: wait.queue.clone(),
            priority: wait.priority,
            since,
            deadline: wait.deadline,
            leave_empty: wait.leave_empty,
            first,
            sticky: sticky.flatten(),
            // A call that was promised is not turned away as one too many.
            resumed: call.resumes_in(&wait.queue) || call.is_out(),
            stays: call.is_out() || !call.plan.may_close(&wait.queue),
            promised: call.seeks_customer(),
            needs: call.memory.needs.clone(),
        };
        let asked = self.ask_acd(now, queued);
        self.end_vain_meeting(now, id);
        if let Err(no) = asked {
            self.alarm(
                "queue_refused",
                format!("{} for {id}: {}", wait.queue, no.code),
            );
            let fails = self.fails_over(id);
            return Some(if fails {
                StepEnd::Failed
            } else {
                StepEnd::NoOperators
            });
        }
        if !was_there {
            let (queue, priority) = (wait.queue.clone(), wait.priority);
            if let Some(call) = self.calls.get_mut(&id) {
                call.last_queue = Some(queue.clone());
                if for_anybody {
                    call.course.went(format!("queue {queue}"));
                }
            }
            self.fact(id, CallEvent::Queued { queue, priority });
        }
        self.tell_resumed(now.mono, id);
        if let Some(request) = request.filter(|_| self.acd.waits(id)) {
            self.customer_came_first(now, id, request);
        }
        if hears && !has_intro {
            self.play(leg, vec![wait.music.clone()], true);
        }
        // The ACD ends the wait; this only catches a wait that it lost.
        let grace = wait.deadline.since(now.mono) + WAIT_GRACE;
        self.begin_wait(now, id, &wait);
        self.enter(now, id, Phase::Waiting(wait), grace);
        None
    }

    fn close_with(
        &mut self,
        now: Now,
        id: CallId,
        prompts: Vec<Name>,
        reason: &str,
    ) -> Option<StepEnd> {
        let call = self.calls.get(&id)?;
        let has_number = self.may_be_called(&call.caller);
        // Who came when there were too many is called back, where the words say so: nobody is owed what was not promised.
        let promises = !self.config.requests || prompts.iter().any(|it| **it == *CALLBACK_PROMISE);
        let called_back = call.brief && has_number && promises;
        let said = if called_back {
            Outcome::CallbackRequested
        } else {
            Outcome::ClosedMsg
        };
        let outcome = call.settled.unwrap_or(said);
        if called_back && call.settled.is_none() {
            self.owe_a_call(now, id);
        }
        let end = Ending::new(outcome, Termination::success(reason));
        let kept = |prompt: &Name| has_number || **prompt != *CALLBACK_PROMISE;
        let prompts = prompts.into_iter().filter(kept).collect();
        self.say_and_end(now, id, prompts, end);
        None
    }

    /// The last words, then the end of the call.
    pub(crate) fn say_and_end(&mut self, now: Now, id: CallId, prompts: Vec<Name>, end: Ending) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        if prompts.is_empty() || !call.can_hear() {
            return self.finish(now, id, end);
        }
        let leg = call.caller_leg();
        let limit = self.config.play_limit(prompts.len());
        let play = self.play(leg, prompts, false);
        self.enter(now, id, Phase::Closing { play, end }, limit);
    }

    fn leave_without_a_word(&mut self, now: Now, id: CallId, reason: &str) -> Option<StepEnd> {
        let call = self.calls.get(&id)?;
        let outcome = match (call.settled, call.sent_outside) {
            (Some(outcome), _) => outcome,
            (None, true) => Outcome::OverflowedExternal { answered: false },
            // The plan must name a reason to hang up on a caller: a deliberate refusal.
            (None, false) => Outcome::RejectedSpam,
        };
        let end = Ending::new(outcome, Termination::success(reason));
        self.finish(now, id, end);
        None
    }

    /// Enters a phase that lasts `limit` at most.
    pub(crate) fn enter(&mut self, now: Now, id: CallId, phase: Phase, limit: std::time::Duration) {
        if !matches!(phase, Phase::Waiting(_)) {
            self.end_wait(id);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = phase;
            self.timers.set(Timer::Phase(id), now.mono + limit);
        }
    }

    /// Answers the caller, then performs `then` (None: enters the plan) when our 200 went out.
    pub(crate) fn answer_then(&mut self, now: Now, id: CallId, then: Option<Decision>) {
        let then = then.map(Box::new);
        self.enter(now, id, Phase::Answering(then), self.config.answer_max);
        self.answer(id);
    }

    /// 200 to the caller, once.
    pub(crate) fn answer(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if matches!(call.access, Access::Ringing | Access::Early) {
            call.access = Access::Answering;
            let leg = call.caller_leg();
            self.outputs.push_back(Output::Answer { leg });
        }
    }
}

/// Prompts by name, without the pieces of a number that is said.
fn said(prompts: &[Name]) -> String {
    named(prompts).join(" ")
}

/// The decision in the words of `gudok explain`; numbers masked.
pub(crate) fn describe(decision: &Decision) -> String {
    match decision {
        Decision::Play { prompts, .. } => format!("play {}", said(prompts)),
        Decision::Ask {
            prompts,
            answer: None,
            ..
        } => format!("menu {}", said(prompts)),
        Decision::Ask {
            answer: Some(name), ..
        } => format!("ask {name}"),
        Decision::AwaitLookup { deadline } => format!("lookup {} ms", deadline.as_millis()),
        // What was typed stands in the reasons, masked.
        Decision::Find { by, deadline, .. } => {
            format!("lookup by {by} {} ms", deadline.as_millis())
        }
        Decision::Queue {
            queue, priority, ..
        } => format!("queue {queue} priority {priority}"),
        Decision::External { number, .. } => format!("external {}", number.masked()),
        Decision::Operator { operator, .. } => format!("operator {operator}"),
        Decision::Voicemail { .. } => "voicemail".into(),
        Decision::Promise { to, .. } => {
            let to = to.as_ref().map(|to| format!(" {}", to.masked()));
            format!("callback{}", to.unwrap_or_default())
        }
        Decision::Close { reason, .. } => format!("close {reason}"),
        Decision::HangUp { reason } => format!("hang_up {reason}"),
    }
}
