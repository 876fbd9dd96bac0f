//! A request as it arrived: which transaction it is of, where its answers go, what they repeat.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::{Flow, Transport};
use crate::address::Via;
use crate::dialog::tagged;
use crate::entropy::{Entropy, read_hex};
use crate::message::{Headers, Method, Request};
use crate::session_id::SessionId;
use crate::uri::Host;

/// The magic cookie of RFC 3261 §8.1.1.7.
pub(super) const COOKIE: &str = "z9hG4bK";

/// A request with what is known of it before anybody looks into it.
#[derive(Debug)]
pub(super) struct Arrived {
    /// Where it came from.
    pub(super) flow: Flow,
    /// Where its answers go (RFC 3261 §18.2.2, RFC 3581 §4).
    pub(super) back: Flow,
    /// The trunk of its source address.
    pub(super) trunk: Option<Arc<str>>,
    /// Its server transaction; that of the INVITE for ACK and CANCEL (RFC 3261 §17.2.3).
    pub(super) key: u128,
    /// Number of CSeq.
    pub(super) cseq: u32,
    /// Where its final answer goes when its connection is gone: the sender's port, at the address it came from
    /// (RFC 3261 §18.2.2). Of trunks alone: nobody else shall make us connect.
    pub(super) anew: Option<Flow>,
    /// The topmost Via with `received` and `rport`.
    via: String,
    pub(super) request: Request,
}

impl Arrived {
    /// None where Via or CSeq is unreadable, which the parser has excluded.
    pub(super) fn new(
        entropy: &Entropy,
        request: Request,
        flow: Flow,
        trunk: Option<Arc<str>>,
    ) -> Option<Self> {
        let mut via = request.headers.via()?;
        let cseq = request.headers.cseq()?.number;
        let named = Named {
            branch: via.branch().unwrap_or(""),
            host: &via.host,
            port: via.port,
            method: request.method.as_str(),
            call_id: request.headers.call_id().unwrap_or(""),
            from_tag: request.headers.from_tag().unwrap_or(""),
            cseq,
        };
        let key = named.key(entropy);
        let back = way_back(flow, via.port, trunk.is_none() || via.rport().is_some());
        let anew = trunk.as_ref().and_then(|_| way_anew(flow, &via));
        via.stamp(flow.remote);
        Some(Self {
            flow,
            back,
            trunk,
            key,
            cseq,
            anew,
            via: via.to_string(),
            request,
        })
    }

    /// The headers a response repeats (RFC 3261 §8.2.6.2), with our tag in To where it has none yet.
    pub(super) fn echo(&self, tag: Option<u128>) -> Headers {
        let headers = &self.request.headers;
        let mut echo = Headers::new();
        echo.push("Via", self.via.clone());
        for via in headers.list("Via").skip(1) {
            echo.push("Via", via);
        }
        echo.push("From", headers.get("From").unwrap_or(""));
        let to = headers.get("To").unwrap_or("");
        match tag.filter(|_| headers.to_tag().is_none()) {
            Some(tag) => echo.push("To", tagged(to, tag)),
            None => echo.push("To", to),
        }
        echo.push("Call-ID", headers.get("Call-ID").unwrap_or(""));
        echo.push("CSeq", headers.get("CSeq").unwrap_or(""));
        let tag = self.dialog_tag().or(tag);
        if let Some(id) = SessionId::in_answer(&self.request, tag) {
            echo.push("Session-ID", id.to_string());
        }
        echo
    }

    /// Our own tag in To: the dialog the request means.
    pub(super) fn dialog_tag(&self) -> Option<u128> {
        self.request.headers.to_tag().and_then(read_hex)
    }

    /// The row of a request in the index of merged requests (RFC 3261 §8.2.2.2).
    pub(super) fn merged_key(&self, entropy: &Entropy) -> u128 {
        let headers = &self.request.headers;
        entropy.fingerprint(&[
            b"merged",
            headers.call_id().unwrap_or("").as_bytes(),
            headers.from_tag().unwrap_or("").as_bytes(),
            &self.cseq.to_be_bytes(),
        ])
    }

