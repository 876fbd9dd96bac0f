//! Media workers over real sockets on loopback.
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gudok_media::control::{Codec, Command, Event, Hears, MediaLeg, Peer, Stats};
use gudok_media::g711::{self, FRAME};
use gudok_media::tap::{BlockQueue, Packet, Record, Side, read};
use gudok_media::{Bank, goertzel, rtp};
use gudok_wire::media::{Media, MediaConfig, OpenError, Port};
use tokio::sync::mpsc::Receiver;

/// Longest wait for anything in these tests; nothing takes a hundredth of it.
const PATIENCE: Duration = Duration::from_secs(10);
/// A second of speech.
const FRAMES: u16 = 50;

struct House {
    media: Media,
    events: Receiver<Event>,
    taps: Arc<BlockQueue>,
}

/// A party with sockets of its own.
struct Party {
    socket: UdpSocket,
    port: Port,
    ssrc: u32,
}

impl House {
    /// With so many pairs of ports. The range only counts them: the system picks free ports.
    fn new(pairs: u16) -> Self {
        let mut config = MediaConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Instant::now(), 42);
        config.ports = 10_000..=10_000 + 2 * pairs - 1;
        config.sockets = Box::new(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            let address = socket.local_addr()?;
            Ok((socket, address))
        });
        let taps = Arc::new(BlockQueue::new(32, || ()));
        let (media, events) = Media::start(config, |_| Some(taps.sink())).expect("threads");
        Self {
            media,
            events,
            taps,
        }
    }

    fn party(&self, call: u64, ssrc: u32) -> Party {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let port = self.media.open(call, false).expect("a leg");
        let rtp = socket.local_addr().expect("bound");
        let peer = Peer {
            rtp,
            rtcp: SocketAddr::new(rtp.ip(), rtp.port().wrapping_add(1)),
            codec: Codec::Pcma,
            payload_type: 8,
            dtmf: Some(101),
            send: true,
            receive: true,
            learn: None,
            talk_silence_us: None,
        };
        self.tell(Command::Peer {
            leg: port.leg,
            peer,
        });
        Party { socket, port, ssrc }
    }

    fn tell(&self, command: Command) {
        self.media.send(command).expect("a worker");
    }

    fn event(&mut self) -> Event {
        let start = Instant::now();
        loop {
            match self.events.try_recv() {
                Ok(event) => return event,
                Err(_) if start.elapsed() < PATIENCE => std::thread::yield_now(),
                Err(error) => panic!("no event came: {error}"),
            }
        }
    }

    fn close(&mut self, leg: MediaLeg) -> Stats {
        self.tell(Command::Close { leg });
        loop {
            match self.event() {
                Event::Closed {
                    leg: closed, stats, ..
                } if closed == leg => return *stats,
                _ => {}
            }
        }
    }

    /// Payloads of one side of the recording, when it has ended.
    fn recorded(&self, side: Side) -> Vec<Vec<u8>> {
        let (start, mut payloads, mut ended) = (Instant::now(), Vec::new(), false);
        while !ended {
            assert!(start.elapsed() < PATIENCE, "the recording has no end");
            let Some(block) = self.taps.next() else {
                std::thread::yield_now();
                continue;
            };
            for tapped in read(block.bytes()).expect("a block") {
                match tapped.record {
                    Record::Packet(Packet {
                        side: of, payload, ..
                    }) if of == side => {
                        payloads.push(payload.to_vec());
                    }
                    Record::End { .. } => ended = true,
                    _ => {}
                }
            }
            self.taps.give_back(block);
        }
        payloads
    }
}

impl Party {
    /// Speaks frame `n`: bytes that no other frame has.
    fn speak(&self, n: u16) {
        self.socket
            .send_to(&packet(self.ssrc, n), self.port.rtp)
            .expect("sent");
    }

    fn hear(&self) -> (rtp::Header, Vec<u8>) {
        let mut buffer = [0; 2_000];
        let (length, from) = self
            .socket
            .recv_from(&mut buffer)
            .expect("a packet in time");
        assert_eq!(from, self.port.rtp, "symmetric");
        let header = rtp::Header::read(&buffer[..length]).expect("RTP");
        let payload = buffer[header.payload.clone()].to_vec();
        (header, payload)
    }
}

fn packet(ssrc: u32, n: u16) -> Vec<u8> {
    let mut datagram = vec![0x80, 8];
    datagram.extend(n.to_be_bytes());
    datagram.extend((u32::from(n) * FRAME as u32).to_be_bytes());
    datagram.extend(ssrc.to_be_bytes());
    datagram.extend(speech(ssrc, n));
    datagram
}

fn speech(ssrc: u32, n: u16) -> Vec<u8> {
    let mut state = u64::from(ssrc) << 32 | u64::from(n);
    let next = |_| {
        state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 56) as u8
    };
    (0..FRAME).map(next).collect()
}

fn tone(hertz: f64, samples: usize) -> Vec<i16> {
    let wave = |n: usize| (n as f64 * std::f64::consts::TAU * hertz / 8e3).sin() * 8e3;
    (0..samples).map(|n| wave(n) as i16).collect()
}

