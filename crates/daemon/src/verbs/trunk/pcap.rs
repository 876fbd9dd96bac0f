//! Classic libpcap files: UDP datagrams that look like SIP, and TCP streams of it. Fragments are not put together.
//!
//! Source: draft-ietf-opsawg-pcap (file and record headers), the tcpdump.org list of link types.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::capture::{Capture, Captured, FormatError, Passed};
use super::stream::{Segment, Streams};
use super::text::is_start;

/// Bytes before the first record.
const FILE_HEADER: usize = 24;
/// Bytes before each packet.
const RECORD_HEADER: usize = 16;
/// Longest packet; libpcap's own bound. Beyond it the file is nonsense.
const PACKET_MAX: usize = 262_144;
/// Most VLAN tags of one frame, most extension headers of one packet.
const NESTED_MAX: usize = 8;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const UDP: u8 = 17;
const TCP: u8 = 6;

/// A capture whose header was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap<'a> {
    records: &'a [u8],
    big_endian: bool,
    link: Link,
}

/// What stands before the IP header.
#[derive(Clone, Copy, Debug)]
enum Link {
    /// Two addresses, perhaps VLAN tags, the type.
    Ethernet,
    /// Linux cooked: header length, place of the type.
    Cooked(usize, usize),
    /// This many bytes that say nothing we need.
    Raw(usize),
}

/// What a packet carries.
enum Carried<'a> {
    /// A datagram, and who sent it.
    Datagram(IpAddr, &'a [u8]),
    /// A part of a stream.
    Segment(Segment<'a>),
}

impl<'a> Pcap<'a> {
    /// None when it is no such file.
    pub(super) fn open(file: &'a [u8]) -> Option<Result<Self, FormatError>> {
        let big_endian = match file.first_chunk()? {
            [0xA1, 0xB2, 0xC3, 0xD4] | [0xA1, 0xB2, 0x3C, 0x4D] => true,
            [0xD4, 0xC3, 0xB2, 0xA1] | [0x4D, 0x3C, 0xB2, 0xA1] => false,
            _ => return None,
        };
        let records = file.get(FILE_HEADER..).unwrap_or_default();
        // The upper bits tell of checksums behind the frames.
        let link = file.get(20..).and_then(|at| u32_at(at, big_endian));
        let link = match link.unwrap_or_default() & 0xFFFF {
            0 | 108 => Link::Raw(4),
            1 => Link::Ethernet,
            12 | 101 | 228 | 229 => Link::Raw(0),
            113 => Link::Cooked(16, 14),
            276 => Link::Cooked(20, 0),
            other => return Some(Err(FormatError::Link(other))),
        };
        Some(Ok(Self {
            records,
            big_endian,
            link,
        }))
    }

    /// Takes every message.
    pub(super) fn read(self, name: &str, into: &mut Capture) {
        let mut streams = Streams::default();
        let mut rest = self.records;
        let mut count = 0_usize;
        while !rest.is_empty() {
            let Some((packet, whole, after)) = self.record(rest) else {
                into.pass(Passed::BrokenOff);
                break;
            };
            (rest, count) = (after, count + 1);
            let place = || format!("{name}, пакет {count}");
            match self.carried(packet) {
                Ok(Carried::Datagram(source, payload)) if is_start(payload) => {
                    into.keep(Captured {
                        place: place(),
                        source: Some(source),
                        bytes: payload.to_vec(),
                    });
                }
                Ok(Carried::Datagram(..)) => into.pass(Passed::NotSip),
                Ok(Carried::Segment(segment)) => streams.take(segment, &place(), into),
                Err(_) if !whole => into.pass(Passed::Cut),
                Err(why) => into.pass(why),
            }
        }
    }

    /// The first packet, whether it was captured whole, and what follows it. None where no record can be.
    fn record(&self, rest: &'a [u8]) -> Option<(&'a [u8], bool, &'a [u8])> {
        let (header, after) = rest.split_at_checked(RECORD_HEADER)?;
        let number = |at| Some(u32_at(header.get(at..)?, self.big_endian)? as usize);
        let (captured, length) = (number(8)?, number(12)?);
        let (packet, after) = after.split_at_checked(captured)?;
        (captured <= PACKET_MAX).then_some((packet, length <= captured, after))
    }

    fn carried(&self, packet: &'a [u8]) -> Result<Carried<'a>, Passed> {
        let ip = match self.link {
            Link::Raw(length) => packet.get(length..),
            Link::Cooked(length, kind) => {
                is_ip(u16_at(packet, kind)?)?;
                packet.get(length..)
            }
            Link::Ethernet => behind_ethernet(packet)?,
        };
        let ip = ip.ok_or(Passed::Cut)?;
        match ip.first().ok_or(Passed::Cut)? >> 4 {
            4 => in_ipv4(ip),
            6 => in_ipv6(ip),
            _ => Err(Passed::NotIp),
        }
    }
}

fn behind_ethernet(frame: &[u8]) -> Result<Option<&[u8]>, Passed> {
    let mut at = 12;
    for _ in 0..NESTED_MAX {
        match u16_at(frame, at)? {
            0x8100 | 0x88A8 | 0x9100 => at += 4,
            other => return is_ip(other).map(|()| frame.get(at + 2..)),
        }
    }
    Err(Passed::NotIp)
}

fn is_ip(kind: u16) -> Result<(), Passed> {
    match kind {
        IPV4 | IPV6 => Ok(()),
        _ => Err(Passed::NotIp),
    }
}

fn in_ipv4(packet: &[u8]) -> Result<Carried<'_>, Passed> {
    let header: &[u8; 20] = packet.first_chunk().ok_or(Passed::Cut)?;
    // More to come, or not the first.
    if u16_at(header, 6)? & 0x3FFF != 0 {
        return Err(Passed::Fragment);
    }
    let length = usize::from(header[0] & 0x0F) * 4;
    let total = usize::from(u16_at(header, 2)?);
    let [.., a, b, c, d, e, f, g, h] = *header;
    let (from, to) = (Ipv4Addr::new(a, b, c, d), Ipv4Addr::new(e, f, g, h));
    let inside = || packet.get(length.max(20)..total).ok_or(Passed::Cut);
    match header[9] {
        UDP => in_udp(from.into(), inside()?),
        TCP => in_tcp(from.into(), to.into(), inside()?),
        _ => Err(Passed::NotUdp),
    }
}

fn in_ipv6(packet: &[u8]) -> Result<Carried<'_>, Passed> {
    let (header, rest) = packet.split_first_chunk::<40>().ok_or(Passed::Cut)?;
    let length = usize::from(u16_at(header, 4)?);
    let mut rest = rest.get(..length).ok_or(Passed::Cut)?;
    let mut kind = header[6];
    let address = |at: usize| header[at..].first_chunk::<16>().ok_or(Passed::Cut);
    let (from, to) = (Ipv6Addr::from(*address(8)?), Ipv6Addr::from(*address(24)?));
    for _ in 0..NESTED_MAX {
        match kind {
            UDP => return in_udp(from.into(), rest),
            TCP => return in_tcp(from.into(), to.into(), rest),
            44 => return Err(Passed::Fragment),
            // Hop-by-hop, routing, destination options (RFC 8200 §4).
            0 | 43 | 60 => {
                let [next, length, ..] = rest else {
                    return Err(Passed::Cut);
                };
                kind = *next;
                rest = rest
                    .get(usize::from(*length) * 8 + 8..)
                    .ok_or(Passed::Cut)?;
            }
            _ => return Err(Passed::NotUdp),
        }
    }
    Err(Passed::NotUdp)
}

