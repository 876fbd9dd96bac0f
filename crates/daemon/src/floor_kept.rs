//! The floor in the database is brought up to the journal, and what came of desks' commands with it: at a start, so that it restores
//! everybody and answers who repeats a command, and now and then, so that the next start need not read far.
use std::path::{Path, PathBuf};
use std::time::Duration;

use gudok_journal::{Record, Seq};
use gudok_model::{OperatorId, Wall};
use gudok_store::commands::CommandRow;
use gudok_store::{FloorFact, ShiftFact, ShiftSaid, Store};
use gudok_switchboard::Output;
use gudok_switchboard::answers::{Answered, Answers};
use tokio::sync::{Mutex, watch};

use crate::clock::wall;
use crate::records::{self, BOOT, Entry, FACT, FLOOR, INPUT, OUTPUT, PLAN, TIMEOUT};
use crate::serve::until;

/// Between two looks while a run lasts.
const EVERY: Duration = Duration::from_secs(3_600);
/// Facts applied at once.
const BATCH: usize = 10_000;
/// Records read at once.
const READ_MAX: usize = 200_000;

/// How long a repeat of a command is answered as before (cti.md rule 4).
const ANSWERED_FOR: Duration = Duration::from_secs(24 * 3_600);

/// Whether a run is writing the journal that is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// What it is in the middle of is read the next time.
    Lasts,
    /// Whatever has no end has none.
    Over,
}

/// The shifts are brought up to the journal by one at a time; another process that does so too is told of by the database.
static SHIFTS: Mutex<()> = Mutex::const_new(());

/// Applies everything that is in the journal of the runs before.
///
/// # Errors
/// When the database does not take it.
pub(crate) async fn catch_up(journal: &Path, store: &Store) -> anyhow::Result<()> {
    apply(journal, store, Run::Over).await
}

/// What came of desks' commands in the runs before, oldest first, for as long as it is to be known.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn answered(store: &Store) -> anyhow::Result<Vec<Answered>> {
    let rows = store.commands(since()).await?;
    let answered = rows.into_iter().filter_map(|row| {
        Some(Answered {
            operator: OperatorId::new(row.operator),
            id: row.id,
            at: Wall(row.at),
            // One of a later gudok, which this one cannot read, is unknown.
            result: serde_json::from_str(&row.result).ok()?,
        })
    });
    Ok(answered.collect())
}

fn since() -> Wall {
    let span = i64::try_from(ANSWERED_FOR.as_micros()).unwrap_or(i64::MAX);
    Wall(wall().0.saturating_sub(span))
}

async fn apply(journal: &Path, store: &Store, run: Run) -> anyhow::Result<()> {
    while apply_some(journal, store, run).await? {}
    Ok(())
}

/// The next of it; false: there was nothing.
async fn apply_some(journal: &Path, store: &Store, run: Run) -> anyhow::Result<bool> {
    let from = Seq(store.floor_known_to().await? + 1);
    let journal = journal.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&journal, from, run)).await?;
    let Some(read) = read else {
        return Ok(false);
    };
    // Before the number that says they are applied: what is kept twice is kept once.
    store.keep_commands(&read.answered, since()).await?;
    store.apply_floor(&read.facts, read.known_to).await?;
    Ok(true)
}

/// What a stretch of the journal has of the floor and of desks' commands.
struct Read {
    facts: Vec<FloorFact>,
    answered: Vec<CommandRow>,
    /// The number up to which was read.
    known_to: u64,
}

/// The next stretch. It ends where a step ends; None: there is nothing to read.
fn read(journal: &Path, from: Seq, run: Run) -> Option<Read> {
    let (mut facts, mut answers) = (Vec::new(), Answers::default());
    let (mut known_to, mut step_began) = (None, from.0);
    for (count, record) in records::records(journal, from).enumerate() {
        if begins_step(record.kind) {
            if count >= READ_MAX || facts.len() >= BATCH {
                answers.step();
                break;
            }
            step_began = record.seq.0;
        }
        known_to = Some(record.seq.0);
        take(&record, &mut facts, &mut answers);
    }
    let mut known_to = known_to?;
    match run {
        Run::Over => answers.step(),
        Run::Lasts if answers.is_under_way() => {
            known_to = step_began.checked_sub(1).filter(|it| *it >= from.0)?;
            facts.retain(|fact| fact.seq <= known_to);
        }
        Run::Lasts => {}
    }
    let answered = answers.into_known().into_iter().map(row).collect();
    Some(Read {
        facts,
        answered,
        known_to,
    })
}

/// Whether the machine is told something by it, or wakes by itself.
fn begins_step(kind: u16) -> bool {
    matches!(kind, BOOT | PLAN | INPUT | TIMEOUT)
}

