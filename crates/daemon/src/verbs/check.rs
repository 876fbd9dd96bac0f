//! `gudok check`: the same code that the daemon starts with, up to the point where something would be bound.
use std::path::Path;
use std::process::ExitCode;

use super::Refused;
use crate::voice::Voice;
use crate::{clock, config, config_check, numbers, plans, serve};

pub(crate) fn check(path: &Path) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let voice =
        Voice::read(config.paths.prompts.as_deref()).map_err(|error| Refused(error.to_string()))?;
    let (sources, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    plans::prompts_are_there(&loaded.plan, &voice).map_err(|error| Refused(error.render()))?;
    plans::trunks_are_there(&loaded.plan, &config.trunks)
        .map_err(|error| Refused(error.render()))?;
    serve::outside_is_set(&config)?;
    numbers::read(&config)?;
    for warning in config_check::warnings(&config) {
        say!("{warning}");
    }
    let mut missing = loaded.plan.missing_years(clock::wall());
    missing.extend(loaded.plan.bare_rosters(clock::wall()));
    for warning in loaded.warnings.iter().chain(&missing) {
        say!("{}", warning.render());
    }
    say!(
        "настройки и план в порядке: файлов плана — {}, номеров — {}, групп — {}, версия плана {}",
        sources.len(),
        loaded.plan.numbers().len(),
        loaded.plan.groups().len(),
        loaded.plan.generation()
    );
    Ok(ExitCode::SUCCESS)
}
