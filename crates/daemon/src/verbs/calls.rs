//! `gudok calls`, `explain`, `replay`: what happened, why, and whether it would happen again.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use gudok_journal::Seq;
use gudok_model::number::parse;
use gudok_model::{CallId, NumberRules, Wall};
use gudok_numbering::Subject;
use gudok_store::{CallFilter, CallRow, Found, RegionCalls, Store};
use gudok_trace::mask::plain;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{block_on, open};
use crate::cli::{Calls, Output};
use crate::{replay as again, session, story, zones};

pub(crate) fn calls(config: &Path, arguments: &Calls) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(config).await?;
        if arguments.by_region {
            return by_region(&store, arguments).await;
        }
        let number = arguments
            .number
            .as_ref()
            .map(|raw| parse(raw, &NumberRules::default()));
        if let Some(garbage) = number.as_ref().filter(|parsed| parsed.e164.is_none()) {
            bail!("«{}» — не номер телефона", garbage.raw);
        }
        let filter = CallFilter {
            number: number.and_then(|parsed| parsed.e164),
            outcome: arguments.outcome.clone(),
            region: arguments.region.clone(),
            rated_low: arguments.low,
            limit: arguments.limit,
            ..CallFilter::default()
        };
        let found = match &arguments.session_id {
            Some(written) => of_session(&store, written).await?,
            None => store.calls(&filter).await?,
        };
        for row in found {
            match arguments.output {
                Output::Json => say!("{}", serde_json::to_string(&row)?),
                Output::Table => say!("{}", line(&row)),
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Every call of the period once, those whose region is not known too.
async fn by_region(store: &Store, arguments: &Calls) -> anyhow::Result<ExitCode> {
    let moment = |key: &str, text: &Option<String>, open: i64| {
        let Some(text) = text else {
            return Ok(Wall(open));
        };
        let at: Timestamp = text.parse().with_context(|| {
            format!("{key}: «{text}» — не время; пишите 2026-11-07T03:05+07:00")
        })?;
        anyhow::Ok(Wall(at.as_microsecond()))
    };
    let from = moment("--from", &arguments.from, i64::MIN)?;
    let to = moment("--to", &arguments.to, i64::MAX)?;
    for row in store.calls_by_region(from, to).await? {
        match arguments.output {
            Output::Json => say!("{}", serde_json::to_string(&row)?),
            Output::Table => say!("{}", region_line(&row)),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn region_line(row: &RegionCalls) -> String {
    let name = match row.region.as_str() {
        "" => "неизвестен",
        code => Subject::by_code(code).map_or(code, |subject| subject.name),
    };
    let mean = |sum: i64| sum as f64 / 1_000.0 / row.answered.max(1) as f64;
    plain(&format!(
        "{:<8}{name:<44}вызовов {:>6}  в очереди {:>6}  отвечено {:>6}  ждали в среднем {:>5.0} с  говорили {:>5.0} с",
        row.region,
        row.calls,
        row.queued,
        row.answered,
        mean(row.waited_ms),
        mean(row.talk_ms)
    ))
}

/// Calls by one number of a Session-ID, with or without hyphens, or by the header as a log has it.
pub(crate) async fn of_session(store: &Store, written: &str) -> anyhow::Result<Vec<CallRow>> {
    let value = written.split_once(':').map_or(written, |(_, value)| value);
    let parts = value.split(';').map(|part| {
        let part = part.trim();
        let number = part.strip_prefix("remote=").unwrap_or(part);
        number.replace('-', "").to_ascii_lowercase()
    });
    let is_number = |it: &String| it.len() == 32 && it.bytes().all(|b| b.is_ascii_hexdigit());
    let numbers: Vec<String> = parts.filter(is_number).collect();
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        bail!(
            "«{}» — не Session-ID: в нём 32 шестнадцатеричных знака",
            plain(written)
        );
    };
    let numbers = [first.as_str(), last.as_str()];
    Ok(store
        .calls_of_session(numbers, numbers.map(session::call_of))
        .await?)
}

pub(crate) fn explain(config: &Path, beginning: &str) -> anyhow::Result<ExitCode> {
    block_on(async {
        let (_, store) = open(config).await?;
        let call = find(&store, beginning).await?;
        let Some(told) = store.call(call).await? else {
            bail!("нет вызова {call}")
        };
        say!("вызов {call}");
        if told.call.session_id.is_none() && told.legs.len() > 1 {
            say!(
                "Session-ID наших вызовов: {}",
                session::of(call).own_number()
            );
        }
        for event in &told.events {
            let Some(fact) = event.decode() else { continue };
            let mut lines = story::lines(&fact).into_iter();
            say!(
                "{}  {}",
                time_of_day(event.at),
                lines.next().unwrap_or_default()
            );
            lines.for_each(|line| say!("{line}"));
        }
        Ok(ExitCode::SUCCESS)
    })
}

pub(crate) fn replay(config: &Path, beginning: &str) -> anyhow::Result<ExitCode> {
    let (config, call, first) = block_on(async {
        let (config, store) = open(config).await?;
        zones::put_in_force(&config)?;
        let call = find(&store, beginning).await?;
        let told = store.call(call).await?;
        let first = told.and_then(|told| Some(told.events.first()?.seq));
        Ok((config, call, first))
    })?;
    let first = first.and_then(|seq| u64::try_from(seq).ok());
    let first = Seq(first.unwrap_or_default());
    let verdict = again::replay(&config.paths.journal, call, first)?;
    for difference in &verdict.differences {
        say!(
            "запись {}: тогда {:#?}, сейчас {:#?}",
            difference.seq,
            difference.then,
            difference.now
        );
    }
    say!(
        "вызов {call}, с записи журнала {}: шагов — {}, действий — {}, различий — {}",
        verdict.from,
        verdict.steps,
        verdict.outputs,
        verdict.differences.len()
    );
    Ok(if verdict.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    })
}

pub(super) async fn find(store: &Store, beginning: &str) -> anyhow::Result<CallId> {
    match store.find_call(beginning).await? {
        Found::One(call) => Ok(call),
        Found::None => bail!("нет вызова, номер которого начинается с «{beginning}»"),
        Found::Many => bail!("таких вызовов несколько: напишите больше знаков"),
    }
}

pub(crate) fn line(row: &CallRow) -> String {
    let who = row
        .caller_e164
        .as_deref()
        .or(row.caller_raw.as_deref())
        .unwrap_or("?");
    let seconds = |ms: i64| format!("{:.0} с", ms as f64 / 1_000.0);
    // Numbers and names come from the network, from a CRM, from a spreadsheet.
    let who = match row.direction.as_deref() {
        Some("out") => format!("→ {who}"),
        _ => who.to_owned(),
    };
    plain(&format!(
        "{}  {}  {who:<13}  {:<20}  ждал {:>6}  говорил {:>6}  {}  {}{}",
        row.call_id,
        date_time(row.arrived_at),
        row.outcome.as_deref().unwrap_or("идёт"),
        seconds(row.waited_ms.unwrap_or(0)),
        seconds(row.talk_ms),
        row.operator.as_deref().unwrap_or("—"),
        row.client_name.as_deref().unwrap_or(""),
        rating(row)
    ))
}

/// What the caller said of the talk.
fn rating(row: &CallRow) -> String {
    let mark = row.rating.map(|mark| match row.rating_low {
        Some(1) => format!("  оценка {mark}, низкая"),
        _ => format!("  оценка {mark}"),
    });
    let solved = match row.solved {
        Some(0) => ", вопрос не решён",
        Some(_) => ", вопрос решён",
        None => "",
    };
    mark.map_or_else(String::new, |mark| mark + solved)
}

pub(crate) fn date_time(at: i64) -> String {
    zoned(at, "%Y-%m-%d %H:%M:%S")
}

pub(crate) fn time_of_day(at: i64) -> String {
    zoned(at, "%H:%M:%S%.3f")
}

/// In the zone of the machine: who asks sits at it.
fn zoned(at: i64, format: &str) -> String {
    let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::system()).strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use gudok_model::{
        CallEvent, Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, Presentation,
    };

    use super::*;

    /// What would clear a terminal, write a second line, or turn the rest of the line around.
    const HOSTILE: [&str; 6] = [
        "\u{1b}[2J\u{1b}]0;x\u{7}",
        "a\r\nb",
        "\u{202e}0001 999 7+",
        "\u{200b}\u{feff}x",
        "\0",
        "\u{9b}31m",
    ];

    fn assert_inert(text: &str) {
        let shapeless = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{feff}')
        };
        assert!(!text.chars().any(shapeless), "{text:?}");
    }

    #[test]
    fn names_and_numbers_of_strangers_rule_no_terminal() {
        for hostile in HOSTILE {
            assert_inert(&line(&CallRow {
                caller_raw: Some(hostile.to_owned()),
                client_name: Some(hostile.to_owned()),
                operator: Some(hostile.to_owned()),
                ..CallRow::default()
            }));
            let number = parse(hostile, &NumberRules::default());
            let arrived = CallEvent::Arrived {
                project: "demo".into(),
                trunk: "carrier".into(),
                caller: Caller {
                    number: number.clone(),
                    display: Some(hostile.to_owned()),
                    presentation: Presentation::Allowed,
                    asserted_by: IdentitySource::From,
                    region: None,
                },
                dialled: Dialled {
                    number,
                    found_in: IdentitySource::RequestUri,
                },
                sip_call_id: hostile.to_owned(),
                session_id: None,
                plan: "8800.toml#1".into(),
            };
            let client = ClientMatch::One {
                took_ms: 1,
                client: Client {
                    id: hostile.to_owned(),
                    name: hostile.to_owned(),
                    class: ClientClass::Regular,
                    fields: std::collections::BTreeMap::new(),
                    source: hostile.to_owned(),
                },
            };
            let found = CallEvent::ClientMatched {
                client,
                late: false,
                by: Some(hostile.into()),
            };
            for fact in [arrived, found] {
                story::lines(&fact)
                    .iter()
                    .for_each(|line| assert_inert(line));
            }
        }
    }
}
