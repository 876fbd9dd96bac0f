//! The workbench: all recordings that are open, fed with the journal's entries, live or at recovery alike.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gudok_journal::Seq;
use gudok_media::tap::{self, Packet, Record, Side, Start, Tapped};
use gudok_model::{CallId, Mono, Name, Wall};

use crate::consultation::{self, Aside, Consulted};
use crate::entry::{Entry, Named};
use crate::gap::GapReason;
use crate::part::{Closed, Part, SAMPLE_RATE, spill};
use crate::speakers::{Speaker, Speakers};
use crate::subject::{Begin, MARKS_MAX, Mark, file_stem};
use crate::third::{Third, ThirdPart};
use crate::timeline::{Story, Timeline};

/// How a recording came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With its call.
    Normally,
    /// The daemon was gone; the file holds all that had reached the journal.
    Interrupted,
}

/// A recording that is over; its file lies as `.part`, if there is one.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) named: Named,
    /// Its first entry in the journal.
    pub(crate) first: Seq,
    pub(crate) part: PathBuf,
    /// When the file was begun.
    pub(crate) since: Instant,
    /// Whether the file is whole.
    pub(crate) closed: Closed,
    /// What the caller did not hear, if there was anything.
    pub(crate) third: Option<ThirdPart>,
    pub(crate) started: Wall,
    /// The same on the clock of the packets. Monotonic µs.
    pub(crate) start: u64,
    pub(crate) story: Story,
    /// Milliseconds from the start, and the name.
    pub(crate) marks: Vec<(u64, Name)>,
    pub(crate) speakers: Vec<Speaker>,
    pub(crate) speakers_omitted: u64,
    pub(crate) ended: Ended,
}

impl Finished {
    /// Gives up the memory of a short one for a file.
    pub(crate) fn spill(&mut self) {
        if let Closed::Memory(whole) = &self.closed {
            self.closed = spill(&self.part, whole).map_or_else(Closed::Broken, |()| Closed::File);
        }
        if let Some(third) = &mut self.third {
            third.spill();
        }
    }

    /// Why a file of it is not whole.
    pub(crate) fn broken(&self) -> Option<&io::Error> {
        let third = self.third.as_ref().map(|third| &third.closed);
        [Some(&self.closed), third]
            .into_iter()
            .flatten()
            .find_map(|closed| match closed {
                Closed::Broken(error) => Some(error),
                Closed::File | Closed::Memory(_) => None,
            })
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken().is_some()
    }
}

/// All open recordings.
pub(crate) struct Bench {
    root: PathBuf,
    open: BTreeMap<u64, Open>,
    /// Files that must not be touched: sealed already.
    sealed: BTreeSet<String>,
    /// Only this recording is wanted.
    only: Option<u64>,
    /// Numbers of this run that are left alone.
    spared: BTreeSet<u64>,
    trouble: Option<(u64, u64)>,
    /// Ended without ever having recorded; taken by the owner.
    pub(crate) nothing: Vec<u64>,
    /// Packets of recordings nobody knows.
    pub(crate) strays: u64,
}

struct Open {
    named: Named,
    first: Seq,
    marks: Vec<Mark>,
    speakers: Speakers,
    take: Option<Take>,
}

/// What there is once the first block said that the worker records.
struct Take {
    worker: u16,
    started: Wall,
    since: Instant,
    start: u64,
    timeline: Timeline,
    part: Part,
    third: Option<Third>,
}

