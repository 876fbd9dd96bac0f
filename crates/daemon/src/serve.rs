//! `gudok serve`: everything is read and checked first, then opened, then tied together; and the way down again.
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::Wall;
use gudok_recorder::Recorder;
use gudok_sip::endpoint::{Endpoint, Transport};
use gudok_sip::sdp::OwnMedia;
use gudok_sip::shield::{Rate, Valve};
use gudok_store::{Store, Writer};
use gudok_switchboard::{
    AtLimit, Billed, Budget, Limit, LineCost, PressLimits, Spent, SpentBefore, Switchboard, periods,
};
use gudok_wire::media::{Media, MediaConfig};
use gudok_wire::sip::SipSockets;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::certificates::Tls;
use crate::clock::{Clock, wall};
use crate::config::{self, Config, Redirect};
use crate::disk::{self, Disk};
use crate::doors::{Addresses, Doors, endpoint_config, reached_at};
use crate::hotline::audio::Capabilities;
use crate::hotline::schedules::of_row;
use crate::hotline::trunks::Trunks;
use crate::hotline::whereabouts::Locals;
use crate::hotline::{Ears, Hotline, Order, Parts, Seeing, Sound};
use crate::log::Log;
use crate::lookups::Lookups;
use crate::metrics::Metrics;
use crate::reload::{Reloader, plan_at_start};
use crate::span::Money;
use crate::verbs::{Refused, open_store};
use crate::voice::Voice;
use crate::{control, cut, names, numbers, private, web};

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
}

