//! Journal before answer: what must survive a crash is on disk before the world is told.
//!
//! Nothing here waits. An answer that depends on the disk is held until the journal reports the number it needs;
//! if the disk takes too long the caller is answered all the same, with an alarm: a slow disk must not cost a call.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gudok_journal::{Journal, Seq};
use gudok_model::{CallEvent, CallId, FloorEvent, LegId, Mono, Now};
use gudok_store::Writer;
use gudok_switchboard::{Input, Output};
use gudok_trace::Seen;
use serde::Serialize;

use super::at_doors::{Answer, Doors};
use super::unwritten::Results;
use crate::metrics::Metrics;
use crate::records::{Entry, FLOOR, Fact, INPUT, MESSAGE, OUTPUT, PLAN, PlanRecord, TIMEOUT};

/// Longest an answer is held for the disk (reliability F06).
pub(crate) const HOLD_MAX: Duration = Duration::from_millis(100);

/// Bytes that wait for the disk, of the journal's 64 MiB, beyond which messages are left out: facts need the rest.
pub(crate) const MESSAGES_BACKLOG_MAX: usize = 8 << 20;

/// The journal, the database behind it, and the answers that wait for the disk.
#[derive(Debug)]
pub(crate) struct Paper {
    journal: Arc<Journal>,
    database: Arc<Writer>,
    last: Seq,
    /// The last fact of a call or a request.
    last_fact: Seq,
    /// The last fact of the floor.
    floor: Seq,
    held: VecDeque<Held>,
    results: Results,
    doors: Doors,
    lost: u64,
    promises_lost: u64,
    metrics: Metrics,
    #[cfg(test)]
    pub(super) is_refused: bool,
    /// The disk has nothing of what is written from now on.
    #[cfg(test)]
    pub(super) is_slow: bool,
    /// The record that is being written, kept so that steady work allocates nothing.
    text: Vec<u8>,
}

#[derive(Debug)]
struct Held {
    needs: Seq,
    since: Mono,
    leg: LegId,
}

/// What may be said now.
#[derive(Debug)]
pub(crate) enum Word {
    /// 200 to a caller.
    Answer(LegId),
    /// The result of a desk's command, [`Output::DeskResult`].
    Result(Box<Output>),
    /// A command is done, and the disk has not taken it: the result that follows when it has.
    Unwritten(Box<Output>),
}

