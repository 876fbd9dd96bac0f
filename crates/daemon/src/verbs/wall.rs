//! `gudok wall`: the hotline as a supervisor sees it, once, from the running daemon.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use gudok_trace::mask::plain;
use serde_json::Value;

use crate::{config, control};

pub(crate) fn wall(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let told = control::ask(&control::path(&config), "wall")?;
    if json {
        say!("{}", told.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let page: Value = serde_json::from_str(&told).context("демон ответил не так, как ожидалось")?;
    for line in lines(&page) {
        say!("{}", plain(&line));
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(page: &Value) -> Vec<String> {
    let now = text(&page["now"]);
    let mut lines = vec![format!(
        "{:<16} {:>5} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>6}  {}",
        "очередь",
        "ждут",
        "старший",
        "говорят",
        "свободны",
        "заняты",
        "оформляют",
        "нет",
        "долги",
        "SL сегодня"
    )];
    let rows = |name: &str| page[name].as_array().cloned().unwrap_or_default();
    lines.extend(rows("queues").iter().map(|it| queue(it, now)));
    for it in rows("operators")
        .iter()
        .filter(|it| it["display"] != "logged_out")
    {
        let reason = text(&it["reason"]);
        let state = format!("{} {reason}", text(&it["display"]));
        let since = ago(text(&it["since"]), now);
        lines.push(format!(
            "{:<16} {:<24} {since:>8}",
            text(&it["operator"]),
            state.trim_end()
        ));
    }
    for it in rows("calls") {
        let since = ["talks_since", "waits_since", "arrived"];
        let since = since
            .into_iter()
            .map(|key| text(&it[key]))
            .find(|it| !it.is_empty());
        let since = ago(since.unwrap_or_default(), now);
        let people: Vec<String> = it["operators"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| text(it).to_owned())
            .collect();
        lines.push(format!(
            "{} {:<16} {:<12} {:<16} {since:>8} {}",
            text(&it["call_id"]),
            text(&it["number"]),
            text(&it["phase"]),
            text(&it["queue"]),
            people.join(", ")
        ));
    }
    lines.extend(rows("alarms").iter().map(|it| {
        let quiet = match text(&it["quiet_until"]) {
            "" => String::new(),
            until => format!(", приглушена до {until}"),
        };
        format!(
            "ТРЕВОГА {}: {} ({}){quiet}",
            text(&it["what"]),
            text(&it["text"]),
            ago(text(&it["since"]), now)
        )
    }));
    lines
}

fn queue(it: &Value, now: &str) -> String {
    let number = |key: &str| it[key].as_u64().unwrap_or(0);
    let levels = it["today"]["levels"].as_array().into_iter().flatten();
    let levels: Vec<String> = levels.filter_map(level).collect();
    let oldest = match text(&it["oldest"]) {
        "" => "—".to_owned(),
        since => ago(since, now),
    };
    format!(
        "{:<16} {:>5} {oldest:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>6}  {}",
        text(&it["queue"]),
        number("waiting"),
        number("talking"),
        number("ready"),
        number("busy"),
        number("wrap_up"),
        number("not_ready"),
        it["callbacks"]["open"].as_u64().unwrap_or(0),
        levels.join(" ")
    )
}

/// `sl1 80 %`; nothing where there was no such call.
fn level(it: &Value) -> Option<String> {
    let (part, of) = (it["part"].as_u64()?, it["of"].as_u64()?);
    let percent = (part * 100).checked_div(of)?;
    Some(format!("{} {percent} %", text(&it["name"])))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `3:07`, from one moment of the page to another.
fn ago(since: &str, now: &str) -> String {
    let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let Some((since, now)) = moment(since).zip(moment(now)) else {
        return String::new();
    };
    let secs = now.as_second().saturating_sub(since.as_second()).max(0);
    format!("{}:{:02}", secs / 60, secs % 60)
}
