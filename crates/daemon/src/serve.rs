//! `gudok serve`: everything is read and checked first, then opened, then tied together; and the way down again.
mod board;
mod sound;
mod start;

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_sip::endpoint::{Endpoint, Transport};
use gudok_store::Writer;
use gudok_switchboard::Switchboard;
use gudok_wire::sip::SipSockets;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::blocks::Blocks;
use crate::certificates::Tls;
use crate::changes::Wanted;
use crate::clock::{Clock, wall};
use crate::config::{self, Config};
use crate::disk::Disk;
use crate::doors::{Addresses, endpoint_config, reached_at};
use crate::hotline::trunks::Trunks;
use crate::hotline::whereabouts::Locals;
use crate::hotline::{Ears, Hotline, Order, Parts, Seeing, Voices};
use crate::log::Log;
use crate::lookups::Lookups;
use crate::metrics::Metrics;
use crate::names;
use crate::names::kept::Kept;
use crate::phones_kept;
use crate::reload::Reloader;
use crate::verbs::Refused;
use crate::web;
pub(crate) use board::switchboard_config;
use board::valve;
use sound::{capabilities, open_sound, tell_once};
pub(crate) use start::start;

/// Orders that may wait for the hotline.
const ORDERS_MAX: usize = 64;
/// Recorder events that may wait for the hotline; beyond it they are told at the next start, from the journal.
const RECORDINGS_MAX: usize = 4_096;

/// How long pages and questions under way may keep a daemon that has ended its calls.
const OFFICE_STOP: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub(crate) fn serve(path: &Path) -> anyhow::Result<ExitCode> {
    let _log = Log::start("info")?;
    let config = config::read(path)?;
    raise_file_limit();
    let office = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("office")
        .enable_all()
        .build()?;
    // One thread for calls and desks: what they tell each other wakes no other thread, and no page holds them up.
    let line = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let code = line.block_on(async {
        // Before anybody is told that we are ready, and may ask us to stop.
        let mut signals = Signals::heard()?;
        let running = tokio::select! {
            running = start(config, office.handle()) => running?,
            // Nobody is served yet.
            () = signals.stop() => return Ok(ExitCode::SUCCESS),
        };
        println_ready(&running.addresses);
        until_stopped(running, signals).await
    });
    office.shutdown_timeout(OFFICE_STOP);
    code
}

/// Each leg takes two descriptors; the soft limit of many systems is 1024.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// The one line on standard output; whoever started us waits for it.
#[expect(
    clippy::print_stdout,
    reason = "the ready line is for the one who started us, logs go to standard error"
)]
fn println_ready(addresses: &Addresses) {
    let Addresses { sip, cti, web, .. } = addresses;
    let mut further = String::new();
    let named = ["sip6", "tls", "tls6", "ws", "wss"];
    for (name, address) in named.into_iter().zip(addresses.further()) {
        if let Some(address) = address {
            further += &format!(" {name}={address}");
        }
    }
    println!("gudok ready sip={sip} cti={cti} web={web}{further}");
}

/// A daemon at work.
pub(crate) struct Running {
    pub addresses: Addresses,
    pub orders: mpsc::Sender<Order>,
    pub reloader: Reloader,
    wanted: mpsc::Receiver<Wanted>,
    hotline: tokio::task::JoinHandle<()>,
    writer: Arc<Writer>,
    stop: watch::Sender<bool>,
}

/// Everything that is open and tied together, and not at work yet.
struct Ready {
    hotline: Box<Hotline>,
    ears: Ears,
    desk_server: gudok_cti::Server,
    metrics: Metrics,
    status: web::Status,
    /// Names of carriers, and how we can speak to them.
    questions: Vec<gudok_dns::Question>,
    able: gudok_dns::Able,
    kept: Arc<Kept>,
}

fn tie(
    reloader: &Reloader,
    clock: Clock,
    disk: &Disk,
    sip: SipSockets,
    plan: &Arc<Plan>,
    orders: mpsc::Receiver<Order>,
    metrics: Metrics,
) -> anyhow::Result<Ready> {
    let (config, voice) = (&*reloader.config, reloader.voice());
    let board = switchboard_config(config, &voice);
    let paper = disk.begin_run(clock.now(), &board, &metrics);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let mut source_seed = [0; 8];
    getrandom::fill(&mut source_seed)?;
    let (recorded, recordings) = mpsc::channel(RECORDINGS_MAX);
    let recorded = tell_once(recorded, reloader.store.clone(), reloader.office.clone());
    let signalling = sip.locals(Transport::Udp).collect();
    let capabilities = capabilities(config, &signalling);
    let (sound, media) = open_sound(config, clock, &seed, recorded, capabilities, &metrics)?;
    let desks = gudok_cti::Config {
        origins: config.cti.origins.clone(),
        ..gudok_cti::Config::default()
    };
    let (bridge, desk_server, desks) = gudok_cti::open(desks, wall())?;
    let (store, office) = (reloader.store.clone(), reloader.office.clone());
    let (lookups, found) = Lookups::new(store, config.crm.as_ref(), office)?;
    let status = web::Status::default();
    let own = reached_at(config, &sip);
    let blocks = Blocks::at_start(config, &metrics, wall())?;
    let mut trunks = Trunks::read(config, Locals::of(&sip), &own, another_seed()?, &blocks)?;
    let questions = trunks.questions();
    let kept = Kept::at_start(&names::kept::path(config), &questions, wall());
    trunks.recall(&kept);
    let policy = trunks.policy(config.sip.unknown);
    let able = Locals::of(&sip).able(reloader.tls.trust.is_some());
    let mut endpoint = Endpoint::new(endpoint_config(config, &sip, own, policy), seed);
    endpoint.set_valve(valve(config));
    let mut hotline = Box::new(Hotline::new(Parts {
        clock,
        endpoint,
        source_seed: u64::from_be_bytes(source_seed),
        switchboard: Switchboard::new(board),
        plan: Arc::clone(plan),
        voices: Voices::new(voice, config.limits.call_length.0),
        sound,
        paper,
        bridge,
        lookups,
        trunks,
        phones: config.phones.clone(),
        phone_book: phones_kept::Book::open(reloader.store.clone(), &reloader.office),
        currencies: config
            .lines
            .iter()
            .map(|line| (line.number.0.clone(), line.currency.clone()))
            .collect(),
        seeing: Seeing::open(config, &seed, &metrics)?,
        sockets: sip,
        certificates: reloader.tls.certificates.clone(),
        metrics: metrics.clone(),
        status: Arc::clone(&status),
    }));
    hotline.block_again(blocks.blocked);
    let ears = Ears {
        media,
        desks,
        lookups: found,
        recordings,
        durable: disk.durable.clone(),
        at_start: orders.len(),
        orders,
    };
    Ok(Ready {
        hotline,
        ears,
        desk_server,
        metrics,
        status,
        questions,
        able,
        kept,
    })
}

