//! Which ports and places are free.
//!
//! A pair of ports is picked at random, and rests for [`PORT_REST`] after its leg: what is still on the way to the
//! last call must not reach the next one. Where no other pair is left and nobody is learned, the one that has rested
//! longest is taken, after [`PORT_REST_LEAST`]: rather that than a call refused. Its sockets are closed with the leg, so
//! nothing queued in them survives.
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use gudok_media::control::MediaLeg;

use super::{
    BIND_TRIES, OpenError, Pair, Port, RTCP_BUFFER, RTP_BUFFER, SocketSource, bind_anew, sys,
};

/// How long a port is not used after its leg was closed.
pub const PORT_REST: Duration = Duration::from_secs(10);

/// How long it is not used where every other port is taken and parties are heard from their signalled addresses alone: a
/// party hears our BYE within one round trip, and whatever it sends later is dropped unless the next call's party has the
/// same address and port. Where parties are learned, it may be at the host of the next one and be taken for it: there a port
/// always rests for [`PORT_REST`].
pub const PORT_REST_LEAST: Duration = Duration::from_secs(2);

/// A closed leg, its port, and when it was closed.
pub(super) type Returned = (MediaLeg, u16, Instant);

/// All ports and the places of all workers.
pub(super) struct Ledger {
    /// And that of the other family.
    bind: (IpAddr, Option<IpAddr>),
    free: Vec<u16>,
    resting: VecDeque<(Instant, u16)>,
    returned: Arc<ArrayQueue<Returned>>,
    places: Vec<Places>,
    random: u64,
    sockets: SocketSource,
    /// [`MediaConfig::learns`](super::MediaConfig::learns): none is woken early.
    learns: bool,
}

/// Places in one worker's table: used ones are at the front, and each has a generation.
#[derive(Default)]
struct Places {
    free: Vec<u16>,
    generations: Vec<u32>,
}

/// A bound pair for a new leg.
pub(super) struct Lease {
    pub(super) port: Port,
    pub(super) pair: Pair,
}

impl Ledger {
    pub(super) fn new(
        bind: (IpAddr, Option<IpAddr>),
        ports: RangeInclusive<u16>,
        workers: usize,
        seed: u64,
    ) -> Self {
        let last = *ports.end();
        let free: Vec<u16> = ports.filter(|port| port % 2 == 0 && *port < last).collect();
        Self {
            bind,
            resting: VecDeque::with_capacity(free.len()),
            returned: Arc::new(ArrayQueue::new(free.len().max(1))),
            places: (0..workers).map(|_| Places::default()).collect(),
            random: seed,
            sockets: Box::new(bind_anew),
            learns: true,
            free,
        }
    }

    /// Whether parties may be learned.
    pub(super) fn set_learns(&mut self, learns: bool) {
        self.learns = learns;
    }

    pub(super) fn take_sockets_from(&mut self, sockets: SocketSource) {
        self.sockets = sockets;
    }

    /// Where workers put what they closed. As long as all ports, so it is never full.
    pub(super) fn returns(&self) -> Arc<ArrayQueue<Returned>> {
        Arc::clone(&self.returned)
    }

    pub(super) fn lease(
        &mut self,
        worker: u16,
        v6: bool,
        now: Instant,
    ) -> Result<Lease, OpenError> {
        self.reclaim(now);
        let (first, other) = self.bind;
        let ip = other.filter(|other| other.is_ipv6() == v6).unwrap_or(first);
        let mut failure = OpenError::NoPort;
        for _ in 0..BIND_TRIES {
            let Some(port) = self.pick().or_else(|| self.wake_early(now)) else {
                break;
            };
            let address = SocketAddr::new(ip, port);
            match self.bind_pair(address) {
                Ok(bound) => {
                    let leg = self.places[usize::from(worker)].take(worker);
                    return Ok(bound.lease(leg, port));
                }
                Err(source) => {
                    self.resting.push_back((now, port));
                    failure = OpenError::Socket { address, source };
                }
            }
        }
        Err(failure)
    }

    /// Takes a leg back whose sockets are closed.
    pub(super) fn give_back(&mut self, leg: MediaLeg, port: u16, closed: Instant) {
        self.resting.push_back((closed, port));
        if let Some(places) = self.places.get_mut(usize::from(leg.worker())) {
            places.free.push(leg.slot());
        }
    }

    fn reclaim(&mut self, now: Instant) {
        while let Some((leg, port, closed)) = self.returned.pop() {
            self.give_back(leg, port, closed);
        }
        while let Some(&(since, port)) = self.resting.front()
            && now.saturating_duration_since(since) >= PORT_REST
        {
            self.resting.pop_front();
            self.free.push(port);
        }
    }

    fn pick(&mut self) -> Option<u16> {
        if self.free.is_empty() {
            return None;
        }
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let index = (mixed >> 33) % self.free.len() as u64;
        Some(self.free.swap_remove(index as usize))
    }

    /// The port that has rested longest, if that is long enough for hard times.
    fn wake_early(&mut self, now: Instant) -> Option<u16> {
        let rested =
            |(since, _): &(Instant, u16)| now.saturating_duration_since(*since) >= PORT_REST_LEAST;
        let (_, port) = self
            .resting
            .pop_front_if(|first| !self.learns && rested(first))?;
        Some(port)
    }

