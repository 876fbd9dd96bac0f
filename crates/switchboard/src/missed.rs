//! A call that came in and that nobody answered: a row of the register, with an owner, and somebody who is to be called
//! (behaviour 5.6). What was promised to a caller is a request of its own, and no missed call.
use gudok_model::{CallEvent, CallId, GroupId, Now, Outcome, Presentation};

use crate::call::Call;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// Tells it, just before the last word of the call. Whether its caller has a promise again that the call had closed.
    pub(crate) fn tell_missed(
        &mut self,
        now: Now,
        id: CallId,
        (outcome, is_promised): (Outcome, bool),
    ) {
        let told = self.calls.get(&id).filter(|_| self.config.missed);
        let Some((call, short)) =
            told.and_then(|call| Some((call, self.is_short(now, call, outcome)?)))
        else {
            return;
        };
        let queue = call.last_queue.clone();
        let number = call.caller.e164();
        // Who withholds the number is on no list by it, whatever the carrier shows us.
        let is_shown = call.caller.presentation == Presentation::Allowed;
        let number = number.filter(|_| is_shown && self.may_be_called(&call.caller));
        let (number, group) = (number.cloned(), call.last_group());
        let fact = CallEvent::Missed {
            number: number.clone(),
            group: group.clone(),
            queue,
            short,
        };
        self.fact(id, fact);
        if !is_promised {
            self.owe_missed(now, id, number.as_ref(), (group, short));
        }
    }

    /// Whether nobody answered: None, somebody did, or something was promised; else whether the caller left within seconds.
    fn is_short(&self, now: Now, call: &Call, outcome: Outcome) -> Option<bool> {
        match outcome {
            Outcome::AbandonedQueue { short } => Some(short),
            Outcome::AbandonedIvr => {
                Some(now.mono.since(call.arrived.mono) < self.config.short_abandon)
            }
            Outcome::OverflowedExternal { answered: false }
            | Outcome::ClosedMsg
            | Outcome::Failed => Some(false),
            Outcome::OverflowedExternal { answered: true }
            | Outcome::Answered
            | Outcome::CallbackRequested
            | Outcome::Voicemail
            | Outcome::RejectedSpam
            | Outcome::Out { .. } => None,
        }
    }
}

impl Call {
    /// The group of the queue it was in last.
    fn last_group(&self) -> Option<GroupId> {
        let last = self.last_queue.as_ref()?;
        let queue = self.plan.queues().iter().find(|queue| queue.id == *last);
        queue.map(|queue| queue.group.clone())
    }
}
