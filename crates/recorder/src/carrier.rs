//! The recorder's thread: blocks into the journal first, into the files second.
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use gudok_journal::{Log, Seq};
use gudok_media::tap::{self, BlockQueue};

use crate::alarm::{Alarm, Room, SLOW};
use crate::bench::{Bench, Finished};
use crate::consultation::Aside;
use crate::entry::{BLOCK_KIND, Entry, Named};
use crate::recorder::{Command, Event, Jobs, OnEvent, RECORDINGS_MAX, Results};
use crate::sealer::{Done, Job};
use crate::subject::Begin;

/// Longest time between two syncs of the media journal: what a power cut may cost, and how much audio is held in memory
/// until the disk has it.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// Pause before a failed write is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// Pause between two alarms of the same failure.
const ALARM_EVERY: Duration = Duration::from_secs(10);
/// How long after [`Command::End`] the worker's own word is waited for.
const GRACE: Duration = Duration::from_secs(2);
/// How long the journal of a sealed recording is kept, so that whoever was told can write it down.
const KEEP: Duration = Duration::from_secs(5);
/// Longest sleep: the wake-up of a block is not lost, this is for the timers.
const NAP: Duration = Duration::from_millis(100);
/// Recordings below a second that wait for their seal in memory, 32 KB each; further ones get a file first.
const IN_MEMORY_MAX: usize = 512;
/// The recovery's hold on the journal; no recording has this number.
const RECOVERY: u64 = u64::MAX;

pub(crate) struct Carrier {
    root: PathBuf,
    log: Log,
    bench: Bench,
    queues: Vec<Arc<BlockQueue>>,
    on_event: OnEvent,
    jobs: Jobs,
    results: Results,
    stopping: Arc<AtomicBool>,
    /// First entry of each recording that is not sealed: the journal is kept from there on.
    holds: BTreeMap<u64, Seq>,
    released: VecDeque<(Instant, Seq)>,
    closing: VecDeque<(Instant, u64)>,
    /// `closed_at` of the newest block: the media clock as far as we know it.
    media_now: u64,
    synced_at: Instant,
    room: Room,
}

impl Carrier {
    pub(crate) fn new(
        root: &Path,
        log: Log,
        on_event: OnEvent,
        jobs: Jobs,
        results: Results,
        stopping: Arc<AtomicBool>,
    ) -> Self {
        Self {
            root: root.to_owned(),
            log,
            bench: Bench::new(root),
            queues: Vec::new(),
            on_event,
            jobs,
            results,
            stopping,
            holds: BTreeMap::new(),
            released: VecDeque::new(),
            closing: VecDeque::new(),
            media_now: 0,
            synced_at: Instant::now(),
            room: Room::Enough,
        }
    }

    pub(crate) fn run(mut self, inbox: &Receiver<Command>) {
        self.begin_run();
        loop {
            let stopping = self.stopping.load(Ordering::Acquire);
            self.obey_all(inbox);
            self.carry_all(inbox);
            self.expire(Instant::now());
            self.settle();
            if stopping {
                return self.finish();
            }
            std::thread::park_timeout(NAP);
        }
    }

    /// A new run: what lies before it is for the recovery.
    fn begin_run(&mut self) {
        let seq = self.append(&Entry::Run);
        self.holds.insert(RECOVERY, Seq(0));
        self.send(Job::Recover(seq));
    }

    fn obey_all(&mut self, inbox: &Receiver<Command>) {
        while let Ok(command) = inbox.try_recv() {
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Queue(queue) => self.queues.push(queue),
            Command::Begin(begin) => {
                let stem = self.bench.free_stem(&begin);
                self.begin(begin, Some((stem, None)));
            }
            Command::BeginAside(begin, consulted) => {
                let named = self.bench.stem_beside(&consulted);
                self.begin(begin, named.map(|(stem, aside)| (stem, Some(aside))));
            }
            Command::Mark(mark) => self.note(Entry::Mark(mark)),
            Command::Spoke(spoke) => self.note(Entry::Spoke(spoke)),
            Command::End(recording) => self.await_end(recording),
        }
    }

    /// Writes down what ends no recording.
    fn note(&mut self, entry: Entry) {
        let seq = self.append(&entry);
        self.bench.apply(seq, entry);
    }

    /// `named`: its file, and whose word aside it is. None: it has no call's recording to lie beside.
    fn begin(&mut self, begin: Begin, named: Option<(String, Option<Aside>)>) {
        let recording = begin.recording;
        let full = self.holds.len() > RECORDINGS_MAX || self.holds.contains_key(&recording);
        let Some((stem, aside)) = named.filter(|_| !full) else {
            return self.alarm(Alarm::Refused { recording });
        };
        let entry = Entry::Begin(Named { begin, stem, aside });
        let seq = self.append(&entry);
        self.holds.insert(recording, seq);
        self.bench.apply(seq, entry);
    }

    fn await_end(&mut self, recording: u64) {
        let new = !self
            .closing
            .iter()
            .any(|(_, closing)| *closing == recording);
        if new && self.bench.is_open(recording) {
            self.closing.push_back((Instant::now() + GRACE, recording));
        }
    }

    /// Takes what the workers have, one block of each in turn. Whatever a block tells of was announced before it was
    /// written, so commands are taken between taking a block and reading it.
    fn carry_all(&mut self, inbox: &Receiver<Command>) {
        let mut more = true;
        while more {
            more = false;
            for index in 0..self.queues.len() {
                let queue = Arc::clone(&self.queues[index]);
                if let Some(block) = queue.next() {
                    self.obey_all(inbox);
                    self.carry(block.bytes());
                    queue.give_back(block);
                    more = true;
                }
            }
        }
    }

