//! `progressive` (Q6): one more phone each step, while the others ring on.
use std::time::Duration;

use gudok_model::{CallId, Mono, Now, QueueId, Strategy};

use crate::acd::Acd;
use crate::call::Call;
use crate::guard::{Guard, guard};
use crate::matcher::Reach;
use crate::timer::Timer;

impl Acd {
    /// After a new round: when the next phone joins it, where a group of such a kind is asked.
    pub(crate) fn plan_progress(&mut self, now: Mono, queue: &QueueId, id: CallId) {
        let Some(queue) = self.queues.get(queue) else {
            return;
        };
        let mut asked = self.asked(queue, queue.open.class(id));
        let of_steps = asked.find(|(group, _)| group.settings.strategy == Strategy::Progressive);
        let at = of_steps.map(|(group, _)| match guard(Guard::ProgressWaits) {
            true => now + group.settings.step,
            false => now + Duration::from_millis(1),
        });
        let at = at.filter(|_| guard(Guard::ProgressSteps));
        drop(asked);
        self.set_progress(id, at);
    }

    /// Sets or clears that moment.
    pub(crate) fn set_progress(&mut self, id: CallId, at: Option<Mono>) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut waiting.progress_at, at) {
            self.timers.cancel(old, Timer::Progress(id));
        }
        if let Some(at) = at {
            self.timers.set(at, Timer::Progress(id));
        }
    }

    /// A call that rings on rings at one more; one that rings nowhere has a new round before it. In a drain there is no more
    /// (Q15): those who ring ring on.
    pub(crate) fn ring_one_more(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let rings = !call.offers.is_empty();
        let Some(waiting) = call.waiting_mut() else {
            return;
        };
        waiting.progress_at = None;
        if !rings || !waiting.named.is_empty() || self.draining {
            return;
        }
        let (queue, key) = (waiting.queue.clone(), waiting.key);
        self.join(now, &queue, key, id, Reach::Step);
        self.plan_progress(now.mono, &queue, id);
    }
}
