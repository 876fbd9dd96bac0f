//! A packet costs no allocation: relayed, converted, mixed, tapped and reported, a hundred thousand times.
#![expect(
    unsafe_code,
    reason = "counting allocations takes a global allocator, which is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;

use gudok_media::control::{Codec, Command, Hears, MediaLeg, Peer};
use gudok_media::engine::Config;
use gudok_media::rtp::Stamp;
use gudok_media::tap::{BlockQueue, TapWriter};
use gudok_media::{Engine, Kind, Transmit};

struct Counting;

thread_local! {
    /// Of this thread: the test runner has threads of its own.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Default)]
struct Count(u64);

impl Transmit for Count {
    fn send(&mut self, _: MediaLeg, _: Kind, _: SocketAddr, datagram: &[u8]) {
        self.0 += u64::from(!datagram.is_empty());
    }
}

/// Parties of both laws in turn, the first recorded.
fn legs(engine: &mut Engine, sent: &mut Count, count: u16) -> Vec<(MediaLeg, Peer)> {
    let laws = [Codec::Pcma, Codec::Pcmu];
    let legs: Vec<_> = (0..count)
        .map(|slot| {
            let leg = MediaLeg::new(0, 1, slot);
            let peer = peer(slot, laws[usize::from(slot % 2)]);
            engine.open(0, leg);
            let agreed = peer.clone();
            engine.command(0, Command::Peer { leg, peer: agreed }, sent);
            (leg, peer)
        })
        .collect();
    let recording = Command::Record {
        leg: legs[0].0,
        recording: 1,
    };
    engine.command(0, recording, sent);
    legs
}

fn peer(slot: u16, codec: Codec) -> Peer {
    let host = [10, 0, 0, slot as u8];
    Peer {
        rtp: (host, 4_000).into(),
        rtcp: (host, 4_001).into(),
        codec,
        payload_type: codec.static_payload_type(),
        dtmf: None,
        send: true,
        receive: true,
        learn: None,
        talk_silence_us: None,
    }
}

/// A hundred frames to warm up, then so many of each leg. Gives what was allocated meanwhile, and what was sent in all.
fn allocations(parties: u16, frames: u32, joined: impl Fn(&[MediaLeg]) -> Command) -> (u64, u64) {
    let taps = Arc::new(BlockQueue::new(8, || ()));
    let config = Config {
        worker: 0,
        seed: 1,
        silence_us: 30_000_000,
    };
    let tap = Some(TapWriter::new(0, taps.sink()));
    let mut engine = Engine::new(config, tap);
    let mut sent = Count::default();
    let legs = legs(&mut engine, &mut sent, parties);
    let ids: Vec<MediaLeg> = legs.iter().map(|leg| leg.0).collect();
    engine.command(0, joined(&ids), &mut sent);
    let mut buffer = [0xd5; 172];
    let mut run = |frames: std::ops::Range<u32>| {
        for frame in frames {
            let now = u64::from(frame) * 20_000;
            for (leg, peer) in &legs {
                // Silence and speech by turns.
                buffer[12..].fill(if frame / 50 % 2 == 0 { 0xd5 } else { 0x2a });
                let (payload_type, seq, ts) = (peer.payload_type, frame as u16, frame * 160);
                let stamp = Stamp {
                    marker: false,
                    payload_type,
                    seq,
                    ts,
                    ssrc: 7,
                };
                stamp.put(&mut buffer, &(12..172));
                engine.packet(now, *leg, Kind::Rtp, peer.rtp, &mut buffer, &mut sent);
            }
            for ms in 0..20 {
                engine.tick(now + ms * 1_000, &mut sent);
            }
            while engine.poll_event().is_some() {}
            while let Some(block) = taps.next() {
                taps.give_back(block);
            }
        }
    };
    run(1..100);
    let before = ALLOCATIONS.get();
    run(100..100 + frames);
    (ALLOCATIONS.get() - before, sent.0)
}

#[test]
fn a_hundred_thousand_packets_allocate_nothing() {
    let (allocated, sent) = allocations(2, 50_000, |legs| Command::Bridge {
        a: legs[0],
        b: legs[1],
    });
    assert_eq!(allocated, 0);
    assert!(sent >= 2 * 50_099 + 300, "relayed and reported: {sent}");
}

#[test]
fn nor_do_a_hundred_thousand_in_a_room_with_a_whisper() {
    let (allocated, sent) = allocations(5, 20_000, |legs| {
        let hears = |&leg: &MediaLeg| Hears {
            leg,
            // The last one is not heard by the first, who is recorded.
            from: match leg == legs[0] {
                true => legs[..4].to_vec(),
                false => legs.to_vec(),
            },
        };
        Command::Mix {
            room: legs[0],
            parties: legs.iter().map(hears).collect(),
        }
    });
    assert_eq!(allocated, 0);
    assert!(sent >= 5 * 20_090, "mixed and sent: {sent}");
}
