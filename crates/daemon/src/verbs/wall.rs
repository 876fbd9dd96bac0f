//! `gudok wall`: the hotline as a supervisor sees it, once, from the running daemon.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use gudok_trace::mask::plain;
use serde_json::Value;

use crate::verbs::calls::date_time;
use crate::{config, control, slugs};

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
    let rows = |name: &str| page[name].as_array().cloned().unwrap_or_default();
    let (queues, calls) = (rows("queues"), rows("calls"));
    let people = rows("operators");
    let seated = people.iter().filter(|it| it["display"] != "logged_out");
    let mut lines = vec![QUEUES.to_owned()];
    lines.extend(queues.iter().map(|it| queue(it, now)));
    lines.extend(queues.first().and_then(levels_told));
    lines.extend(rows("owed").iter().filter_map(|it| owed(it, now)));
    lines.extend(under(PEOPLE, seated.map(|it| operator(it, now)).collect()));
    lines.extend(under(CALLS, calls.iter().map(|it| call(it, now)).collect()));
    lines.extend(rows("alarms").iter().map(|it| alarm(it, now)));
    lines
}

/// The lines with a head over them, and an empty line before it; nothing where there are none.
fn under(head: &str, lines: Vec<String>) -> Vec<String> {
    let heads = ["".to_owned(), head.to_owned()];
    match lines.is_empty() {
        true => lines,
        false => heads.into_iter().chain(lines).collect(),
    }
}

const QUEUES: &str =
    "очередь           ждут  старший  говорят свободны заняты оформляют    нет  вовремя сегодня";
const PEOPLE: &str = "оператор         имя                      состояние                                     сколько";
const CALLS: &str = "вызов                                номер            что                      очередь          приоритет  сколько  с кем";

fn queue(it: &Value, now: &str) -> String {
    let number = |key: &str| it[key].as_u64().unwrap_or(0);
    let levels = it["today"]["levels"].as_array().into_iter().flatten();
    let levels: Vec<String> = levels.filter_map(level).collect();
    let oldest = match text(&it["oldest"]) {
        "" => "—".to_owned(),
        since => ago(since, now),
    };
    let line = format!(
        "{:<16} {:>5} {oldest:>8} {:>8} {:>8} {:>6} {:>9} {:>6}  {}",
        text(&it["queue"]),
        number("waiting"),
        number("talking"),
        number("ready"),
        number("busy"),
        number("wrap_up"),
        number("not_ready"),
        levels.join(" ")
    );
    line.trim_end().to_owned()
}

/// What the shares of a queue are of, once for all of them (Q13).
fn levels_told(queue: &Value) -> Option<String> {
    let today = &queue["today"];
    let secs = |key: &str| Some(today[key].as_u64()? / 1_000);
    let (t, short) = (secs("t_ms")?, secs("short_ms")?);
    let levels = today["levels"].as_array()?.iter();
    let formulas: Vec<String> = levels
        .map(|it| format!("{} = {}", text(&it["name"]), text(&it["formula"])))
        .collect();
    let formulas = formulas.join("; ");
    Some(format!(
        "T = {t} с, коротким считается уход до {short} с; {formulas}"
    ))
}

/// What one group owes, or everybody does, by kind: a promise is another debt than a call that was only missed. None: nothing.
fn owed(it: &Value, now: &str) -> Option<String> {
    let number = |key: &str| it[key].as_u64().unwrap_or(0);
    let late = |count: u64| match count {
        0 => String::new(),
        count => format!(", просрочено {count}"),
    };
    let promised = (number("open") > 0).then(|| {
        let oldest = ago(text(&it["oldest"]), now);
        let overdue = late(number("overdue"));
        format!("обещано {} (старшему {oldest}){overdue}", number("open"))
    });
    let missed = (number("missed") > 0).then(|| {
        let overdue = late(number("missed_overdue"));
        format!("пропущенных {}{overdue}", number("missed"))
    });
    let debts: Vec<String> = [promised, missed].into_iter().flatten().collect();
    let whose = match text(&it["group"]) {
        "" => "для всех".to_owned(),
        group => format!("группа {group}"),
    };
    (!debts.is_empty()).then(|| format!("долги, {whose}: {}", debts.join("; ")))
}

