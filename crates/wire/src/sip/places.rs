//! Who gets a place for a TCP flow.
//!
//! Anybody may connect, and somebody will hold as many connections as they can. So places are in three ranks. The
//! last [`Limits::trunk_reserve`] are for trunks alone. Strangers have at most [`Limits::strangers`]; what is left
//! between the two is for phones, so neither a crowd of strangers nor one of phones can lock a trunk out, nor
//! strangers the phones. A phone is a stranger until it has registered; after a restart all of them are. So that a
//! crowd cannot keep them out either, a stranger who comes when all places of strangers are taken takes the place of
//! the one who has stood there longest: to register needs a second, to hold hundreds of flows under a second needs a
//! flood. Flows that we open ourselves are to trunks and to parties of calls, and rank with trunks.
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use gudok_sip::endpoint::{Flow, Source};
use rustls::pki_types::ServerName;
use tokio::task::AbortHandle;

use super::Limits;
use super::queue::Writes;

/// Strangers looked at again, whether they have become phones, when one of them is to make room.
const LOOKED_AT_AGAIN: usize = 16;

/// A flow in its place.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) flow: Flow,
    pub(super) writes: Writes,
    /// Messages for `connection` 0 went over it: the core knows the flow by its peer.
    pub(super) by_remote: bool,
    /// The name the server at the other end has proved, or will before it hears anything; of flows over TLS that we opened.
    pub(super) proved: Option<Arc<ServerName<'static>>>,
    /// Owns the connection.
    pub(super) task: AbortHandle,
}

/// All places that are taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: BTreeMap<u64, Place>,
    /// Connections of strangers; they grow, so the first is the oldest.
    strangers: BTreeSet<u64>,
}

/// What a newcomer gets.
#[derive(Debug)]
pub(super) enum Room {
    /// A place.
    Free,
    /// The place of this connection, a stranger's.
    Of(u64),
    /// Nothing.
    None,
}

impl Places {
    pub(super) fn count(&self) -> usize {
        self.taken.len()
    }

    pub(super) fn get(&self, connection: u64) -> Option<&Place> {
        self.taken.get(&connection)
    }

    pub(super) fn get_mut(&mut self, connection: u64) -> Option<&mut Place> {
        self.taken.get_mut(&connection)
    }

    /// Any flow to this peer; where a name is given, one whose peer has proved it.
    pub(super) fn to(&self, remote: SocketAddr, name: Option<&ServerName<'_>>) -> Option<u64> {
        let fits = |place: &Place| name.is_none() || place.proved.as_deref() == name;
        let mut places = self.taken.iter();
        places
            .find(|(_, place)| place.flow.remote == remote && fits(place))
            .map(|(connection, _)| *connection)
    }

    pub(super) fn enter(&mut self, place: Place, source: Source) {
        let connection = place.flow.connection;
        if source == Source::Stranger {
            self.strangers.insert(connection);
        }
        self.taken.insert(connection, place);
    }

    pub(super) fn leave(&mut self, connection: u64) -> Option<Place> {
        self.strangers.remove(&connection);
        self.taken.remove(&connection)
    }

    /// Whether there is a place for a flow of this source without anybody's leaving.
    pub(super) fn is_free(&self, limits: &Limits, address: IpAddr, source: Source) -> bool {
        let places = match source {
            Source::Trunk => limits.flows,
            Source::Phone | Source::Stranger => limits.below_reserve(),
        };
        let crowd = source == Source::Stranger && self.strangers.len() >= limits.strangers;
        self.taken.len() < places && !crowd && self.may_have_more(limits, address, source)
    }

    /// What a newcomer gets; who must leave for it is a stranger.
    pub(super) fn room(
        &mut self,
        limits: &Limits,
        address: IpAddr,
        source: Source,
        judge: &dyn Fn(IpAddr) -> Source,
    ) -> Room {
        if self.is_free(limits, address, source) {
            return Room::Free;
        }
        if !self.may_have_more(limits, address, source) {
            return Room::None;
        }
        match self.oldest_stranger(judge) {
            // Some of the crowd have turned out to be phones.
            _ if self.is_free(limits, address, source) => Room::Free,
            Some(connection) => Room::Of(connection),
            None => Room::None,
        }
    }

    fn may_have_more(&self, limits: &Limits, address: IpAddr, source: Source) -> bool {
        let most = match source {
            Source::Trunk | Source::Phone => limits.flows_per_known,
            Source::Stranger => limits.flows_per_stranger,
        };
        let network = network(address);
        let taken = self.taken.values();
        let same = taken.filter(|place| self::network(place.flow.remote.ip()) == network);
        same.count() < most
    }

