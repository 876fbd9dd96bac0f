//! Captures as Wireshark writes them: sections of blocks, each section in its own byte order and with its own interfaces.
//!
//! Source: draft-ietf-opsawg-pcapng §3, §4.1–4.4, appendix A. Options but that of the clock, and blocks without packets, are
//! passed over.
use std::time::Duration;

use super::capture::{Capture, FormatError, Passed};
use super::packet::{Link, PACKET_MAX, Packet, Packets, u32_at};

/// Bytes of a block's type and length, and of its length again behind it.
const AROUND: usize = 8 + 4;
/// Most interfaces of a section; packets of further ones are not read.
pub(super) const INTERFACES_MAX: usize = 256;

/// The option of an interface that says how fine its clock is: a power of ten, with the highest bit of two.
const RESOLUTION: u16 = 9;
/// Where it does not say.
const MICROSECONDS: u64 = 1_000_000;

const SECTION: u32 = 0x0A0D_0D0A;
const ORDER: u32 = 0x1A2B_3C4D;
const INTERFACE: u32 = 1;
/// A packet as it was written before the enhanced one.
const PACKET: u32 = 2;
const SIMPLE: u32 = 3;
const ENHANCED: u32 = 6;

/// A capture that begins with a section.
#[derive(Debug)]
pub(super) struct Pcapng<'a> {
    rest: &'a [u8],
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// An interface of any section is read.
    readable: bool,
    /// The first type of link that is not.
    unread: Option<FormatError>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: Option<Link>,
    /// Most bytes captured of a packet.
    most: usize,
    /// Ticks of its clock in a second.
    ticks: u64,
}

impl Interface {
    fn time(&self, ticks: u64) -> Duration {
        let part = u128::from(ticks % self.ticks) * 1_000_000_000 / u128::from(self.ticks);
        Duration::from_secs(ticks / self.ticks)
            + Duration::from_nanos(u64::try_from(part).unwrap_or(0))
    }
}

impl<'a> Pcapng<'a> {
    /// None when it is no such file.
    pub(super) fn open(file: &'a [u8]) -> Option<Self> {
        let is_section = u32_at(file, true)? == SECTION;
        let big_endian = order(file.get(8..)?)?;
        is_section.then_some(Self {
            rest: file,
            big_endian,
            interfaces: Vec::new(),
            readable: false,
            unread: None,
        })
    }

    /// Takes every message.
    ///
    /// # Errors
    /// When all that was captured has links that are not read.
    pub(super) fn read(mut self, name: &str, into: &mut Capture) -> Result<(), FormatError> {
        let mut packets = Packets::of(name);
        while !self.rest.is_empty() {
            let taken = self.block().and_then(|(kind, body)| {
                let packet = self.take(kind, body)?;
                Some(packet.map(|(interface, packet)| self.of_interface(interface, packet)))
            });
            match taken {
                None => {
                    into.pass(Passed::BrokenOff);
                    break;
                }
                Some(None) => {}
                Some(Some(Some(packet))) => packets.take(packet, into),
                Some(Some(None)) => packets.pass(Passed::NotIp, into),
            }
        }
        packets.end(into);
        self.unread.filter(|_| !self.readable).map_or(Ok(()), Err)
    }

    /// The next block: its type and what it holds. None where none can be.
    fn block(&mut self) -> Option<(u32, &'a [u8])> {
        let kind = u32_at(self.rest, self.big_endian)?;
        if kind == SECTION {
            self.big_endian = order(self.rest.get(8..)?)?;
        }
        let length = u32_at(self.rest.get(4..)?, self.big_endian)? as usize;
        let (block, rest) = self.rest.split_at_checked(length)?;
        let body = block.get(8..length.checked_sub(4)?)?;
        let again = u32_at(&block[length - 4..], self.big_endian)? as usize;
        self.rest = rest;
        (length >= AROUND && length.is_multiple_of(4) && again == length).then_some((kind, body))
    }

