//! SIP over UDP, TCP, TLS and WebSocket: bytes and flows for the SIP machine, nothing parsed beyond the frame.
mod certificates;
mod ends;
mod places;
mod queue;
mod rate;
mod tcp;
mod tls;
mod trust;
mod udp;
mod ws;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::provider::Provider;
pub use certificates::{CertificateError, Certificates};
use ends::Ends;
pub use ends::Why;
use gudok_sip::endpoint::{Flow, Source, Transport};
pub use rate::Rate;
pub use tcp::Limits;
use tcp::Tcp;
use tls::{Handshakes, Privacy};
pub use trust::{Trust, TrustError};
use udp::{Datagrams, family, named};
pub use ws::Origins;

/// What came from the network.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// One datagram, or one message of a flow.
    Message {
        /// From where.
        flow: Flow,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A flow is gone, or could not be opened (then `connection` is 0).
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
    udp: Datagrams,
    flows: [Option<Tcp>; FLOWS.len()],
    handshakes: Option<Arc<Handshakes>>,
    frame: Vec<u8>,
    /// What no datagram can be sent to; of these the core is told as of flows that cannot be had.
    unsendable: VecDeque<Flow>,
    /// How many there were.
    unsent: Ends,
    /// Whose turn it is: a flood over one transport does not keep the others out.
    turn: usize,
}

/// The transports whose messages travel over flows.
const FLOWS: [Transport; 4] = [
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];

/// Something that came, on whichever transport.
enum Taken {
    Datagram(SocketAddr, SocketAddr, usize),
    Event(tcp::Event),
}

impl SipSockets {
    /// Opens the UDP sockets and the TCP listeners, at most one for each family: one address `[::]` takes both families,
    /// where IPv4 has none of its own. Further transports are added by the methods below. Call within a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound, or none is given for UDP.
    pub fn open(
        provider: &mut Provider,
        udp: &[SocketAddr],
        tcp: &[SocketAddr],
        limits: Limits,
    ) -> io::Result<Self> {
        let udp = Datagrams::open(provider, udp)?;
        let mut sockets = Self {
            udp,
            flows: [const { None }; FLOWS.len()],
            handshakes: None,
            frame: Vec::new(),
            unsendable: VecDeque::new(),
            unsent: Ends::default(),
            turn: 0,
        };
        // Port 0 means "the same number as UDP", so that one address serves both.
        let tcp: Vec<SocketAddr> = tcp.iter().map(|at| sockets.with_port(*at)).collect();
        if !tcp.is_empty() {
            let flows = Tcp::new(Transport::Tcp, limits, None, None);
            sockets.listen(provider, "sip-tcp", flows, &tcp)?;
        }
        Ok(sockets)
    }

    fn with_port(&self, mut address: SocketAddr) -> SocketAddr {
        let mut locals = self.udp.locals();
        let same = locals.find(|local| local.is_ipv4() == address.is_ipv4());
        let first = || self.udp.locals().next();
        if let Some(local) = same.or_else(first).filter(|_| address.port() == 0) {
            address.set_port(local.port());
        }
        address
    }

    /// Flows with listeners at these addresses take the place of those without.
    fn listen(
        &mut self,
        provider: &mut Provider,
        name: &'static str,
        mut flows: Tcp,
        addresses: &[SocketAddr],
    ) -> io::Result<()> {
        let family = family(addresses);
        for (name, address) in named(name, addresses) {
            flows.listen(provider.tcp(&name, address, family)?)?;
        }
        let place = place(flows.transport());
        if let Some(place) = place {
            self.flows[place] = Some(flows);
        }
        Ok(())
    }

    /// Listens for TLS too, with limits of its own. Within a tokio runtime; before [`SipSockets::call_tls`].
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub fn listen_tls(
        &mut self,
        provider: &mut Provider,
        addresses: &[SocketAddr],
        certificates: &Certificates,
        limits: Limits,
    ) -> io::Result<()> {
        let privacy = self.privacy(Some(certificates))?;
        let flows = Tcp::new(Transport::Tls, limits, Some(privacy), None);
        self.listen(provider, "sip-tls", flows, addresses)
    }

