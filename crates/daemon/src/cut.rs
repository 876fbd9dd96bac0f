//! Calls that were alive when the last run was cut by a crash or the power: each gets its last word at the next start.
use std::collections::BTreeMap;
use std::path::Path;
use std::time::UNIX_EPOCH;

use gudok_journal::Seq;
use gudok_model::{CallEvent, CallId, Outcome, Termination, Wall};
use gudok_store::{CallRow, QueryError, Store};

use crate::records::facts;

/// What the record says of their end.
const WHY: &str = "daemon-restarted";

/// When the last run was alive for the last time, as its files tell: while calls live, audio is journaled several
/// times a second. None where there was no run.
pub(crate) fn last_alive(folders: [&Path; 2]) -> Option<Wall> {
    let files = folders
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten();
    let changed = files.filter_map(|file| file.ok()?.metadata().ok()?.modified().ok());
    let since = changed.max()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Wall(since.as_micros().try_into().unwrap_or(i64::MAX)))
}

/// The calls without an end, and the end of each: what the database knows up to `position`, and what only the journal
/// knows after it. To be asked before anything of this run is written.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn left_open(
    store: &Store,
    journal: &Path,
    position: u64,
) -> Result<BTreeMap<CallId, Outcome>, QueryError> {
    let mut open: BTreeMap<CallId, Outcome> = store
        .open_calls()
        .await?
        .iter()
        .filter_map(|row| Some((CallId(row.call_id.parse().ok()?), outcome_of(row))))
        .collect();
    for (_, fact) in facts(journal, Seq(position + 1)) {
        match fact.event {
            CallEvent::Arrived { .. } => {
                open.insert(fact.call, Outcome::Failed);
            }
            CallEvent::Bridged { operator, .. } => {
                open.insert(fact.call, bridged(operator.is_some()));
            }
            CallEvent::Ended { .. } => {
                open.remove(&fact.call);
            }
            _ => {}
        }
    }
    Ok(open)
}

/// The last word.
pub(crate) fn last_word(outcome: Outcome) -> CallEvent {
    CallEvent::Ended {
        outcome,
        termination: Termination::server_error(WHY),
    }
}

fn outcome_of(row: &CallRow) -> Outcome {
    match row.bridged_at {
        Some(_) => bridged(row.operator.is_some()),
        None => Outcome::Failed,
    }
}

/// Whoever had talked was answered; the talk was cut, which the termination says.
fn bridged(with_operator: bool) -> Outcome {
    if with_operator {
        Outcome::Answered
    } else {
        Outcome::OverflowedExternal { answered: true }
    }
}
