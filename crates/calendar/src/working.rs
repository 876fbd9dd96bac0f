//! Time that counts only while somebody is there: what was promised at night is begun in the morning.
use std::time::Duration;

use gudok_model::Wall;

use crate::by_hand::{Override, Set};
use crate::schedule::{Hours, Schedule};

/// Most stretches of open time that are counted through: two years of working days. What takes longer is never.
pub const STRETCHES_MAX: usize = 500;

impl Schedule {
    /// When the schedule has been open for so long since `at`, with what is set over it by hand now. None: it stays closed for
    /// more than [`LOOK_AHEAD_DAYS`](crate::schedule::LOOK_AHEAD_DAYS) before, or is open in more than [`STRETCHES_MAX`]
    /// stretches.
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
        for _ in 0..STRETCHES_MAX {
            let opens = self.opens_from(at)?;
            let Hours::Open { until: Some(until) } = self.is_open(opens) else {
                return Some(opens + left);
            };
            let there = until.since(opens);
            if left <= there {
                return Some(opens + left);
            }
            (at, left) = (until, left - there);
        }
        None
    }
}
