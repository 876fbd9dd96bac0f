//! A packet costs no allocation: relayed, converted, tapped and reported, a hundred thousand times.
#![expect(
    unsafe_code,
    reason = "counting allocations takes a global allocator, which is an unsafe trait"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::SocketAddr;
use std::sync::Arc;

use gudok_media::control::{Codec, Command, MediaLeg, Peer};
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

/// Two parties of different laws, one of them recorded.
fn call(engine: &mut Engine, sent: &mut Count) -> [(MediaLeg, Peer); 2] {
    let legs = [(0, Codec::Pcma), (1, Codec::Pcmu)].map(|(slot, codec)| {
        let leg = MediaLeg::new(0, 1, slot);
        let rtp = SocketAddr::from(([10, 0, 0, slot as u8], 4_000));
        let rtcp = SocketAddr::from(([10, 0, 0, slot as u8], 4_001));
        let payload_type = codec.static_payload_type();
        let (dtmf, send, receive, learn) = (None, true, true, None);
        let peer = Peer {
            rtp,
            rtcp,
            codec,
            payload_type,
            dtmf,
            send,
            receive,
            learn,
            talk_silence_us: None,
        };
        engine.open(0, leg);
        engine.command(
            0,
            Command::Peer {
                leg,
                peer: peer.clone(),
            },
            sent,
        );
        (leg, peer)
    });
    engine.command(
        0,
        Command::Record {
            leg: legs[0].0,
            recording: 1,
        },
        sent,
    );
    engine.command(
        0,
        Command::Bridge {
            a: legs[0].0,
            b: legs[1].0,
        },
        sent,
    );
    legs
}

#[test]
fn a_hundred_thousand_packets_allocate_nothing() {
    let taps = Arc::new(BlockQueue::new(8, || ()));
    let config = Config {
        worker: 0,
        seed: 1,
        silence_us: 30_000_000,
    };
    let tap = Some(TapWriter::new(0, taps.sink()));
    let mut engine = Engine::new(config, tap);
    let mut sent = Count::default();
    let legs = call(&mut engine, &mut sent);
    let mut buffer = [0xd5; 172];
    let mut run = |frames: std::ops::Range<u32>| {
        for frame in frames {
            let now = u64::from(frame) * 20_000;
            for (leg, peer) in &legs {
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
    run(100..50_100);
    let after = ALLOCATIONS.get();
    assert_eq!(after - before, 0);
    assert!(
        sent.0 >= 2 * 50_099 + 300,
        "relayed and reported: {}",
        sent.0
    );
}