    /// What a block holds: a packet with the number of its interface, or nothing to look at. None where it is nonsense.
    fn take(&mut self, kind: u32, body: &'a [u8]) -> Option<Option<(usize, Taken<'a>)>> {
        let number = |at: usize| Some(u32_at(body.get(at..)?, self.big_endian)? as usize);
        match kind {
            SECTION => self.interfaces.clear(),
            INTERFACE => self.interface(body)?,
            ENHANCED => {
                let taken = Taken::of(body, 20, number(12)?, number(16)?)?;
                let ticks = (number(4)? as u64) << 32 | number(8)? as u64;
                return Some(Some((number(0)?, taken.at(ticks))));
            }
            PACKET => {
                let interface = u16_at(body, self.big_endian)?;
                let taken = Taken::of(body, 20, number(12)?, number(16)?)?;
                let ticks = (number(4)? as u64) << 32 | number(8)? as u64;
                return Some(Some((interface.into(), taken.at(ticks))));
            }
            SIMPLE => {
                let length = number(0)?;
                let most = self.interfaces.first().map_or(0, |first| first.most);
                return Some(Some((0, Taken::of(body, 4, length.min(most), length)?)));
            }
            _ => {}
        }
        Some(None)
    }

    fn interface(&mut self, body: &[u8]) -> Option<()> {
        let kind = u16_at(body, self.big_endian)?;
        let most = u32_at(body.get(4..)?, self.big_endian)? as usize;
        let link = Link::of(kind.into());
        self.readable |= link.is_ok();
        if let Err(error) = link {
            self.unread.get_or_insert(error);
        }
        if self.interfaces.len() < INTERFACES_MAX {
            self.interfaces.push(Interface {
                link: link.ok(),
                // None is said by zero.
                most: if most == 0 { PACKET_MAX } else { most },
                ticks: self.resolution(body.get(8..).unwrap_or_default()),
            });
        }
        Some(())
    }

    /// Ticks of a clock in a second, as the options of its interface say: microseconds, where they do not.
    fn resolution(&self, mut options: &[u8]) -> u64 {
        while let Some(code) = u16_at(options, self.big_endian)
            && let Some(length) = options.get(2..).and_then(|it| u16_at(it, self.big_endian))
            && code != 0
        {
            let length = usize::from(length);
            match (code, options.get(4)) {
                (RESOLUTION, Some(power)) if power & 0x80 != 0 => {
                    return 1_u64
                        .checked_shl(u32::from(power & 0x7F))
                        .unwrap_or(MICROSECONDS);
                }
                (RESOLUTION, Some(power)) => {
                    return 10_u64
                        .checked_pow(u32::from(*power))
                        .unwrap_or(MICROSECONDS);
                }
                _ => {}
            }
            options = options
                .get(4 + length.next_multiple_of(4)..)
                .unwrap_or_default();
        }
        MICROSECONDS
    }

    fn of_interface(&self, interface: usize, taken: Taken<'a>) -> Option<Packet<'a>> {
        let interface = self.interfaces.get(interface)?;
        Some(Packet {
            link: interface.link?,
            bytes: taken.bytes,
            whole: taken.whole,
            at: taken.ticks.map(|ticks| interface.time(ticks)),
        })
    }
}

/// What was captured of a packet.
#[derive(Clone, Copy, Debug)]
struct Taken<'a> {
    bytes: &'a [u8],
    whole: bool,
    /// Of the clock of its interface.
    ticks: Option<u64>,
}

impl<'a> Taken<'a> {
    fn at(mut self, ticks: u64) -> Self {
        self.ticks = Some(ticks);
        self
    }

    /// Of a block, behind so many bytes.
    fn of(body: &'a [u8], at: usize, captured: usize, length: usize) -> Option<Self> {
        let bytes = body.get(at..)?.get(..captured)?;
        let whole = length <= captured;
        (captured <= PACKET_MAX).then_some(Self {
            bytes,
            whole,
            ticks: None,
        })
    }
}

/// Whether a section is in network order; None where it is no section.
fn order(magic: &[u8]) -> Option<bool> {
    match (u32_at(magic, true)?, u32_at(magic, false)?) {
        (ORDER, _) => Some(true),
        (_, ORDER) => Some(false),
        _ => None,
    }
}

fn u16_at(bytes: &[u8], big_endian: bool) -> Option<u16> {
    let two = bytes.first_chunk()?;
    Some(if big_endian {
        u16::from_be_bytes(*two)
    } else {
        u16::from_le_bytes(*two)
    })
}
