//! Queues with hours of their own (behaviour Q0): as those end, who waits goes or stays, by the plan's word, and either is on
//! record. Who comes is the plan's own matter: it asks the hours before it decides for the queue.
use std::time::Duration;

use gudok_dialplan::{AtClose, QueueHours};
use gudok_model::{CallEvent, CallId, Now, QueueId, Reason};

use crate::call::Phase;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// It is looked at least so often: the wall clock may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// And no oftener than so.
const LOOK_AFTER: Duration = Duration::from_secs(1);

impl Switchboard {
    /// Tells the ACD of every queue that lets nobody wait, or does so again, since it was told last. A plan whose queues have no
    /// hours, after one that had none either, tells nothing.
    pub(crate) fn look_at_hours(&mut self, now: Now) {
        let plan = self.plan.as_ref();
        let hours = plan.map(|plan| plan.queue_hours(now.wall, &self.overrides));
        let hours = hours.unwrap_or_default();
        let till = |it: &QueueHours| it.till.map_or(LOOK_EVERY, |till| till.since(now.wall));
        let next = hours.iter().map(till).min();
        self.forget_hours(now, &hours);
        for it in &hours {
            self.hours_are(now, it);
        }
        match next {
            Some(left) => {
                let left = left.clamp(LOOK_AFTER, LOOK_EVERY);
                self.timers.set(Timer::Hours, now.mono + left);
            }
            None => self.timers.cancel(Timer::Hours),
        }
    }

    /// Queues that have no hours any more are open.
    fn forget_hours(&mut self, now: Now, hours: &[QueueHours]) {
        let has = |queue: &QueueId| hours.iter().any(|it| it.queue == *queue);
        let gone = self.hours.keys().filter(|queue| !has(queue));
        for queue in gone.cloned().collect::<Vec<_>>() {
            let was = self.hours.remove(&queue);
            if was.is_some_and(|it| lets_nobody_wait(&it)) {
                self.tell_acd(now, gudok_acd::Input::Closed { queue, on: false });
            }
        }
    }

    fn hours_are(&mut self, now: Now, is: &QueueHours) {
        let was = self.hours.insert(is.queue.clone(), is.clone());
        let shut = |it: &QueueHours| lets_nobody_wait(it);
        let on = shut(is);
        if was.as_ref().is_some_and(shut) != on {
            let queue = is.queue.clone();
            self.tell_acd(now, gudok_acd::Input::Closed { queue, on });
        }
        let closes = !is.open && was.is_some_and(|it| it.open);
        if closes && is.at_close == AtClose::Stay {
            self.tell_who_stays(is);
        }
    }

    /// Whoever waits there on the line is told on the record that they wait on.
    fn tell_who_stays(&mut self, hours: &QueueHours) {
        let waits =
            |phase: &Phase| matches!(phase, Phase::Waiting(wait) if wait.queue == hours.queue);
        let calls = self.calls.iter();
        // Nobody waits with a promise.
        let calls = calls.filter(|(_, call)| waits(&call.phase) && !call.seeks_customer());
        let stay: Vec<CallId> = calls.map(|(id, _)| *id).collect();
        let QueueHours {
            queue, schedule, ..
        } = hours;
        let text = format!(
            "очередь «{queue}»: график «{schedule}» закрылся; кто ждёт, остаётся (at_close = stay)"
        );
        for id in stay {
            self.touch(id);
            let reason = Reason {
                code: "queue_closed".into(),
                place: None,
                text: text.clone(),
            };
            self.fact(
                id,
                CallEvent::Decided {
                    decision: format!("queue {queue} closed, waits on"),
                    reasons: vec![reason],
                },
            );
        }
    }

    /// Whether the plan in force sends nobody to a queue now.
    pub(crate) fn is_closed(&self, now: Now, queue: &QueueId) -> bool {
        let plan = self.plan.as_ref();
        plan.is_some_and(|plan| !plan.is_open(queue, now.wall, &self.overrides))
    }
}

fn lets_nobody_wait(hours: &QueueHours) -> bool {
    !hours.open && hours.at_close == AtClose::Leave
}
