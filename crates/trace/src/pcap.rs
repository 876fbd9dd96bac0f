//! Messages as a capture that sngrep, Wireshark and `gudok trunk learn` read: a classic libpcap file of bare IP packets
//! with headers made up around what was said, at the true times, between the true addresses.
//!
//! What went over UDP is UDP, what went over TCP is TCP without a handshake. What went over TLS or WebSocket is written
//! as UDP: there it was behind encryption or framing that no longer exists, and at their ports a reader would look for it.
//!
//! Source: draft-ietf-opsawg-pcap; RFC 791, 8200, 768, 9293, 1071 (checksums).
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::message::Seen;

/// `LINKTYPE_RAW`: a packet begins with its IP header.
const RAW_IP: u32 = 101;
/// Longest packet of the file.
const SNAP: u32 = 65_535;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// The whole file.
pub fn capture<'a>(messages: impl IntoIterator<Item = Seen<'a>>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xA1B2_C3D4, 0x0004_0002, 0, 0, SNAP, RAW_IP] {
        file.extend_from_slice(&u32::to_le_bytes(word));
    }
    // Where each direction of a TCP connection stands.
    let mut streams: BTreeMap<(SocketAddr, SocketAddr), u32> = BTreeMap::new();
    for (number, seen) in messages.into_iter().enumerate() {
        let (from, to) = if seen.sent {
            (seen.local, seen.remote)
        } else {
            (seen.remote, seen.local)
        };
        let (from, to) = same_family(from, to);
        let lost = (seen.whole as usize).saturating_sub(seen.bytes.len());
        let packet = if seen.transport == "TCP" {
            let heard = *streams.entry((to, from)).or_insert(1);
            let said = streams.entry((from, to)).or_insert(1);
            let segment = tcp(from, to, (*said, heard), seen.bytes);
            *said = said.wrapping_add(seen.whole);
            ip(from.ip(), to.ip(), TCP, segment, lost, number)
        } else {
            ip(
                from.ip(),
                to.ip(),
                UDP,
                udp(from, to, seen.bytes, lost),
                lost,
                number,
            )
        };
        record(&mut file, &seen, &packet, lost);
    }
    file
}

fn record(file: &mut Vec<u8>, seen: &Seen<'_>, packet: &[u8], lost: usize) {
    let wall = seen.now.wall.0;
    let kept = packet.len().min(SNAP as usize);
    let words = [
        wall.div_euclid(1_000_000) as u64,
        wall.rem_euclid(1_000_000) as u64,
        kept as u64,
        (packet.len() + lost) as u64,
    ];
    for word in words {
        let word = u32::try_from(word).unwrap_or(u32::MAX);
        file.extend_from_slice(&word.to_le_bytes());
    }
    file.extend_from_slice(&packet[..kept]);
}

/// Both IPv4, where both can be.
fn same_family(a: SocketAddr, b: SocketAddr) -> (SocketAddr, SocketAddr) {
    let plain = |side: SocketAddr| SocketAddr::new(side.ip().to_canonical(), side.port());
    let (a, b) = (plain(a), plain(b));
    if a.is_ipv4() == b.is_ipv4() {
        return (a, b);
    }
    (
        SocketAddr::new(wide(a.ip()).into(), a.port()),
        SocketAddr::new(wide(b.ip()).into(), b.port()),
    )
}

fn wide(ip: IpAddr) -> Ipv6Addr {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    }
}

fn ip(
    from: IpAddr,
    to: IpAddr,
    protocol: u8,
    payload: Vec<u8>,
    lost: usize,
    number: usize,
) -> Vec<u8> {
    let mut packet = Vec::with_capacity(40 + payload.len());
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            packet.extend_from_slice(&[0x45, 0]);
            packet.extend_from_slice(&bounded(20 + payload.len() + lost).to_be_bytes());
            packet.extend_from_slice(&((number & 0xFFFF) as u16).to_be_bytes());
            // Don't fragment; 64 hops.
            packet.extend_from_slice(&[0x40, 0, 64, protocol, 0, 0]);
            packet.extend_from_slice(&from.octets());
            packet.extend_from_slice(&to.octets());
            let sum = checksum(&[&packet]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        (from, to) => {
            packet.extend_from_slice(&[0x60, 0, 0, 0]);
            packet.extend_from_slice(&bounded(payload.len() + lost).to_be_bytes());
            packet.extend_from_slice(&[protocol, 64]);
            packet.extend_from_slice(&wide(from).octets());
            packet.extend_from_slice(&wide(to).octets());
        }
    }
    packet.extend_from_slice(&payload);
    packet
}

fn udp(from: SocketAddr, to: SocketAddr, bytes: &[u8], lost: usize) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + bytes.len());
    datagram.extend_from_slice(&from.port().to_be_bytes());
    datagram.extend_from_slice(&to.port().to_be_bytes());
    datagram.extend_from_slice(&bounded(8 + bytes.len() + lost).to_be_bytes());
    datagram.extend_from_slice(&[0, 0]);
    datagram.extend_from_slice(bytes);
    if lost == 0 {
        // Zero would say that there is none (RFC 768).
        let sum = match over(from.ip(), to.ip(), UDP, &datagram) {
            0 => 0xFFFF,
            sum => sum,
        };
        datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    }
    datagram
}

