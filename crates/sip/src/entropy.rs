//! One source of entropy: tags, branches and Call-IDs are drawn from a seed given at the start.
use std::fmt;

use sha2::{Digest, Sha256};

/// A deterministic generator (SHA-256 in counter mode) and a keyed fingerprint of the same seed.
///
/// Whoever does not know the seed can neither guess the next tag nor make two keys collide.
/// The same seed gives the same run, so that a journal can be replayed.
#[derive(Clone)]
pub struct Entropy {
    draws: Sha256,
    prints: Sha256,
    counter: u64,
    spare: Option<u128>,
}

impl Entropy {
    /// From 32 bytes of the operating system's randomness.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            draws: seeded(seed, b"draw"),
            prints: seeded(seed, b"key"),
            counter: 0,
            spare: None,
        }
    }

    /// 128 fresh bits.
    pub fn draw(&mut self) -> u128 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        #[cfg(test)]
        crate::work::hashed(0);
        self.counter += 1;
        let mut hash = self.draws.clone();
        hash.update(self.counter.to_be_bytes());
        let digest = hash.finalize();
        let (first, second) = digest.split_at(16);
        self.spare = Some(to_u128(second));
        to_u128(first)
    }

    /// 32 fresh bytes, to seed another machine.
    pub fn draw_seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..16].copy_from_slice(&self.draw().to_be_bytes());
        seed[16..].copy_from_slice(&self.draw().to_be_bytes());
        seed
    }

    /// A number below `bound`, for the glare timers. The bias of the remainder is below 2^-64.
    pub fn below(&mut self, bound: u64) -> u64 {
        let drawn = self.draw() % u128::from(bound.max(1));
        u64::try_from(drawn).expect("a remainder is below its divisor")
    }

    /// A keyed 128-bit fingerprint of some parts; equal parts give equal fingerprints.
    pub fn fingerprint(&self, parts: &[&[u8]]) -> u128 {
        #[cfg(test)]
        crate::work::hashed(parts.iter().map(|part| part.len()).sum());
        let mut hash = self.prints.clone();
        for part in parts {
            // The length keeps ("ab", "c") apart from ("a", "bc").
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        to_u128(&hash.finalize()[..16])
    }

    /// The same of parts that are short, as a rule: with what tells them apart they are hashed as one block then, which
    /// takes half the time of two. No other fingerprint is of the same bytes: its first one is of the length, not zero, of the
    /// first part, which must not be empty.
    pub(crate) fn fingerprint_short(&self, parts: &[&[u8]]) -> u128 {
        #[cfg(test)]
        crate::work::hashed(parts.iter().map(|part| part.len()).sum());
        let mut hash = self.prints.clone();
        for part in parts {
            match u8::try_from(part.len()) {
                Ok(length) if length < LONG => hash.update([length]),
                _ => {
                    hash.update([LONG]);
                    hash.update((part.len() as u64).to_be_bytes());
                }
            }
            hash.update(part);
        }
        to_u128(&hash.finalize()[..16])
    }
}

/// In place of a length that one byte does not hold: it follows in eight.
const LONG: u8 = u8::MAX;

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entropy(drawn {})", self.counter)
    }
}

/// Of hexadecimal numbers, as we write them.
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// So many have 128 bits.
const LENGTH: usize = 32;

/// A 128-bit value as it is written in tags and branches: 32 hexadecimal digits.
pub fn write_hex(value: u128) -> String {
    let mut text = String::with_capacity(32);
    push_hex(&mut text, value);
    text
}

/// The same behind what is there.
pub(crate) fn push_hex(out: &mut String, value: u128) {
    let mut text = [0; LENGTH];
    for (pair, byte) in text.chunks_exact_mut(2).zip(value.to_be_bytes()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 0xF)];
    }
    out.push_str(str::from_utf8(&text).unwrap_or_default());
}

/// Reads what [`write_hex`] wrote; None for everything else.
pub fn read_hex(text: &str) -> Option<u128> {
    if text.len() != LENGTH {
        return None;
    }
    // By halves: shifts of 64 bits are cheap.
    let (first, second) = text.as_bytes().split_at(LENGTH / 2);
    let [first, second] = [read_half(first)?, read_half(second)?];
    Some(u128::from(first) << 64 | u128::from(second))
}

