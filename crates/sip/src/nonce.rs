//! Nonces of our challenges: signed times, so that nothing is kept for those who never answer, and a
//! bounded memory of the counters that were used.
use std::collections::BTreeMap;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::digest::same;

/// How many used nonces are remembered. When it is full the oldest is forgotten, and every nonce up to
/// it counts as stale: a flood makes phones authenticate once more, never replays possible.
pub const USED_NONCES_MAX: usize = 16 * 1024;

/// Issues nonces and knows which were used.
///
/// A nonce is `time (ms, 8 bytes) ‖ serial (8 bytes) ‖ HMAC-SHA-256 of both (16 bytes) ‖ the same of both and the
/// place it was issued to (8 bytes)` in hex. Only from its own place does a nonce say that the sender has received our
/// challenge; a phone that roams is challenged anew ([`Self::was_issued_to`]).
#[derive(Clone)]
pub struct Nonces {
    secret: [u8; 32],
    life: Duration,
    serial: u64,
    used: BTreeMap<Id, Counters>,
    /// Nonces up to this one, and not in `used`, were forgotten.
    forgotten: Option<Id>,
}

/// Whether a nonce may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// Ours, young, and this counter was not used.
    Fresh,
    /// Ours, but too old or forgotten.
    Stale,
    /// Ours, but this counter was used: a replay.
    Used,
    /// Not ours.
    Foreign,
}

/// Time of issue in milliseconds, and serial number.
type Id = (u64, u64);

/// Counters used with one nonce: the highest, and which of the 64 below and with it.
#[derive(Clone, Copy)]
struct Counters {
    highest: u32,
    window: u64,
}

impl Nonces {
    /// `secret` is random, for the life of the process; `life` is how long a nonce is good.
    pub fn new(secret: [u8; 32], life: Duration) -> Self {
        Self {
            secret,
            life,
            serial: 0,
            used: BTreeMap::new(),
            forgotten: None,
        }
    }

    /// A new nonce: 80 hex digits, never the same twice. `place`: any number for the address it goes to.
    pub fn issue(&mut self, now: Duration, place: u128) -> String {
        self.serial += 1;
        let id = (
            u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            self.serial,
        );
        hex::encode(
            [
                &bytes_of(id)[..],
                &self.signature(id),
                &self.seal(id, place),
            ]
            .concat(),
        )
    }

    /// Spends one counter of a nonce; None (no qop) spends the nonce as a whole. To be called only
    /// after the proof was found right, so that only who knows the secret can spend.
    pub fn spend(&mut self, nonce: &str, count: Option<u32>, now: Duration) -> Freshness {
        let Some((id, _)) = self.read(nonce) else {
            return Freshness::Foreign;
        };
        let age = now.saturating_sub(Duration::from_millis(id.0));
        let known = self.used.contains_key(&id);
        if age > self.life || (!known && self.forgotten.is_some_and(|last| id <= last)) {
            return Freshness::Stale;
        }
        let counters = self.used.entry(id).or_insert(Counters {
            highest: 0,
            window: 0,
        });
        let fresh = match count {
            Some(count) => counters.spend(count),
            None => counters.spend_all(),
        };
        self.forget(now);
        if fresh {
            Freshness::Fresh
        } else {
            Freshness::Used
        }
    }

    /// Whether we issued it to this place, however long ago: whoever sends it from there has received our
    /// challenge, and is not somebody who writes that address into its datagrams.
    pub fn was_issued_to(&self, nonce: &str, place: u128) -> bool {
        let sealed = |(id, seal): (Id, [u8; 8])| same(&self.seal(id, place), &seal);
        self.read(nonce).is_some_and(sealed)
    }

    /// The parts of a nonce that we signed, and its unproved seal.
    fn read(&self, nonce: &str) -> Option<(Id, [u8; 8])> {
        let mut bytes = [0; 40];
        hex::decode_to_slice(nonce, &mut bytes).ok()?;
        let (id, rest) = bytes.split_at(16);
        let (signature, place) = rest.split_at(16);
        let mut seal = [0; 8];
        seal.copy_from_slice(place);
        let half = |part: &[u8]| part.iter().fold(0, |sum, &b| (sum << 8) | u64::from(b));
        let id = (half(&id[..8]), half(&id[8..]));
        same(&self.signature(id), signature).then_some((id, seal))
    }

    fn signature(&self, id: Id) -> [u8; 16] {
        let mut half = [0; 16];
        half.copy_from_slice(&hmac_sha256(&self.secret, &bytes_of(id))[..16]);
        half
    }

    fn seal(&self, id: Id, place: u128) -> [u8; 8] {
        let message = [bytes_of(id), place.to_be_bytes()].concat();
        let mut seal = [0; 8];
        seal.copy_from_slice(&hmac_sha256(&self.secret, &message)[..8]);
        seal
    }

