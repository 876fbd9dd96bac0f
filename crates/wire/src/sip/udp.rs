//! Datagrams: one socket for each address we listen on.
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd as _;

use rustix::net::sockopt;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::batch::Batch;
use super::segments::{self, SEGMENTS_MAX};
use crate::provider::{Family, Provider};

/// Asked of the system for datagrams that we have not yet taken: some 1 500 INVITEs, 75 ms of a flood of 20 000 a
/// second. Bytes.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// One socket.
#[derive(Debug)]
pub(super) struct Udp {
    socket: UdpSocket,
    local: SocketAddr,
    /// It takes IPv4 too, whose peers it knows by mapped addresses.
    both: bool,
    /// It can send several datagrams by one call, as far as is known.
    segments: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Datagrams {
    sockets: Vec<Udp>,
    batch: Batch,
    /// Whose socket the batch is from, as seen from inside.
    local: SocketAddr,
    /// Whose turn it is.
    turn: usize,
}

impl Datagrams {
    /// At most one address of each family.
    pub(super) fn open(provider: &mut Provider, addresses: &[SocketAddr]) -> io::Result<Self> {
        let family = family(addresses);
        let sockets = named("sip-udp", addresses)
            .map(|(name, address)| {
                let socket = UdpSocket::from_std(provider.udp(&name, address, family)?)?;
                give_room(&socket);
                let local = socket.local_addr()?;
                let both = takes_both(local, family);
                Ok(Udp {
                    socket,
                    local,
                    both,
                    segments: true,
                })
            })
            .collect::<io::Result<Vec<_>>>()?;
        if sockets.is_empty() {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        }
        let local = sockets[0].local;
        Ok(Self {
            sockets,
            batch: Batch::default(),
            local,
            turn: 0,
        })
    }

    pub(super) fn locals(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|socket| socket.local)
    }

    /// Waits for a datagram, or for an error that the next receive reports.
    pub(super) async fn readable(&self) {
        if !self.batch.is_empty() {
            return;
        }
        match self.sockets.as_slice() {
            [one] => drop(one.socket.readable().await),
            [one, other, ..] => tokio::select! {
                _ = one.socket.readable() => {}
                _ = other.socket.readable() => {}
            },
            [] => std::future::pending().await,
        }
    }

    /// One datagram: our address, theirs, its length. The sockets take turns, a batch each.
    pub(super) fn receive(&mut self) -> Option<(SocketAddr, SocketAddr, usize)> {
        for _ in 0..=self.sockets.len() {
            if let Some((length, remote)) = self.batch.pop() {
                return Some((self.local, canonical(remote), length));
            }
            self.turn = (self.turn + 1) % self.sockets.len();
            let socket = &self.sockets[self.turn];
            self.local = socket.local;
            socket.receive(&mut self.batch);
        }
        None
    }

    /// The datagram that was received last.
    pub(super) fn bytes(&self, length: usize) -> &[u8] {
        self.batch.bytes(length)
    }

    /// A full buffer loses the datagram, as the network would. False where no socket of ours is of this family: it could
    /// never be sent.
    pub(super) fn send(&self, remote: SocketAddr, bytes: &[u8]) -> bool {
        let Some(socket) = self.sockets.iter().find(|socket| socket.reaches(remote)) else {
            return false;
        };
        socket.send(socket.known_as(remote), bytes);
        true
    }

    /// The same for several to one peer, of which all but the last have the same length and none is longer.
    pub(super) fn send_run(&mut self, remote: SocketAddr, run: &[&[u8]]) -> bool {
        let mut sockets = self.sockets.iter_mut();
        let Some(socket) = sockets.find(|socket| socket.reaches(remote)) else {
            return false;
        };
        let remote = socket.known_as(remote);
        if run.len() == 1 || !socket.send_segments(remote, run) {
            run.iter().for_each(|bytes| socket.send(remote, bytes));
        }
        true
    }
}

impl Udp {
    fn reaches(&self, remote: SocketAddr) -> bool {
        self.both || self.local.is_ipv4() == remote.is_ipv4()
    }

    /// A peer's address as this socket has it.
    fn known_as(&self, remote: SocketAddr) -> SocketAddr {
        match remote.ip() {
            IpAddr::V4(ip) if self.local.is_ipv6() => {
                SocketAddr::new(ip.to_ipv6_mapped().into(), remote.port())
            }
            IpAddr::V4(_) | IpAddr::V6(_) => remote,
        }
    }

    fn send(&self, remote: SocketAddr, bytes: &[u8]) {
        if let Err(error) = self.socket.try_send_to(bytes, remote) {
            tracing::debug!(%error, "datagram not sent");
        }
    }

