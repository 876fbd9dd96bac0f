//! RTCP (RFC 3550 §6): our reports, written into a fixed buffer; the party's reports, read with bounds.
use rtcp_types::{Bye, Compound, ReceiverReport, ReportBlock, RtcpPacketParser, SenderReport};

use crate::reception::Block;

/// Longest report we write.
pub const MAX_REPORT: usize = 128;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// Bytes of our canonical name: hexadecimal, random, the same for the life of the leg.
const NAME: usize = 16;

/// What we report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Random; becomes our canonical name.
    pub name: u64,
    /// What we have sent, if we did since the last report.
    pub sent: Option<Sent>,
    /// What we received.
    pub block: Option<Block>,
    /// The party's last sender report (middle 32 bits of its time) and how long ago it came, in 65536ths of a second.
    pub last_report: (u32, u32),
    /// Whether the leg is over.
    pub bye: bool,
}

/// Sender information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// NTP format.
    pub ntp: u64,
    /// The same moment in our stream.
    pub ts: u32,
    /// Packets.
    pub packets: u32,
    /// Bytes of payload.
    pub octets: u32,
}

/// What the party reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Who reports.
    pub ssrc: u32,
    /// Middle 32 bits of the time in its sender report.
    pub sender_report: Option<u32>,
    /// The block about us.
    pub about_us: Option<AboutUs>,
    /// It says good-bye.
    pub bye: bool,
}

/// A report block about our stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AboutUs {
    /// Lost over the life, signed 24 bits.
    pub lost: i32,
    /// Which of our sender reports it knows; 0 for none.
    pub last_report: u32,
    /// How long it has had it, in 65536ths of a second.
    pub delay: u32,
}

impl Report {
    /// Writes the compound packet and gives its length.
    pub fn write(&self, out: &mut [u8; MAX_REPORT]) -> usize {
        let mut pen = Pen { out, at: 0 };
        let blocks = u8::from(self.block.is_some());
        let block_words = 6 * u16::from(blocks);
        match self.sent {
            Some(sent) => {
                pen.header(blocks, SENDER_REPORT, 6 + block_words);
                pen.words(&[self.ssrc, (sent.ntp >> 32) as u32, sent.ntp as u32]);
                pen.words(&[sent.ts, sent.packets, sent.octets]);
            }
            None => {
                pen.header(blocks, RECEIVER_REPORT, 1 + block_words);
                pen.words(&[self.ssrc]);
            }
        }
        if let Some(block) = &self.block {
            pen.block(block, self.last_report);
        }
        pen.name(self.ssrc, self.name);
        if self.bye {
            pen.header(1, GOODBYE, 1);
            pen.words(&[self.ssrc]);
        }
        pen.at
    }
}

struct Pen<'a> {
    out: &'a mut [u8; MAX_REPORT],
    at: usize,
}

impl Pen<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        self.out[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn words(&mut self, words: &[u32]) {
        for word in words {
            self.bytes(&word.to_be_bytes());
        }
    }

    /// `words` is the length without the header.
    fn header(&mut self, count: u8, kind: u8, words: u16) {
        let [high, low] = words.to_be_bytes();
        self.bytes(&[2 << 6 | count, kind, high, low]);
    }

    fn block(&mut self, block: &Block, last_report: (u32, u32)) {
        let loss = u32::from(block.fraction_lost) << 24 | (block.cumulative_lost & 0xff_ffff);
        self.words(&[block.ssrc, loss, block.highest_seq, block.jitter]);
        self.words(&[last_report.0, last_report.1]);
    }

    fn name(&mut self, ssrc: u32, name: u64) {
        // ssrc, type, length, name, and two zeros: the end of the items and padding to a whole word
        self.header(1, SOURCE_DESCRIPTION, 1 + (2 + NAME as u16 + 2) / 4);
        self.words(&[ssrc]);
        self.bytes(&[1, NAME as u8]);
        for shift in (0..NAME as u32).rev() {
            let digit = (name >> (4 * shift)) as u8 & 0xf;
            self.bytes(&[char::from_digit(digit.into(), 16).map_or(b'0', |digit| digit as u8)]);
        }
        self.bytes(&[0, 0]);
    }
}

