//! What a worker does when something breaks, and how wide its grid is.
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use gudok_media::Bank;
use gudok_media::control::{ClosedBy, Codec, Command, Peer};

use super::*;
use crate::media::bind_anew;

/// Longest wait for a datagram on the loopback.
const PATIENCE: Duration = Duration::from_secs(10);

/// One prompt of a second.
fn music() -> Arc<Bank> {
    let mut bank = Bank::new();
    bank.from_pcm("music", &[0; 160 * 50]).expect("room");
    Arc::new(bank)
}

/// A worker that is run by hand, with what it tells.
fn worker() -> (Worker, mpsc::Receiver<Event>, Arc<ArrayQueue<Returned>>) {
    let config = MediaConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Instant::now(), 42);
    let (events, told) = mpsc::channel(64);
    let closed = Arc::new(ArrayQueue::new(8));
    let outlet = Outlet {
        events,
        closed: Arc::clone(&closed),
    };
    let shared = Arc::new(Shared::new().expect("an eventfd"));
    let worker = Worker::new(0, &config, None, shared, outlet);
    (worker.expect("an epoll"), told, closed)
}

/// A party that hears music on a leg of its own.
fn party(worker: &mut Worker, slot: u16) -> (MediaLeg, UdpSocket) {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let bind = || bind_anew(here).expect("a port").0;
    let (leg, socket) = (MediaLeg::new(0, 1, slot), bind());
    let address = socket.local_addr().expect("bound");
    let (rtp, rtcp) = (bind(), bind());
    let pair = Pair {
        leg,
        port: slot,
        rtp,
        rtcp,
    };
    let peer = Peer {
        rtp: address,
        rtcp: address,
        codec: Codec::Pcma,
        payload_type: 8,
        dtmf: None,
        send: true,
        receive: true,
        learn: None,
        talk_silence_us: None,
    };
    let play = Command::Play {
        leg,
        play: 1,
        bank: music(),
        prompts: [0].into(),
        repeat: true,
    };
    for order in [
        Order::Open(pair),
        Order::Do(Command::Peer { leg, peer }),
        Order::Do(play),
    ] {
        assert!(worker.shared.orders.push(order).is_ok(), "room");
    }
    (leg, socket)
}

fn hear(socket: &UdpSocket) {
    socket.set_nonblocking(false).expect("an option");
    socket.set_read_timeout(Some(PATIENCE)).expect("an option");
    socket.recv(&mut [0; 200]).expect("a frame in time");
}

#[test]
fn a_panic_in_the_tick_costs_one_leg_and_the_worker_plays_on() {
    let (mut worker, mut told, returned) = worker();
    let (_, first) = party(&mut worker, 0);
    let (broken, _) = party(&mut worker, 1);
    let (_, last) = party(&mut worker, 2);
    worker.sockets.broken = Some(broken);
    let end = loop {
        worker.round();
        if let Ok(Event::Closed { leg, by, .. }) = told.try_recv() {
            break (leg, by);
        }
    };
    assert_eq!(end, (broken, ClosedBy::Bug));
    assert_eq!(
        returned.pop().map(|(leg, port, _)| (leg, port)),
        Some((broken, 1)),
        "its port comes back"
    );
    let sent = worker.sockets.sent;
    while worker.sockets.sent < sent + 6 {
        worker.round();
    }
    hear(&first);
    hear(&last);
    assert_eq!(worker.engine.legs(), 2);
}

#[test]
fn the_figures_of_an_ended_leg_wait_for_other_news_but_not_long() {
    let (mut worker, mut told, _) = worker();
    let (ended, _) = party(&mut worker, 0);
    let (broken, _) = party(&mut worker, 1);
    worker.round();
    let close = |leg| Order::Do(Command::Close { leg });
    assert!(worker.shared.orders.push(close(ended)).is_ok(), "room");
    // News have just been passed on, and will have been for as long as this test takes.
    worker.passed_at = u64::MAX;
    worker.round();
    assert!(told.try_recv().is_err(), "nobody hurries for it");
    worker.sockets.broken = Some(broken);
    while told.is_empty() {
        worker.round();
    }
    let both: Vec<Event> = std::iter::from_fn(|| told.try_recv().ok()).collect();
    assert!(
        matches!(both[..], [Event::Closed { leg, .. }, Event::Closed { by: ClosedBy::Bug, .. }] if leg == ended),
        "{both:?}"
    );
    let (last, _) = party(&mut worker, 2);
    worker.round();
    assert!(worker.shared.orders.push(close(last)).is_ok(), "room");
    while told.is_empty() {
        worker.round();
    }
    assert!(matches!(told.try_recv(), Ok(Event::Closed { leg, .. }) if leg == last));
}

#[test]
fn the_grid_is_as_wide_as_a_wake_up_is_worth() {
    const MS: u64 = 1_000_000;
    let of_calls = |calls: u64| grid_ns(calls * 100, MS);
    assert_eq!(of_calls(0), 4 * MS);
    assert_eq!(of_calls(50), 3_200_000);
    assert_eq!(of_calls(100), 1_600_000);
    assert_eq!(of_calls(200), MS);
    assert_eq!(grid_ns(0, 8 * MS), 8 * MS, "the setting is the finest");
}
