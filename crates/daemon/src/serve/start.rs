//! The way up, in named steps: everything is read, then opened, and only then something begins.
use std::sync::{Arc, Mutex};

use gudok_calendar::{Acceptance, Overrides};
use gudok_dialplan::plan::Plan;
use gudok_journal::Journal;
use gudok_model::{Name, OpenRequest};
use gudok_numbering::Numbering;
use gudok_sip::registrar::KeptContact;
use gudok_store::{OverrideRow, Store};
use gudok_switchboard::answers::Answered;
use gudok_switchboard::{Input, LineCost, SpentBefore};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::board::{Remembered, line_cost, spent_before};
use super::{ORDERS_MAX, Running, outside_is_set, tie, until};
use crate::asking::Asking;
use crate::before;
use crate::beginning::{Beginning, OnDisk};
use crate::certificates::Tls;
use crate::changes::{self, Wanted};
use crate::clock::{Clock, wall};
use crate::config::Config;
use crate::disk::{self, Disk};
use crate::doors::{Addresses, Doors};
use crate::hotline::Order;
use crate::hotline::schedules::{of_row, overrides, unheard};
use crate::hotline::shifts;
use crate::metrics::Metrics;
use crate::records::PlanRecord;
use crate::reload::{InForce, Reloader, tell_gaps};
use crate::standing::Stands;
use crate::taken_up::open_requests;
use crate::verbs::{Refused, open_store};
use crate::versions::{Edition, History};
use crate::voice::Voice;
use crate::{
    alive, blocks, control, cut_promise, cut_short, floor_kept, names, numbers, owed, phones_kept,
    private, signed_in, upkeep, web, zones,
};

/// Reads, checks, opens, ties together. Calls and desks live where this runs; the database, questions to a CRM and pages
/// in the `office`, so that nothing of theirs takes time from a call.
///
/// # Errors
/// With what cannot be read, fits nothing or cannot be opened; nothing is bound before all is read.
pub(crate) async fn start(config: Config, office: &Handle) -> anyhow::Result<Running> {
    let clock = Clock::start();
    let known = Known::read(config)?;
    // On the heap: these steps hold much, and whoever waits for them would carry it.
    let opened = Box::pin(known.open(office)).await?;
    Box::pin(opened.begin(clock)).await
}

/// What the configuration names, read and checked; nothing is open.
struct Known {
    config: Arc<Config>,
    voice: Voice,
    metrics: Metrics,
    on_disk: OnDisk,
    tls: Tls,
}

/// Everything is open, and nothing at work.
struct Opened {
    reloader: Reloader,
    /// To whoever obeys the orders.
    inbox: mpsc::Receiver<Order>,
    edition: Edition,
    disk: Disk,
    before: Before,
    doors: Doors,
}

impl Known {
    fn read(config: Config) -> anyhow::Result<Self> {
        let metrics = Metrics::new();
        zones::at_start(&config, &metrics);
        let voice = Voice::read(&config).map_err(|error| Refused(error.to_string()))?;
        let on_disk = OnDisk::read(&config, &voice, None);
        refuse_before_anything_is_made(&config, &on_disk)?;
        let tls = outside_is_set(&config)?;
        private::close_to_others(&config.paths);
        Ok(Self {
            config: Arc::new(config),
            voice,
            metrics,
            on_disk,
            tls,
        })
    }

    async fn open(self, office: &Handle) -> anyhow::Result<Opened> {
        let (config, store) = (&*self.config, open_store(&self.config).await?);
        let stands = Stands::default();
        let beginning = Beginning {
            config,
            voice: &self.voice,
            metrics: &self.metrics,
            stands: &stands,
        };
        let (in_force, edition) = beginning.choose(self.on_disk, &store).await?;
        let disk = Disk::open(config, &store, &self.metrics, office).await?;
        let numbering = numbers::at_start(config, &self.metrics);
        let before = Before::of(config, &in_force.plan, (&store, &disk), numbering).await?;
        let doors = Doors::open(config, &self.tls, office)?;
        // No sooner: a start that does not succeed brings nothing into force.
        let history = History::new(store.clone());
        history.keep(&edition).await;
        let (orders, inbox) = mpsc::channel(ORDERS_MAX);
        let reloader = Reloader {
            config: self.config,
            voice: Mutex::new(Arc::new(self.voice)),
            tokens: signed_in::at_start(&store).await?,
            store,
            tls: self.tls,
            office: office.clone(),
            orders,
            in_force: Mutex::new(in_force),
            history,
            stands,
            metrics: self.metrics,
            beside: Mutex::default(),
            retired: Mutex::default(),
        };
        Ok(Opened {
            reloader,
            inbox,
            edition,
            disk,
            before,
            doors,
        })
    }
}

