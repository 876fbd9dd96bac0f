//! How messages travel: transports, and the flows between two addresses.
use std::net::SocketAddr;

/// How messages travel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Transport {
    /// RFC 3261 §18, timers A, E, G run.
    Udp,
    /// A reliable flow; answers go back on it (RFC 5626 §5.3).
    Tcp,
    /// The same, and nobody on the way reads it (RFC 3261 §26.3.1).
    Tls,
    /// A WebSocket of a browser: its Contact is no address, the flow is the only way to it (RFC 7118).
    Ws,
    /// The same, and nobody on the way reads it.
    Wss,
}

impl Transport {
    /// Whether a flow delivers by itself, and has a life of its own.
    pub fn is_reliable(self) -> bool {
        self != Self::Udp
    }

    /// Whether browsers speak so, and proxies on their behalf: the address says nothing of who it is.
    pub fn is_of_browsers(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// As in Via (RFC 3261 §20.42).
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// As in the `transport` parameter of a URI; `ws` is for both kinds of WebSocket (RFC 7118 §5.3).
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws | Self::Wss => "ws",
        }
    }

    /// Whether a `transport` parameter of a URI means this one; without one it is UDP (RFC 3263 §4.1).
    pub fn is_named(self, parameter: Option<&str>) -> bool {
        parameter.map_or(self == Self::Udp, |name| {
            name.eq_ignore_ascii_case(self.parameter())
        })
    }
}

/// Where a message came from, or where it is to go. On all but UDP `connection` names the flow; 0 means
/// "open one to `remote`".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// Our side.
    pub local: SocketAddr,
    /// Their side.
    pub remote: SocketAddr,
    /// The driver's number of the connection, different over all transports; 0 on UDP.
    pub connection: u64,
}
