//! How many handshakes who gets: each costs a signature or a hash before anything is known of who asks.
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use gudok_sip::endpoint::Source;
use tokio::time::Instant;

use super::Limits;
use super::places::network;

/// Sources remembered. When so many have asked lately, one that is not among them is held to the common rate alone.
const SOURCES_MAX: usize = 4_096;
/// A full memory is gone through so often at most: under a flood each newcomer would ask for it.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// So many a second, and so many at once after a rest.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// A second; at least 1.
    pub per_second: u32,
    /// At once.
    pub at_once: u32,
}

impl Rate {
    fn each(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

/// When what was asked for would be paid off, at its rate (the leaky bucket of ITU-T I.371 as a meter).
#[derive(Clone, Copy, Debug)]
struct Debt(Instant);

impl Debt {
    fn takes(&mut self, now: Instant, rate: Rate) -> bool {
        let paid = self.0.max(now);
        if paid + rate.each() > now + rate.each() * rate.at_once {
            return false;
        }
        self.0 = paid + rate.each();
        true
    }
}

/// The handshakes of one transport.
#[derive(Debug, Default)]
pub(super) struct Rates {
    all: Option<Debt>,
    of: BTreeMap<IpAddr, Debt>,
    /// When who owes nothing was forgotten last.
    swept: Option<Instant>,
}

impl Rates {
    /// Whether who connects now may shake hands. Trunks and phones do not wait behind strangers.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        limits: &Limits,
        address: IpAddr,
        source: Source,
    ) -> bool {
        let network = network(address);
        let has_room = self.of.len() < SOURCES_MAX || self.sweep(now);
        let own = match self.of.get_mut(&network) {
            Some(debt) => Some(debt),
            None if has_room => Some(self.of.entry(network).or_insert(Debt(now))),
            None => None,
        };
        if own.is_some_and(|debt| !debt.takes(now, limits.handshakes_of_one)) {
            return false;
        }
        source != Source::Stranger
            || self
                .all
                .get_or_insert(Debt(now))
                .takes(now, limits.handshakes)
    }
}

impl Rates {
    /// Forgets who owes nothing, not oftener than it is worth; whether there is room then.
    fn sweep(&mut self, now: Instant) -> bool {
        if self.swept.is_some_and(|at| now < at + SWEEP_EVERY) {
            return false;
        }
        self.swept = Some(now);
        self.of.retain(|_, debt| debt.0 > now);
        self.of.len() < SOURCES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            handshakes: Rate {
                per_second: 10,
                at_once: 20,
            },
            handshakes_of_one: Rate {
                per_second: 2,
                at_once: 4,
            },
            ..Limits::default()
        }
    }

    fn admitted(
        rates: &mut Rates,
        now: Instant,
        source: Source,
        hosts: impl Iterator<Item = u32>,
    ) -> usize {
        let from = |host: u32| IpAddr::from(std::net::Ipv4Addr::from_bits(0x0A00_0000 | host));
        hosts
            .filter(|host| rates.admit(now, &limits(), from(*host), source))
            .count()
    }

    #[test]
    fn one_source_has_its_share_and_gets_it_again() {
        let (mut rates, now) = (Rates::default(), Instant::now());
        let one = || std::iter::repeat_n(7, 100);
        assert_eq!(admitted(&mut rates, now, Source::Stranger, one()), 4);
        let later = now + Duration::from_secs(1);
        assert_eq!(admitted(&mut rates, later, Source::Stranger, one()), 2);
    }

    #[test]
    fn a_crowd_of_strangers_leaves_the_known_theirs() {
        let (mut rates, now) = (Rates::default(), Instant::now());
        assert_eq!(admitted(&mut rates, now, Source::Stranger, 0..1_000), 20);
        assert_eq!(admitted(&mut rates, now, Source::Phone, 2_000..2_100), 100);
        assert_eq!(admitted(&mut rates, now, Source::Trunk, 3_000..3_001), 1);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (mut rates, now) = (Rates::default(), Instant::now());
        admitted(&mut rates, now, Source::Stranger, 0..100_000);
        assert_eq!(rates.of.len(), SOURCES_MAX);
        let later = now + Duration::from_secs(60);
        admitted(&mut rates, later, Source::Stranger, 200_000..200_001);
        assert_eq!(rates.of.len(), 1);
    }
}
