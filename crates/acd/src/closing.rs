//! A queue that is closed and lets nobody wait meanwhile (Q0): whose it is and when, the plan says. Who comes is sent on at the door,
//! who waits goes in the order in which they came. A phone that rings for somebody rings on: they go when it is not taken. Those who
//! answer questions meanwhile are judged as they come back, and a promise, with which nobody waits, keeps its place.
use gudok_model::{CallId, Now, QueueId};

use crate::acd::Acd;
use crate::guard::{Guard, guard};
use crate::output::WaitEnd;
use crate::queue::Queue;
use crate::waiting::Entry;

impl Acd {
    /// From now on a queue lets nobody wait, or does so again.
    pub(crate) fn set_closed(&mut self, queue: QueueId, on: bool) {
        match on {
            true => self.closed.insert(queue),
            false => self.closed.remove(&queue),
        };
    }

    /// Whether who comes so is sent on, the queue being closed. Who is passed on to a person by name goes to them.
    pub(crate) fn is_closed_to(&self, entry: &Entry) -> bool {
        self.closed.contains(&entry.queue) && entry.first.is_empty() && !entry.promised
    }

    /// Who is to leave a queue that is closed.
    pub(crate) fn turned_out(&self, id: &QueueId) -> impl Iterator<Item = CallId> {
        let queue = self.queues.get(id).filter(|_| self.closed.contains(id));
        queue.into_iter().flat_map(Queue::unrung)
    }

    /// Lets go whom a closed queue keeps no longer.
    pub(crate) fn sweep_closed(&mut self, now: Now) {
        if self.closed.is_empty() || !guard(Guard::ClosedLeaves) {
            return;
        }
        let leaving = self.closed.iter().flat_map(|id| self.turned_out(id));
        let seq = |call: CallId| self.calls.get(&call).map_or(0, |it| it.past.seq);
        let mut leaving: Vec<(u64, CallId)> = leaving.map(|call| (seq(call), call)).collect();
        leaving.sort_unstable();
        for (_, call) in leaving {
            self.serving = Some(call);
            self.end_wait(now, call, WaitEnd::Closed);
        }
        self.serving = None;
    }
}
