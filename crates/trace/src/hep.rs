//! HEPv3: a message wrapped for a HOMER collector, one datagram each.
//!
//! Source: HEP/EEP protocol, revision 3 ("HEP3 Network Protocol Specification" of the HOMER project): `HEP3`, the whole
//! length u16, then chunks of vendor u16, type u16, length u16 with these six bytes, value; all big-endian.
use std::net::IpAddr;

use crate::message::{MESSAGE_BYTES_MAX, Seen};

const FAMILY: u16 = 1;
const PROTOCOL: u16 = 2;
const SOURCE_V4: u16 = 3;
const TARGET_V4: u16 = 4;
const SOURCE_V6: u16 = 5;
const TARGET_V6: u16 = 6;
const SOURCE_PORT: u16 = 7;
const TARGET_PORT: u16 = 8;
const SECONDS: u16 = 9;
const MICROS: u16 = 10;
const KIND: u16 = 11;
const AGENT: u16 = 12;
const KEY: u16 = 14;
const PAYLOAD: u16 = 15;
const CORRELATION: u16 = 17;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const SIP: u8 = 1;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// Most bytes of the key and of the correlation.
const TEXT_MAX: usize = 256;

// What is longer than a datagram would not arrive.
const _: () = assert!(MESSAGE_BYTES_MAX + 2 * TEXT_MAX + 200 < 65_507);

/// The datagram. `agent`: our number at the collector; `key`: its password, where it wants one; `correlation`: what the
/// messages of one call have in common.
pub fn wrap(seen: &Seen<'_>, agent: u32, key: Option<&str>, correlation: &str) -> Vec<u8> {
    let (from, to) = if seen.sent {
        (seen.local, seen.remote)
    } else {
        (seen.remote, seen.local)
    };
    let mut out = Vec::with_capacity(seen.bytes.len() + 160 + correlation.len());
    out.extend_from_slice(b"HEP3\0\0");
    let (source, target) = (from.ip().to_canonical(), to.ip().to_canonical());
    let protocol = if seen.transport == "UDP" { UDP } else { TCP };
    match (source, target) {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            chunk(&mut out, FAMILY, &[AF_INET]);
            chunk(&mut out, PROTOCOL, &[protocol]);
            chunk(&mut out, SOURCE_V4, &source.octets());
            chunk(&mut out, TARGET_V4, &target.octets());
        }
        (source, target) => {
            let wide = |ip| match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            };
            chunk(&mut out, FAMILY, &[AF_INET6]);
            chunk(&mut out, PROTOCOL, &[protocol]);
            chunk(&mut out, SOURCE_V6, &wide(source).octets());
            chunk(&mut out, TARGET_V6, &wide(target).octets());
        }
    }
    chunk(&mut out, SOURCE_PORT, &from.port().to_be_bytes());
    chunk(&mut out, TARGET_PORT, &to.port().to_be_bytes());
    let wall = seen.now.wall.0;
    let whole = |part: i64| u32::try_from(part).unwrap_or_default().to_be_bytes();
    chunk(&mut out, SECONDS, &whole(wall.div_euclid(1_000_000)));
    chunk(&mut out, MICROS, &whole(wall.rem_euclid(1_000_000)));
    chunk(&mut out, KIND, &[SIP]);
    chunk(&mut out, AGENT, &agent.to_be_bytes());
    if let Some(key) = key {
        chunk(&mut out, KEY, bounded(key));
    }
    chunk(&mut out, CORRELATION, bounded(correlation));
    chunk(&mut out, PAYLOAD, seen.bytes);
    let length = u16::try_from(out.len()).unwrap_or(u16::MAX);
    out[4..6].copy_from_slice(&length.to_be_bytes());
    out
}

fn bounded(text: &str) -> &[u8] {
    &text.as_bytes()[..text.len().min(TEXT_MAX)]
}

fn chunk(out: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(6 + value.len()).unwrap_or(u16::MAX);
    // Vendor 0: the chunks of the specification.
    for word in [0, kind, length] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use gudok_model::{Mono, Now, Wall};

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn seen(v6: bool, sent: bool, transport: &'static str) -> Seen<'static> {
        let side = |v4: &str, v6_text: &str| if v6 { v6_text } else { v4 }.parse().unwrap();
        Seen {
            now: Now {
                mono: Mono(0),
                wall: Wall(1_700_000_000_000_001),
            },
            leg: None,
            sent,
            transport,
            local: side("127.0.0.1:5060", "[::1]:5060"),
            remote: side("192.0.2.1:5070", "[2001:db8::1]:5070"),
            left_out: 0,
            whole: 3,
            bytes: b"BYE",
        }
    }

    #[test]
    fn a_received_message_is_wrapped_byte_by_byte() {
        let expected = concat!(
            "484550330075",         // HEP3, 117 bytes
            "00000001000702",       // IPv4
            "00000002000711",       // UDP
            "00000003000ac0000201", // from the peer
            "00000004000a7f000001", // to us
            "00000007000813ce",     // its port
            "00000008000813c4",     // ours
            "00000009000a6553f100", // seconds
            "0000000a000a00000001", // microseconds
            "0000000b000701",       // SIP
            "0000000c000a000007d1", // agent 2001
            "0000000e00086b31",     // the key
            "0000001100076a",       // the call
            "0000000f0009425945",   // the message
        );
        assert_eq!(
            hex(&wrap(&seen(false, false, "UDP"), 2001, Some("k1"), "j")),
            expected
        );
    }

    #[test]
    fn what_we_sent_over_tls_and_ipv6_goes_from_us_over_tcp() {
        let wrapped = hex(&wrap(&seen(true, true, "TLS"), 1, None, "call"));
        assert!(
            wrapped.contains("0000000100070a00000002000706"),
            "{wrapped}"
        );
        let from_us = "000000050016000000000000000000000000000000010000000600162001";
        assert!(wrapped.contains(from_us), "{wrapped}");
        assert!(
            wrapped.contains("00000007000813c400000008000813ce"),
            "{wrapped}"
        );
        assert!(!wrapped.contains("0000000e"), "no key: {wrapped}");
        assert_eq!(
            usize::from_str_radix(&wrapped[8..12], 16).unwrap() * 2,
            wrapped.len()
        );
    }

    #[test]
    fn the_longest_message_fits_a_datagram() {
        let bytes = vec![b'x'; MESSAGE_BYTES_MAX];
        let mut long = seen(false, true, "UDP");
        long.bytes = &bytes;
        let text = "k".repeat(100_000);
        assert!(wrap(&long, 1, Some(&text), &text).len() < 65_507);
    }
}