fn take(record: &Record, facts: &mut Vec<FloorFact>, answers: &mut Answers) {
    match record.kind {
        INPUT if is_desk_command(&record.payload) => {
            if let Some(Entry::Input { now, input }) = records::decode(record) {
                answers.told(now.wall, &input);
            }
        }
        kind if begins_step(kind) => answers.step(),
        FACT if answers.is_under_way() => {
            if let Some(Entry::Fact(fact)) = records::decode(record) {
                answers.fact(fact.call, &fact.event);
            }
        }
        FLOOR => {
            if let Some(Entry::Floor { now, event }) = records::decode(record) {
                let (seq, at) = (record.seq.0, now.wall);
                facts.push(FloorFact { seq, at, event });
            }
        }
        OUTPUT if record.payload.starts_with(DESK_RESULT) => {
            if let Some(Entry::Output {
                output:
                    Output::DeskResult {
                        operator,
                        id,
                        result,
                        ..
                    },
            }) = records::decode(record)
            {
                answers.answered(operator, id, result);
            }
        }
        _ => {}
    }
}

/// How the records begin that have to be read; the others are many.
const DESK_RESULT: &[u8] = br#"{"Output":{"output":{"output":"desk_result""#;
const DESK_COMMAND: &[u8] = br#""input":"desk_command""#;
/// Where that stands at the latest, behind two numbers.
const DESK_COMMAND_WITHIN: usize = 160;

fn is_desk_command(payload: &[u8]) -> bool {
    let head = &payload[..payload.len().min(DESK_COMMAND_WITHIN)];
    head.windows(DESK_COMMAND.len())
        .any(|it| it == DESK_COMMAND)
}

fn row(answered: Answered) -> CommandRow {
    CommandRow {
        operator: answered.operator.as_str().to_owned(),
        id: answered.id,
        at: answered.at.0,
        // Texts and names alone: there is nothing in it that is no JSON.
        result: serde_json::to_string(&answered.result).unwrap_or_default(),
    }
}

/// Applies to the shifts everything that is in the journal: what is reported is what has happened.
///
/// # Errors
/// When the database does not take it.
pub(crate) async fn shifts(journal: &Path, store: &Store) -> anyhow::Result<()> {
    let _one_at_a_time = SHIFTS.lock().await;
    while some_shifts(journal, store).await? {}
    Ok(())
}

async fn some_shifts(journal: &Path, store: &Store) -> anyhow::Result<bool> {
    let known = store.shifts_known_to().await?;
    let journal = journal.to_owned();
    let read = tokio::task::spawn_blocking(move || read_shifts(&journal, Seq(known + 1))).await?;
    let Some((facts, known_to)) = read else {
        return Ok(false);
    };
    store.apply_shifts(&facts, known, known_to).await?;
    Ok(true)
}

/// As [`read`], and where runs begin.
fn read_shifts(journal: &Path, from: Seq) -> Option<(Vec<ShiftFact>, u64)> {
    let (mut facts, mut known_to) = (Vec::new(), None);
    for record in records::records(journal, from).take(READ_MAX) {
        known_to = Some(record.seq.0);
        if !matches!(record.kind, FLOOR | BOOT) {
            continue;
        }
        let said = match records::decode(&record) {
            Some(Entry::Floor { now, event }) => ShiftSaid::Floor(now, event),
            Some(Entry::Boot { cut, .. }) => ShiftSaid::Began(cut),
            _ => continue,
        };
        let seq = record.seq.0;
        facts.push(ShiftFact { seq, said });
        if facts.len() == BATCH {
            break;
        }
    }
    known_to.map(|known_to| (facts, known_to))
}

/// Now and then while the run lasts. What fails is tried again the next time, and by the next start at the latest.
pub(crate) async fn keep_up(journal: PathBuf, store: Store, stopped: watch::Receiver<bool>) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        if let Err(error) = shifts(&journal, &store).await {
            tracing::warn!(%error, "shifts are brought up to the journal later");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut stop => return,
        }
        if let Err(error) = apply(&journal, &store, Run::Lasts).await {
            tracing::warn!(%error, "the floor is brought up to the journal later");
        }
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{CallId, Now, SessionId};
    use gudok_switchboard::Input;
    use gudok_switchboard::desk::{CommandResult, DeskCommand};

    use super::*;

    fn record(entry: &Entry) -> Record {
        Record {
            seq: Seq(1),
            kind: entry.kind(),
            payload: serde_json::to_vec(entry).expect("plain"),
        }
    }

    /// As far from the beginning of a record as it ever stands.
    fn command() -> Entry {
        let now = Now {
            mono: gudok_model::Mono(u64::MAX),
            wall: Wall(i64::MIN),
        };
        let request = CallId(uuid::Uuid::from_u128(7));
        let input = Input::DeskCommand {
            operator: "ivan".into(),
            session: SessionId(1),
            id: "a".to_owned(),
            command: DeskCommand::CallbackTake { request },
        };
        Entry::Input { now, input }
    }

    #[test]
    fn commands_and_their_answers_are_found_by_how_their_records_begin() {
        let (mut facts, mut answers) = (Vec::new(), Answers::default());
        take(&record(&command()), &mut facts, &mut answers);
        assert!(answers.is_under_way());
        let output = Output::DeskResult {
            operator: "ivan".into(),
            session: SessionId(1),
            id: "a".to_owned(),
            result: CommandResult::Ok,
        };
        take(&record(&Entry::Output { output }), &mut facts, &mut answers);
        assert!(!answers.is_under_way());
        let known = answers.into_known().into_iter().map(row);
        let known: Vec<String> = known.map(|it| it.result).collect();
        assert_eq!(known, [r#"{"status":"ok"}"#]);
    }
}
