//! `gudok serve`: everything is read and checked first, then opened, then tied together; and the way down again.
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use gudok_journal::{Journal, Options, Seq};
use gudok_model::{Mono, Now, Wall};
use gudok_recorder::Recorder;
use gudok_sip::endpoint::{self, Endpoint, Policy, TrunkSource, UnknownSource};
use gudok_sip::sdp::OwnMedia;
use gudok_store::{LeftOpen, Projector, Store, Trouble, Writer, WriterHooks};
use gudok_switchboard::Switchboard;
use gudok_wire::media::{Media, MediaConfig};
use gudok_wire::provider::Provider;
use gudok_wire::sip::{Certificates, Limits, SipSockets};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::{Clock, wall};
use crate::config::{self, Config, Unknown};
use crate::hotline::audio::Capabilities;
use crate::hotline::trunks::Trunks;
use crate::hotline::{Ears, Hotline, Order, Paper, Parts, Sound};
use crate::log::Log;
use crate::lookups::Lookups;
use crate::metrics::Metrics;
use crate::records::{self, Entry};
use crate::reload::{Reloader, read_plan};
use crate::verbs::{Refused, open_store};
use crate::voice::Voice;
use crate::{certificates, cut, private, web};

/// Orders that may wait for the hotline.
const ORDERS_MAX: usize = 64;
/// Recorder events that may wait for the hotline; beyond it they are told at the next start, from the journal.
const RECORDINGS_MAX: usize = 4_096;
/// Between two looks for journal segments that may be forgotten.
const RETIRE_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// Facts applied at once while the database catches up at the start.
const CATCH_UP_BATCH: usize = 1_024;
/// Size of a journal segment.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Longest time between two syncs of the journal while records come in.
const SYNC: Duration = Duration::from_millis(20);

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
        let running = start(config, office.handle()).await?;
        println_ready(&running.addresses);
        until_stopped(running).await
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
fn println_ready(Addresses { sip, tls, cti, web }: &Addresses) {
    let tls = tls.map_or_else(String::new, |tls| format!(" tls={tls}"));
    println!("gudok ready sip={sip} cti={cti} web={web}{tls}");
}

/// Where the daemon listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub sip: std::net::SocketAddr,
    /// SIP over TLS, where it is on.
    pub tls: Option<std::net::SocketAddr>,
    pub cti: std::net::SocketAddr,
    pub web: std::net::SocketAddr,
}

/// A daemon at work.
pub(crate) struct Running {
    pub addresses: Addresses,
    pub orders: mpsc::Sender<Order>,
    pub reloader: Reloader,
    hotline: tokio::task::JoinHandle<()>,
    writer: Arc<Writer>,
    stop: watch::Sender<bool>,
}

