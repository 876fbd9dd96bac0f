//! One media thread: a millisecond grid, its sockets, and the engine between them.
mod grid;
mod sockets;
use std::io;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_queue::ArrayQueue;
use gudok_media::control::{Event, MediaLeg};
use gudok_media::rtp::MAX_DATAGRAM;
use gudok_media::tap::TapWriter;
use gudok_media::{Engine, Kind};
use tokio::sync::mpsc;

use super::ports::Returned;
use super::sys::{self, BATCH, Epoll};
use super::{MAX_WORKERS, MediaConfig, Order, Pair, Shared};
use grid::{grid_ns, tick_ns};
use sockets::{Sockets, place, token};

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

impl Worker {
    pub(super) fn new(
        number: u16,
        config: &MediaConfig,
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
            engine: Engine::new(settings, tap),
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

/// Microseconds since 1970.
fn wall_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
