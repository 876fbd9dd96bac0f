//! Files as tcpdump and others write them, and calls over TCP in them.
use super::*;
use crate::verbs::trunk::capture::FormatError;

/// How a capture file is written.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) magic: u32,
    pub(super) big_endian: bool,
    pub(super) link: u32,
}

pub(super) const LITTLE: Written = Written {
    magic: 0xA1B2_C3D4,
    big_endian: false,
    link: 1,
};

impl Written {
    pub(super) fn u32(self, value: u32) -> [u8; 4] {
        match self.big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        }
    }

    pub(super) fn file(self, packets: &[Vec<u8>]) -> Vec<u8> {
        let mut file = self.u32(self.magic).to_vec();
        file.extend([0; 12]);
        file.extend(self.u32(262_144));
        file.extend(self.u32(self.link));
        for packet in packets {
            let length = self.u32(packet.len() as u32);
            file.extend([[0; 8].as_slice(), &length, &length, packet].concat());
        }
        file
    }

    pub(super) fn packet(self, ip: &[u8]) -> Vec<u8> {
        let kind: [u8; 2] = if ip[0] >> 4 == 4 {
            [0x08, 0x00]
        } else {
            [0x86, 0xDD]
        };
        let before = match self.link {
            1 => [[2; 12].as_slice(), &[0x81, 0x00, 0, 7], &kind].concat(),
            113 => [[0; 14].as_slice(), &kind].concat(),
            276 => [kind.as_slice(), &[0; 18]].concat(),
            0 => self.u32(2).to_vec(),
            _ => Vec::new(),
        };
        [before.as_slice(), ip].concat()
    }
}

pub(super) fn udp(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16 + 8).to_be_bytes();
    [
        [0x13, 0xC4, 0x13, 0xC4].as_slice(),
        &length,
        &[0, 0],
        payload,
    ]
    .concat()
}

pub(super) fn ipv4(source: [u8; 4], protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend((payload.len() as u16 + 20).to_be_bytes());
    header.extend([0, 1]);
    header.extend(fragment.to_be_bytes());
    header.extend([64, protocol, 0, 0]);
    header.extend(source);
    header.extend(Ipv4Addr::new(192, 0, 2, 10).octets());
    [header.as_slice(), payload].concat()
}

/// With a hop-by-hop header.
fn ipv6(payload: &[u8]) -> Vec<u8> {
    ipv6_of(17, payload)
}

/// The same, with something else in it.
pub(super) fn ipv6_of(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x60, 0, 0, 0];
    header.extend((payload.len() as u16 + 8).to_be_bytes());
    header.extend([0, 64]);
    header.extend([[0x20, 1, 0x0D, 0xB8].as_slice(), &[0; 28]].concat());
    header.extend([kind, 0, 1, 4, 0, 0, 0, 0]);
    [header.as_slice(), payload].concat()
}

pub(super) const CARRIER: [u8; 4] = [203, 0, 113, 65];

#[test]
fn every_way_a_capture_is_written_gives_the_same_calls() {
    for magic in [0xA1B2_C3D4, 0xA1B2_3C4D] {
        for big_endian in [false, true] {
            for link in [0, 1, 12, 101, 113, 228, 276] {
                let written = Written {
                    magic,
                    big_endian,
                    link,
                };
                let calls = carrier_of_logins();
                let packets: Vec<Vec<u8>> = calls
                    .iter()
                    .map(|call| ipv4(CARRIER, 17, 0x4000, &udp(call.as_bytes())))
                    .chain([ipv6(&udp(calls[0].as_bytes()))])
                    .map(|ip| written.packet(&ip))
                    .collect();
                let capture = captured(&written.file(&packets));
                let found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
                let wanted: Vec<&[u8]> = [0, 1, 2, 0]
                    .iter()
                    .map(|&call: &usize| calls[call].as_bytes())
                    .collect();
                assert_eq!(found, wanted, "{magic:x} {big_endian} {link}");
                assert_eq!(capture.messages[0].source, Some(IpAddr::from(CARRIER)));
            }
        }
    }
}

