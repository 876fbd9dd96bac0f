//! Captures as Wireshark writes them.
use super::*;
use crate::verbs::trunk::capture::{FormatError, Passed};
use crate::verbs::trunk::pcapng::INTERFACES_MAX;

/// How a section is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub(super) big_endian: bool,
}

impl Section {
    fn u16(self, value: u16) -> [u8; 2] {
        match self.big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self.big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        }
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
        let length = self.u32((body.len() + padding.len() + 12) as u32);
        [self.u32(kind).as_slice(), &length, body, &padding, &length].concat()
    }

    /// With a comment of three letters.
    pub(super) fn head(self) -> Vec<u8> {
        let numbers = [self.u32(0x1A2B_3C4D).as_slice(), &self.u16(1), &self.u16(0)].concat();
        let comment = [self.u16(1).as_slice(), &self.u16(3), b"abc\0", &[0; 4]].concat();
        self.block(0x0A0D_0D0A, &[numbers, vec![0xFF; 8], comment].concat())
    }

    pub(super) fn interface(self, link: u16, most: u32) -> Vec<u8> {
        let body = [self.u16(link).as_slice(), &[0; 2], &self.u32(most)].concat();
        self.block(1, &body)
    }

    pub(super) fn enhanced(self, interface: u32, packet: &[u8]) -> Vec<u8> {
        let length = self.u32(packet.len() as u32);
        let padding = vec![0; packet.len().next_multiple_of(4) - packet.len()];
        let options = [self.u16(2).as_slice(), &self.u16(4), &[0; 8]].concat();
        let before = [self.u32(interface).as_slice(), &[0; 8], &length, &length].concat();
        let body = [before.as_slice(), packet, &padding, &options].concat();
        self.block(6, &body)
    }

    /// As it was written before.
    fn old(self, interface: u16, packet: &[u8]) -> Vec<u8> {
        let length = self.u32(packet.len() as u32);
        let before = [self.u16(interface).as_slice(), &[0; 10], &length, &length].concat();
        self.block(2, &[before.as_slice(), packet].concat())
    }

    fn simple(self, packet: &[u8], most: usize) -> Vec<u8> {
        let length = self.u32(packet.len() as u32);
        let taken = &packet[..packet.len().min(most)];
        self.block(3, &[length.as_slice(), taken].concat())
    }
}

fn ip(call: &str) -> Vec<u8> {
    ipv4(CARRIER, 17, 0x4000, &udp(call.as_bytes()))
}

fn framed(call: &str) -> Vec<u8> {
    LITTLE.packet(&ip(call))
}

fn passed(capture: &Capture) -> Vec<(Passed, usize)> {
    let passed = capture.passed.iter();
    passed.map(|(why, count)| (*why, *count)).collect()
}

/// Two sections, each in its own order, with interfaces of several kinds, one of which is not read, and blocks of every kind.
#[test]
fn every_block_that_holds_a_packet_is_read_as_its_interface_says() {
    let [first, second, third] = carrier_of_logins().try_into().expect("three calls");
    let (big, little) = (Section { big_endian: true }, Section { big_endian: false });
    let file = [
        big.head(),
        big.interface(1, 262_144),
        big.interface(101, 0),
        big.block(0x0000_0BAD, b"of somebody"),
        big.enhanced(0, &framed(&first)),
        big.block(5, &[0; 12]),
        big.enhanced(1, &ip(&second)),
        little.head(),
        little.interface(101, 0),
        little.interface(127, 0),
        little.simple(&ip(&third), usize::MAX),
        little.old(0, &ip(&first)),
        little.enhanced(1, &framed(&first)),
        little.enhanced(2, &framed(&first)),
    ];
    let capture = captured(&file.concat());
    let found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
    let wanted = [&first, &second, &third, &first].map(|it| it.as_bytes());
    assert_eq!(found, wanted);
    assert_eq!(capture.messages[3].place, "вызовы, пакет 4");
    assert_eq!(capture.messages[0].source, Some(IpAddr::from(CARRIER)));
    assert_eq!(passed(&capture), [(Passed::NotIp, 2)]);
}

