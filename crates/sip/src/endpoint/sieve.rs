//! Whether a key may be in a table, by one look at the memory. A table of tens of thousands of rows lies far from the
//! processor, and the way through it is long: asking whether it was known was a seventh of what a refused call took.

/// Places, a power of two, half a byte each: 512 KiB. With 115 000 keys, those of half a minute at 1 800 calls a second (an
/// INVITE and a BYE each), nine of ten others are told apart.
const PLACES: usize = 1 << 20;
/// As much as half a byte counts.
const MOST: u8 = 0xF;

/// How many keys there are at each place. Keys are keyed hashes: nobody can choose where theirs lie.
#[derive(Clone, Debug)]
pub(super) struct Sieve(Vec<u8>);

impl Sieve {
    /// With these keys in it.
    pub(super) fn of(keys: impl Iterator<Item = u128>) -> Self {
        let mut sieve = Self(vec![0; PLACES / 2]);
        keys.for_each(|key| sieve.add(key));
        sieve
    }

    pub(super) fn add(&mut self, key: u128) {
        if self.count(key) != MOST {
            let (byte, shift) = place_of(key);
            self.0[byte] += 1 << shift;
        }
    }

    /// Takes out one that is in it. Where too many to count have been, there may be some for ever.
    pub(super) fn remove(&mut self, key: u128) {
        if !matches!(self.count(key), 0 | MOST) {
            let (byte, shift) = place_of(key);
            self.0[byte] -= 1 << shift;
        }
    }

    /// False: it is not in the table.
    pub(super) fn may_hold(&self, key: u128) -> bool {
        self.count(key) != 0
    }

    fn count(&self, key: u128) -> u8 {
        let (byte, shift) = place_of(key);
        self.0[byte] >> shift & MOST
    }
}

/// The byte, and how far the half is from its end. Not of the bits by which other tables of the same keys are read.
const fn place_of(key: u128) -> (usize, u32) {
    let place = (key >> 96) as usize % PLACES;
    (place / 2, (place % 2) as u32 * 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(place: usize, rest: u128) -> u128 {
        (place as u128) << 96 | rest
    }

    #[test]
    fn what_is_in_it_is_never_denied_and_most_of_the_rest_is() {
        let entropy = crate::entropy::Entropy::new([5; 32]);
        let key = |nth: u32| entropy.fingerprint(&[&nth.to_be_bytes()]);
        let mut sieve = Sieve::of((0..115_000).map(key));
        assert!((0..115_000).all(|nth| sieve.may_hold(key(nth))));
        let passed = (115_000..165_000).filter(|nth| sieve.may_hold(key(*nth)));
        assert!(passed.count() < 50_000 / 9);
        (0..115_000).for_each(|nth| sieve.remove(key(nth)));
        assert!(!(0..115_000).any(|nth| sieve.may_hold(key(nth))));
    }

    #[test]
    fn of_neighbours_each_counts_and_too_many_stay() {
        let mut sieve = Sieve::of([key(7, 1), key(7, 2)].into_iter());
        sieve.remove(key(7, 1));
        assert!(sieve.may_hold(key(7, 2)) && !sieve.may_hold(key(6, 2)));
        (0..40).for_each(|rest| sieve.add(key(7, rest)));
        (0..41).for_each(|rest| sieve.remove(key(7, rest)));
        assert!(sieve.may_hold(key(7, 2)), "nobody is denied who is there");
        assert!(!sieve.may_hold(key(6, 2)) && !sieve.may_hold(key(8, 2)));
    }
}