/// Reads, checks, opens, ties together. Calls and desks live where this runs; the database, questions to a CRM and pages
/// in the `office`, so that nothing of theirs takes time from a call.
pub(crate) async fn start(config: Config, office: &Handle) -> anyhow::Result<Running> {
    let clock = Clock::start();
    let voice =
        Voice::read(config.paths.prompts.as_deref()).map_err(|error| Refused(error.to_string()))?;
    let (sources, plan) = read_plan(&config, &voice)?;
    outside_is_set(&config)?;
    let certificates = config
        .sip
        .tls
        .as_ref()
        .map(certificates::read)
        .transpose()?;
    private::close_to_others(&config.paths);
    let metrics = Metrics::new();

    let store = open_store(&config).await?;
    let journal = Disk::open(&config, &store, &metrics, office).await?;
    let writer = journal.writer;
    let mut paper = Paper::new(
        Arc::clone(&journal.journal),
        Arc::clone(&writer),
        metrics.clone(),
    );
    let switchboard_config = switchboard_config(&config);
    let boot = Entry::Boot {
        now: clock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: switchboard_config.clone(),
    };
    paper.entry(&boot);
    for (call, _) in &journal.left.calls {
        tracing::warn!(%call, "the last run was cut while this call lived");
    }
    for (call, fact) in cut::last_words(&journal.left) {
        paper.measured(journal.cut_at, call, fact);
    }
    let wrap_ups = cut::wrap_ups(&journal.left, &plan, wall());

    let mut provider = Provider::inheriting(std::process::id(), |name| std::env::var(name).ok());
    let sockets = open_sip(&config, &mut provider, certificates.as_ref())?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let endpoint = Endpoint::new(endpoint_config(&config, &sockets), seed);
    let (recorded, recordings) = mpsc::channel(RECORDINGS_MAX);
    let (sound, media) = open_sound(&config, &voice, clock, &seed, recorded, &metrics)?;

    let cti_config = gudok_cti::Config {
        origins: config.cti.origins.clone(),
        ..gudok_cti::Config::default()
    };
    let (bridge, desk_server, desks) = gudok_cti::open(cti_config, wall())?;
    let (lookups, lookup_answers) =
        Lookups::new(store.clone(), config.crm.as_ref(), office.clone())?;
    let trunks = Trunks::read(&config, sockets.udp_local(), sockets.tcp_local())?;
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let (stop, stopped) = watch::channel(false);

    let cti_listener = listen(&mut provider, "cti", config.cti.listen)?;
    let web_listener = {
        let _office = office.enter();
        listen(&mut provider, "web", config.web.listen)?
    };
    let addresses = Addresses {
        sip: sockets.udp_local(),
        tls: sockets.tls_local(),
        cti: cti_listener.local_addr()?,
        web: web_listener.local_addr()?,
    };
    let status = web::Status::default();
    let tokens = web::serve(
        office,
        web_listener,
        store.clone(),
        &metrics,
        Arc::clone(&status),
        stopped.clone(),
    );
    let keep = config.paths.journal_keep.0;
    office.spawn(retire(
        Arc::clone(&journal.journal),
        store.clone(),
        keep,
        stopped.clone(),
    ));
    tokio::spawn(desk_server.serve(cti_listener, tokens, until(stopped)));

    let mut hotline = Hotline::new(Parts {
        clock,
        sockets,
        endpoint,
        switchboard: Switchboard::new(switchboard_config),
        plan: Arc::clone(&plan),
        voice: voice.clone(),
        sound,
        paper,
        bridge,
        lookups,
        trunks,
        metrics,
        status,
    });
    hotline.set_plan(clock.now(), plan, sources);
    let ears = Ears {
        media,
        desks,
        lookups: lookup_answers,
        recordings,
        durable: journal.durable,
        orders: inbox,
    };
    let hotline = tokio::spawn(hotline.run(ears));
    let reloader = Reloader {
        config: Arc::new(config),
        voice,
        store,
        certificates,
        office: office.clone(),
        orders: orders.clone(),
    };
    let running = Running {
        addresses,
        orders,
        reloader,
        hotline,
        writer,
        stop,
    };
    running.reloader.tell_operators().await?;
    let _ = running.orders.send(Order::Resume(wrap_ups)).await;
    tracing::info!(sip = %addresses.sip, tls = ?addresses.tls, cti = %addresses.cti, web = %addresses.web, "gudok is open");
    Ok(running)
}

impl Running {
    /// Lets calls end and goes; `now` does not wait for them.
    pub(crate) async fn shut_down(self, now: bool) {
        let Self {
            addresses: _,
            orders,
            reloader,
            hotline,
            writer,
            stop,
        } = self;
        // The hotline parts when nobody can order anything any more.
        let store = reloader.store.clone();
        drop(reloader);
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
        store.close().await;
    }
}

