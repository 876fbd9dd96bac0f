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

/// The next of it, and whether there was more than is read at once. What comes while it is read is for the next time: with calls
/// going on there would be no end of it.
async fn apply_some(journal: &Path, store: &Store, run: Run) -> anyhow::Result<bool> {
    let from = Seq(store.floor_known_to().await? + 1);
    let journal = journal.to_owned();
    let read = move || read(records::records(&journal, from), from, run);
    let read = tokio::task::spawn_blocking(read).await?;
    let Some(read) = read else {
        return Ok(false);
    };
    // Before the number that says they are applied: what is kept twice is kept once.
    store.keep_commands(&read.answered, since()).await?;
    store.apply_floor(&read.facts, read.known_to).await?;
    Ok(read.is_cut)
}

/// What a stretch of the journal has of the floor and of desks' commands.
struct Read {
    facts: Vec<FloorFact>,
    answered: Vec<CommandRow>,
    /// The number up to which was read.
    known_to: u64,
    /// There is more.
    is_cut: bool,
}

/// The next stretch. It ends where a step ends; None: there is nothing to read.
fn read(records: impl Iterator<Item = Record>, from: Seq, run: Run) -> Option<Read> {
    let (mut facts, mut answers) = (Vec::new(), Answers::default());
    let (mut known_to, mut step_began, mut is_cut) = (None, from.0, false);
    for (count, record) in records.enumerate() {
        if begins_step(record.kind) {
            if count >= READ_MAX || facts.len() >= BATCH {
                answers.step();
                is_cut = true;
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
        is_cut,
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
                answers.floor(&event);
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
                        at,
                        ..
                    },
            }) = records::decode(record)
            {
                answers.answered((operator, id), at, result);
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
    let read = move || read_shifts(records::records(&journal, Seq(known + 1)));
    let read = tokio::task::spawn_blocking(read).await?;
    let Some(read) = read else {
        return Ok(false);
    };
    let (facts, known_to) = (&read.facts, read.known_to);
    store.apply_shifts(facts, known, known_to).await?;
    Ok(read.is_cut)
}

/// What a stretch of the journal has of shifts; its fields as those of [`Read`].
struct ShiftsRead {
    facts: Vec<ShiftFact>,
    known_to: u64,
    is_cut: bool,
}

/// As [`read`], and where runs begin.
fn read_shifts(records: impl Iterator<Item = Record>) -> Option<ShiftsRead> {
    let (mut facts, mut known_to, mut is_cut) = (Vec::new(), None, false);
    for (count, record) in records.enumerate() {
        if count >= READ_MAX || facts.len() >= BATCH {
            is_cut = true;
            break;
        }
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
    }
    known_to.map(|known_to| ShiftsRead {
        facts,
        known_to,
        is_cut,
    })
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
            at: None,
        };
        take(&record(&Entry::Output { output }), &mut facts, &mut answers);
        assert!(!answers.is_under_way());
        let known = answers.into_known().into_iter().map(row);
        let known: Vec<String> = known.map(|it| it.result).collect();
        assert_eq!(known, [r#"{"status":"ok"}"#]);
    }

    /// Without an input of its own it would be of long ago, and be forgotten at once.
    #[test]
    fn an_answer_to_what_the_machine_never_heard_of_is_of_when_it_was_given() {
        let (mut facts, mut answers) = (Vec::new(), Answers::default());
        let output = Output::DeskResult {
            operator: "ivan".into(),
            session: SessionId(1),
            id: "a".to_owned(),
            result: CommandResult::Ok,
            at: Some(Wall(7)),
        };
        take(&record(&Entry::Output { output }), &mut facts, &mut answers);
        let known: Vec<i64> = answers.into_known().iter().map(|it| it.at.0).collect();
        assert_eq!(known, [7]);
    }

    /// What a command did on the floor says that it was done.
    #[test]
    fn a_command_that_was_cut_off_is_done_where_the_floor_says_so() {
        let now = Now {
            mono: gudok_model::Mono(1),
            wall: Wall(5),
        };
        let input = Input::DeskCommand {
            operator: "ivan".into(),
            session: SessionId(1),
            id: "a".to_owned(),
            command: DeskCommand::Extend { by_s: 60 },
        };
        let event = gudok_model::FloorEvent::WrapUpSet {
            operator: "ivan".into(),
            call: CallId(uuid::Uuid::from_u128(7)),
            since: Wall(1),
            until: Wall(90),
            extended_us: 60,
            extensions: 1,
        };
        let (mut facts, mut answers) = (Vec::new(), Answers::default());
        for entry in [Entry::Input { now, input }, Entry::Floor { now, event }] {
            take(&record(&entry), &mut facts, &mut answers);
        }
        answers.step();
        let known = answers.into_known().into_iter().map(row);
        let known: Vec<String> = known.map(|it| it.result).collect();
        assert_eq!(known, [r#"{"status":"ok"}"#]);
    }

    /// A step of the machine in which somebody sits down.
    fn step() -> [Entry; 2] {
        let Entry::Input { now, .. } = command() else {
            unreachable!("an input")
        };
        let event = gudok_model::FloorEvent::SatDown {
            operator: "ivan".into(),
            session: SessionId(1),
        };
        [Entry::Timeout { now }, Entry::Floor { now, event }]
    }

    /// As they stand in the journal, from this number on.
    fn from<'e>(
        first: u64,
        entries: impl IntoIterator<Item = &'e Entry>,
    ) -> impl Iterator<Item = Record> {
        let numbered = (first..).zip(entries);
        numbered.map(|(seq, entry)| Record {
            seq: Seq(seq),
            ..record(entry)
        })
    }

    #[test]
    fn a_step_under_way_is_read_the_next_time() {
        let sat = step();
        let [.., fact] = &sat;
        let asked = command();
        let journal = [&sat[0], &sat[1], &asked, fact];
        let lasts = read(from(10, journal), Seq(10), Run::Lasts).expect("a step");
        assert_eq!((lasts.known_to, lasts.is_cut), (11, false));
        let seqs = |read: &Read| read.facts.iter().map(|it| it.seq).collect::<Vec<_>>();
        assert_eq!(seqs(&lasts), [11]);
        assert!(lasts.answered.is_empty());
        // There is nothing but what it is in the middle of.
        let alone = read(from(12, [&asked, fact]), Seq(12), Run::Lasts);
        assert!(alone.is_none());
        // The run is over: whatever has no end has none.
        let over = read(from(10, journal), Seq(10), Run::Over).expect("all");
        assert_eq!((over.known_to, seqs(&over)), (13, vec![11, 13]));
    }

    #[test]
    fn a_journal_is_read_once_more_only_where_it_was_more_than_is_read_at_once() {
        let sat = step();
        let some = from(1, &sat).collect::<Vec<_>>();
        let floor = read(some.clone().into_iter(), Seq(1), Run::Lasts).expect("a step");
        let shifts = read_shifts(some.into_iter()).expect("a step");
        assert_eq!((floor.known_to, floor.is_cut), (2, false));
        assert_eq!((shifts.known_to, shifts.is_cut), (2, false));
        let steps = BATCH + 1;
        let many = || from(1, sat.iter().cycle().take(2 * steps));
        let floor = read(many(), Seq(1), Run::Lasts).expect("steps");
        let shifts = read_shifts(many()).expect("steps");
        assert_eq!((floor.facts.len(), floor.is_cut), (BATCH, true));
        assert_eq!((shifts.facts.len(), shifts.is_cut), (BATCH, true));
        assert_eq!((floor.known_to, shifts.known_to), (20_000, 20_000));
        // Long stretches without a fact of the floor are cut too.
        let idle = || from(1, std::iter::repeat_n(&sat[0], READ_MAX + 1));
        let floor = read(idle(), Seq(1), Run::Lasts).expect("steps");
        let shifts = read_shifts(idle()).expect("steps");
        assert_eq!((floor.known_to, floor.is_cut), (200_000, true));
        assert_eq!((shifts.known_to, shifts.is_cut), (200_000, true));
    }
}
