//! SIP over UDP and TCP: bytes and flows for the SIP machine, nothing parsed beyond the frame.
mod tcp;

use std::io;
use std::net::SocketAddr;

use gudok_sip::endpoint::{Flow, Transport};
use tokio::net::UdpSocket;

use crate::provider::Provider;
pub use tcp::Limits;
use tcp::Tcp;

/// Largest datagram UDP can carry.
const DATAGRAM_MAX: usize = 65_535;

/// What came from the network.
#[derive(Debug)]
pub enum Arrival<'a> {
    /// One datagram, or one framed message of a TCP flow.
    Message {
        /// From where.
        flow: Flow,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A TCP flow is gone, or could not be opened (then `connection` is 0).
    Closed {
        /// Which.
        flow: Flow,
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
    scratch: Box<[u8]>,
    frame: Vec<u8>,
    /// Whose turn it is: neither a flood over TCP nor one over UDP keeps the other out.
    udp_first: bool,
}

impl SipSockets {
    /// Opens the UDP socket and, where given, the TCP listener. Call within a tokio runtime.
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
        let udp_local = udp.local_addr()?;
        let tcp = match tcp {
            // Port 0 means "the same number as UDP", so that one address serves both.
            Some(address) if address.port() == 0 => {
                let same = SocketAddr::new(address.ip(), udp_local.port());
                Some(Tcp::listen(provider.tcp("sip-tcp", same)?, limits)?)
            }
            Some(address) => Some(Tcp::listen(provider.tcp("sip-tcp", address)?, limits)?),
            None => None,
        };
        Ok(Self {
            udp,
            udp_local,
            tcp,
            scratch: vec![0; DATAGRAM_MAX].into(),
            frame: Vec::new(),
            udp_first: false,
        })
    }

    /// Our UDP address.
    pub fn udp_local(&self) -> SocketAddr {
        self.udp_local
    }

    /// Our TCP address, where TCP is on.
    pub fn tcp_local(&self) -> Option<SocketAddr> {
        self.tcp.as_ref().map(Tcp::local)
    }

    /// Waits until [`SipSockets::take`] has something. Safe to cancel.
    pub async fn readable(&mut self) {
        match &mut self.tcp {
            Some(tcp) => tokio::select! {
                // An error here is an error of the next receive, which reports it.
                _ = self.udp.readable() => {}
                () = tcp.readable() => {}
            },
            None => {
                let _ = self.udp.readable().await;
            }
        }
    }

    /// The next arrival, if one is there; TCP and UDP take turns.
    pub fn take(&mut self) -> Option<Arrival<'_>> {
        self.udp_first = !self.udp_first;
        let mut datagram = if self.udp_first { self.receive() } else { None };
        if datagram.is_none() {
            if let Some(event) = self.tcp.as_mut().and_then(Tcp::next) {
                return Some(self.told(event));
            }
            if !self.udp_first {
                datagram = self.receive();
            }
        }
        let (length, remote) = datagram?;
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
            tcp::Event::Closed(flow) => Arrival::Closed { flow },
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

    /// Sends. A full UDP buffer loses the datagram, as the network would; a full TCP flow is closed.
    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        match (flow.transport, &mut self.tcp) {
            (Transport::Udp, _) => {
                if let Err(error) = self.udp.try_send_to(&bytes, flow.remote) {
                    tracing::debug!(%error, "datagram not sent");
                }
            }
            (Transport::Tcp, Some(tcp)) => tcp.send(flow, bytes),
            (Transport::Tcp, None) => tracing::debug!("no TCP: message not sent"),
        }
    }
}