    /// One block: journal, kernel, files. While the disk refuses, this waits here and the blocks in their queue.
    fn carry(&mut self, bytes: &[u8]) {
        if let Ok(records) = tap::read(bytes) {
            self.media_now = self.media_now.max(records.closed_at());
        }
        let seq = self
            .log
            .append(BLOCK_KIND, bytes)
            .expect("a block is 256 KiB, a record may have 1 MiB");
        self.persist(Log::write);
        let finished = self.bench.block(seq, bytes);
        self.hand_over(finished);
        self.sync_if_due();
    }

    fn append(&mut self, entry: &Entry) -> Seq {
        let (kind, payload) = entry.encode();
        self.log
            .append(kind, &payload)
            .expect("marks and names are bounded far below 1 MiB")
    }

    fn sync_if_due(&mut self) {
        if self.synced_at.elapsed() < SYNC_EVERY {
            return;
        }
        if self.log.backlog_bytes() > 0 {
            self.persist(|log| log.sync().map(|_| ()));
        }
        self.synced_at = Instant::now();
        let (before, now) = (self.room, Room::at(&self.root));
        self.room = now;
        now.alarm(before)
            .into_iter()
            .for_each(|alarm| self.alarm(alarm));
    }

    /// Does a thing to the log until it succeeds (or the daemon stops). A stall is told, and written down: holes that
    /// come of it are the disk's doing.
    fn persist(&mut self, act: impl Fn(&mut Log) -> io::Result<()>) {
        let begun = Instant::now();
        let mut told: Option<Instant> = None;
        while let Err(error) = self.attempt(&act) {
            if told.is_none_or(|told| told.elapsed() >= ALARM_EVERY) {
                self.alarm(Alarm::DiskError {
                    error: error.to_string(),
                });
                told = Some(Instant::now());
            }
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(RETRY_AFTER);
        }
        let took = begun.elapsed();
        if told.is_some() {
            self.alarm(Alarm::DiskWell);
        } else if took >= SLOW {
            self.alarm(Alarm::DiskSlow { took });
        }
        if told.is_some() || took >= SLOW {
            let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            let (from, to) = (self.media_now, self.media_now.saturating_add(took_us));
            let entry = Entry::Trouble { from, to };
            let seq = self.append(&entry);
            self.bench.apply(seq, entry);
        }
    }

    /// The last percent of the disk is not ours.
    fn attempt(&mut self, act: impl Fn(&mut Log) -> io::Result<()>) -> io::Result<()> {
        if self.room == Room::None {
            self.room = Room::at(&self.root);
        }
        if self.room == Room::None {
            return Err(io::ErrorKind::StorageFull.into());
        }
        act(&mut self.log)
    }

    /// Recordings whose end was said but not by their worker.
    fn expire(&mut self, now: Instant) {
        while let Some((due, recording)) = self.closing.front().copied()
            && due <= now
        {
            self.closing.pop_front();
            self.close(recording);
        }
    }

    fn close(&mut self, recording: u64) {
        if !self.bench.is_open(recording) {
            return;
        }
        let entry = Entry::Close(recording);
        let seq = self.append(&entry);
        let finished = self.bench.apply(seq, entry);
        self.hand_over(finished);
    }

    fn hand_over(&mut self, finished: Vec<Finished>) {
        for mut one in finished {
            if self.holds.len() >= self.bench.open() + IN_MEMORY_MAX {
                one.spill();
            }
            self.holds
                .entry(one.named.begin.recording)
                .or_insert(one.first);
            self.send(Job::Seal(Box::new(one)));
        }
        for recording in std::mem::take(&mut self.bench.nothing) {
            self.holds.remove(&recording);
            (self.on_event)(Event::Nothing { recording });
        }
    }

    /// The channel has room for every recording there may be.
    fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// What the sealer has done: the journal may go up to the oldest recording that is not sealed.
    fn settle(&mut self) {
        while let Ok(done) = self.results.try_recv() {
            self.release(done);
        }
        self.sync_if_due();
        let now = Instant::now();
        let mut changed = false;
        while self
            .released
            .front()
            .is_some_and(|(since, _)| now - *since >= KEEP)
        {
            self.released.pop_front();
            changed = true;
        }
        if changed {
            self.forget();
        }
    }

    fn release(&mut self, done: Done) {
        let recording = match done {
            Done::Recovered => RECOVERY,
            Done::Sealed { recording, stem } => {
                self.append(&Entry::Sealed(stem));
                recording
            }
        };
        if let Some(first) = self.holds.remove(&recording) {
            self.released.push_back((Instant::now(), first));
        }
    }

    /// Deletes the segments nobody needs. A failure costs room only and is tried again with the next seal.
    fn forget(&mut self) {
        let held = self
            .holds
            .values()
            .chain(self.released.iter().map(|(_, first)| first));
        let oldest = held.min().copied().unwrap_or(self.log.next_seq());
        let _ = self.log.remove_before(oldest);
    }

    /// The end of the daemon: what is open ends here, and waits for its seal.
    fn finish(mut self) {
        for recording in self.holds.keys().copied().collect::<Vec<_>>() {
            self.close(recording);
        }
        self.persist(|log| log.sync().map(|_| ()));
        let Self {
            jobs,
            results,
            mut log,
            ..
        } = self;
        drop(jobs);
        while let Ok(done) = results.recv() {
            if let Done::Sealed { stem, .. } = done {
                let (kind, payload) = Entry::Sealed(stem).encode();
                let _ = log.append(kind, &payload);
            }
        }
    }

    fn alarm(&self, alarm: Alarm) {
        (self.on_event)(Event::Alarm(alarm));
    }
}
