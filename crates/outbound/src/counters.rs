//! What was called: how many ring or talk, how many were begun within the hour, what it cost, who was talked with.
//!
//! | counts | as what | forgotten |
//! |---|---|---|
//! | an attempt that began | one at once until it ends; one of the hour, answered or not | an hour after it began |
//! | a talk | its begun minutes, in roubles | 24 to 25 hours after it ended |
//! | an attempt that goes on | what its longest talk costs: nothing is spent that was not set aside before | when it ends |
//! | an attempt that was answered and whose purpose a rule counts | a contact with that number | after 31 days |
//! | such an attempt that still rings | a contact too: two at once are no way around the limit | when it ends unanswered |
//!
//! A clock that is set back forgets nothing: what lies ahead of it counts. What the machine has no room for it does not
//! forget either: it says that it is full, and the guard lets nobody out.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_model::{LegId, Mono, Now, OperatorId, PhoneNumber, Wall};

use crate::limits::Kopecks;
use crate::purpose::Purpose;

/// Attempts that may go on at one time; the largest limit of a file.
pub const ATTEMPTS_MAX: u32 = 1_000;
/// Attempts that are counted within an hour; the largest limit of a file.
pub const HOURLY_MAX: u32 = 10_000;
/// Operators whose attempts are counted.
pub const OPERATORS_MAX: usize = 10_000;
/// Numbers whose contacts are counted.
pub const NUMBERS_MAX: usize = 200_000;
/// Contacts with one number that are remembered; the largest limit of a file is less. Who has as many is called no more until some
/// are old: the counters are full for them, lest those of one purpose be forgotten for those of another.
pub const CONTACTS_MAX: usize = 64;
/// Days a contact is remembered: 31 dates of any clock.
const CONTACT_DAYS: i64 = 32;

const HOUR: i64 = 3_600_000_000;

/// One attempt to call somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// Who calls; None: the plan.
    pub operator: Option<OperatorId>,
    /// Whom.
    pub number: PhoneNumber,
    /// For what it is a contact that some rule counts; None: it is none.
    pub contact: Option<Purpose>,
    /// A begun minute.
    pub per_minute: Kopecks,
    /// How long it may talk: then [`Output::Cut`].
    pub talk_max: Duration,
}

/// An attempt that is over, told to a machine that begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// When it began.
    pub began: Wall,
    /// Who called.
    pub operator: Option<OperatorId>,
    /// Whom.
    pub number: PhoneNumber,
    /// When it was answered and for what, where some rule counts that.
    pub contact: Option<(Wall, Purpose)>,
    /// What it cost.
    pub cost: Kopecks,
}

/// What happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A call out begins on this leg. Who let it out has asked [`decide`](crate::decide) before, in the same step.
    Began {
        /// The leg.
        leg: LegId,
        /// What it is.
        attempt: Attempt,
    },
    /// It was answered.
    Answered {
        /// The leg.
        leg: LegId,
    },
    /// It is over, answered or not. Of a leg that is not counted it means nothing.
    Ended {
        /// The leg.
        leg: LegId,
    },
    /// What was called before this machine began.
    Known(Past),
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// This talk has lasted as long as it may: end it.
    Cut {
        /// The leg.
        leg: LegId,
    },
}

/// What counts against limits now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Load {
    /// Attempts that ring or talk.
    pub at_once: u32,
    /// Attempts begun within the last hour.
    pub last_hour: u32,
    /// Spent within the last 24 hours, and set aside for what goes on.
    pub last_day: Kopecks,
}

/// Talks with one number, and for what each was.
pub type Contacts = Vec<(Wall, Purpose)>;

/// What a decision about one call needs to know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Of all together.
    pub all: Load,
    /// Of the operator who calls.
    pub operator: Load,
    /// With the number.
    pub contacts: Contacts,
    /// The machine has no room to count another call.
    pub is_full: bool,
}

/// Counts calls out.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    running: BTreeMap<LegId, Running>,
    all: Books,
    operators: BTreeMap<OperatorId, Books>,
    contacts: BTreeMap<PhoneNumber, Contacts>,
    /// When old contacts were thrown out last.
    swept: Option<Wall>,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Debug)]
struct Running {
    attempt: Attempt,
    answered: Option<Mono>,
    /// Told to be ended.
    is_cut: bool,
}

