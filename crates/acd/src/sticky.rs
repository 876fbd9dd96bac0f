//! A caller who waits for one operator before anybody else is asked (Q6, `sticky_first`): for as long as the queue says, and only
//! while that operator has a seat, busy or on a break. Once offered, or when the time is up, they are for anybody, with their
//! place. An emergency (priority 9) waits for nobody in particular.
use gudok_model::{CallId, Mono, Now, OperatorId};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::call::{Call, OrderKey};
use crate::guard::{Guard, guard};
use crate::input::Sticky;
use crate::operator::Operator;
use crate::queue::Queue;
use crate::reason::reason;
use crate::strategy::Choice;
use crate::timer::Timer;

/// Whom a caller waits for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Stuck {
    pub(crate) operator: OperatorId,
    /// The place they came with: their order among those who wait for the same one.
    key: OrderKey,
    pub(crate) until: Mono,
}

impl Acd {
    /// Keeps a caller who has just come for one operator. One who is not there, or has refused this caller, is not waited for.
    pub(crate) fn wait_for_one(&mut self, now: Now, id: CallId, sticky: Sticky) {
        let Sticky { operator, until } = sticky;
        let there = self.operators.get(&operator);
        let there = there.is_some_and(|who| who.session.is_some() && !who.removed);
        let there = there && guard(Guard::Sticky);
        let Some(call) = self
            .calls
            .get_mut(&id)
            .filter(|_| there && until > now.mono)
        else {
            return;
        };
        if call.past.refusal(&operator, now.mono).is_some() {
            return;
        }
        let Some(waiting) = call.waiting_mut() else {
            return;
        };
        let key = waiting.key;
        waiting.sticky = Some(Stuck {
            operator: operator.clone(),
            key,
            until,
        });
        if let Some(queue) = self.queues.get_mut(&waiting.queue) {
            queue.hold(key, id);
        }
        self.timers.set(until, Timer::Sticky(id));
        let awaited = self.awaited.entry(operator.clone()).or_default();
        awaited.insert((key, id));
        self.freed.insert(operator);
    }

    /// They have waited for one long enough.
    pub(crate) fn waited_for_one(&mut self, id: CallId) {
        if guard(Guard::StickyEnds) {
            self.unstick(id);
        }
    }

    /// They are for anybody from now on.
    pub(crate) fn unstick(&mut self, id: CallId) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        let Some(stuck) = waiting.sticky.take() else {
            return;
        };
        if let Some(queue) = self.queues.get_mut(&waiting.queue) {
            queue.let_loose(waiting.key, id);
            self.dirty.extend(queue.groups().cloned());
        }
        self.timers.cancel(stuck.until, Timer::Sticky(id));
        if let Some(awaited) = self.awaited.get_mut(&stuck.operator) {
            awaited.remove(&(stuck.key, id));
            if awaited.is_empty() {
                self.awaited.remove(&stuck.operator);
            }
        }
    }

    /// Somebody has left their seat: nobody waits for them.
    pub(crate) fn forsake(&mut self, operator: &OperatorId) {
        let awaited = self.awaited.get(operator).cloned();
        for (_, call) in awaited.unwrap_or_default() {
            self.unstick(call);
        }
    }

    /// The first who waits for each of those who have become free.
    pub(crate) fn awaiting(&self) -> impl Iterator<Item = (&Queue, OrderKey, CallId)> {
        let free = self.freed.iter().filter(|id| {
            let who = self.operators.get(*id);
            who.is_some_and(|who| who.standing.free.is_some())
        });
        free.filter_map(|id| {
            let (_, call) = self.awaited.get(id)?.first()?;
            let waiting = self.calls.get(call)?.waiting()?;
            let queue = self.queues.get(&waiting.queue)?;
            Some((queue, waiting.key, *call))
        })
    }

    /// Whom a caller is kept for, and that they are for anybody after this.
    pub(crate) fn take_stuck(&mut self, id: CallId) -> Option<Choice> {
        let waiting = self.calls.get(&id)?.waiting()?;
        let operator = waiting.sticky.as_ref()?.operator.clone();
        self.unstick(id);
        let text = "звонящий закреплён за этим оператором";
        Some(Choice {
            operator,
            why: reason("sticky", text),
        })
    }

    /// For the invariants: who waits for whom is known on both sides, and nobody waits for somebody free.
    pub(crate) fn check_sticky(&self) -> Result<(), String> {
        let mut kept = 0;
        for (operator, calls) in &self.awaited {
            let free = self.operators.get(operator).is_some_and(Operator::routable);
            if free || calls.is_empty() {
                return Err(format!("I4: {calls:?} wait for {operator}"));
            }
            kept += calls.len();
        }
        let waiting = self.calls.values().filter_map(Call::waiting);
        let stuck = waiting.filter(|it| it.sticky.is_some()).count();
        match stuck == kept {
            true => Ok(()),
            false => Err(format!(
                "I9: {stuck} wait for somebody, {kept} are known to"
            )),
        }
    }
}

/// Why somebody free is not asked for a caller who waits for another.
pub(crate) fn waits_for(call: &Call, now: Mono) -> Option<String> {
    let stuck = call.waiting()?.sticky.as_ref()?;
    let left = stuck.until.since(now).as_secs();
    Some(format!(
        "свободен, но ещё {left} с звонящий ждёт {}",
        stuck.operator
    ))
}
