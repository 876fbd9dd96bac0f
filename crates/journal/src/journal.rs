//! The log behind a bounded queue and a thread of its own: appending never waits for a disk.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::frame::{PAYLOAD_BYTES_MAX, RECORD_HEAD_BYTES, encode};
use crate::{Log, OpenError, Problem, Seq, TooLarge, segment};

/// Most bytes that wait for the disk. Beyond it [`Journal::append`] refuses, counts, and the caller decides.
/// At 150 calls a second this is more than half a minute of a frozen disk.
pub const BACKLOG_BYTES_MAX: usize = 64 << 20;
/// Pause after a disk error before the same bytes are tried again.
pub const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How far the file is prepared ahead of its records.
const AHEAD_BYTES: usize = 1 << 20;
/// How long a record nobody waits for may stay in memory, so that those of one burst are handed to the kernel at once:
/// what a killed daemon may lose of that kind.
pub const GATHER: Duration = Duration::from_millis(20);
/// How long after its last work the writer looks for more by itself, every [`GATHER`]: waking it for each first record
/// of a burst costs more than these looks.
const LINGER: Duration = Duration::from_millis(100);

/// How a journal is written.
pub struct Options {
    /// Size after which a new segment begins. A segment may be longer by one batch.
    pub segment_bytes: u64,
    /// Longest a record waits for the disk when nobody is in a hurry. Who cannot wait says [`Journal::hurry`].
    pub sync: Duration,
    /// The first new record gets at least this number: one after what the database has already applied.
    pub next_min: Seq,
    /// Called on the writer's thread: `Ok` after each sync that made something durable, `Err` after each failed
    /// try (every [`RETRY_AFTER`]). Must return soon; a channel or a watch is the usual body.
    pub on_durable: Box<dyn Fn(io::Result<Seq>) + Send>,
}

/// Why a record was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk is [`BACKLOG_BYTES_MAX`] behind; the record is counted as dropped.
    #[error("the journal is too far behind the disk; the record was dropped")]
    Full,
    /// The payload is too long.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// An append-only journal with a writer thread and group commit.
///
/// Disk errors stop nothing: records stay in memory (bounded), the same bytes are tried again, the callback raises
/// the alarm. Dropping the journal writes and syncs what is left, once.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    dir: PathBuf,
    cut: Option<String>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Something for the writer to do.
    wake: Condvar,
    /// Something became durable.
    done: Condvar,
    durable: AtomicU64,
    dropped: AtomicU64,
    /// The disk refused what it was given last.
    refused: AtomicBool,
}

#[derive(Debug)]
struct State {
    /// Encoded records the writer has not taken yet.
    encoded: Vec<u8>,
    /// Number of the next record.
    next: Seq,
    /// Bytes the writer holds because the disk does not have them.
    held_bytes: usize,
    hurry: bool,
    closing: bool,
    /// How the writer waits.
    sleep: Sleep,
}

/// Whether the writer must be woken: waking costs a system call, which most records can do without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Sleep {
    /// It works, and looks for more before it waits.
    Awake,
    /// It looks again within [`GATHER`]; only who cannot wait so long wakes it.
    Dozing,
    /// Until it is woken.
    Sound,
}

