//! The floor in the database is brought up to the journal: at a start, so that it restores everybody, and now and then, so that the
//! next start need not read far.
use std::path::{Path, PathBuf};
use std::time::Duration;

use gudok_journal::Seq;
use gudok_store::{FloorFact, Store};
use tokio::sync::watch;

use crate::records::{self, Entry, FLOOR};
use crate::serve::until;

/// Between two looks while a run lasts.
const EVERY: Duration = Duration::from_secs(3_600);
/// Facts applied at once.
const BATCH: usize = 10_000;
/// Records read at once.
const READ_MAX: usize = 200_000;

/// Applies everything that is in the journal.
///
/// # Errors
/// When the database does not take it.
pub(crate) async fn catch_up(journal: &Path, store: &Store) -> anyhow::Result<()> {
    while apply_some(journal, store).await? {}
    Ok(())
}

/// The next of it; false: there was nothing.
async fn apply_some(journal: &Path, store: &Store) -> anyhow::Result<bool> {
    let from = Seq(store.floor_known_to().await? + 1);
    let journal = journal.to_owned();
    let read = tokio::task::spawn_blocking(move || read(&journal, from)).await?;
    let Some((facts, known_to)) = read else {
        return Ok(false);
    };
    store.apply_floor(&facts, known_to).await?;
    Ok(true)
}

/// Facts of the floor from there on, and the number up to which was read.
fn read(journal: &Path, from: Seq) -> Option<(Vec<FloorFact>, u64)> {
    let (mut facts, mut known_to) = (Vec::new(), None);
    for record in records::records(journal, from).take(READ_MAX) {
        known_to = Some(record.seq.0);
        if record.kind != FLOOR {
            continue;
        }
        if let Some(Entry::Floor { now, event }) = records::decode(&record) {
            let (seq, at) = (record.seq.0, now.wall);
            facts.push(FloorFact { seq, at, event });
        }
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
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = &mut stop => return,
        }
        if let Err(error) = catch_up(&journal, &store).await {
            tracing::warn!(%error, "the floor is brought up to the journal later");
        }
    }
}
