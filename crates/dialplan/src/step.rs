//! The interpreter: from a cursor, how the last thing ended and the facts, to the next decision.
use gudok_model::{Name, Reason};

use crate::condition::{Condition, Opening, World};
use crate::coverage::STEPS_EXCEEDED;
use crate::decision::{Cursor, Decision, Step, StepEnd, WaitKeys};
use crate::facts::Facts;
use crate::flow::{At, Op, QueueOp, Target, What};
use crate::line::{self, Utterance};
use crate::memory::Memory;
use crate::plan::{Number, Plan, STEPS_MAX};
use crate::promise::{self, CALLBACK_PROMISED};
use crate::{round, words};

mod duty;
mod find;
mod keys;
mod operator;
mod say;

pub(crate) use keys::KEYS_UNTIL;
pub(crate) use say::phrase;

/// Said before hanging up when the plan cannot go on.
pub(crate) const TECHNICAL_PROBLEM: &str = "technical_problem";

/// The step of a cursor from which nothing follows.
const OVER: u16 = u16::MAX;

/// The step of a cursor at which an announcement set by hand is heard, before the first step of the flow.
pub(crate) const ANNOUNCED: u16 = u16::MAX - 1;

/// See [`Plan::step`].
pub(crate) fn step(
    plan: &Plan,
    number: &Number,
    cursor: &Cursor,
    end: Option<StepEnd>,
    facts: &Facts<'_>,
) -> Step {
    let mut walk = Walk {
        plan,
        number,
        facts,
        taken: cursor.taken,
        tried: cursor.tried.clone(),
        asked: 0,
        attempt: cursor.attempt,
        opening: Opening::default(),
        memory: None,
        reasons: Vec::new(),
    };
    if cursor.step == OVER {
        return walk.hang_up("over", cursor.flow.clone());
    }
    let flow = plan.flow_index.get(&cursor.flow);
    let Some(at) = flow.map(|flow| (*flow, usize::from(cursor.step))) else {
        return walk.closing("lost", cursor.flow.clone());
    };
    if cursor.step == ANNOUNCED {
        return walk.run((at.0, 0));
    }
    match end {
        None if cursor.step == 0 && cursor.taken == 0 => walk.announce(at),
        None => walk.run(at),
        Some(end) => walk.after(at, cursor.asked, end),
    }
}

struct Walk<'a> {
    plan: &'a Plan,
    number: &'a Number,
    facts: &'a Facts<'a>,
    taken: u16,
    /// Who on duty was called by the present step.
    tried: Vec<Name>,
    /// How often the question that is put now was put in vain.
    asked: u8,
    /// Which try of it, or of the last one, this is.
    attempt: u8,
    /// When the schedule that was asked first opens: one step asks it again and again.
    opening: Opening,
    /// What the call keeps in mind, where this step has changed it.
    memory: Option<Memory>,
    reasons: Vec<Reason>,
}