/// Reads a compound packet; `None` if it is no RTCP. `ours` is our synchronisation source.
pub fn read(datagram: &[u8], ours: u32) -> Option<Heard> {
    Compound::parse(datagram).ok()?;
    let mut heard = None::<Heard>;
    let mut rest = datagram;
    while let Some(&[_, kind, high, low]) = rest.first_chunk::<4>() {
        let length = 4 * (usize::from(u16::from_be_bytes([high, low])) + 1);
        let (packet, next) = rest.split_at_checked(length)?;
        rest = next;
        match kind {
            SENDER_REPORT => {
                let report = SenderReport::parse(packet).ok()?;
                let heard = heard.get_or_insert_default();
                heard.ssrc = report.ssrc();
                heard.sender_report = Some((report.ntp_timestamp() >> 16) as u32);
                heard.about_us = about(report.report_blocks(), ours);
            }
            RECEIVER_REPORT => {
                let report = ReceiverReport::parse(packet).ok()?;
                let heard = heard.get_or_insert_default();
                heard.ssrc = report.ssrc();
                heard.about_us = about(report.report_blocks(), ours);
            }
            GOODBYE => {
                Bye::parse(packet).ok()?;
                heard.get_or_insert_default().bye = true;
            }
            _ => {}
        }
    }
    heard
}

fn about<'a>(mut blocks: impl Iterator<Item = ReportBlock<'a>>, ours: u32) -> Option<AboutUs> {
    let block = blocks.find(|block| block.ssrc() == ours)?;
    Some(AboutUs {
        lost: (block.cumulative_lost() << 8).cast_signed() >> 8,
        last_report: block.last_sender_report_timestamp(),
        delay: block.delay_since_last_sender_report_timestamp(),
    })
}

#[cfg(test)]
mod tests {
    use rtcp_types::{Packet, Sdes};

    use super::*;

    fn report() -> Report {
        let block = Block {
            ssrc: 9,
            fraction_lost: 3,
            cumulative_lost: 5,
            highest_seq: 70_000,
            jitter: 8,
        };
        Report {
            ssrc: 7,
            name: 0x0123_4567_89ab_cdef,
            sent: Some(Sent {
                ntp: 0x1111_2222_3333_4444,
                ts: 160,
                packets: 2,
                octets: 320,
            }),
            block: Some(block),
            last_report: (0xaaaa, 0xbbbb),
            bye: true,
        }
    }

    #[test]
    fn a_foreign_parser_reads_what_we_write() {
        let mut buffer = [0; MAX_REPORT];
        let length = report().write(&mut buffer);
        let packets: Vec<_> = Compound::parse(&buffer[..length])
            .expect("a compound packet")
            .collect::<Result<_, _>>()
            .expect("whole packets");
        let [Packet::Sr(sender), Packet::Sdes(name), Packet::Bye(bye)] = &packets[..] else {
            panic!("{packets:?}");
        };
        assert_eq!(
            (sender.ssrc(), sender.packet_count(), sender.octet_count()),
            (7, 2, 320)
        );
        let block = sender.report_blocks().next().expect("one");
        assert_eq!((block.fraction_lost(), block.cumulative_lost()), (3, 5));
        assert_eq!(block.delay_since_last_sender_report_timestamp(), 0xbbbb);
        assert_eq!(cname(name), "0123456789abcdef");
        assert_eq!(bye.ssrcs().collect::<Vec<_>>(), [7]);
    }

    fn cname(sdes: &Sdes<'_>) -> String {
        let chunk = sdes.chunks().next().expect("a chunk");
        let item = chunk.items().next().expect("an item");
        item.get_value_string().expect("text")
    }

    #[test]
    fn we_read_what_is_about_us() {
        let mut buffer = [0; MAX_REPORT];
        let length = report().write(&mut buffer);
        let heard = read(&buffer[..length], 9).expect("RTCP");
        let about_us = Some(AboutUs {
            lost: 5,
            last_report: 0xaaaa,
            delay: 0xbbbb,
        });
        assert_eq!(
            heard,
            Heard {
                ssrc: 7,
                sender_report: Some(0x2222_3333),
                about_us,
                bye: true
            }
        );
        assert_eq!(read(&buffer[..length], 8).expect("RTCP").about_us, None);
        assert_eq!(read(&buffer[..length - 1], 9), None, "cut off");
        let length = Report {
            sent: None,
            block: None,
            bye: false,
            ..report()
        }
        .write(&mut buffer);
        let heard = read(&buffer[..length], 9).expect("RTCP");
        assert_eq!(
            heard,
            Heard {
                ssrc: 7,
                ..Heard::default()
            }
        );
    }
}
