//! A version of the plan that runs beside the one in force: which calls would have gone otherwise, and where first.
//!
//! It is told what the one in force decided and on what, and decides the same itself, with the memory that it would have had.
//! Up to the first step at which the two part, how a step ended is the same for both; what would have come after it nobody
//! knows. Nothing comes of what it decides. Queues that only the new version has look empty to it; settings of groups and queues
//! are no decisions: [`difference`](crate::difference) tells of these.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_calendar::Overrides;
use gudok_model::{CallId, Caller, ClientMatch, Dialled, Name, QueueId, TrunkId, Wall};
use serde::{Deserialize, Serialize};

use crate::decision::{Cursor, Decision, StepEnd};
use crate::facts::{Facts, QueueFacts};
use crate::memory::Memory;
use crate::plan::Plan;
use crate::step::ANNOUNCED;
use crate::words;

/// Most calls that are followed at once; beyond it the oldest is let go and counted.
pub const FOLLOWED_MAX: usize = 10_000;
/// Most ways of going otherwise that are told apart; calls of others are counted.
pub const WAYS_MAX: usize = 200;
/// Most calls that are named for each.
pub const EXAMPLES_MAX: usize = 5;

/// A decision of the version in force, with what it was taken on.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Of which call.
    pub call: CallId,
    /// By which plan it goes.
    pub generation: Name,
    /// That plan is in force still; else it serves the calls that began with it, and new ones go by another.
    pub in_force: bool,
    /// When.
    pub now: Wall,
    /// The call began in the flow for busy times.
    pub busy: bool,
    /// As in [`Facts`], here and below.
    pub caller: Caller,
    /// Which number.
    pub dialled: Dialled,
    /// Where it came in.
    pub trunk: TrunkId,
    /// What was known of the caller.
    pub client: ClientMatch,
    /// Every queue of the plan in force.
    pub queues: BTreeMap<QueueId, QueueFacts>,
    /// What was set by hand.
    pub overrides: Overrides,
    /// How the step before ended; None: the call entered the plan.
    pub end: Option<StepEnd>,
    /// Where the decision stands.
    pub cursor: Cursor,
    /// What was decided.
    pub decision: Decision,
}

/// What has come of it so far.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The plan in force that they went by; empty before the first call. With another one the report begins anew.
    pub generation: Name,
    /// Calls that began since then.
    pub calls: u64,
    /// Calls of them that would have gone otherwise.
    pub otherwise: u64,
    /// Where and how, those with the most calls first.
    pub ways: Vec<Way>,
    /// Calls beyond [`WAYS_MAX`].
    pub unlisted: u64,
    /// Calls that were let go before their end: [`FOLLOWED_MAX`], [`Shadow::let_go`].
    pub let_go: u64,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            generation: "".into(),
            calls: 0,
            otherwise: 0,
            ways: Vec::new(),
            unlisted: 0,
            let_go: 0,
        }
    }
}

/// One way of going otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Way {
    /// The flow of the version in force in which they part.
    pub flow: Name,
    /// The step in it, from 1; 0: what was announced by hand, before the first.
    pub step: u16,
    /// What the version in force does there. Russian.
    pub before: String,
    /// What the other would have done.
    pub after: String,
    /// How many calls.
    pub calls: u64,
    /// The first of them.
    pub examples: Vec<CallId>,
}

/// The version beside, and the calls it follows.
#[derive(Debug)]
pub struct Shadow {
    plan: Arc<Plan>,
    generation: Name,
    /// Of the plans in force before this one.
    before: (u64, u64),
    followed: BTreeMap<CallId, Followed>,
    calls: u64,
    otherwise: u64,
    let_go: u64,
    unlisted: u64,
    ways: BTreeMap<Parting, (u64, Vec<CallId>)>,
}

