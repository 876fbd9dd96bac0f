//! `gudok floor`: what the journal has of operators: who sat down, what they were and by whose word, what was done in a shift.
use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;

use gudok_journal::Seq;
use gudok_model::{FloorEvent, OperatorId, Wall};
use gudok_trace::mask::plain;
use jiff::tz::TimeZone;
use serde_json::json;

use super::calls::date_time;
use super::ladder::recent;
use super::report::moment;
use crate::records::{self, Entry, FLOOR};
use crate::{cli, config, on_floor};

pub(crate) fn floor(path: &Path, arguments: &cli::Floor) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let zone = TimeZone::system();
    let read = |key, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| moment(key, text, &zone)).transpose()
    };
    let span = (
        read("--from", &arguments.from)?,
        read("--to", &arguments.to)?,
    );
    let lines = told(&config.paths.journal, arguments, span);
    if lines.is_empty() && !arguments.json {
        say!("{}", nothing(span));
    }
    for line in lines {
        say!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn nothing(span: (Option<Wall>, Option<Wall>)) -> &'static str {
    match span {
        (None, None) => "в последних файлах журнала об операторах ничего нет",
        _ => "за это время в журнале об операторах ничего нет; хранится он paths.journal_keep",
    }
}

/// The latest facts, the oldest of them first. Of a span all of the journal is looked through.
fn told(
    journal: &Path,
    arguments: &cli::Floor,
    (from, to): (Option<Wall>, Option<Wall>),
) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    let first = match (from, to) {
        (None, None) => recent(journal).0,
        _ => Seq(0),
    };
    let records = records::records(journal, first);
    for record in records.filter(|record| record.kind == FLOOR) {
        let Some(Entry::Floor { now, event }) = records::decode(&record) else {
            continue;
        };
        let wanted = arguments.operator.as_deref();
        let is_of = |wanted| Some(wanted) == event.operator().map(OperatorId::as_str);
        let at = now.wall;
        let outside = from.is_some_and(|from| at < from) || to.is_some_and(|to| at >= to);
        if outside || wanted.is_some_and(|wanted| !is_of(wanted)) {
            continue;
        }
        if lines.len() >= arguments.last {
            lines.pop_front();
        }
        if arguments.last > 0 {
            lines.push_back(match arguments.json {
                true => line_json(record.seq, at, event),
                false => plain(&format!("{}  {}", date_time(at.0), on_floor::line(&event))),
            });
        }
    }
    lines
}

/// A number that was looked at and not called is told as logs have it.
fn line_json(seq: Seq, at: Wall, event: FloorEvent) -> String {
    let mut fact = json!(event);
    if let FloorEvent::Skipped { number, .. } = &event
        && let Some(fact) = fact.as_object_mut()
    {
        fact.insert("number".to_owned(), json!(number.masked().to_string()));
    }
    let operator = event.operator();
    json!({ "seq": seq.0, "at": at, "operator": operator, "fact": fact }).to_string()
}
