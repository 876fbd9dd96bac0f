//! What must survive: the journal with the database behind it, at the start of a run and while it lasts.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gudok_journal::{Journal, Options, Seq};
use gudok_model::{Mono, Now, Wall};
use gudok_store::shifts::SHIFTS_KEPT_DAYS;
use gudok_store::{LeftOpen, Projector, Store, Trouble, Writer, WriterHooks};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::clock::wall;
use crate::config::Config;
use crate::cut;
use crate::cut_talk;
use crate::floor_kept;
use crate::hotline::Paper;
use crate::metrics::Metrics;
use crate::records::{self, Entry};
use crate::serve::until;

/// Between two looks for journal segments that may be forgotten.
const RETIRE_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// Facts applied at once while the database catches up at the start.
const CATCH_UP_BATCH: usize = 1_024;
/// A day. Microseconds.
const DAY_US: i64 = 24 * 3_600_000_000;
/// Size of a journal segment.
const SEGMENT_BYTES: u64 = 64 << 20;
/// Longest time between two syncs of the journal while records come in that nobody waits for: what a power cut may cost
/// of these.
const SYNC: Duration = Duration::from_millis(100);

/// The journal with the database behind it.
pub(crate) struct Disk {
    pub journal: Arc<Journal>,
    pub writer: Arc<Writer>,
    pub durable: watch::Receiver<u64>,
    /// What was alive when the last run ended without a word, and wrap-ups under way.
    pub left: LeftOpen,
    /// When that was, as well as it can be known: a talk must not grow by the time we were away.
    pub cut_at: Now,
}

impl Disk {
    /// Brings the database up to what the last run wrote, and opens both for this one.
    ///
    /// # Errors
    /// When the journal cannot be opened or the database does not take it.
    pub(crate) async fn open(
        config: &Config,
        store: &Store,
        metrics: &Metrics,
        office: &Handle,
    ) -> anyhow::Result<Self> {
        let (tell, durable) = watch::channel(0);
        let alarms = metrics.clone();
        let on_durable = Box::new(move |result: std::io::Result<Seq>| match result {
            Ok(seq) => {
                let _ = tell.send(seq.0);
            }
            Err(error) => {
                alarms.alarm("journal_disk");
                tracing::error!(%error, "journal: the disk refuses");
            }
        });
        std::fs::create_dir_all(&config.paths.journal)?;
        let audio = gudok_recorder::journal_dir(&config.paths.recordings);
        let alive = cut::last_alive([&config.paths.journal, &audio]);
        let cut_at = Now {
            mono: Mono::START,
            wall: alive.unwrap_or_else(wall).min(wall()),
        };
        let mut left = catch_up(&config.paths.journal, store).await?;
        floor_kept::catch_up(&config.paths.journal, store).await?;
        cut_talk::find(&mut left, store).await?;
        // Facts of the floor are numbered by the same journal: a number that either knows of is never given again.
        let known_to = store.position().await?.max(store.floor_known_to().await?);
        let known_to = known_to.max(store.shifts_known_to().await?);
        let next_min = Seq(known_to + 1);
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            sync: SYNC,
            next_min,
            on_durable,
        };
        let journal = Journal::open(&config.paths.journal, options)?;
        if let Some(cut) = journal.cut() {
            tracing::warn!(cut, "journal: the end of the last run was torn");
        }
        let (folder, alarms) = (config.paths.journal.clone(), metrics.clone());
        let hooks = WriterHooks {
            reread: Box::new(move |after, most| reread(&folder, after, most)),
            on_trouble: Box::new(move |trouble| {
                if trouble == Trouble::Well {
                    return tracing::info!("database: it applies again");
                }
                alarms.alarm("database");
                tracing::error!(?trouble, "database");
            }),
        };
        let office = office.enter();
        let writer = Arc::new(Writer::start(store, hooks));
        drop(office);
        Ok(Self {
            journal: Arc::new(journal),
            writer,
            durable,
            left,
            cut_at,
        })
    }
}

impl Disk {
    /// The first records of this run: what it is made with, and the last words of what the run before was cut in.
    pub(crate) fn begin_run(
        &self,
        now: Now,
        config: &gudok_switchboard::Config,
        metrics: &Metrics,
    ) -> Paper {
        let (journal, writer) = (Arc::clone(&self.journal), Arc::clone(&self.writer));
        let mut paper = Paper::new(journal, writer, metrics.clone());
        paper.entry(&Entry::Boot {
            now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config: Box::new(config.clone()),
            cut: Some(self.cut_at.wall),
        });
        for call in self.left.calls.iter().map(|open| open.call) {
            tracing::warn!(%call, "the last run was cut while this call lived");
        }
        for (call, fact) in cut::last_words(&self.left, self.cut_at.wall) {
            paper.measured(self.cut_at, call, fact);
        }
        paper
    }
}

/// Forgets what the journal has kept long enough, a whole segment at a time, and shifts of long ago, every few hours.
pub(crate) async fn retire(
    journal: Arc<Journal>,
    store: Store,
    keep: Duration,
    stopped: watch::Receiver<bool>,
) {
    let stop = until(stopped);
    tokio::pin!(stop);
    loop {
        let cutoff = Wall(wall().0 - i64::try_from(keep.as_micros()).unwrap_or(i64::MAX / 2));
        match store.fact_since(cutoff).await {
            Ok(Some(seq)) => {
                let journal = Arc::clone(&journal);
                let removed =
                    tokio::task::spawn_blocking(move || journal.remove_before(Seq(seq))).await;
                if let Ok(Err(error)) = removed {
                    tracing::warn!(%error, "journal: old segments stay");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "journal: nothing is forgotten now"),
        }
        let of_old = Wall(wall().0 - SHIFTS_KEPT_DAYS * DAY_US);
        if let Err(error) = store.forget_shifts(of_old).await {
            tracing::warn!(%error, "shifts of long ago stay");
        }
        tokio::select! {
            () = tokio::time::sleep(RETIRE_EVERY) => {}
            () = &mut stop => return,
        }
    }
}

/// Brings the database up to the journal, then asks it what the last run left open.
async fn catch_up(folder: &Path, store: &Store) -> anyhow::Result<LeftOpen> {
    let mut projector = Projector::new(store);
    loop {
        let facts = reread(folder, projector.position().await?, CATCH_UP_BATCH);
        if facts.is_empty() {
            return Ok(store.left_open().await?);
        }
        projector.project(&facts).await?;
    }
}

fn reread(folder: &Path, after: u64, most: usize) -> Vec<gudok_store::Fact> {
    let facts = records::facts(folder, Seq(after + 1)).take(most);
    facts
        .map(|(seq, fact)| gudok_store::Fact {
            seq: seq.0,
            at: fact.now.wall,
            call: fact.call,
            event: fact.event,
        })
        .collect()
}
