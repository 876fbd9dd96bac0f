//! What a packet costs in a room against one in a bridge, without the kernel:
//! `cargo run --release -p gudok-media --example room_cost -- [seconds of talk]`.
//!
//! A hundred talks on one engine, everybody speaks at all times, the first of each is recorded. Prints the time of the
//! engine per received packet; the rows are of the same run, so their ratio is what counts.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "this program is a measuring device; what it prints is its result"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gudok_media::control::{Codec, Command, Hears, MediaLeg, Peer};
use gudok_media::engine::Config;
use gudok_media::rtp::Stamp;
use gudok_media::tap::{BlockQueue, TapWriter};
use gudok_media::{Engine, Kind, Transmit};

const TALKS: u16 = 100;

/// Counts what is sent.
struct Sent(u64);

impl Transmit for Sent {
    fn send(&mut self, _: MediaLeg, _: Kind, _: SocketAddr, datagram: &[u8]) {
        self.0 += u64::from(!datagram.is_empty());
    }
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|it| it.parse().ok());
    let seconds: u32 = seconds.unwrap_or(60);
    let (bridge, sent) = measure(2, false, seconds);
    row("bridge of 2", 2, bridge, bridge, sent, seconds);
    for parties in [2, 3, 5, 8] {
        let (took, sent) = measure(parties, true, seconds);
        let name = format!("room of {parties}");
        row(&name, parties, took, bridge, sent, seconds);
    }
}

fn row(name: &str, parties: u16, took: Duration, bridge: Duration, sent: u64, seconds: u32) {
    let packet = |took: Duration, parties: u16| {
        let packets = f64::from(parties) * f64::from(TALKS) * f64::from(seconds) * 50.0;
        took.as_secs_f64() * 1e6 / packets
    };
    let (here, there) = (packet(took, parties), packet(bridge, 2));
    let ratio = here / there;
    println!(
        "{name:<12} {here:6.3} µs per received packet, {ratio:5.2} of a bridge's; {sent} sent"
    );
}

fn measure(parties: u16, mixed: bool, seconds: u32) -> (Duration, u64) {
    let taps = Arc::new(BlockQueue::new(64, || ()));
    let config = Config {
        worker: 0,
        seed: 1,
        silence_us: 30_000_000,
    };
    let mut engine = Engine::new(config, Some(TapWriter::new(0, taps.sink())));
    let mut sent = Sent(0);
    let legs: Vec<(MediaLeg, SocketAddr)> = (0..TALKS * parties)
        .map(|slot| open(&mut engine, slot, &mut sent))
        .collect();
    for (number, talk) in legs.chunks(parties.into()).enumerate() {
        join(&mut engine, number as u64, talk, mixed, &mut sent);
    }
    let mut packet = [0; 172];
    let began = Instant::now();
    for frame in 0..seconds * 50 {
        let now = u64::from(frame) * 20_000;
        for ms in 0..20 {
            for (leg, from) in legs.iter().skip(ms).step_by(20) {
                packet[12..].fill((frame * 7 + ms as u32) as u8);
                let stamp = Stamp {
                    marker: false,
                    payload_type: 8,
                    seq: frame as u16,
                    ts: frame * 160,
                    ssrc: 7,
                };
                stamp.put(&mut packet, &(12..172));
                let now = now + ms as u64 * 1_000;
                engine.packet(now, *leg, Kind::Rtp, *from, &mut packet, &mut sent);
            }
            engine.tick(now + ms as u64 * 1_000, &mut sent);
        }
        while engine.poll_event().is_some() {}
        while let Some(block) = taps.next() {
            taps.give_back(block);
        }
    }
    (began.elapsed(), sent.0)
}

fn open(engine: &mut Engine, slot: u16, sent: &mut Sent) -> (MediaLeg, SocketAddr) {
    let leg = MediaLeg::new(0, 1, slot);
    let host = [10, 0, (slot >> 8) as u8, slot as u8];
    let rtp = SocketAddr::from((host, 4_000));
    let peer = Peer {
        rtp,
        rtcp: (host, 4_001).into(),
        codec: Codec::Pcma,
        payload_type: 8,
        dtmf: None,
        send: true,
        receive: true,
        learn: None,
        talk_silence_us: None,
    };
    engine.open(0, leg);
    engine.command(0, Command::Peer { leg, peer }, sent);
    (leg, rtp)
}

fn join(
    engine: &mut Engine,
    recording: u64,
    talk: &[(MediaLeg, SocketAddr)],
    mixed: bool,
    sent: &mut Sent,
) {
    let legs: Vec<MediaLeg> = talk.iter().map(|(leg, _)| *leg).collect();
    let record = Command::Record {
        leg: legs[0],
        recording,
    };
    engine.command(0, record, sent);
    let hears = |&leg| Hears {
        leg,
        from: legs.clone(),
    };
    let command = match mixed {
        true => Command::Mix {
            room: legs[0],
            parties: legs.iter().map(hears).collect(),
        },
        false => Command::Bridge {
            a: legs[0],
            b: legs[1],
        },
    };
    engine.command(0, command, sent);
}