    /// Listens for WebSockets (RFC 7118) that speak `sip`, of these pages, with limits of its own; over TLS where there
    /// are certificates. Within a tokio runtime.
    ///
    /// # Errors
    /// When an address cannot be bound.
    pub fn listen_ws(
        &mut self,
        provider: &mut Provider,
        addresses: &[SocketAddr],
        certificates: Option<&Certificates>,
        origins: Origins,
        limits: Limits,
    ) -> io::Result<()> {
        let (transport, name, privacy) = match certificates {
            Some(_) => (Transport::Wss, "sip-wss", Some(self.privacy(certificates)?)),
            None => (Transport::Ws, "sip-ws", None),
        };
        let flows = Tcp::new(transport, limits, privacy, Some(origins));
        self.listen(provider, name, flows, addresses)
    }

    /// Opens flows over TLS from now on, to servers that these roots vouch for and that prove the name expected at their
    /// address: [`SipSockets::expect_name`]. Needs no listener.
    ///
    /// # Errors
    /// When no thread for handshakes can be started.
    pub fn call_tls(&mut self, trust: Trust, limits: Limits) -> io::Result<()> {
        let privacy = self.privacy(None)?;
        let fresh = || Tcp::new(Transport::Tls, limits, Some(privacy), None);
        self.flows[TLS].get_or_insert_with(fresh).believe(trust);
        Ok(())
    }

    /// The server at this address must prove this name (of a host, or an IP address) before anything is said to it: a flow
    /// over TLS to an address without a name is refused, and told as [`Why::NoName`]. The last name told for an address
    /// counts; it serves other ports of its host too. At most 1024 addresses: beyond it the first one is forgotten.
    pub fn expect_name(&mut self, remote: SocketAddr, name: &str) {
        match &mut self.flows[TLS] {
            Some(tls) => tls.expect(remote, name),
            None => tracing::error!(%remote, "TLS is off: no name can be expected"),
        }
    }

    /// How many flows there are now, by transport.
    pub fn flows(&self) -> impl Iterator<Item = (Transport, usize)> {
        let open = self.flows.iter().flatten();
        open.map(|flows| (flows.transport(), flows.count()))
    }

    /// How often flows ended so, or could not be had; all transports together. What UDP has no socket for is
    /// [`Why::Unreachable`] too.
    pub fn ends(&self) -> impl Iterator<Item = (Why, u64)> {
        Why::ALL.into_iter().map(|why| {
            let flows = self.flows.iter().flatten();
            let flows: u64 = flows.map(|flows| flows.ends().of(why)).sum();
            (why, flows + self.unsent.of(why))
        })
    }

    /// What private flows need; they share a thread for handshakes.
    fn privacy(&mut self, shown: Option<&Certificates>) -> io::Result<Privacy> {
        let handshakes = match &self.handshakes {
            Some(handshakes) => Arc::clone(handshakes),
            None => Arc::clone(self.handshakes.insert(Arc::new(Handshakes::new()?))),
        };
        let shown = shown.map(Certificates::config).transpose()?;
        Ok(Privacy::new(handshakes, shown))
    }

    /// Our first UDP address.
    pub fn udp_local(&self) -> SocketAddr {
        let first = self.udp.locals().next();
        first.expect("opened with one at least")
    }

    /// Our first TCP address, where TCP is on.
    pub fn tcp_local(&self) -> Option<SocketAddr> {
        self.locals(Transport::Tcp).next()
    }

    /// Our first TLS address, where somebody is listened to over TLS.
    pub fn tls_local(&self) -> Option<SocketAddr> {
        self.locals(Transport::Tls).next()
    }

    /// All our addresses of a transport, in the order they were given.
    pub fn locals(&self, transport: Transport) -> impl Iterator<Item = SocketAddr> {
        let flows = place(transport).and_then(|place| self.flows[place].as_ref());
        let datagrams = (transport == Transport::Udp).then(|| self.udp.locals());
        let listeners = flows.map_or(&[][..], Tcp::locals).iter().copied();
        datagrams.into_iter().flatten().chain(listeners)
    }

    /// Waits until [`SipSockets::take`] has something. Safe to cancel.
    pub async fn readable(&mut self) {
        if !self.unsendable.is_empty() {
            return;
        }
        let [tcp, tls, ws, wss] = &mut self.flows;
        tokio::select! {
            () = self.udp.readable() => {}
            () = something(tcp) => {}
            () = something(tls) => {}
            () = something(ws) => {}
            () = something(wss) => {}
        }
    }

