//! Packets of a capture to messages: datagrams that look like SIP, and TCP streams of it. Fragments are put together.
//!
//! Source: the tcpdump.org list of link types; RFC 791, RFC 8200 §4, RFC 9293 §3.1.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::capture::{Capture, Captured, FormatError, Passed};
use super::fragments::{Fragments, Part};
use super::stream::{Segment, Streams};
use super::text::is_start;

/// Longest packet; libpcap's own bound. Beyond it the file is nonsense.
pub(super) const PACKET_MAX: usize = 262_144;
/// Most VLAN tags of one frame, most extension headers of one packet.
const NESTED_MAX: usize = 8;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
const UDP: u8 = 17;
const TCP: u8 = 6;
/// Of IPv6.
const FRAGMENT: u8 = 44;

/// What stands before the IP header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    /// Two addresses, perhaps VLAN tags, the type.
    Ethernet,
    /// Linux cooked: header length, place of the type.
    Cooked(usize, usize),
    /// This many bytes that say nothing we need.
    Raw(usize),
}

/// One packet as a file has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// How it was captured.
    pub link: Link,
    /// As much as was.
    pub bytes: &'a [u8],
    /// Whether that is all of it.
    pub whole: bool,
    /// When, since whatever the capture counts from; None: it does not say.
    pub at: Option<Duration>,
}

/// The packets of one file, one after the other.
#[derive(Debug)]
pub(super) struct Packets<'n> {
    name: &'n str,
    count: usize,
    streams: Streams,
    fragments: Fragments,
}

/// What an IP packet carries, or one part of it.
#[derive(Clone, Copy, Debug)]
struct Inside<'a> {
    from: IpAddr,
    to: IpAddr,
    /// What it is, or for IPv6 what its first header is.
    kind: u8,
    bytes: &'a [u8],
    part: Option<Part>,
}

/// What UDP and TCP carry.
enum Carried<'a> {
    /// A datagram, and who sent it.
    Datagram(IpAddr, &'a [u8]),
    /// A part of a stream.
    Segment(Segment<'a>),
}

impl Link {
    /// By the number of its type.
    ///
    /// # Errors
    /// When it is one that is not read.
    pub(super) fn of(kind: u32) -> Result<Self, FormatError> {
        match kind {
            0 | 108 => Ok(Self::Raw(4)),
            1 => Ok(Self::Ethernet),
            12 | 101 | 228 | 229 => Ok(Self::Raw(0)),
            113 => Ok(Self::Cooked(16, 14)),
            276 => Ok(Self::Cooked(20, 0)),
            other => Err(FormatError::Link(other)),
        }
    }
}

impl<'n> Packets<'n> {
    /// Of the file of this name.
    pub(super) fn of(name: &'n str) -> Self {
        Self {
            name,
            count: 0,
            streams: Streams::default(),
            fragments: Fragments::default(),
        }
    }

    /// Takes the next one, and keeps the messages that end with it.
    pub(super) fn take(&mut self, packet: Packet<'_>, into: &mut Capture) {
        self.count += 1;
        match self.read(packet, into) {
            Ok(()) => {}
            Err(_) if !packet.whole => into.pass(Passed::Cut),
            Err(why) => into.pass(why),
        }
    }

    /// Counts a packet that cannot be read.
    pub(super) fn pass(&mut self, why: Passed, into: &mut Capture) {
        self.count += 1;
        into.pass(why);
    }

    /// No more come: parts whose packet is not complete are counted.
    pub(super) fn end(self, into: &mut Capture) {
        (0..self.fragments.left()).for_each(|_| into.pass(Passed::Fragment));
    }

    fn read(&mut self, packet: Packet<'_>, into: &mut Capture) -> Result<(), Passed> {
        let at = packet.at;
        let inside = in_ip(behind_link(packet)?)?;
        let Some(part) = inside.part else {
            let carried = carried(inside)?;
            self.carry(carried, into);
            return Ok(());
        };
        let between = (inside.from, inside.to);
        let taken = self
            .fragments
            .take(at, between, (inside.kind, part), inside.bytes);
        (0..taken.given_up).for_each(|_| into.pass(Passed::Fragment));
        let Some((kind, bytes)) = taken.whole else {
            return Ok(());
        };
        let carried = carried(Inside {
            kind,
            bytes: &bytes,
            part: None,
            ..inside
        })?;
        self.carry(carried, into);
        Ok(())
    }

    fn carry(&mut self, carried: Carried<'_>, into: &mut Capture) {
        let place = || format!("{}, пакет {}", self.name, self.count);
        match carried {
            Carried::Datagram(source, payload) if is_start(payload) => into.keep(Captured {
                place: place(),
                source: Some(source),
                bytes: payload.to_vec(),
            }),
            Carried::Datagram(..) => into.pass(Passed::NotSip),
            Carried::Segment(segment) => {
                let place = place();
                self.streams.take(segment, &place, into);
            }
        }
    }
}

fn behind_link(packet: Packet<'_>) -> Result<&[u8], Passed> {
    let ip = match packet.link {
        Link::Raw(length) => packet.bytes.get(length..),
        Link::Cooked(length, kind) => {
            is_ip(u16_at(packet.bytes, kind)?)?;
            packet.bytes.get(length..)
        }
        Link::Ethernet => behind_ethernet(packet.bytes)?,
    };
    ip.ok_or(Passed::Cut)
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

fn in_ip(packet: &[u8]) -> Result<Inside<'_>, Passed> {
    match packet.first().ok_or(Passed::Cut)? >> 4 {
        4 => in_ipv4(packet),
        6 => in_ipv6(packet),
        _ => Err(Passed::NotIp),
    }
}

fn in_ipv4(packet: &[u8]) -> Result<Inside<'_>, Passed> {
    let header: &[u8; 20] = packet.first_chunk().ok_or(Passed::Cut)?;
    let kind = header[9];
    if !matches!(kind, UDP | TCP) {
        return Err(Passed::NotUdp);
    }
    let length = usize::from(header[0] & 0x0F) * 4;
    let total = usize::from(u16_at(header, 2)?);
    let [.., a, b, c, d, e, f, g, h] = *header;
    let place = u16_at(header, 6)?;
    let part = Part {
        id: u16_at(header, 4)?.into(),
        at: usize::from(place & 0x1FFF) * 8,
        last: place & 0x2000 == 0,
    };
    Ok(Inside {
        from: Ipv4Addr::new(a, b, c, d).into(),
        to: Ipv4Addr::new(e, f, g, h).into(),
        kind,
        bytes: packet.get(length.max(20)..total).ok_or(Passed::Cut)?,
        part: Some(part).filter(|part| !part.is_whole()),
    })
}