impl Bench {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            open: BTreeMap::new(),
            sealed: BTreeSet::new(),
            only: None,
            spared: BTreeSet::new(),
            trouble: None,
            nothing: Vec::new(),
            strays: 0,
        }
    }

    /// Leaves these files alone.
    pub(crate) fn sparing(mut self, sealed: BTreeSet<String>) -> Self {
        self.sealed = sealed;
        self
    }

    /// Makes this recording only.
    pub(crate) fn only(mut self, recording: u64) -> Self {
        self.only = Some(recording);
        self
    }

    /// How many are open.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn is_open(&self, recording: u64) -> bool {
        self.open.contains_key(&recording)
    }

    /// A file name nobody has.
    pub(crate) fn free_stem(&self, begin: &Begin) -> String {
        let stem = file_stem(begin.call, begin.at);
        let numbered = (2..100).map(|n| format!("{stem}-{n}"));
        std::iter::once(stem.clone())
            .chain(numbered)
            .find(|stem| !self.is_taken(stem))
            .unwrap_or(stem)
    }

    /// The same for a word aside, beside the call's own recording, and where it belongs; None: that one is over.
    pub(crate) fn stem_beside(&self, consulted: &Consulted) -> Option<(String, Aside)> {
        let own = self.open.get(&consulted.of)?;
        let of = own.named.stem.clone();
        let stem = consultation::stems(&of).find(|stem| !self.is_taken(stem))?;
        let (by, with) = (consulted.by.clone(), consulted.with.clone());
        let since = own.take.as_ref().map(|take| take.start);
        let aside = Aside {
            by,
            with,
            of,
            since,
        };
        Some((stem, aside))
    }

    fn is_taken(&self, stem: &str) -> bool {
        self.open.values().any(|open| open.named.stem == stem)
            || ["wav", "json", "part"]
                .iter()
                .any(|ending| self.path(stem, ending).exists())
    }

    /// Takes one entry; gives what came to its end by it.
    pub(crate) fn apply(&mut self, seq: Seq, entry: Entry) -> Vec<Finished> {
        match entry {
            Entry::Run => {
                self.spared.clear();
                return self.interrupt();
            }
            Entry::Begin(named) => self.begin(seq, named),
            Entry::Block(bytes) => return self.block(seq, &bytes),
            Entry::Mark(mark) => self.mark(mark),
            Entry::Spoke(spoke) => {
                if let Some(open) = self.open.get_mut(&spoke.recording) {
                    open.speakers.take(spoke);
                }
            }
            Entry::Close(recording) => {
                return Vec::from_iter(self.close(recording, None, Ended::Normally));
            }
            Entry::Trouble { from, to } => self.trouble = Some((from, to)),
            Entry::Sealed(_) => {}
        }
        Vec::new()
    }

    /// Everything that is open ends where its audio ends.
    pub(crate) fn interrupt(&mut self) -> Vec<Finished> {
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter()
            .filter_map(|number| self.close(number, None, Ended::Interrupted))
            .collect()
    }

    fn begin(&mut self, seq: Seq, named: Named) {
        let recording = named.begin.recording;
        if self.sealed.contains(&named.stem) || self.only.is_some_and(|only| only != recording) {
            self.spared.insert(recording);
        } else {
            self.open.insert(
                recording,
                Open {
                    named,
                    first: seq,
                    marks: Vec::new(),
                    speakers: Speakers::default(),
                    take: None,
                },
            );
        }
    }

    fn mark(&mut self, mut mark: Mark) {
        let Some(open) = self.open.get_mut(&mark.recording) else {
            return;
        };
        if open.marks.len() < MARKS_MAX {
            let end = (0..=mark.name.len().min(128))
                .rev()
                .find(|at| mark.name.is_char_boundary(*at));
            mark.name = mark.name[..end.unwrap_or(0)].into();
            open.marks.push(mark);
        }
    }

    /// Takes one block of a worker.
    pub(crate) fn block(&mut self, seq: Seq, bytes: &[u8]) -> Vec<Finished> {
        let Ok(mut records) = tap::read(bytes) else {
            return Vec::new();
        };
        let (worker, now) = (records.worker(), records.closed_at());
        let finished = records
            .by_ref()
            .filter_map(|tapped| self.record(seq, worker, &tapped))
            .collect();
        for take in self.open.values_mut().filter_map(|open| open.take.as_mut()) {
            if take.worker == worker {
                take.drain(now);
            }
        }
        finished
    }

    fn record(&mut self, seq: Seq, worker: u16, tapped: &Tapped<'_>) -> Option<Finished> {
        match tapped.record {
            Record::Start(start) => {
                self.start(seq, worker, tapped.recording, start);
                return None;
            }
            Record::Hole { from, to, .. } => {
                self.hole(worker, from, to);
                return None;
            }
            Record::End { at } => return self.close(tapped.recording, Some(at), Ended::Normally),
            Record::Packet(_) | Record::Pause { .. } | Record::Resume { .. } => {}
        }
        let take = self
            .open
            .get_mut(&tapped.recording)
            .and_then(|open| open.take.as_mut());
        match (take, tapped.record) {
            (Some(take), Record::Packet(packet)) => take.packet(&packet),
            (Some(take), Record::Pause { at }) => take.timeline.pause(at, true),
            (Some(take), Record::Resume { at }) => take.timeline.pause(at, false),
            _ => self.strays += 1,
        }
        None
    }

    fn start(&mut self, seq: Seq, worker: u16, recording: u64, start: Start) {
        if !self.open.contains_key(&recording) {
            self.adopt(seq, recording, start);
        }
        let Some(open) = self.open.get_mut(&recording) else {
            return;
        };
        if open.take.is_none() {
            open.take = Some(Take {
                worker,
                started: Wall(start.wall),
                since: Instant::now(),
                start: start.at,
                timeline: Timeline::new(start.at, start.paused),
                part: Part::new(self.root.join(format!("{}.part", open.named.stem))),
                third: None,
            });
        }
    }

    /// Audio whose beginning the journal lost is kept under a name that says so.
    fn adopt(&mut self, seq: Seq, recording: u64, start: Start) {
        // A start told again may belong to a recording whose beginning is sealed and gone.
        if self.only.is_some() || start.again || self.spared.contains(&recording) {
            return;
        }
        let (call, at) = (CallId(uuid::Uuid::nil()), Wall(start.wall));
        let begin = Begin {
            recording,
            call,
            project: "unknown".into(),
            at,
        };
        let stem = format!("{}-orphan-{}-{recording}", file_stem(call, at), start.at);
        let named = Named {
            begin,
            stem,
            aside: None,
        };
        self.begin(seq, named);
    }

    fn hole(&mut self, worker: u16, from: u64, to: u64) {
        let disk = self
            .trouble
            .is_some_and(|(begun, over)| begun <= to && from <= over);
        let reason = if disk {
            GapReason::Disk
        } else {
            GapReason::QueueFull
        };
        for take in self.open.values_mut().filter_map(|open| open.take.as_mut()) {
            if take.worker == worker {
                take.timeline.hole(from, to, reason);
            }
        }
    }

    /// Ends a recording; nothing if it never began to record.
    fn close(&mut self, recording: u64, at: Option<u64>, ended: Ended) -> Option<Finished> {
        let Open {
            named,
            first,
            marks,
            speakers,
            take,
        } = self.open.remove(&recording)?;
        let Some(mut take) = take else {
            self.nothing.push(recording);
            return None;
        };
        if let Some(at) = at {
            take.drain(at);
        }
        let story = take.timeline.finish(at, |rest| take.part.append(rest));
        let marks = marks
            .into_iter()
            .map(|mark| (ms_from(take.start, mark.at), mark.name))
            .collect();
        let length_ms = story.samples * 1000 / u64::from(SAMPLE_RATE);
        let (speakers, speakers_omitted) = speakers.finish(take.start, length_ms);
        let third = take.third.map(|third| third.close(take.start));
        let (part, closed) = take.part.close();
        let (started, since) = (take.started, take.since);
        Some(Finished {
            named,
            first,
            part,
            since,
            closed,
            third,
            started,
            start: take.start,
            story,
            marks,
            speakers,
            speakers_omitted,
            ended,
        })
    }

    fn path(&self, stem: &str, ending: &str) -> PathBuf {
        self.root.join(format!("{stem}.{ending}"))
    }
}

impl Take {
    fn packet(&mut self, packet: &Packet<'_>) {
        if packet.side != Side::Third {
            return self.timeline.packet(packet);
        }
        let Self { third, part, .. } = self;
        third
            .get_or_insert_with(|| Third::new(part.path(), packet.at))
            .packet(packet);
    }

    fn drain(&mut self, now: u64) {
        while self
            .timeline
            .settled(now, |samples| self.part.append(samples))
        {}
        if let Some(third) = &mut self.third {
            third.drain(now);
        }
    }
}

fn ms_from(start: u64, at: Mono) -> u64 {
    at.0.saturating_sub(start) / 1000
}
