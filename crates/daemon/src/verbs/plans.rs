//! `gudok reload`, `gudok rollback` and `gudok plans`: which plan is in force, which were, and how one comes into force.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail, ensure};
use gudok_calendar::Overrides;
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::load;
use gudok_dialplan::plan::Plan;
use gudok_dialplan::print::printed;
use gudok_store::Store;
use gudok_store::versions::VERSIONS_MAX;

use super::check::files_of;
use super::{Refused, block_on, open_store, schedule};
use crate::changes::{Change, Told};
use crate::cli::{Plans, PlansVerb, Reason, ShowPlan};
use crate::config::{self, Config};
use crate::versions::{self, Edition, Origin, Version, Why};
use crate::{clock, control, plans, zones};

/// Versions that are listed without `--all`.
const LISTED: usize = 20;

pub(crate) fn reload(path: &Path, reason: &Reason) -> anyhow::Result<ExitCode> {
    let why = why(reason);
    ask(path, reason.json, &Change::Reload { why })
}

/// To a version, or without one away from the version in force: from the one that was when we were asked, whatever becomes
/// of the plan until the daemon hears us.
pub(crate) fn rollback(
    path: &Path,
    (to, expected): (Option<u64>, Option<u64>),
    reason: &Reason,
) -> anyhow::Result<ExitCode> {
    ensure!(
        reason.reason.is_some(),
        "нужен ключ --reason: он остаётся в истории версий"
    );
    let expected = match (to, expected) {
        (None, None) => last_version(&config::read(path)?)?.map(|last| last.version.number),
        (_, expected) => expected,
    };
    let why = why(reason);
    ask(path, reason.json, &Change::Back { to, expected, why })
}

pub(super) fn why(reason: &Reason) -> Why {
    Why {
        author: reason.author.clone().unwrap_or_else(schedule::who),
        reason: reason.reason.clone().unwrap_or_default(),
        origin: Origin::Command,
    }
}

