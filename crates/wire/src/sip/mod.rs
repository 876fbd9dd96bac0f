//! SIP over UDP, TCP and TLS: bytes and flows for the SIP machine, nothing parsed beyond the frame.
mod certificates;
mod ends;
mod places;
mod tcp;
mod tls;
mod trust;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use gudok_sip::endpoint::{Flow, Source, Transport};
use rustix::net::sockopt;
use tokio::net::UdpSocket;

use crate::provider::Provider;
pub use certificates::{CertificateError, Certificates};
pub use ends::Why;
pub use tcp::Limits;
use tcp::Tcp;
use tls::{Handshakes, Privacy};
pub use trust::{Trust, TrustError};

/// Asked of the system for datagrams that we have not yet taken: some 1 500 INVITEs, 75 ms of a flood of 20 000 a
/// second. Bytes.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// Largest datagram UDP can carry.
const DATAGRAM_MAX: usize = 65_535;

/// What came from the network.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// One datagram, or one framed message of a flow over TCP or TLS.
    Message {
        /// From where.
        flow: Flow,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A flow over TCP or TLS is gone, or could not be opened (then `connection` is 0).
    Closed {
        /// Which.
        flow: Flow,
        /// Messages for `connection` 0 of its peer went over it, and are lost with it.
        by_remote: bool,
        /// Why.
        why: Why,
    },
}

/// The SIP sockets of the daemon.
///
/// Run loop: `readable().await`, then [`SipSockets::take`] until `None` (or a fair number), then again.
#[derive(Debug)]
pub struct SipSockets {
    udp: UdpSocket,
    udp_local: SocketAddr,
    tcp: Option<Tcp>,
    tls: Option<Tcp>,
    handshakes: Option<Arc<Handshakes>>,
    scratch: Box<[u8]>,
    frame: Vec<u8>,
    /// Whose turn it is: a flood over one transport does not keep the others out.
    turn: usize,
}

/// Something that came, on whichever transport.
enum Taken {
    Datagram(usize, SocketAddr),
    Event(tcp::Event),
}