    /// The stranger who has stood here longest. Who has become known in the meantime is a stranger no more.
    fn oldest_stranger(&mut self, judge: &dyn Fn(IpAddr) -> Source) -> Option<u64> {
        for _ in 0..LOOKED_AT_AGAIN {
            let connection = *self.strangers.first()?;
            let address = self.taken.get(&connection)?.flow.remote.ip();
            if judge(address) == Source::Stranger {
                return Some(connection);
            }
            self.strangers.remove(&connection);
        }
        None
    }
}

/// One customer has a whole /64 of IPv6 addresses.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use gudok_sip::endpoint::Transport;

    use super::super::queue::queue;
    use super::*;

    /// Trunks are in 10.1/16, phones in 10.2/16.
    fn judge(address: IpAddr) -> Source {
        match address {
            IpAddr::V4(ip) if ip.octets()[1] == 1 => Source::Trunk,
            IpAddr::V4(ip) if ip.octets()[1] == 2 => Source::Phone,
            _ => Source::Stranger,
        }
    }

    struct House {
        places: Places,
        limits: Limits,
        next: u64,
    }

    impl House {
        /// Ten places, two for trunks alone, at most four for strangers, two a stranger.
        fn new() -> Self {
            let limits = Limits {
                flows: 10,
                trunk_reserve: 2,
                strangers: 4,
                flows_per_stranger: 2,
                ..Limits::default()
            };
            Self {
                places: Places::default(),
                limits,
                next: 1,
            }
        }

        /// How often somebody at 10.`rank`.0.`host` gets in of so many tries.
        fn come(&mut self, rank: u8, hosts: u8) -> usize {
            let mut entered = 0;
            for host in 0..hosts {
                entered += usize::from(self.comes(IpAddr::from([10, rank, 0, host])));
            }
            entered
        }

        fn comes(&mut self, address: IpAddr) -> bool {
            let source = judge(address);
            match self.places.room(&self.limits, address, source, &judge) {
                Room::Free => {}
                Room::Of(other) => assert!(self.places.leave(other).is_some()),
                Room::None => return false,
            }
            let connection = self.next;
            self.next += 1;
            let remote = (address, 4_000).into();
            let flow = Flow {
                transport: Transport::Tcp,
                local: ([127, 0, 0, 1], 5060).into(),
                remote,
                connection,
            };
            let place = Place {
                flow,
                writes: queue().0,
                by_remote: false,
                proved: None,
                task: tokio::spawn(async {}).abort_handle(),
            };
            self.places.enter(place, source);
            true
        }

        fn of(&self, rank: u8) -> usize {
            let places = self.places.taken.values();
            places
                .filter(|place| matches!(place.flow.remote.ip(), IpAddr::V4(ip) if ip.octets()[1] == rank))
                .count()
        }
    }

    #[tokio::test]
    async fn strangers_push_strangers_and_lock_nobody_out() {
        let mut house = House::new();
        assert_eq!(house.come(9, 100), 100, "the newest stay");
        assert_eq!(house.of(9), 4);
        assert_eq!(
            house.come(2, 4),
            4,
            "phones have the rest below the reserve"
        );
        assert_eq!(house.come(1, 2), 2, "trunks have their reserve");
        assert_eq!((house.of(9), house.of(2), house.of(1)), (4, 4, 2));
    }

    #[tokio::test]
    async fn a_known_one_takes_a_strangers_place_and_no_other() {
        let mut house = House::new();
        house.come(9, 4);
        assert_eq!(house.come(2, 20), 8, "to the reserve");
        assert_eq!((house.of(9), house.of(2)), (0, 8));
        assert_eq!(house.come(9, 5), 0, "no stranger pushes a phone");
        assert_eq!(
            house.come(1, 5),
            2,
            "no phone pushes a trunk, no trunk a phone"
        );
    }

    #[tokio::test]
    async fn one_source_does_not_hold_all_places() {
        let mut house = House::new();
        let one = IpAddr::from([10, 9, 0, 1]);
        assert_eq!((0..5).filter(|_| house.comes(one)).count(), 2);
        let v6 = |host: u128| IpAddr::from(Ipv6Addr::from_bits(0x2001_0db8 << 96 | host));
        assert_eq!(
            (0..5).filter(|host| house.comes(v6(*host))).count(),
            2,
            "a /64 is one"
        );
    }

    #[tokio::test]
    async fn who_has_registered_is_a_stranger_no_more() {
        let mut house = House::new();
        house.come(9, 4);
        let now_known = |address: IpAddr| match address {
            IpAddr::V4(ip) if ip.octets()[3] == 0 => Source::Phone,
            _ => Source::Stranger,
        };
        let newcomer = IpAddr::from([10, 9, 0, 7]);
        let room = house
            .places
            .room(&house.limits, newcomer, Source::Stranger, &now_known);
        assert!(
            matches!(room, Room::Free),
            "the first one is a phone: {room:?}"
        );
    }
}
