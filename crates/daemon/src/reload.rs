//! What is read anew while the daemon runs: the plan, the operators, the table of numbers and the certificates; and how an
//! earlier plan comes back. One thing after the other, whoever asks: SIGHUP, `gudok reload`, `gudok rollback`, the pages.
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gudok_calendar::Overrides;
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{fingerprint, load};
use gudok_dialplan::plan::Plan;
use gudok_sip::endpoint;
use gudok_store::Store;
use gudok_store::versions::VERSIONS_MAX;
use tokio::runtime::Handle;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use crate::beginning::OnDisk;
use crate::certificates::Tls;
use crate::changes::{Change, Told, Wanted};
use crate::clock;
use crate::config::{Config, Digest};
use crate::hotline::Order;
use crate::hotline::schedules::overrides;
use crate::metrics::Metrics;
use crate::numbers;
use crate::plans::{self, Fitting, PlanError};
use crate::records::PlanText;
use crate::shadow::Beside;
use crate::standing::{Standing, Stands};
use crate::versions::{self, Edition, History, Origin, Version, Why};
use crate::voice::Voice;

const NONE_BESIDE: &str = "рядом ничего не идёт: gudok shadow start ПАПКА";
/// A version that the database has not taken is tried again so often.
const WRITE_AGAIN: Duration = Duration::from_secs(5);

/// So much of the journal at most is looked through for versions by the next start.
const ADVANCE_EVERY: Duration = Duration::from_secs(3_600);

/// From where it is read, and to whom it is told.
pub(crate) struct Reloader {
    pub config: Arc<Config>,
    pub voice: Voice,
    pub store: Store,
    /// What is shown and believed.
    pub tls: Tls,
    /// Files are read there: a slow disk must not take time from a call.
    pub office: Handle,
    pub orders: mpsc::Sender<Order>,
    /// By which new calls are decided: what a new version is compared with.
    pub in_force: Mutex<InForce>,
    pub history: History,
    pub stands: Stands,
    pub metrics: Metrics,
    /// A version that runs beside.
    pub beside: Mutex<Option<Arc<Beside>>>,
}

/// The plan in force, and which it is.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub plan: Arc<Plan>,
    pub edition: Arc<Edition>,
}

impl InForce {
    fn version(&self) -> &Version {
        &self.edition.version
    }
}

/// A plan on its way into force.
struct Coming {
    edition: Edition,
    plan: Plan,
    /// Whether the files on disk are others.
    differs_from_disk: bool,
}

impl Reloader {
    /// One after the other, for ever. Whoever stops waiting leaves what is read unread.
    pub(crate) async fn at_each(
        &self,
        mut signal: Signal,
        wanted: &mut mpsc::Receiver<Wanted>,
    ) -> Infallible {
        let mut look = interval_at(Instant::now() + ADVANCE_EVERY, ADVANCE_EVERY);
        loop {
            tokio::select! {
                Some(()) = signal.recv() => {
                    self.reload(Why::signal()).await;
                }
                Some(wanted) = wanted.recv() => {
                    let told = self.change(wanted.change).await;
                    // Who asked may have gone; what was asked for is done.
                    let _ = wanted.answer.send(told);
                }
                () = tokio::time::sleep(WRITE_AGAIN), if self.history.is_behind() => {
                    self.history.catch_up().await;
                }
                _ = look.tick() => self.history.advance().await,
                else => std::future::pending().await,
            }
        }
    }

    /// What goes on after it; whatever else it holds, the orders to the hotline too, is let go.
    pub(crate) fn into_history(self) -> History {
        self.history
    }

    async fn change(&self, change: Change) -> Told {
        match change {
            Change::Reload { why } => self.reload(why).await,
            Change::Back { to, why } => self.back(to, why).await,
            Change::ShadowStart { folder, why } => self.begin_beside(folder, why).await,
            Change::ShadowOff => self.end_beside().await,
            Change::ShadowStatus => self.tell_beside().await,
        }
    }

