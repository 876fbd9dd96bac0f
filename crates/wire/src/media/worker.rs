//! One media thread: a millisecond grid, its sockets, and the engine between them.
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_queue::ArrayQueue;
use gudok_media::control::{Event, MediaLeg};
use gudok_media::rtp::MAX_DATAGRAM;
use gudok_media::tap::TapWriter;
use gudok_media::{Bank, Engine, Kind, Transmit};
use tokio::sync::mpsc;

use super::ports::Returned;
use super::sys::{self, BATCH, Epoll};
use super::{MAX_WORKERS, MediaConfig, Order, Pair, Shared};

/// Bounds of the grid. Two frames of a prompt must not fall into one tick.
const TICK_MS: RangeInclusive<u64> = 1..=10;
/// The widest grid, where there is little to do: what a packet waits at most. Far below what a phone's buffer evens out,
/// and frames of a prompt leave at most so much out of step.
const WIDEST_NS: u64 = 4_000_000;
/// Packets a wake-up should find: waking costs as much as four to eight of them, more on a processor that fell asleep.
const WORTH_WAKING: u64 = 16;
/// How long the figures of legs that have ended may wait for other news: nobody hurries for them, and each news wakes
/// the call side.
const FIGURES_WAIT_US: u64 = 20_000;
/// How often load and wall clock are looked at.
const LOOK_US: u64 = 1_000_000;
/// Token of the wake-up; no socket has it.
const WAKE: u64 = u64::MAX;

/// Where a worker's news go.
pub(super) struct Outlet {
    pub(super) events: mpsc::Sender<Event>,
    pub(super) closed: Arc<ArrayQueue<Returned>>,
}

pub(super) struct Worker {
    number: u16,
    pin: bool,
    /// The finest grid.
    tick_ns: u64,
    /// The grid by the load of the last second.
    grid_ns: u64,
    engine: Engine,
    sockets: Sockets,
    epoll: Epoll,
    shared: Arc<Shared>,
    outlet: Outlet,
    /// An event the channel had no room for.
    waiting: Option<Event>,
    /// When events were last passed on.
    passed_at: u64,
    clock: Clock,
    buffer: Box<[u8; MAX_DATAGRAM + 1]>,
    received: u64,
    look: Look,
}

/// Monotonic time since the daemon's start.
#[derive(Clone, Copy)]
struct Clock {
    epoch_ns: u64,
}

/// When load was last looked at, and what it was.
#[derive(Default)]
struct Look {
    at: u64,
    cpu_ns: u64,
    received: u64,
}

/// The sockets of all legs, by place.
#[derive(Default)]
struct Sockets {
    pairs: Vec<Option<Pair>>,
    sent: u64,
    failed: u64,
    /// A leg whose sending has a bug.
    #[cfg(test)]
    broken: Option<MediaLeg>,
}

