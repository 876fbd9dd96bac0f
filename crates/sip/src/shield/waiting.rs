//! Messages that wait for their turn, the first rank first, and in each rank in the order in which they came.
use std::collections::VecDeque;
use std::time::Duration;

use super::Rank;
use crate::endpoint::Flow;

/// Most messages that wait.
pub const WAITING_MAX: usize = 4_096;
/// Most bytes of them.
pub const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The queue between the sockets and the machine, for a driver that has fallen behind. When it is full, the newest of
/// the last rank makes room for one of a better rank; what finds no room is dropped and counted.
#[derive(Default, Debug)]
pub struct Waiting {
    ranks: [VecDeque<Letter>; Rank::ALL.len()],
    count: usize,
    bytes: usize,
    dropped: u64,
}

/// One message.
#[derive(Debug)]
pub struct Letter {
    /// From where.
    pub flow: Flow,
    /// What. Hostile until parsed.
    pub bytes: Vec<u8>,
    /// When it was put here.
    pub since: Duration,
}

impl Waiting {
    /// Puts a message behind those of its rank. False where it is dropped: there is no room.
    pub fn push(&mut self, now: Duration, rank: Rank, flow: Flow, bytes: &[u8]) -> bool {
        while self.is_full(bytes.len()) {
            if !self.make_room(rank) {
                self.dropped += 1;
                return false;
            }
        }
        self.count += 1;
        self.bytes += bytes.len();
        self.ranks[rank as usize].push_back(Letter {
            flow,
            bytes: bytes.to_owned(),
            since: now,
        });
        true
    }

    /// The next to be served.
    pub fn pop(&mut self) -> Option<Letter> {
        let letter = self.ranks.iter_mut().find_map(VecDeque::pop_front)?;
        self.forget(&letter);
        Some(letter)
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.count
    }

    /// How many found no room, since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_full(&self, more: usize) -> bool {
        self.count >= WAITING_MAX || self.bytes + more > WAITING_BYTES_MAX
    }

    /// Drops the newest of the last rank that is worse than this one.
    fn make_room(&mut self, rank: Rank) -> bool {
        let worse = &mut self.ranks[rank as usize + 1..];
        let Some(letter) = worse.iter_mut().rev().find_map(VecDeque::pop_back) else {
            return false;
        };
        self.forget(&letter);
        self.dropped += 1;
        true
    }

    fn forget(&mut self, letter: &Letter) {
        self.count -= 1;
        self.bytes -= letter.bytes.len();
    }
}