fn in_udp(source: IpAddr, udp: &[u8]) -> Result<Carried<'_>, Passed> {
    let length = usize::from(u16_at(udp, 4)?);
    let payload = udp.get(8..length).ok_or(Passed::Cut)?;
    Ok(Carried::Datagram(source, payload))
}

/// RFC 9293 §3.1.
fn in_tcp(from: IpAddr, to: IpAddr, tcp: &[u8]) -> Result<Carried<'_>, Passed> {
    const FIN_OR_RST: u8 = 0b101;
    let header: &[u8; 20] = tcp.first_chunk().ok_or(Passed::Cut)?;
    let length = usize::from(header[12] >> 4) * 4;
    Ok(Carried::Segment(Segment {
        from: SocketAddr::new(from, u16_at(header, 0)?),
        to: SocketAddr::new(to, u16_at(header, 2)?),
        number: u32_at(&header[4..], true).ok_or(Passed::Cut)?,
        last: header[13] & FIN_OR_RST != 0,
        payload: tcp.get(length.max(20)..).ok_or(Passed::Cut)?,
    }))
}

/// In network order.
fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Passed> {
    let two = bytes.get(at..).and_then(|rest| rest.first_chunk());
    two.map(|two| u16::from_be_bytes(*two)).ok_or(Passed::Cut)
}

fn u32_at(bytes: &[u8], big_endian: bool) -> Option<u32> {
    let four = bytes.first_chunk()?;
    Some(if big_endian {
        u32::from_be_bytes(*four)
    } else {
        u32::from_le_bytes(*four)
    })
}