/// Borrowed twins of the entries, so that the hot path copies nothing. Same JSON as [`Entry`].
#[derive(Serialize)]
enum EntryRef<'a> {
    Input { now: Now, input: &'a Input },
    Output { output: &'a Output },
    Timeout { now: Now },
    Floor { now: Now, event: &'a FloorEvent },
}

impl Paper {
    pub(crate) fn new(journal: Arc<Journal>, database: Arc<Writer>, metrics: Metrics) -> Self {
        Self {
            journal,
            database,
            last: Seq(0),
            last_fact: Seq(0),
            floor: Seq(0),
            held: VecDeque::new(),
            results: Results::default(),
            doors: Doors::default(),
            lost: 0,
            promises_lost: 0,
            metrics,
            #[cfg(test)]
            is_refused: false,
            #[cfg(test)]
            is_slow: false,
            text: Vec::new(),
        }
    }

    /// The switchboard is told something.
    pub(crate) fn input(&mut self, now: Now, input: &Input) {
        self.append(INPUT, &EntryRef::Input { now, input });
    }

    /// What people decided is to be told to the switchboard; false: the journal does not take it, or the disk does not take the
    /// journal, so nothing may come of it.
    pub(crate) fn decided(&mut self, now: Now, input: &Input) -> bool {
        self.is_well()
            && self
                .append(INPUT, &EntryRef::Input { now, input })
                .is_some()
    }

    /// Whether the disk takes what it is given.
    fn is_well(&self) -> bool {
        #[cfg(test)]
        if self.is_refused {
            return false;
        }
        self.journal.is_well()
    }

    /// A timer is due.
    pub(crate) fn timeout(&mut self, now: Now) {
        self.append(TIMEOUT, &EntryRef::Timeout { now });
    }

    /// The switchboard asked for something; a fact goes to the database too.
    pub(crate) fn output(&mut self, now: Now, output: &Output) {
        match output {
            Output::Fact { call, fact } => {
                let entry = Entry::Fact(Fact {
                    now,
                    call: *call,
                    event: fact.clone(),
                });
                self.fact(entry);
            }
            Output::Floor { event } => self.floor(now, event),
            output => {
                self.append(OUTPUT, &EntryRef::Output { output });
            }
        }
    }

    /// A fact of the floor: in its place among the others, and no answer to a caller waits for it.
    fn floor(&mut self, now: Now, event: &FloorEvent) {
        let needed = self.last;
        let written = self.append(FLOOR, &EntryRef::Floor { now, event });
        self.floor = written.unwrap_or(self.floor);
        self.last = needed;
    }

    /// A fact the driver measured.
    pub(crate) fn measured(&mut self, now: Now, call: CallId, event: CallEvent) {
        self.fact(Entry::Measured(Fact { now, call, event }));
    }

    /// A fact that a person says; false: as [`Self::decided`].
    pub(crate) fn said(&mut self, now: Now, call: CallId, event: CallEvent) -> bool {
        let before = self.last_fact;
        if self.is_well() {
            self.measured(now, call, event);
        }
        self.last_fact != before
    }

    /// A message of a call passes. It is the first to be left out when the disk is behind; false when it was.
    pub(crate) fn message(&mut self, seen: &Seen<'_>) -> bool {
        self.text.clear();
        seen.write(&mut self.text);
        let taken = self
            .journal
            .append_if_calm(MESSAGE, &self.text, MESSAGES_BACKLOG_MAX);
        taken.is_ok()
    }

    /// Any other entry.
    pub(crate) fn entry(&mut self, entry: &Entry) {
        self.append(entry.kind(), entry);
    }

    /// A plan is to come into force; false: as [`Self::decided`].
    pub(crate) fn plan(&mut self, now: Now, plan: &PlanRecord) -> bool {
        self.is_well() && self.first_plan(now, plan)
    }

    /// A plan comes into force whatever the disk takes: the record waits with all that is behind until it takes more.
    pub(crate) fn first_plan(&mut self, now: Now, plan: &PlanRecord) -> bool {
        self.text.clear();
        plan.write(now, &mut self.text);
        self.written(PLAN).is_some()
    }

    fn fact(&mut self, entry: Entry) {
        // Without a number of its own the fact cannot be told from another: it is lost, with an alarm.
        let Some(seq) = self.append(entry.kind(), &entry) else {
            return self.tell_lost_promise(&entry);
        };
        self.last_fact = seq;
        if let Entry::Fact(fact) | Entry::Measured(fact) = entry {
            let Fact { now, call, event } = fact;
            // Somebody is about to be told, in words of seconds: by their end it is on disk.
            if matches!(event, CallEvent::Requested { .. }) {
                self.journal.hurry();
            }
            self.database.send(gudok_store::Fact {
                seq: seq.0,
                at: now.wall,
                call,
                event,
            });
        }
    }

    /// Somebody has to do by hand what no list will say: which call it was in is all that is left.
    fn tell_lost_promise(&mut self, entry: &Entry) {
        if let Entry::Fact(Fact { call, event, .. }) | Entry::Measured(Fact { call, event, .. }) =
            entry
            && let CallEvent::Requested { kind, due, .. } = event
        {
            self.promises_lost += 1;
            self.metrics.alarm("promise_lost");
            tracing::error!(%call, ?kind, due = due.0, "journal: a promise to a caller is lost: gudok requests does not know it");
        }
    }

    fn append(&mut self, kind: u16, entry: &impl Serialize) -> Option<Seq> {
        self.text.clear();
        // No entry of ours has a key that is no string; an empty record would show the bug to `replay`.
        if serde_json::to_writer(&mut self.text, entry).is_err() {
            self.text.clear();
        }
        self.written(kind)
    }

    fn written(&mut self, kind: u16) -> Option<Seq> {
        match self.journal.append(kind, &self.text) {
            Ok(seq) => {
                self.last = seq;
                Some(seq)
            }
            Err(error) => {
                self.lost += 1;
                self.metrics.alarm("journal_lost");
                if self.lost.is_power_of_two() {
                    tracing::error!(%error, lost = self.lost, "journal: record lost");
                }
                None
            }
        }
    }

    /// Holds the 200 to a caller until everything written so far is on disk.
    pub(crate) fn hold(&mut self, now: Mono, leg: LegId) {
        self.held.push_back(Held {
            needs: self.last,
            since: now,
            leg,
        });
        self.journal.hurry();
    }

    /// Holds the result of a desk's command until everything written so far is on disk, the floor and the result among it.
    pub(crate) fn hold_result(&mut self, now: Mono, output: Output) {
        let needs = self.last.max(self.floor);
        self.results.hold(now, needs, output);
        self.journal.hurry();
    }

    /// Holds what whoever asked at a door is told: a yes rests on everything written so far.
    pub(super) fn hold_at_door(&mut self, now: Mono, answer: Answer) {
        if !answer.is_yes() {
            return answer.tell();
        }
        self.doors.hold(now, self.last.max(self.floor), answer);
        self.journal.hurry();
    }

    /// Tells at doors what may be told now; how many of them were told that it is not written.
    pub(super) fn tell_at_doors(&mut self, now: Mono) -> usize {
        let durable = self.durable();
        self.doors.tell(now, durable)
    }

    fn durable(&self) -> Seq {
        #[cfg(test)]
        if self.is_slow {
            return Seq(0);
        }
        self.journal.durable()
    }

    /// The words that may go out now; `late` counts those that did not wait for the disk.
    pub(crate) fn released(&mut self, now: Mono) -> (Vec<Word>, usize) {
        let (durable, mut words, mut late) = (self.durable(), Vec::new(), 0);
        while let Some(held) = self.held.front() {
            let overdue = now.since(held.since) >= HOLD_MAX;
            if held.needs > durable && !overdue {
                break;
            }
            late += usize::from(held.needs > durable);
            words.extend(self.held.pop_front().map(|held| Word::Answer(held.leg)));
        }
        late += self.results.released(now, durable, &mut words);
        (words, late)
    }

    /// Records the journal did not take since the start.
    pub(crate) fn lost(&self) -> u64 {
        self.lost
    }

    /// Of them: promises to callers, which nobody owes now.
    pub(crate) fn promises_lost(&self) -> u64 {
        self.promises_lost
    }

    /// The last fact that the database is to have.
    pub(crate) fn last_fact(&self) -> Seq {
        self.last_fact
    }

    /// When the oldest answer that waits goes out regardless.
    pub(crate) fn due(&self) -> Option<Mono> {
        let held = self.held.front().map(|held| held.since + HOLD_MAX);
        let rest = [self.results.due(), self.doors.due()];
        held.into_iter().chain(rest.into_iter().flatten()).min()
    }
}

#[cfg(test)]
mod tests {
    use gudok_journal::{Options, Record};
    use gudok_model::{GroupId, RequestKind, Tally, Wall};
    use gudok_store::{Store, WriterHooks};

    use super::*;
    use crate::records::decode;
    use crate::versions::{Edition, Origin, Version};

    /// Longer than any record may be, which the journal refuses as a full disk is refused.
    const TOO_LONG: usize = 2 << 20;

    const BEGINNING: Now = Now {
        mono: Mono(0),
        wall: Wall(0),
    };

    async fn opened(dir: &std::path::Path, metrics: &Metrics) -> Paper {
        let store = Store::open(&dir.join("gudok.db")).await;
        let hooks = WriterHooks {
            reread: Box::new(|_, _| Vec::new()),
            on_trouble: Box::new(|_| {}),
        };
        let writer = Writer::start(&store.expect("a database"), hooks);
        let options = Options {
            segment_bytes: 1 << 20,
            sync: Duration::from_millis(100),
            next_min: Seq(1),
            on_durable: Box::new(|_| {}),
        };
        let journal = Journal::open(&dir.join("journal"), options).expect("a journal");
        Paper::new(Arc::new(journal), Arc::new(writer), metrics.clone())
    }

    #[tokio::test]
    async fn a_promise_that_the_journal_cannot_take_has_an_alarm_of_its_own() {
        let (dir, metrics) = (tempfile::tempdir().expect("a folder"), Metrics::new());
        let mut paper = opened(dir.path(), &metrics).await;
        let promise = |group: String| CallEvent::Requested {
            kind: RequestKind::Callback,
            number: None,
            due: Wall(1),
            group: Some(GroupId::new(group)),
            length_ms: None,
            waited_ms: None,
            detail: Box::default(),
        };
        let call = CallId(uuid::Uuid::nil());
        let alarm = "gudok_alarms_total{what=\"promise_lost\"} 1";
        paper.measured(BEGINNING, call, promise("tech".to_owned()));
        assert!(!metrics.registry().text().contains("promise_lost"));
        paper.measured(BEGINNING, call, promise("x".repeat(TOO_LONG)));
        assert_eq!((paper.lost(), paper.promises_lost()), (1, 1));
        assert!(metrics.registry().text().contains(alarm));
    }

    #[tokio::test]
    async fn a_fact_of_the_floor_is_written_and_nothing_waits_for_it() {
        let (dir, metrics) = (tempfile::tempdir().expect("a folder"), Metrics::new());
        let mut paper = opened(dir.path(), &metrics).await;
        paper.timeout(BEGINNING);
        let needed = paper.last;
        let event = FloorEvent::Counted {
            operator: "ivan".into(),
            tally: Tally::default(),
        };
        let output = Output::Floor {
            event: event.clone(),
        };
        paper.output(BEGINNING, &output);
        assert_eq!(paper.last, needed, "an answer rests on what was before");
        let written = Record {
            seq: needed.next(),
            kind: FLOOR,
            payload: paper.text.clone(),
        };
        let now = BEGINNING;
        assert_eq!(decode(&written), Some(Entry::Floor { now, event }));
        paper.timeout(BEGINNING);
        assert_eq!(paper.last, needed.next().next(), "it has a number");
    }

    #[tokio::test]
    async fn the_plan_of_a_start_is_written_whatever_the_disk_takes_and_no_later_one() {
        let (dir, metrics) = (tempfile::tempdir().expect("a folder"), Metrics::new());
        let mut paper = opened(dir.path(), &metrics).await;
        let version = Version {
            number: 1,
            at: Wall(0),
            origin: Origin::Start,
            author: "ivanov".into(),
            reason: String::new(),
            back_to: None,
            generation: "0".into(),
            summary: Vec::new(),
            disk: String::new(),
        };
        let sources = Vec::new();
        let plan = PlanRecord::of(&Edition { version, sources });
        paper.is_refused = true;
        assert!(!paper.plan(BEGINNING, &plan));
        assert_eq!(paper.last, Seq(0));
        assert!(paper.first_plan(BEGINNING, &plan));
        assert_eq!(paper.last, Seq(1));
    }
}
