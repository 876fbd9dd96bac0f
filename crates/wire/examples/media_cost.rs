//! What a relayed and recorded packet costs: `cargo run --release --example media_cost -- [calls] [seconds] [tick in ms]
//! [parties of a room]`.
//!
//! Two parties a call, or so many in a room each, 50 packets a second each, on loopback, all legs on one worker. Prints the CPU of the worker
//! thread per received packet and per call; the generator runs on another thread and is not counted.
#![expect(
    clippy::print_stdout,
    reason = "this program is a measuring device; what it prints is its result"
)]

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gudok_media::control::{Codec, Command, Hears, MediaLeg, Peer};
use gudok_media::tap::BlockQueue;
use gudok_wire::media::{Media, MediaConfig, WorkerLoad};

const FRAME: Duration = Duration::from_millis(20);

struct Party {
    socket: UdpSocket,
    packet: [u8; 172],
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let calls = numbers.next().transpose()?.unwrap_or(100);
    let seconds = numbers.next().transpose()?.unwrap_or(10);

    let mut config = MediaConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Instant::now(), 1);
    config.workers = 1;
    config.tick = Duration::from_millis(numbers.next().transpose()?.unwrap_or(1));
    let room = numbers.next().transpose()?;
    let taps = Arc::new(BlockQueue::new(64, || ()));
    let (media, _events) = Media::start(config, |_| Some(taps.sink()))?;
    let mut parties = Vec::new();
    for call in 0..calls {
        let talk = (0..room.unwrap_or(2)).map(|_| open(&media, call));
        let (sockets, legs): (Vec<_>, Vec<_>) =
            talk.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        media.send(Command::Record {
            leg: legs[0],
            recording: call + 1,
        })?;
        media.send(join(&legs, room.is_some()))?;
        parties.extend(sockets);
    }

    let stop = Arc::new(AtomicBool::new(false));
    let generator = {
        let stop = Arc::clone(&stop);
        thread::spawn(move || generate(parties, &stop))
    };
    let recorder = {
        let stop = Arc::clone(&stop);
        thread::spawn(move || record(&taps, &stop))
    };
    thread::sleep(Duration::from_secs(2));
    let before = media.load()[0];
    thread::sleep(Duration::from_secs(seconds));
    let after = media.load()[0];
    stop.store(true, Ordering::Relaxed);
    let heard = generator.join().map_err(|_| "the generator panicked")?;
    let blocks = recorder.join().map_err(|_| "the recorder panicked")?;
    report(calls, seconds, &before, &after);
    println!("parties heard {heard} packets; {blocks} blocks recorded");
    Ok(())
}

/// A bridge, or a room in which everybody hears all others.
fn join(legs: &[MediaLeg], mixed: bool) -> Command {
    let hears = |&leg| Hears {
        leg,
        from: legs.to_vec(),
    };
    match mixed {
        true => Command::Mix {
            room: legs[0],
            parties: legs.iter().map(hears).collect(),
        },
        false => Command::Bridge {
            a: legs[0],
            b: legs[1],
        },
    }
}

fn report(calls: u64, seconds: u64, before: &WorkerLoad, after: &WorkerLoad) {
    let (received, sent) = (after.received - before.received, after.sent - before.sent);
    let cpu_us = (after.cpu_ns - before.cpu_ns) as f64 / 1e3;
    let percent = cpu_us / (seconds as f64 * 1e6) * 100.0;
    println!("{calls} calls, {seconds} s: {received} packets received, {sent} sent");
    println!("{:.2} µs per received packet", cpu_us / received as f64);
    println!(
        "{percent:.2} % of a core; {:.4} % per call",
        percent / calls as f64
    );
}

fn open(media: &Media, call: u64) -> Result<(Party, MediaLeg), Box<dyn std::error::Error>> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_nonblocking(true)?;
    let port = media.open(call, false)?;
    socket.connect(port.rtp)?;
    let rtp = socket.local_addr()?;
    let (codec, payload_type) = (Codec::Pcma, 8);
    let peer = Peer {
        rtp,
        rtcp: rtp,
        codec,
        payload_type,
        dtmf: None,
        send: true,
        receive: true,
        learn: None,
        talk_silence_us: None,
    };
    media.send(Command::Peer {
        leg: port.leg,
        peer,
    })?;
    let mut packet = [0xd5; 172];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[8..12].copy_from_slice(&(port.leg.0 as u32).to_be_bytes());
    Ok((Party { socket, packet }, port.leg))
}

/// Sends a frame of each party every 20 ms, evenly spread, and takes what they hear.
fn generate(mut parties: Vec<Party>, stop: &AtomicBool) -> u64 {
    let (start, mut heard, mut buffer) = (Instant::now(), 0, [0; 2_000]);
    let count = parties.len() as u32;
    for frame in 0u32.. {
        for (index, party) in parties.iter_mut().enumerate() {
            let due = FRAME * frame + FRAME * index as u32 / count;
            if let Some(wait) = due.checked_sub(start.elapsed())
                && wait > Duration::from_micros(500)
            {
                thread::sleep(wait);
            }
            party.packet[2..4].copy_from_slice(&(frame as u16).to_be_bytes());
            party.packet[4..8].copy_from_slice(&(frame * 160).to_be_bytes());
            let _lost = party.socket.send(&party.packet);
            while party.socket.recv(&mut buffer).is_ok() {
                heard += 1;
            }
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    heard
}

fn record(taps: &BlockQueue, stop: &AtomicBool) -> u64 {
    let mut blocks = 0;
    while !stop.load(Ordering::Relaxed) {
        while let Some(block) = taps.next() {
            blocks += 1;
            taps.give_back(block);
        }
        thread::sleep(Duration::from_millis(20));
    }
    blocks
}
