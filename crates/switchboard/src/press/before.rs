//! What earlier runs knew: so that a restart in an attack asks nobody again who has pressed the digit, and gives nobody a new
//! count.
use std::collections::BTreeMap;

use gudok_model::{Mono, Now, PhoneNumber, Wall};
use serde::{Deserialize, Serialize};

use super::{COUNTED_MAX, KNOWN_FOR, Press, Whose, Window};
use crate::check_human::WRONG_MAX;

/// What earlier runs knew of callers who show their number; nothing is left of those who withhold it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PressBefore {
    /// Who has shown to be a person, and when; the latest first, at most [`KNOWN_MAX`](crate::KNOWN_MAX) are kept.
    pub known: Vec<(PhoneNumber, Wall)>,
    /// Who was let go for not pressing the digit, and in how many calls of the last [`MISSES_WITHIN`](crate::MISSES_WITHIN).
    pub failed: Vec<(PhoneNumber, u32)>,
    /// Who called how often within the time of the limits, None: all without a number; most first.
    pub called: Vec<(Option<PhoneNumber>, u32)>,
    /// How many calls there were within it.
    pub calls: u32,
}

impl Window {
    /// Whatever was counted lately counts as of now: a restart lets nobody off sooner.
    fn of_before(now: Mono, count: u32) -> Self {
        Self {
            began: now,
            now: count,
            before: 0,
            last: now,
        }
    }
}

impl Press {
    /// Goes on where the run before ended; before any call is judged.
    pub(crate) fn remember(&mut self, now: Now, before: PressBefore) {
        let bounded = |it: Vec<(PhoneNumber, u32)>| it.into_iter().take(COUNTED_MAX);
        self.misses = bounded(before.failed)
            .map(|(number, calls)| {
                let misses = calls.saturating_mul(WRONG_MAX.into());
                (Whose::Number(number), Window::of_before(now.mono, misses))
            })
            .collect();
        for (number, at) in before.known.into_iter().rev() {
            let age = u64::try_from(now.wall.0.saturating_sub(at.0)).unwrap_or(0);
            let left = KNOWN_FOR.saturating_sub(std::time::Duration::from_micros(age));
            let caller = Whose::Number(number);
            self.misses.remove(&caller);
            self.known.note(now.mono + left, &caller);
        }
        self.count_before(now.mono, before.called, before.calls);
    }

    fn count_before(&mut self, now: Mono, called: Vec<(Option<PhoneNumber>, u32)>, all: u32) {
        let mut prefixes = BTreeMap::<String, u32>::new();
        for (number, calls) in called.into_iter().take(COUNTED_MAX) {
            let prefix = self.limits.prefix_of(number.as_ref()).to_owned();
            let sum = prefixes.entry(prefix).or_default();
            *sum = sum.saturating_add(calls);
            if let Some(number) = number.filter(|_| self.limits.caller.is_some()) {
                let window = Window::of_before(now, calls);
                self.callers.insert(Whose::Number(number), window);
            }
        }
        if self.limits.prefix.is_some() {
            let window = |(prefix, calls)| (prefix, Window::of_before(now, calls));
            self.prefixes = prefixes.into_iter().map(window).collect();
        }
        self.all = Window::of_before(now, all);
        let is_over = self.limits.attack.is_some_and(|limit| all > limit.calls);
        self.attacked = is_over.then_some(now);
    }
}
