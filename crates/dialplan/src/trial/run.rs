//! A test's call, walked through the plan as a live one is.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gudok_calendar::Overrides;
use gudok_model::{ClientMatch, Name, Needs, QueueId, Reason, TrunkId};
use gudok_speech::{Locale, is_piece, text_of};

use super::{End, Given, Happens, QueueGiven, Trial};
use crate::decision::{Cursor, Decision, Hit, Step, StepEnd};
use crate::facts::{Facts, QueueFacts};
use crate::memory::Memory;
use crate::plan::{Plan, STEPS_MAX};
use crate::pressing::{Pressed, Pressing};
use crate::promise::CALLBACK_PROMISED;
use crate::text::Spot;
use crate::typed::Typed;
use waiting::Door;

mod waiting;

/// What became of the call.
pub(super) struct Story {
    /// The flows in which something was decided, in order.
    pub(super) flows: Vec<Name>,
    pub(super) queues: Vec<Name>,
    /// The priority in the first queue.
    pub(super) priority: Option<u8>,
    /// What an operator had to know in the last queue, besides what it asks.
    pub(super) needs: Needs,
    pub(super) external: Vec<Name>,
    pub(super) says: Vec<Name>,
    /// The words of values, those that follow each other together.
    pub(super) hears: Vec<String>,
    pub(super) end: Option<End>,
    pub(super) reason: Option<Name>,
    /// What the caller said of the talk after it.
    pub(super) rating: Option<u8>,
    pub(super) solved: Option<bool>,
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
        overrides: accepted(&trial.given),
        happens: trial.happens.iter().cloned().collect(),
        client: trial.given.client.clone(),
        gone: Duration::ZERO,
        queued_since: None,
        voicemail: false,
        locale: Locale::Ru,
        aside: None,
        waited: None,
        flow: None,
        story: Story {
            flows: Vec::new(),
            queues: Vec::new(),
            priority: None,
            needs: Needs::new(),
            external: Vec::new(),
            says: Vec::new(),
            hears: Vec::new(),
            end: None,
            reason: None,
            rating: None,
            solved: None,
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

pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    given: &'a Given,
    queues: BTreeMap<QueueId, QueueFacts>,
    /// Nothing is set by hand: a test is of the plan. Shifts are accepted where it is told.
    overrides: Overrides,
    pub(super) happens: VecDeque<(Happens, Spot)>,
    /// Who calls, as far as it is known by now.
    client: ClientMatch,
    /// Since the call began.
    gone: Duration,
    /// When the call stood in its first queue.
    queued_since: Option<Duration>,
    voicemail: bool,
    /// The queue that was left by a key, while the place in it is kept.
    aside: Option<QueueId>,
    /// The queue it waited in last.
    waited: Option<QueueId>,
    /// The language of the number.
    locale: Locale,
    /// The flow in which something was decided last.
    flow: Option<Name>,
    pub(super) story: Story,
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
        self.locale = number.locale;
        let (mut end, mut memory) = (None, Memory::default());
        // The plan bounds itself by the same number.
        for _ in 0..=STEPS_MAX {
            let client = self.client.clone();
            let facts = Facts {
                now: given.at + self.gone,
                caller: &given.caller,
                dialled: &given.dialled,
                trunk: &trunk,
                client: &client,
                queues: &self.queues,
                overrides: &self.overrides,
                memory: &memory,
            };
            let step = plan.step(number, &cursor, end, &facts);
            self.tell(&step);
            memory = step.memory.clone().unwrap_or(memory);
            if matches!(step.decision, Decision::Queue { .. }) {
                self.story.needs = memory.needs.clone();
            }
            end = self.carry_out(&step.decision, &step.cursor);
            if end.is_none() {
                return;
            }
            cursor = step.cursor;
        }
    }

    pub(super) fn trail(&mut self, reason: &Reason) {
        let place = reason.place.as_ref().map(|place| format!("{place}: "));
        let line = format!("{}{}", place.unwrap_or_default(), reason.text);
        self.story.trail.push(line);
    }

    fn tell(&mut self, step: &Step) {
        step.reasons.iter().for_each(|reason| self.trail(reason));
        let (flow, within) = (&step.cursor.flow, self.plan.subflow_at(&step.cursor));
        let flows = &mut self.story.flows;
        let is_new = self.flow.as_ref() != Some(flow);
        if is_new || (within.is_none() && flows.last() != Some(flow)) {
            flows.push(flow.clone());
            self.flow = Some(flow.clone());
        }
        if let Some(subflow) = within.filter(|subflow| flows.last() != Some(subflow)) {
            flows.push(subflow.clone());
        }
    }

