//! What stands for a number that is withheld: it counts, and can be blocked, and nobody learns it.
use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use gudok_model::PhoneNumber;
use gudok_sip::entropy::Entropy;
use gudok_switchboard::{Blocked, HIDDEN_MAX};

use crate::blocks::{Blocks, Lasting};

/// Makes the marks. That of most callers is of this run alone: its key is nowhere but here, so whoever reads the journal
/// cannot try numbers until one has the mark. Who is blocked has one that lasts, by the key of [`Blocks`].
#[derive(Debug)]
pub(super) struct Marks {
    run: RandomState,
    key: [u8; 32],
    lasts: Entropy,
    /// The mark in this run, and the one that lasts: of the latest callers who hide, [`HIDDEN_MAX`] of them.
    latest: VecDeque<(u64, u64)>,
    /// The same of those who are blocked, or were when this run began or the list last changed.
    blocked: BTreeMap<u64, u64>,
}

impl Marks {
    pub(super) fn new(before: &Blocks) -> Self {
        let marks = before.blocked.iter().map(|it| (it.mark, it.mark));
        Self {
            run: RandomState::new(),
            key: before.key,
            lasts: Entropy::new(before.key),
            latest: VecDeque::new(),
            blocked: marks.collect(),
        }
    }

    /// The mark of a number in this run.
    pub(super) fn of(&mut self, number: &PhoneNumber) -> u64 {
        let hash = self.lasts.fingerprint(&[number.as_str().as_bytes()]);
        let lasting = first_half(hash);
        if self.blocked.get(&lasting) == Some(&lasting) {
            return lasting;
        }
        let mark = self.run.hash_one(number);
        if self.latest.len() == HIDDEN_MAX {
            self.latest.pop_front();
        }
        self.latest.push_back((mark, lasting));
        mark
    }

    /// What the next run is to know, when these are blocked.
    pub(super) fn lasting(&mut self, blocked: &[Blocked]) -> Blocks {
        let (mut kept, before) = (Vec::new(), std::mem::take(&mut self.blocked));
        for it in blocked {
            let of_late = || self.latest.iter().rev().find(|(mark, _)| *mark == it.mark);
            let known = before.get(&it.mark).copied();
            if let Some(mark) = known.or_else(|| Some(of_late()?.1)) {
                self.blocked.insert(it.mark, mark);
                let (call, until) = (it.call, it.until);
                kept.push(Lasting { call, mark, until });
            }
        }
        Blocks {
            key: self.key,
            blocked: kept,
        }
    }
}

fn first_half(hash: u128) -> u64 {
    u64::try_from(hash >> 64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallId, Wall};

    use super::*;

    fn number(last: u16) -> PhoneNumber {
        let raw = format!("+7999000{last:04}");
        let parsed = gudok_model::number::parse(&raw, &gudok_model::NumberRules::default());
        parsed.e164.expect("a number")
    }

    /// Only of who is blocked does anything stay the same.
    #[test]
    fn a_mark_is_of_one_run_but_for_who_is_blocked() {
        let before = Blocks::fresh().expect("randomness");
        let mut first = Marks::new(&before);
        let (mark, other) = (first.of(&number(1)), first.of(&number(2)));
        assert!(first.of(&number(1)) == mark && mark != other);
        let blocked = [Blocked {
            call: CallId(uuid::Uuid::nil()),
            mark,
            until: Wall(7),
        }];
        // However many hide afterwards.
        let kept = first.lasting(&blocked);
        let crowd = u16::try_from(HIDDEN_MAX).expect("a few");
        (10..10 + crowd).for_each(|last| {
            first.of(&number(last));
        });
        assert_eq!(first.latest.len(), HIDDEN_MAX);
        assert_eq!(first.lasting(&blocked), kept);
        let [lasting] = kept.blocked[..] else {
            panic!("{kept:?}")
        };
        assert_ne!(lasting.mark, mark);
        let mut second = Marks::new(&kept);
        assert_eq!(second.of(&number(1)), lasting.mark);
        assert_ne!(second.of(&number(2)), other);
        let still = [Blocked {
            mark: lasting.mark,
            ..blocked[0]
        }];
        assert_eq!(second.lasting(&still), kept);
        assert!(second.lasting(&[]).blocked.is_empty());
        assert_ne!(second.of(&number(1)), lasting.mark, "no more");
    }
}
