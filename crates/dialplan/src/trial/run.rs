//! A test's call, walked through the plan as a live one is.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_calendar::Overrides;
use gudok_model::{Name, QueueId, TrunkId};

use super::{End, Given, Happens, QueueGiven, Trial};
use crate::decision::{Decision, Keys, Step, StepEnd};
use crate::facts::{Facts, QueueFacts};
use crate::memory::Memory;
use crate::plan::{Plan, STEPS_MAX};
use crate::text::Spot;
use crate::typed::Typed;

/// What became of the call.
pub(super) struct Story {
    /// The flows in which something was decided, in order.
    pub(super) flows: Vec<Name>,
    pub(super) queues: Vec<Name>,
    /// The priority in the first queue.
    pub(super) priority: Option<u8>,
    pub(super) external: Vec<Name>,
    pub(super) says: Vec<Name>,
    pub(super) end: Option<End>,
    pub(super) reason: Option<Name>,
    /// Each reason with its place, in order.
    pub(super) trail: Vec<String>,
    /// What was said to happen and did not fit, with what it met.
    pub(super) unfit: Option<(Spot, String)>,
    /// The first of what was said to happen and did not come to it.
    pub(super) unused: Option<Spot>,
    /// Whether the plan takes calls of this trunk.
    pub(super) entered: bool,
}

/// Walks the plan to the end of the call. Phrases and lookups take no time; waits do, and conditions after them see it.
pub(super) fn run(plan: &Plan, trial: &Trial) -> Story {
    let mut run = Run {
        plan,
        given: &trial.given,
        queues: queues(plan, &trial.given),
        overrides: Overrides::default(),
        happens: trial.happens.iter().cloned().collect(),
        gone: Duration::ZERO,
        queued_since: None,
        voicemail: false,
        story: Story {
            flows: Vec::new(),
            queues: Vec::new(),
            priority: None,
            external: Vec::new(),
            says: Vec::new(),
            end: None,
            reason: None,
            trail: Vec::new(),
            unfit: None,
            unused: None,
            entered: false,
        },
    };
    run.walk();
    run.story.unused = run.happens.pop_front().map(|(_, at)| at);
    run.story
}

struct Run<'a> {
    plan: &'a Plan,
    given: &'a Given,
    queues: BTreeMap<QueueId, QueueFacts>,
    /// Nothing is set by hand: a test is of the plan.
    overrides: Overrides,
    happens: VecDeque<(Happens, Spot)>,
    /// Since the call began.
    gone: Duration,
    /// When the call stood in its first queue.
    queued_since: Option<Duration>,
    voicemail: bool,
    story: Story,
}

