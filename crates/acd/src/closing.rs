//! A queue that is closed and lets nobody wait meanwhile (Q0): whose it is and when, the plan says. Who comes is sent on at the door,
//! who waits goes in the order in which they came. A phone that rings for somebody rings on: they go when it is not taken. Those who
//! answer questions meanwhile are judged as they come back, and a promise, with which nobody waits, keeps its place. Whom an operator
//! has taken already, and of whom it is said that they stay, waits on as if the queue kept its callers (reliability F13).
use gudok_model::{CallId, Now, QueueId};

use crate::acd::Acd;
use crate::call::{Call, Past};
use crate::guard::{Guard, guard};
use crate::output::WaitEnd;
use crate::queue::Queue;
use crate::waiting::Entry;

impl Acd {
    /// From now on a queue lets nobody wait, or does so again.
    pub(crate) fn set_closed(&mut self, queue: QueueId, on: bool) {
        match on {
            true => {
                self.closing.insert(queue.clone());
                self.closed.insert(queue)
            }
            false => self.closed.remove(&queue),
        };
    }

    /// Somebody has come to be open in a queue: if it is closed, they may have to leave it.
    pub(crate) fn look_if_closed(&mut self, queue: &QueueId) {
        if self.closed.contains(queue) {
            self.closing.insert(queue.clone());
        }
    }

    /// Whether who comes so is sent on, the queue being closed. Who is passed on to a person by name goes to them.
    pub(crate) fn is_closed_to(&self, entry: &Entry, past: &Past) -> bool {
        let is_kept = entry.promised || entry.stays || past.is_kept();
        self.closed.contains(&entry.queue) && entry.first.is_empty() && !is_kept
    }

    /// Who is to leave a queue that is closed.
    pub(crate) fn turned_out(&self, id: &QueueId) -> impl Iterator<Item = CallId> {
        let queue = self.queues.get(id).filter(|_| self.closed.contains(id));
        let unrung = queue.into_iter().flat_map(Queue::unrung);
        unrung.filter(|call| !self.is_kept_open(*call))
    }

    /// Whether somebody waits on though their queue is closed.
    fn is_kept_open(&self, call: CallId) -> bool {
        let call = self.calls.get(&call);
        let stays = |it: &Call| it.waiting().is_some_and(|waiting| waiting.stays);
        call.is_some_and(|it| it.past.is_kept() || stays(it))
    }

    /// Lets go whom a closed queue keeps no longer: of those alone that were closed just now, or where somebody has come to be open.
    pub(crate) fn sweep_closed(&mut self, now: Now) {
        let closing = std::mem::take(&mut self.closing);
        if closing.is_empty() || !guard(Guard::ClosedLeaves) {
            return;
        }
        let leaving = closing.iter().flat_map(|id| self.turned_out(id));
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
