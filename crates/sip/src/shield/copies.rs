//! The new calls that wait, by their bytes: whether another message is the copy of one of them.
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::endpoint::Flow;

/// Places of the sieve, a power of two; 16 KiB. With as many calls as wait in a crowd, some five hundred, fifteen of sixteen
/// messages that are no copies are told by it.
const PLACES: usize = 8_192;
/// 2⁶⁴ by the golden ratio: the highest bits of a product with it depend on all of the other number.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The calls, as a set of keyed hashes with a sieve before it: when calls come by the thousand, to hash each whole in a way
/// that nobody can forge is a tenth of what is done of it.
#[derive(Debug)]
pub(super) struct Copies {
    seed: u64,
    prints: BTreeSet<u64>,
    /// How many of them are at each place; no more wait than 16 bits count.
    sieve: Vec<u16>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Print {
    hash: u64,
    place: usize,
}

impl Default for Copies {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Copies {
    /// `seed`: so that nobody can write a message that passes for another one.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            prints: BTreeSet::new(),
            sieve: vec![0; PLACES],
        }
    }

    /// Whether the same bytes by the same flow are in it.
    pub(super) fn holds(&self, flow: Flow, bytes: &[u8]) -> bool {
        self.sieve[place_of(bytes)] > 0 && self.prints.contains(&self.hash(flow, bytes))
    }

    /// Puts one in that is not in it.
    pub(super) fn add(&mut self, flow: Flow, bytes: &[u8]) -> Print {
        let (hash, place) = (self.hash(flow, bytes), place_of(bytes));
        if self.prints.insert(hash) {
            self.sieve[place] += 1;
        }
        Print { hash, place }
    }

    /// Takes it out.
    pub(super) fn remove(&mut self, print: Print) {
        if self.prints.remove(&print.hash) {
            let letters = &mut self.sieve[print.place];
            *letters = letters.saturating_sub(1);
        }
    }

    fn hash(&self, flow: Flow, bytes: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.seed);
        (flow.remote, flow.connection).hash(&mut hasher);
        hasher.write(bytes);
        hasher.finish()
    }
}

/// The place of a message: the same for the same bytes. Who writes others with the same place has them hashed whole.
fn place_of(bytes: &[u8]) -> usize {
    let (words, _) = bytes.as_chunks();
    let mixed = words.iter().fold(0, |sum: u64, word| {
        sum.rotate_left(5) ^ u64::from_le_bytes(*word)
    });
    (mixed.wrapping_mul(SPREAD) >> (u64::BITS - PLACES.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Transport;

    fn flow(port: u16) -> Flow {
        Flow {
            transport: Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([203, 0, 113, 9], port).into(),
            connection: 0,
        }
    }

    fn invite(call: u32) -> Vec<u8> {
        format!("INVITE sip:1@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK-{call}-1\r\nTo: <sip:1@a>\r\n")
            .into_bytes()
    }

    #[test]
    fn the_same_bytes_by_the_same_flow_and_nothing_else_are_a_copy() {
        let mut copies = Copies::new(7);
        let prints: Vec<Print> = (0..500)
            .map(|call| copies.add(flow(1), &invite(call)))
            .collect();
        assert!((0..500).all(|call| copies.holds(flow(1), &invite(call))));
        assert!(!(0..500).any(|call| copies.holds(flow(2), &invite(call))));
        assert!(!(500..9_000).any(|call| copies.holds(flow(1), &invite(call))));
        // What differs behind the last eight bytes lies at the same place.
        let [one, other] = [&b"12345678a"[..], b"12345678b"];
        let print = copies.add(flow(1), one);
        assert_eq!(place_of(one), place_of(other));
        assert!(copies.holds(flow(1), one) && !copies.holds(flow(1), other));
        prints
            .into_iter()
            .chain([print])
            .for_each(|print| copies.remove(print));
        assert!(!(0..500).any(|call| copies.holds(flow(1), &invite(call))));
        assert!(copies.sieve.iter().all(|count| *count == 0) && copies.prints.is_empty());
    }

    #[test]
    fn most_that_are_no_copies_are_told_without_being_hashed() {
        let mut copies = Copies::new(7);
        for call in 0..512 {
            copies.add(flow(1), &invite(call));
        }
        let maybe = |call: &u32| copies.sieve[place_of(&invite(*call))] > 0;
        let passed = (512..8_704).filter(maybe).count();
        assert!(passed < 8_192 / 12, "{passed}");
    }

    #[test]
    fn who_comes_twice_goes_once() {
        let mut copies = Copies::new(7);
        let prints = [1, 1].map(|call| copies.add(flow(1), &invite(call)));
        copies.remove(prints[0]);
        assert!(!copies.holds(flow(1), &invite(1)));
        copies.remove(prints[1]);
        assert!(copies.sieve.iter().all(|count| *count == 0));
    }
}