    /// The plan and the operators anew; a plan with an error changes nothing.
    pub(crate) async fn reload(&self, why: Why) -> Told {
        let mut told = self.renew(why).await;
        if let Err(error) = self.tell_operators().await {
            tracing::error!(%error, "reload: the operators stay as they were");
            told.warn(format!("операторы остаются прежними: {error:#}"));
        }
        if let Err(error) = self.tell_numbering().await {
            tracing::error!("reload: the table of numbers stays as it was\n{error:#}");
            told.warn(format!("таблица номеров остаётся прежней: {error:#}"));
        }
        if let Err(error) = self.show_certificates().await {
            tracing::error!("reload: TLS: what is wrong stays as it was before\n{error:#}");
            told.warn(format!(
                "сертификаты: что неверно, остаётся прежним: {error:#}"
            ));
        }
        told
    }

    /// What lies on disk comes into force, if it may.
    async fn renew(&self, why: Why) -> Told {
        let (config, voice) = (Arc::clone(&self.config), self.voice.clone());
        let old = self.now();
        let (before, by_hand) = (old.clone(), self.by_hand().await);
        let metrics = self.metrics.clone();
        // A signal is sent for a certificate too, or for a roster: it brings nothing back that somebody went back from.
        let holds = why.origin == Origin::Signal;
        let read = self.office.spawn_blocking(move || {
            let held = holds.then_some(&*before.edition);
            let on_disk = OnDisk::read(&config, &voice, held);
            let lines = on_disk
                .plan
                .as_ref()
                .ok()
                .map(|it| otherwise(&it.plan, &before, &by_hand, &metrics));
            (on_disk, lines.unwrap_or_default())
        });
        let Ok((on_disk, lines)) = read.await else {
            return Told::broken(old.version());
        };
        let OnDisk {
            disk,
            sources,
            plan,
            held,
            gaps,
        } = on_disk;
        let it = match plan {
            Ok(it) => it,
            Err(error) => return self.refuse(&old, &error, "reload"),
        };
        warn_of(&it);
        let sources = sources.iter().map(Into::into).collect();
        if **it.plan.generation() == old.version().generation {
            return self.stays(&old, sources, held).await;
        }
        let (at, last) = (clock::wall(), old.version());
        let mut version = Version::after(last.number, at, why, &it.plan, &disk).otherwise(lines);
        if held {
            version = version.holding(last);
        }
        let told = self.comes(Coming {
            edition: Edition { version, sources },
            plan: it.plan,
            differs_from_disk: held,
        });
        let mut told = told.await;
        self.tell_gaps_of(gaps, &mut told);
        told
    }

    /// What would come into force is in force already. The tests beside it may be others: the history has the newer ones.
    async fn stays(&self, old: &InForce, sources: Vec<PlanText>, held: bool) -> Told {
        Standing::of(old.version(), held).tell(&self.stands, &self.metrics);
        let number = old.version().number;
        if held {
            tracing::warn!(
                version = number,
                "reload: the plan that was gone back to stays in force: the files are the same; `gudok reload` takes them"
            );
            return Told::held(old.version());
        }
        tracing::info!(version = number, "reload: the plan is in force already");
        let mut told = Told::same(old.version());
        if sources == old.edition.sources {
            return told;
        }
        let version = old.version().clone();
        let edition = Arc::new(Edition { version, sources });
        *self.in_force() = InForce {
            plan: Arc::clone(&old.plan),
            edition: Arc::clone(&edition),
        };
        told.on_record(self.history.keep(&edition).await);
        told
    }