impl Worker {
    pub(super) fn new(
        number: u16,
        config: &MediaConfig,
        bank: Arc<Bank>,
        tap: Option<TapWriter>,
        shared: Arc<Shared>,
        outlet: Outlet,
    ) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        epoll.add(shared.wake.fd(), WAKE)?;
        let silence_us = config.silence.as_micros().try_into().unwrap_or(u64::MAX);
        let seed = config.seed;
        let settings = gudok_media::engine::Config {
            worker: number,
            seed,
            silence_us,
        };
        Ok(Self {
            number,
            pin: config.pin,
            tick_ns: tick_ns(config.tick),
            grid_ns: tick_ns(config.tick),
            engine: Engine::new(settings, bank, tap),
            sockets: Sockets::default(),
            epoll,
            shared,
            outlet,
            waiting: None,
            passed_at: 0,
            clock: Clock::since(config.epoch),
            buffer: Box::new([0; MAX_DATAGRAM + 1]),
            received: 0,
            look: Look::default(),
        })
    }

    /// Until the handle is dropped.
    pub(super) fn run(mut self) {
        let _end = MarkGone(Arc::clone(&self.shared));
        self.settle();
        let mut next_ns = sys::monotonic_ns();
        while !self.shared.stop.load(Ordering::Acquire) {
            if self.engine.is_idle() && self.waiting.is_none() {
                self.sleep();
                next_ns = sys::monotonic_ns();
            }
            self.round();
            next_ns = (next_ns + self.grid_ns).max(sys::monotonic_ns());
            sys::sleep_until_ns(next_ns);
        }
        self.engine.flush(self.clock.now());
    }

    fn settle(&mut self) {
        if let Err(error) = sys::set_timer_slack() {
            tracing::warn!(%error, "media thread keeps a coarse timer");
        }
        if self.pin
            && let Err(error) = sys::pin(usize::from(self.number) % MAX_WORKERS)
        {
            tracing::warn!(%error, worker = self.number, "media thread is not pinned");
        }
        self.look_around(self.clock.now());
    }

    /// Nothing to do: until somebody raises the eventfd.
    fn sleep(&mut self) {
        self.publish();
        self.shared.asleep.store(true, Ordering::Relaxed);
        // See `Shared::wake_if_asleep`.
        fence(Ordering::SeqCst);
        if self.shared.orders.is_empty() && !self.shared.stop.load(Ordering::Relaxed) {
            let _ready = self.epoll.wait(None);
        }
        self.shared.asleep.store(false, Ordering::Relaxed);
        self.shared.wake.lower();
        self.look_around(self.clock.now());
    }

    fn round(&mut self) {
        let now = self.clock.now();
        if now.saturating_sub(self.look.at) >= LOOK_US {
            self.look_around(now);
        }
        self.orders_and_packets();
        self.tick();
        self.pass_events();
    }

    /// Each panic takes a leg or the tap away, so this ends.
    fn tick(&mut self) {
        let now = self.clock.now();
        let (engine, sockets) = (&mut self.engine, &mut self.sockets);
        while catch_unwind(AssertUnwindSafe(|| engine.tick(now, sockets))).is_err() {
            if !bury(engine, now) {
                return;
            }
        }
    }

    fn take_orders(&mut self, now: u64) {
        for _ in 0..self.shared.orders.len() {
            match self.shared.orders.pop() {
                Some(Order::Open(pair)) => self.open(now, pair),
                Some(Order::Do(command)) => self.guarded(|worker| {
                    worker.engine.command(now, command, &mut worker.sockets);
                }),
                None => break,
            }
        }
    }

    fn open(&mut self, now: u64, pair: Pair) {
        let leg = pair.leg;
        for kind in [Kind::Rtp, Kind::Rtcp] {
            if let Err(error) = self
                .epoll
                .add(pair.of(kind).as_raw_fd(), token(pair.leg, kind))
            {
                tracing::error!(%error, "a leg is deaf: its socket cannot be watched");
            }
        }
        self.sockets.put(pair);
        self.guarded(|worker| worker.engine.open(now, leg));
    }

    /// Orders, and one datagram of each socket that has some; what is left waits for the next millisecond, so that a
    /// flooded port cannot hold the others up.
    fn orders_and_packets(&mut self) {
        let rounds = 2 * self.engine.legs() / BATCH + 1;
        for _ in 0..rounds {
            let looked = self.epoll.wait(Some(Duration::ZERO));
            let now = self.clock.now();
            // Only now, so that what was ordered before a packet was sent is done before the packet is read.
            self.take_orders(now);
            let ready = match looked {
                Ok(ready) => ready,
                Err(error) => return tracing::error!(%error, "media sockets cannot be waited for"),
            };
            for index in 0..ready {
                self.receive(now, self.epoll.token(index));
            }
            if ready < BATCH {
                return;
            }
        }
    }

    fn receive(&mut self, now: u64, token: u64) {
        let (slot, kind) = place(token);
        let Some(Some(pair)) = self.sockets.pairs.get(slot) else {
            return self.shared.wake.lower();
        };
        let leg = pair.leg;
        // An error is an answer by ICMP to something we sent; there is nothing to read then.
        let Ok((length, from)) = pair.of(kind).recv_from(&mut self.buffer[..]) else {
            return;
        };
        self.received += 1;
        if length > MAX_DATAGRAM {
            return;
        }
        self.guarded(|worker| {
            let datagram = &mut worker.buffer[..length];
            worker
                .engine
                .packet(now, leg, kind, from, datagram, &mut worker.sockets);
        });
    }

    /// A panic costs the leg it happened on, not the others.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            bury(&mut self.engine, self.clock.now());
        }
    }

    fn pass_events(&mut self) {
        let now = self.clock.now();
        let hurries = self.waiting.is_some() || self.engine.hurries();
        if !hurries && now.saturating_sub(self.passed_at) < FIGURES_WAIT_US {
            return;
        }
        self.passed_at = now;
        while let Some(event) = self.next_event() {
            match self.outlet.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => {
                    self.waiting = Some(event);
                    return;
                }
                // The call side has gone; the handle will be dropped.
                Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.take() {
            return Some(event);
        }
        let event = self.engine.poll_event()?;
        if let Event::Closed { leg, .. } = event {
            self.shut(leg);
        }
        Some(event)
    }

    fn shut(&mut self, leg: MediaLeg) {
        let Some(port) = self.sockets.take(leg) else {
            return;
        };
        if self
            .outlet
            .closed
            .push((leg, port, Instant::now()))
            .is_err()
        {
            tracing::error!(port, "a port is lost: more were returned than leased");
        }
    }

    fn look_around(&mut self, now: u64) {
        let cpu_ns = sys::thread_cpu_ns();
        let elapsed_us = now.saturating_sub(self.look.at).max(1);
        let permille = cpu_ns.saturating_sub(self.look.cpu_ns) / elapsed_us;
        let received = self.received.saturating_sub(self.look.received);
        self.grid_ns = grid_ns(received * 1_000_000 / elapsed_us, self.tick_ns);
        self.look = Look {
            at: now,
            cpu_ns,
            received: self.received,
        };
        self.engine
            .set_wall_offset(wall_us().saturating_sub_unsigned(now));
        self.shared
            .figures
            .cpu_permille
            .store(permille as u32, Ordering::Relaxed);
        self.publish();
    }

    fn publish(&self) {
        let figures = &self.shared.figures;
        figures.legs.store(self.engine.legs(), Ordering::Relaxed);
        figures
            .cpu_ns
            .store(sys::thread_cpu_ns(), Ordering::Relaxed);
        figures.received.store(self.received, Ordering::Relaxed);
        figures.sent.store(self.sockets.sent, Ordering::Relaxed);
        figures
            .send_failed
            .store(self.sockets.failed, Ordering::Relaxed);
        figures
            .events_dropped
            .store(self.engine.events_dropped(), Ordering::Relaxed);
    }
}