/// `sl1 80 %`; nothing where there was no such call.
fn level(it: &Value) -> Option<String> {
    let (part, of) = (it["part"].as_u64()?, it["of"].as_u64()?);
    let percent = (part * 100).checked_div(of)?;
    Some(format!("{} {percent} %", text(&it["name"])))
}

fn operator(it: &Value, now: &str) -> String {
    let mut state = slugs::state(text(&it["display"])).to_owned();
    for (key, before) in [("reason", ": "), ("next", ", потом ")] {
        if let Some(code) = it[key].as_str() {
            let word = slugs::state(slugs::reason(code));
            state += before;
            state += word;
        }
    }
    format!(
        "{:<16} {:<24} {state:<45} {:>7}",
        text(&it["operator"]),
        text(&it["name"]),
        ago(text(&it["since"]), now)
    )
}

fn call(it: &Value, now: &str) -> String {
    let since = ["talks_since", "waits_since", "arrived"];
    let mut since = since.into_iter().map(|key| text(&it[key]));
    let since = since.find(|it| !it.is_empty()).unwrap_or_default();
    let people = it["operators"].as_array().into_iter().flatten();
    let people: Vec<&str> = people.map(text).collect();
    let priority = it["priority"].as_u64();
    let line = format!(
        "{} {:<16} {:<24} {:<16} {:>9} {:>8}  {}",
        text(&it["call_id"]),
        it["number"].as_str().unwrap_or("скрыт"),
        slugs::phase(text(&it["phase"])),
        text(&it["queue"]),
        priority.map_or_else(String::new, |it| it.to_string()),
        ago(since, now),
        people.join(", ")
    );
    line.trim_end().to_owned()
}

