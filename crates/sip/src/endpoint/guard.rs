//! Who guesses passwords: failed digests by source, and when a source is not listened to any more.
//!
//! A proof is judged only where its nonce was issued to the same source, so that nobody can lock a phone out
//! with forged source addresses: whoever fails has received our challenge there. Any other nonce gets a new challenge.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::shield::network;

/// Failures of one user from one address, or of one address, until it is not heard any more.
pub const FAILURES_MAX: u32 = 10;
/// Failures further apart than this do not add up.
pub const FAILURES_APART: Duration = Duration::from_secs(60);
/// How long it is not heard.
pub const BAN: Duration = Duration::from_secs(600);
/// Most sources remembered; beyond it the one that would be forgotten first makes room.
pub const SOURCES_MAX: usize = 4096;

/// [`Event::Refusal`](super::Event::Refusal) when a user's proofs from an address are not judged any more.
pub const BAN_OF_USER: &str = "ban_of_user";
/// The same when nothing from an address is.
pub const BAN_OF_ADDRESS: &str = "ban_of_address";

/// An address and a user it claims to be; no user: whatever comes from the address.
type Source = (IpAddr, Option<u128>);

/// Somebody who is not listened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ban {
    /// From where; the first address of an IPv6 /64.
    pub address: IpAddr,
    /// One user there; false: everybody.
    pub user: bool,
    /// For how long still.
    pub left: Duration,
}

/// The failures remembered.
#[derive(Clone, Default, Debug)]
pub(super) struct Guard(BTreeMap<Source, Failures>);

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    until: Duration,
}

impl Guard {
    /// Whether nothing of this address, or of this user there, is to be heard. `user`: a fingerprint.
    pub(super) fn bans(&self, now: Duration, address: IpAddr, user: Option<u128>) -> bool {
        let failures = self.0.get(&(network(address), user));
        failures.is_some_and(|failures| failures.count >= FAILURES_MAX && now < failures.until)
    }

    /// A digest was wrong. `trusted`: a phone is registered from there, so that its neighbours behind
    /// the same NAT do not pay for one of them.
    /// Gives whether that was once too often: for the user there, and for everybody there.
    pub(super) fn failed(
        &mut self,
        now: Duration,
        address: IpAddr,
        user: u128,
        trusted: bool,
    ) -> [bool; 2] {
        let user = self.note(now, (network(address), Some(user)));
        let all = !trusted && self.note(now, (network(address), None));
        [user, all]
    }

    /// Forgets the bans that are over, and gives them.
    pub(super) fn end(&mut self, now: Duration) -> Vec<Ban> {
        let is_over = |failures: &Failures| failures.count >= FAILURES_MAX && failures.until <= now;
        let over = self.0.extract_if(.., |_, failures| is_over(failures));
        let ban = |((address, user), _): (Source, Failures)| Ban {
            address,
            user: user.is_some(),
            left: Duration::ZERO,
        };
        over.map(ban).collect()
    }

    /// A digest was right.
    pub(super) fn proved(&mut self, address: IpAddr, user: u128) {
        self.0.remove(&(network(address), Some(user)));
    }

    /// Every ban in force.
    pub(super) fn list(&self, now: Duration) -> impl Iterator<Item = Ban> {
        let banned =
            move |failures: &Failures| failures.count >= FAILURES_MAX && now < failures.until;
        let listed = self.0.iter().filter(move |(_, failures)| banned(failures));
        listed.map(move |((address, user), failures)| Ban {
            address: *address,
            user: user.is_some(),
            left: failures.until.saturating_sub(now),
        })
    }

    /// Forgets what came from an address (or its IPv6 /64); gives how many bans there were.
    pub(super) fn lift(&mut self, now: Duration, address: IpAddr) -> usize {
        let lifted = network(address);
        let bans = self.list(now).filter(|ban| ban.address == lifted).count();
        self.0.retain(|(address, _), _| *address != lifted);
        bans
    }

