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

/// The failures remembered. Each ban that is set ends in one of three ways, and is told once: its time is over, it is
/// lifted by hand, or it is forgotten before somebody asked.
#[derive(Clone, Default, Debug)]
pub(super) struct Guard {
    sources: BTreeMap<Source, Failures>,
    /// Bans that are not among the sources any more, and of which nobody was told yet.
    forgotten: usize,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    until: Duration,
}

impl Failures {
    /// In force, or over and not told.
    fn is_ban(&self) -> bool {
        self.count >= FAILURES_MAX
    }

    fn bans(&self, now: Duration) -> bool {
        self.is_ban() && now < self.until
    }
}

impl Guard {
    /// Whether nothing of this address, or of this user there, is to be heard. `user`: a fingerprint.
    pub(super) fn bans(&self, now: Duration, address: IpAddr, user: Option<u128>) -> bool {
        let failures = self.sources.get(&(network(address), user));
        failures.is_some_and(|failures| failures.bans(now))
    }

    /// A digest was wrong. `trusted`: a phone is registered from there, so that its neighbours behind
    /// the same NAT do not pay for one of them. Gives the bans that were set by it: of the user there, and of everybody there.
    pub(super) fn failed(
        &mut self,
        now: Duration,
        address: IpAddr,
        user: u128,
        trusted: bool,
    ) -> impl Iterator<Item = Ban> {
        let address = network(address);
        let user = self.note(now, (address, Some(user)));
        let all = !trusted && self.note(now, (address, None));
        let set = [(user, true), (all, false)].into_iter();
        set.filter_map(move |(set, user)| {
            set.then_some(Ban {
                address,
                user,
                left: BAN,
            })
        })
    }

    /// Forgets the bans that are over, and gives them; and how many were forgotten since it was asked last: over by then,
    /// or for others to be remembered.
    pub(super) fn end(&mut self, now: Duration) -> (Vec<Ban>, usize) {
        let is_over = |failures: &Failures| failures.is_ban() && !failures.bans(now);
        let over = self.sources.extract_if(.., |_, failures| is_over(failures));
        let ban = |((address, user), _): (Source, Failures)| Ban {
            address,
            user: user.is_some(),
            left: Duration::ZERO,
        };
        (over.map(ban).collect(), std::mem::take(&mut self.forgotten))
    }

    /// A digest was right.
    pub(super) fn proved(&mut self, address: IpAddr, user: u128) {
        let failures = self.sources.remove(&(network(address), Some(user)));
        self.forget(failures);
    }

    /// Every ban in force.
    pub(super) fn list(&self, now: Duration) -> impl Iterator<Item = Ban> {
        let sources = self.sources.iter();
        let listed = sources.filter(move |(_, failures)| failures.bans(now));
        listed.map(move |((address, user), failures)| Ban {
            address: *address,
            user: user.is_some(),
            left: failures.until.saturating_sub(now),
        })
    }

    /// Forgets what came from an address (or its IPv6 /64); gives how many bans there were.
    pub(super) fn lift(&mut self, now: Duration, address: IpAddr) -> usize {
        let lifted = network(address);
        let of_address = (lifted, None)..=(lifted, Some(u128::MAX));
        let mut bans = 0;
        for (_, failures) in self.sources.extract_if(of_address, |_, _| true) {
            bans += usize::from(failures.bans(now));
            self.forgotten += usize::from(failures.is_ban() && !failures.bans(now));
        }
        bans
    }