    /// An earlier version comes into force as a new one, if it still may; what lies on disk stays as it is.
    async fn back(&self, to: Option<u64>, why: Why) -> Told {
        let old = self.now();
        let target = match self.target(to, old.version()).await {
            Ok(target) => target,
            Err(why) => return Told::impossible(old.version(), why),
        };
        let (config, voice, before) = (Arc::clone(&self.config), self.voice.clone(), old.clone());
        let (files, by_hand) = (target.files(), self.by_hand().await);
        let metrics = self.metrics.clone();
        let read = self.office.spawn_blocking(move || {
            let horizon = Horizon::from_now(clock::wall());
            let (it, gaps) = Fitting::once_accepted(&config, &voice, &files, horizon);
            let lines = it.as_ref().ok();
            let lines = lines.map(|it| otherwise(&it.plan, &before, &by_hand, &metrics));
            let disk = plans::sources(&config.paths.dialplans).unwrap_or_default();
            let same = load(&disk).is_ok_and(|disk| {
                let came = it.as_ref().ok();
                came.is_some_and(|it| it.plan.generation() == disk.plan.generation())
            });
            let disk = match disk.is_empty() {
                true => String::new(),
                false => fingerprint(&disk).to_string(),
            };
            (it, gaps, lines.unwrap_or_default(), disk, same)
        });
        let Ok((it, gaps, lines, disk, same)) = read.await else {
            return Told::broken(old.version());
        };
        let it = match it {
            Ok(it) => it,
            Err(error) => return self.refuse(&old, &error, "rollback"),
        };
        let (number, at) = (old.version().number, clock::wall());
        let mut version = Version::after(number, at, why, &it.plan, &disk).otherwise(lines);
        version.origin = Origin::Rollback;
        version.back_to = Some(target.version.number);
        let sources = target.sources;
        let told = self.comes(Coming {
            edition: Edition { version, sources },
            plan: it.plan,
            differs_from_disk: !same,
        });
        let mut told = told.await;
        self.tell_gaps_of(gaps, &mut told);
        told
    }

    /// Hours without an answer that kept nothing out of force.
    fn tell_gaps_of(&self, gaps: Option<PlanError>, told: &mut Told) {
        if let Some(gaps) = gaps {
            self.metrics.alarm("plan_gaps");
            tracing::error!("план: {}", gaps.render());
            told.warn(format!("есть часы без ответа:\n{}", gaps.shown()));
        }
    }

    /// The version to go back to, or in Russian why there is none. Without a number it is the last one before the one in
    /// force that is another; what was gone back to counts as where it was.
    async fn target(&self, to: Option<u64>, now: &Version) -> Result<Edition, String> {
        let unreadable = |error: gudok_store::QueryError| format!("история версий: {error}");
        let to = match to {
            Some(to) => to,
            None => {
                let rows = self
                    .store
                    .versions(VERSIONS_MAX)
                    .await
                    .map_err(unreadable)?;
                let versions = rows.iter().filter_map(versions::of_row);
                before(now, versions).ok_or("прежней версии нет: gudok plans")?
            }
        };
        let row = self
            .store
            .version(i64::try_from(to).unwrap_or(i64::MAX))
            .await;
        let edition = row
            .map_err(unreadable)?
            .as_ref()
            .and_then(versions::edition);
        let edition = edition.ok_or_else(|| format!("версии {to} в истории нет: gudok plans"))?;
        if edition.version.generation == now.generation {
            return Err(format!("версия {to} — то, что действует"));
        }
        Ok(edition)
    }

    fn refuse(&self, old: &InForce, error: &PlanError, what: &str) -> Told {
        self.metrics.alarm("plan_refused");
        // What was refused is what lies on disk, but for an earlier version.
        if what == "reload" {
            let standing = Standing::of(old.version(), true).refusing(clock::wall(), error);
            standing.tell(&self.stands, &self.metrics);
        }
        let rendered = error.render();
        tracing::error!("{what}: refused, the old plan stays in force\n{rendered}");
        Told::refused(old.version(), error)
    }

    /// A version runs beside, if it might come into force.
    async fn begin_beside(&self, folder: PathBuf, why: Why) -> Told {
        let now = self.now().version().clone();
        let (config, voice, from) = (Arc::clone(&self.config), self.voice.clone(), folder.clone());
        let read = self.office.spawn_blocking(move || {
            let horizon = Horizon::from_now(clock::wall());
            let sources = plans::sources(&from)?;
            Fitting::accepted(&config, &voice, &sources, horizon)
        });
        let it = match read.await {
            Ok(Ok(it)) => it,
            Ok(Err(error)) => return Told::refused(&now, &error),
            Err(_) => return Told::broken(&now),
        };
        let begun = Beside::begin(Arc::new(it.plan), folder, clock::wall(), why, &self.metrics);
        let (beside, eye) = match begun {
            Ok(begun) => begun,
            Err(error) => return Told::impossible(&now, error.to_string()),
        };
        tracing::info!(
            generation = beside.generation,
            "shadow: a version runs beside"
        );
        let said = format!("рядом идёт план {}: gudok shadow status", beside.generation);
        *self.beside() = Some(Arc::new(beside));
        let _ = self.orders.send(Order::Shadow(Some(Box::new(eye)))).await;
        Told::beside(&now, &said)
    }