    /// How a decision ends; None when the call is over with it. Every decision there is says so here.
    fn carry_out(&mut self, decision: &Decision, at: &Cursor) -> Option<StepEnd> {
        match decision {
            Decision::Play { prompts, .. } => {
                self.say(prompts);
                Some(StepEnd::Played)
            }
            Decision::AwaitLookup { .. } => Some(StepEnd::LookedUp),
            Decision::Find { by, value, .. } => Some(self.search(by, value)),
            Decision::Ask {
                prompts,
                answer,
                keys,
            } => {
                self.say(prompts);
                Some(self.press(Pressing::new(*keys, answer.is_some())))
            }
            Decision::Queue {
                queue,
                priority,
                wait_max,
                leave_empty,
                keys,
                ..
            } => {
                self.story.priority.get_or_insert(*priority);
                let left = self.left(*wait_max);
                self.wait(&Door {
                    queue,
                    left,
                    leave_empty: *leave_empty,
                    keys: keys.as_ref(),
                    exits: (
                        self.plan.has_error_exit(at),
                        self.plan.has_removed_exit(at),
                        self.plan.has_closed_exit(at),
                    ),
                })
            }
            Decision::External { number, ring, .. } => {
                self.story.external.push(number.as_str().into());
                self.dial(*ring)
            }
            Decision::Operator { queue, ring, .. } => self.ring(queue, *ring),
            Decision::Voicemail { prompts, .. } => {
                self.aside = None;
                self.say(prompts);
                self.voicemail = true;
                Some(StepEnd::Played)
            }
            Decision::Promise { prompts, .. } => {
                self.say(prompts);
                self.over(End::Callback, Some(&CALLBACK_PROMISED.into()))
            }
            Decision::Close { prompts, reason } => {
                self.say(prompts);
                self.over(End::Closed, Some(reason))
            }
            Decision::HangUp { reason } => self.over(End::HungUp, Some(reason)),
        }
    }

    /// Who is found alone is the client from then on; several are where nobody was found before.
    fn search(&mut self, by: &Name, value: &str) -> StepEnd {
        let found = self.given.directory.find(by, value);
        let hit = Hit::of(&found);
        let was_found = matches!(self.client, ClientMatch::One { .. });
        if hit == Hit::One || (hit == Hit::Many && !was_found) {
            self.client = found;
        }
        StepEnd::Searched(hit)
    }

    fn say(&mut self, prompts: &[Name]) {
        let runs = prompts.chunk_by(|a, b| is_piece(a) && is_piece(b));
        let values = runs.filter(|run| run.iter().all(|it| is_piece(it)));
        let words = values.map(|run| text_of(self.locale, run.iter().map(|it| &**it)));
        self.story.hears.extend(words);
        self.story.says.extend(prompts.iter().cloned());
    }

    /// What is pressed next, key by key as a live call takes them. Who is not said to press anything, or to press it later,
    /// is silent; who presses less than is awaited pauses, and keys after the end of an answer are lost.
    pub(super) fn press(&mut self, mut pressing: Pressing) -> StepEnd {
        if let Some((Happens::Pressed(_) | Happens::Silent, _)) = self.happens.front() {
            let pressed = match self.happens.pop_front() {
                Some((Happens::Pressed(pressed), _)) => pressed,
                _ => Typed::default(),
            };
            for key in pressed.as_str().chars() {
                match pressing.press(key) {
                    Pressed::Enough => return pressing.end(None),
                    Pressed::Ended(key) => return pressing.end(Some(key)),
                    Pressed::More | Pressed::Nothing => {}
                }
            }
        }
        self.gone += pressing.patience();
        pressing.end(None)
    }

    /// A message that was taken is what the call came to, whatever is said after it; a promise to call back is more.
    pub(super) fn over(&mut self, end: End, reason: Option<&Name>) -> Option<StepEnd> {
        let end = match self.voicemail && end != End::Callback {
            true => End::Voicemail,
            false => end,
        };
        self.story.end = Some(end);
        self.story.reason = reason.cloned();
        None
    }

    /// One operator is ready and answers, where nothing else is told.
    fn ring(&mut self, queue: &QueueId, ring: Duration) -> Option<StepEnd> {
        self.aside = None;
        self.story.queues.push(queue.as_str().into());
        match self.happens.pop_front() {
            None | Some((Happens::Answered, _)) => self.over(End::Operator, None),
            Some((Happens::AnsweredAfter(after), _)) if after <= ring => {
                self.over(End::Operator, None)
            }
            Some((Happens::NoOperators, _)) => Some(StepEnd::NoOperators),
            Some((Happens::NotAnswered | Happens::TimedOut | Happens::AnsweredAfter(_), _)) => {
                self.gone += ring;
                Some(StepEnd::TimedOut)
            }
            Some((
                Happens::Full
                | Happens::Failed
                | Happens::Removed
                | Happens::Closed
                | Happens::Pressed(_)
                | Happens::PressedAfter(..)
                | Happens::Silent,
                at,
            )) => {
                let said =
                    "оператор так не кончается: только answered, not_answered или no_operators";
                self.story.unfit = Some((at, said.into()));
                None
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
                | Happens::Failed
                | Happens::Removed
                | Happens::Closed
                | Happens::Pressed(_)
                | Happens::PressedAfter(..)
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

fn accepted(given: &Given) -> Overrides {
    let mut overrides = Overrides::NONE;
    for (roster, acceptance) in &given.accepted {
        overrides.accept(roster, acceptance.clone());
    }
    overrides
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
