//! Who hangs up while waiting and calls again soon has the old place (behaviour Q1: the order goes by the customer's call, not by
//! the leg that brings it).
//!
//! A place belongs to a shown number and the number it dialled. Who withholds the number has none: nobody could tell whose it is.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{CallEvent, CallId, Mono, Outcome, PhoneNumber, QueueId};

use crate::call::{Call, Phase, Wait};
use crate::legs::millis;
use crate::switchboard::Switchboard;

/// Places that are kept at one time; beyond it the one whose time ends first is forgotten.
pub(crate) const PLACES_MAX: usize = 4_096;

/// Most that a place hands on: whether a call is an emergency (priority 9) is said by the plan of this call alone, unless it was
/// we who cut the call off of which it was said.
const INHERITED_MAX: u8 = 8;

/// Who called, and which number.
type Owner = (PhoneNumber, PhoneNumber);

/// A place in a queue that somebody hung up in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Left {
    /// The call in which they did.
    call: CallId,
    queue: QueueId,
    priority: u8,
    /// When they came to their first queue.
    since: Mono,
    /// Who calls after that begins anew.
    until: Mono,
    /// The call that has it stands there.
    taken: bool,
    told: bool,
    /// The crash cut them off.
    cut: bool,
}

impl Left {
    /// Of somebody whom a crash cut off.
    pub(crate) fn cut_off(
        call: CallId,
        (queue, priority): (QueueId, u8),
        (since, until): (Mono, Mono),
    ) -> Self {
        Self {
            call,
            queue,
            priority,
            since,
            until,
            taken: false,
            told: false,
            cut: true,
        }
    }

    fn hands_on(&self) -> u8 {
        if self.cut {
            self.priority
        } else {
            self.priority.min(INHERITED_MAX)
        }
    }
}

/// The places of those who may call again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    kept: BTreeMap<Owner, Left>,
    /// The same by the end of their time.
    ends: BTreeSet<(Mono, Owner)>,
}

impl Places {
    pub(crate) fn keep(&mut self, now: Mono, whose: Owner, left: Left) {
        let over = |ends: &BTreeSet<(Mono, Owner)>| {
            let (until, whose) = ends.first()?;
            (*until < now || ends.len() >= PLACES_MAX).then(|| whose.clone())
        };
        self.take(&whose);
        while let Some(whose) = over(&self.ends) {
            self.take(&whose);
        }
        self.ends.insert((left.until, whose.clone()));
        self.kept.insert(whose, left);
    }

    fn take(&mut self, whose: &Owner) -> Option<Left> {
        let left = self.kept.remove(whose)?;
        self.ends.remove(&(left.until, whose.clone()));
        Some(left)
    }
}

impl Switchboard {
    /// The place of an earlier call of this caller; it is nobody else's from now on.
    pub(crate) fn former_place(&mut self, now: Mono, call: &Call) -> Option<Left> {
        let left = self.places.take(&call.comes_from()?)?;
        (now <= left.until && self.config.resumes).then_some(left)
    }

    /// A call ends: who waited may come back to the place, and so may who had one and did not come to a queue.
    pub(crate) fn keep_place(&mut self, now: Mono, id: CallId, outcome: Outcome) {
        let Some(call) = self.calls.get(&id).filter(|_| self.config.resumes) else {
            return;
        };
        let Some(whose) = call.comes_from() else {
            return;
        };
        let left = match outcome {
            Outcome::AbandonedQueue { .. } => call.left_place(now),
            Outcome::AbandonedIvr => call.former.clone().filter(|left| !left.taken),
            _ => None,
        };
        if let Some(left) = left.filter(|left| now <= left.until) {
            self.places.keep(now, whose, left);
        }
    }

    /// The record says that the caller has the place of an earlier call, once.
    pub(crate) fn tell_resumed(&mut self, now: Mono, id: CallId) {
        let former = self.calls.get_mut(&id).and_then(|it| it.former.as_mut());
        let Some(left) = former.filter(|left| left.taken && !left.told) else {
            return;
        };
        left.told = true;
        let fact = CallEvent::Resumed {
            former: left.call,
            waited_ms: millis(now.since(left.since)),
        };
        self.fact(id, fact);
    }
}