    async fn end_beside(&self) -> Told {
        let now = self.now().version().clone();
        let was = self.beside().take();
        let _ = self.orders.send(Order::Shadow(None)).await;
        match was {
            Some(_) => Told::beside(&now, "рядом больше ничего не идёт"),
            None => Told::impossible(&now, NONE_BESIDE.to_owned()),
        }
    }

    async fn tell_beside(&self) -> Told {
        let now = self.now().version().clone();
        let beside = self.beside().clone();
        let Some(beside) = beside else {
            return Told::impossible(&now, NONE_BESIDE.to_owned());
        };
        match beside.found().await {
            Some(found) => Told::found(&now, &beside, found),
            None => Told::impossible(
                &now,
                "версия рядом не успевает за вызовами; повторите".into(),
            ),
        }
    }

    fn beside(&self) -> MutexGuard<'_, Option<Arc<Beside>>> {
        self.beside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On record first, then in force.
    async fn comes(&self, coming: Coming) -> Told {
        let Coming {
            edition,
            plan,
            differs_from_disk,
        } = coming;
        let written = self.history.keep(&edition).await;
        let (version, plan) = (edition.version.clone(), Arc::new(plan));
        *self.in_force() = InForce {
            plan: Arc::clone(&plan),
            edition: Arc::new(edition.clone()),
        };
        let _ = self.orders.send(Order::Plan(plan, Box::new(edition))).await;
        Standing::of(&version, differs_from_disk).tell(&self.stands, &self.metrics);
        let (number, author) = (version.number, &version.author);
        tracing::info!(
            version = number,
            generation = version.generation,
            author,
            "reload: the plan is in force"
        );
        tracing::info!("план: что пойдёт иначе\n{}", version.summary.join("\n"));
        let mut told = Told::in_force(&version, differs_from_disk);
        told.on_record(written);
        told
    }

    /// Who connects from now on sees what the files hold; nobody is disconnected.
    async fn show_certificates(&self) -> anyhow::Result<()> {
        if self.tls.is_off() {
            return Ok(());
        }
        let tls = self.tls.clone();
        let read = self.office.spawn_blocking(move || tls.read_again());
        read.await??;
        tracing::info!("reload: the certificate is shown");
        Ok(())
    }

    fn now(&self) -> InForce {
        self.in_force().clone()
    }

    fn in_force(&self) -> MutexGuard<'_, InForce> {
        self.in_force.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who calls from now on is of the region that the file says.
    async fn tell_numbering(&self) -> anyhow::Result<()> {
        let config = Arc::clone(&self.config);
        let read = self.office.spawn_blocking(move || numbers::read(&config));
        let numbering = read.await??;
        let ranges = numbering.table().map(gudok_numbering::Table::ranges);
        let _ = self.orders.send(Order::Numbering(numbering)).await;
        if let Some(ranges) = ranges {
            tracing::info!(ranges, "reload: the table of numbers is in force");
        }
        Ok(())
    }

    /// What is set by hand now; nothing where the database does not say.
    async fn by_hand(&self) -> Overrides {
        let now = clock::wall();
        let rows = self.store.overrides_in_force(now).await;
        overrides(now, rows.unwrap_or_default())
    }

    /// The operators and their hashes, from the database to the hotline.
    pub(crate) async fn tell_operators(&self) -> anyhow::Result<()> {
        let operators = self.store.operators().await?;
        let credentials = self.store.credentials().await?;
        let (digest, realm) = (self.config.sip.digest, &self.config.sip.realm);
        for stale in credentials
            .iter()
            .filter(|credential| credential.realm != *realm)
        {
            // Their phones would fail without a word: the hashes were made for another realm.
            tracing::error!(operator = %stale.operator, was = stale.realm, realm, "sip.realm changed: set the password anew");
        }
        let credentials = credentials
            .into_iter()
            .map(|credential| endpoint::Credential {
                user: credential.operator.to_string(),
                ha1_md5: (digest != Digest::Sha256).then_some(credential.ha1_md5),
                ha1_sha256: (digest != Digest::Md5).then_some(credential.ha1_sha256),
            });
        let _ = self
            .orders
            .send(Order::Operators(operators, credentials.collect()))
            .await;
        Ok(())
    }
}