impl Run<'_> {
    fn walk(&mut self) {
        let (plan, given) = (self.plan, self.given);
        let did = given.dialled.number.e164.as_ref();
        let own = did
            .and_then(|did| plan.number(did))
            .and_then(|n| n.trunk.clone());
        let trunk = given.trunk.clone().or(own);
        let trunk = trunk.unwrap_or_else(|| TrunkId::from("test"));
        let Some((number, mut cursor)) = plan.enter(&given.dialled, &trunk) else {
            return;
        };
        self.story.entered = true;
        let (mut end, mut memory) = (None, Memory::default());
        // The plan bounds itself by the same number.
        for _ in 0..=STEPS_MAX {
            let facts = Facts {
                now: given.at + self.gone,
                caller: &given.caller,
                dialled: &given.dialled,
                trunk: &trunk,
                client: &given.client,
                queues: &self.queues,
                overrides: &self.overrides,
                memory: &memory,
            };
            let step = plan.step(number, &cursor, end, &facts);
            self.tell(&step);
            memory = step.memory.clone().unwrap_or(memory);
            end = self.carry_out(&step.decision);
            if end.is_none() {
                return;
            }
            cursor = step.cursor;
        }
    }

    fn tell(&mut self, step: &Step) {
        for reason in &step.reasons {
            let place = reason.place.as_ref().map(|place| format!("{place}: "));
            let line = format!("{}{}", place.unwrap_or_default(), reason.text);
            self.story.trail.push(line);
        }
        if self.story.flows.last() != Some(&step.cursor.flow) {
            self.story.flows.push(step.cursor.flow.clone());
        }
    }

    /// How a decision ends; None when the call is over with it. Every decision there is says so here.
    fn carry_out(&mut self, decision: &Decision) -> Option<StepEnd> {
        match decision {
            Decision::Play { prompts, .. } => {
                self.story.says.extend(prompts.iter().cloned());
                Some(StepEnd::Played)
            }
            Decision::AwaitLookup { .. } => Some(StepEnd::LookedUp),
            Decision::Ask { prompts, keys, .. } => {
                self.story.says.extend(prompts.iter().cloned());
                Some(self.press(keys))
            }
            Decision::Queue {
                queue,
                priority,
                wait_max,
                leave_empty,
                ..
            } => {
                self.story.priority.get_or_insert(*priority);
                self.story.queues.push(queue.as_str().into());
                self.wait(queue, *wait_max, *leave_empty)
            }
            Decision::External { number, ring, .. } => {
                self.story.external.push(number.as_str().into());
                self.dial(*ring)
            }
            Decision::Voicemail { prompts, .. } => {
                self.story.says.extend(prompts.iter().cloned());
                self.voicemail = true;
                Some(StepEnd::Played)
            }
            Decision::Close { prompts, reason } => {
                self.story.says.extend(prompts.iter().cloned());
                self.over(End::Closed, Some(reason))
            }
            Decision::HangUp { reason } => self.over(End::HungUp, Some(reason)),
        }
    }

    /// What is pressed next. Who is not said to press anything, or to press it later, is silent.
    fn press(&mut self, keys: &Keys) -> StepEnd {
        match self.happens.front() {
            Some((Happens::Pressed(pressed), _)) => {
                let mut typed = Typed::default();
                let counted = pressed.as_str().chars();
                let counted = counted.take_while(|key| keys.end != Some(*key));
                for key in counted.take(usize::from(keys.most)) {
                    typed.push(key);
                }
                self.happens.pop_front();
                match typed.is_empty() {
                    true => StepEnd::Silent,
                    false => StepEnd::Typed(typed),
                }
            }
            other => {
                if let Some((Happens::Silent, _)) = other {
                    self.happens.pop_front();
                }
                self.gone += keys.first;
                StepEnd::Silent
            }
        }
    }

    /// A message that was taken is what the call came to, whatever is said after it.
    fn over(&mut self, end: End, reason: Option<&Name>) -> Option<StepEnd> {
        let end = if self.voicemail { End::Voicemail } else { end };
        self.story.end = Some(end);
        self.story.reason = reason.cloned();
        None
    }

    fn wait(&mut self, queue: &QueueId, wait_max: Duration, leave_empty: bool) -> Option<StepEnd> {
        let since = *self.queued_since.get_or_insert(self.gone);
        let left = wait_max.saturating_sub(self.gone - since);
        let facts = self.queues.get(queue).copied().unwrap_or_default();
        let full = self.plan.queues().iter().find(|known| known.id == *queue);
        let full = full.is_some_and(|known| facts.waiting >= known.callers_max);
        // As a queue looks at who comes to its door.
        let usual = if leave_empty && facts.logged_in == 0 {
            Happens::NoOperators
        } else if left.is_zero() {
            Happens::TimedOut
        } else if full {
            Happens::Full
        } else if facts.ready > 0 {
            Happens::Answered
        } else {
            Happens::TimedOut
        };
        let (happens, at) = match self.happens.pop_front() {
            Some((happens, at)) => (happens, Some(at)),
            None => (usual, None),
        };
        let unfit = match happens {
            Happens::NotAnswered | Happens::Pressed(_) | Happens::Silent => true,
            Happens::NoOperators => !leave_empty,
            // `wait` counts from the first queue: nobody is rung for who has none left.
            Happens::Answered | Happens::AnsweredAfter(_) | Happens::Full => left.is_zero(),
            Happens::TimedOut => false,
        };
        if let (true, Some(at)) = (unfit, at) {
            self.story.unfit = Some((at, format!("очередь «{queue}» так не кончается")));
            return None;
        }
        match happens {
            Happens::Full => Some(StepEnd::Full),
            Happens::NoOperators => Some(StepEnd::NoOperators),
            Happens::Answered => self.over(End::Operator, None),
            Happens::AnsweredAfter(after) if after <= left => self.over(End::Operator, None),
            Happens::AnsweredAfter(_)
            | Happens::TimedOut
            | Happens::NotAnswered
            | Happens::Pressed(_)
            | Happens::Silent => {
                self.gone += left;
                Some(StepEnd::TimedOut)
            }
        }
    }

    fn dial(&mut self, ring: Duration) -> Option<StepEnd> {
        match self.happens.pop_front() {
            None | Some((Happens::Answered, _)) => self.over(End::External, None),
            Some((Happens::AnsweredAfter(after), _)) if after <= ring => {
                self.over(End::External, None)
            }
            Some((Happens::NotAnswered | Happens::AnsweredAfter(_), _)) => {
                self.gone += ring;
                Some(StepEnd::NotAnswered)
            }
            Some((
                Happens::TimedOut
                | Happens::NoOperators
                | Happens::Full
                | Happens::Pressed(_)
                | Happens::Silent,
                at,
            )) => {
                let said = "внешний номер так не кончается: только answered или not_answered";
                self.story.unfit = Some((at, said.into()));
                None
            }
        }
    }
}

/// Everybody of each group sits there ready and nobody waits, where nothing else is told.
fn queues(plan: &Plan, given: &Given) -> BTreeMap<QueueId, QueueFacts> {
    let facts = |queue: &gudok_model::QueueSettings| {
        let group = plan.groups().iter().find(|group| group.id == queue.group);
        let all = group.map_or(0, |group| group.operators.len());
        let all = u32::try_from(all).unwrap_or(u32::MAX);
        let told = given.queues.get(&queue.id).copied().unwrap_or_default();
        (queue.id.clone(), told.facts(all))
    };
    plan.queues().iter().map(facts).collect()
}

impl QueueGiven {
    fn facts(self, all: u32) -> QueueFacts {
        let logged_in = self.logged_in.unwrap_or(all.max(self.ready.unwrap_or(0)));
        QueueFacts {
            waiting: self.waiting.unwrap_or(0),
            logged_in,
            ready: self.ready.unwrap_or(logged_in),
            longest_wait_secs: self.longest_wait.unwrap_or(0),
        }
    }
}