/// Without branches: which digit comes next nobody can foretell, the processor neither.
fn read_half(digits: &[u8]) -> Option<u64> {
    let (sum, all) = digits.iter().fold((0, 0), |(sum, all), digit| {
        let value = VALUES[usize::from(*digit)];
        (sum << 4 | u64::from(value & 0xF), all | value)
    });
    (all <= 0xF).then_some(sum)
}

/// What the digits stand for; above 15 for what is none.
static VALUES: [u8; 256] = {
    let (mut values, mut value) = ([u8::MAX; 256], 0);
    while value < 16 {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// A hash which the seed has filled one block of (64 bytes), so that it is worked through once and not for each value.
fn seeded(seed: [u8; 32], what: &[u8]) -> Sha256 {
    let mut block = [0; 64];
    block[..32].copy_from_slice(&seed);
    block[32..32 + what.len()].copy_from_slice(what);
    Sha256::new_with_prefix(block)
}

fn to_u128(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(bytes.try_into().expect("half of a SHA-256 is 16 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_run_and_no_value_twice() {
        let (mut a, mut b) = (Entropy::new([7; 32]), Entropy::new([7; 32]));
        let drawn: Vec<u128> = (0..1000).map(|_| a.draw()).collect();
        assert!(drawn.iter().all(|value| *value == b.draw()));
        let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
        assert_eq!(distinct.len(), 1000);
    }

    #[test]
    fn fingerprints_keep_the_borders_of_their_parts_and_depend_on_the_seed() {
        let entropy = Entropy::new([1; 32]);
        assert_eq!(entropy.fingerprint(&[b"ab"]), entropy.fingerprint(&[b"ab"]));
        assert_ne!(
            entropy.fingerprint(&[b"ab", b"c"]),
            entropy.fingerprint(&[b"a", b"bc"])
        );
        assert_ne!(
            entropy.fingerprint(&[b"ab"]),
            Entropy::new([2; 32]).fingerprint(&[b"ab"])
        );
    }

    #[test]
    fn short_parts_keep_their_borders_and_are_nobody_elses() {
        let entropy = Entropy::new([1; 32]);
        let of = |parts: &[&[u8]]| entropy.fingerprint_short(parts);
        let lengths = [1, 2, 253, 254, 255, 256, 300, 70_000];
        let texts: Vec<Vec<u8>> = lengths.map(|length| vec![0xFF; length]).into();
        let mut all = std::collections::BTreeSet::new();
        for (nth, text) in texts.iter().enumerate() {
            assert_eq!(of(&[text, b"x"]), of(&[text, b"x"]));
            for parts in [
                &[text, &b"x"[..]][..],
                &[&[text, &b"x"[..]].concat()],
                &[b"x", text],
            ] {
                assert!(all.insert(of(parts)), "{nth}");
                assert!(all.insert(entropy.fingerprint(parts)), "{nth}");
            }
        }
        assert_ne!(
            of(&[b"ab"]),
            Entropy::new([2; 32]).fingerprint_short(&[b"ab"])
        );
    }

    #[test]
    fn only_our_own_form_of_hex_is_read() {
        assert_eq!(read_hex(&write_hex(42)), Some(42));
        assert_eq!(write_hex(42 << 64), format!("{:032x}", 42_u128 << 64));
        for value in (0..=u128::BITS - 4)
            .map(|shift| 0xF << shift)
            .chain([0, u128::MAX])
        {
            assert_eq!(read_hex(&write_hex(value)), Some(value));
        }
        let zeros = [b'0'; LENGTH];
        for byte in 0..=127 {
            let mut text = zeros;
            text[usize::from(byte) % LENGTH] = byte;
            let is_ours = DIGITS.contains(&byte);
            let text = str::from_utf8(&text).unwrap();
            assert_eq!(read_hex(text).is_some(), is_ours, "{text}");
        }
        for foreign in ["", "2a", &"A".repeat(32), &"+".repeat(32), &"f".repeat(33)] {
            assert_eq!(read_hex(foreign), None, "{foreign}");
        }
    }
}
