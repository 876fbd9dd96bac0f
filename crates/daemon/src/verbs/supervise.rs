//! `gudok force`, `reserve`, `regroup`, `assign`, `priority` and `announce`: an admin's words about people and queues.
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use gudok_model::CallId;
use serde_json::{Value, json};

use super::schedule::who;
use super::{block_on, calls, open_store};
use crate::cli::{Announce, Assign, Force, ForceTo, Onward, Priority, Regroup, Reserve};
use crate::config::{self, Config};
use crate::control::{self, DIRECT, REFUSED};

pub(crate) fn force(path: &Path, arguments: &Force) -> anyhow::Result<ExitCode> {
    let (to, reason) = match (arguments.to, &arguments.reason) {
        (ForceTo::NotReady, None) => bail!("not-ready: назовите причину из плана, LUNCH"),
        (ForceTo::NotReady, Some(reason)) => ("not_ready", Some(reason)),
        (_, Some(more)) => bail!("лишнее слово «{more}»"),
        (ForceTo::Ready, None) => ("ready", None),
        (ForceTo::Out, None) => ("logged_out", None),
        (ForceTo::Done, None) => ("wrap_up_over", None),
    };
    let args = json!({"operator": arguments.operator, "to": to, "reason": reason});
    said(&config::read(path)?, "force", &args)
}

pub(crate) fn reserve(path: &Path, arguments: &Reserve) -> anyhow::Result<ExitCode> {
    let on = matches!(arguments.on, Onward::On);
    let args = json!({"group": arguments.group, "on": on});
    said(&config::read(path)?, "reserve", &args)
}

pub(crate) fn regroup(path: &Path, arguments: &Regroup) -> anyhow::Result<ExitCode> {
    let args = json!({"operator": arguments.operator, "groups": arguments.groups});
    said(&config::read(path)?, "regroup", &args)
}

pub(crate) fn assign(path: &Path, arguments: &Assign) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let call = found(&config, &arguments.call)?;
    let args = json!({"call_id": call, "to": arguments.operator});
    said(&config, "assign", &args)
}

pub(crate) fn priority(path: &Path, arguments: &Priority) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let call = found(&config, &arguments.call)?;
    let args = json!({"call_id": call, "priority": arguments.priority});
    said(&config, "reprioritise", &args)
}

pub(crate) fn announce(path: &Path, arguments: &Announce) -> anyhow::Result<ExitCode> {
    let args = json!({"queue": arguments.queue, "prompts": arguments.prompts});
    said(&config::read(path)?, "announce", &args)
}

fn found(config: &Config, beginning: &str) -> anyhow::Result<CallId> {
    block_on(async {
        let store = open_store(config).await?;
        calls::find(&store, beginning).await
    })
}

fn said(config: &Config, cmd: &str, args: &Value) -> anyhow::Result<ExitCode> {
    let wish = json!({"who": who(), "cmd": cmd, "args": args});
    let told = control::ask(&control::path(config), &format!("{DIRECT}{wish}"))?;
    if let Some(why) = told.strip_prefix(REFUSED) {
        bail!("{}", why.trim_end());
    }
    say!("{}", told.trim_end());
    Ok(ExitCode::SUCCESS)
}