/// A call as it would be in the version beside.
#[derive(Clone, Debug)]
struct Followed {
    cursor: Cursor,
    memory: Memory,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Parting {
    flow: Name,
    step: u16,
    before: String,
    after: String,
}

impl Shadow {
    /// Nothing seen yet.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            plan,
            generation: "".into(),
            before: (0, 0),
            followed: BTreeMap::new(),
            calls: 0,
            otherwise: 0,
            let_go: 0,
            unlisted: 0,
            ways: BTreeMap::new(),
        }
    }

    /// Takes in one decision of the version in force. Calls that began before are not followed.
    pub fn observe(&mut self, seen: &Seen) {
        if seen.generation != self.generation {
            // What goes by the plan before it tells nothing of this one, though it may enter it late.
            if seen.end.is_some() || !seen.in_force {
                return;
            }
            self.restart(&seen.generation);
        }
        // Out while it decides: a call whose decision panics is not met again.
        let followed = self.followed.remove(&seen.call);
        let followed = match seen.end {
            None => self.enter(seen),
            Some(_) => followed,
        };
        let Some(Followed { cursor, memory }) = followed else {
            return;
        };
        let Some(number) = self.number_of(seen) else {
            return;
        };
        let facts = Facts {
            now: seen.now,
            caller: &seen.caller,
            dialled: &seen.dialled,
            trunk: &seen.trunk,
            client: &seen.client,
            queues: &seen.queues,
            overrides: &seen.overrides,
            memory: &memory,
        };
        let step = self.plan.step(number, &cursor, seen.end, &facts);
        if step.decision != seen.decision {
            let after = words::decided(&step.decision).1;
            return self.part(seen, after);
        }
        if matches!(
            step.decision,
            Decision::Close { .. } | Decision::HangUp { .. }
        ) {
            return;
        }
        let memory = step.memory.unwrap_or(memory);
        let cursor = step.cursor;
        self.follow(seen.call, Followed { cursor, memory });
    }

    /// The report begins anew: two versions in force are not compared with one at once.
    fn restart(&mut self, generation: &Name) {
        *self = Self {
            generation: generation.clone(),
            before: self.counts(),
            ..Self::new(Arc::clone(&self.plan))
        };
    }

    /// The call is over: nothing more is decided of it.
    pub fn ended(&mut self, call: CallId) {
        self.followed.remove(&call);
    }

    /// Some decisions were not told: no call under way can be followed any more.
    pub fn let_go(&mut self) {
        self.let_go += self.followed.len() as u64;
        self.followed.clear();
    }

    /// Calls that began, and those of them that would have gone otherwise: since the start, whatever was in force.
    pub fn counts(&self) -> (u64, u64) {
        (self.before.0 + self.calls, self.before.1 + self.otherwise)
    }

    /// What has come of it so far.
    pub fn report(&self) -> Report {
        let mut ways: Vec<Way> = self.ways.iter().map(way).collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.calls));
        Report {
            generation: self.generation.clone(),
            calls: self.calls,
            otherwise: self.otherwise,
            ways,
            unlisted: self.unlisted,
            let_go: self.let_go,
        }
    }

    fn enter(&mut self, seen: &Seen) -> Option<Followed> {
        self.calls += 1;
        let entered = self.plan.enter(&seen.dialled, &seen.trunk);
        let cursor = entered.and_then(|(number, cursor)| match seen.busy {
            true => self.plan.enter_busy(number),
            false => Some(cursor),
        });
        let Some(cursor) = cursor else {
            let why = match seen.busy && self.number_of(seen).is_some() {
                true => {
                    "ветки busy у номера нет: звонок сверх того, что успеваем, услышит all_busy или отказ 503"
                }
                false => "номер так не обслуживается",
            };
            self.part(seen, why.to_owned());
            return None;
        };
        let memory = Memory::default();
        Some(Followed { cursor, memory })
    }

    fn number_of(&self, seen: &Seen) -> Option<&crate::plan::Number> {
        self.plan.number(seen.dialled.number.e164.as_ref()?)
    }

    fn part(&mut self, seen: &Seen, after: String) {
        self.otherwise += 1;
        let parting = Parting {
            flow: seen.cursor.flow.clone(),
            step: match seen.cursor.step {
                ANNOUNCED => 0,
                step => step.saturating_add(1),
            },
            before: words::decided(&seen.decision).1,
            after,
        };
        if self.ways.len() >= WAYS_MAX && !self.ways.contains_key(&parting) {
            self.unlisted += 1;
            return;
        }
        let (calls, examples) = self.ways.entry(parting).or_default();
        *calls += 1;
        if examples.len() < EXAMPLES_MAX {
            examples.push(seen.call);
        }
    }

    fn follow(&mut self, call: CallId, followed: Followed) {
        self.followed.insert(call, followed);
        // Ids rise with time.
        if self.followed.len() > FOLLOWED_MAX && self.followed.pop_first().is_some() {
            self.let_go += 1;
        }
    }
}

fn way((parting, (calls, examples)): (&Parting, &(u64, Vec<CallId>))) -> Way {
    let Parting {
        flow,
        step,
        before,
        after,
    } = parting.clone();
    Way {
        flow,
        step,
        before,
        after,
        calls: *calls,
        examples: examples.clone(),
    }
}