impl SipSockets {
    /// Opens the UDP socket and, where given, the TCP listener; [`SipSockets::listen_tls`] adds one for TLS. Call
    /// within a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub fn open(
        provider: &mut Provider,
        udp: SocketAddr,
        tcp: Option<SocketAddr>,
        limits: Limits,
    ) -> io::Result<Self> {
        let udp = UdpSocket::from_std(provider.udp("sip-udp", udp)?)?;
        give_room(&udp);
        let udp_local = udp.local_addr()?;
        let mut flows = None;
        if let Some(mut address) = tcp {
            // Port 0 means "the same number as UDP", so that one address serves both.
            if address.port() == 0 {
                address.set_port(udp_local.port());
            }
            let mut tcp = Tcp::new(Transport::Tcp, limits, None);
            tcp.listen(provider.tcp("sip-tcp", address)?)?;
            flows = Some(tcp);
        }
        Ok(Self {
            udp,
            udp_local,
            tcp: flows,
            tls: None,
            handshakes: None,
            scratch: vec![0; DATAGRAM_MAX].into(),
            frame: Vec::new(),
            turn: 0,
        })
    }

    /// Listens for TLS too, with limits of its own. Within a tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn listen_tls(
        &mut self,
        provider: &mut Provider,
        address: SocketAddr,
        certificates: &Certificates,
        limits: Limits,
    ) -> io::Result<()> {
        let (listener, shown) = (provider.tcp("sip-tls", address)?, certificates.config()?);
        let tls = self.private(limits)?;
        tls.show(shown);
        tls.listen(listener)
    }

    /// Opens flows over TLS from now on, to servers that these roots vouch for and that prove the name expected at their
    /// address: [`SipSockets::expect_name`]. Needs no listener.
    ///
    /// # Errors
    /// When no thread for handshakes can be started.
    pub fn call_tls(&mut self, trust: Trust, limits: Limits) -> io::Result<()> {
        self.private(limits)?.believe(trust);
        Ok(())
    }

    /// The server at this address must prove this name (of a host, or an IP address) before anything is said to it: a flow
    /// over TLS to an address without a name is refused, and told as [`Why::NoName`]. The last name told for an address
    /// counts; it serves other ports of its host too. At most 1024 addresses: beyond it the first one is forgotten.
    pub fn expect_name(&mut self, remote: SocketAddr, name: &str) {
        match &mut self.tls {
            Some(tls) => tls.expect(remote, name),
            None => tracing::error!(%remote, "TLS is off: no name can be expected"),
        }
    }

    /// How often flows ended so, or could not be had; all transports together.
    pub fn ends(&self) -> impl Iterator<Item = (Why, u64)> {
        let flows = [&self.tcp, &self.tls];
        Why::ALL.into_iter().map(move |why| {
            let counts = flows.iter().filter_map(|flows| flows.as_ref());
            (why, counts.map(|flows| flows.ends().of(why)).sum())
        })
    }

    /// Flows over TLS, and what they need.
    fn private(&mut self, limits: Limits) -> io::Result<&mut Tcp> {
        let handshakes = match &self.handshakes {
            Some(handshakes) => Arc::clone(handshakes),
            None => Arc::clone(self.handshakes.insert(Arc::new(Handshakes::new()?))),
        };
        let fresh = || Tcp::new(Transport::Tls, limits, Some(Privacy::new(handshakes)));
        Ok(self.tls.get_or_insert_with(fresh))
    }

    /// Our UDP address.
    pub fn udp_local(&self) -> SocketAddr {
        self.udp_local
    }

    /// Our TCP address, where TCP is on.
    pub fn tcp_local(&self) -> Option<SocketAddr> {
        self.tcp.as_ref()?.locals().first().copied()
    }

    /// Our TLS address, where TLS is on.
    pub fn tls_local(&self) -> Option<SocketAddr> {
        self.tls.as_ref()?.locals().first().copied()
    }

    /// Waits until [`SipSockets::take`] has something. Safe to cancel.
    pub async fn readable(&mut self) {
        tokio::select! {
            // An error here is an error of the next receive, which reports it.
            _ = self.udp.readable() => {}
            () = something(&mut self.tcp) => {}
            () = something(&mut self.tls) => {}
        }
    }

    /// The next arrival, if one is there; the transports take turns. `judge` says who an address is: when places for
    /// flows are few, it matters who wants one.
    pub fn take(&mut self, judge: impl Fn(IpAddr) -> Source) -> Option<Arrival<'_>> {
        const TRANSPORTS: usize = 3;
        self.turn = (self.turn + 1) % TRANSPORTS;
        let taken = (0..TRANSPORTS).find_map(|step| match (self.turn + step) % TRANSPORTS {
            0 => self
                .receive()
                .map(|(length, remote)| Taken::Datagram(length, remote)),
            1 => event(&mut self.tcp, &judge),
            _ => event(&mut self.tls, &judge),
        })?;
        let (length, remote) = match taken {
            Taken::Event(event) => return Some(self.told(event)),
            Taken::Datagram(length, remote) => (length, remote),
        };
        let flow = Flow {
            transport: Transport::Udp,
            local: self.udp_local,
            remote,
            connection: 0,
        };
        Some(Arrival::Message {
            flow,
            bytes: &self.scratch[..length],
        })
    }

    fn told(&mut self, event: tcp::Event) -> Arrival<'_> {
        match event {
            tcp::Event::Message(flow, bytes) => {
                self.frame = bytes;
                Arrival::Message {
                    flow,
                    bytes: &self.frame,
                }
            }
            tcp::Event::Closed(flow, by_remote, why) => Arrival::Closed {
                flow,
                by_remote,
                why,
            },
        }
    }

    /// One datagram. An ICMP error of a former send surfaces here and is passed over: the SIP timers
    /// notice silent peers.
    fn receive(&mut self) -> Option<(usize, SocketAddr)> {
        const ICMP_ERRORS_IN_A_ROW: usize = 64;
        for _ in 0..ICMP_ERRORS_IN_A_ROW {
            match self.udp.try_recv_from(&mut self.scratch) {
                Ok(received) => return Some(received),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// Sends. A full UDP buffer loses the datagram, as the network would; a full flow over TCP or TLS is closed.
    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        let flows = match flow.transport {
            Transport::Udp => {
                if let Err(error) = self.udp.try_send_to(&bytes, flow.remote) {
                    tracing::debug!(%error, "datagram not sent");
                }
                return;
            }
            Transport::Tcp => &mut self.tcp,
            Transport::Tls => &mut self.tls,
        };
        match flows {
            Some(flows) => flows.send(flow, bytes),
            None => tracing::debug!(transport = flow.transport.name(), "off: message not sent"),
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

/// Waits for an event; for ever where there is no listener.
async fn something(flows: &mut Option<Tcp>) {
    match flows {
        Some(flows) => flows.readable().await,
        None => std::future::pending().await,
    }
}

fn event(flows: &mut Option<Tcp>, judge: &dyn Fn(IpAddr) -> Source) -> Option<Taken> {
    Some(Taken::Event(flows.as_mut()?.next(judge)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::time::timeout;

    use super::*;

    const HERE: &str = "127.0.0.1:0";
    const PATIENCE: Duration = Duration::from_secs(10);

    fn stranger(_: IpAddr) -> Source {
        Source::Stranger
    }

    fn trunk(_: IpAddr) -> Source {
        Source::Trunk
    }

    fn sockets() -> SipSockets {
        limited(Limits::default())
    }

    fn limited(limits: Limits) -> SipSockets {
        let here = HERE.parse().expect("an address");
        SipSockets::open(&mut Provider::default(), here, Some(here), limits)
            .expect("ports of the loopback")
    }

    #[tokio::test]
    async fn a_peer_that_takes_no_connection_is_told_as_the_core_knows_it() {
        let mut sockets = sockets();
        let gone = std::net::TcpListener::bind(HERE).expect("a port");
        let flow = Flow {
            transport: Transport::Tcp,
            local: sockets.tcp_local().expect("TCP is on"),
            remote: gone.local_addr().expect("an address"),
            connection: 0,
        };
        drop(gone);
        sockets.send(flow, b"OPTIONS".to_vec());
        timeout(PATIENCE, sockets.readable())
            .await
            .expect("the refusal is told");
        let Some(Arrival::Closed {
            flow: closed,
            by_remote,
            why,
        }) = sockets.take(stranger)
        else {
            panic!("something else arrived");
        };
        assert_eq!((closed, by_remote, why), (flow, true, Why::Unreachable));
    }

    #[tokio::test]
    async fn a_flood_of_one_transport_leaves_the_other_its_turn() {
        let mut sockets = sockets();
        let tcp = sockets.tcp_local().expect("TCP is on");
        let mut stream = TcpStream::connect(tcp).await.expect("accepted");
        let request = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n".repeat(100);
        stream.write_all(&request).await.expect("written");
        timeout(PATIENCE, async {
            while sockets.take(stranger).is_none() {
                sockets.readable().await;
            }
        })
        .await
        .expect("the flood begins");
        let datagram = UdpSocket::bind(HERE).await.expect("a port");
        for _ in 0..4 {
            let to = sockets.udp_local();
            datagram.send_to(b"datagram", to).await.expect("sent");
        }
        timeout(PATIENCE, sockets.udp.readable())
            .await
            .expect("in time")
            .expect("datagrams came");
        let kinds: Vec<Transport> = (0..2)
            .filter_map(|_| match sockets.take(stranger)? {
                Arrival::Message { flow, .. } => Some(flow.transport),
                Arrival::Closed { .. } => None,
            })
            .collect();
        assert!(kinds.contains(&Transport::Udp), "{kinds:?}");
        assert!(kinds.contains(&Transport::Tcp), "{kinds:?}");
    }

    const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

    /// The next arrival, as a flow and whether it is an end, with its `by_remote`.
    async fn arrival(
        sockets: &mut SipSockets,
        judge: fn(IpAddr) -> Source,
    ) -> (Flow, Option<bool>) {
        timeout(PATIENCE, async {
            loop {
                match sockets.take(judge) {
                    Some(Arrival::Message { flow, .. }) => return (flow, None),
                    Some(Arrival::Closed {
                        flow, by_remote, ..
                    }) => return (flow, Some(by_remote)),
                    None => sockets.readable().await,
                }
            }
        })
        .await
        .expect("something arrives")
    }

    /// A client that is in: its first message has arrived.
    async fn client(sockets: &mut SipSockets, judge: fn(IpAddr) -> Source) -> (TcpStream, Flow) {
        let tcp = sockets.tcp_local().expect("TCP is on");
        let mut stream = TcpStream::connect(tcp).await.expect("accepted");
        stream.write_all(OPTIONS).await.expect("written");
        loop {
            let (flow, end) = arrival(sockets, judge).await;
            if end.is_none() {
                return (stream, flow);
            }
        }
    }

    #[tokio::test]
    async fn strangers_who_take_all_they_get_do_not_lock_a_trunk_out() {
        let limits = Limits {
            flows: 4,
            trunk_reserve: 1,
            strangers: 2,
            flows_per_stranger: 4,
            ..Limits::default()
        };
        let mut sockets = limited(limits);
        let (mut oldest, _) = client(&mut sockets, stranger).await;
        let mut crowd = Vec::new();
        for _ in 0..5 {
            crowd.push(client(&mut sockets, stranger).await);
        }
        let closed = timeout(PATIENCE, oldest.read(&mut [0; 1])).await;
        assert!(
            matches!(closed, Ok(Ok(0) | Err(_))),
            "the oldest made room: {closed:?}"
        );
        let mut trunks = Vec::new();
        for _ in 0..2 {
            trunks.push(client(&mut sockets, trunk).await);
        }
    }

    #[tokio::test]
    async fn a_peer_that_hangs_up_without_an_answer_is_told_as_the_core_asked_for_it() {
        let mut sockets = sockets();
        let peer = tokio::net::TcpListener::bind(HERE).await.expect("a port");
        let flow = Flow {
            transport: Transport::Tcp,
            local: sockets.tcp_local().expect("TCP is on"),
            remote: peer.local_addr().expect("an address"),
            connection: 0,
        };
        sockets.send(flow, OPTIONS.to_vec());
        let (mut stream, _) = timeout(PATIENCE, peer.accept())
            .await
            .expect("in time")
            .expect("a connection");
        stream
            .read_exact(&mut [0; OPTIONS.len()])
            .await
            .expect("the request");
        drop(stream);
        let (closed, by_remote) = arrival(&mut sockets, trunk).await;
        assert_eq!((closed.remote, by_remote), (flow.remote, Some(true)));
        assert_ne!(closed.connection, 0);
    }

    #[tokio::test]
    async fn what_is_for_a_connection_that_is_gone_is_lost_and_opens_none() {
        let mut sockets = sockets();
        let (stream, flow) = client(&mut sockets, stranger).await;
        drop(stream);
        assert_eq!(arrival(&mut sockets, stranger).await, (flow, Some(false)));
        sockets.send(flow, OPTIONS.to_vec());
        assert_eq!(arrival(&mut sockets, stranger).await, (flow, Some(false)));
    }
}