/// The bytes of a whole small file, as the draft has it (§4.1, §4.2, §4.3): checked by hand.
#[test]
fn a_file_byte_by_byte() {
    let sip = b"OPTIONS sip:a@192.0.2.10 SIP/2.0\r\n\r\n";
    let udp = [b"\x13\xc4\x13\xc4\x00\x2c\x00\x00".as_slice(), sip].concat();
    let ip = [
        b"\x45\x00\x00\x40\x00\x01\x00\x00\x40\x11\x00\x00\xcb\x00\x71\x41\xc0\x00\x02\x0a"
            .as_slice(),
        &udp,
    ]
    .concat();
    assert_eq!((sip.len(), ip.len()), (36, 64));
    let file = [
        b"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x01\x00\x00\x00".as_slice(),
        b"\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00",
        b"\x01\x00\x00\x00\x14\x00\x00\x00\x65\x00\x00\x00\x00\x00\x04\x00\x14\x00\x00\x00",
        b"\x06\x00\x00\x00\x60\x00\x00\x00\x00\x00\x00\x00\x95\x0c\x06\x00\x73\xce\x9a\x11",
        b"\x40\x00\x00\x00\x40\x00\x00\x00",
        &ip,
        b"\x60\x00\x00\x00",
    ]
    .concat();
    let capture = captured(&file);
    assert_eq!(capture.messages.len(), 1);
    assert_eq!(capture.messages[0].bytes, sip);
}

#[test]
fn packets_captured_too_short_are_counted() {
    let call = &carrier_of_logins()[0];
    let section = Section { big_endian: false };
    let blocks = section.simple(&ip(call), 96);
    let capture = captured(&[section.head(), section.interface(101, 96), blocks].concat());
    assert_eq!(passed(&capture), [(Passed::Cut, 1)]);
}

#[test]
fn a_file_that_breaks_off_gives_what_it_has() {
    let calls = carrier_of_logins();
    let section = Section { big_endian: true };
    let begin = [section.head(), section.interface(101, 0)].concat();
    let block = section.enhanced(0, &ip(&calls[0]));
    let whole = [begin.as_slice(), &block, &block].concat();
    for length in begin.len()..whole.len() {
        let capture = captured(&whole[..length]);
        let blocks = (length - begin.len()) / block.len();
        assert_eq!(capture.messages.len(), blocks, "{length}");
        let broken = usize::from((length - begin.len()) % block.len() != 0);
        assert_eq!(capture.passed.values().sum::<usize>(), broken, "{length}");
    }
}

#[test]
fn lengths_that_cannot_be_end_the_reading() {
    let section = Section { big_endian: false };
    for length in [0_u32, 4, 11, 13, 0xFFFF_FFFF] {
        let odd = [
            section.u32(6),
            section.u32(length),
            [0; 4],
            section.u32(length),
        ]
        .concat();
        let file = [section.head(), section.interface(1, 0), odd].concat();
        assert_eq!(
            passed(&captured(&file)),
            [(Passed::BrokenOff, 1)],
            "{length}"
        );
    }
    // More captured than the block holds.
    let lying = [
        [0; 12].as_slice(),
        &section.u32(99),
        &section.u32(99),
        &[0; 8],
    ]
    .concat();
    let file = [
        section.head(),
        section.interface(1, 0),
        section.block(6, &lying),
    ]
    .concat();
    assert_eq!(passed(&captured(&file)), [(Passed::BrokenOff, 1)]);
}

#[test]
fn interfaces_that_are_not_read_are_told_where_there_are_no_others() {
    let section = Section { big_endian: false };
    let call = framed(&carrier_of_logins()[0]);
    let radio = section.interface(127, 0);
    let only = [section.head(), radio.clone(), section.enhanced(0, &call)].concat();
    let mut capture = Capture::default();
    assert_eq!(capture.add("x", &only), Err(FormatError::Link(127)));
    let many = radio.repeat(INTERFACES_MAX);
    let beyond = section.enhanced(INTERFACES_MAX as u32, &call);
    let file = [section.head(), many, section.interface(1, 0), beyond].concat();
    assert_eq!(passed(&captured(&file)), [(Passed::NotIp, 1)]);
}
