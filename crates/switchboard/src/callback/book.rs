//! All requests that are open, in an order that a replay repeats.
use std::collections::BTreeMap;

use gudok_model::{
    CallId, GroupId, Mono, Needs, Now, PhoneNumber, ProjectId, Region, RequestAbout, RequestKind,
    RequestPlace, Wall,
};

use gudok_outbound::Home;

use super::CALLBACKS_MAX;
use super::machine::Course;

/// Of one kind a number has one request at a time.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key {
    pub(crate) project: ProjectId,
    pub(crate) number: PhoneNumber,
    pub(crate) kind: RequestKind,
}

/// One that is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Callback {
    pub(crate) id: CallId,
    pub(crate) key: Key,
    pub(crate) region: Option<Region>,
    pub(crate) line: Option<PhoneNumber>,
    pub(crate) group: Option<GroupId>,
    /// The place in a queue that its customer had.
    pub(crate) place: Option<RequestPlace>,
    /// What whoever calls has to know, besides what the queue asks.
    pub(crate) needs: Needs,
    /// Since when it waits (Q1).
    pub(crate) since: Mono,
    pub(crate) created: Wall,
    /// When its customer asked for it themself last: by a key and for their own number, or by a form. None: they did not.
    pub(crate) wished: Option<Wall>,
    pub(crate) due: Wall,
    /// What whoever asked says of it; nothing where a journal of an earlier version is read.
    pub(crate) about: RequestAbout,
    pub(crate) course: Course,
    /// Where their card says that they live, as far as an attempt has learnt it.
    pub(crate) home: Home,
    /// Our call out that stands in a queue for it, or by which it is in hand.
    pub(crate) turn: Option<CallId>,
    /// Looked at then, where nothing happens before.
    pub(crate) look: Mono,
    /// Goes before others: half of its time is over.
    pub(crate) urgent: bool,
    /// Those who owe it were told that it is due.
    pub(crate) told_due: bool,
}

impl Callback {
    /// When half of its time is over.
    pub(crate) fn urgent_at(&self) -> Wall {
        Wall(self.created.0 + (self.due.0 - self.created.0).max(0) / 2)
    }

    /// Nobody has it in hand.
    pub(crate) fn is_idle(&self) -> bool {
        !self.course.is_in_hand()
    }
}

/// Those that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    open: BTreeMap<CallId, Callback>,
    ids: BTreeMap<Key, CallId>,
    /// Which request our call out is for.
    turns: BTreeMap<CallId, CallId>,
    /// How many of the open ones are of missed calls: they take no room from promises.
    missed: usize,
    /// What a call has closed by coming to a queue, as it stood, by that call: as long as nobody talks with its caller.
    closed: BTreeMap<CallId, Callback>,
}

impl Book {
    /// Whether there are as many of this kind as may be.
    pub(crate) fn is_full(&self, kind: RequestKind) -> bool {
        let held = match kind {
            RequestKind::Missed => self.missed,
            RequestKind::Callback | RequestKind::Voicemail => self.open.len() - self.missed,
        };
        held >= CALLBACKS_MAX
    }

    pub(crate) fn get(&self, id: CallId) -> Option<&Callback> {
        self.open.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: CallId) -> Option<&mut Callback> {
        self.open.get_mut(&id)
    }

    pub(crate) fn find(&self, key: &Key) -> Option<CallId> {
        self.ids.get(key).copied()
    }

    /// Those of this number, of every kind.
    pub(crate) fn of_number(&self, project: &ProjectId, number: &PhoneNumber) -> Vec<CallId> {
        let kinds = [RequestKind::Callback, RequestKind::Missed];
        let key = |kind| Key {
            project: project.clone(),
            number: number.clone(),
            kind,
        };
        kinds
            .into_iter()
            .filter_map(|kind| self.find(&key(kind)))
            .collect()
    }

