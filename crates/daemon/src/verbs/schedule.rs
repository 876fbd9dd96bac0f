//! `gudok schedule`: what is set by hand over a schedule, and who did what.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use gudok_calendar::{Set, Zone};
use gudok_model::Wall;
use gudok_store::OverrideRow;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{block_on, in_force, open_store};
use crate::cli::{Hand, Schedule};
use crate::config::Config;
use crate::control::{self, REFUSED};
use crate::hotline::schedules::Wish;
use crate::zones;

/// Rows of the record that are shown.
const LATE_SHOWN: u32 = 20;

pub(crate) fn schedule(path: &Path, arguments: &Schedule) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    if arguments.schedule == "list" && arguments.how.is_none() && !arguments.clear {
        return list(&config);
    }
    let wish = wish(arguments)?;
    let request = format!("schedule {}", serde_json::to_string(&wish)?);
    let told = control::ask(&control::path(&config), &request)?;
    if let Some(why) = told.strip_prefix(REFUSED) {
        bail!("{}", why.trim_end());
    }
    say!("{}", told.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn wish(arguments: &Schedule) -> anyhow::Result<Wish> {
    let set = match (arguments.how, &arguments.prompt) {
        (None, _) if arguments.clear => None,
        (None, _) => bail!("что сделать? open, closed, announce ФРАЗА или --clear"),
        (Some(Hand::Open), None) => Some(Set::Open),
        (Some(Hand::Closed), None) => Some(Set::Closed),
        (Some(Hand::Announce), Some(prompt)) => Some(Set::Announce {
            prompt: prompt.as_str().into(),
        }),
        (Some(Hand::Announce), None) => bail!("announce: назовите фразу"),
        (Some(Hand::Open | Hand::Closed), Some(more)) => bail!("лишнее слово «{more}»"),
    };
    let said = |key: &str, text: &Option<String>| {
        ensure!(
            set.is_none() || text.is_some(),
            "нужен ключ {key}: заданное вручную само кончается и остаётся в записях"
        );
        Ok(text.clone().unwrap_or_default())
    };
    Ok(Wish {
        schedule: arguments.schedule.as_str().into(),
        until: said("--until", &arguments.until)?,
        why: said("--why", &arguments.why)?,
        who: arguments.by.clone().unwrap_or_else(who),
        set,
    })
}

/// Who runs the command: behind sudo, the one before it.
pub(super) fn who() -> String {
    let names = ["SUDO_USER", "LOGNAME", "USER"].into_iter();
    let mut names = names.filter_map(|key| std::env::var(key).ok());
    names
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("uid {}", rustix::process::getuid().as_raw()))
}

/// How the schedules stand, and the last rows of the record.
fn list(config: &Config) -> anyhow::Result<ExitCode> {
    let told = control::ask(&control::path(config), "schedules")?;
    say!("{}", told.trim_end());
    let late = block_on(async {
        let store = open_store(config).await?;
        let late = store.overrides_of_late(LATE_SHOWN).await;
        late.context("записи о заданном вручную")
    })?;
    if !late.is_empty() {
        say!("\nзадавали вручную, последние {}:", late.len());
    }
    let plan = in_force::plan(config).ok();
    for row in &late {
        let schedule = plan.as_ref().and_then(|it| it.plan.schedule(&row.schedule));
        let zone = schedule.map_or_else(Zone::utc, |schedule| schedule.zone.clone());
        say!("{}", line(row, &zone));
    }
    Ok(ExitCode::SUCCESS)
}

/// By the clock of the schedule, as it was set; of one that the plan has no more, by UTC.
fn line(row: &OverrideRow, zone: &Zone) -> String {
    let local = |at| {
        let local = zone.local(Wall(at));
        let (date, hour, minute) = (local.date, local.hour, local.minute);
        format!("{date} {hour:02}:{minute:02}")
    };
    let prompt = row.prompt.as_ref().map(|prompt| format!(" {prompt}"));
    let ended = match (row.ended_at, &row.ended_by) {
        (Some(at), Some(who)) => format!("; снято {} ({who})", local(at)),
        _ => String::new(),
    };
    format!(
        "{}  {} {}{} до {} ({}) — {} ({}){ended}",
        local(row.since),
        row.schedule,
        row.what,
        prompt.unwrap_or_default(),
        local(row.until),
        zone.name(),
        row.why,
        row.who,
    )
}

/// In the zone of the machine.
pub(crate) fn local(at: i64) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(TimeZone::system());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_told_by_the_clock_of_its_schedule() {
        let row = OverrideRow {
            schedule: "office".into(),
            what: "closed".into(),
            prompt: None,
            since: 1_795_320_000_000_000,
            until: 1_795_341_600_000_000,
            who: "ivanov".into(),
            why: "авария".into(),
            ended_at: Some(1_795_327_200_000_000),
            ended_by: Some("petrova".into()),
        };
        assert_eq!(
            line(&row, &Zone::parse("Asia/Irkutsk").expect("a zone")),
            "2026-11-22 12:00  office closed до 2026-11-22 18:00 (Asia/Irkutsk) — авария (ivanov); снято 2026-11-22 14:00 (petrova)"
        );
    }
}