    /// True: with this one it is banned.
    fn note(&mut self, now: Duration, source: Source) -> bool {
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            self.make_room(now);
        }
        let fresh = Failures {
            count: 0,
            until: now,
        };
        let failures = self.sources.entry(source).or_insert(fresh);
        if failures.until <= now {
            self.forgotten += usize::from(failures.is_ban());
            *failures = fresh;
        }
        failures.count += 1;
        let wait = if failures.is_ban() {
            BAN
        } else {
            FAILURES_APART
        };
        failures.until = now + wait;
        failures.count == FAILURES_MAX
    }

    fn make_room(&mut self, now: Duration) {
        let old = self.sources.extract_if(.., |_, it| it.until <= now);
        self.forgotten += old.filter(|(_, failures)| failures.is_ban()).count();
        if self.sources.len() >= SOURCES_MAX {
            let first = self.sources.iter().min_by_key(|(_, it)| it.until);
            let first = first.map(|(source, _)| *source);
            let failures = first.and_then(|source| self.sources.remove(&source));
            self.forget(failures);
        }
    }

    /// What is no longer among the sources may have been a ban.
    fn forget(&mut self, failures: Option<Failures>) {
        self.forgotten += usize::from(failures.is_some_and(|failures| failures.is_ban()));
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

    use proptest::prelude::*;

    use super::*;

    const AT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 66));

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn ten_failures_close_the_ear_for_ten_minutes() {
        let mut guard = Guard::default();
        let fails = |guard: &mut Guard, second| -> Vec<bool> {
            let set = guard.failed(s(second), AT, 1, true);
            set.map(|ban| ban.user).collect()
        };
        for second in 0..9 {
            assert_eq!(fails(&mut guard, second), []);
        }
        assert!(!guard.bans(s(9), AT, Some(1)));
        assert_eq!(fails(&mut guard, 9), [true], "told once");
        assert_eq!(fails(&mut guard, 9), []);
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
        assert_eq!(guard.end(s(608)), (vec![], 0), "not before its time");
        let over = Ban {
            address: AT,
            user: true,
            left: Duration::ZERO,
        };
        assert_eq!(guard.end(s(609)), (vec![over], 0));
        assert_eq!(guard.end(s(609)), (vec![], 0), "told once");
    }

    #[test]
    fn a_stranger_that_tries_one_user_after_another_is_closed_out_as_a_whole() {
        let mut guard = Guard::default();
        for user in 0..10 {
            guard.failed(s(1), AT, user, false).for_each(drop);
        }
        assert!(guard.bans(s(2), AT, None));
    }

    #[test]
    fn bans_are_listed_and_lifted_by_hand() {
        let mut guard = Guard::default();
        for _ in 0..10 {
            guard.failed(s(1), AT, 1, false).for_each(drop);
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
            guard.failed(s(minute * 61), AT, 1, false).for_each(drop);
        }
        assert!(!guard.bans(s(2000), AT, Some(1)));
        for _ in 0..20 {
            guard.failed(s(3000), AT, 1, true).for_each(drop);
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
            let set = guard.failed(s(1), neighbour(low, 0), u128::from(low), false);
            set.for_each(drop);
        }
        assert!(guard.bans(s(2), neighbour(77, 0), None));
        for high in 0..4_200 {
            guard
                .failed(s(2), neighbour(0, high), 1, false)
                .for_each(drop);
        }
        assert!(guard.sources.len() <= SOURCES_MAX);
    }

    /// What may happen to the guard, somewhere among a few sources or among very many.
    #[derive(Clone, Debug)]
    enum Deed {
        Wait(u64),
        Guess(u32, u128, bool, usize),
        Prove(u32, u128),
        Lift(u32),
        /// Guesses of so many others, which push the old ones out.
        Crowd(u32, usize),
        Ask,
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let (from, user) = (0..3_u32, 0..3_u128);
        let guess = (from.clone(), user.clone(), any::<bool>(), 1..12_usize);
        let deed = prop_oneof![
            6 => guess.prop_map(|(from, user, trusted, times)| Deed::Guess(from, user, trusted, times)),
            3 => prop_oneof![Just(0), Just(1), Just(59), Just(60), Just(599), Just(600), 0..700_u64].prop_map(Deed::Wait),
            1 => (from.clone(), user).prop_map(|(from, user)| Deed::Prove(from, user)),
            1 => from.prop_map(Deed::Lift),
            1 => (0..3_u32, 1..11_usize).prop_map(|(block, times)| Deed::Crowd(block, times)),
            1 => Just(Deed::Ask),
        ];
        prop::collection::vec(deed, 1..40)
    }

    fn from(last: u32) -> IpAddr {
        IpAddr::from((0x0A00_0000 + last).to_be_bytes())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_ban_that_is_set_is_in_force_or_was_told_to_be_over(deeds in deeds()) {
            let (mut guard, mut now) = (Guard::default(), s(1));
            let (mut set, mut over, mut lifted) = (0, 0, 0);
            for deed in deeds {
                match deed {
                    Deed::Wait(seconds) => now += s(seconds),
                    Deed::Guess(at, user, trusted, times) => {
                        for _ in 0..times {
                            set += guard.failed(now, from(at), user, trusted).count();
                        }
                    }
                    Deed::Prove(at, user) => guard.proved(from(at), user),
                    Deed::Lift(at) => lifted += guard.lift(now, from(at)),
                    Deed::Crowd(block, times) => {
                        for last in 0..2_000 * u32::try_from(times).expect("small") {
                            set += guard.failed(now, from(100 + block * 50_000 + last / 10), 1, last % 2 == 0).count();
                        }
                    }
                    Deed::Ask => {
                        let (bans, forgotten) = guard.end(now);
                        over += bans.len() + forgotten;
                    }
                }
                // Whoever asks now, is told so.
                let mut asked = guard.clone();
                let (bans, forgotten) = asked.end(now);
                let in_force = asked.list(now).count();
                prop_assert_eq!(set - over - lifted, bans.len() + forgotten + in_force);
                prop_assert!(asked.sources.values().all(|it| !it.is_ban() || it.bans(now)));
            }
        }
    }
}
