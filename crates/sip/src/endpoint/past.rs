//! Server transactions that are over but for the repetitions of their request (timers J and L): little is kept of each.
//!
//! All of them stay for the same time, so they leave in the order in which they came.
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU128;
use std::time::Duration;

use super::sieve::Sieve;

/// What is known of a transaction that is over.
#[derive(Clone, Debug)]
pub(super) enum Past {
    /// A 2xx went out for an INVITE; its dialog repeats it (RFC 6026 §7.1).
    Accepted {
        /// Our To tag, for the answer to a late CANCEL.
        tag: u128,
        /// Its row in the index of merged requests.
        merged: Option<NonZeroU128>,
    },
    /// A bare status, made anew for each repetition: it is made of the request alone. To where it went.
    Plain(u16, SocketAddr),
    /// These bytes, to where they went.
    Said(Box<[u8]>, SocketAddr),
}

/// All of them. Bounded with the other transactions by [`TRANSACTIONS_MAX`](super::TRANSACTIONS_MAX).
#[derive(Clone, Default, Debug)]
pub(super) struct Pasts {
    rows: BTreeMap<u128, Past>,
    /// When each ends, the first one first.
    ends: VecDeque<(Duration, u128)>,
    /// Their keys, while there are many.
    sieve: Option<Sieve>,
}

impl Pasts {
    /// Remembers one until `ends`, which is never earlier than that of one before.
    pub(super) fn keep(&mut self, key: u128, past: Past, ends: Duration) {
        if self.rows.insert(key, past).is_some() {
            return;
        }
        self.ends.push_back((ends, key));
        match &mut self.sieve {
            Some(sieve) => sieve.add(key),
            None if self.rows.len() < SIEVED_FROM => {}
            None => self.sieve = Some(Sieve::of(self.rows.keys().copied())),
        }
    }

    pub(super) fn get(&self, key: u128) -> Option<&Past> {
        let sieve = self.sieve.as_ref();
        let may_be = sieve.is_none_or(|sieve| sieve.may_hold(key));
        may_be.then(|| self.rows.get(&key)).flatten()
    }

    /// Takes one away whose time has come.
    pub(super) fn pop(&mut self, now: Duration) -> Option<Past> {
        let (ends, key) = *self.ends.front()?;
        if now < ends {
            return None;
        }
        self.ends.pop_front();
        // What the busiest half minute needed is not held for ever.
        if self.ends.capacity() > SPARE && self.ends.len() < self.ends.capacity() / 4 {
            self.ends.shrink_to(self.ends.capacity() / 2);
        }
        if let Some(sieve) = &mut self.sieve {
            sieve.remove(key);
        }
        let past = self.rows.remove(&key);
        if self.rows.len() < SIEVED_FROM / 4 {
            self.sieve = None;
        }
        past
    }

    /// When the first one ends.
    pub(super) fn next(&self) -> Option<Duration> {
        self.ends.front().map(|(ends, _)| *ends)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// Places that are never given back.
const SPARE: usize = 1_024;
/// With fewer rows than these the table is near enough.
const SIEVED_FROM: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_until_its_time_however_many_there_are() {
        let entropy = crate::entropy::Entropy::new([9; 32]);
        let key = |nth: usize| entropy.fingerprint(&[&nth.to_be_bytes()]);
        let at = |nth: usize| Duration::from_millis(nth as u64);
        let remote = SocketAddr::from(([203, 0, 113, 1], 5060));
        let (mut pasts, count) = (Pasts::default(), 3 * SIEVED_FROM);
        for nth in 0..count {
            pasts.keep(key(nth), Past::Plain(200, remote), at(nth));
            // A second one of the same name is the same.
            pasts.keep(key(nth), Past::Plain(200, remote), at(nth));
        }
        assert!(pasts.sieve.is_some());
        for gone in 0..count {
            assert!(
                (gone..count)
                    .step_by(97)
                    .all(|nth| pasts.get(key(nth)).is_some())
            );
            assert!(
                (0..gone)
                    .step_by(97)
                    .all(|nth| pasts.get(key(nth)).is_none())
            );
            assert!(pasts.pop(at(gone)).is_some());
            assert!(
                gone + 1 == count || pasts.pop(at(gone)).is_none(),
                "not before"
            );
        }
        assert!(pasts.sieve.is_none() && pasts.len() == 0);
    }
}
