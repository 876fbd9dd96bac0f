//! The plan by which calls go now: what lies on disk may be another one.
use serde_json::Value;

use gudok_dialplan::load::load;
use gudok_dialplan::plan::Plan;

use super::{Refused, block_on, open_store};
use crate::config::Config;
use crate::{control, plans, versions};

/// A plan to tell of, and whose it is.
pub(super) struct InForce {
    /// The one in force where the daemon runs, else the one on disk.
    pub plan: Plan,
    /// What lies on disk, where the daemon runs; None: it is no plan.
    pub disk: Option<Plan>,
    /// Russian, where it is not certain that calls go by it.
    pub doubt: Option<&'static str>,
}

/// The daemon is asked which plan it is, and the history has its files.
pub(super) fn plan(config: &Config) -> anyhow::Result<InForce> {
    let disk = plans::read(&config.paths.dialplans).map(|(_, loaded)| loaded.plan);
    let doubt = match running(config) {
        None => "по файлам на диске: демон не отвечает",
        Some(generation) => match of_history(config, &generation) {
            Some(plan) => {
                let (disk, doubt) = (disk.ok(), None);
                return Ok(InForce { plan, disk, doubt });
            }
            None => "по файлам на диске: действующего плана в истории версий нет",
        },
    };
    let plan = disk.map_err(|error| Refused(error.render()))?;
    Ok(InForce {
        plan,
        disk: None,
        doubt: Some(doubt),
    })
}

/// The name of the plan in force; None: nobody answers.
fn running(config: &Config) -> Option<String> {
    let told = control::ask(&control::path(config), "rosters").ok()?;
    let told: Value = serde_json::from_str(&told).ok()?;
    told["plan"].as_str().map(str::to_owned)
}

fn of_history(config: &Config, generation: &str) -> Option<Plan> {
    let last = block_on(async { Ok(open_store(config).await?.last_version().await?) });
    let edition = versions::edition(last.ok()?.as_ref()?)?;
    let plan = load(&edition.files()).ok()?.plan;
    (**plan.generation() == *generation).then_some(plan)
}