/// Reads, checks, opens, ties together. Calls and desks live where this runs; the database, questions to a CRM and pages
/// in the `office`, so that nothing of theirs takes time from a call.
///
/// # Errors
/// With what cannot be read, fits nothing or cannot be opened; nothing is bound before all is read.
pub(crate) async fn start(config: Config, office: &Handle) -> anyhow::Result<Running> {
    let (clock, config) = (Clock::start(), Arc::new(config));
    let voice =
        Voice::read(config.paths.prompts.as_deref()).map_err(|error| Refused(error.to_string()))?;
    let metrics = Metrics::new();
    let (sources, plan) = plan_at_start(&config, &voice, &metrics)?;
    let tls = outside_is_set(&config)?;
    private::close_to_others(&config.paths);

    let store = open_store(&config).await?;
    let numbering = numbers::at_start(&config, &metrics);
    let disk = Disk::open(&config, &store, &metrics, office).await?;
    let wrap_ups = cut::wrap_ups(&disk.left, &plan, wall());
    let lines: Vec<LineCost> = config.lines.iter().map(line_cost).collect();
    let spent = spent_before(&lines, &plan, &store, disk.cut_at.wall).await?;
    let Doors { sip, cti, web } = Doors::open(&config, &tls, office)?;
    let addresses = Addresses::of(&sip, &cti, &web)?;
    let (orders, inbox) = mpsc::channel(ORDERS_MAX);
    let reloader = Reloader {
        config,
        voice,
        store: store.clone(),
        tls,
        office: office.clone(),
        orders: orders.clone(),
        in_force: Mutex::new(Arc::clone(&plan)),
    };
    let by_hand = store.overrides_in_force(wall()).await?;
    let by_hand = by_hand.into_iter().filter_map(of_row).collect();
    // Before anybody else can order, so that these five have their places, and before the first datagram is read.
    reloader.tell_operators().await?;
    let _ = orders.send(Order::Resume(wrap_ups)).await;
    let _ = orders.send(Order::Spent(spent)).await;
    let _ = orders.send(Order::Numbering(numbering)).await;
    let _ = orders.send(Order::Overrides(by_hand)).await;
    // On the heap: the hotline is large, and this future would carry it.
    let mut ready = Box::new(tie(&reloader, clock, &disk, sip, &plan, inbox, metrics)?);
    names::watch(&reloader, std::mem::take(&mut ready.questions), ready.able)?;
    ready.hotline.set_plan(clock.now(), plan, sources);

    let (stop, stopped) = watch::channel(false);
    let tokens = web::serve(
        office,
        web,
        store.clone(),
        &ready.metrics,
        ready.status,
        stopped.clone(),
    );
    let keep = reloader.config.paths.journal_keep.0;
    office.spawn(disk::retire(disk.journal, store, keep, stopped.clone()));
    tokio::spawn(control::serve(
        control::path(&reloader.config),
        orders.clone(),
        reloader.store.clone(),
        stopped.clone(),
    ));
    tokio::spawn(ready.desk_server.serve(cti, tokens, until(stopped)));
    let running = Running {
        addresses,
        orders,
        reloader,
        hotline: tokio::spawn(ready.hotline.run(ready.ears)),
        writer: disk.writer,
        stop,
    };
    tracing::info!(sip = %addresses.sip, tls = ?addresses.tls, cti = %addresses.cti, web = %addresses.web, "gudok is open");
    Ok(running)
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
    let (config, voice) = (&*reloader.config, &reloader.voice);
    let board = switchboard_config(config);
    let paper = disk.begin_run(clock.now(), &board, &metrics);
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let mut source_seed = [0; 8];
    getrandom::fill(&mut source_seed)?;
    let (recorded, recordings) = mpsc::channel(RECORDINGS_MAX);
    let recorded = tell_once(recorded, reloader.store.clone(), reloader.office.clone());
    let signalling = sip.locals(Transport::Udp).collect();
    let capabilities = capabilities(config, &signalling);
    let (sound, media) = open_sound(
        config,
        voice,
        clock,
        &seed,
        recorded,
        capabilities,
        &metrics,
    )?;
    let desks = gudok_cti::Config {
        origins: config.cti.origins.clone(),
        ..gudok_cti::Config::default()
    };
    let (bridge, desk_server, desks) = gudok_cti::open(desks, wall())?;
    let (store, office) = (reloader.store.clone(), reloader.office.clone());
    let (lookups, found) = Lookups::new(store, config.crm.as_ref(), office)?;
    let status = web::Status::default();
    let own = reached_at(config, &sip);
    let trunks = Trunks::read(config, Locals::of(&sip), &own, another_seed()?)?;
    let policy = trunks.policy(config.sip.unknown);
    let questions = trunks.questions();
    let able = Locals::of(&sip).able(reloader.tls.trust.is_some());
    let mut endpoint = Endpoint::new(endpoint_config(config, &sip, own, policy), seed);
    endpoint.set_valve(valve(config));
    let hotline = Box::new(Hotline::new(Parts {
        clock,
        endpoint,
        source_seed: u64::from_be_bytes(source_seed),
        switchboard: Switchboard::new(board),
        plan: Arc::clone(plan),
        voice: voice.clone(),
        sound,
        paper,
        bridge,
        lookups,
        trunks,
        phones: config.phones.clone(),
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
    let ears = Ears {
        media,
        desks,
        lookups: found,
        recordings,
        durable: disk.durable.clone(),
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
        never = running.reloader.at_each(signals.hup) => match never {},
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

/// The recorder's way to the hotline. At a start it tells of all that its journal holds, since it cannot know what the
/// last run still wrote down; what is on record already would stand in the call's story once more with every start.
fn tell_once(
    recorded: mpsc::Sender<gudok_recorder::Event>,
    store: Store,
    office: Handle,
) -> gudok_recorder::OnEvent {
    Arc::new(move |event| {
        if let gudok_recorder::Event::Sealed(sealed) = &event
            && sealed.recovered
            && let (call, sha256) = (sealed.sidecar.call, &sealed.sidecar.sha256)
            && let Ok(true) = office.block_on(store.knows_recording(call, sha256))
        {
            return;
        }
        if recorded.try_send(event).is_err() {
            tracing::error!(
                "recorder: an event was lost; the next start tells it from the journal"
            );
        }
    })
}

fn open_sound(
    config: &Config,
    voice: &Voice,
    clock: Clock,
    seed: &[u8; 32],
    recorded: gudok_recorder::OnEvent,
    capabilities: Capabilities,
    metrics: &Metrics,
) -> anyhow::Result<(Sound, mpsc::Receiver<gudok_media::control::Event>)> {
    std::fs::create_dir_all(&config.paths.recordings)?;
    let recorder = Recorder::start(&config.paths.recordings, recorded)?;
    let seed = u64::from_be_bytes(seed[..8].try_into().unwrap_or_default());
    let (bind, other) = config.media_addresses();
    let mut media = MediaConfig::new(bind, clock.epoch(), seed);
    media.other = other;
    media.ports = config.media.ports.first..=config.media.ports.last;
    media.silence = config.media.silence.0;
    media.learns = config.media.learn;
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
        Sound::new(media, recorder, capabilities, metrics.clone()),
        events,
    ))
}

/// What our descriptions say and whom they believe.
fn capabilities(config: &Config, signalling: &Arc<[SocketAddr]>) -> Capabilities {
    let own = |bound: IpAddr| OwnMedia {
        advertised: config.advertised_to(bound.is_ipv6()),
        bound,
        machine: machine_addresses(bound, signalling).into(),
        ports: (config.media.ports.first, config.media.ports.last),
        signalling: Arc::clone(signalling),
    };
    let (bound, other) = config.media_addresses();
    Capabilities {
        own: own(bound),
        other: other.map(own),
        learn: config.media.learn,
        operator_silence: config.media.operator_silence.0,
    }
}

/// The addresses at which sockets bound to these take what comes, where they are more than these. Taken once:
/// who gives the machine another address restarts the daemon.
fn machine_addresses(bound: IpAddr, signalling: &[SocketAddr]) -> Vec<IpAddr> {
    if !bound.is_unspecified() && !signalling.iter().any(|it| it.ip().is_unspecified()) {
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

fn switchboard_config(config: &Config) -> gudok_switchboard::Config {
    gudok_switchboard::Config {
        pop_budget: config.cti.pop_budget.0,
        calls_max: config.limits.calls,
        call_max: config.limits.call_length.0,
        transfer_outside: config
            .transfer
            .outside
            .iter()
            .map(|it| it.as_str().into())
            .collect(),
        transfer_ring: config.transfer.ring.0,
        follow_redirects: config.phones.redirect == Redirect::Users,
        brief_max: config.limits.busy_calls,
        press: press_limits(&config.attack),
        lines: config.lines.iter().map(line_cost).collect(),
        ..gudok_switchboard::Config::default()
    }
}

fn press_limits(attack: &config::Attack) -> PressLimits {
    let within = attack.within.0;
    let limit = |calls: Option<u32>| calls.map(|calls| Limit { calls, within });
    PressLimits {
        caller: limit(attack.caller_calls),
        prefix: limit(attack.prefix_calls),
        prefix_digits: attack.prefix_digits,
        attack: limit(attack.all_calls),
        checks: attack.checks,
        allow: attack.allow.iter().map(|number| number.0.clone()).collect(),
    }
}

fn line_cost(line: &config::Line) -> LineCost {
    let budget = |day: Option<Money>, month: Option<Money>| Budget {
        day: day.map(|sum| sum.0),
        month: month.map(|sum| sum.0),
    };
    LineCost {
        number: line.number.0.clone(),
        // Bounded by the check of the configuration.
        per_minute: line.cost_per_minute.0.try_into().unwrap_or(u32::MAX),
        billed: match line.billed_per {
            config::BilledPer::Second => Billed::Second,
            config::BilledPer::Minute => Billed::Minute,
        },
        alarm: budget(line.alarm_per_day, line.alarm_per_month),
        limit: budget(line.limit_per_day, line.limit_per_month),
        at_limit: match line.at_limit {
            config::AtLimit::Alarm => AtLimit::Alarm,
            config::AtLimit::Brief => AtLimit::Brief,
        },
    }
}

/// What the record of calls says that each line has cost today and this month.
async fn spent_before(
    lines: &[LineCost],
    plan: &Plan,
    store: &Store,
    cut: Wall,
) -> anyhow::Result<Vec<SpentBefore>> {
    let (at, mut before) = (wall(), Vec::new());
    for line in lines {
        let price = (line.per_minute, line.billed.unit_secs());
        let (day, month) = periods(plan, &line.number, at);
        let mut sums = [Spent::default(); 2];
        for (sum, from) in sums.iter_mut().zip([day, month]) {
            let (seconds, kopecks) = store.cost_since(&line.number, from, price, cut).await?;
            *sum = Spent { seconds, kopecks };
        }
        let (number, [day, month]) = (line.number.clone(), sums);
        before.push(SpentBefore {
            number,
            at,
            day,
            month,
        });
    }
    Ok(before)
}

/// How many new calls a second are served whole; a second's worth may come at once.
fn valve(config: &Config) -> Valve {
    let rate = config.limits.calls_per_second;
    Valve::new(rate.map(|calls| Rate::new(calls.into(), calls.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotline::tests::{Folder, PATIENCE};

    #[test]
    fn behind_nat_our_ports_are_ours_at_the_machines_own_address() {
        let folder = Folder::new();
        let mut config = folder.config();
        config.sip.advertise = Some(IpAddr::from([203, 0, 113, 10]).into());
        let mut machine = |bound: [u8; 4]| {
            config.media.address = Some(IpAddr::from(bound).into());
            capabilities(&config, &[].into()).own.machine
        };
        let (everywhere, here) = ([0, 0, 0, 0], [127, 0, 0, 1]);
        assert!(machine(everywhere).contains(&here.into()));
        assert!(machine(here).is_empty(), "one address is all there is");
        let sip = [SocketAddr::from((everywhere, 5060))].into();
        let own = capabilities(&config, &sip).own;
        assert!(own.machine.contains(&here.into()), "for SIP");
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