fn tcp(from: SocketAddr, to: SocketAddr, (said, heard): (u32, u32), bytes: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + bytes.len());
    segment.extend_from_slice(&from.port().to_be_bytes());
    segment.extend_from_slice(&to.port().to_be_bytes());
    segment.extend_from_slice(&said.to_be_bytes());
    segment.extend_from_slice(&heard.to_be_bytes());
    // Five words, PSH and ACK, a whole window.
    segment.extend_from_slice(&[0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    segment.extend_from_slice(bytes);
    let sum = over(from.ip(), to.ip(), TCP, &segment);
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

/// The checksum with the pseudo header.
fn over(from: IpAddr, to: IpAddr, protocol: u8, segment: &[u8]) -> u16 {
    let length = u32::try_from(segment.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let tail = [0, 0, 0, protocol];
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            checksum(&[&from.octets(), &to.octets(), &length, &tail, segment])
        }
        (from, to) => checksum(&[
            &wide(from).octets(),
            &wide(to).octets(),
            &length,
            &tail,
            segment,
        ]),
    }
}

/// RFC 1071. Every part but the last has an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u64 = words
        .map(|word| u64::from(word[0]) << 8 | u64::from(word.get(1).copied().unwrap_or(0)))
        .sum();
    let folded = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
    let folded = (folded & 0xFFFF) + (folded >> 16);
    !(((folded & 0xFFFF) + (folded >> 16)) as u16)
}

fn bounded(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use gudok_model::{Mono, Now, Wall};

    use super::*;

    fn seen<'a>(
        transport: &'static str,
        sent: bool,
        sides: (&str, &str),
        bytes: &'a [u8],
    ) -> Seen<'a> {
        Seen {
            now: Now {
                mono: Mono(0),
                wall: Wall(1_700_000_000_000_001),
            },
            leg: None,
            sent,
            transport,
            local: sides.0.parse().unwrap(),
            remote: sides.1.parse().unwrap(),
            left_out: 0,
            whole: bytes.len() as u32,
            bytes,
        }
    }

    const V4: (&str, &str) = ("127.0.0.1:5060", "192.0.2.1:5070");
    const V6: (&str, &str) = ("[::1]:5060", "[2001:db8::1]:5070");

    #[test]
    fn a_datagram_is_written_byte_by_byte() {
        let file = capture([seen("UDP", true, V4, b"hi")]);
        let hex: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = concat!(
            "d4c3b2a1020004000000000000000000ffff000065000000", // little-endian, 2.4, raw IP
            "00f1536501000000",
            "1e0000001e000000", // 1700000000.000001, 30 bytes
            "4500001e000040004011f9cc",
            "7f000001",
            "c0000201", // IPv4, its checksum, the sides
            "13c413ce000a2edc",
            "6869", // UDP: ports, length, checksum, text
        );
        assert_eq!(hex, expected);
    }

    #[test]
    fn every_checksum_holds_on_each_transport_and_family() {
        for sides in [V4, V6] {
            for transport in ["UDP", "TCP", "TLS"] {
                for sent in [true, false] {
                    let file = capture([seen(transport, sent, sides, b"odd")]);
                    let packet = &file[40..];
                    let (header, protocol) = if sides == V4 {
                        (20, packet[9])
                    } else {
                        (40, packet[6])
                    };
                    assert_eq!(protocol, if transport == "TCP" { TCP } else { UDP });
                    let (from, to) = if sent { sides } else { (sides.1, sides.0) };
                    let ip = |side: &str| side.parse::<SocketAddr>().unwrap().ip();
                    assert_eq!(over(ip(from), ip(to), protocol, &packet[header..]), 0);
                    if sides == V4 {
                        assert_eq!(checksum(&[&packet[..20]]), 0);
                    }
                }
            }
        }
    }

    #[test]
    fn a_tcp_stream_goes_on_where_it_stood_and_a_cut_message_says_its_length() {
        let mut cut = seen("TCP", true, V4, b"four");
        cut.whole = 10;
        let file = capture([
            cut,
            seen("TCP", false, V4, b"!"),
            seen("TCP", true, V4, b"x"),
        ]);
        let at = |offset: usize| u32::from_be_bytes(file[offset..offset + 4].try_into().unwrap());
        let (first, second, third) = (40, 40 + 44 + 16, 40 + 44 + 16 + 41 + 16);
        assert_eq!((at(first + 24), at(first + 28)), (1, 1));
        assert_eq!((at(second + 24), at(second + 28)), (1, 11));
        assert_eq!((at(third + 24), at(third + 28)), (11, 2));
        let long = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        assert_eq!((long(32), long(36)), (44, 50));
    }
}
