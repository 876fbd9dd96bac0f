//! A message as it is kept: in the journal, one record each, and on the way to it.
//!
//! ```text
//! version u8 = 1 | flags u8 | call 16 | leg u16 | mono us u64 | wall us i64 | left out u32 | whole u32
//! local: address 4 or 16, port u16 | remote: the same | the bytes, without secrets
//! ```
//! Little-endian. Flags: 1 sent by us, 2 belongs to a call, 4 IPv6, the upper four bits the transport. A reader that
//! does not know the version passes the record over.
use std::net::{IpAddr, SocketAddr};

use gudok_model::{CallId, LegId, Mono, Now, Wall};
use gudok_sip::endpoint::Flow;
use uuid::Uuid;

/// Most bytes that are kept of one message; the rest is cut off, its length is told. An INVITE has one to three
/// thousand.
pub const MESSAGE_BYTES_MAX: usize = 16 << 10;

const VERSION: u8 = 1;
const SENT: u8 = 1;
const OF_CALL: u8 = 2;
const IPV6: u8 = 4;
const TRANSPORTS: [&str; 6] = ["UDP", "TCP", "TLS", "WS", "WSS", "?"];

/// A message that passes, without secrets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen<'a> {
    /// When.
    pub now: Now,
    /// Whose. None: a trunk's INVITE that became no call.
    pub leg: Option<LegId>,
    /// We said it.
    pub sent: bool,
    /// As in Via.
    pub transport: &'static str,
    /// Our side.
    pub local: SocketAddr,
    /// Theirs.
    pub remote: SocketAddr,
    /// How many messages of the call before this one were not kept.
    pub left_out: u32,
    /// Its length as it was on the wire.
    pub whole: u32,
    /// At most [`MESSAGE_BYTES_MAX`].
    pub bytes: &'a [u8],
}

/// The same, owned: read back, or waiting.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "as in Seen")]
pub struct Kept {
    pub now: Now,
    pub leg: Option<LegId>,
    pub sent: bool,
    pub transport: &'static str,
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub left_out: u32,
    pub whole: u32,
    pub bytes: Box<[u8]>,
}

impl<'a> Seen<'a> {
    /// A message on this flow; cut if it is longer than what is kept.
    pub fn new(now: Now, sent: bool, flow: &Flow, bytes: &'a [u8]) -> Self {
        Self {
            now,
            leg: None,
            sent,
            transport: flow.transport.name(),
            local: flow.local,
            remote: flow.remote,
            left_out: 0,
            whole: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            bytes: &bytes[..bytes.len().min(MESSAGE_BYTES_MAX)],
        }
    }

    /// Appends the record.
    pub fn write(&self, out: &mut Vec<u8>) {
        let ipv6 = self.local.is_ipv6() || self.remote.is_ipv6();
        let transport = TRANSPORTS.iter().position(|name| *name == self.transport);
        let transport = u8::try_from(transport.unwrap_or(TRANSPORTS.len() - 1)).unwrap_or(0);
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let flags = flag(self.sent, SENT) | flag(self.leg.is_some(), OF_CALL) | flag(ipv6, IPV6);
        out.extend_from_slice(&[VERSION, flags | (transport << 4)]);
        let none = LegId::caller(CallId(Uuid::nil()));
        let leg = self.leg.unwrap_or(none);
        out.extend_from_slice(leg.call.0.as_bytes());
        out.extend_from_slice(&leg.index.to_le_bytes());
        out.extend_from_slice(&self.now.mono.0.to_le_bytes());
        out.extend_from_slice(&self.now.wall.0.to_le_bytes());
        out.extend_from_slice(&self.left_out.to_le_bytes());
        out.extend_from_slice(&self.whole.to_le_bytes());
        for side in [self.local, self.remote] {
            match side.ip() {
                IpAddr::V4(ip) if !ipv6 => out.extend_from_slice(&ip.octets()),
                IpAddr::V4(ip) => out.extend_from_slice(&ip.to_ipv6_mapped().octets()),
                IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
            }
            out.extend_from_slice(&side.port().to_le_bytes());
        }
        out.extend_from_slice(self.bytes);
    }

    /// Reads a record; None where it is none, or of another version.
    pub fn read(record: &'a [u8]) -> Option<Self> {
        let mut rest = Rest(record);
        let [version, flags] = rest.take()?;
        if version != VERSION {
            return None;
        }
        let call = CallId(Uuid::from_bytes(rest.take()?));
        let index = u16::from_le_bytes(rest.take()?);
        let leg = (flags & OF_CALL != 0).then_some(LegId { call, index });
        let mono = Mono(u64::from_le_bytes(rest.take()?));
        let wall = Wall(i64::from_le_bytes(rest.take()?));
        let left_out = u32::from_le_bytes(rest.take()?);
        let whole = u32::from_le_bytes(rest.take()?);
        let (local, remote) = (rest.address(flags)?, rest.address(flags)?);
        let transport = TRANSPORTS.get(usize::from(flags >> 4)).unwrap_or(&"?");
        Some(Self {
            now: Now { mono, wall },
            leg,
            sent: flags & SENT != 0,
            transport,
            local,
            remote,
            left_out,
            whole,
            bytes: rest.0,
        })
    }

    /// A copy that lasts.
    pub fn kept(&self) -> Kept {
        Kept {
            now: self.now,
            leg: self.leg,
            sent: self.sent,
            transport: self.transport,
            local: self.local,
            remote: self.remote,
            left_out: self.left_out,
            whole: self.whole,
            bytes: self.bytes.into(),
        }
    }
}

impl Kept {
    /// The message as it passes.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            now: self.now,
            leg: self.leg,
            sent: self.sent,
            transport: self.transport,
            local: self.local,
            remote: self.remote,
            left_out: self.left_out,
            whole: self.whole,
            bytes: &self.bytes,
        }
    }
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn address(&mut self, flags: u8) -> Option<SocketAddr> {
        let ip = if flags & IPV6 == 0 {
            IpAddr::from(self.take::<4>()?)
        } else {
            IpAddr::from(self.take::<16>()?)
        };
        Some(SocketAddr::new(ip, u16::from_le_bytes(self.take()?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(ipv6: bool, leg: Option<LegId>, bytes: &[u8]) -> Seen<'_> {
        let side = |v4: &str, v6: &str| if ipv6 { v6 } else { v4 }.parse().unwrap();
        Seen {
            now: Now {
                mono: Mono(7),
                wall: Wall(-8),
            },
            leg,
            sent: !ipv6,
            transport: if ipv6 { "TLS" } else { "UDP" },
            local: side("127.0.0.1:5060", "[::1]:5060"),
            remote: side("192.0.2.1:5061", "[2001:db8::1]:5061"),
            left_out: 9,
            whole: 10,
            bytes,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_anything_is_taken(
            ipv6 in any::<bool>(), call in any::<Option<u128>>(), index in any::<u16>(), bytes in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let leg = call.map(|id| LegId { call: CallId(Uuid::from_u128(id)), index });
            let seen = message(ipv6, leg, &bytes);
            let mut record = Vec::new();
            seen.write(&mut record);
            prop_assert_eq!(Seen::read(&record), Some(seen));
            let kept = seen.kept();
            prop_assert_eq!(kept.seen(), seen);
            for cut in 0..record.len() - bytes.len() {
                prop_assert_eq!(Seen::read(&record[..cut]), None);
            }
            record[0] += 1;
            prop_assert_eq!(Seen::read(&record), None);
            let _ = Seen::read(&bytes);
        }
    }
}