impl Clock {
    fn since(epoch: Instant) -> Self {
        let elapsed = u64::try_from(epoch.elapsed().as_nanos()).unwrap_or(0);
        Self {
            epoch_ns: sys::monotonic_ns().saturating_sub(elapsed),
        }
    }

    /// Microseconds.
    fn now(self) -> u64 {
        sys::monotonic_ns().saturating_sub(self.epoch_ns) / 1_000
    }
}

impl Sockets {
    fn put(&mut self, pair: Pair) {
        let slot = usize::from(pair.leg.slot());
        if self.pairs.len() <= slot {
            self.pairs.resize_with(slot + 1, || None);
        }
        self.pairs[slot] = Some(pair);
    }

    /// Closes the leg's sockets and gives its port.
    fn take(&mut self, leg: MediaLeg) -> Option<u16> {
        let place = self.pairs.get_mut(usize::from(leg.slot()))?;
        place.take_if(|pair| pair.leg == leg).map(|pair| pair.port)
    }
}

impl Transmit for Sockets {
    fn send(&mut self, leg: MediaLeg, kind: Kind, to: SocketAddr, datagram: &[u8]) {
        #[cfg(test)]
        assert_ne!(self.broken, Some(leg), "a bug");
        let Some(Some(pair)) = self.pairs.get(usize::from(leg.slot())) else {
            return;
        };
        match pair.of(kind).send_to(datagram, to) {
            Ok(_) => self.sent += 1,
            Err(_) => self.failed += 1,
        }
    }
}

impl Pair {
    fn of(&self, kind: Kind) -> &UdpSocket {
        match kind {
            Kind::Rtp => &self.rtp,
            Kind::Rtcp => &self.rtcp,
        }
    }
}

/// Takes away what a panic was met on: the leg the engine worked on, or the tap. False if there is nothing to take.
fn bury(engine: &mut Engine, now: u64) -> bool {
    let Some(leg) = engine.at_work() else {
        tracing::error!("a bug: this media thread records nothing any more");
        return engine.lose_tap();
    };
    tracing::error!(?leg, "a bug: a media leg is closed, the others go on");
    if catch_unwind(AssertUnwindSafe(|| engine.give_up(now, leg))).is_err() {
        // The leg is out by then, and its end is told; what broke is the end of its recording.
        engine.lose_tap();
    }
    true
}

/// However the thread ends, the call side knows.
struct MarkGone(Arc<Shared>);

impl Drop for MarkGone {
    fn drop(&mut self) {
        self.0.gone.store(true, Ordering::Release);
    }
}

fn token(leg: MediaLeg, kind: Kind) -> u64 {
    u64::from(leg.slot()) << 1 | u64::from(kind == Kind::Rtcp)
}

fn place(token: u64) -> (usize, Kind) {
    let kind = if token & 1 == 0 {
        Kind::Rtp
    } else {
        Kind::Rtcp
    };
    (usize::try_from(token >> 1).unwrap_or(usize::MAX), kind)
}

fn tick_ns(tick: Duration) -> u64 {
    let millis = u64::try_from(tick.as_millis()).unwrap_or(u64::MAX);
    millis.clamp(*TICK_MS.start(), *TICK_MS.end()) * 1_000_000
}

/// The grid on which so many packets a second make a wake-up worth its cost, never finer than `finest`.
fn grid_ns(packets_per_second: u64, finest: u64) -> u64 {
    let worth = 1_000_000_000 * WORTH_WAKING / packets_per_second.max(1);
    worth.clamp(finest, WIDEST_NS.max(finest))
}

/// Microseconds since 1970.
fn wall_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use gudok_media::control::{ClosedBy, Codec, Command, Peer};

    use super::*;
    use crate::media::bind_anew;

    /// Longest wait for a datagram on the loopback.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// A worker that is run by hand, with what it tells.
    fn worker(music: usize) -> (Worker, mpsc::Receiver<Event>, Arc<ArrayQueue<Returned>>) {
        let config = MediaConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Instant::now(), 42);
        let mut bank = Bank::new();
        bank.from_pcm("music", &vec![0; 160 * music]).expect("room");
        let (events, told) = mpsc::channel(64);
        let closed = Arc::new(ArrayQueue::new(8));
        let outlet = Outlet {
            events,
            closed: Arc::clone(&closed),
        };
        let shared = Arc::new(Shared::new().expect("an eventfd"));
        let worker = Worker::new(0, &config, Arc::new(bank), None, shared, outlet);
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
        let (mut worker, mut told, returned) = worker(50);
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
        let (mut worker, mut told, _) = worker(50);
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
}