    /// By one call. False where this system cannot, of which the first time is enough: nothing was sent.
    fn send_segments(&mut self, remote: SocketAddr, run: &[&[u8]]) -> bool {
        if !self.segments {
            return false;
        }
        let mut parts = [IoSlice::new(&[]); SEGMENTS_MAX];
        let room = parts.iter_mut().zip(run);
        room.for_each(|(part, bytes)| *part = IoSlice::new(bytes));
        let send = || segments::send(self.socket.as_fd(), remote, &parts[..run.len()]);
        match self.socket.try_io(Interest::WRITABLE, send) {
            Err(error) if segments::is_unable(&error) => {
                tracing::info!(%error, "the system takes datagrams one by one only");
                self.segments = false;
            }
            Err(error) => tracing::debug!(%error, count = run.len(), "datagrams not sent"),
            Ok(()) => {}
        }
        self.segments
    }

    /// An ICMP error of a former send surfaces here and is passed over: the SIP timers notice silent peers.
    fn receive(&self, batch: &mut Batch) {
        const ICMP_ERRORS_IN_A_ROW: usize = 64;
        for _ in 0..ICMP_ERRORS_IN_A_ROW {
            // What comes later is told anew: a batch that is not full has emptied the socket.
            let fill = || match batch.fill(self.socket.as_fd())? {
                true => Ok(()),
                false => Err(io::ErrorKind::WouldBlock.into()),
            };
            let filled = self.socket.try_io(Interest::READABLE, fill);
            match filled {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {}
                Ok(()) | Err(_) => return,
            }
        }
    }
}

/// Lets the system keep more datagrams for us, so that a burst outlives a turn of the daemon. Beyond
/// `net.core.rmem_max` it takes CAP_NET_ADMIN; without it we get what the system gives.
fn give_room(udp: &UdpSocket) {
    let forced = sockopt::set_socket_recv_buffer_size_force(udp, RECEIVE_BUFFER);
    let given = forced.or_else(|_| sockopt::set_socket_recv_buffer_size(udp, RECEIVE_BUFFER));
    if let Err(error) = given {
        tracing::warn!(%error, "the system's buffer for SIP stays as it is");
    }
}

/// Where both families are listened on by their own sockets, that of IPv6 takes nothing else.
pub(super) fn family(addresses: &[SocketAddr]) -> Family {
    if addresses.iter().any(SocketAddr::is_ipv4) {
        Family::Own
    } else {
        Family::Both
    }
}

fn takes_both(local: SocketAddr, family: Family) -> bool {
    local.is_ipv6() && local.ip().is_unspecified() && family == Family::Both
}

/// The name under which a socket may be handed over: the second one has a number.
pub(super) fn named(
    name: &'static str,
    addresses: &[SocketAddr],
) -> impl Iterator<Item = (String, SocketAddr)> {
    let named = move |(at, address): (usize, &SocketAddr)| match at {
        0 => (name.to_owned(), *address),
        _ => (format!("{name}-{}", at + 1), *address),
    };
    addresses.iter().enumerate().map(named)
}

/// An IPv4 peer of a socket of both families is an IPv4 peer.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        // What is IPv6 keeps its scope.
        IpAddr::V6(_) => address,
        v4 => SocketAddr::new(v4, address.port()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn open(address: &str) -> Datagrams {
        let address = address.parse().expect("an address");
        let ours = Datagrams::open(&mut Provider::default(), &[address]).expect("a port");
        ours.sockets[0].socket.writable().await.expect("it is new");
        ours
    }

    fn peer(address: &str) -> (std::net::UdpSocket, SocketAddr) {
        let socket = std::net::UdpSocket::bind(address).expect("a port");
        let patience = Some(std::time::Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("not zero");
        let at = socket.local_addr().expect("bound");
        (socket, at)
    }

    fn heard(socket: &std::net::UdpSocket) -> Vec<u8> {
        let mut bytes = [0; 2_000];
        let length = socket.recv(&mut bytes).expect("it came");
        bytes[..length].to_vec()
    }

    #[tokio::test]
    async fn a_run_reaches_its_peer_whole_on_a_socket_of_either_family_or_of_both() {
        for (ours, theirs) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("[::1]:0", "[::1]:0"),
            ("[::]:0", "127.0.0.1:0"),
        ] {
            let (mut ours, (theirs, at)) = (open(ours).await, peer(theirs));
            let run = [&b"first"[..], b"other", b"end"];
            assert!(ours.send_run(at, &run));
            assert_eq!([(); 3].map(|()| heard(&theirs)), run);
            assert!(ours.sockets[0].segments, "by one call");
        }
        let (_, v6) = peer("[::1]:0");
        assert!(!open("127.0.0.1:0").await.send_run(v6, &[b"a", b"b"]));
    }

    #[tokio::test]
    async fn where_the_system_cannot_send_several_by_one_call_each_goes_by_itself() {
        let (mut ours, (theirs, at)) = (open("127.0.0.1:0").await, peer("127.0.0.1:0"));
        // More datagrams of one byte than any system cuts: it refuses this one.
        let run = [&b"x"[..], &[7; 500]];
        assert!(ours.send_run(at, &run));
        assert_eq!([(); 2].map(|()| heard(&theirs)), run);
        assert!(!ours.sockets[0].segments, "it is not asked again");
        assert!(ours.send_run(at, &[b"a", b"b"]));
        assert_eq!([(); 2].map(|()| heard(&theirs)), [b"a", b"b"]);
    }
}