impl Opened {
    async fn begin(self, clock: Clock) -> anyhow::Result<Running> {
        let Self {
            reloader,
            inbox,
            edition,
            disk,
            mut before,
            doors: Doors { sip, cti, web },
        } = self;
        let addresses = Addresses::of(&sip, &cti, &web)?;
        let InForce { plan, .. } = reloader.now();
        prove_by_hand(&reloader, &plan, overrides(wall(), before.by_hand.clone()));
        let desks = before::desks(&before.people);
        let answered = std::mem::take(&mut before.answered);
        let remembered = before.tell(&reloader).await?;
        // On the heap: the hotline is large, and this future would carry it.
        let metrics = reloader.metrics.clone();
        let mut ready = Box::new(tie(&reloader, clock, &disk, sip, &plan, inbox, metrics)?);
        ready.hotline.expect(&desks);
        ready.hotline.recall(&answered);
        let questions = std::mem::take(&mut ready.questions);
        names::watch(&reloader, questions, ready.able, &ready.kept)?;
        remembered.tell(&mut ready.hotline);
        let record = PlanRecord::of(&edition);
        ready.hotline.begin_with(clock.now(), plan, &record);
        let (changes, wanted) = mpsc::channel(changes::WAITING_MAX);
        let (stop, stopped) = watch::channel(false);
        let shelf = web::Shelf {
            store: reloader.store.clone(),
            tokens: Arc::clone(&reloader.tokens),
            stands: Arc::clone(&reloader.stands),
            changes: changes.clone(),
            orders: reloader.orders.clone(),
            journal: reloader.config.paths.journal.clone(),
        };
        let asking = Arc::new(Asking {
            store: reloader.store.clone(),
            orders: reloader.orders.clone(),
            applied: disk.writer.applied(),
            durable: disk.durable.clone(),
        });
        let said = Arc::clone(&asking);
        let pages = (&ready.metrics, ready.status);
        let tokens = web::serve(&reloader.office, web, shelf, asking, pages, stopped.clone());
        look_after(&reloader, disk.journal, &stopped);
        listen_to_people(&reloader, said, changes, &stopped);
        tokio::spawn(ready.desk_server.serve(cti, tokens, until(stopped)));
        let running = Running {
            addresses,
            orders: reloader.orders.clone(),
            reloader,
            wanted,
            hotline: tokio::spawn(ready.hotline.run(ready.ears)),
            writer: disk.writer,
            stop,
        };
        tracing::info!(sip = %addresses.sip, tls = ?addresses.tls, cti = %addresses.cti, web = %addresses.web, "gudok is open");
        Ok(running)
    }
}

/// Without a database there is no version to go on with: nothing is made for a plan that is refused.
fn refuse_before_anything_is_made(config: &Config, on_disk: &OnDisk) -> Result<(), Refused> {
    match &on_disk.plan {
        Err(error) if !error.is_only_gaps() && !config.paths.database.exists() => {
            Err(Refused(error.render()))
        }
        _ => Ok(()),
    }
}

/// What the runs before this one leave to it.
struct Before {
    people: Vec<Input>,
    spent: Vec<SpentBefore>,
    by_hand: Vec<OverrideRow>,
    accepted: Vec<(Name, Acceptance)>,
    owed: Vec<OpenRequest>,
    phones: Vec<KeptContact>,
    answered: Vec<Answered>,
    numbering: Arc<Numbering>,
    /// What of callers lasts longer than a run.
    remembered: Remembered,
}

impl Before {
    async fn of(
        config: &Config,
        plan: &Plan,
        (store, disk): (&Store, &Disk),
        numbering: Arc<Numbering>,
    ) -> anyhow::Result<Self> {
        let lines: Vec<LineCost> = config.lines.iter().map(line_cost).collect();
        let accepted = store.acceptances(wall(), shifts::EACH_MAX).await?;
        let left = before::Left {
            open: &disk.left,
            cut: disk.cut_at.wall,
            now: wall(),
        };
        Ok(Self {
            people: before::inputs(&left, plan, store).await?,
            spent: spent_before(&lines, plan, store, disk.cut_at.wall).await?,
            by_hand: store.overrides_in_force(wall()).await?,
            accepted: shifts::of_rows(accepted),
            owed: owed_before(&left, store).await?,
            phones: phones_kept::at_start(store).await?,
            answered: floor_kept::answered(store).await?,
            numbering,
            remembered: Remembered::read(config, plan, store, disk.cut_at.wall).await?,
        })
    }

