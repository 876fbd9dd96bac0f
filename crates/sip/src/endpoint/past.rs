//! Server transactions that are over but for the repetitions of their request (timers J and L): little is kept of each.
//!
//! All of them stay for the same time, so they leave in the order in which they came.
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU128;
use std::time::Duration;

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
}

impl Pasts {
    /// Remembers one until `ends`, which is never earlier than that of one before.
    pub(super) fn keep(&mut self, key: u128, past: Past, ends: Duration) {
        if self.rows.insert(key, past).is_none() {
            self.ends.push_back((ends, key));
        }
    }

    pub(super) fn get(&self, key: u128) -> Option<&Past> {
        self.rows.get(&key)
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
        self.rows.remove(&key)
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
