//! `gudok bans`, `gudok attack`, `gudok block`, `gudok cost` and `gudok operators phones`: what is asked of a running daemon.
use std::path::Path;
use std::process::ExitCode;

use super::{block_on, calls, open};
use crate::cli::{Attack, Bans, Block};
use crate::config::Config;
use crate::{config, control};

pub(crate) fn bans(path: &Path, verb: &Bans) -> anyhow::Result<ExitCode> {
    match verb {
        Bans::List => ask(path, "bans"),
        Bans::Lift { address } => ask(path, &format!("lift {address}")),
    }
}

pub(crate) fn attack(path: &Path, mode: Option<Attack>) -> anyhow::Result<ExitCode> {
    let request = match mode {
        None => "attack",
        Some(Attack::On) => "attack on",
        Some(Attack::Off) => "attack off",
        Some(Attack::Auto) => "attack auto",
    };
    ask(path, request)
}

pub(crate) fn block(path: &Path, arguments: &Block) -> anyhow::Result<ExitCode> {
    let Some(beginning) = &arguments.call else {
        return ask(path, "blocks");
    };
    let call = block_on(async {
        let (_, store) = open(path).await?;
        calls::find(&store, beginning).await
    })?;
    match arguments.lift {
        true => ask(path, &format!("unblock {call}")),
        false => ask(path, &format!("block {call} {}", arguments.time.as_secs())),
    }
}

pub(crate) fn cost(path: &Path) -> anyhow::Result<ExitCode> {
    ask(path, "cost")
}

/// Which phones are registered, and what they are taken for.
pub(crate) fn phones(config: &Config) -> anyhow::Result<String> {
    let told = control::ask(&control::path(config), "phones")?;
    Ok(told.trim_end().to_owned())
}

fn ask(path: &Path, request: &str) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let told = control::ask(&control::path(&config), request)?;
    say!("{}", told.trim_end());
    Ok(ExitCode::SUCCESS)
}