impl Journal {
    /// Opens the journal in `dir` (see [`Log::open`] for what happens after a crash) and starts its thread.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let log = Log::open(dir, options.segment_bytes, options.next_min)?.preparing(AHEAD_BYTES);
        let cut = log.cut().map(Problem::to_string);
        let shared = Arc::new(Shared::new(&log));
        let (thread_shared, dir) = (Arc::clone(&shared), dir.to_owned());
        let writer = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || Writer::new(log, thread_shared, options).run())
            .map_err(|source| OpenError::Io {
                dir: dir.clone(),
                source,
            })?;
        Ok(Self {
            shared,
            dir,
            cut,
            writer: Some(writer),
        })
    }

    /// What the crash before left damaged, and where; it lies in a `.torn` file now.
    pub fn cut(&self) -> Option<&str> {
        self.cut.as_deref()
    }

    /// Takes a record and gives its number; durable within `sync` if the disk is well. Never waits for the disk.
    pub fn append(&self, kind: u16, payload: &[u8]) -> Result<Seq, AppendError> {
        let taken = self.push(kind, payload, BACKLOG_BYTES_MAX);
        if taken == Err(AppendError::Full) {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// Takes a record that may be missing: refused, and not counted as dropped, where more than `backlog_max` bytes
    /// would wait for the disk. Never waits for the disk.
    pub fn append_if_calm(
        &self,
        kind: u16,
        payload: &[u8],
        backlog_max: usize,
    ) -> Result<Seq, AppendError> {
        self.push(kind, payload, backlog_max.min(BACKLOG_BYTES_MAX))
    }

    fn push(&self, kind: u16, payload: &[u8], most: usize) -> Result<Seq, AppendError> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(TooLarge(payload.len()).into());
        }
        let mut state = self.shared.lock();
        let bytes = state.encoded.len() + RECORD_HEAD_BYTES + payload.len();
        if bytes + state.held_bytes > most {
            return Err(AppendError::Full);
        }
        let (seq, first) = (state.next, state.encoded.is_empty());
        encode(&mut state.encoded, seq, kind, payload);
        state.next = seq.next();
        if first && state.sleep == Sleep::Sound {
            self.shared.wake(state);
        }
        Ok(seq)
    }

    /// Somebody waits: the next sync happens at once instead of within `sync`.
    pub fn hurry(&self) {
        let mut state = self.shared.lock();
        state.hurry = true;
        self.shared.wake(state);
    }

    /// The last number the disk has. Cheap.
    pub fn durable(&self) -> Seq {
        Seq(self.shared.durable.load(Ordering::Acquire))
    }

    /// Blocks until `seq` is durable or the time is over; says which. Not for an async task: use the callback.
    pub fn wait(&self, seq: Seq, timeout: Duration) -> bool {
        self.hurry();
        let state = self.shared.lock();
        let waited = self
            .shared
            .done
            .wait_timeout_while(state, timeout, |_| self.durable() < seq);
        drop(waited);
        self.durable() >= seq
    }

    /// Whether the disk took what it was given last. What is taken while it did not may be lost: who can be told no is told so. Cheap.
    pub fn is_well(&self) -> bool {
        !self.shared.refused.load(Ordering::Acquire)
    }

    /// Records refused because the journal was full, since it was opened.
    pub fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Bytes that wait for the disk now.
    pub fn backlog_bytes(&self) -> usize {
        let state = self.shared.lock();
        state.encoded.len() + state.held_bytes
    }

    /// Deletes the segments that hold only records before `seq`; says how many. Blocks on the disk.
    pub fn remove_before(&self, seq: Seq) -> io::Result<usize> {
        segment::remove_before(&self.dir, seq)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closing = true;
        self.shared.wake(state);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn new(log: &Log) -> Self {
        let state = State {
            encoded: Vec::new(),
            next: log.next_seq(),
            held_bytes: 0,
            hurry: false,
            closing: false,
            sleep: Sleep::Awake,
        };
        Self {
            state: Mutex::new(state),
            wake: Condvar::new(),
            done: Condvar::new(),
            durable: AtomicU64::new(log.durable().0),
            dropped: AtomicU64::new(0),
            refused: AtomicBool::new(false),
        }
    }

    /// Every holder leaves the state whole, so a poisoned lock means nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, mut state: MutexGuard<'_, State>) {
        let slept = std::mem::replace(&mut state.sleep, Sleep::Awake);
        drop(state);
        if slept > Sleep::Awake {
            self.wake.notify_one();
        }
    }

    /// The writer's way to wait.
    fn sleep<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        timeout: Duration,
    ) -> MutexGuard<'a, State> {
        state.sleep = if timeout > GATHER {
            Sleep::Sound
        } else {
            Sleep::Dozing
        };
        let mut state = wait(&self.wake, state, timeout);
        state.sleep = Sleep::Awake;
        state
    }
}

