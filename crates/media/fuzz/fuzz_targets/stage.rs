//! A bridged and recorded call that any bytes come to.
use std::net::SocketAddr;
use std::sync::Arc;

use gudok_media::control::{Codec, Command, MediaLeg, Peer};
use gudok_media::engine::Config;
use gudok_media::tap::{BlockQueue, TapWriter, read};
use gudok_media::{Engine, Kind, Transmit};

struct Nowhere;

impl Transmit for Nowhere {
    fn send(&mut self, _: MediaLeg, _: Kind, to: SocketAddr, datagram: &[u8]) {
        assert!(!datagram.is_empty());
        assert_ne!(to, stranger(), "nothing is sent to a stranger");
    }
}

/// Cuts `data` into datagrams (one byte of sender and time, one or two of length) and feeds them to a call.
pub fn feed(kind: Kind, data: &[u8]) {
    let taps = Arc::new(BlockQueue::new(4, || ()));
    let tap = Some(TapWriter::new(0, taps.sink()));
    let config = Config {
        worker: 0,
        seed: 1,
        silence_us: 1_000_000,
    };
    let mut engine = Engine::new(config, tap);
    let legs = call(&mut engine);
    let (mut now, mut rest) = (0, data);
    while let [head, length, tail @ ..] = rest {
        let (datagram, next) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = next;
        let leg = legs[usize::from(head & 1)];
        let known = peer(leg, Codec::Pcma);
        let from = match (head >> 1 & 3, kind) {
            (0, _) => stranger(),
            (1, _) => SocketAddr::new(known.rtp.ip(), 9),
            (_, Kind::Rtp) => known.rtp,
            (_, Kind::Rtcp) => known.rtcp,
        };
        now += u64::from(head >> 3) * 3_000;
        engine.packet(now, leg, kind, from, &mut datagram.to_vec(), &mut Nowhere);
        engine.tick(now, &mut Nowhere);
        while engine.poll_event().is_some() {}
    }
    for leg in legs {
        engine.command(now, Command::Close { leg }, &mut Nowhere);
    }
    engine.flush(now);
    while let Some(block) = taps.next() {
        let mut records = read(block.bytes()).expect("a block");
        records.by_ref().for_each(drop);
        assert!(!records.is_damaged());
    }
}

fn call(engine: &mut Engine) -> [MediaLeg; 2] {
    let legs = [(0, Codec::Pcma), (1, Codec::Pcmu)].map(|(slot, codec)| {
        let leg = MediaLeg::new(0, 1, slot);
        engine.open(0, leg);
        engine.command(
            0,
            Command::Peer {
                leg,
                peer: peer(leg, codec),
            },
            &mut Nowhere,
        );
        leg
    });
    engine.command(
        0,
        Command::Record {
            leg: legs[0],
            recording: 1,
        },
        &mut Nowhere,
    );
    engine.command(
        0,
        Command::Bridge {
            a: legs[0],
            b: legs[1],
        },
        &mut Nowhere,
    );
    legs
}

fn peer(leg: MediaLeg, codec: Codec) -> Peer {
    let host = [10, 0, 0, leg.slot() as u8];
    Peer {
        rtp: (host, 4_000).into(),
        rtcp: (host, 4_001).into(),
        codec,
        payload_type: codec.static_payload_type(),
        dtmf: Some(101),
        send: true,
        receive: true,
        learn: (leg.slot() == 1).then(|| [192, 0, 2, 1].into()),
        talk_silence_us: None,
    }
}

fn stranger() -> SocketAddr {
    ([198, 51, 100, 7], 9).into()
}