fn in_ipv6(packet: &[u8]) -> Result<Inside<'_>, Passed> {
    let (header, rest) = packet.split_first_chunk::<40>().ok_or(Passed::Cut)?;
    let length = usize::from(u16_at(header, 4)?);
    let address = |at: usize| header[at..].first_chunk::<16>().ok_or(Passed::Cut);
    let (from, to) = (Ipv6Addr::from(*address(8)?), Ipv6Addr::from(*address(24)?));
    let (kind, bytes) = behind_headers(header[6], rest.get(..length).ok_or(Passed::Cut)?)?;
    let inside = Inside {
        from: from.into(),
        to: to.into(),
        kind,
        bytes,
        part: None,
    };
    if kind != FRAGMENT {
        return Ok(inside);
    }
    let (header, bytes) = bytes.split_first_chunk::<8>().ok_or(Passed::Cut)?;
    let place = u16_at(header, 2)?;
    let part = Part {
        id: u32_at(&header[4..], true).ok_or(Passed::Cut)?,
        at: usize::from(place & !7),
        last: place & 1 == 0,
    };
    Ok(Inside {
        kind: header[0],
        bytes,
        part: Some(part).filter(|part| !part.is_whole()),
        ..inside
    })
}

/// What follows hop-by-hop, routing and destination options (RFC 8200 §4).
fn behind_headers(mut kind: u8, mut rest: &[u8]) -> Result<(u8, &[u8]), Passed> {
    for _ in 0..NESTED_MAX {
        if !matches!(kind, 0 | 43 | 60) {
            return Ok((kind, rest));
        }
        let [next, length, ..] = rest else {
            return Err(Passed::Cut);
        };
        kind = *next;
        rest = rest
            .get(usize::from(*length) * 8 + 8..)
            .ok_or(Passed::Cut)?;
    }
    Err(Passed::NotUdp)
}

fn carried(inside: Inside<'_>) -> Result<Carried<'_>, Passed> {
    // What was put together may have its further headers inside.
    let (kind, bytes) = match inside.from {
        IpAddr::V4(_) => (inside.kind, inside.bytes),
        IpAddr::V6(_) => behind_headers(inside.kind, inside.bytes)?,
    };
    match kind {
        UDP => in_udp(inside.from, bytes),
        TCP => in_tcp(inside.from, inside.to, bytes),
        _ => Err(Passed::NotUdp),
    }
}

fn in_udp(source: IpAddr, udp: &[u8]) -> Result<Carried<'_>, Passed> {
    let length = usize::from(u16_at(udp, 4)?);
    let payload = udp.get(8..length).ok_or(Passed::Cut)?;
    Ok(Carried::Datagram(source, payload))
}

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

/// In the order of a file.
pub(super) fn u32_at(bytes: &[u8], big_endian: bool) -> Option<u32> {
    let four = bytes.first_chunk()?;
    Some(if big_endian {
        u32::from_be_bytes(*four)
    } else {
        u32::from_le_bytes(*four)
    })
}