/// The thread's side.
struct Writer {
    log: Log,
    shared: Arc<Shared>,
    sync: Duration,
    on_durable: Box<dyn Fn(io::Result<Seq>) + Send>,
    /// Swapped with the shared buffer, so that steady work allocates nothing.
    spare: Vec<u8>,
    /// When the oldest record the disk does not have was taken.
    oldest: Option<Instant>,
    /// Until when it looks for more by itself.
    lingers: Instant,
}

/// What woke the writer.
struct Work {
    sync_now: bool,
    closing: bool,
}

impl Writer {
    fn new(log: Log, shared: Arc<Shared>, options: Options) -> Self {
        let Options {
            sync, on_durable, ..
        } = options;
        Self {
            log,
            shared,
            sync,
            on_durable,
            spare: Vec::new(),
            oldest: None,
            lingers: Instant::now(),
        }
    }

    fn run(mut self) {
        loop {
            let work = self.collect();
            let outcome = if work.sync_now {
                self.log.sync()
            } else {
                self.log.write().map(|()| self.log.durable())
            };
            self.shared.lock().held_bytes = self.log.backlog_bytes();
            self.shared
                .refused
                .store(outcome.is_err(), Ordering::Release);
            match outcome {
                Ok(durable) => self.tell(durable, work.sync_now),
                Err(error) => {
                    (self.on_durable)(Err(error));
                    self.pause(work.closing);
                }
            }
            if work.closing {
                return;
            }
        }
    }

    /// Sleeps until there is something to write or to sync, and takes what was appended.
    fn collect(&mut self) -> Work {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        // When the round of gathering began: none of its records is older.
        let mut round = Instant::now();
        loop {
            let pending = !state.encoded.is_empty();
            let unsynced = pending || self.log.backlog_bytes() > 0;
            state.hurry &= unsynced;
            let due_in = self.due_in();
            let sync_now = state.hurry || state.closing || (unsynced && due_in.is_zero());
            let left = GATHER.saturating_sub(round.elapsed());
            if sync_now || (pending && left.is_zero()) {
                return self.take(state, sync_now, round);
            }
            if left.is_zero() {
                round = Instant::now();
            }
            if pending || round < self.lingers {
                let look_in = GATHER.saturating_sub(round.elapsed());
                state = shared.sleep(state, look_in.min(due_in));
            } else {
                state = shared.sleep(state, due_in);
                round = Instant::now();
            }
        }
    }

    fn take(&mut self, mut state: MutexGuard<'_, State>, sync_now: bool, since: Instant) -> Work {
        std::mem::swap(&mut state.encoded, &mut self.spare);
        state.held_bytes += self.spare.len();
        state.hurry &= !sync_now;
        let (next, closing) = (state.next, state.closing);
        drop(state);
        self.log.absorb(&mut self.spare, next);
        if self.log.backlog_bytes() > 0 {
            self.oldest.get_or_insert(since);
        }
        self.lingers = Instant::now() + LINGER;
        Work { sync_now, closing }
    }

    /// How long until the next sync may wait; for ever when there is nothing to sync.
    fn due_in(&self) -> Duration {
        self.oldest
            .map_or(Duration::MAX, |at| self.sync.saturating_sub(at.elapsed()))
    }

    fn tell(&mut self, durable: Seq, synced: bool) {
        if synced {
            self.oldest = None;
        }
        if self.shared.durable.swap(durable.0, Ordering::AcqRel) != durable.0 {
            // Under the lock, so that a waiter between its look and its sleep does not miss it.
            drop(self.shared.lock());
            self.shared.done.notify_all();
            (self.on_durable)(Ok(durable));
        }
    }

    /// Waits before the next try; a journal that closes does not.
    fn pause(&self, closing: bool) {
        let until = Instant::now() + RETRY_AFTER;
        let mut state = self.shared.lock();
        while !closing && !state.closing {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.shared.sleep(state, left);
        }
    }
}

fn wait<'a>(
    wake: &Condvar,
    state: MutexGuard<'a, State>,
    timeout: Duration,
) -> MutexGuard<'a, State> {
    if timeout == Duration::MAX {
        return wake.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    wake.wait_timeout(state, timeout)
        .unwrap_or_else(PoisonError::into_inner)
        .0
}
