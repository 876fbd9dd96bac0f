//! `gudok force`, `reserve`, `regroup`, `assign`, `priority`, `announce` and `quiet`: an admin's words about people, queues and alarms.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail, ensure};
use gudok_model::CallId;
use gudok_switchboard::QUIET_LONGEST;
use serde_json::{Value, json};

use super::schedule::who;
use super::{block_on, calls, open_store};
use crate::cli::{Announce, Assign, Force, ForceTo, Onward, Priority, Quiet, Regroup, Reserve};
use crate::config::{self, Config};
use crate::control::{self, DIRECT, REFUSED};
use crate::span::Span;

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

pub(crate) fn quiet(path: &Path, arguments: &Quiet) -> anyhow::Result<ExitCode> {
    let (subject, time) = match arguments.about.as_slice() {
        [time] => ("", time),
        [subject, time] => (subject.as_str(), time),
        _ => bail!("нужно время: 30m, 2h или off"),
    };
    let args = json!({
        "alarm": arguments.alarm,
        "subject": subject,
        "project": arguments.project,
        "for_s": quiet_s(time)?,
    });
    said(&config::read(path)?, "quiet", &args)
}

/// Whole seconds; `off`: none.
fn quiet_s(time: &str) -> anyhow::Result<u64> {
    if time == "off" {
        return Ok(0);
    }
    let span = Span::try_from(time.to_owned()).map(|span| span.0);
    let span = span.map_err(|why| anyhow!("{why}; off — слышать снова"))?;
    ensure!(
        span <= QUIET_LONGEST,
        "приглушить тревогу можно не больше чем на сутки: 24h"
    );
    Ok(span.as_secs().max(1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_quiet_for_a_day_at_most() {
        let told = |time| quiet_s(time).map_err(|why| why.to_string());
        assert_eq!(told("2h"), Ok(7_200));
        assert_eq!(told("24h"), Ok(86_400));
        assert_eq!(told("300ms"), Ok(1), "off alone makes it loud");
        assert_eq!(told("off"), Ok(0));
        assert!(told("25h").is_err_and(|why| why.contains("24h")));
        assert!(told("tech").is_err_and(|why| why.contains("off")));
    }
}
