//! Calls that left their queue: what must be known of them if they come again.
use std::collections::BTreeMap;

use gudok_model::CallId;
use serde::{Deserialize, Serialize};

use crate::call::Past;

/// Calls remembered after they left the queue, ended or not; beyond it the one that left first is
/// forgotten, and would be a new call if it came again.
pub const LEFT_CALLS_MAX: usize = 4096;

/// Kept apart from the live calls, so that no step has to walk past them.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shelf {
    past: BTreeMap<CallId, (u64, Past)>,
    /// By the number of the departure, oldest first.
    by_departure: BTreeMap<u64, CallId>,
}

impl Shelf {
    /// A call left; `departure` grows with each.
    pub(crate) fn put(&mut self, departure: u64, id: CallId, past: Past) {
        self.past.insert(id, (departure, past));
        self.by_departure.insert(departure, id);
        if self.by_departure.len() > LEFT_CALLS_MAX
            && let Some((_, oldest)) = self.by_departure.pop_first()
        {
            self.past.remove(&oldest);
        }
    }

    /// The call is back.
    pub(crate) fn take(&mut self, id: CallId) -> Option<Past> {
        let (departure, past) = self.past.remove(&id)?;
        self.by_departure.remove(&departure);
        Some(past)
    }

    /// Whether the call is remembered.
    pub(crate) fn has(&self, id: CallId) -> bool {
        self.past.contains_key(&id)
    }

    /// For the invariants: both sides know the same calls, as far as that is seen without a walk.
    pub(crate) fn is_whole(&self) -> bool {
        self.past.len() == self.by_departure.len() && self.past.len() <= LEFT_CALLS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever left long ago is a new caller when they come again; who left last is known with what they refused.
    #[test]
    fn beyond_the_limit_the_call_that_left_first_is_forgotten() {
        let mut shelf = Shelf::default();
        let call = |n: u64| CallId(uuid::Uuid::from_u128(n.into()));
        let last = LEFT_CALLS_MAX as u64;
        for n in 0..=last {
            shelf.put(n, call(n), Past::none(n));
            assert!(shelf.is_whole());
        }
        assert_eq!(shelf.take(call(0)), None);
        let known = |past: Option<Past>| past.map(|past| past.seq);
        assert_eq!(known(shelf.take(call(1))), Some(1));
        assert_eq!(known(shelf.take(call(last))), Some(last));
        assert!(shelf.is_whole());
    }
}
