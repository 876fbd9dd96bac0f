//! The task that applies facts while the daemon runs. The call path hands a fact over and goes on.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::project::Projector;
use crate::row::Fact;
use crate::store::Store;

/// Facts that may wait in memory. Beyond it they are read from the journal once the database is back.
pub const QUEUE_MAX: usize = 8192;
/// Most facts of one transaction.
pub const BATCH_MAX: usize = 2048;
/// How long the first fact of a batch waits for others. Longer than the journal gathers.
pub const BATCH_WAIT: Duration = Duration::from_millis(30);
/// The same while there is much to do: the rows of a call are then written two or three times in its life, not ten.
pub const BUSY_WAIT: Duration = Duration::from_secs(1);
/// How often it is looked meanwhile whether a batch is full: so that what comes in such a wait never fills the queue.
pub const BUSY_LOOK: Duration = Duration::from_millis(50);
/// Facts read from the journal at a time. It is read from the start of a segment: many at a time, or it is read many times.
pub const REREAD_MAX: usize = 8 * BATCH_MAX;
/// Facts of the last second from which on there is much to do: some six calls a second. A call by itself has fewer.
const BUSY_FACTS: f64 = 120.0;
/// Pause before a failed batch is tried again.
pub const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Pause before the journal is asked again for facts that must come.
const JOURNAL_RETRY_AFTER: Duration = Duration::from_millis(50);

/// What the daemon must know; nothing of it stops a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The database refuses; told at each try.
    Down {
        /// Why.
        error: String,
    },
    /// It applies again.
    Well,
    /// More facts came than memory may hold; the rest will be read from the journal.
    Behind,
}

/// How the writer reaches the rest of the daemon.
pub struct WriterHooks {
    /// Reads from the journal at most this many facts *after* this number, in order. Called on a blocking thread, at
    /// the start and after the writer fell behind. May end early when the journal is not on disk yet: it is asked
    /// again until the facts that were missed have come.
    pub reread: Box<dyn Fn(u64, usize) -> Vec<Fact> + Send + Sync>,
    /// Told when the database goes away and comes back. Must return soon.
    pub on_trouble: Box<dyn Fn(Trouble) + Send + Sync>,
}

/// The handle of the writer. Facts must be journaled before they are sent.
#[derive(Debug)]
pub struct Writer {
    facts: mpsc::Sender<Fact>,
    lag: Arc<Mutex<Lag>>,
    applied: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

/// Whether facts were left to the journal. Looked at and changed together with the queue, so none falls between.
#[derive(Debug, Default)]
struct Lag {
    behind: bool,
    /// The last one left out.
    missed: u64,
}

impl Writer {
    /// Starts the task: first it applies what the journal holds after the database's position.
    pub fn start(store: &Store, hooks: WriterHooks) -> Self {
        let (facts, inbox) = mpsc::channel(QUEUE_MAX);
        let (tell, applied) = watch::channel(0);
        let lag = Arc::new(Mutex::new(Lag::default()));
        let projector = Projector::new(store);
        let (hooks, lag_here) = (Arc::new(hooks), Arc::clone(&lag));
        let work = Work {
            projector,
            inbox,
            hooks,
            lag: lag_here,
            applied: tell,
            down: false,
        };
        Self {
            facts,
            lag,
            applied,
            task: tokio::spawn(work.run()),
        }
    }

    /// Hands a fact over. Never waits: if memory is full, it will be read from the journal.
    pub fn send(&self, fact: Fact) {
        let mut lag = lock(&self.lag);
        let seq = fact.seq;
        if lag.behind || self.facts.try_send(fact).is_err() {
            lag.behind = true;
            lag.missed = lag.missed.max(seq);
        }
    }

    /// Number of the last fact in the database, as it moves.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.applied.clone()
    }

    /// Applies what was handed over and ends. If the database is away, the journal keeps the rest for the next start.
    pub async fn close(self) {
        drop(self.facts);
        let _ = self.task.await;
    }
}

struct Work {
    projector: Projector,
    inbox: mpsc::Receiver<Fact>,
    hooks: Arc<WriterHooks>,
    lag: Arc<Mutex<Lag>>,
    applied: watch::Sender<u64>,
    down: bool,
}

/// The daemon ends while the database is away.
struct GaveUp;

impl Work {
    async fn run(mut self) {
        let mut batch = Vec::new();
        let mut pace = Pace::default();
        let mut outcome = self.catch_up(0).await;
        while outcome.is_ok() {
            if let Some(missed) = self.fell_behind() {
                (self.hooks.on_trouble)(Trouble::Behind);
                outcome = self.catch_up(missed).await;
                continue;
            }
            if self.inbox.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            self.fill(&mut batch, pace.wait(Instant::now())).await;
            pace.took(Instant::now(), batch.len());
            outcome = self.apply(&batch).await;
            batch.clear();
        }
    }

    /// Waits a little for more, unless the batch is full or nothing more can come.
    async fn fill(&mut self, batch: &mut Vec<Fact>, pause: Duration) {
        let mut left = pause;
        while let Some(look) = next_look(batch.len() + self.inbox.len(), left)
            && !self.inbox.is_closed()
        {
            sleep(look).await;
            left -= look;
        }
        while batch.len() < BATCH_MAX
            && let Ok(fact) = self.inbox.try_recv()
        {
            batch.push(fact);
        }
    }