    /// Drops what is too old anyway, then what is too many.
    fn forget(&mut self, now: Duration) {
        let dead = |id: &Id| now.saturating_sub(Duration::from_millis(id.0)) > self.life;
        while let Some(first) = self.used.first_entry() {
            if !dead(first.key()) {
                break;
            }
            first.remove();
        }
        while self.used.len() > USED_NONCES_MAX {
            self.forgotten = self.used.pop_first().map(|(id, _)| id).max(self.forgotten);
        }
    }
}

impl Counters {
    /// Whether the counter was free; requests may overtake one another within 64.
    fn spend(&mut self, count: u32) -> bool {
        if count == 0 {
            return false;
        }
        if count > self.highest {
            let shift = count - self.highest;
            self.window = self.window.checked_shl(shift).unwrap_or(0) | 1;
            self.highest = count;
            return true;
        }
        let bit = 1u64.checked_shl(self.highest - count).unwrap_or(0);
        let free = bit != 0 && self.window & bit == 0;
        self.window |= bit;
        free
    }

    fn spend_all(&mut self) -> bool {
        let free = self.highest == 0;
        *self = Self {
            highest: u32::MAX,
            window: u64::MAX,
        };
        free
    }
}

/// The secret stays out of logs.
impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Nonces({} used)", self.used.len())
    }
}

fn bytes_of(id: Id) -> [u8; 16] {
    ((u128::from(id.0) << 64) | u128::from(id.1)).to_be_bytes()
}

/// RFC 2104 with a key of 32 bytes.
pub(crate) fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
        block
    };
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5C))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: u128 = 7;
    const LIFE: Duration = Duration::from_secs(60);

    #[test]
    fn hmac_is_that_of_the_rfc() {
        // RFC 4231 §4.2 with its key of 20 bytes 0x0b, which zero padding makes one of 32.
        let mut key = [0; 32];
        key[..20].fill(0x0B);
        let mac = hex::encode(hmac_sha256(&key, b"Hi There"));
        assert_eq!(
            mac,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
    }

    #[test]
    fn counters_may_overtake_but_not_return() {
        let mut nonces = Nonces::new([1; 32], LIFE);
        let nonce = nonces.issue(Duration::ZERO, HERE);
        let mut spend = |count| nonces.spend(&nonce, Some(count), Duration::ZERO);
        assert_eq!(spend(0), Freshness::Used, "zero is no counter");
        assert_eq!(spend(3), Freshness::Fresh);
        assert_eq!(spend(2), Freshness::Fresh);
        assert_eq!(spend(2), Freshness::Used);
        assert_eq!(spend(200), Freshness::Fresh);
        assert_eq!(spend(1), Freshness::Used, "beyond the window");
        assert_eq!(spend(137), Freshness::Fresh);
        assert_eq!(spend(u32::MAX), Freshness::Fresh);
        assert_eq!(spend(u32::MAX), Freshness::Used);
    }

    #[test]
    fn a_changed_nonce_is_foreign() {
        let mut nonces = Nonces::new([1; 32], LIFE);
        let nonce = nonces.issue(Duration::ZERO, HERE);
        let mut changed = nonce.clone().into_bytes();
        changed[15] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        for foreign in [changed.as_str(), "", "zz", &nonce[..62], &nonce[..64]] {
            assert_eq!(
                nonces.spend(foreign, Some(1), Duration::ZERO),
                Freshness::Foreign
            );
        }
    }

    #[test]
    fn memory_is_bounded_and_forgetting_opens_no_replay() {
        let mut nonces = Nonces::new([1; 32], LIFE);
        let first = nonces.issue(Duration::ZERO, HERE);
        assert_eq!(
            nonces.spend(&first, Some(1), Duration::ZERO),
            Freshness::Fresh
        );
        for _ in 0..USED_NONCES_MAX {
            let nonce = nonces.issue(Duration::ZERO, HERE);
            nonces.spend(&nonce, Some(1), Duration::ZERO);
        }
        assert_eq!(nonces.used.len(), USED_NONCES_MAX);
        assert_eq!(
            nonces.spend(&first, Some(1), Duration::ZERO),
            Freshness::Stale
        );
        let late = nonces.issue(LIFE * 2, HERE);
        assert_eq!(nonces.spend(&late, None, LIFE * 2), Freshness::Fresh);
        assert_eq!(nonces.used.len(), 1, "what is too old is dropped");
    }

    #[test]
    fn a_nonce_carried_elsewhere_does_not_say_who_received_it() {
        let mut nonces = Nonces::new([1; 32], LIFE);
        let nonce = nonces.issue(Duration::ZERO, HERE);
        assert!(nonces.was_issued_to(&nonce, HERE));
        assert!(!nonces.was_issued_to(&nonce, HERE + 1));
        assert!(!nonces.was_issued_to(&nonce[..64], HERE));
    }
}
