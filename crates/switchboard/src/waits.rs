//! How long callers of a queue have waited lately, and how long one who waits there may have to.
//!
//! The estimate is the mean of the last waits of callers with the same base priority in the same queue, the newest weighing
//! most (behaviour Q9). Callers who were answered before an announcement could come are another kind: they found somebody
//! free. Why so: `decisions/0005`.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{Mono, QueueId};

use crate::announce::ANNOUNCE_AFTER;
use crate::call::Wait;

/// Waits remembered of one kind of caller; the oldest is forgotten.
const WAITS_MAX: usize = 16;

/// Fewer tell nothing.
const WAITS_MIN: usize = 5;

/// An older wait is of another hour of the day. One hour.
const FRESH: Duration = Duration::from_secs(3_600);

/// Waits by queue and base priority: bounded by the queues of the plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    kinds: BTreeMap<(QueueId, u8), VecDeque<(Mono, Duration)>>,
}

impl Waits {
    /// Somebody answered a caller who waited so. The time in which they answered questions and nobody was asked for them tells
    /// nothing of what others may have to wait.
    pub(crate) fn note(&mut self, now: Mono, wait: &Wait) {
        let waited = now.since(wait.entered).saturating_sub(wait.aside);
        if waited < ANNOUNCE_AFTER {
            return;
        }
        let kind = self.kinds.entry((wait.queue.clone(), wait.priority));
        let waits = kind.or_default();
        if waits.len() == WAITS_MAX {
            waits.pop_front();
        }
        waits.push_back((now, waited));
    }

    /// How much longer a caller may have to wait. None: too few have waited, or this one has waited longer than they did.
    pub(crate) fn left(&self, now: Mono, wait: &Wait) -> Option<Duration> {
        let kind = (wait.queue.clone(), wait.priority);
        let all = self.kinds.get(&kind)?.iter();
        let fresh = all.filter(|(at, _)| now.since(*at) <= FRESH);
        let lately: Vec<Duration> = fresh.map(|(_, waited)| *waited).collect();
        if lately.len() < WAITS_MIN {
            return None;
        }
        let mean = newest_weighs_most(&lately);
        mean.checked_sub(now.since(wait.entered))
            .filter(|left| !left.is_zero())
    }

    /// A new plan: queues that are gone are forgotten.
    pub(crate) fn keep(&mut self, plan: &Plan) {
        let known = |queue: &QueueId| plan.queues().iter().any(|it| it.id == *queue);
        self.kinds.retain(|(queue, _), _| known(queue));
    }
}

/// The mean with weights 1, 2, 3 … from the oldest to the newest.
fn newest_weighs_most(waits: &[Duration]) -> Duration {
    let (sum, weights) = waits
        .iter()
        .zip(1_u32..)
        .fold((Duration::ZERO, 0), |(sum, weights), (wait, weight)| {
            (sum + *wait * weight, weights + weight)
        });
    sum / weights.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn waiting(priority: u8, entered: Mono) -> Wait {
        Wait {
            queue: "tech".into(),
            priority,
            deadline: Mono::default(),
            leave_empty: false,
            music: "music".into(),
            intro: None,
            then: Vec::new(),
            entered,
            aside: Duration::ZERO,
            announce: None,
            keys: None,
        }
    }

    #[test]
    fn four_waits_tell_nothing_five_do_and_the_newest_weighs_most() {
        let (mut waits, noon) = (Waits::default(), Mono::default() + secs(7_200));
        let caller = waiting(3, noon);
        for waited in [60, 60, 60, 60] {
            waits.note(noon + secs(waited), &caller);
        }
        assert_eq!(waits.left(noon, &caller), None);
        waits.note(noon + secs(300), &caller);
        // (60·10 + 300·5) / 15
        assert_eq!(
            waits.left(noon + secs(300), &waiting(3, noon + secs(300))),
            Some(secs(140))
        );
        assert_eq!(
            waits.left(noon + secs(300), &waiting(3, noon + secs(200))),
            Some(secs(40))
        );
        assert_eq!(
            waits.left(noon + secs(300), &waiting(3, noon + secs(160))),
            None,
            "longer than they"
        );
        assert_eq!(
            waits.left(noon + secs(300), &waiting(7, noon + secs(300))),
            None,
            "another kind"
        );
        let late = noon + FRESH + secs(301);
        assert_eq!(waits.left(late, &waiting(3, late)), None, "of another hour");
    }

    #[test]
    fn time_aside_is_nobody_else_s_wait() {
        let (mut waits, noon) = (Waits::default(), Mono::default() + secs(7_200));
        let caller = Wait {
            aside: secs(60),
            ..waiting(3, noon)
        };
        (0..5).for_each(|_| waits.note(noon + secs(100), &caller));
        let at = noon + secs(100);
        assert_eq!(waits.left(at, &waiting(3, at)), Some(secs(40)));
    }

    #[test]
    fn who_found_somebody_free_is_of_another_kind_and_memory_is_bounded() {
        let (mut waits, noon) = (Waits::default(), Mono::default() + secs(7_200));
        let caller = waiting(3, noon);
        (0..40).for_each(|_| waits.note(noon + secs(4), &caller));
        assert!(waits.kinds.is_empty());
        (0..40).for_each(|_| waits.note(noon + secs(40), &caller));
        assert!(waits.kinds.values().all(|it| it.len() == WAITS_MAX));
    }
}
