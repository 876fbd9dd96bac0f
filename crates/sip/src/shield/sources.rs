//! Buckets by source, in a table that never grows: who was not heard for the longest makes room.
use std::hash::Hasher as _;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::rate::{Bucket, nanos};

/// Most sources remembered. One that is forgotten begins anew; what all strangers may send together holds all the same.
pub const SOURCES_MAX: usize = 4_096;
/// Sources that share a place of the table, and compete for it.
const WAYS: usize = 8;

/// The table: sets of [`WAYS`] by a keyed hash of the address, so that a look-up costs the same however many there are.
#[derive(Debug)]
pub(super) struct Sources {
    seats: Vec<Seat>,
    seed: u64,
}

#[derive(Clone, Copy, Default, Debug)]
struct Seat {
    /// The unspecified address, from which nothing comes, is nobody.
    network: u128,
    bucket: Bucket,
    heard: u64,
}

impl Sources {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seats: vec![Seat::default(); SOURCES_MAX],
            seed,
        }
    }

    /// The bucket of this source; a full one for somebody new.
    pub(super) fn of(&mut self, now: Duration, from: IpAddr) -> &mut Bucket {
        let network = bits(network(from));
        let first = self.set_of(network) * WAYS;
        let set = &mut self.seats[first..first + WAYS];
        let known = set.iter().position(|seat| seat.network == network);
        let longest_silent = || (0..WAYS).min_by_key(|&seat| set[seat].heard).unwrap_or(0);
        let seat = known.unwrap_or_else(longest_silent);
        let seat = &mut set[seat];
        if known.is_none() {
            *seat = Seat {
                network,
                ..Seat::default()
            };
        }
        seat.heard = nanos(now);
        &mut seat.bucket
    }

    fn set_of(&self, network: u128) -> usize {
        let mut hasher = std::hash::DefaultHasher::new();
        hasher.write_u64(self.seed);
        hasher.write_u128(network);
        let sets = (SOURCES_MAX / WAYS) as u64;
        usize::try_from(hasher.finish() % sets).unwrap_or(0)
    }
}

/// One customer has a whole /64 of IPv6 addresses.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}
