//! RTP sockets and the pinned threads that serve them.
//!
//! [`Media`] is the call side's handle. [`Media::open`] leases a pair of ports and gives a leg; commands go to the
//! leg's worker over a bounded queue, events come back over one bounded channel. A worker is an operating system
//! thread that sleeps on a grid of 1 to 4 ms, drains its sockets into a [`gudok_media::Engine`] and sends what that says.
//! A worker without legs sleeps until a command comes.

mod ports;
mod sys;
mod worker;

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use gudok_media::control::{Command, Event, MediaLeg};
use gudok_media::tap::{BlockSink, TapWriter};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use tokio::sync::mpsc;

use ports::Ledger;
pub use ports::{PORT_REST, PORT_REST_LEAST};
use worker::{Outlet, Worker};

/// Commands that wait for one worker, at most; beyond that [`Media::send`] refuses.
pub const MAX_ORDERS: usize = 8_192;
/// Events that wait for the call side, at most. Beyond that they wait in the worker, and beyond
/// [`gudok_media::engine::MAX_EVENTS`] all but the ends of legs are dropped there and counted.
pub const MAX_EVENTS: usize = 8_192;
/// Most workers.
pub const MAX_WORKERS: usize = 64;
/// Default of [`MediaConfig::tick`].
const TICK: Duration = Duration::from_millis(1);
/// Ports that are tried before an opening fails, when others hold them.
const BIND_TRIES: usize = 16;
/// What the kernel keeps for a leg that is not read for a while: about 50 packets, a second of audio.
const RTP_BUFFER: usize = 64 * 1024;
/// The same for RTCP.
const RTCP_BUFFER: usize = 8 * 1024;

/// Makes a non-blocking UDP socket bound to this address, and says where it is. The default binds a new one; a daemon
/// that inherits descriptors from its predecessor gives them out here.
pub type SocketSource = Box<dyn FnMut(SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> + Send>;

/// How the media side is set up.
pub struct MediaConfig {
    /// Address of the RTP sockets.
    pub bind: IpAddr,
    /// Address of those of legs that speak the other family, where there are such legs.
    pub other: Option<IpAddr>,
    /// Even ports of this range are RTP, the odd ones after them RTCP.
    pub ports: RangeInclusive<u16>,
    /// Threads, at least 1.
    pub workers: usize,
    /// Whether each worker keeps to a CPU of its own; done only where there is more than one.
    pub pin: bool,
    /// The finest grid on which sockets are drained, 1–10 ms. Each wake-up costs as much as four to eight packets, so
    /// where there are few calls the grid widens by itself, up to 4 ms; a packet waits for half of it on average.
    pub tick: Duration,
    /// A leg that sends neither RTP nor RTCP for so long is [`Event::Silent`].
    pub silence: Duration,
    /// Whether a leg may be told to learn its party ([`Peer::learn`](gudok_media::control::Peer::learn)): then no port is
    /// used before it has rested for [`PORT_REST`].
    pub learns: bool,
    /// Of ports, SSRCs and first sequence numbers. From the system's randomness, except in tests.
    pub seed: u64,
    /// The daemon's zero of monotonic time, so that arrival times are comparable with everything else.
    pub epoch: Instant,
    /// Where sockets come from.
    pub sockets: SocketSource,
}

impl MediaConfig {
    /// Ports 10000–29999, a worker for each CPU but one, 30 s of silence, parties that may be learned, sockets bound
    /// anew.
    pub fn new(bind: IpAddr, epoch: Instant, seed: u64) -> Self {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            bind,
            other: None,
            ports: 10_000..=29_999,
            workers: (cpus - 1).max(1),
            pin: cpus > 1,
            tick: TICK,
            silence: Duration::from_secs(30),
            learns: true,
            seed,
            epoch,
            sockets: Box::new(bind_anew),
        }
    }
}

/// A leg and where it listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Port {
    /// For commands and events.
    pub leg: MediaLeg,
    /// For the SDP.
    pub rtp: SocketAddr,
    /// For `a=rtcp`; the next port, unless the sockets were inherited.
    pub rtcp: SocketAddr,
}

/// Why no leg was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// All ports are in use or resting.
    #[error("no RTP port is free: widen `ports` or refuse calls earlier")]
    NoPort,
    /// The system refuses sockets.
    #[error(
        "cannot bind RTP socket {address}: {source}; check `bind`, the port range and the limit of open files"
    )]
    Socket {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// See [`SendError`].
    #[error(transparent)]
    Worker(#[from] SendError),
}

/// Why a worker was not told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// It has [`MAX_ORDERS`] to do.
    #[error(
        "media worker {worker} is {MAX_ORDERS} commands behind: it is overloaded or stands still"
    )]
    Busy {
        /// Which.
        worker: u16,
    },
    /// There is no such worker, or it has ended.
    #[error("media worker {worker} does not run: restart the daemon")]
    Gone {
        /// Which.
        worker: u16,
    },
}

/// How busy one worker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WorkerLoad {
    /// Open legs.
    pub legs: usize,
    /// CPU of its thread over the last second. Parts per thousand of a core.
    pub cpu_permille: u32,
    /// CPU of its thread since the start. Nanoseconds.
    pub cpu_ns: u64,
    /// Datagrams received.
    pub received: u64,
    /// Datagrams sent.
    pub sent: u64,
    /// Datagrams the system did not take.
    pub send_failed: u64,
    /// Events dropped because the call side did not take them.
    pub events_dropped: u64,
}

/// The call side's handle. Dropping it ends the workers.
pub struct Media {
    workers: Vec<Handle>,
    ledger: Mutex<Ledger>,
}

