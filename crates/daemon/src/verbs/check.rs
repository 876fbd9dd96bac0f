//! `gudok check`: the same code that the daemon starts with, up to the point where something would be bound.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use gudok_dialplan::Plan;
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{Source, is_tests, load};

use super::plans::last_version;
use super::{Refused, by_hand, handovers};
use crate::cli::Check;
use crate::config::Config;
use crate::voice::Voice;
use crate::{clock, config_check, numbers, plans, serve, versions, zones};

pub(crate) fn check(path: &Path, arguments: &Check) -> anyhow::Result<ExitCode> {
    let (mut config, zoneinfo) = zones::told(path)?;
    config.plans.strict |= arguments.strict;
    let voice = Voice::read(&config).map_err(|error| Refused(error.to_string()))?;
    let horizon = Horizon::from_now(clock::wall());
    let (sources, accepted) =
        plans::accepted(&config, horizon).map_err(|error| Refused(error.render()))?;
    plans::prompts_are_there(&accepted.plan, &voice).map_err(|error| Refused(error.render()))?;
    plans::trunks_are_there(&accepted.plan, &config.trunks)
        .map_err(|error| Refused(error.render()))?;
    serve::outside_is_set(&config)?;
    numbers::read(&config)?;
    if let Some(told) = zoneinfo {
        say!("{told}");
    }
    let differences = zones::differences(&accepted.plan, clock::wall());
    for warning in config_check::warnings(&config).iter().chain(&differences) {
        say!("{warning}");
    }
    let mut missing = accepted.plan.missing_years(clock::wall());
    missing.extend(accepted.plan.bare_rosters(clock::wall()));
    missing.extend(accepted.plan.skills_that_end(clock::wall()));
    missing.extend_from_slice(accepted.plan.numbers_without_busy());
    let awaited = accepted
        .plan
        .awaited_shifts(clock::wall(), &handovers(&config, clock::wall()));
    for warning in accepted.warnings.iter().chain(&missing) {
        say!("{}", warning.render());
    }
    for (queue, schedules) in accepted.plan.expects_by_default() {
        let names: Vec<&str> = schedules.iter().map(|name| &**name).collect();
        let names = names.join(", ");
        say!(
            "очередь {queue}: empty не задан, поэтому в часы графика {names} и за 15 минут до них звонящие ждут опоздавших операторов; отпускать сразу — empty = {{ leave = [\"logged_out\"] }}"
        );
    }
    for shift in &awaited {
        say!("внимание: {}", shift.told);
    }
    say!(
        "настройки и план в порядке: файлов плана — {}, номеров — {}, групп — {}, тестов — {}, версия плана {}",
        sources
            .iter()
            .filter(|source| !is_tests(&source.name))
            .count(),
        accepted.plan.numbers().len(),
        accepted.plan.groups().len(),
        accepted.tests,
        accepted.plan.generation()
    );
    if let Some(against) = &arguments.against {
        let (old, by_hand) = (other(&config, against)?, by_hand(&config));
        say!("против версии {}:", old.generation());
        let difference = accepted.plan.differs_from(&old, horizon, &by_hand);
        let gaps = accepted.plan.gaps_by_hand(horizon, &by_hand);
        let gaps = gaps.iter().map(|gap| format!("задано вручную: {gap}"));
        for line in difference.lines().into_iter().chain(gaps) {
            say!("{line}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The plan of a folder, or the one that came into force last.
fn other(config: &Config, against: &str) -> anyhow::Result<Plan> {
    if against != RUNNING {
        let read = plans::read(Path::new(against));
        let (_, loaded) = read.map_err(|error| Refused(error.render()))?;
        return Ok(loaded.plan);
    }
    let loaded = load(&running(config)?)
        .map_err(|_| anyhow!("running: действующий план этой версией Гудка не читается"))?;
    Ok(loaded.plan)
}

/// The files of the plan that came into force last: of the history, or of the journal where there is none yet.
fn running(config: &Config) -> anyhow::Result<Vec<Source>> {
    if let Some(last) = last_version(config)? {
        return Ok(last.files());
    }
    let last = versions::last_in_journal(&config.paths.journal).map(|(_, files)| files);
    let last = last.context("running: нет ни одной версии плана; демон ещё не запускался?")?;
    Ok(last.into_iter().map(Source::from).collect())
}

/// The files of a folder, or of the plan that came into force last.
pub(super) fn files_of(config: &Config, plan: &str) -> anyhow::Result<Vec<Source>> {
    match plan {
        RUNNING => running(config),
        folder => plans::sources(Path::new(folder)).map_err(|it| Refused(it.render()).into()),
    }
}

/// The plan in force.
const RUNNING: &str = "running";
