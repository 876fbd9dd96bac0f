//! Time that counts only while somebody is there: what was promised at night is begun in the morning.
use std::time::Duration;

use gudok_model::Wall;

use crate::by_hand::{Override, Set};
use crate::schedule::{LOOK_AHEAD_DAYS, LOOK_BACK_DAYS, Schedule};

impl Schedule {
    /// When the schedule has been open for so long since `at`, with what is set over it by hand now. None: it is not open for
    /// so long within [`LOOK_AHEAD_DAYS`].
    ///
    /// It looks no further than the answer: around the clock that is the same date.
    pub fn open_for(&self, at: Wall, span: Duration, by_hand: Option<&Override>) -> Option<Wall> {
        let (mut at, mut left) = (at, span);
        if let Some(set) = by_hand {
            if set.set == Set::Open {
                let there = set.until.since(at);
                if left <= there {
                    return Some(at + left);
                }
                left -= there;
            }
            at = at.max(set.until);
        }
        // Up to here everything is counted: windows that overlap count once.
        let mut reached = at;
        for (from, to) in self.stretches(self.zone.reading(at), LOOK_BACK_DAYS + LOOK_AHEAD_DAYS) {
            let (opens, closes) = (self.zone.first(from).max(reached), self.zone.end(to));
            if opens >= closes {
                continue;
            }
            let there = closes.since(opens);
            if left <= there {
                return Some(opens + left);
            }
            (reached, left) = (closes, left - there);
        }
        None
    }
}