fn another_seed() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

impl Running {
    /// Lets calls end and goes; `now` does not wait for them.
    pub(crate) async fn shut_down(self, now: bool) {
        let Self {
            addresses: _,
            orders,
            reloader,
            wanted,
            hotline,
            writer,
            stop,
        } = self;
        // Whoever waits for a plan is told at once that none comes any more.
        drop(wanted);
        reloader.history.catch_up().await;
        // The hotline parts when nobody can order anything any more.
        let store = reloader.store.clone();
        let history = reloader.into_history();
        if !now {
            let (done, drained) = oneshot::channel();
            if orders.send(Order::Drain(done)).await.is_ok() {
                tokio::select! {
                    _ = drained => {}
                    () = again() => tracing::warn!("stopping at once, calls are cut"),
                }
            }
        }
        let _ = stop.send(true);
        drop(orders);
        let _ = hotline.await;
        if let Ok(writer) = Arc::try_unwrap(writer).map_err(|_| ()) {
            writer.close().await;
        }
        history.advance().await;
        store.close().await;
    }
}

/// What the system and the admin say to a process.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    /// From here on none of them ends the process by itself.
    fn heard() -> io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

async fn until_stopped(mut running: Running, mut signals: Signals) -> anyhow::Result<ExitCode> {
    tokio::select! {
        _ = signals.term.recv() => {}
        _ = signals.int.recv() => {}
        never = running.reloader.at_each(signals.hup, &mut running.wanted) => match never {},
        // A process that lives without its hotline takes calls from nobody and is restarted by nobody.
        ended = &mut running.hotline => {
            let why = ended.err().map_or_else(String::new, |error| format!(": {error}"));
            anyhow::bail!("линия остановилась из-за внутренней ошибки{why}");
        }
    }
    tracing::info!("stopping: no new calls, the others may end");
    running.shut_down(false).await;
    Ok(ExitCode::SUCCESS)
}

/// A second signal to stop.
async fn again() {
    match Signals::heard() {
        Ok(mut signals) => signals.stop().await,
        Err(_) => std::future::pending().await,
    }
}

pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// What the configuration says of the outside can work: passwords of trunks and certificates are readable, the CRM's
/// settings fit. Gives what TLS needs.
///
/// # Errors
/// With the first thing that cannot work.
pub(crate) fn outside_is_set(config: &Config) -> Result<Tls, Refused> {
    Trunks::check(config)
        .and_then(|()| Lookups::check(config.crm.as_ref()))
        .and_then(|()| Seeing::check(config))
        .and_then(|()| Tls::read(config))
        .map_err(|error| Refused(format!("{error:#}")))
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;

    use super::*;
    use crate::hotline::tests::{Folder, PATIENCE};
    use crate::verbs::open_store;

    #[tokio::test]
    async fn a_start_that_does_not_succeed_brings_no_version_into_force() {
        let folder = Folder::new();
        let mut config = folder.config();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        config.web.listen = taken.local_addr().expect("an address");
        let store = open_store(&config).await.expect("a database");
        let started = start(config, &Handle::current()).await;
        assert!(started.is_err());
        assert_eq!(store.last_version().await.expect("asked"), None);
        let running = start(folder.config(), &Handle::current()).await;
        running.expect("it starts").shut_down(true).await;
        let last = store.last_version().await.expect("asked");
        assert_eq!(last.map(|last| last.number), Some(1));
    }

    #[tokio::test]
    async fn a_daemon_whose_hotline_died_ends_with_an_error() {
        let folder = Folder::new();
        let running = start(folder.config(), &Handle::current())
            .await
            .expect("it starts");
        running.hotline.abort();
        let signals = Signals::heard().expect("handlers");
        let ended = tokio::time::timeout(PATIENCE, until_stopped(running, signals)).await;
        assert!(ended.expect("it does not stay").is_err());
    }
}
