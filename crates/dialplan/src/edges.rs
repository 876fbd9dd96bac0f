//! The edges of a queue: what holds where callers come to it and leave it. Of operators and order it says nothing.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Hours, Overrides, Roster, Schedule, Set};
use gudok_model::{Name, QueueId, Wall, WhenEmpty};

use crate::plan::Plan;

/// The edges of one queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edges {
    /// Who hung up while waiting, and calls the same number again within this, has the old place. Zero: nobody.
    pub(crate) resume_window: Duration,
    /// When nobody is behind it; None: when nobody is logged in.
    pub(crate) empty: Option<Empty>,
    /// How those are called who left it on a promise.
    pub(crate) retry: Retry,
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
    /// The schedule or the roster by which somebody is to be there, and who is to come within what time is waited for too.
    pub(crate) expects: Option<(Name, Duration)>,
}

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

    /// The queues that say when they are empty; the others are as soon as nobody is logged in.
    pub fn when_empty(&self) -> BTreeMap<QueueId, WhenEmpty> {
        let told = self.edges.iter();
        let told = told.filter_map(|(id, edges)| Some((id, edges.empty.as_ref()?)));
        told.map(|(id, empty)| (id.clone(), empty.when.clone()))
            .collect()
    }

    /// Of every queue by whose schedule or roster somebody is to be there, whether that is so at a moment.
    pub fn expected(&self, at: Wall, by_hand: &Overrides) -> Vec<Expected> {
        let queues = self.edges.iter();
        let told = queues.filter_map(|(id, edges)| {
            let (name, within) = edges.empty.as_ref()?.expects.as_ref()?;
            let (is, till) = self.is_expected(at, name, *within, by_hand);
            Some(Expected {
                queue: id.clone(),
                is,
                till,
            })
        });
        told.collect()
    }

    /// Whether a queue sends on who comes while nobody is logged in.
    pub(crate) fn sends_on(&self, queue: &QueueId, at: Wall, by_hand: &Overrides) -> bool {
        let Some(empty) = self.edges_of(queue).empty else {
            return true;
        };
        let expects = empty.expects.as_ref();
        let is_expected =
            expects.is_some_and(|(name, within)| self.is_expected(at, name, *within, by_hand).0);
        !is_expected && !empty.when.join.is_empty()
    }

    /// The edges of a queue; of one that is not described, as usual.
    pub(crate) fn edges_of(&self, queue: &QueueId) -> Edges {
        self.edges.get(queue).cloned().unwrap_or_default()
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
fn of_schedule(schedule: &Schedule, at: Wall) -> (bool, Option<Wall>) {
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
