//! The verbs that answer and end: each opens what it needs, prints, and leaves nothing running.

/// `println!` for a reader that may have read enough and closed the pipe.
macro_rules! say {
    ($($text:tt)*) => { $crate::verbs::say(format_args!($($text)*)) };
}

pub(crate) mod calls;
pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod control;
pub(crate) mod coverage;
pub(crate) mod directory;
pub(crate) mod dnc;
pub(crate) mod floor;
mod in_force;
pub(crate) mod ladder;
pub(crate) mod missed;
pub(crate) mod numbers;
pub(crate) mod outbound;
pub(crate) mod plans;
pub(crate) mod prompts;
pub(crate) mod recordings;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod roster;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod shadow;
pub(crate) mod simulate;
pub(crate) mod supervise;
pub(crate) mod tokens;
pub(crate) mod trunk;
pub(crate) mod wall;

use std::fmt::Arguments;
use std::fs::File;
use std::future::Future;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use gudok_calendar::{Acceptance, Handovers, Overrides};
use gudok_model::{Name, Wall};
use gudok_store::{Store, UndoneRow};

use crate::clock;
use crate::config::{self, Config, Trunk};
use crate::hotline::schedules::overrides;
use crate::hotline::shifts;

/// Acceptances that were taken back and are looked through.
const UNDONE_MAX: u32 = 200;

/// The configuration or a plan was refused: exit code 64, nothing was bound.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub String);

/// Prints a line. What nobody reads any more is not worth an error.
fn say(line: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs a short asynchronous task on this thread.
fn block_on<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?
        .block_on(task)
}

/// Writes a file beside the old one and over it: a daemon that reads it meanwhile, or after a crash, has one or the other.
fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&beside, path));
    written.with_context(|| path.display().to_string())
}

/// The configuration and the database it names.
async fn open(path: &Path) -> anyhow::Result<(Config, Store)> {
    let config = config::read(path)?;
    let store = open_store(&config).await?;
    Ok((config, store))
}

/// What is set by hand over the schedules now, as the database has it. Where there is no database nothing was ever set; one
/// that cannot be read is told of, and taken for that.
fn by_hand(config: &Config) -> Overrides {
    if !config.paths.database.exists() {
        return Overrides::NONE;
    }
    let now = clock::wall();
    let rows = block_on(async { Ok(open_store(config).await?.overrides_in_force(now).await?) });
    match rows {
        Ok(rows) => overrides(now, rows),
        Err(error) => {
            say!("внимание: не видно, что задано вручную (gudok schedule list): {error:#}");
            Overrides::NONE
        }
    }
}

/// Who had accepted which shifts by then, as the database has it; as [`by_hand`].
fn handovers(config: &Config, at: Wall) -> Handovers {
    let mut handovers = Handovers::NONE;
    if !config.paths.database.exists() {
        return handovers;
    }
    match accepted(config, at) {
        Ok(list) => {
            for (roster, acceptance) in list {
                handovers.accept(&roster, acceptance);
            }
        }
        Err(error) => say!("внимание: не видно, кто принял смены: {error:#}"),
    }
    handovers
}

/// Acceptances that were taken back of late, newest first.
fn undone(config: &Config) -> anyhow::Result<Vec<UndoneRow>> {
    if !config.paths.database.exists() {
        return Ok(Vec::new());
    }
    block_on(async {
        let store = open_store(config).await?;
        Ok(store.acceptances_undone(clock::wall(), UNDONE_MAX).await?)
    })
}

/// The same as a list, oldest first.
fn accepted(config: &Config, at: Wall) -> anyhow::Result<Vec<(Name, Acceptance)>> {
    let rows = block_on(async {
        let store = open_store(config).await?;
        Ok(store.acceptances(at, shifts::EACH_MAX).await?)
    })?;
    Ok(shifts::of_rows(rows))
}

pub(crate) async fn open_store(config: &Config) -> anyhow::Result<Store> {
    if let Some(folder) = config
        .paths
        .database
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(Store::open(&config.paths.database).await?)
}

/// The trunk that is named, or the first.
fn trunk_named<'a>(config: &'a Config, name: Option<&str>) -> anyhow::Result<&'a Trunk> {
    let Some(name) = name else {
        // A configuration without a trunk is refused.
        return config.trunks.first().context("нет ни одного транка");
    };
    let known = config.trunks.iter();
    known
        .clone()
        .find(|trunk| trunk.name == name)
        .with_context(|| {
            let known: Vec<&str> = known.map(|trunk| trunk.name.as_str()).collect();
            format!("--trunk: нет транка «{name}»; есть: {}", known.join(", "))
        })
}