    /// True: with this one it is banned.
    fn note(&mut self, now: Duration, source: Source) -> bool {
        if self.0.len() >= SOURCES_MAX && !self.0.contains_key(&source) {
            self.make_room(now);
        }
        let fresh = Failures {
            count: 0,
            until: now,
        };
        let failures = self.0.entry(source).or_insert(fresh);
        if failures.until < now {
            *failures = fresh;
        }
        failures.count += 1;
        let wait = if failures.count < FAILURES_MAX {
            FAILURES_APART
        } else {
            BAN
        };
        failures.until = now + wait;
        failures.count == FAILURES_MAX
    }

    fn make_room(&mut self, now: Duration) {
        self.0.retain(|_, failures| failures.until > now);
        if self.0.len() >= SOURCES_MAX {
            let first = self.0.iter().min_by_key(|(_, failures)| failures.until);
            if let Some(source) = first.map(|(source, _)| *source) {
                self.0.remove(&source);
            }
        }
    }
}

/// The source as a number, for the nonces that are issued to it.
pub(super) fn place(address: IpAddr) -> u128 {
    match network(address) {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const AT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 66));

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ten_failures_close_the_ear_for_ten_minutes() {
        let mut guard = Guard::default();
        for second in 0..9 {
            assert_eq!(guard.failed(s(second), AT, 1, true), [false; 2]);
        }
        assert!(!guard.bans(s(9), AT, Some(1)));
        assert_eq!(guard.failed(s(9), AT, 1, true), [true, false], "told once");
        assert_eq!(guard.failed(s(9), AT, 1, true), [false; 2]);
        assert!(guard.bans(s(10), AT, Some(1)));
        assert!(
            !guard.bans(s(10), AT, Some(2)),
            "another user there may speak"
        );
        assert!(
            !guard.bans(s(10), AT, None),
            "and so may the office around it"
        );
        assert!(!guard.bans(s(609), AT, Some(1)));
        assert_eq!(guard.end(s(608)), [], "not before its time");
        let over = Ban {
            address: AT,
            user: true,
            left: Duration::ZERO,
        };
        assert_eq!(guard.end(s(609)), [over]);
        assert_eq!(guard.end(s(609)), [], "told once");
    }

    #[test]
    fn a_stranger_that_tries_one_user_after_another_is_closed_out_as_a_whole() {
        let mut guard = Guard::default();
        for user in 0..10 {
            guard.failed(s(1), AT, user, false);
        }
        assert!(guard.bans(s(2), AT, None));
    }

    #[test]
    fn bans_are_listed_and_lifted_by_hand() {
        let mut guard = Guard::default();
        for _ in 0..10 {
            guard.failed(s(1), AT, 1, false);
        }
        let told: Vec<Ban> = guard.list(s(2)).collect();
        let all = Ban {
            address: AT,
            user: false,
            left: s(599),
        };
        assert_eq!(told, [all, Ban { user: true, ..all }]);
        assert_eq!(guard.lift(s(2), AT), 2);
        assert!(!guard.bans(s(2), AT, None) && !guard.bans(s(2), AT, Some(1)));
        assert_eq!(guard.list(s(2)).count(), 0);
    }

    #[test]
    fn slow_failures_and_a_right_proof_are_forgiven() {
        let mut guard = Guard::default();
        for minute in 0..30 {
            guard.failed(s(minute * 61), AT, 1, false);
        }
        assert!(!guard.bans(s(2000), AT, Some(1)));
        for _ in 0..20 {
            guard.failed(s(3000), AT, 1, true);
            guard.proved(AT, 1);
        }
        assert!(!guard.bans(s(3000), AT, Some(1)));
    }

    #[test]
    fn the_memory_is_bounded_and_an_ipv6_customer_is_one() {
        let mut guard = Guard::default();
        let neighbour = |low: u64, high: u64| {
            let bits = (u128::from(0x2001_0DB8_0000_0000 + high) << 64) | u128::from(low);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        };
        for low in 0..10 {
            guard.failed(s(1), neighbour(low, 0), u128::from(low), false);
        }
        assert!(guard.bans(s(2), neighbour(77, 0), None));
        for high in 0..4_200 {
            guard.failed(s(2), neighbour(0, high), 1, false);
        }
        assert!(guard.0.len() <= SOURCES_MAX);
    }
}
