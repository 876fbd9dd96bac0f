//! A call for one operator by name: a queue of one, so that lease, card and record are those of any call.
use std::time::Duration;

use gudok_dialplan::StepEnd;
use gudok_model::{CallEvent, CallId, Name, Now, OperatorId, QueueId};

use crate::call::{Phase, Wait};
use crate::flow::WAIT_GRACE;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Rings one operator, for so long at most. Some: they take no calls now.
    pub(crate) fn ring_named(
        &mut self,
        now: Now,
        id: CallId,
        (operator, queue): (OperatorId, QueueId),
        (ring, music): (Duration, Name),
    ) -> Option<StepEnd> {
        let call = self.calls.get(&id)?;
        // The clock of the plan's waits is not started: the proof and the trials count from the first queue.
        let since = call.queued_since.unwrap_or(now.mono);
        let (leg, hears) = (call.caller_leg(), call.can_hear());
        let deadline = now.mono + ring;
        let asked = gudok_acd::Input::Named {
            call: id,
            queue: queue.clone(),
            since,
            deadline,
            operator,
        };
        if let Err(no) = self.ask_acd(now, asked) {
            self.alarm("queue_refused", format!("{queue} for {id}: {}", no.code));
            return Some(StepEnd::NoOperators);
        }
        let fact = CallEvent::Queued {
            queue: queue.clone(),
            priority: 0,
        };
        self.fact(id, fact);
        if hears {
            self.play(leg, vec![music.clone()], true);
        }
        let wait = Wait {
            queue,
            priority: 0,
            deadline,
            leave_empty: false,
            music,
            intro: None,
            then: Vec::new(),
            entered: now.mono,
            aside: Duration::ZERO,
            announce: None,
            keys: None,
        };
        self.begin_wait(now, id, &wait);
        self.enter(now, id, Phase::Waiting(wait), ring + WAIT_GRACE);
        None
    }
}