async fn until_stopped(mut running: Running) -> anyhow::Result<ExitCode> {
    let (mut term, mut int, hup) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
        signal(SignalKind::hangup())?,
    );
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
        never = running.reloader.at_each(hup) => match never {},
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
    let (Ok(mut term), Ok(mut int)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn open_sip(
    config: &Config,
    provider: &mut Provider,
    certificates: Option<&Certificates>,
) -> anyhow::Result<SipSockets> {
    let (udp, tcp) = (config.sip.listen, config.sip.listen_tcp);
    let mut sockets = SipSockets::open(provider, udp, tcp, Limits::default())
        .with_context(|| format!("SIP на {udp} не открывается"))?;
    if let (Some(tls), Some(certificates)) = (&config.sip.tls, certificates) {
        sockets
            .listen_tls(provider, tls.listen, certificates, Limits::default())
            .with_context(|| format!("SIP TLS на {} не открывается", tls.listen))?;
    }
    Ok(sockets)
}

/// What the configuration says of the outside can work: passwords of trunks and certificates are readable, the CRM's
/// settings fit.
pub(crate) fn outside_is_set(config: &Config) -> Result<(), Refused> {
    let tls = config.sip.tls.as_ref();
    Trunks::check(config)
        .and_then(|()| Lookups::check(config.crm.as_ref()))
        .and_then(|()| tls.map(certificates::read).transpose().map(drop))
        .map_err(|error| Refused(format!("{error:#}")))
}

/// The journal with the database behind it.
struct Disk {
    journal: Arc<Journal>,
    writer: Arc<Writer>,
    durable: watch::Receiver<u64>,
    /// What was alive when the last run ended without a word, and wrap-ups under way.
    left: LeftOpen,
    /// When that was, as well as it can be known: a talk must not grow by the time we were away.
    cut_at: Now,
}

impl Disk {
    async fn open(
        config: &Config,
        store: &Store,
        metrics: &Metrics,
        office: &Handle,
    ) -> anyhow::Result<Self> {
        let (tell, durable) = watch::channel(0);
        let alarms = metrics.clone();
        let on_durable = Box::new(move |result: std::io::Result<Seq>| match result {
            Ok(seq) => {
                let _ = tell.send(seq.0);
            }
            Err(error) => {
                alarms.alarm("journal_disk");
                tracing::error!(%error, "journal: the disk refuses");
            }
        });
        std::fs::create_dir_all(&config.paths.journal)?;
        let audio = gudok_recorder::journal_dir(&config.paths.recordings);
        let alive = cut::last_alive([&config.paths.journal, &audio]);
        let cut_at = Now {
            mono: Mono(0),
            wall: alive.unwrap_or_else(wall).min(wall()),
        };
        let left = catch_up(&config.paths.journal, store).await?;
        let next_min = Seq(store.position().await? + 1);
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            sync: SYNC,
            next_min,
            on_durable,
        };
        let journal = Journal::open(&config.paths.journal, options)?;
        if let Some(cut) = journal.cut() {
            tracing::warn!(cut, "journal: the end of the last run was torn");
        }
        let (folder, alarms) = (config.paths.journal.clone(), metrics.clone());
        let hooks = WriterHooks {
            reread: Box::new(move |after, most| reread(&folder, after, most)),
            on_trouble: Box::new(move |trouble| {
                if trouble == Trouble::Well {
                    return tracing::info!("database: it applies again");
                }
                alarms.alarm("database");
                tracing::error!(?trouble, "database");
            }),
        };
        let office = office.enter();
        let writer = Arc::new(Writer::start(store, hooks));
        drop(office);
        Ok(Self {
            journal: Arc::new(journal),
            writer,
            durable,
            left,
            cut_at,
        })
    }
}

/// Forgets what the journal has kept long enough, a whole segment at a time, now and then every few hours.
async fn retire(
    journal: Arc<Journal>,
    store: Store,
    keep: Duration,
    stopped: watch::Receiver<bool>,
) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        let cutoff = Wall(wall().0 - i64::try_from(keep.as_micros()).unwrap_or(i64::MAX / 2));
        match store.fact_since(cutoff).await {
            Ok(Some(seq)) => {
                let journal = Arc::clone(&journal);
                let removed =
                    tokio::task::spawn_blocking(move || journal.remove_before(Seq(seq))).await;
                if let Ok(Err(error)) = removed {
                    tracing::warn!(%error, "journal: old segments stay");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "journal: nothing is forgotten now"),
        }
        tokio::select! {
            () = tokio::time::sleep(RETIRE_EVERY) => {}
            () = &mut stop => return,
        }
    }
}

/// Brings the database up to the journal, then asks it what the last run left open.
async fn catch_up(folder: &Path, store: &Store) -> anyhow::Result<LeftOpen> {
    let mut projector = Projector::new(store);
    loop {
        let facts = reread(folder, projector.position().await?, CATCH_UP_BATCH);
        if facts.is_empty() {
            return Ok(store.left_open().await?);
        }
        projector.project(&facts).await?;
    }
}

fn reread(folder: &Path, after: u64, most: usize) -> Vec<gudok_store::Fact> {
    let facts = records::facts(folder, Seq(after + 1)).take(most);
    facts
        .map(|(seq, fact)| gudok_store::Fact {
            seq: seq.0,
            at: fact.now.wall,
            call: fact.call,
            event: fact.event,
        })
        .collect()
}

fn open_sound(
    config: &Config,
    voice: &Voice,
    clock: Clock,
    seed: &[u8; 32],
    recorded: mpsc::Sender<gudok_recorder::Event>,
    metrics: &Metrics,
) -> anyhow::Result<(Sound, mpsc::Receiver<gudok_media::control::Event>)> {
    std::fs::create_dir_all(&config.paths.recordings)?;
    let on_event = move |event| {
        if recorded.try_send(event).is_err() {
            tracing::error!(
                "recorder: an event was lost; the next start tells it from the journal"
            );
        }
    };
    let recorder = Recorder::start(&config.paths.recordings, Arc::new(on_event))?;
    let seed = u64::from_be_bytes(seed[..8].try_into().unwrap_or_default());
    let mut media = MediaConfig::new(config.media_address(), clock.epoch(), seed);
    media.ports = config.media.ports.first..=config.media.ports.last;
    media.silence = config.media.silence.0;
    media.pin &= config.media.pin;
    if config.media.workers > 0 {
        media.workers = config.media.workers;
    }
    let (media, events) =
        Media::start(media, Arc::clone(&voice.bank), |_| match recorder.sink() {
            Ok(sink) => Some(sink),
            Err(error) => {
                tracing::error!(%error, "recorder: a media thread is not recorded");
                None
            }
        })?;
    Ok((
        Sound::new(media, recorder, capabilities(config), metrics.clone()),
        events,
    ))
}

