//! What SIGHUP reads anew: the plan, the operators, the table of numbers and the certificates.
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::Source;
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::Problem;
use gudok_sip::endpoint;
use gudok_store::Store;
use tokio::runtime::Handle;
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;

use crate::certificates::Tls;
use crate::clock;
use crate::config::{Config, Digest};
use crate::hotline::Order;
use crate::metrics::Metrics;
use crate::records::PlanText;
use crate::verbs::Refused;
use crate::voice::Voice;
use crate::{numbers, plans};

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
    pub in_force: Mutex<Arc<Plan>>,
}

impl Reloader {
    /// One after the other, for ever. Whoever stops waiting leaves what is read unread.
    pub(crate) async fn at_each(&self, mut signal: Signal) -> Infallible {
        while signal.recv().await.is_some() {
            self.reload().await;
        }
        std::future::pending().await
    }

    /// The plan and the operators anew; a plan with an error changes nothing.
    pub(crate) async fn reload(&self) {
        match self.plan().await {
            Ok((sources, plan, otherwise)) => {
                let generation = plan.generation().to_string();
                *self.in_force() = Arc::clone(&plan);
                let _ = self.orders.send(Order::Plan(plan, sources)).await;
                tracing::info!(generation, "reload: the plan is in force");
                tracing::info!("план: что пойдёт иначе\n{}", otherwise.join("\n"));
            }
            Err(error) => {
                tracing::error!("reload: refused, the old plan stays in force\n{error:#}");
            }
        }
        if let Err(error) = self.tell_operators().await {
            tracing::error!(%error, "reload: the operators stay as they were");
        }
        if let Err(error) = self.tell_numbering().await {
            tracing::error!("reload: the table of numbers stays as it was\n{error:#}");
        }
        if let Err(error) = self.show_certificates().await {
            tracing::error!("reload: TLS: what is wrong stays as it was before\n{error:#}");
        }
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

    fn in_force(&self) -> MutexGuard<'_, Arc<Plan>> {
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

    /// The new plan, and in the admin's words what it does otherwise than the one in force.
    async fn plan(&self) -> anyhow::Result<(Vec<PlanText>, Arc<Plan>, Vec<String>)> {
        let (config, voice) = (Arc::clone(&self.config), self.voice.clone());
        let old = Arc::clone(&self.in_force());
        let read = self.office.spawn_blocking(move || {
            let (sources, plan) = read_plan(&config, &voice)?;
            let horizon = Horizon::from_now(clock::wall());
            let otherwise = plan.differs_from(&old, horizon).lines();
            Ok::<_, Refused>((sources, plan, otherwise))
        });
        Ok(read.await??)
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

/// A plan as it is written and as it is decided by.
type Read = (Vec<PlanText>, Arc<Plan>);

/// The plan in force from now on; it passed the tests beside it and leaves no hour unanswered. Blocks on the disk.
///
/// # Errors
/// With everything that is wrong; a plan with one error is no plan.
pub(crate) fn read_plan(config: &Config, voice: &Voice) -> Result<Read, Refused> {
    let horizon = Horizon::from_now(clock::wall());
    let (sources, accepted) =
        plans::accepted(&config.paths.dialplans, horizon).map_err(|error| refused(&error))?;
    fitting(config, voice, &sources, accepted.plan, &accepted.warnings)
}

/// The same for a start, where there is no other plan to go on with: a gap that came near as the days went by, thirteen
/// months ahead, is told and keeps no hotline from starting.
///
/// # Errors
/// As [`read_plan`], but for gaps.
pub(crate) fn plan_at_start(
    config: &Config,
    voice: &Voice,
    metrics: &Metrics,
) -> Result<Read, Refused> {
    let horizon = Horizon::from_now(clock::wall());
    let gaps = match plans::accepted(&config.paths.dialplans, horizon) {
        Ok((sources, accepted)) => {
            return fitting(config, voice, &sources, accepted.plan, &accepted.warnings);
        }
        Err(error) if error.is_only_gaps() => error,
        Err(error) => return Err(refused(&error)),
    };
    metrics.alarm("plan_gaps");
    tracing::error!("план: {}", gaps.render());
    let (sources, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| refused(&error))?;
    fitting(config, voice, &sources, loaded.plan, &loaded.warnings)
}

fn refused(error: &plans::PlanError) -> Refused {
    Refused(error.render())
}

/// A plan that fits the configuration and the prompts; what someone should look at is in the log.
fn fitting(
    config: &Config,
    voice: &Voice,
    sources: &[Source],
    plan: Plan,
    warnings: &[Problem],
) -> Result<Read, Refused> {
    plans::prompts_are_there(&plan, voice).map_err(|error| refused(&error))?;
    plans::trunks_are_there(&plan, &config.trunks).map_err(|error| refused(&error))?;
    let bare = plan.bare_rosters(clock::wall());
    for warning in warnings.iter().chain(&bare) {
        tracing::warn!("план: {}", warning.render());
    }
    Ok((sources.iter().map(PlanText::from).collect(), Arc::new(plan)))
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    use tokio::runtime::Builder;

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
            // Who opens a pipe waits for its writer; ours comes in the end, so that a failure is one.
            let slow = folder.path().join("dialplans/slow.toml");
            mknodat(CWD, &slow, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
            let (answered, is_answered) = std::sync::mpsc::channel();
            let writer = std::thread::spawn(move || {
                let in_time = is_answered.recv_timeout(PATIENCE).is_ok();
                std::fs::write(slow, "").expect("written");
                in_time
            });
            let mut caller = Caller::new(&running).await;
            tokio::join!(running.reloader.reload(), async {
                caller.asks_whether_we_live().await;
                let _ = answered.send(());
            });
            let in_time = writer.join().expect("it wrote");
            assert!(in_time, "the caller waited for the plan");
            running.shut_down(true).await;
        });
        office.shutdown_background();
    }
}
