//! Classic libpcap files.
//!
//! Source: draft-ietf-opsawg-pcap (file and record headers).
use std::time::Duration;

use super::capture::{Capture, FormatError, Passed};
use super::packet::{Link, PACKET_MAX, Packet, Packets, u32_at};

/// Bytes before the first record.
const FILE_HEADER: usize = 24;
/// Bytes before each packet.
const RECORD_HEADER: usize = 16;

/// A capture whose header was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap<'a> {
    records: &'a [u8],
    big_endian: bool,
    /// Whether times are in nanoseconds, not in microseconds.
    nanos: bool,
    link: Link,
}

impl<'a> Pcap<'a> {
    /// None when it is no such file.
    pub(super) fn open(file: &'a [u8]) -> Option<Result<Self, FormatError>> {
        let (big_endian, nanos) = match file.first_chunk()? {
            [0xA1, 0xB2, 0xC3, 0xD4] => (true, false),
            [0xA1, 0xB2, 0x3C, 0x4D] => (true, true),
            [0xD4, 0xC3, 0xB2, 0xA1] => (false, false),
            [0x4D, 0x3C, 0xB2, 0xA1] => (false, true),
            _ => return None,
        };
        let records = file.get(FILE_HEADER..).unwrap_or_default();
        let link = file.get(20..).and_then(|at| u32_at(at, big_endian));
        // The upper bits tell of checksums behind the frames.
        let link = Link::of(link.unwrap_or_default() & 0xFFFF);
        Some(link.map(|link| Self {
            records,
            big_endian,
            nanos,
            link,
        }))
    }

    /// Takes every message.
    pub(super) fn read(self, name: &str, into: &mut Capture) {
        let mut packets = Packets::of(name);
        let mut rest = self.records;
        while !rest.is_empty() {
            let Some((packet, after)) = self.record(rest) else {
                into.pass(Passed::BrokenOff);
                break;
            };
            rest = after;
            packets.take(packet, into);
        }
        packets.end(into);
    }

    /// The first packet, and what follows it. None where no record can be.
    fn record(&self, rest: &'a [u8]) -> Option<(Packet<'a>, &'a [u8])> {
        let (header, after) = rest.split_at_checked(RECORD_HEADER)?;
        let number = |at| Some(u32_at(header.get(at..)?, self.big_endian)? as usize);
        let (captured, length) = (number(8)?, number(12)?);
        let fraction = u32::try_from(number(4)?).ok()?;
        let nanos = if self.nanos {
            fraction
        } else {
            fraction.saturating_mul(1_000)
        };
        let at = Duration::from_secs(number(0)? as u64) + Duration::from_nanos(nanos.into());
        let (bytes, after) = after.split_at_checked(captured)?;
        let packet = Packet {
            link: self.link,
            bytes,
            whole: length <= captured,
            at: Some(at),
        };
        (captured <= PACKET_MAX).then_some((packet, after))
    }
}