impl<'a> Walk<'a> {
    fn op(&self, (flow, step): At) -> Option<&'a Op> {
        self.plan.flows.get(flow)?.ops.get(step)
    }

    /// The beginning of a call: what an admin wants every caller of the number to hear comes first.
    fn announce(&mut self, at: At) -> Step {
        let (facts, schedule) = (self.facts, self.number.schedule.as_ref());
        let set = schedule.and_then(|name| facts.overrides.announcement(facts.now, name));
        let zone = schedule.and_then(|name| self.plan.schedule(name));
        let (Some((prompt, set)), Some(schedule)) = (set, zone) else {
            return self.run(at);
        };
        let told = set.told(&schedule.zone);
        self.reasons.push(Reason {
            code: "announcement".into(),
            place: None,
            text: format!("экстренное объявление «{prompt}» {told}"),
        });
        let play = Decision::Play {
            prompts: vec![prompt.clone()],
            notice: false,
        };
        self.step(self.flow_name(at), ANNOUNCED, play)
    }

    /// Goes on from an operation to the next decision. Ends: each turn takes one of [`STEPS_MAX`].
    fn run(&mut self, mut at: At) -> Step {
        loop {
            let Some(op) = self.op(at) else {
                return self.closing("lost", self.flow_name(at));
            };
            if self.taken >= STEPS_MAX {
                return self.too_many_steps(at);
            }
            self.taken += 1;
            let next = match &op.what {
                What::When {
                    condition,
                    otherwise,
                } => Some(if self.holds(condition, op) {
                    (at.0, at.1 + 1)
                } else {
                    (at.0, *otherwise)
                }),
                What::Set(list) => {
                    self.set(list, op);
                    Some((at.0, at.1 + 1))
                }
                What::Needs(needs) => {
                    self.need(needs, op);
                    Some((at.0, at.1 + 1))
                }
                What::Jump(to) => Some((at.0, *to)),
                What::Back(to) => {
                    self.because("back", &op.place, "обратно в очередь, на своё место".into());
                    Some((at.0, *to))
                }
                What::Call(name) => {
                    self.because("call", &op.place, format!("вызов подветки «{name}»"));
                    Some((at.0, at.1 + 1))
                }
                What::Goto(target) => {
                    let Some(flow) = *target else {
                        return self.closing("lost", self.flow_name(at));
                    };
                    let name = &self.plan.flows[flow].name;
                    self.because("goto", &op.place, format!("переход в ветку «{name}»"));
                    Some((flow, 0))
                }
                What::Duty(duty) => {
                    self.tried.clear();
                    if let Some(step) = self.duty(at, op, duty) {
                        return step;
                    }
                    Some(nobody(duty.on_nobody, at))
                }
                _ => None,
            };
            match next {
                Some(next) => at = next,
                None => return self.decide(at, op),
            }
        }
    }

    /// Asks a condition. One that cannot be told is false, and says so.
    fn holds(&mut self, condition: &Condition, op: &Op) -> bool {
        self.holds_of(condition, op, "")
    }

    /// The same, of digits that were typed just now.
    fn holds_of(&mut self, condition: &Condition, op: &Op, typed: &str) -> bool {
        let world = self.world(condition, typed);
        let seen = words::seen(&world);
        let (code, text, holds) = match condition.holds(&self.plan.env, &world) {
            Ok(true) => (
                "condition_true",
                format!("верно: {}{seen}", condition.text),
                true,
            ),
            Ok(false) => (
                "condition_false",
                format!("неверно: {}{seen}", condition.text),
                false,
            ),
            Err(why) => {
                let why = words::missing(&world).unwrap_or(why);
                (
                    "condition_error",
                    format!("не вычислилось, значит неверно: {} ({why})", condition.text),
                    false,
                )
            }
        };
        self.because(code, &op.place, text);
        holds
    }

    fn world<'w>(&'w self, condition: &'w Condition, typed: &'w str) -> World<'w> {
        World {
            facts: self.facts,
            schedules: &self.plan.schedules,
            schedule_names: &self.plan.schedule_names,
            rosters: &self.plan.rosters,
            zone: &self.number.zone,
            vars: &condition.vars,
            memory: self.memory.as_ref().unwrap_or(self.facts.memory),
            attempt: self.attempt,
            opening: &self.opening,
            typed,
        }
    }

    fn decide(&mut self, at: At, op: &Op) -> Step {
        let number = self.number;
        let noted = self.reasons.len();
        if matches!(op.what, What::Menu(_) | What::Ask(_)) {
            self.attempt = 1;
        }
        let decision = match &op.what {
            What::Menu(menu) => self.menu(op, menu, &[]),
            What::Promise(promise) => match self.promise(op, promise) {
                Some(decision) => decision,
                None => return self.closing("lost", self.flow_name(at)),
            },
            What::Operator(call) => match self.named(op, call) {
                Some(decision) => decision,
                None => return self.enter(call.on_unknown, at),
            },
            What::Find(find) => match self.find(op, find) {
                Some(decision) => decision,
                None => return self.run((at.0, find.ways.none)),
            },
            what => {
                let mut decided = decision(number, what, &mut |line| self.spoken(line, op));
                self.bound_keys(&mut decided);
                decided
            }
        };
        // What is said of values comes after what is done.
        let of_values = self.reasons.split_off(noted);
        let (code, text) = match &op.what {
            What::Promise(_) | What::Queue(_) | What::Find(_) | What::Operator(_) => {
                words::decided(&decision)
            }
            // A number that is read back is nobody's to read in a reason.
            what => words::decided(&self::decision(number, what, &mut line::shown)),
        };
        self.because(code, &op.place, text);
        self.reasons.extend(of_values);
        self.step(
            self.flow_name(at),
            u16::try_from(at.1).unwrap_or(OVER),
            decision,
        )
    }

    /// Goes on after a decision was carried out.
    fn after(&mut self, at: At, tried: u8, end: StepEnd) -> Step {
        let Some(op) = self.op(at) else {
            return self.closing("lost", self.flow_name(at));
        };
        match &op.what {
            What::Menu(menu) => return self.after_menu(at, op, menu, tried, end),
            What::Ask(ask) => return self.after_ask(at, op, ask, tried, end),
            What::Find(find) => return self.after_find(at, op, find, end),
            _ => {}
        }
        if let Some(step) = self.by_key(at, op, end) {
            return step;
        }
        let (code, text) = words::ended(&op.what, end);
        self.because(code, &op.place, text);
        match &op.what {
            What::Close { reason, .. } | What::HangUp { reason } => {
                self.hang_up(&reason.clone(), self.flow_name(at))
            }
            What::Promise(_) => self.hang_up(CALLBACK_PROMISED, self.flow_name(at)),
            What::Queue(_) | What::External { .. } | What::Operator(_) | What::Duty(_)
                if end == StepEnd::Answered =>
            {
                self.hang_up("answered", self.flow_name(at))
            }
            What::Duty(duty) => match self.duty(at, op, duty) {
                Some(step) => step,
                None => self.run(nobody(duty.on_nobody, at)),
            },
            What::Queue(queue) => self.enter(exit(queue, end), at),
            What::Operator(call) => self.enter(operator::exit(call, end), at),
            What::External {
                on_not_answered, ..
            } => self.run(nobody(*on_not_answered, at)),
            _ => self.run((at.0, at.1 + 1)),
        }
    }

    fn enter(&mut self, target: Target, from: At) -> Step {
        match target {
            Some(flow) => self.run((flow, 0)),
            None => self.closing("lost", self.flow_name(from)),
        }
    }

    /// The call is stopped here, as it takes too many steps.
    fn too_many_steps(&mut self, at: At) -> Step {
        let round = round::comes_back(self.plan, at);
        self.ends(STEPS_EXCEEDED, round, self.flow_name(at))
    }

    /// The plan cannot go on: the caller is told so.
    fn closing(&mut self, why: &str, flow: Name) -> Step {
        self.ends(why, false, flow)
    }

    fn ends(&mut self, why: &str, round: bool, flow: Name) -> Step {
        let prompts = vec![TECHNICAL_PROBLEM.into()];
        self.reasons.push(words::cannot_go_on(why, round));
        self.step(
            flow,
            OVER,
            Decision::Close {
                prompts,
                reason: why.into(),
            },
        )
    }

    fn hang_up(&mut self, why: &str, flow: Name) -> Step {
        self.step(flow, OVER, Decision::HangUp { reason: why.into() })
    }

    fn step(&mut self, flow: Name, step: u16, decision: Decision) -> Step {
        let cursor = Cursor {
            flow,
            step,
            taken: self.taken,
            tried: Vec::new(),
            asked: self.asked,
            attempt: self.attempt,
        };
        Step {
            cursor,
            decision,
            reasons: std::mem::take(&mut self.reasons),
            memory: self.memory.take(),
        }
    }

    fn because(&mut self, code: &str, place: &Name, text: String) {
        self.reasons.push(Reason {
            code: code.into(),
            place: Some(place.clone()),
            text,
        });
    }

    fn flow_name(&self, at: At) -> Name {
        self.plan
            .flows
            .get(at.0)
            .map_or_else(|| "".into(), |flow| flow.name.clone())
    }
}