    /// See [`stateless_tag`].
    pub(super) fn stateless_tag(&self, entropy: &Entropy) -> u128 {
        stateless_tag(entropy, self.key)
    }
}

/// What names a server transaction (RFC 3261 §17.2.3). The last three count for branches without the cookie: RFC 2543
/// peers are told apart by them.
pub(super) struct Named<'a> {
    /// Of the topmost Via.
    pub(super) branch: &'a str,
    /// Of its sent-by.
    pub(super) host: &'a Host,
    pub(super) port: Option<u16>,
    /// Of the request.
    pub(super) method: &'a str,
    pub(super) call_id: &'a str,
    pub(super) from_tag: &'a str,
    pub(super) cseq: u32,
}

impl Named<'_> {
    /// Its fingerprint; ACK and CANCEL have that of their INVITE.
    pub(super) fn key(&self, entropy: &Entropy) -> u128 {
        let method = match self.method {
            "ACK" | "CANCEL" => Method::Invite.as_str(),
            other => other,
        };
        let (branch, port) = (self.branch.as_bytes(), self.port.unwrap_or(0).to_be_bytes());
        let octets;
        let host = match self.host {
            Host::Name(name) => name.as_bytes(),
            Host::Ip(ip) => {
                octets = octets_of(*ip);
                octets.as_slice()
            }
        };
        if is_unique(self.branch) {
            return entropy.fingerprint_short(&[branch, host, &port, method.as_bytes()]);
        }
        entropy.fingerprint(&[
            b"2543",
            branch,
            host,
            &port,
            method.as_bytes(),
            self.call_id.as_bytes(),
            self.from_tag.as_bytes(),
            &self.cseq.to_be_bytes(),
        ])
    }
}

/// Whether the branch alone tells the transactions of a host apart (RFC 3261 §17.2.3).
pub(super) fn is_unique(branch: &str) -> bool {
    branch.len() > COOKIE.len() && branch.starts_with(COOKIE)
}

/// An address without formatting it.
struct Octets([u8; 17], usize);

impl Octets {
    fn as_slice(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// The first byte is of no name.
fn octets_of(ip: IpAddr) -> Octets {
    let mut bytes = [0; 17];
    let length = match ip {
        IpAddr::V4(ip) => {
            bytes[0] = 4;
            bytes[1..5].copy_from_slice(&ip.octets());
            5
        }
        IpAddr::V6(ip) => {
            bytes[0] = 6;
            bytes[1..].copy_from_slice(&ip.octets());
            17
        }
    };
    Octets(bytes, length)
}

/// A tag for an answer that leaves no trace: the same for each repetition of its request (RFC 3261 §8.2.7).
pub(super) fn stateless_tag(entropy: &Entropy, key: u128) -> u128 {
    entropy.fingerprint(&[b"tag", &key.to_be_bytes()])
}

/// A new connection to the sender of a request.
fn way_anew(flow: Flow, via: &Via) -> Option<Flow> {
    let port = match flow.transport {
        Transport::Tcp => 5060,
        Transport::Tls => 5061,
        Transport::Udp | Transport::Ws | Transport::Wss => return None,
    };
    let remote = SocketAddr::new(flow.remote.ip(), via.port.unwrap_or(port));
    let connection = 0;
    Some(Flow {
        remote,
        connection,
        ..flow
    })
}

/// Phones get their answers where they speak from even if they forgot `rport`: they are behind a NAT. `symmetric`: so does
/// this sender, or has asked for it. `port`: of sent-by.
pub(super) fn way_back(flow: Flow, port: Option<u16>, symmetric: bool) -> Flow {
    if flow.transport.is_reliable() || symmetric {
        return flow;
    }
    let remote = SocketAddr::new(flow.remote.ip(), port.unwrap_or(5060));
    Flow { remote, ..flow }
}