    /// Keeps one. False: there is one of this name already, or no room.
    pub(crate) fn open(&mut self, callback: Callback) -> bool {
        let is_new = !self.ids.contains_key(&callback.key) && !self.open.contains_key(&callback.id);
        if !is_new || self.is_full(callback.key.kind) {
            return false;
        }
        self.missed += usize::from(callback.key.kind == RequestKind::Missed);
        // What was asked for anew stands in the stead of what a call had closed, however it ends.
        self.closed.retain(|_, it| it.key != callback.key);
        self.ids.insert(callback.key.clone(), callback.id);
        self.open.insert(callback.id, callback);
        true
    }

    /// It is over.
    pub(crate) fn close(&mut self, id: CallId) -> Option<Callback> {
        let callback = self.open.remove(&id)?;
        self.missed -= usize::from(callback.key.kind == RequestKind::Missed);
        self.ids.remove(&callback.key);
        if let Some(turn) = callback.turn {
            self.turns.remove(&turn);
        }
        Some(callback)
    }

    /// Remembers what this call closes.
    pub(crate) fn closed_by(&mut self, call: CallId, callback: Callback) {
        self.closed.insert(call, callback);
    }

    /// What this call had closed; it is remembered no more.
    pub(crate) fn take_closed_by(&mut self, call: CallId) -> Option<Callback> {
        self.closed.remove(&call)
    }

    /// Somebody talked with this number: whatever its calls have closed is over for good.
    pub(crate) fn forget_closed_of(&mut self, project: &ProjectId, number: &PhoneNumber) {
        self.closed
            .retain(|_, it| it.key.project != *project || it.key.number != *number);
    }

    /// Whether this was closed by a call that nobody has talked in yet.
    pub(crate) fn is_remembered(&self, key: &Key) -> bool {
        self.closed.values().any(|it| it.key == *key)
    }

    /// The calls by which something is remembered.
    pub(crate) fn calls_that_closed(&self) -> impl Iterator<Item = CallId> {
        self.closed.keys().copied()
    }

    /// Our call out stands for it.
    pub(crate) fn stands(&mut self, id: CallId, turn: CallId) {
        if let Some(callback) = self.open.get_mut(&id) {
            callback.turn = Some(turn);
            self.turns.insert(turn, id);
        }
    }

    /// It does no more.
    pub(crate) fn stands_no_more(&mut self, turn: CallId) {
        let id = self.turns.remove(&turn);
        if let Some(callback) = id.and_then(|id| self.open.get_mut(&id)) {
            callback.turn = None;
        }
    }

    /// The request for which this call of ours was made.
    pub(crate) fn of_turn(&self, turn: CallId) -> Option<CallId> {
        self.turns.get(&turn).copied()
    }

    pub(crate) fn ids(&self) -> Vec<CallId> {
        self.open.keys().copied().collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Callback> {
        self.open.values()
    }

    /// Whether each that is open is found by its key, and nothing else is: for the invariants. A key of each and as many of both:
    /// no key is looked for by its words.
    pub(crate) fn is_whole(&self) -> bool {
        let is_its_own =
            |(key, id): (&Key, &CallId)| self.open.get(id).is_some_and(|it| it.key == *key);
        self.ids.len() == self.open.len() && self.ids.iter().all(is_its_own)
    }
}

/// The moment of a clock as the machine counts; one that has passed is now.
pub(crate) fn moment(now: Now, at: Wall) -> Mono {
    let ahead = u64::try_from(at.0.saturating_sub(now.wall.0)).unwrap_or(0);
    Mono(now.mono.0.saturating_add(ahead))
}

/// The same of one that has passed: how it is kept what somebody waits for since then.
pub(crate) fn past(now: Now, at: Wall) -> Mono {
    let ago = u64::try_from(now.wall.0.saturating_sub(at.0)).unwrap_or(0);
    Mono(now.mono.0.saturating_sub(ago))
}
