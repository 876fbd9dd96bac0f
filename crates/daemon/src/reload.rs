//! What is read anew while the daemon runs: the plan, the operators, the table of numbers and the certificates; and how an
//! earlier plan comes back. One thing after the other, whoever asks: SIGHUP, `gudok reload`, `gudok rollback`, the pages.
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gudok_calendar::{Handovers, Overrides};
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::plan::Plan;
use gudok_sip::endpoint;
use gudok_store::versions::VERSIONS_MAX;
use gudok_store::{Store, VersionRow};
use gudok_web::Tokens;
use tokio::runtime::Handle;
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval_at, timeout};

use crate::certificates::Tls;
use crate::changes::{Change, Told, Wanted};
use crate::clock;
use crate::coming::{Coming, Read, Reading};
use crate::config::{Config, Digest};
use crate::hotline::Order;
use crate::hotline::schedules::{NOT_JOURNALED, overrides};
use crate::hotline::shifts;
use crate::metrics::Metrics;
use crate::numbers;
use crate::plans::{self, Fitting};
use crate::retired::Retired;
use crate::shadow::Beside;
use crate::signed_in;
use crate::standing::Stands;
use crate::versions::{self, Edition, History, Version, Why};
use crate::voice::Voice;

const NONE_BESIDE: &str = "рядом ничего не идёт: gudok shadow start ПАПКА";
/// A version that the database has not taken is tried again so often.
const WRITE_AGAIN: Duration = Duration::from_secs(5);

/// How long a plan that comes into force waits to hear of what is set by hand.
const BY_HAND_WITHIN: Duration = Duration::from_secs(2);
/// Plans and prompts that were in force are looked at so often: their last call may be over.
const DROP_AGAIN: Duration = Duration::from_secs(10);

/// So much of the journal at most is looked through for versions by the next start.
const ADVANCE_EVERY: Duration = Duration::from_secs(3_600);

/// From where it is read, and to whom it is told.
pub(crate) struct Reloader {
    pub config: Arc<Config>,
    /// By which new versions are judged.
    pub voice: Mutex<Arc<Voice>>,
    pub store: Store,
    /// Who is signed in.
    pub tokens: Arc<Tokens>,
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
    /// Plans and prompts that were in force; calls may go by them still.
    pub retired: Mutex<Retired>,
}

/// The plan in force, and which it is.
#[derive(Clone, Debug)]
pub(crate) struct InForce {
    pub plan: Arc<Plan>,
    pub edition: Arc<Edition>,
}