/// Attempts and money of somebody.
#[derive(Clone, Debug, Default)]
struct Books {
    begun: VecDeque<Wall>,
    /// By the hour, counted from 1970.
    spent: BTreeMap<i64, Kopecks>,
}

impl Running {
    fn talked(&self, now: Mono) -> Duration {
        self.answered.map_or(Duration::ZERO, |it| now.since(it))
    }

    /// What it may cost yet; more where nobody ended it in time.
    fn set_aside(&self, now: Mono) -> Kopecks {
        let longest = self.attempt.talk_max.max(self.talked(now));
        self.attempt.per_minute.for_talk(longest)
    }

    fn due(&self) -> Option<Mono> {
        let due = self.answered? + self.attempt.talk_max;
        (!self.is_cut).then_some(due)
    }
}

impl Books {
    fn begin(&mut self, now: Wall, at: Wall) {
        self.begun.retain(|it| is_within(*it, now, 1));
        if self.begun.len() == HOURLY_MAX as usize {
            self.begun.pop_front();
        }
        self.begun.push_back(at);
    }

    fn spend(&mut self, now: Wall, at: Wall, cost: Kopecks) {
        let last = now.0.div_euclid(HOUR) - DAY_HOURS;
        self.spent.retain(|hour, _| *hour >= last);
        if cost > Kopecks(0) {
            let hour = self.spent.entry(at.0.div_euclid(HOUR)).or_default();
            *hour = *hour + cost;
        }
    }

    fn load(&self, now: Wall) -> Load {
        let begun = self.begun.iter().filter(|it| is_within(**it, now, 1));
        let last = now.0.div_euclid(HOUR) - DAY_HOURS;
        Load {
            at_once: 0,
            last_hour: u32::try_from(begun.count()).unwrap_or(u32::MAX),
            last_day: self.spent.range(last..).map(|(_, it)| *it).sum(),
        }
    }
}

/// Hours of a day, looked back from the hour that is.
const DAY_HOURS: i64 = 24;

/// Whether a contact of then is remembered.
fn counts(at: Wall, now: Wall) -> bool {
    is_within(at, now, CONTACT_DAYS * DAY_HOURS)
}

fn is_within(at: Wall, now: Wall, hours: i64) -> bool {
    at.0 > now.0 - hours * HOUR
}

