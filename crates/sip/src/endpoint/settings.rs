//! What the machine is told before the first byte: its addresses, and who may speak to it.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Transport;

/// Who may speak to us. Everything else is refused by policy and counted.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Trunks by source address (network, prefix length).
    pub trunks: Vec<TrunkSource>,
    /// The Contacts of our registrations at carriers.
    pub lines: Vec<Line>,
    /// What unknown sources get for INVITE, OPTIONS and the rest (REGISTER is challenged).
    pub unknown: UnknownSource,
}

/// The Contact of a registration of ours, by which the calls of its trunk are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Its `line` parameter: nobody can guess it, but everybody on the way can read it. A request whose Request-URI has it
    /// is of this trunk where it comes from a source of this trunk, even if the source is of others too.
    pub token: String,
    /// Its user, which tells the trunks of one source apart where the token is lost on the way.
    pub user: String,
    /// The token is believed whatever the source: whoever has read it once may call as this trunk.
    pub from_anywhere: bool,
    /// Whose.
    pub trunk: Arc<str>,
}

/// One source network of a trunk.
#[derive(Clone, Debug)]
pub struct TrunkSource {
    /// The trunk's name.
    pub trunk: Arc<str>,
    /// Address and prefix length; IPv4-mapped IPv6 is compared as IPv4.
    pub network: (std::net::IpAddr, u8),
}

impl TrunkSource {
    /// One address of a trunk.
    pub fn host(trunk: &Arc<str>, address: std::net::IpAddr) -> Self {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        Self {
            trunk: Arc::clone(trunk),
            network: (address, prefix),
        }
    }

    /// Whether an address lies in the network.
    pub fn holds(&self, source: std::net::IpAddr) -> bool {
        use std::net::IpAddr::{V4, V6};
        let (network, length) = self.network;
        // A mask of no bits would shift by the whole width.
        match (network.to_canonical(), source.to_canonical()) {
            (V4(a), V4(b)) => {
                let shift = 32 - u32::from(length.min(32));
                (u64::from(a.to_bits()) >> shift) == (u64::from(b.to_bits()) >> shift)
            }
            (V6(a), V6(b)) => {
                let shift = 128 - u32::from(length.min(128));
                let bits = |ip: std::net::Ipv6Addr| ip.to_bits().checked_shr(shift).unwrap_or(0);
                bits(a) == bits(b)
            }
            _ => false,
        }
    }
}

/// Who an address is, as far as it can be told before a byte is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// In a network of a trunk.
    Trunk,
    /// A registered phone speaks from there.
    Phone,
    /// Anybody else; a phone that has yet to register too.
    Stranger,
}

/// What an unknown source gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum UnknownSource {
    /// Nothing: a scanner learns nothing.
    #[default]
    Drop,
    /// 403.
    Forbid,
}

/// What the machine needs to know before the first byte.
#[derive(Clone, Debug)]
pub struct Config {
    /// Put into Contact and Via: the address peers reach us at, per transport (`host:port`).
    pub contact_udp: String,
    /// The same for TCP; None where TCP is off.
    pub contact_tcp: Option<String>,
    /// The same for TLS.
    pub contact_tls: Option<String>,
    /// Further addresses of ours: of WebSockets, and of the other family where we listen on two. Peers are told the one of
    /// the family they speak in, where there is one.
    pub contacts: Vec<(Transport, SocketAddr)>,
    /// Whether ringing and early media are acknowledged (RFC 3262) with who offers or asks for it. Off: never offered,
    /// `Require: 100rel` gets 420; for peers in between that pass the offer on and lose the acknowledgement.
    pub prack: bool,
    /// Digest realm.
    pub realm: String,
    /// `Server` and `User-Agent`.
    pub agent: String,
    /// Who may speak to us.
    pub policy: Policy,
    /// How long a nonce is good. 30 s – 1 h.
    pub nonce_life: Duration,
    /// Registrations: the shortest and the longest expiry given. Seconds.
    pub expires_secs: (u32, u32),
    /// Most sessions at one time; beyond it 503 with Retry-After.
    pub sessions_max: usize,
    /// T1, RFC 3261 §17.1.1.1; 500 ms unless a test says otherwise.
    pub t1: Duration,
}
