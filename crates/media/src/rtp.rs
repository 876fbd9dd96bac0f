//! The RTP header (RFC 3550 §5.1): read with bounds, written in place in front of the payload.
use std::ops::Range;

use rtp_rs::RtpReader;

/// Bytes of a header without contributing sources and extensions.
pub const HEADER: usize = 12;
/// Longest datagram that is read; anything longer is no G.711.
pub const MAX_DATAGRAM: usize = 1_500;

/// What an RTP header says, and where the payload lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// First packet of a talkspurt.
    pub marker: bool,
    /// 0–127.
    pub payload_type: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp in samples.
    pub ts: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload without header, extension and padding; starts at [`HEADER`] or later.
    pub payload: Range<usize>,
}

impl Header {
    /// Reads a datagram; `None` if it is no RTP.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let reader = RtpReader::new(datagram).ok()?;
        let start = reader.payload_offset();
        Some(Self {
            marker: reader.mark(),
            payload_type: reader.payload_type(),
            seq: reader.sequence_number().into(),
            ts: reader.timestamp(),
            ssrc: reader.ssrc(),
            payload: start..start + reader.payload().len(),
        })
    }
}

/// What we write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// First packet of a talkspurt.
    pub marker: bool,
    /// 0–127.
    pub payload_type: u8,
    /// Sequence number.
    pub seq: u16,
    /// Timestamp in samples.
    pub ts: u32,
    /// Our synchronisation source.
    pub ssrc: u32,
}

impl Stamp {
    /// Writes a bare header right before the payload at `payload` and returns the datagram: the sender's
    /// contributing sources, extensions and padding fall away without copying anything.
    ///
    /// `payload` starts at [`HEADER`] or later, as [`Header::read`] gives it.
    pub fn put<'a>(&self, buffer: &'a mut [u8], payload: &Range<usize>) -> &'a [u8] {
        let start = payload.start - HEADER;
        let header = &mut buffer[start..payload.start];
        header[0] = 2 << 6;
        header[1] = u8::from(self.marker) << 7 | (self.payload_type & 0x7f);
        header[2..4].copy_from_slice(&self.seq.to_be_bytes());
        header[4..8].copy_from_slice(&self.ts.to_be_bytes());
        header[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        &buffer[start..payload.end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_everything_leaves_with_a_bare_header() {
        // padding, extension of one word, one contributing source, marker
        let mut datagram = vec![0xb1, 0x88, 0x12, 0x34, 0, 0, 0, 9, 0, 0, 0, 7, 1, 1, 1, 1];
        datagram.extend([0xbe, 0xde, 0, 1, 5, 5, 5, 5, 0xd5, 0xd4, 0xd3, 0, 0, 3]);
        let header = Header::read(&datagram).expect("RTP");
        assert_eq!(
            (header.marker, header.payload_type, header.seq),
            (true, 8, 0x1234)
        );
        assert_eq!(
            (header.ts, header.ssrc, header.payload.clone()),
            (9, 7, 24..27)
        );
        let stamp = Stamp {
            marker: false,
            payload_type: 0,
            seq: 1,
            ts: 2,
            ssrc: 3,
        };
        let sent = stamp.put(&mut datagram, &header.payload);
        assert_eq!(
            sent,
            [0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xd5, 0xd4, 0xd3]
        );
    }

    #[test]
    fn short_and_foreign_datagrams_are_no_rtp() {
        assert_eq!(Header::read(&[]), None);
        assert_eq!(Header::read(&[0x80; 11]), None);
        assert_eq!(Header::read(&[0x40; 40]), None, "version 1");
        assert_eq!(Header::read(&[0xbf; 20]), None, "truncated extension");
    }
}
