//! The edges of a queue: what holds where callers come to it and leave it. Of operators and order it says nothing.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_calendar::{Hours, Overrides, Roster, Schedule, Set};
use gudok_model::{Name, QueueId, Wall, WhenEmpty};

use crate::hours::OpenBy;
use crate::plan::Plan;

/// The edges of one queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edges {
    /// Who hung up while waiting, and calls the same number again within this, has the old place. Zero: nobody.
    pub(crate) resume_window: Duration,
    /// When nobody is behind it; None: when nobody is logged in, and no schedule of its numbers says that somebody is to be.
    pub(crate) empty: Option<Empty>,
    /// How those are called who left it on a promise.
    pub(crate) retry: Retry,
    /// When callers may come to it; None: always.
    pub(crate) hours: Option<OpenBy>,
}

/// How often somebody is called who was promised a call, and how long between two attempts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// 1–10; then people decide.
    pub tries: u8,
    /// 1 min to a day.
    pub pause: Duration,
}

impl Default for Retry {
    /// Three times, five minutes apart.
    fn default() -> Self {
        Self {
            tries: 3,
            pause: Duration::from_secs(300),
        }
    }
}

/// When nobody is behind a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Empty {
    pub(crate) when: WhenEmpty,
    /// The schedules or the roster by which somebody is to be there, and who is to come within what time is waited for too.
    pub(crate) expects: Option<Expects>,
    /// Nothing is said of it in the text: it follows from the schedules of the numbers that lead there.
    pub(crate) by_default: bool,
}

/// Who is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Expects {
    /// By these, each of which is enough. At least one.
    pub(crate) names: Vec<Name>,
    /// So long before they come, too.
    pub(crate) within: Duration,
}

/// Who is to come within this is waited for, where nothing else is said.
pub(crate) const WITHIN: Duration = Duration::from_secs(15 * 60);

/// Whether somebody is to be behind a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Which.
    pub queue: QueueId,
    /// Now, or soon.
    pub is: bool,
    /// When that is to be asked again, if not before; None: never.
    pub till: Option<Wall>,
}

impl Default for Edges {
    /// As behaviour Q1 and Q8 have it.
    fn default() -> Self {
        Self {
            resume_window: Duration::from_secs(120),
            empty: None,
            retry: Retry::default(),
            hours: None,
        }
    }
}

impl Plan {
    /// How long somebody who hung up in this queue has the place there, should they call again. Zero: not at all.
    pub fn resume_window(&self, queue: &QueueId) -> Duration {
        self.edges_of(queue).resume_window
    }

    /// How those are called who were promised a call in this queue.
    pub fn retry(&self, queue: &QueueId) -> Retry {
        self.edges_of(queue).retry
    }

    /// The queues that say when they are empty, and with `usual` those that say nothing of it but where somebody is to be by the
    /// schedule of a number; the others are as soon as nobody is logged in.
    pub fn when_empty(&self, usual: bool) -> BTreeMap<QueueId, WhenEmpty> {
        let told = self.edges.iter();
        let told = told.filter_map(|(id, edges)| Some((id, edges.empty.as_ref()?)));
        let told = told.filter(|(_, empty)| usual || !empty.by_default);
        told.map(|(id, empty)| (id.clone(), empty.when.clone()))
            .collect()
    }

    /// Of every queue of [`Self::when_empty`] by whose schedules or roster somebody is to be there, whether that is so at a moment.
    pub fn expected(&self, at: Wall, by_hand: &Overrides, usual: bool) -> Vec<Expected> {
        let queues = self.edges.iter();
        let told = queues.filter_map(|(id, edges)| {
            let empty = edges.empty.as_ref().filter(|it| usual || !it.by_default)?;
            let (is, till) = self.any_expected(at, empty.expects.as_ref()?, by_hand);
            Some(Expected {
                queue: id.clone(),
                is,
                till,
            })
        });
        told.collect()
    }

    /// The queues of whose emptiness the text says nothing, and in which callers wait for those who are late, with the schedules
    /// of the numbers that lead there.
    pub fn expects_by_default(&self) -> impl Iterator<Item = (&QueueId, &[Name])> {
        let told = self.edges.iter();
        told.filter_map(|(id, edges)| {
            let empty = edges.empty.as_ref().filter(|it| it.by_default)?;
            Some((id, empty.expects.as_ref()?.names.as_slice()))
        })
    }