    /// The next arrival, if one is there; the transports take turns. `judge` says who an address is: when places for
    /// flows are few, it matters who wants one.
    pub fn take(&mut self, judge: impl Fn(IpAddr) -> Source) -> Option<Arrival<'_>> {
        const TRANSPORTS: usize = 1 + FLOWS.len();
        if let Some(flow) = self.unsendable.pop_front() {
            return Some(Arrival::Closed {
                flow,
                by_remote: true,
                why: Why::Unreachable,
            });
        }
        let first = self.turn;
        let taken = (first..first + TRANSPORTS).find_map(|turn| {
            // Who was served is the last of the next round.
            self.turn = (turn + 1) % TRANSPORTS;
            match (turn % TRANSPORTS).checked_sub(1) {
                None => self
                    .udp
                    .receive()
                    .map(|(local, remote, length)| Taken::Datagram(local, remote, length)),
                Some(place) => event(&mut self.flows[place], &judge),
            }
        })?;
        let (local, remote, length) = match taken {
            Taken::Event(event) => return Some(self.told(event)),
            Taken::Datagram(local, remote, length) => (local, remote, length),
        };
        let flow = Flow {
            transport: Transport::Udp,
            local,
            remote,
            connection: 0,
        };
        Some(Arrival::Message {
            flow,
            bytes: self.udp.bytes(length),
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

    /// Sends. A full UDP buffer loses the datagram, as the network would; a full flow is closed. What is for a family that
    /// UDP has no socket of is told as a flow that is closed, so that who waits for an answer need not wait for long.
    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        let Some(place) = place(flow.transport) else {
            if !self.udp.send(flow.remote, &bytes) {
                self.cannot_send(flow);
            }
            return;
        };
        match &mut self.flows[place] {
            Some(flows) => flows.send(flow, bytes),
            None => tracing::debug!(transport = flow.transport.name(), "off: message not sent"),
        }
    }
}

impl SipSockets {
    /// The same for bytes that stay the caller's: over UDP nothing is copied.
    pub fn send_copy(&mut self, flow: Flow, bytes: &[u8]) {
        if flow.transport == Transport::Udp {
            if !self.udp.send(flow.remote, bytes) {
                self.cannot_send(flow);
            }
        } else {
            self.send(flow, bytes.to_vec());
        }
    }