impl Counters {
    /// Takes what happened.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        match input {
            Input::Began { leg, attempt } => self.begin(now, leg, attempt),
            Input::Answered { leg } => self.answer(now, leg),
            Input::Ended { leg } => self.end(now, leg),
            Input::Known(past) => self.remember(now, past),
        }
    }

    /// Tells which talks have lasted as long as they may.
    pub fn handle_timeout(&mut self, now: Now) {
        for (leg, running) in &mut self.running {
            if running.due().is_some_and(|due| due <= now.mono) {
                running.is_cut = true;
                self.outputs.push_back(Output::Cut { leg: *leg });
            }
        }
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Counters::handle_timeout`] is next due.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.running.values().filter_map(Running::due).min()
    }

    /// The legs that ring or talk, in order.
    pub fn legs(&self) -> impl Iterator<Item = LegId> {
        self.running.keys().copied()
    }

    /// What counts against the limits of all together now.
    pub fn load(&self, now: Now) -> Load {
        let mut load = self.all.load(now.wall);
        for running in self.running.values() {
            load.add(running.set_aside(now.mono));
        }
        load
    }

    /// What counts for a call of this operator to this number now.
    pub fn usage(&self, now: Now, operator: Option<&OperatorId>, number: &PhoneNumber) -> Usage {
        let of = |operator: &OperatorId| {
            let books = self.operators.get(operator);
            books.map(|it| it.load(now.wall)).unwrap_or_default()
        };
        let mut usage = Usage {
            all: self.load(now),
            operator: operator.map(of).unwrap_or_default(),
            contacts: self.contacts.get(number).cloned().unwrap_or_default(),
            is_full: self.is_full(now, operator, number),
        };
        for running in self.running.values() {
            let aside = running.set_aside(now.mono);
            if operator.is_some() && running.attempt.operator.as_ref() == operator {
                usage.operator.add(aside);
            }
            let rings = running.answered.is_none() && running.attempt.number == *number;
            let contact = running.attempt.contact.filter(|_| rings);
            usage.contacts.extend(contact.map(|it| (now.wall, it)));
        }
        usage
    }

    fn is_full(&self, now: Now, operator: Option<&OperatorId>, number: &PhoneNumber) -> bool {
        let more = operator.is_some_and(|it| !self.operators.contains_key(it));
        self.running.len() >= ATTEMPTS_MAX as usize
            || self.contacts_of(now, number) >= CONTACTS_MAX
            || (more && self.operators.len() >= OPERATORS_MAX)
            || (self.contacts.len() >= NUMBERS_MAX && !self.contacts.contains_key(number))
    }

    /// Contacts with a number that still count, and those that may yet become some.
    fn contacts_of(&self, now: Now, number: &PhoneNumber) -> usize {
        let met = self.contacts.get(number).into_iter().flatten();
        let met = met.filter(|(at, _)| counts(*at, now.wall));
        let rings = |it: &&Running| it.answered.is_none() && it.attempt.number == *number;
        let ringing = self.running.values().filter(rings);
        met.count() + ringing.filter(|it| it.attempt.contact.is_some()).count()
    }

    fn begin(&mut self, now: Now, leg: LegId, attempt: Attempt) {
        self.sweep(now.wall);
        self.books(attempt.operator.as_ref(), |it| it.begin(now.wall, now.wall));
        let running = Running {
            attempt,
            answered: None,
            is_cut: false,
        };
        self.running.insert(leg, running);
    }

    fn answer(&mut self, now: Now, leg: LegId) {
        let Some(running) = self.running.get_mut(&leg) else {
            return;
        };
        if running.answered.is_some() {
            return;
        }
        running.answered = Some(now.mono);
        let number = running.attempt.number.clone();
        if let Some(purpose) = running.attempt.contact {
            self.meet(number, now.wall, purpose);
        }
    }

    fn end(&mut self, now: Now, leg: LegId) {
        let Some(running) = self.running.remove(&leg) else {
            return;
        };
        let cost = running
            .attempt
            .per_minute
            .for_talk(running.talked(now.mono));
        let operator = running.attempt.operator.as_ref();
        self.books(operator, |it| it.spend(now.wall, now.wall, cost));
    }

    fn remember(&mut self, now: Now, past: Past) {
        self.books(past.operator.as_ref(), |it| {
            it.begin(now.wall, past.began);
            it.spend(now.wall, past.began, past.cost);
        });
        if let Some((at, purpose)) = past.contact {
            self.meet(past.number, at, purpose);
        }
    }

    /// The books of all, and those of an operator.
    fn books(&mut self, operator: Option<&OperatorId>, mut write: impl FnMut(&mut Books)) {
        write(&mut self.all);
        let Some(operator) = operator else {
            return;
        };
        if self.operators.len() < OPERATORS_MAX || self.operators.contains_key(operator) {
            write(self.operators.entry(operator.clone()).or_default());
        }
    }

    fn meet(&mut self, number: PhoneNumber, at: Wall, purpose: Purpose) {
        if self.contacts.len() >= NUMBERS_MAX && !self.contacts.contains_key(&number) {
            return;
        }
        let contacts = self.contacts.entry(number).or_default();
        // Nobody is let out to a number that has as many. What earlier runs tell may be more: the oldest go.
        if contacts.len() >= CONTACTS_MAX {
            contacts.remove(0);
        }
        let place = contacts.partition_point(|(known, _)| *known <= at);
        contacts.insert(place, (at, purpose));
    }

    /// Once an hour what is too old to count goes.
    fn sweep(&mut self, now: Wall) {
        if self.swept.is_some_and(|it| is_within(it, now, 1)) {
            return;
        }
        self.swept = Some(now);
        for contacts in self.contacts.values_mut() {
            contacts.retain(|(at, _)| counts(*at, now));
        }
        self.contacts.retain(|_, it| !it.is_empty());
        self.operators
            .retain(|_, books| books.load(now) != Load::default());
    }
}

impl Load {
    fn add(&mut self, aside: Kopecks) {
        self.at_once = self.at_once.saturating_add(1);
        self.last_day = self.last_day + aside;
    }
}