    /// Fills in what follows for queues that say nothing of it (Q8): while a number that leads there by day is open, and a little
    /// before, somebody is to be there, and nobody is sent away because they are late.
    pub(crate) fn expect_by_default(&mut self) {
        let mut names: BTreeMap<QueueId, BTreeSet<Name>> = BTreeMap::new();
        // A queue with hours of its own is kept by those, whoever leads there.
        for (queue, edges) in &self.edges {
            if let Some(hours) = &edges.hours {
                let known = names.entry(queue.clone()).or_default();
                known.insert(hours.schedule.clone());
            }
        }
        let has_hours: BTreeSet<QueueId> = names.keys().cloned().collect();
        for number in &self.numbers {
            let Some(schedule) = &number.schedule else {
                continue;
            };
            let led_to = self.led_to_when_open(number).into_iter();
            for queue in led_to.filter(|queue| !has_hours.contains(queue)) {
                let known = names.entry(queue.clone()).or_default();
                known.insert(schedule.clone());
            }
        }
        for (queue, names) in names {
            let edges = self.edges.entry(queue).or_default();
            edges.empty.get_or_insert_with(|| Empty {
                when: WhenEmpty::default(),
                expects: Some(Expects {
                    names: names.into_iter().collect(),
                    within: WITHIN,
                }),
                by_default: true,
            });
        }
    }

    /// Whether a queue sends on who comes while nobody is logged in.
    pub(crate) fn sends_on(&self, queue: &QueueId, at: Wall, by_hand: &Overrides) -> bool {
        let Some(empty) = self.edges_of(queue).empty else {
            return true;
        };
        let expects = empty.expects.as_ref();
        let is_expected = expects.is_some_and(|it| self.any_expected(at, it, by_hand).0);
        !is_expected && !empty.when.join.is_empty()
    }

    /// The edges of a queue; of one that is not described, as usual.
    pub(crate) fn edges_of(&self, queue: &QueueId) -> Edges {
        self.edges.get(queue).cloned().unwrap_or_default()
    }

    /// Whether anybody is, and when that is to be asked again.
    fn any_expected(
        &self,
        at: Wall,
        expects: &Expects,
        by_hand: &Overrides,
    ) -> (bool, Option<Wall>) {
        let asked = expects.names.iter();
        let asked = asked.map(|name| self.is_expected(at, name, expects.within, by_hand));
        asked.fold((false, None), |(any, first), (is, till)| {
            (any || is, [first, till].into_iter().flatten().min())
        })
    }

    fn is_expected(
        &self,
        at: Wall,
        name: &Name,
        within: Duration,
        by_hand: &Overrides,
    ) -> (bool, Option<Wall>) {
        let (there, next) = match by_hand.hours(at, name) {
            Some(set) if set.set == Set::Open => (true, Some(set.until)),
            // They come when that is over, if they would be there by then.
            Some(set) => match self.are_there(set.until, name) {
                (true, _) => (false, Some(set.until)),
                later => later,
            },
            None => self.are_there(at, name),
        };
        match next {
            _ if there => (true, next),
            Some(next) if next <= at + within => (true, Some(next)),
            Some(next) => (false, Some(before(next, within))),
            None => (false, None),
        }
    }
}

impl Plan {
    /// Whether anybody is there by a schedule or a roster alone, and when that changes.
    fn are_there(&self, at: Wall, name: &Name) -> (bool, Option<Wall>) {
        let mut rosters = self.rosters();
        match self.schedule(name) {
            Some(schedule) => of_schedule(schedule, at),
            None => rosters
                .find(|(known, _)| *known == name)
                .map_or((false, None), |(_, roster)| of_roster(roster, at)),
        }
    }
}

/// Whether it is open, and when that changes.
pub(crate) fn of_schedule(schedule: &Schedule, at: Wall) -> (bool, Option<Wall>) {
    match schedule.is_open(at) {
        Hours::Open { until } => (true, until),
        Hours::Closed { opens_at, .. } => (false, opens_at),
    }
}

/// Whether somebody is on duty, and when that changes.
fn of_roster(roster: &Roster, at: Wall) -> (bool, Option<Wall>) {
    let is_there = |at| roster.on_duty(at).next().is_some();
    let there = is_there(at);
    let changes = std::iter::successors(roster.changes(at), |at| roster.changes(*at));
    (there, changes.into_iter().find(|at| is_there(*at) != there))
}

fn before(at: Wall, span: Duration) -> Wall {
    let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Wall(at.0.saturating_sub(span))
}