/// What an operation does for a call of this number; `say` puts a line into prompts.
pub(crate) fn decision(
    number: &Number,
    what: &What,
    say: &mut dyn FnMut(&[Utterance]) -> Vec<Name>,
) -> Decision {
    match what {
        What::Play { prompts, notice } => Decision::Play {
            prompts: say(prompts),
            notice: *notice,
        },
        What::Queue(queue) => Decision::Queue {
            queue: queue.queue.clone(),
            priority: queue.priority,
            wait_max: queue.wait,
            leave_empty: queue.leave_empty,
            music: queue.music.clone(),
            announce: queue
                .announce
                .as_ref()
                .map(|it| it.saying(say(&it.prompts))),
            keys: (!queue.keys.is_empty()).then(|| WaitKeys {
                keys: queue.keys.keys().copied().collect(),
                hint: queue.hint.as_ref().map(|it| it.saying(say(&it.prompts))),
            }),
        },
        What::External {
            number: outside,
            trunk,
            ring,
            music,
            ack,
            ..
        } => Decision::External {
            number: outside.clone(),
            trunk: trunk.clone(),
            ring: *ring,
            music: music.clone(),
            ack: ack.as_ref().map(|it| it.saying(say(&it.prompts))),
        },
        What::Voicemail { prompts, max, owed } => Decision::Voicemail {
            prompts: say(prompts),
            max: *max,
            owed: owed.clone(),
        },
        What::Close { prompts, reason } => Decision::Close {
            prompts: say(prompts),
            reason: reason.clone(),
        },
        What::HangUp { reason } => Decision::HangUp {
            reason: reason.clone(),
        },
        What::Promise(op) => {
            let said = promise::within(number.locale, op);
            promise::decision(op, &said, None, say(&op.thanks))
        }
        What::Menu(menu) => keys::asking(&menu.question, None, say(&menu.question.prompts)),
        What::Ask(ask) => {
            let prompts = say(&ask.question.prompts);
            keys::asking(&ask.question, Some(&ask.name), prompts)
        }
        What::Operator(call) => operator::ringing(call, call.who.text(), "".into()),
        // What is searched is the call's.
        What::Find(find) => find::searching(number, find, find.value.text.to_string()),
        // The others are walked over and decide nothing.
        What::Lookup
        | What::When { .. }
        | What::Jump(_)
        | What::Back(_)
        | What::Goto(_)
        | What::Call(_)
        | What::Set(_)
        | What::Needs(_)
        | What::Duty(_) => Decision::AwaitLookup {
            deadline: number.lookup_deadline,
        },
    }
}

/// Where it goes on when nobody outside takes the call.
fn nobody(target: Target, (flow, step): At) -> At {
    target.map_or((flow, step + 1), |flow| (flow, 0))
}

/// Where a queue is left by. An end that no queue has is taken for a wait that was too long.
fn exit(queue: &QueueOp, end: StepEnd) -> Target {
    match end {
        StepEnd::NoOperators => queue.on_no_operators.or(queue.on_timeout),
        StepEnd::Full => queue.on_full,
        StepEnd::Failed => queue.on_error.or(queue.on_timeout),
        StepEnd::Removed => queue
            .on_removed
            .or(queue.on_no_operators)
            .or(queue.on_timeout),
        // Of a plan in which it does not close to them, too.
        StepEnd::Closed => queue
            .on_closed
            .or(queue.on_no_operators)
            .or(queue.on_timeout),
        StepEnd::TimedOut
        | StepEnd::Played
        | StepEnd::LookedUp
        | StepEnd::Searched(_)
        | StepEnd::Answered
        | StepEnd::Typed(_)
        | StepEnd::Silent
        | StepEnd::NotAnswered => queue.on_timeout,
    }
}