pub(super) fn ask(path: &Path, json: bool, change: &Change) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let told = control::change(&control::path(&config), change)?;
    if json {
        say!("{}", serde_json::to_string(&told)?);
        return Ok(if told.done {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(64)
        });
    }
    let Told { done, text, .. } = told;
    let text = text.trim_end().to_owned();
    if !done {
        return Err(Refused(text).into());
    }
    say!("{text}");
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn plans(path: &Path, arguments: &Plans) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    if let Some(PlansVerb::Print { plan }) = &arguments.verb {
        return print(&config, plan);
    }
    block_on(async {
        let store = open_store(&config).await?;
        match &arguments.verb {
            Some(PlansVerb::Show(it)) => show(&store, it).await,
            _ => list(&config, &store, arguments).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// As one document.
fn print(config: &Config, plan: &str) -> anyhow::Result<ExitCode> {
    let files = files_of(config, plan)?;
    let text = printed(&files).map_err(|why| Refused(why.to_string()))?;
    say!("{}", text.trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn list(config: &Config, store: &Store, arguments: &Plans) -> anyhow::Result<()> {
    let limit = if arguments.all {
        VERSIONS_MAX as usize
    } else {
        LISTED
    };
    let rows = store
        .versions(u32::try_from(limit).unwrap_or(VERSIONS_MAX))
        .await?;
    let known: Vec<Version> = rows.iter().filter_map(versions::of_row).collect();
    if arguments.json {
        for version in &known {
            say!("{}", serde_json::to_string(version)?);
        }
        return Ok(());
    }
    let Some(last) = known.first() else {
        bail!("в истории нет ни одной версии; демон ещё не запускался?");
    };
    for version in &known {
        say!("{}", line(version, version.number == last.number));
    }
    if let Some(edition) = edition(store, last.number).await?
        && let Some(said) = on_disk(config, &edition)
    {
        say!("\n{said}");
    }
    Ok(())
}

fn line(version: &Version, last: bool) -> String {
    let mark = if last { '*' } else { ' ' };
    let (at, came) = (schedule::local(version.at.0), version.came());
    let mut told = format!("{mark}{:>4}  {at}  {came}", version.number);
    if !version.author.is_empty() && version.origin != Origin::Signal {
        told += &format!(", {}", version.author);
    }
    if !version.reason.is_empty() {
        told += &format!(": {}", version.reason);
    }
    for line in &version.summary {
        told += &format!("\n        {line}");
    }
    told
}

/// That what lies on disk is not what is in force; None: it is.
fn on_disk(config: &Config, now: &Edition) -> Option<String> {
    let number = now.version.number;
    let Ok(sources) = plans::sources(&config.paths.dialplans) else {
        return Some(format!(
            "файлы на диске не читаются; действует версия {number}"
        ));
    };
    // Other tests beside it make no other plan.
    let generation = now.version.generation.as_str();
    if load(&sources).is_ok_and(|it| **it.plan.generation() == *generation) {
        return None;
    }
    Some(format!(
        "файлы на диске не те, что действуют (версия {number}): gudok check --against running покажет, в чём разница, gudok reload введёт их"
    ))
}

/// What came into force last. None: no daemon has written one yet.
pub(super) fn last_version(config: &Config) -> anyhow::Result<Option<Edition>> {
    if !config.paths.database.exists() {
        return Ok(None);
    }
    let last = block_on(async { Ok(open_store(config).await?.last_version().await?) })?;
    Ok(last.as_ref().and_then(versions::edition))
}

/// The version in force, where the files on disk are not those of it. None too where no daemon has written one yet.
pub(super) fn in_force_beside(config: &Config) -> anyhow::Result<Option<u64>> {
    let Some(last) = last_version(config)? else {
        return Ok(None);
    };
    let sources = plans::sources(&config.paths.dialplans)?;
    let on_disk = load(&sources).ok();
    let on_disk = on_disk.map(|it| it.plan.generation().to_string());
    let is_other = on_disk.as_ref() != Some(&last.version.generation);
    Ok(is_other.then_some(last.version.number))
}

async fn edition(store: &Store, number: u64) -> anyhow::Result<Option<Edition>> {
    let row = store.version(i64::try_from(number)?).await?;
    Ok(row.as_ref().and_then(versions::edition))
}

async fn show(store: &Store, arguments: &ShowPlan) -> anyhow::Result<()> {
    let number = arguments.version;
    let shown = edition(store, number).await?;
    let shown = shown.with_context(|| format!("версии {number} в истории нет: gudok plans"))?;
    if let Some(folder) = &arguments.out {
        return save(&shown, folder);
    }
    say!("{}", line(&shown.version, false));
    if arguments.diff {
        return against(store, &shown).await;
    }
    for source in &shown.sources {
        say!("\n# ---- {}\n{}", source.name, source.text.trim_end());
    }
    Ok(())
}

/// What it would do otherwise than the version in force.
async fn against(store: &Store, shown: &Edition) -> anyhow::Result<()> {
    let last = store.last_version().await?;
    let last = last.as_ref().and_then(versions::edition);
    let last = last.context("история версий")?;
    let (new, old) = (read(shown)?, read(&last)?);
    say!(
        "\nпротив версии {}, которая действует:",
        last.version.number
    );
    for line in new
        .differs_from(&old, Horizon::from_now(clock::wall()), &Overrides::NONE)
        .lines()
    {
        say!("{line}");
    }
    Ok(())
}

fn read(edition: &Edition) -> anyhow::Result<Plan> {
    let loaded = load(&edition.files());
    let number = edition.version.number;
    let loaded = loaded.map_err(|_| anyhow!("версия {number} этим Гудком не читается"))?;
    Ok(loaded.plan)
}

/// Into a folder that has no plan yet: nothing of the admin's is written over.
fn save(shown: &Edition, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut there = std::fs::read_dir(folder)?;
    ensure!(
        there.next().is_none(),
        "{}: папка не пуста; прежние файлы не перезаписываются",
        folder.display()
    );
    for source in &shown.sources {
        super::put(&folder.join(&source.name), source.text.as_bytes())?;
    }
    say!("файлов записано: {}", shown.sources.len());
    Ok(())
}
