//! New calls that were told to come again later. Whoever repeated the INVITE before our 503 reached it must hear the same
//! again: taken now, it would be a call at which nobody is.
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

/// How long a repeated INVITE hears the same. 64·T1: nobody repeats it longer.
pub const REMEMBERED: Duration = Duration::from_secs(32);
/// Most refused INVITEs remembered; beyond it the oldest is forgotten, and its copy would be judged anew. As many as are
/// refused in six T1 where the shield lets the most through: by then two copies have come, and who hears a 503 sends none.
pub const TURNED_AWAY_MAX: usize = 65_536;

/// The refused INVITEs by their server transaction. Less than a transaction each: no timer, no bytes. About 40 bytes.
#[derive(Clone, Default, Debug)]
pub(super) struct TurnedAway {
    /// Half of a keyed hash tells them apart well enough.
    marks: BTreeSet<u64>,
    /// The same and until when, the oldest first.
    order: VecDeque<(Duration, u64)>,
}

impl TurnedAway {
    /// Remembers a refusal; one that is remembered already stays as old as it is.
    pub(super) fn note(&mut self, now: Duration, key: u128) {
        self.forget(now);
        if !self.marks.insert(mark(key)) {
            return;
        }
        if self.order.len() >= TURNED_AWAY_MAX {
            self.forget_first();
        }
        self.order.push_back((now + REMEMBERED, mark(key)));
    }

    /// Whether this INVITE was refused a while ago.
    pub(super) fn holds(&mut self, now: Duration, key: u128) -> bool {
        self.forget(now);
        self.marks.contains(&mark(key))
    }

    /// Drops what nobody repeats any more.
    fn forget(&mut self, now: Duration) {
        while self.order.front().is_some_and(|(until, _)| *until <= now) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, mark)) = self.order.pop_front() {
            self.marks.remove(&mark);
        }
    }
}

const fn mark(key: u128) -> u64 {
    key as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `shield::Limits::turned_away`, a second.
    const RATE: u32 = 20_000;
    const T1: Duration = Duration::from_millis(500);

    #[test]
    fn a_refusal_is_remembered_as_long_as_it_is_repeated_and_so_many_at_most() {
        let (mut refused, at) = (TurnedAway::default(), Duration::from_secs);
        refused.note(at(0), 1);
        refused.note(at(20), 1);
        assert!(refused.holds(at(31), 1) && !refused.holds(at(32), 1));
        let last = 2 * TURNED_AWAY_MAX as u128;
        for key in 2..=last {
            refused.note(at(33), key);
        }
        let kept = (refused.marks.len(), refused.order.len());
        assert_eq!(kept, (TURNED_AWAY_MAX, TURNED_AWAY_MAX));
        assert!(refused.holds(at(34), last) && !refused.holds(at(34), 2));
        assert!(!refused.holds(at(65), last));
        assert_eq!((refused.marks.len(), refused.order.len()), (0, 0));
    }

    #[test]
    fn the_copies_of_a_storm_still_hear_the_same() {
        let mut refused = TurnedAway::default();
        for key in 0..6 * RATE * T1.as_millis() as u32 / 1_000 {
            refused.note(Duration::from_secs(1) * key / RATE, key.into());
        }
        assert!(refused.holds(6 * T1, 0), "after six T1");
    }
}