/// What our descriptions say and whom they believe.
fn capabilities(config: &Config) -> Capabilities {
    Capabilities {
        own: OwnMedia {
            advertised: config.advertised(),
            bound: config.media_address(),
            machine: machine_addresses(config.media_address()).into(),
            ports: (config.media.ports.first, config.media.ports.last),
        },
        learn: config.media.learn,
        operator_silence: config.media.operator_silence.0,
    }
}

/// The addresses at which sockets bound to this one take what comes, where they are more than this one. Taken once:
/// who gives the machine another address restarts the daemon.
fn machine_addresses(bound: std::net::IpAddr) -> Vec<std::net::IpAddr> {
    if !bound.is_unspecified() {
        return Vec::new();
    }
    gudok_wire::media::machine_addresses().unwrap_or_else(|error| {
        tracing::warn!(
            %error,
            "the machine's addresses are not known, a call may name our own RTP ports: set media.address, or allow \
             AF_NETLINK in the unit's RestrictAddressFamilies"
        );
        Vec::new()
    })
}

fn endpoint_config(config: &Config, sockets: &SipSockets) -> endpoint::Config {
    let contact = |local: std::net::SocketAddr| {
        std::net::SocketAddr::new(config.advertised(), local.port()).to_string()
    };
    let sources = config.trunks.iter().flat_map(|trunk| {
        trunk.sources.iter().map(|network| TrunkSource {
            trunk: trunk.name.as_str().into(),
            network: (network.address, network.prefix),
        })
    });
    endpoint::Config {
        contact_udp: contact(sockets.udp_local()),
        contact_tcp: sockets.tcp_local().map(contact),
        contact_tls: sockets.tls_local().map(contact),
        prack: config.sip.prack,
        realm: config.sip.realm.clone(),
        agent: concat!("gudok/", env!("CARGO_PKG_VERSION")).into(),
        policy: Policy {
            trunks: sources.collect(),
            unknown: match config.sip.unknown {
                Unknown::Drop => UnknownSource::Drop,
                Unknown::Forbid => UnknownSource::Forbid,
            },
        },
        nonce_life: Duration::from_secs(300),
        expires_secs: (60, 3_600),
        // A call has a caller's session and, while it rings at a group, one for each phone.
        sessions_max: config.limits.calls.saturating_mul(4),
        t1: Duration::from_millis(500),
    }
}

fn switchboard_config(config: &Config) -> gudok_switchboard::Config {
    gudok_switchboard::Config {
        pop_budget: config.cti.pop_budget.0,
        calls_max: config.limits.calls,
        call_max: config.limits.call_length.0,
        ..gudok_switchboard::Config::default()
    }
}

fn listen(
    provider: &mut Provider,
    name: &str,
    address: std::net::SocketAddr,
) -> anyhow::Result<TcpListener> {
    let listener = provider
        .tcp(name, address)
        .with_context(|| format!("{name}: {address} не открывается"))?;
    Ok(TcpListener::from_std(listener)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline::tests::{Folder, PATIENCE};

    #[test]
    fn behind_nat_our_ports_are_ours_at_the_machines_own_address() {
        let folder = Folder::new();
        let mut config = folder.config();
        config.sip.advertise = Some([203, 0, 113, 10].into());
        let mut machine = |bound: [u8; 4]| {
            config.media.address = Some(bound.into());
            capabilities(&config).own.machine
        };
        let (everywhere, here) = ([0, 0, 0, 0], [127, 0, 0, 1]);
        assert!(machine(everywhere).contains(&here.into()));
        assert!(machine(here).is_empty(), "one address is all there is");
    }

    #[tokio::test]
    async fn a_daemon_whose_hotline_died_ends_with_an_error() {
        let folder = Folder::new();
        let running = start(folder.config(), &Handle::current())
            .await
            .expect("it starts");
        running.hotline.abort();
        let ended = tokio::time::timeout(PATIENCE, until_stopped(running)).await;
        assert!(ended.expect("it does not stay").is_err());
    }
}
