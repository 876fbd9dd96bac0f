//! SIP over UDP, TCP, TLS and WebSocket: bytes and flows for the SIP machine, nothing parsed beyond the frame.
mod batch;
mod bundle;
mod certificates;
mod ends;
mod places;
mod queue;
mod rate;
mod segments;
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
pub use bundle::{BUNDLE_MAX, Bundle};
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

/// Most ports the system is asked for, until one is free for both UDP and TCP.
const PORTS_TRIED: u32 = 16;

impl SipSockets {
    /// Opens the UDP sockets and the TCP listeners, at most one for each family: one address `[::]` takes both families,
    /// where IPv4 has none of its own. Further transports are added by the methods below. Call within a tokio runtime.
    ///
    /// A port that the system chose for UDP may be somebody's of TCP: another one is tried then, `PORTS_TRIED` at most.
    ///
    /// # Errors
    /// When an address cannot be bound, or none is given for UDP.
    pub fn open(
        provider: &mut Provider,
        udp: &[SocketAddr],
        tcp: &[SocketAddr],
        limits: Limits,
    ) -> io::Result<Self> {
        let is_chosen = udp.iter().any(|at| at.port() == 0);
        let mut left = if is_chosen { PORTS_TRIED } else { 1 };
        loop {
            left -= 1;
            match Self::open_once(provider, udp, tcp, limits) {
                Err(error) if left > 0 && error.kind() == io::ErrorKind::AddrInUse => {}
                opened => return opened,
            }
        }
    }

    fn open_once(
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
        for turn in first..first + TRANSPORTS {
            // Who was served is the last of the next round.
            self.turn = (turn + 1) % TRANSPORTS;
            if let Some(place) = (turn % TRANSPORTS).checked_sub(1) {
                let flows = self.flows[place].as_mut();
                if let Some(event) = flows.and_then(|flows| flows.next(&judge)) {
                    return Some(self.told(event));
                }
            } else if let Some((local, remote, length)) = self.udp.receive() {
                let flow = Flow {
                    transport: Transport::Udp,
                    local,
                    remote,
                    connection: 0,
                };
                let bytes = self.udp.bytes(length);
                return Some(Arrival::Message { flow, bytes });
            }
        }
        None
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
    /// The same for each answer of the bundle, which is empty then; over UDP nothing is copied.
    pub fn send_all(&mut self, bundle: &mut Bundle) {
        bundle.empty(|flow, run| match flow.transport {
            Transport::Udp if self.udp.send_run(flow.remote, run) => {}
            Transport::Udp => run.iter().for_each(|_| self.cannot_send(flow)),
            _ => run.iter().for_each(|bytes| self.send(flow, bytes.to_vec())),
        });
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

#[cfg(test)]
mod tests;