struct Handle {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What a worker and the call side have in common.
struct Shared {
    orders: ArrayQueue<Order>,
    wake: sys::EventFd,
    asleep: AtomicBool,
    stop: AtomicBool,
    gone: AtomicBool,
    figures: Figures,
}

#[derive(Default)]
struct Figures {
    legs: AtomicUsize,
    cpu_permille: AtomicU32,
    cpu_ns: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    send_failed: AtomicU64,
    events_dropped: AtomicU64,
}

/// What a worker is told.
enum Order {
    Open(Pair),
    Do(Command),
}

/// The sockets of a leg.
struct Pair {
    leg: MediaLeg,
    /// What the ledger calls the pair.
    port: u16,
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Media {
    /// Starts the workers. `tap` gives each its way to the recorder, by its number; `None` records nothing.
    ///
    /// # Errors
    /// When the system refuses threads or descriptors.
    pub fn start(
        config: MediaConfig,
        mut tap: impl FnMut(u16) -> Option<Box<dyn BlockSink>>,
    ) -> io::Result<(Self, mpsc::Receiver<Event>)> {
        let (events, receiver) = mpsc::channel(MAX_EVENTS);
        let count = config.workers.clamp(1, MAX_WORKERS);
        let mut ledger = Ledger::new(
            (config.bind, config.other),
            config.ports.clone(),
            count,
            config.seed,
        );
        let mut workers = Vec::with_capacity(count);
        for number in 0..count as u16 {
            let shared = Arc::new(Shared::new()?);
            let outlet = Outlet {
                events: events.clone(),
                closed: ledger.returns(),
            };
            let tap = tap(number).map(|sink| TapWriter::new(number, sink));
            let worker = Worker::new(number, &config, tap, Arc::clone(&shared), outlet)?;
            let thread = std::thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || worker.run())?;
            workers.push(Handle {
                shared,
                thread: Some(thread),
            });
        }
        ledger.set_learns(config.learns);
        ledger.take_sockets_from(config.sockets);
        Ok((
            Self {
                workers,
                ledger: Mutex::new(ledger),
            },
            receiver,
        ))
    }

    /// Leases a pair of ports, binds them and hands them to the worker of this call. Does not wait for the worker. A leg
    /// that speaks IPv6 gets sockets of that family where we have an address of it, and any other leg one of the other.
    ///
    /// # Errors
    /// [`OpenError`]; nothing is leased then.
    pub fn open(&self, call: u64, v6: bool) -> Result<Port, OpenError> {
        let worker = self.worker_of(call);
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let lease = ledger.lease(worker, v6, Instant::now())?;
        let (port, number) = (lease.port, lease.pair.port);
        if let Err(refused) = self.tell(worker, Order::Open(lease.pair)) {
            ledger.give_back(port.leg, number, Instant::now());
            return Err(refused.into());
        }
        Ok(port)
    }

    /// Tells the leg's worker. Commands of one sender are done in their order, after the opening.
    ///
    /// # Errors
    /// [`SendError`]; the command is not done then.
    pub fn send(&self, command: Command) -> Result<(), SendError> {
        self.tell(command.leg().worker(), Order::Do(command))
    }

    /// The worker all legs of this call are opened on.
    pub fn worker_of(&self, call: u64) -> u16 {
        let mixed = call.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        (mixed % self.workers.len() as u64) as u16
    }

    /// How busy the workers are, by number.
    pub fn load(&self) -> Vec<WorkerLoad> {
        self.workers
            .iter()
            .map(|worker| worker.shared.figures.read())
            .collect()
    }

    fn tell(&self, worker: u16, order: Order) -> Result<(), SendError> {
        let gone = SendError::Gone { worker };
        let shared = &self.workers.get(usize::from(worker)).ok_or(gone)?.shared;
        if shared.gone.load(Ordering::Acquire) {
            return Err(gone);
        }
        shared
            .orders
            .push(order)
            .map_err(|_full| SendError::Busy { worker })?;
        shared.wake_if_asleep();
        Ok(())
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.shared.stop.store(true, Ordering::Release);
            worker.shared.wake.raise();
        }
        for thread in self
            .workers
            .iter_mut()
            .filter_map(|worker| worker.thread.take())
        {
            if thread.join().is_err() {
                tracing::error!("a media worker had panicked");
            }
        }
    }
}

impl Shared {
    fn new() -> io::Result<Self> {
        Ok(Self {
            orders: ArrayQueue::new(MAX_ORDERS),
            wake: sys::EventFd::new()?,
            asleep: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            figures: Figures::default(),
        })
    }

    /// The fence orders the push before the look at the flag; the worker's orders its flag before its look at the
    /// queue. So one of the two sees the other.
    fn wake_if_asleep(&self) {
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) {
            self.wake.raise();
        }
    }
}

impl Figures {
    fn read(&self) -> WorkerLoad {
        WorkerLoad {
            legs: self.legs.load(Ordering::Relaxed),
            cpu_permille: self.cpu_permille.load(Ordering::Relaxed),
            cpu_ns: self.cpu_ns.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            send_failed: self.send_failed.load(Ordering::Relaxed),
            events_dropped: self.events_dropped.load(Ordering::Relaxed),
        }
    }
}

/// Addresses of this machine's interfaces as they are now, loopback among them; sockets bound to the unspecified
/// address take what comes to any of these.
///
/// # Errors
/// When the system does not tell; a sandbox must allow `AF_NETLINK`.
pub fn machine_addresses() -> io::Result<Vec<IpAddr>> {
    sys::interface_addresses()
}

/// With two system calls: a call has four of these sockets.
fn bind_anew(address: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::DGRAM, flags, None)?;
    rustix::net::bind(&socket, &address)?;
    Ok((socket.into(), address))
}
