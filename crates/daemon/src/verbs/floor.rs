//! `gudok floor`: what the journal has of operators: who sat down, what they were and by whose word, what was done in a shift.
use std::collections::VecDeque;
use std::path::Path;
use std::process::ExitCode;

use gudok_model::OperatorId;
use gudok_trace::mask::plain;

use super::calls::date_time;
use super::ladder::recent;
use crate::records::{self, Entry, FLOOR};
use crate::{cli, config, on_floor};

pub(crate) fn floor(path: &Path, arguments: &cli::Floor) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let lines = told(&config.paths.journal, arguments);
    if lines.is_empty() {
        say!("в последних файлах журнала об операторах ничего нет");
    }
    for line in lines {
        say!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The latest facts, the oldest of them first.
fn told(journal: &Path, arguments: &cli::Floor) -> VecDeque<String> {
    let mut lines = VecDeque::new();
    let records = records::records(journal, recent(journal).0);
    for record in records.filter(|record| record.kind == FLOOR) {
        let Some(Entry::Floor { now, event }) = records::decode(&record) else {
            continue;
        };
        let wanted = arguments.operator.as_deref();
        if wanted.is_some_and(|wanted| Some(wanted) != event.operator().map(OperatorId::as_str)) {
            continue;
        }
        if lines.len() >= arguments.last {
            lines.pop_front();
        }
        let line = format!("{}  {}", date_time(now.wall.0), on_floor::line(&event));
        if arguments.last > 0 {
            lines.push_back(plain(&line));
        }
    }
    lines
}