    fn bind_pair(&mut self, address: SocketAddr) -> io::Result<Bound> {
        let next = SocketAddr::new(address.ip(), address.port() + 1);
        let (rtp, first) = (self.sockets)(address)?;
        let (rtcp, second) = (self.sockets)(next)?;
        let at = (first, second);
        sys::tune(&rtp, at.0, RTP_BUFFER)?;
        sys::tune(&rtcp, at.1, RTCP_BUFFER)?;
        Ok(Bound { rtp, rtcp, at })
    }
}

/// Two sockets and where they really are.
struct Bound {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    at: (SocketAddr, SocketAddr),
}

impl Bound {
    fn lease(self, leg: MediaLeg, port: u16) -> Lease {
        let Self { rtp, rtcp, at } = self;
        Lease {
            port: Port {
                leg,
                rtp: at.0,
                rtcp: at.1,
            },
            pair: Pair {
                leg,
                port,
                rtp,
                rtcp,
            },
        }
    }
}

impl Places {
    fn take(&mut self, worker: u16) -> MediaLeg {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.generations.push(0);
            (self.generations.len() - 1) as u16
        });
        let generation = &mut self.generations[usize::from(slot)];
        *generation = generation.wrapping_add(1);
        MediaLeg::new(worker, *generation, slot)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    /// Three pairs of ports, on sockets that have another port: only the bookkeeping is looked at.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(([127, 0, 0, 1].into(), None), 20_001..=20_007, 1, 7);
        ledger.take_sockets_from(Box::new(anywhere));
        ledger
    }

    fn anywhere(_: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    }

    #[test]
    fn a_socket_of_ours_is_where_it_was_asked_for_and_waits_for_nobody() {
        for ip in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            // Somebody else may take the one that was free a moment ago.
            let bound = (0..64).find_map(|_| {
                let free = UdpSocket::bind((ip, 0)).expect("a port");
                let asked = free.local_addr().expect("bound");
                drop(free);
                Some((asked, bind_anew(asked).ok()?))
            });
            let (asked, (socket, at)) = bound.expect("one of so many");
            assert_eq!((at, socket.local_addr().expect("bound")), (asked, asked));
            let nothing = socket.recv(&mut [0]).expect_err("nobody has sent");
            assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
            let taken = bind_anew(asked).expect_err("it is taken");
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        }
    }

    #[test]
    fn a_port_rests_before_it_is_used_again() {
        let (mut ledger, start) = (ledger(), Instant::now());
        let leases: Vec<Lease> = (0..3)
            .map(|_| ledger.lease(0, false, start).expect("three pairs"))
            .collect();
        let mut ports: Vec<u16> = leases.iter().map(|lease| lease.pair.port).collect();
        ports.sort_unstable();
        assert_eq!(ports, [20_002, 20_004, 20_006]);
        assert!(matches!(
            ledger.lease(0, false, start),
            Err(OpenError::NoPort)
        ));

        let [first, second] =
            [&leases[1], &leases[2]].map(|lease| (lease.port.leg, lease.pair.port));
        let closed = start + Duration::from_secs(1);
        let give_back = |ledger: &Ledger, (leg, port), at| {
            ledger.returns().push((leg, port, at)).expect("room");
        };
        give_back(&ledger, first, closed);
        let rested = closed + PORT_REST;
        give_back(&ledger, second, rested - PORT_REST_LEAST);
        let again = ledger.lease(0, false, rested).expect("one is free");
        assert_eq!(again.pair.port, first.1, "the other one need not be woken");
        assert_ne!(again.port.leg, first.0, "a leg is never the same twice");
    }

    #[test]
    fn where_no_other_is_left_a_port_rests_for_a_moment_only() {
        let (mut ledger, start) = (ledger(), Instant::now());
        ledger.set_learns(false);
        let leases: Vec<Lease> = (0..3)
            .map(|_| ledger.lease(0, false, start).expect("three pairs"))
            .collect();
        let (leg, port) = (leases[1].port.leg, leases[1].pair.port);
        ledger.returns().push((leg, port, start)).expect("room");
        let moment = start + PORT_REST_LEAST;
        assert!(
            ledger
                .lease(0, false, moment - Duration::from_millis(1))
                .is_err()
        );
        let again = ledger.lease(0, false, moment).expect("rested enough");
        assert_eq!((again.pair.port, again.port.leg.slot()), (port, leg.slot()));
    }

    #[test]
    fn where_parties_are_learned_a_port_always_rests_in_full() {
        let (mut ledger, start) = (ledger(), Instant::now());
        let leases: Vec<Lease> = (0..3)
            .map(|_| ledger.lease(0, false, start).expect("three pairs"))
            .collect();
        let (leg, port) = (leases[1].port.leg, leases[1].pair.port);
        ledger.returns().push((leg, port, start)).expect("room");
        let almost = start + PORT_REST - Duration::from_millis(1);
        assert!(ledger.lease(0, false, almost).is_err());
        assert!(ledger.lease(0, false, start + PORT_REST).is_ok());
    }

    #[test]
    fn ports_held_by_others_are_passed_over_and_the_reason_is_told() {
        let mut ledger = ledger();
        let mut calls = 0;
        ledger.take_sockets_from(Box::new(move |address| {
            calls += 1;
            if calls == 1 {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            anywhere(address)
        }));
        assert!(ledger.lease(0, false, Instant::now()).is_ok());
        ledger.take_sockets_from(Box::new(|_| Err(io::ErrorKind::PermissionDenied.into())));
        let refused = ledger
            .lease(0, false, Instant::now())
            .err()
            .expect("nothing can be bound");
        assert!(matches!(refused, OpenError::Socket { .. }), "{refused}");
    }
}
