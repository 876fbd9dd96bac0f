//! The customer calls first. Nothing of ours rings them meanwhile; their call has the place of their request as soon as it comes to a
//! queue, and the request is over in that very step.
use gudok_model::{CallId, Now, QueueId, RequestKind, RequestOutcome, RequestState};

use super::URGENT;
use super::book::{Callback, Key};
use crate::call::{Call, Phase};
use crate::outgoing::How;
use crate::resumed_place::Left;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// A call comes to this queue, and its caller is owed a call: it stands where that stood, never worse than by itself. Gives
    /// what they are owed, which is over once the queue has the call.
    pub(crate) fn place_of_request(&mut self, id: CallId, queue: &QueueId) -> Option<CallId> {
        let call = self.calls.get(&id).filter(|call| !call.is_out())?;
        let key = Key {
            project: call.number.project.clone(),
            number: call.caller.e164()?.clone(),
            kind: RequestKind::Callback,
        };
        let request = self.callbacks.find(&key).filter(|it| *it != id)?;
        let callback = self.callbacks.get(request)?;
        if matches!(callback.course.state, RequestState::Connected { .. }) {
            return None;
        }
        let left = place(callback, queue);
        let call = self.calls.get_mut(&id)?;
        if left.is_older_than(call.former.as_ref()) {
            call.former = Some(left);
        }
        Some(request)
    }

    /// The queue has the call: the request is over, and nothing of ours rings for it.
    pub(crate) fn customer_came_first(&mut self, now: Now, id: CallId, request: CallId) {
        let turn = self.callbacks.get(request).and_then(|it| it.turn);
        self.remember_closed(id, request);
        let end = RequestOutcome::CancelledByCustomer;
        self.close_request(request, end, (Some(id), None));
        if let Some(turn) = turn {
            self.give_up_out(now, turn, How::CalledIn);
        }
    }

    /// The line of the customer is free again: who waited for that waits no more.
    pub(crate) fn free_line(&mut self, now: Now, request: CallId) {
        let waits =
            |it: &&Callback| it.course.state == RequestState::Requested && it.turn.is_none();
        if self.callbacks.get(request).filter(waits).is_some() {
            self.look_at_request(request, now.mono);
        }
    }

    /// Whether the customer is in a call with us: their line would be busy. A call of ours that has not rung them yet, from a place
    /// in a queue or by the operator's own phone, is on nobody's line.
    pub(crate) fn is_on_the_line(&self, callback: &Callback) -> bool {
        let (project, number) = (&callback.key.project, &callback.key.number);
        let theirs = |call: &Call| {
            call.ending.is_none()
                && Some(call.id) != callback.turn
                && call.caller.e164() == Some(number)
                && call.number.project == *project
                && (!call.is_out() || call.legs.contains_key(&0))
        };
        self.calls.values().any(theirs)
    }

    /// Whether somebody of this number talks with us by another call than this.
    pub(crate) fn talks_by_another(&self, id: CallId, whose: &Key) -> bool {
        let talks = |call: &Call| {
            let in_talk = matches!(call.phase, Phase::Talking(_) | Phase::TalkingOut { .. });
            let theirs = call.number.project == whose.project;
            call.id != id && in_talk && theirs && call.caller.e164() == Some(&whose.number)
        };
        self.calls.values().any(talks)
    }
}

fn place(callback: &Callback, queue: &QueueId) -> Left {
    let kept = callback.place.as_ref();
    let own = kept.map_or(0, |place| place.priority);
    let priority = if callback.urgent { URGENT } else { own };
    let queue = kept.map_or(queue, |place| &place.queue);
    Left::of_request(callback.id, (queue.clone(), priority), callback.since)
}