#[test]
fn two_parties_hear_each_other_bit_by_bit_and_the_recording_has_both() {
    let mut house = House::new(8);
    let (caller, operator) = (house.party(1, 100), house.party(1, 200));
    house.tell(Command::Record {
        leg: caller.port.leg,
        recording: 7,
    });
    house.tell(Command::Bridge {
        a: caller.port.leg,
        b: operator.port.leg,
    });
    for n in 0..FRAMES {
        caller.speak(n);
        operator.speak(n);
        assert_eq!(operator.hear().1, speech(100, n));
        assert_eq!(caller.hear().1, speech(200, n));
    }
    let stats = house.close(caller.port.leg);
    assert_eq!(
        (stats.received, stats.sent, stats.lost),
        (FRAMES.into(), FRAMES.into(), 0)
    );
    let said: Vec<_> = (0..FRAMES).map(|n| speech(100, n)).collect();
    assert_eq!(house.recorded(Side::Left), said);
    house.close(operator.port.leg);
}

#[test]
fn a_prompt_is_heard_to_its_end() {
    let mut bank = Bank::new();
    let beep = bank
        .from_pcm("beep", &tone(440.0, 10 * FRAME))
        .expect("room");
    let mut house = House::new(8);
    let caller = house.party(1, 100);
    let leg = caller.port.leg;
    house.tell(Command::Play {
        leg,
        play: 3,
        bank: Arc::new(bank),
        prompts: [beep].into(),
        repeat: false,
    });
    let mut heard = Vec::new();
    for n in 0..10 {
        let (header, payload) = caller.hear();
        assert_eq!(header.marker, n == 0);
        heard.extend(
            payload
                .into_iter()
                .map(|byte| g711::decode(Codec::Pcma, byte)),
        );
    }
    assert_eq!(
        goertzel::loudest(&heard, &[440.0, 697.0], g711::RATE),
        Some(440.0)
    );
    assert_eq!(house.event(), Event::PlayEnded { leg, play: 3 });
}

/// A frame of one level.
fn level(ssrc: u32, n: u16, level: i16) -> Vec<u8> {
    let mut datagram = packet(ssrc, n);
    datagram.truncate(12);
    datagram.extend([g711::encode(Codec::Pcma, level); FRAME]);
    datagram
}

#[test]
fn three_in_a_room_hear_the_sum_of_the_others_and_two_who_are_left_each_other() {
    let mut house = House::new(3);
    let levels = [1_000, 4_000, 16_000];
    let parties: Vec<Party> = (1..4).map(|ssrc| house.party(7, ssrc)).collect();
    let legs: Vec<MediaLeg> = parties.iter().map(|party| party.port.leg).collect();
    let hears = |&leg: &MediaLeg| Hears {
        leg,
        from: legs.clone(),
    };
    house.tell(Command::Mix {
        room: legs[0],
        parties: legs.iter().map(hears).collect(),
    });
    let mut n = 0;
    // Each of them is sent a frame in every beat, which is when all say the next one.
    let mut until = |count: usize, wanted: &[i32]| {
        let mut hopes = wanted.to_vec();
        let begun = Instant::now();
        while hopes.iter().any(|&hope| hope != 0) {
            assert!(begun.elapsed() < PATIENCE, "not heard: {hopes:?}");
            for (party, level_of) in parties.iter().zip(levels).take(count) {
                let frame = level(party.ssrc, n, level_of);
                party.socket.send_to(&frame, party.port.rtp).expect("sent");
            }
            n += 1;
            for (party, hope) in parties.iter().zip(&mut hopes) {
                let (_, payload) = party.hear();
                let near = |byte: &u8| {
                    let sample = i32::from(g711::decode(Codec::Pcma, *byte));
                    (sample - *hope).abs() <= *hope / 16
                };
                if payload.iter().all(near) {
                    *hope = 0;
                }
            }
        }
    };
    until(3, &[20_000, 17_000, 5_000]);
    house.close(legs[2]);
    until(2, &[4_000, 1_000]);
}

#[test]
fn a_stranger_is_neither_heard_nor_spoken_to() {
    let mut house = House::new(8);
    let (caller, operator) = (house.party(1, 100), house.party(1, 200));
    house.tell(Command::Bridge {
        a: caller.port.leg,
        b: operator.port.leg,
    });
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port");
    for n in 0..FRAMES {
        stranger
            .send_to(&packet(100, n), caller.port.rtp)
            .expect("sent");
        caller.speak(n);
        assert_eq!(operator.hear().1, speech(100, n), "the caller's, once");
        operator.speak(n);
        caller.hear();
    }
    let stats = house.close(caller.port.leg);
    assert_eq!(
        (stats.foreign, stats.received, stats.duplicate),
        (FRAMES.into(), FRAMES.into(), 0)
    );
    stranger.set_nonblocking(true).expect("an option");
    assert!(stranger.recv_from(&mut [0; 100]).is_err());
}

#[test]
fn ports_come_back_only_after_their_rest() {
    let mut house = House::new(2);
    let first = house.party(1, 100);
    let second = house.party(1, 200);
    assert!(matches!(house.media.open(1, false), Err(OpenError::NoPort)));
    house.close(first.port.leg);
    assert!(
        matches!(house.media.open(1, false), Err(OpenError::NoPort)),
        "still resting"
    );
    house.close(second.port.leg);
}

#[test]
fn commands_for_a_leg_of_no_worker_are_refused() {
    let house = House::new(2);
    let nobody = MediaLeg::new(77, 1, 0);
    let refused = house
        .media
        .send(Command::Close { leg: nobody })
        .expect_err("no such worker");
    assert!(refused.to_string().contains("media worker 77"), "{refused}");
}