impl InForce {
    pub(crate) fn version(&self) -> &Version {
        &self.edition.version
    }
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
                Some(wanted) = wanted.recv() => self.answer(wanted).await,
                () = tokio::time::sleep(WRITE_AGAIN), if self.history.is_behind() => {
                    self.history.catch_up().await;
                }
                () = tokio::time::sleep(DROP_AGAIN), if !self.retired().is_empty() => self.drop_retired(),
                _ = look.tick() => self.history.advance().await,
                else => std::future::pending().await,
            }
        }
    }

    /// The prompts in force.
    pub(crate) fn voice(&self) -> Arc<Voice> {
        let voice = self.voice.lock();
        Arc::clone(&voice.unwrap_or_else(PoisonError::into_inner))
    }

    /// What goes on after it; whatever else it holds, the orders to the hotline too, is let go.
    pub(crate) fn into_history(self) -> History {
        self.history
    }

    /// Who asked may have gone; what was asked for is done.
    async fn answer(&self, Wanted { change, answer }: Wanted) {
        let told = match change {
            Change::Reload { why } => {
                let told = self.renew(why).await;
                if !told.done {
                    // Who is refused need not wait for what is renewed all the same.
                    let _ = answer.send(told);
                    self.renew_others().await;
                    return;
                }
                self.with_others(told).await
            }
            Change::Back { to, expected, why } => self.back(to, expected, why).await,
            Change::ShadowStart { folder, why } => self.begin_beside(folder, why).await,
            Change::ShadowOff => self.end_beside().await,
            Change::ShadowStatus => self.tell_beside().await,
        };
        let _ = answer.send(told);
    }

    /// The plan and the operators anew; a plan with an error changes nothing.
    pub(crate) async fn reload(&self, why: Why) -> Told {
        let told = self.renew(why).await;
        self.with_others(told).await
    }

    async fn with_others(&self, mut told: Told) -> Told {
        for warning in self.renew_others().await {
            told.warn(warning);
        }
        self.tell_awaited(&mut told).await;
        told
    }

    /// Operators, numbers and certificates. Gives what stays as it was, and why.
    async fn renew_others(&self) -> Vec<String> {
        let mut stays = Vec::new();
        if let Err(error) = self.tell_operators().await {
            tracing::error!(%error, "reload: the operators stay as they were");
            stays.push(format!("операторы остаются прежними: {error:#}"));
        }
        if let Err(error) = self.tell_numbering().await {
            tracing::error!("reload: the table of numbers stays as it was\n{error:#}");
            stays.push(format!("таблица номеров остаётся прежней: {error:#}"));
        }
        if let Err(error) = self.show_certificates().await {
            tracing::error!("reload: TLS: what is wrong stays as it was before\n{error:#}");
            stays.push(format!(
                "сертификаты: что неверно, остаётся прежним: {error:#}"
            ));
        }
        stays
    }

    /// Who is to accept a shift by the plan that is in force now: where the key is new, nobody knows of it yet.
    async fn tell_awaited(&self, told: &mut Told) {
        let (plan, now) = (self.now().plan, clock::wall());
        let mut rosters = plan.rosters();
        if !told.done || rosters.all(|(_, roster)| roster.accept_within().is_none()) {
            return;
        }
        let rows = match self.store.acceptances(now, shifts::EACH_MAX).await {
            Ok(rows) => rows,
            Err(error) => return told.warn(format!("не видно, кто принял смены: {error:#}")),
        };
        let mut handovers = Handovers::NONE;
        for (roster, acceptance) in shifts::of_rows(rows) {
            handovers.accept(&roster, acceptance);
        }
        for shift in plan.awaited_shifts(now, &handovers) {
            told.warn(shift.told);
        }
    }

    /// What lies on disk comes into force, if it may.
    async fn renew(&self, why: Why) -> Told {
        self.read(move |reading| reading.renew(why)).await
    }

    /// An earlier version comes into force as a new one, if it still may; what lies on disk stays as it is. `expected`: what
    /// the one who asks takes for the version in force.
    async fn back(&self, to: Option<u64>, expected: Option<u64>, why: Why) -> Told {
        let old = self.now();
        let number = old.version().number;
        if let Some(seen) = expected.filter(|seen| *seen != number) {
            let why = format!(
                "действует версия {number}, а не {seen}: план успели сменить, ничего не сделано; посмотрите gudok plans и решите заново"
            );
            return Told::impossible(old.version(), why);
        }
        let row = match self.target(to, old.version()).await {
            Ok(row) => row,
            Err(why) => return Told::impossible(old.version(), why),
        };
        let read = move |reading: Reading| match versions::edition(&row) {
            Some(target) => reading.back(&target, why),
            None => {
                let why = format!("версия {} этим Гудком не читается", row.number);
                Read::refused(Told::impossible(reading.old.version(), why))
            }
        };
        self.read(read).await
    }

    /// Reads where it takes no time from a call, down to the last word; then it comes into force or not.
    async fn read(&self, read: impl FnOnce(Reading) -> Read + Send + 'static) -> Told {
        let old = self.now();
        let reading = Reading {
            config: Arc::clone(&self.config),
            voice: self.voice(),
            before: self.voice(),
            has_room: !self.retired().is_full(),
            metrics: self.metrics.clone(),
            stands: Arc::clone(&self.stands),
            old: old.clone(),
            by_hand: self.by_hand(),
            office: self.office.clone(),
        };
        match self.office.spawn_blocking(move || read(reading)).await {
            Ok(Read::Refused(told)) => *told,
            Ok(Read::Stays(told, voice)) => match self.speaks(voice).await {
                true => *told,
                false => not_journaled(old.version(), false),
            },
            Ok(Read::Comes(coming, voice)) => {
                let speaks_anew = voice.is_some();
                match self.speaks(voice).await {
                    true => self.comes(*coming, speaks_anew).await,
                    false => not_journaled(old.version(), false),
                }
            }
            Err(_) => Told::broken(old.version()),
        }
    }

    /// Other prompts, before the plan that may name them; false: the journal does not take it. None: they are as they were.
    async fn speaks(&self, voice: Option<Arc<Voice>>) -> bool {
        let Some(voice) = voice else { return true };
        let (journaled, is_journaled) = oneshot::channel();
        let order = Order::Voice(Arc::clone(&voice), journaled);
        let taken = self.orders.send(order).await.is_ok() && is_journaled.await == Ok(true);
        if taken {
            self.judge_by(voice);
        }
        taken
    }

    fn judge_by(&self, voice: Arc<Voice>) {
        let mut now = self.voice.lock().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::replace(&mut *now, voice);
        self.retired().voice(former);
    }

    /// The version to go back to, or in Russian why there is none. Without a number it is the last one before the one in
    /// force that is another; what was gone back to counts as where it was.
    async fn target(&self, to: Option<u64>, now: &Version) -> Result<VersionRow, String> {
        let unreadable = |error: gudok_store::QueryError| format!("история версий: {error}");
        let to = match to {
            Some(to) => to,
            None => {
                let rows = self.store.versions(VERSIONS_MAX).await;
                let rows = rows.map_err(unreadable)?;
                let versions: Vec<Version> = rows.iter().filter_map(versions::of_row).collect();
                versions::before(now, &versions).ok_or("прежней версии нет: gudok plans")?
            }
        };
        let row = self.store.version(i64::try_from(to).unwrap_or(i64::MAX));
        let row = row.await.map_err(unreadable)?;
        let row = row.ok_or_else(|| format!("версии {to} в истории нет: gudok plans"))?;
        if row.generation == now.generation {
            return Err(format!("версия {to} — то, что действует"));
        }
        Ok(row)
    }

    /// A version runs beside, if it might come into force.
    async fn begin_beside(&self, folder: PathBuf, why: Why) -> Told {
        let now = self.now().version().clone();
        let (config, voice, from) = (Arc::clone(&self.config), self.voice(), folder.clone());
        let old = now.clone();
        let read = self.office.spawn_blocking(move || {
            let horizon = Horizon::from_now(clock::wall());
            let it = plans::sources(&from)
                .and_then(|sources| Fitting::accepted(&config, &voice, &sources, horizon));
            it.map(|it| Arc::new(it.plan))
                .map_err(|error| Box::new(Told::refused(&old, &error)))
        });
        let plan = match read.await {
            Ok(Ok(plan)) => plan,
            Ok(Err(refused)) => return *refused,
            Err(_) => return Told::broken(&now),
        };
        let begun = Beside::begin(plan, folder, clock::wall(), why, &self.metrics);
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

    /// In the journal first, then in force, then in the history, which a start makes up for from the journal.
    async fn comes(&self, coming: Coming, speaks_anew: bool) -> Told {
        let Coming {
            edition,
            plan,
            row,
            record,
            standing,
            mut told,
            is_other,
        } = coming;
        let (journaled, is_journaled) = oneshot::channel();
        let order = Order::Plan(Arc::clone(&plan), Box::new(record), journaled);
        let sent = self.orders.send(order).await;
        if sent.is_err() || is_journaled.await != Ok(true) {
            return not_journaled(self.now().version(), speaks_anew);
        }
        let in_force = InForce {
            plan: Arc::clone(&plan),
            edition: Arc::clone(&edition),
        };
        let old = std::mem::replace(&mut *self.in_force(), in_force);
        if !Arc::ptr_eq(&old.plan, &plan) {
            self.retired().plan(old.plan);
        }
        told.on_record(self.history.keep_row(row).await);
        standing.tell(&self.stands, &self.metrics);
        let version = &edition.version;
        if is_other {
            tracing::info!(
                version = version.number,
                generation = version.generation,
                author = version.author,
                "reload: the plan is in force"
            );
            tracing::info!("план: что пойдёт иначе\n{}", version.summary.join("\n"));
        }
        told
    }

    /// Plans and prompts that no call goes by any more are dropped where that takes no time from a call.
    fn drop_retired(&self) {
        let over = self.retired().over();
        if !over.is_empty() {
            drop(self.office.spawn_blocking(move || drop(over)));
        }
    }

    fn retired(&self) -> MutexGuard<'_, Retired> {
        self.retired.lock().unwrap_or_else(PoisonError::into_inner)
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

    pub(crate) fn now(&self) -> InForce {
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

    /// What is set by hand now; None: the database does not say. Asked while the plan is read.
    fn by_hand(&self) -> JoinHandle<Option<Overrides>> {
        let store = self.store.clone();
        self.office.spawn(async move {
            let now = clock::wall();
            let rows = timeout(BY_HAND_WITHIN, store.overrides_in_force(now)).await;
            Some(overrides(now, rows.ok()?.ok()?))
        })
    }

    /// The operators and their hashes, from the database to the hotline. Who is on record as signed in no more is not.
    pub(crate) async fn tell_operators(&self) -> anyhow::Result<()> {
        signed_in::look_again(&self.tokens, &self.store).await?;
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

/// The plan is as it was; the recordings that came before it may be others already.
fn not_journaled(version: &Version, speaks_anew: bool) -> Told {
    tracing::error!(
        speaks_anew,
        "reload: the journal is not written, the old plan stays in force"
    );
    let why = match speaks_anew {
        true => NEW_VOICE_ALONE,
        false => NOT_JOURNALED,
    };
    Told::impossible(version, why.to_owned())
}

/// The disk refused between the two.
const NEW_VOICE_ALONE: &str = "журнал не пишется: план прежний, а новые записи фраз уже звучат; посмотрите место на диске журнала и повторите";

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

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;
    use crate::folder::slow;
    use crate::hotline::tests::{Caller, Folder, PATIENCE};
    use crate::serve;

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
