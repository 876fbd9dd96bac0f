//! Names of carriers to addresses (RFC 3263 §4), asked in the background and kept: no call ever waits for the DNS.
//!
//! [`Resolver`] asks once: NAPTR, then SRV, then A and AAAA. [`keep`] asks again when the answer is no good any more, and
//! stays with the last one, of an earlier run too, for a day, while the DNS gives none; of an answer of which only a part fails with that part.
#![forbid(unsafe_code)]

mod keep;
mod resolve;

use std::net::SocketAddr;

use gudok_sip::endpoint::Transport;
use gudok_sip::trunk::Rank;

pub use keep::{Known, REFRESH, RETRY, STALE_MAX, keep};
pub use resolve::{Able, FOUND_MAX, LOOKUP_TIME, ResolveError, Resolver};

/// What is asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Question {
    /// The name, without the last dot.
    pub name: String,
    /// A port that is written beside it: no SRV is looked for (RFC 3263 §4.2).
    pub port: Option<u16>,
    /// A transport that is wanted: no NAPTR is looked for (RFC 3263 §4.1).
    pub transport: Option<Transport>,
    /// All addresses the name has, for whatever: of whoever may send to us.
    pub any_service: bool,
}

/// One address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// How to speak to it.
    pub transport: Transport,
    /// Where.
    pub address: SocketAddr,
    /// Its place in the order.
    pub rank: Rank,
}

/// The port where no other one is written (RFC 3263 §4.2).
pub fn usual_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => 5061,
        _ => 5060,
    }
}