fn alarm(it: &Value, now: &str) -> String {
    let until = text(&it["quiet_until"]).parse::<jiff::Timestamp>().ok();
    let quiet = until.map_or_else(String::new, |until| {
        let until = date_time(until.as_microsecond());
        format!(", приглушена до {until}")
    });
    format!(
        "ТРЕВОГА {}: {} ({}){quiet}",
        text(&it["what"]),
        text(&it["text"]),
        ago(text(&it["since"]), now)
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// `3:07`, from one moment of the page to another; from an hour on `1:03:07`.
fn ago(since: &str, now: &str) -> String {
    let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let Some((since, now)) = moment(since).zip(moment(now)) else {
        return String::new();
    };
    let secs = now.as_second().saturating_sub(since.as_second()).max(0);
    match secs / 3_600 {
        0 => format!("{}:{:02}", secs / 60, secs % 60),
        hours => format!("{hours}:{:02}:{:02}", secs / 60 % 60, secs % 60),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As `GET /api/v1/wall` has it: somebody talks, somebody is at lunch, one waits, an alarm is quiet.
    fn page() -> Value {
        let levels = json!([{ "name": "sl1", "formula": "вовремя / отвечено", "part": 3, "of": 4 },
                            { "name": "sl2", "formula": "иначе", "part": 0, "of": 0 }]);
        let today = json!({ "t_ms": 20_000, "short_ms": 5_000, "levels": levels });
        json!({
            "now": "2026-11-23T10:00:00Z",
            "queues": [{ "queue": "tech", "waiting": 1, "oldest": "2026-11-23T09:59:30Z", "talking": 1, "ready": 0, "busy": 1,
                         "wrap_up": 0, "not_ready": 1, "callbacks": { "open": 2 }, "today": today }],
            "operators": [
                { "operator": "101", "name": "Оператор 101", "display": "talking", "reason": null, "next": "LUNCH",
                  "since": "2026-11-23T09:58:00Z" },
                { "operator": "102", "name": "Оператор 102", "display": "not_ready", "reason": "login", "next": null,
                  "since": "2026-11-23T07:00:00Z" },
                { "operator": "103", "name": "Оператор 103", "display": "logged_out", "since": "2026-11-23T07:00:00Z" }],
            "calls": [
                { "call_id": "01a20a5b-b690-7011-b692-c72e6dcb9936", "number": "+7999•••2233", "phase": "talk", "queue": "tech",
                  "priority": null, "arrived": "2026-11-23T09:57:00Z", "talks_since": "2026-11-23T09:58:00Z", "operators": ["101"] },
                { "call_id": "01a20a5b-b690-7011-b692-c72e6dcb9937", "number": null, "phase": "queue", "queue": "tech",
                  "priority": 5, "arrived": "2026-11-23T09:59:00Z", "waits_since": "2026-11-23T09:59:30Z", "operators": [] }],
            "alarms": [{ "what": "nobody_ready", "text": "tech: Звонки некому принять", "since": "2026-11-23T09:59:00Z",
                         "quiet_until": null }]
        })
    }

    #[test]
    fn the_wall_is_read_without_a_dictionary() {
        insta::assert_snapshot!(lines(&page()).join("\n"), @r"
        очередь           ждут  старший  говорят свободны заняты оформляют    нет  вовремя сегодня
        tech                 1     0:30        1        0      1         0      1  sl1 75 %
        T = 20 с, коротким считается уход до 5 с; sl1 = вовремя / отвечено; sl2 = иначе

        оператор         имя                      состояние                                     сколько
        101              Оператор 101             разговор, потом LUNCH                            2:00
        102              Оператор 102             не на линии: только вошёл                     3:00:00

        вызов                                номер            что                      очередь          приоритет  сколько  с кем
        01a20a5b-b690-7011-b692-c72e6dcb9936 +7999•••2233     разговор                 tech                           2:00  101
        01a20a5b-b690-7011-b692-c72e6dcb9937 скрыт            в очереди                tech                     5     0:30
        ТРЕВОГА nobody_ready: tech: Звонки некому принять (1:00)
        ");
    }

    /// Until when is told by the clock of whoever asks.
    #[test]
    fn a_quiet_alarm_says_so() {
        let quiet = json!({ "what": "disk", "text": "На диске свободно 4 %", "quiet_until": "2026-11-23T10:30:00Z" });
        let told = alarm(&quiet, "2026-11-23T10:00:00Z");
        assert!(told.contains("На диске свободно 4 %"), "{told}");
        assert!(told.contains("приглушена до 2026-11-2"), "{told}");
    }

    #[test]
    fn what_is_owed_is_told_by_kind_once_for_each_group_and_for_everybody() {
        let queue = |name: &str| json!({ "queue": name, "callbacks": { "open": 3 } });
        let page = json!({
            "now": "2026-11-22T00:05:00Z",
            "queues": [queue("tech"), queue("tech_night")],
            "owed": [
                { "group": null, "open": 0, "overdue": 0, "oldest": null, "missed": 2, "missed_overdue": 2 },
                { "group": "sales", "open": 0, "overdue": 0, "oldest": null, "missed": 0, "missed_overdue": 0 },
                {
                    "group": "tech", "open": 3, "overdue": 1, "oldest": "2026-11-22T00:00:00Z",
                    "missed": 5, "missed_overdue": 0,
                },
            ],
        });
        let told = lines(&page);
        let owed: Vec<&str> = told
            .iter()
            .filter(|line| line.starts_with("долги"))
            .map(String::as_str)
            .collect();
        assert_eq!(
            owed,
            [
                "долги, для всех: пропущенных 2, просрочено 2",
                "долги, группа tech: обещано 3 (старшему 5:00), просрочено 1; пропущенных 5",
            ]
        );
    }

    #[test]
    fn nobody_there_needs_no_heads() {
        assert_eq!(lines(&json!({ "now": "2026-11-23T10:00:00Z" })), [QUEUES]);
    }
}