    fn cannot_send(&mut self, flow: Flow) {
        self.unsent.count(Why::Unreachable);
        tracing::warn!(remote = %flow.remote, "SIP over UDP does not listen in this family: nothing can be sent there");
        if self.unsendable.len() < tcp::LOST_MAX {
            self.unsendable.push_back(flow);
        }
    }
}

/// The place of TLS among [`FLOWS`].
const TLS: usize = 1;

/// The place of a transport among [`FLOWS`]; none for UDP.
fn place(transport: Transport) -> Option<usize> {
    FLOWS.iter().position(|other| *other == transport)
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
    use tokio::net::{TcpStream, UdpSocket};
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
        SipSockets::open(&mut Provider::default(), &[here], &[here], limits)
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
    async fn a_datagram_of_a_family_without_a_socket_is_told_at_once() {
        let mut sockets = sockets();
        let flow = Flow {
            transport: Transport::Udp,
            local: sockets.udp_local(),
            remote: "[::1]:5060".parse().expect("an address"),
            connection: 0,
        };
        sockets.send(flow, OPTIONS.to_vec());
        let told = arrival(&mut sockets, stranger).await;
        assert_eq!(told, (flow, Some(true)));
        let counted = sockets.ends().find(|(why, _)| *why == Why::Unreachable);
        assert_eq!(counted, Some((Why::Unreachable, 1)));
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

    fn at(address: &str) -> SocketAddr {
        address.parse().expect("an address")
    }

    /// Datagrams and connections of both families, to whatever was bound.
    async fn comes_as(udp: &[&str], from: &str) -> (SocketAddr, SocketAddr, SocketAddr) {
        let addresses: Vec<SocketAddr> = udp.iter().map(|text| at(text)).collect();
        let limits = Limits::default();
        let mut sockets =
            SipSockets::open(&mut Provider::default(), &addresses, &addresses, limits)
                .expect("ports of the loopback");
        let from = at(from);
        let fits = |local: &SocketAddr| {
            local.is_ipv4() == from.is_ipv4() || addresses.len() == 1 && local.ip().is_unspecified()
        };
        let udp = sockets
            .locals(Transport::Udp)
            .find(fits)
            .expect("listened on");
        let tcp = sockets
            .locals(Transport::Tcp)
            .find(fits)
            .expect("listened on");
        assert_eq!(udp.port(), tcp.port(), "port 0 is the number of UDP");
        let peer = UdpSocket::bind(from).await.expect("a port");
        let to = SocketAddr::new(from.ip(), udp.port());
        peer.send_to(OPTIONS, to).await.expect("sent");
        let (flow, _) = arrival(&mut sockets, stranger).await;
        assert_eq!(flow.remote, peer.local_addr().expect("an address"));
        sockets.send(flow, b"answer".to_vec());
        let mut answer = [0; 6];
        timeout(PATIENCE, peer.recv(&mut answer))
            .await
            .expect("in time")
            .expect("an answer");
        let mut stream = TcpStream::connect(to).await.expect("accepted");
        stream.write_all(OPTIONS).await.expect("written");
        let (tcp, _) = arrival(&mut sockets, stranger).await;
        assert_eq!(tcp.remote, stream.local_addr().expect("an address"));
        (flow.local, flow.remote, tcp.local)
    }

    #[tokio::test]
    async fn both_families_come_to_sockets_of_their_own_or_to_one_for_both() {
        let both = ["127.0.0.1:0", "[::1]:0"];
        for (udp, from) in [
            (&both[..], "127.0.0.1:0"),
            (&both[..], "[::1]:0"),
            (&["0.0.0.0:0", "[::]:0"][..], "127.0.0.1:0"),
            (&["0.0.0.0:0", "[::]:0"][..], "[::1]:0"),
            (&["[::]:0"][..], "127.0.0.1:0"),
            (&["[::]:0"][..], "[::1]:0"),
            (&["[::1]:0"][..], "[::1]:0"),
        ] {
            let (_, remote, tcp) = comes_as(udp, from).await;
            assert_eq!(remote.ip(), at(from).ip(), "{udp:?}");
            assert_eq!(tcp.is_ipv4(), remote.is_ipv4(), "{udp:?}");
        }
    }

    #[tokio::test]
    async fn cuts_pipelines_and_pings_do_not_matter_over_tcp() {
        let mut sockets = sockets();
        let tcp = sockets.tcp_local().expect("TCP is on");
        let mut stream = TcpStream::connect(tcp).await.expect("accepted");
        stream.set_nodelay(true).expect("an option");
        let talking = async {
            for byte in [b"\r\n\r\n", OPTIONS].concat() {
                stream.write_all(&[byte]).await.expect("written");
                tokio::task::yield_now().await;
            }
            let all = [OPTIONS, b"\r\n\r\n", OPTIONS].concat();
            stream.write_all(&all).await.expect("written");
            let mut pongs = [0; 4];
            stream.read_exact(&mut pongs).await.expect("two pongs");
            assert_eq!(&pongs, b"\r\n\r\n");
        };
        let listening = async {
            for _ in 0..3 {
                let (_, end) = arrival(&mut sockets, stranger).await;
                assert_eq!(end, None);
            }
        };
        tokio::join!(talking, listening);
    }

    /// Each read ends within a message: the time for a message begins anew with every one that is whole.
    #[tokio::test]
    async fn a_busy_flow_that_is_never_between_messages_is_kept_and_one_that_dribbles_is_not() {
        let limits = Limits {
            message: Duration::from_millis(200),
            ..Limits::default()
        };
        let mut sockets = limited(limits);
        let tcp = sockets.tcp_local().expect("TCP is on");
        let mut stream = TcpStream::connect(tcp).await.expect("accepted");
        let (head, tail) = OPTIONS.split_at(9);
        stream.write_all(head).await.expect("written");
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < 3 * limits.message {
            stream
                .write_all(&[tail, head].concat())
                .await
                .expect("written");
            assert_eq!(arrival(&mut sockets, stranger).await.1, None);
            tokio::time::sleep(limits.message / 4).await;
        }
        let dribbling = async {
            for byte in tail {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(limits.message / 10).await;
            }
        };
        let (end, ()) = tokio::join!(arrival(&mut sockets, stranger), dribbling);
        assert_eq!(end.1, Some(false), "closed before its end");
        let slow = sockets.ends().find(|(why, _)| *why == Why::Slow);
        assert_eq!(slow, Some((Why::Slow, 1)));
    }
}
