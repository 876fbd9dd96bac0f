//! Who is to be behind the queues: by the schedules and rosters of the plan, told to the ACD as that changes (behaviour Q8).
use std::time::Duration;

use gudok_model::Now;

use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// It is looked at least so often: the wall clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// And no oftener than so.
const LOOK_AFTER: Duration = Duration::from_secs(1);

impl Switchboard {
    /// The edges of the queues of the plan that comes into force now; to be told before the queues themselves, so that nobody
    /// is let go by rules that hold no more. A plan that says nothing of it, after one that did not either, tells nothing.
    pub(crate) fn set_edges(&mut self, now: Now) {
        let usual = self.config.waits_for_late;
        let queues = self.plan.as_ref().map(|plan| plan.when_empty(usual));
        let queues = queues.unwrap_or_default();
        if queues.is_empty() && !self.has_edges {
            return;
        }
        self.has_edges = !queues.is_empty();
        self.expected.clear();
        self.tell_acd(now, gudok_acd::Input::WhenEmpty { queues });
        self.on_expected_due(now);
    }

    /// Tells the ACD of every queue where it is otherwise than it was told last.
    pub(crate) fn on_expected_due(&mut self, now: Now) {
        let Some(plan) = self.plan.clone().filter(|_| self.has_edges) else {
            return self.timers.cancel(Timer::Expected);
        };
        let mut next = None;
        let usual = self.config.waits_for_late;
        for told in plan.expected(now.wall, &self.overrides, usual) {
            let left = told.till.map_or(LOOK_EVERY, |till| till.since(now.wall));
            let left = left.clamp(LOOK_AFTER, LOOK_EVERY);
            next = Some(next.map_or(left, |next: Duration| next.min(left)));
            let (queue, on) = (told.queue, told.is);
            if self.expected.insert(queue.clone(), on) != Some(on) {
                self.tell_acd(now, gudok_acd::Input::Expected { queue, on });
            }
        }
        match next {
            Some(left) => self.timers.set(Timer::Expected, now.mono + left),
            None => self.timers.cancel(Timer::Expected),
        }
    }
}
