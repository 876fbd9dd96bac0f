//! The recorder: one thread that journals the media workers' blocks and assembles the files, one that seals them.
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use gudok_journal::{Log, OpenError, Seq};
use gudok_media::tap::{BlockQueue, BlockSink};

use crate::alarm::Alarm;
use crate::carrier::Carrier;
use crate::consultation::Consulted;
use crate::recover::journal_dir;
use crate::seal::Sealed;
use crate::sealer::Sealer;
use crate::sidecar::sync;
use crate::speakers::Spoke;
use crate::subject::{Begin, Mark};

/// Most recordings open or waiting for their seal. Beyond it a call is not recorded, with an alarm.
pub const RECORDINGS_MAX: usize = 10_000;
/// Commands that may wait for the recorder's thread. Beyond it they are refused with [`Busy`].
pub const COMMANDS_MAX: usize = 4096;
/// Blocks of one worker that may wait while the disk stands still: 38 s at any load up to 1.7 MB/s (90 calls a
/// worker), 64 MiB at most. Beyond it the worker drops blocks and marks the hole.
pub const BLOCKS_MAX: usize = 256;
/// Size of a segment of the media journal.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// What the recorder tells. Called on its threads; must return soon.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// A recording is final.
    Sealed(Box<Sealed>),
    /// A recording ended without its worker ever having recorded: there is no file.
    Nothing {
        /// Its number.
        recording: u64,
    },
    /// Something an admin should look at.
    Alarm(Alarm),
}

/// Brings everything below an open folder to the disk.
pub type SyncBelow = Box<dyn FnMut(&File) -> std::io::Result<()> + Send>;

/// Where events go.
pub type OnEvent = Arc<dyn Fn(Event) + Send + Sync>;

/// Why the recorder cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The media journal cannot be opened.
    #[error("cannot open the media journal")]
    Journal(#[from] OpenError),
    /// The system gives no thread.
    #[error("cannot start the recorder's threads")]
    Thread(#[from] std::io::Error),
}

/// The recorder does not take commands: its disk stands still and [`COMMANDS_MAX`] of them wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the recorder is too far behind; this call is not recorded")]
pub struct Busy;

/// The handle of the recorder. Dropping it finishes what is open and seals it.
pub struct Recorder {
    commands: SyncSender<Command>,
    stopping: Arc<AtomicBool>,
    carrier: Option<JoinHandle<()>>,
    sealer: Option<JoinHandle<()>>,
}

/// What the thread is told.
pub(crate) enum Command {
    Queue(Arc<BlockQueue>),
    Begin(Begin),
    BeginAside(Begin, Consulted),
    Mark(Mark),
    Spoke(Spoke),
    End(u64),
}

impl Recorder {
    /// Starts recording below `root`. What an earlier run left in the media journal is finished in the background;
    /// its recordings come as [`Event::Sealed`] with `recovered`.
    pub fn start(root: &Path, on_event: OnEvent) -> Result<Self, StartError> {
        Self::start_syncing(root, on_event, Box::new(sync))
    }

    /// The same with another way to bring what lies below an open folder to the disk: a disk that fails cannot be had
    /// otherwise.
    pub fn start_syncing(
        root: &Path,
        on_event: OnEvent,
        sync: SyncBelow,
    ) -> Result<Self, StartError> {
        let log = Log::open(&journal_dir(root), SEGMENT_BYTES, Seq(0))?;
        let (commands, inbox) = sync_channel(COMMANDS_MAX);
        // Every recording that is not sealed has a place in both, and the recovery one more.
        let (jobs, to_do) = sync_channel(RECORDINGS_MAX + 1);
        let (done, results) = sync_channel(RECORDINGS_MAX + 1);
        let sealer = Sealer::new(root, to_do, done, Arc::clone(&on_event), sync);
        let sealer = spawn("sealer", move || sealer.run())?;
        let stopping = Arc::new(AtomicBool::new(false));
        let carrier = Carrier::new(root, log, on_event, jobs, results, Arc::clone(&stopping));
        let carrier = spawn("recorder", move || carrier.run(&inbox))?;
        Ok(Self {
            commands,
            stopping,
            carrier: Some(carrier),
            sealer: Some(sealer),
        })
    }

    /// A sink for one media worker. Its blocks wake the recorder.
    pub fn sink(&self) -> Result<Box<dyn BlockSink>, Busy> {
        let thread = self
            .carrier
            .as_ref()
            .map(|carrier| carrier.thread().clone());
        let wake = move || {
            if let Some(thread) = &thread {
                thread.unpark();
            }
        };
        let queue = Arc::new(BlockQueue::new(BLOCKS_MAX, wake));
        self.send(Command::Queue(Arc::clone(&queue)))?;
        Ok(queue.sink())
    }

    /// Announces a recording. Must be called before the media worker is told to record.
    pub fn begin(&self, begin: Begin) -> Result<(), Busy> {
        self.send(Command::Begin(begin))
    }

    /// The same for a word aside, while the call's own recording goes on: a file of its own. Where that one is over, it is
    /// refused with [`Alarm::Refused`].
    pub fn begin_aside(&self, begin: Begin, consulted: Consulted) -> Result<(), Busy> {
        self.send(Command::BeginAside(begin, consulted))
    }

    /// Marks a moment.
    pub fn mark(&self, mark: Mark) -> Result<(), Busy> {
        self.send(Command::Mark(mark))
    }

    /// Somebody in the call's room began or stopped to speak.
    pub fn spoke(&self, spoke: Spoke) -> Result<(), Busy> {
        self.send(Command::Spoke(spoke))
    }

    /// The call is over. The worker says so too and its word is exact; if it does not come within two seconds, the
    /// recording ends where its audio ends.
    pub fn end(&self, recording: u64) -> Result<(), Busy> {
        self.send(Command::End(recording))
    }

    /// Wakes nobody: what a command is about comes with the next block, before which commands are taken, and a thread
    /// without blocks looks up ten times a second.
    fn send(&self, command: Command) -> Result<(), Busy> {
        self.commands.try_send(command).map_err(|_refused| Busy)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        for thread in [self.carrier.take(), self.sealer.take()]
            .into_iter()
            .flatten()
        {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

/// Ends of the channels between the two threads.
pub(crate) type Jobs = SyncSender<crate::sealer::Job>;
/// The way back.
pub(crate) type Results = Receiver<crate::sealer::Done>;

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(body)
}