    /// Before anybody else can order, so that these eight have their places, and before the first datagram is read.
    /// The hotline itself is told the rest.
    async fn tell(self, reloader: &Reloader) -> anyhow::Result<Remembered> {
        let by_hand = self.by_hand.into_iter().filter_map(of_row).collect();
        reloader.tell_operators().await?;
        for order in [
            Order::Before(self.people),
            Order::Spent(self.spent),
            Order::Numbering(self.numbering),
            Order::Overrides(by_hand),
            Order::Accepted(self.accepted),
            Order::Owed(self.owed),
            Order::Phones(self.phones),
        ] {
            let _ = reloader.orders.send(order).await;
        }
        Ok(self.remembered)
    }
}

/// Who is to be called: as the runs before told it, by the promises that the crash has opened again, and those who waited when the
/// last run was cut. Who was owed a call already is owed that one.
async fn owed_before(left: &before::Left<'_>, store: &Store) -> anyhow::Result<Vec<OpenRequest>> {
    let mut rows = store.open_owed().await?;
    // Of these the database does not know yet.
    rows.extend(cut_promise::rows(left.open));
    let back = cut_promise::back(left.open);
    let has_promise = |it: &OpenRequest| cut_promise::calls(&back).any(|call| call == it.id);
    let mut owed = open_requests(&rows);
    let cut_short = cut_short::owed(left.open, left.cut);
    owed.extend(cut_short.into_iter().filter(|it| !has_promise(it)));
    Ok(owed)
}

/// Hours that nobody answers for what was set by hand before this start, and what of it nobody will hear: found in the
/// office, nothing waits for it.
fn prove_by_hand(reloader: &Reloader, plan: &Arc<Plan>, by_hand: Overrides) {
    let (plan, metrics) = (Arc::clone(plan), reloader.metrics.clone());
    let voice = reloader.voice();
    let prove = move || {
        for line in unheard(&plan, &voice, &by_hand, wall()) {
            tracing::error!("план: {line}");
        }
        tell_gaps(&plan, &by_hand, &metrics)
    };
    drop(reloader.office.spawn_blocking(prove));
}

/// The journal is kept as long as it is to be, and what callers are owed is looked after.
fn look_after(reloader: &Reloader, journal: Arc<Journal>, stopped: &watch::Receiver<bool>) {
    let (store, office) = (reloader.store.clone(), &reloader.office);
    let keep = reloader.config.paths.journal_keep.0;
    office.spawn(disk::retire(journal, store.clone(), keep, stopped.clone()));
    let folder = reloader.config.paths.journal.clone();
    office.spawn(alive::beat(folder.clone(), stopped.clone()));
    office.spawn(floor_kept::keep_up(folder, store.clone(), stopped.clone()));
    let metrics = reloader.metrics.clone();
    office.spawn(owed::watch(store.clone(), metrics, stopped.clone()));
    look_at_upkeep(reloader, store, stopped);
}

/// The wall and the alarms: how it was before this run, then how it is.
fn look_at_upkeep(reloader: &Reloader, store: Store, stopped: &watch::Receiver<bool>) {
    let (orders, folders) = (reloader.orders.clone(), upkeep::folders(&reloader.config));
    let (InForce { plan, .. }, began) = (reloader.now(), wall());
    let stopped = stopped.clone();
    reloader.office.spawn(async move {
        match upkeep::served(&store, &plan, began).await {
            Ok(served) => drop(orders.send(Order::Served(served)).await),
            Err(error) => tracing::warn!(%error, "the wall begins its day with this run"),
        }
        upkeep::watch(store, folders, orders, stopped).await;
    });
}

/// Admins at the command line.
fn listen_to_people(
    reloader: &Reloader,
    asking: Arc<Asking>,
    changes: mpsc::Sender<Wanted>,
    stopped: &watch::Receiver<bool>,
) {
    let (store, office) = (reloader.store.clone(), reloader.office.clone());
    let metrics = reloader.metrics.clone();
    tokio::spawn(control::serve(
        control::path(&reloader.config),
        reloader.orders.clone(),
        (store, asking),
        blocks::path(&reloader.config),
        changes,
        (office, metrics),
        stopped.clone(),
    ));
}