/// What a plan does otherwise than the one in force, in the admin's words; gaps of what is set by hand are told beside.
fn otherwise(plan: &Plan, old: &InForce, by_hand: &Overrides, metrics: &Metrics) -> Vec<String> {
    if *plan.generation() == *old.plan.generation() {
        return Vec::new();
    }
    tell_gaps(plan, by_hand, metrics);
    let horizon = Horizon::from_now(clock::wall());
    plan.differs_from(&old.plan, horizon, by_hand).lines()
}

/// Hours that nobody answers for what is set by hand: told, and no reason to refuse a plan, as what is set ends by itself.
/// Gives what was told. Takes its time where anything is set.
pub(crate) fn tell_gaps(plan: &Plan, by_hand: &Overrides, metrics: &Metrics) -> Vec<String> {
    let now = clock::wall();
    if by_hand.list(now).next().is_none() {
        return Vec::new();
    }
    let gaps = plan.gaps_by_hand(Horizon::from_now(now).days(BY_HAND_DAYS), by_hand);
    if !gaps.is_empty() {
        metrics.alarm("plan_gaps");
        tracing::error!("план: из-за заданного вручную\n{}", gaps.join("\n"));
    }
    gaps
}

/// What is set by hand is over before that.
const BY_HAND_DAYS: u32 = 63;

fn warn_of(it: &Fitting) {
    let bare = it.plan.bare_rosters(clock::wall());
    for warning in it.warnings.iter().chain(&bare) {
        tracing::warn!("план: {}", warning.render());
    }
}

/// The last version before the one in force that is another plan; `versions` are newest first.
fn before(now: &Version, mut versions: impl Iterator<Item = Version>) -> Option<u64> {
    let from = now.back_to.unwrap_or(now.number);
    versions
        .find(|it| it.number < from && it.generation != now.generation)
        .map(|it| it.number)
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;
    use crate::folder::slow;
    use crate::hotline::tests::{Caller, Folder, PATIENCE};
    use crate::serve;

    /// The history of some changes: number, what it went back to, and which plan it is.
    fn version((number, back_to, plan): (u64, Option<u64>, &str)) -> Version {
        Version {
            number,
            at: clock::wall(),
            origin: Origin::Command,
            author: String::new(),
            reason: String::new(),
            back_to,
            generation: plan.to_owned(),
            summary: Vec::new(),
            disk: String::new(),
        }
    }

    #[test]
    fn going_back_twice_goes_further_back_and_not_forth() {
        let mut past = vec![
            (1, None, "a"),
            (2, None, "b"),
            (3, None, "b"),
            (4, None, "c"),
        ];
        for (expected, plan) in [(Some(3), "b"), (Some(1), "a"), (None, "")] {
            let now = version(past[past.len() - 1]);
            let to = before(&now, past.iter().rev().copied().map(version));
            assert_eq!(to, expected, "{past:?}");
            past.push((now.number + 1, to, plan));
        }
    }

    #[test]
    fn a_plan_that_is_slow_to_read_holds_no_caller_up() {
        let office = Builder::new_multi_thread().enable_all().build();
        let office = office.expect("an office");
        let line = Builder::new_current_thread().enable_all().build();
        line.expect("a line").block_on(async {
            let folder = Folder::new();
            let running = serve::start(folder.config(), office.handle()).await;
            let running = running.expect("it starts");
            // The disk goes on when the caller is answered, or in the end, so that a failure is one.
            let disk = slow::make(&folder.path().join("dialplans"));
            let (answered, is_answered) = std::sync::mpsc::channel();
            let waiting = std::thread::spawn(move || {
                let in_time = is_answered.recv_timeout(PATIENCE).is_ok();
                drop(disk);
                in_time
            });
            let mut caller = Caller::new(&running).await;
            tokio::join!(running.reloader.reload(Why::signal()), async {
                caller.asks_whether_we_live().await;
                let _ = answered.send(());
            });
            let in_time = waiting.join().expect("it waited");
            assert!(in_time, "the caller waited for the plan");
            running.shut_down(true).await;
        });
        office.shutdown_background();
    }
}
