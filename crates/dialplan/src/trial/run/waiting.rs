//! How a test's call waits in a queue: what is said to happen, else what the state of the queue comes to.
use std::time::Duration;

use gudok_model::QueueId;

use super::super::Happens;
use super::Run;
use crate::decision::{StepEnd, WaitKeys};
use crate::typed::Typed;

/// A queue to which the call comes.
pub(super) struct Door<'a> {
    pub(super) queue: &'a QueueId,
    /// Of the wait, which counts from the first queue.
    pub(super) left: Duration,
    pub(super) leave_empty: bool,
    pub(super) keys: Option<&'a WaitKeys>,
    /// Whether there is a way for a fault of ours, for a queue that left the plan, and for one that closes to who waits.
    pub(super) exits: (bool, bool, bool),
}

impl Door<'_> {
    fn has_key(&self, typed: Typed) -> bool {
        let mut pressed = typed.as_str().chars();
        let key = pressed.next().filter(|_| typed.len() == 1);
        self.keys.zip(key).is_some_and(|(it, key)| it.keys.has(key))
    }

    /// Whether the queue can be left so.
    fn fits(&self, happens: Happens) -> bool {
        match happens {
            Happens::NotAnswered | Happens::Silent => false,
            Happens::Pressed(typed) | Happens::PressedAfter(typed, _) => {
                self.has_key(typed) && !self.left.is_zero()
            }
            Happens::NoOperators => self.leave_empty,
            Happens::Failed => self.exits.0,
            Happens::Removed => self.exits.1,
            Happens::Closed => self.exits.2,
            // `wait` counts from the first queue: nobody is rung for who has none left.
            Happens::Answered | Happens::AnsweredAfter(_) | Happens::Full => !self.left.is_zero(),
            Happens::TimedOut => true,
        }
    }
}

impl Run<'_> {
    /// How much of a wait is left.
    pub(super) fn left(&mut self, wait_max: Duration) -> Duration {
        let since = *self.queued_since.get_or_insert(self.gone);
        wait_max.saturating_sub(self.gone - since)
    }

    pub(super) fn wait(&mut self, door: &Door<'_>) -> Option<StepEnd> {
        // Whoever comes back to the place that was kept is in the same queue still.
        let is_back = self.aside.take().as_ref() == Some(door.queue);
        if !is_back {
            self.story.queues.push(door.queue.as_str().into());
        }
        let (happens, at) = match self.happens.pop_front() {
            Some((happens, at)) => (happens, Some(at)),
            None => (self.usual(door, is_back), None),
        };
        let is_told = at.is_some();
        if let (false, Some(at)) = (door.fits(happens), at) {
            let queue = door.queue;
            self.story.unfit = Some((at, format!("очередь «{queue}» так не кончается")));
            return None;
        }
        // Whom the door lets in has waited there, however that ends.
        let is_refused = door.left.is_zero()
            || happens == Happens::Full
            || (happens == Happens::NoOperators && !is_told);
        if !is_refused {
            self.waited = Some(door.queue.clone());
        }
        self.leaves(door, happens)
    }

    /// As a queue looks at who comes to its door.
    fn usual(&self, door: &Door<'_>, is_back: bool) -> Happens {
        let facts = self.queues.get(door.queue).copied().unwrap_or_default();
        let known = self.plan.queues().iter().find(|it| it.id == *door.queue);
        let full = known.is_some_and(|known| facts.waiting >= known.callers_max);
        let at = self.given.at + self.gone;
        let is_empty = facts.logged_in == 0 && self.plan.sends_on(door.queue, at, &self.overrides);
        if door.leave_empty && is_empty {
            Happens::NoOperators
        } else if door.left.is_zero() {
            Happens::TimedOut
        } else if full && !is_back && self.waited.as_ref() != Some(door.queue) {
            Happens::Full
        } else if facts.ready > 0 {
            Happens::Answered
        } else {
            Happens::TimedOut
        }
    }

    fn leaves(&mut self, door: &Door<'_>, happens: Happens) -> Option<StepEnd> {
        match happens {
            Happens::Full => Some(StepEnd::Full),
            Happens::NoOperators => Some(StepEnd::NoOperators),
            Happens::Failed => Some(StepEnd::Failed),
            Happens::Removed => Some(StepEnd::Removed),
            Happens::Closed => Some(StepEnd::Closed),
            Happens::Answered => self.talk(door.queue),
            Happens::AnsweredAfter(after) if after <= door.left => self.talk(door.queue),
            Happens::Pressed(typed) => self.step_aside(door.queue, typed, Duration::ZERO),
            Happens::PressedAfter(typed, after) if after < door.left => {
                self.step_aside(door.queue, typed, after)
            }
            Happens::AnsweredAfter(_)
            | Happens::PressedAfter(..)
            | Happens::TimedOut
            | Happens::NotAnswered
            | Happens::Silent => {
                self.gone += door.left;
                Some(StepEnd::TimedOut)
            }
        }
    }

    fn step_aside(&mut self, queue: &QueueId, key: Typed, after: Duration) -> Option<StepEnd> {
        self.gone += after;
        self.aside = Some(queue.clone());
        Some(StepEnd::Typed(key))
    }
}