#[test]
fn a_capture_of_our_own_machine() {
    let [first, second, third] = carrier_of_logins().try_into().expect("three calls");
    let ours = first.replace("call-1", "call-to-a-phone");
    let packets = [
        ipv4(CARRIER, 17, 0, &udp(first.as_bytes())),
        ipv4(CARRIER, 17, 0, &udp(second.as_bytes())),
        ipv4([192, 0, 2, 10], 17, 0, &udp(ours.as_bytes())),
        ipv4(CARRIER, 17, 0, &udp(&[0x80; 172])),
        ipv4(CARRIER, 132, 0, &[0; 20]),
        ipv4(CARRIER, 17, 0x2000, &udp(third.as_bytes())),
        ipv4(CARRIER, 17, 0x00B9, &[0; 100]),
        ipv4(CARRIER, 17, 0, &udp(third.as_bytes()))[..200].to_vec(),
    ];
    let mut packets: Vec<Vec<u8>> = packets.iter().map(|ip| LITTLE.packet(ip)).collect();
    packets.push([[2; 12].as_slice(), &[0x08, 0x06], &[0; 28]].concat());
    insta::assert_snapshot!(told(&LITTLE.file(&packets), "", None), @r#"
    1. вызовы, пакет 1, от 203.0.113.65
       P-Asserted-Identity  +79990000011       +79990000011  ← звонящий
       Remote-Party-ID      —                  нет заголовка
       From                 74990000001        +74990000001  не меняется: номер транка
       Request-URI          74990000002        +74990000002
       To                   74990000002        +74990000002
       Diversion            88000000001        +78000000001  наш: «Линия 0001»
       History-Info         —                  нет заголовка
    2. вызовы, пакет 2, от 203.0.113.65
       P-Asserted-Identity  +79990000012       +79990000012  ← звонящий
       Remote-Party-ID      —                  нет заголовка
       From                 74990000001        +74990000001  не меняется: номер транка
       Request-URI          74990000002        +74990000002
       To                   74990000002        +74990000002
       Diversion            88000000001        +78000000001  наш: «Линия 0001»
       History-Info         —                  нет заголовка

    Вызовов: 2
    Пропущено 1: не IP
    Пропущено 1: IP, но не UDP и не TCP
    Пропущено 2: части IP-пакетов, остальных нет: фильтр port берёт только первые, снимайте с фильтром host
    Пропущено 1: обрезанное при съёмке (tcpdump -s 0), потерянное или испорченное
    Пропущено 1: не SIP
    Пропущено 1: INVITE не с адресов этого транка

    Прочитано верно, из 2:  звонящий / набранный номер / оба
       2 / 2 / 2  caller = ["pai"], dialled = ["diversion"]
       2 / 0 / 0  caller = ["pai"], dialled = ["request_uri"]
       2 / 0 / 0  caller = ["pai"], dialled = ["to"]
       0 / 2 / 0  caller = ["from"], dialled = ["diversion"]
       0 / 0 / 0  caller = ["from"], dialled = ["request_uri"]
       0 / 0 / 0  caller = ["from"], dialled = ["to"]
       2 / 2 / 2  сейчас: caller = ["pai", "rpid", "from"], dialled = ["request_uri", "to", "diversion", "history_info"]

    Предложение: в [[trunk]] с name = "carrier" заменить эти ключи, остальные оставить

    [[trunk]]
    name = "carrier"
    caller = ["pai"]
    dialled = ["diversion"]

    Почему:
     - звонящий: P-Asserted-Identity меняется от вызова к вызову, а From — нет: там номер транка
     - набранный: номер из плана есть в каждом вызове, прежде всего в Diversion
     - нынешняя настройка читает эти вызовы не хуже: менять не обязательно
    "#);
}

pub(super) fn tcp(number: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let number = number.to_be_bytes();
    let rest = [0, 0, 0, 1, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0];
    let ports = [0xC3, 0x50, 0x13, 0xC4];
    [ports.as_slice(), &number, &rest, payload].concat()
}

/// A capture of segments: number, flags, bytes.
fn streamed(segments: &[(u32, u8, &[u8])]) -> Capture {
    let packet = |&(number, flags, bytes): &(u32, u8, &[u8])| {
        LITTLE.packet(&ipv4(CARRIER, 6, 0x4000, &tcp(number, flags, bytes)))
    };
    captured(&LITTLE.file(&segments.iter().map(packet).collect::<Vec<_>>()))
}

pub(super) const PSH: u8 = 0x18;
const FIN: u8 = 0x11;
const RST: u8 = 0x04;

#[test]
fn calls_over_tcp_are_read_however_they_are_cut_and_repeated() {
    let calls = carrier_of_logins();
    let all = calls.concat();
    let bytes = all.as_bytes();
    // The numbers of a stream go over zero.
    let first = u32::MAX - 100;
    // Nobody begins a stream in the middle of its first line.
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for size in [1, 7, 536, 1460] {
        let mut number = first;
        let mut segments = Vec::new();
        for chunk in std::iter::once(&bytes[..line]).chain(bytes[line..].chunks(size)) {
            segments.extend([(number, PSH, chunk); 2]);
            number = number.wrapping_add(chunk.len() as u32);
        }
        segments.push((number, FIN, &[]));
        let capture = streamed(&segments);
        let found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
        let wanted: Vec<&[u8]> = calls.iter().map(String::as_bytes).collect();
        assert_eq!(found, wanted, "{size}");
        assert_eq!(capture.messages[0].source, Some(IpAddr::from(CARRIER)));
        assert!(capture.passed.is_empty(), "{:?}", capture.passed);
    }
}

#[test]
fn behind_a_gap_a_stream_is_read_from_the_next_message() {
    let [first, second, third] = carrier_of_logins().try_into().expect("three calls");
    let (half, rest) = first.as_bytes().split_at(200);
    let after = |start: u32, text: &[u8]| start + text.len() as u32;
    let at_second = after(after(1, half), rest);
    let at_third = after(at_second, second.as_bytes());
    let capture = streamed(&[
        (1, PSH, half),
        // `rest` is lost.
        (at_second, PSH, second.as_bytes()),
        (at_third, RST, b""),
        // The same ports again, and no SIP at first.
        (7, PSH, b"\x16\x03\x01"),
        (10, PSH, third.as_bytes()),
    ]);
    let found: Vec<&[u8]> = capture.messages.iter().map(|it| &*it.bytes).collect();
    assert_eq!(found, [second.as_bytes(), third.as_bytes()]);
    let passed: Vec<_> = capture
        .passed
        .iter()
        .map(|(why, count)| (*why, *count))
        .collect();
    assert_eq!(
        passed,
        [(capture::Passed::Cut, 1), (capture::Passed::NotSip, 1)]
    );
}

#[test]
fn streams_beyond_the_limit_make_room_for_the_newest() {
    let call = &carrier_of_logins()[0];
    let (half, rest) = call.as_bytes().split_at(200);
    let mut streams = stream::Streams::default();
    let mut capture = Capture::default();
    let segment = |port: u16, number, payload| stream::Segment {
        from: (CARRIER, port).into(),
        to: ([192, 0, 2, 10], 5060).into(),
        number,
        last: false,
        payload,
    };
    let ports = 1..=stream::STREAMS_MAX as u16 + 1;
    for port in ports.clone() {
        streams.take(segment(port, 0, half), "x", &mut capture);
    }
    for port in ports.rev() {
        streams.take(segment(port, 200, rest), "x", &mut capture);
    }
    assert_eq!(capture.messages.len(), stream::STREAMS_MAX);
}

#[test]
fn a_capture_that_breaks_off_gives_what_it_has() {
    let calls = carrier_of_logins();
    let ip = ipv4(CARRIER, 17, 0, &udp(calls[0].as_bytes()));
    let packet = LITTLE.packet(&ip);
    let whole = LITTLE.file(&[packet.clone(), packet]);
    for length in 24..whole.len() {
        let capture = captured(&whole[..length]);
        let half = 24 + (whole.len() - 24) / 2;
        assert_eq!(
            capture.messages.len(),
            usize::from(length >= half),
            "{length}"
        );
        let broken = usize::from(length != 24 && length != half);
        assert_eq!(capture.passed.values().sum::<usize>(), broken, "{length}");
    }
}

#[test]
fn files_that_are_not_read_say_what_to_do() {
    let mut capture = Capture::default();
    let radio = Written {
        link: 105,
        ..LITTLE
    };
    for (file, wanted) in [
        (vec![0x1F, 0x8B, 8, 0], FormatError::Compressed),
        (radio.file(&[]), FormatError::Link(105)),
    ] {
        assert_eq!(capture.add("x", &file), Err(wanted));
    }
}

#[test]
fn more_messages_than_are_kept_are_counted() {
    let line = "OPTIONS sip:a SIP/2.0\n\n";
    let capture = captured(line.repeat(capture::MESSAGES_MAX + 3).as_bytes());
    assert_eq!(capture.messages.len(), capture::MESSAGES_MAX);
    assert_eq!(capture.passed.get(&capture::Passed::TooMany), Some(&3));
}
