//! New calls that were told to come again later. Whoever repeated the INVITE before our 503 reached it must hear the same
//! again: taken now, it would be a call at which nobody is.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How long a repeated INVITE hears the same. 64·T1: nobody repeats it longer.
pub const REMEMBERED: Duration = Duration::from_secs(32);
/// Most refused INVITEs remembered; beyond it the oldest is forgotten, and its copy would be judged anew.
pub const TURNED_AWAY_MAX: usize = 8_192;

/// The refused INVITEs by their server transaction. Less than a transaction each: no timer, no bytes.
#[derive(Clone, Default, Debug)]
pub(super) struct TurnedAway {
    until: BTreeMap<u128, Duration>,
    order: VecDeque<u128>,
}

impl TurnedAway {
    /// Remembers a refusal; one that is remembered already stays as old as it is.
    pub(super) fn note(&mut self, now: Duration, key: u128) {
        self.forget(now);
        if self.until.contains_key(&key) {
            return;
        }
        self.until.insert(key, now + REMEMBERED);
        self.order.push_back(key);
    }

    /// Whether this INVITE was refused a while ago.
    pub(super) fn holds(&self, now: Duration, key: u128) -> bool {
        self.until.get(&key).is_some_and(|until| now < *until)
    }

    /// Drops what nobody repeats any more, and makes room for one.
    fn forget(&mut self, now: Duration) {
        while let Some(first) = self.order.front() {
            let is_old = self.until.get(first).is_none_or(|until| *until <= now);
            if !is_old && self.order.len() < TURNED_AWAY_MAX {
                return;
            }
            self.until.remove(first);
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_as_long_as_it_is_repeated_and_so_many_at_most() {
        let (mut refused, at) = (TurnedAway::default(), Duration::from_secs);
        refused.note(at(0), 1);
        refused.note(at(20), 1);
        assert!(refused.holds(at(31), 1) && !refused.holds(at(32), 1));
        for key in 2..20_000 {
            refused.note(at(33), key);
        }
        assert!(refused.until.len() <= TURNED_AWAY_MAX && refused.order.len() <= TURNED_AWAY_MAX);
        assert!(refused.holds(at(34), 19_999) && !refused.holds(at(34), 2));
    }
}