impl Left {
    /// The place of a request to call somebody, for the call by which they come first.
    pub(crate) fn of_request(id: CallId, (queue, priority): (QueueId, u8), since: Mono) -> Self {
        Self {
            call: id,
            queue,
            priority,
            since,
            until: Mono(u64::MAX),
            taken: false,
            told: false,
            cut: false,
        }
    }

    /// Whether it is the better of the two.
    pub(crate) fn is_older_than(&self, other: Option<&Self>) -> bool {
        other.is_none_or(|other| self.since < other.since)
    }
}

impl Call {
    /// Since when it counts as waiting, in its first queue or in the place of an earlier call.
    pub(crate) fn stands_from(&self) -> Option<Mono> {
        let former = self.former.as_ref().filter(|left| left.taken);
        let own = self.queued_since?;
        Some(former.map_or(own, |left| left.since.min(own)))
    }

    /// Owner place it would be. None: a number that nobody is to know, or none.
    fn comes_from(&self) -> Option<Owner> {
        let dialled = self.dialled.number.e164.clone()?;
        Some((self.shown_number()?, dialled))
    }

    /// The place the caller hangs up in, where the plan keeps it. None: they stand in no queue.
    fn left_place(&self, now: Mono) -> Option<Left> {
        let (queue, priority) = match (&self.phase, &self.aside) {
            (Phase::Waiting(wait), _) => (&wait.queue, wait.priority),
            (_, aside) => aside.as_ref().map(|it| (&it.queue, it.priority))?,
        };
        let window = self.plan.resume_window(queue);
        let own = self.queued_since?;
        let former = self.former.as_ref().map(|left| left.since);
        (!window.is_zero()).then(|| Left {
            call: self.id,
            queue: queue.clone(),
            priority,
            since: former.map_or(own, |former| former.min(own)),
            until: now + window,
            taken: false,
            told: false,
            cut: false,
        })
    }

    /// Since when the call is counted in a queue to which it came at `own`; who has a place in it has the priority of then, below
    /// the emergencies, unless the plan gives a higher one now.
    pub(crate) fn stands_since(&mut self, own: Mono, wait: &mut Wait) -> Mono {
        let Some(left) = &mut self.former else {
            return own;
        };
        left.taken = true;
        if left.queue == wait.queue {
            wait.priority = wait.priority.max(left.hands_on());
        }
        left.since.min(own)
    }

    /// Whether the place in this queue is that of an earlier call.
    pub(crate) fn resumes_in(&self, queue: &QueueId) -> bool {
        self.former
            .as_ref()
            .is_some_and(|left| left.queue == *queue)
    }

    /// Whether the place is that of an earlier call.
    pub(crate) fn is_resumed(&self) -> bool {
        self.former.as_ref().is_some_and(|left| left.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn owner(n: usize) -> Owner {
        let number = |text: String| {
            let text = serde_json::Value::String(text);
            serde_json::from_value(text).expect("a number")
        };
        let caller = number(format!("+7999{n:07}"));
        (caller, number("+78000000001".to_owned()))
    }

    fn left(secs: u64) -> Left {
        let call = serde_json::json!("01930000-0000-7000-8000-000000000001");
        Left {
            call: serde_json::from_value(call).expect("an id"),
            queue: "tech".into(),
            priority: 0,
            since: Mono::default(),
            until: Mono::default() + Duration::from_secs(secs),
            taken: false,
            told: false,
            cut: false,
        }
    }

    #[test]
    fn of_too_many_places_the_one_that_ends_first_is_forgotten() {
        let (mut places, now) = (Places::default(), Mono::default());
        places.keep(now, owner(0), left(100));
        places.keep(now, owner(1), left(50));
        for n in 2..=PLACES_MAX {
            places.keep(now, owner(n), left(100));
        }
        assert_eq!(places.kept.len(), PLACES_MAX);
        assert_eq!(places.ends.len(), PLACES_MAX);
        assert!(places.take(&owner(1)).is_none(), "it ended first");
        assert!(places.take(&owner(0)).is_some());
    }

    #[test]
    fn places_whose_time_is_over_take_no_memory() {
        let (mut places, now) = (Places::default(), Mono::default());
        (0..100).for_each(|n| places.keep(now, owner(n), left(10)));
        let late = now + Duration::from_secs(11);
        places.keep(late, owner(100), left(60));
        places.keep(late, owner(100), left(70));
        assert_eq!((places.kept.len(), places.ends.len()), (1, 1));
    }
}