    /// Once the queue is empty after facts were left out: takes facts again from now on, and says how far to read.
    fn fell_behind(&self) -> Option<u64> {
        let mut lag = lock(&self.lag);
        if !lag.behind || !self.inbox.is_empty() {
            return None;
        }
        lag.behind = false;
        Some(lag.missed)
    }

    /// Applies from the journal until `missed` is in and the journal has nothing more.
    async fn catch_up(&mut self, missed: u64) -> Result<(), GaveUp> {
        loop {
            let position = self.position().await?;
            let hooks = Arc::clone(&self.hooks);
            let read = tokio::task::spawn_blocking(move || (hooks.reread)(position, REREAD_MAX));
            let facts = read.await.unwrap_or_default();
            if !facts.is_empty() {
                for batch in facts.chunks(BATCH_MAX) {
                    self.apply(batch).await?;
                }
            } else if position >= missed || self.inbox.is_closed() {
                return Ok(());
            } else {
                sleep(JOURNAL_RETRY_AFTER).await;
            }
        }
    }

    async fn position(&mut self) -> Result<u64, GaveUp> {
        loop {
            match self.projector.position().await {
                Ok(position) => {
                    self.applied.send_replace(position);
                    return Ok(position);
                }
                Err(error) => self.trouble(&error).await?,
            }
        }
    }

    async fn apply(&mut self, batch: &[Fact]) -> Result<(), GaveUp> {
        loop {
            match self.projector.project(batch).await {
                Ok(position) => {
                    self.applied.send_replace(position);
                    if std::mem::take(&mut self.down) {
                        (self.hooks.on_trouble)(Trouble::Well);
                    }
                    return Ok(());
                }
                Err(error) => self.trouble(&error).await?,
            }
        }
    }

    async fn trouble(&mut self, error: &crate::QueryError) -> Result<(), GaveUp> {
        self.down = true;
        let error = format!("{error}: {}", error.source);
        (self.hooks.on_trouble)(Trouble::Down { error });
        if self.inbox.is_closed() {
            return Err(GaveUp);
        }
        sleep(RETRY_AFTER).await;
        Ok(())
    }
}

/// How long the batch may wait before it is looked at again, with so many facts for it and so much of the wait left. None:
/// it is full, or has waited.
fn next_look(facts: usize, left: Duration) -> Option<Duration> {
    (facts < BATCH_MAX && !left.is_zero()).then(|| left.min(BUSY_LOOK))
}

/// How many facts come, as it has been for about a second: what is older counts ever less.
#[derive(Default)]
struct Pace {
    facts: f64,
    at: Option<Instant>,
}

impl Pace {
    fn took(&mut self, now: Instant, facts: usize) {
        self.facts = self.facts(now) + facts as f64;
        self.at = Some(now);
    }

    fn facts(&self, now: Instant) -> f64 {
        let passed = self.at.map_or(Duration::ZERO, |at| now - at);
        self.facts * (-passed.as_secs_f64()).exp()
    }

    /// The wait before the next batch.
    fn wait(&self, now: Instant) -> Duration {
        if self.facts(now) >= BUSY_FACTS {
            BUSY_WAIT
        } else {
            BATCH_WAIT
        }
    }
}

/// Every holder leaves it whole, so a poisoned lock means nothing.
fn lock(lag: &Mutex<Lag>) -> MutexGuard<'_, Lag> {
    lag.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten times too many calls make some twenty thousand facts a second: in a wait of a second they would not fit the queue,
    /// and reading them from the journal took the time of the calls.
    #[test]
    fn the_queue_does_not_fill_while_a_batch_waits() {
        for a_second in [1_000, 20_000, 100_000] {
            let (mut facts, mut left) = (1, BUSY_WAIT);
            while let Some(look) = next_look(facts, left) {
                facts += a_second * look.as_millis() as usize / 1_000;
                left -= look;
            }
            assert!(facts < QUEUE_MAX, "{facts} at {a_second} a second");
        }
        assert_eq!(next_look(1, BATCH_WAIT), Some(BATCH_WAIT));
    }

    /// The wait while so many batches a second come, of so many facts each.
    fn wait_at(batches: u32, facts: usize) -> Duration {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        for _ in 0..10 * batches {
            now += Duration::from_secs(1) / batches;
            pace.took(now, facts);
        }
        pace.wait(now)
    }

    #[test]
    fn a_call_by_itself_is_written_soon_and_twenty_a_second_are_gathered() {
        assert_eq!(wait_at(1, 20), BATCH_WAIT);
        // The same rate, whichever wait it is measured by.
        assert_eq!(wait_at(20, 20), BUSY_WAIT);
        assert_eq!(wait_at(1, 400), BUSY_WAIT);
        let (mut pace, now) = (Pace::default(), Instant::now());
        pace.took(now, 4 * BUSY_FACTS as usize);
        assert_eq!(pace.wait(now + Duration::from_secs(1)), BUSY_WAIT);
        assert_eq!(pace.wait(now + Duration::from_secs(2)), BATCH_WAIT);
    }
}
