//! A flow as the interpreter walks it: a list of operations with jumps, and the edges between them.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Name, Needs, Owed, PhoneNumber, QueueId, TrunkId};

use crate::condition::Condition;
use crate::decision::{Ack, Announce, Hint, Hit, Keys};
use crate::line::{Line, Utterance};
use crate::memory::{Kind, Value};

/// Operations of one flow, inline branches included.
pub(crate) const OPS_MAX: usize = 4000;

#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) name: Name,
    pub(crate) ops: Vec<Op>,
}

#[derive(Debug)]
pub(crate) struct Op {
    pub(crate) what: What,
    /// `8800.toml:41:3`; of a sub-flow's step with the calls that lead there: `8800.toml:41:3 (вызов 8800.toml:12:3)`.
    pub(crate) place: Name,
    /// The sub-flow whose step it is.
    pub(crate) within: Option<Name>,
}

/// A flow of the plan by its index. None only while a plan with errors is being checked.
pub(crate) type Target = Option<usize>;

#[derive(Debug)]
pub(crate) enum What {
    Play {
        prompts: Line,
        notice: bool,
    },
    Lookup,
    Find(Box<FindOp>),
    /// Go on if it holds, else at the operation `otherwise`.
    When {
        condition: Condition,
        otherwise: usize,
    },
    /// Go on at another operation of this flow: the end of an inline branch.
    Jump(usize),
    /// The end of what a key of a queue leads to: back to the queue at this operation.
    Back(usize),
    Goto(Target),
    /// The steps of this sub-flow follow, then those after the call.
    Call(Name),
    Menu(MenuOp),
    Ask(Box<AskOp>),
    Set(Vec<Assign>),
    /// From now on an operator must know this for the caller; 0: no more.
    Needs(Needs),
    Queue(QueueOp),
    External {
        number: PhoneNumber,
        trunk: Option<TrunkId>,
        ring: Duration,
        music: Name,
        ack: Option<Ack<Utterance>>,
        /// None: on at the next operation, behind a key of a queue.
        on_not_answered: Target,
    },
    Operator(Box<OperatorOp>),
    Duty(DutyOp),
    Promise(PromiseOp),
    Voicemail {
        prompts: Line,
        max: Duration,
        owed: Owed,
    },
    Close {
        prompts: Line,
        reason: Name,
    },
    HangUp {
        reason: Name,
    },
}

#[derive(Debug)]
pub(crate) struct QueueOp {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    pub(crate) wait: Duration,
    pub(crate) leave_empty: bool,
    pub(crate) music: Name,
    pub(crate) announce: Option<Announce<Utterance>>,
    /// The operation behind each key of a caller who waits.
    pub(crate) keys: BTreeMap<char, usize>,
    /// What is said of them.
    pub(crate) hint: Option<Hint<Utterance>>,
    pub(crate) on_timeout: Target,
    pub(crate) on_no_operators: Target,
    pub(crate) on_full: Target,
    /// After a fault of ours; None: the caller is told of the trouble.
    pub(crate) on_error: Target,
    /// When the queue left the plan; None: as nobody were there.
    pub(crate) on_removed: Target,
    /// When the queue closes to who waits; None: they wait on. Who comes is not let in by what stands before this.
    pub(crate) on_closed: Target,
}

/// The promise to call back, and the end of the call.
#[derive(Debug)]
pub(crate) struct PromiseOp {
    pub(crate) owed: Owed,
    /// Who left a queue for it keeps the place there.
    pub(crate) keep_place: bool,
    /// The answer with the number; None: the caller's own.
    pub(crate) typed: Option<Name>,
    /// Said after it.
    pub(crate) thanks: Line,
}

#[derive(Debug)]
pub(crate) struct DutyOp {
    /// Which of the plan.
    pub(crate) roster: usize,
    pub(crate) name: Name,
    pub(crate) trunk: Option<TrunkId>,
    pub(crate) music: Name,
    pub(crate) ack: Option<Ack<Utterance>>,
    /// None: on at the next operation, behind a key of a queue.
    pub(crate) on_nobody: Target,
}

/// How a question is put; both kinds have it.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) prompts: Line,
    pub(crate) keys: Keys,
    /// How often it is put, the first time included.
    pub(crate) tries: u8,
    /// Said before it is put again.
    pub(crate) on_invalid: Line,
    pub(crate) on_timeout: Line,
    /// The operation at which it goes on when it was put often enough.
    pub(crate) otherwise: usize,
}

#[derive(Debug)]
pub(crate) struct MenuOp {
    pub(crate) question: Question,
    /// The answer with the number that is read back before the question.
    pub(crate) reads: Option<Name>,
    /// The operation behind each key.
    pub(crate) keys: BTreeMap<char, usize>,
}

impl MenuOp {
    pub(crate) fn new(
        question: Question,
        reads: Option<Name>,
        keys: BTreeMap<char, usize>,
    ) -> Self {
        let mut menu = Self {
            question,
            reads,
            keys,
        };
        menu.question.keys.has = menu.keys.keys().copied().collect();
        menu
    }
}

#[derive(Debug)]
pub(crate) struct AskOp {
    pub(crate) name: Name,
    pub(crate) question: Question,
    pub(crate) least: u8,
    pub(crate) check: Option<Condition>,
    /// It is a number that may be called.
    pub(crate) phone: bool,
    /// The operation after an answer that is good.
    pub(crate) valid: usize,
}

/// A search of the client by something that the caller said. Who was found goes on behind its branches.
#[derive(Debug)]
pub(crate) struct FindOp {
    pub(crate) value: Condition,
    /// The field of the client.
    pub(crate) by: Name,
    /// None: as long as the lookup of the number.
    pub(crate) within: Option<Duration>,
    /// The operation after each answer.
    pub(crate) ways: Ways,
}

/// Where a search leads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    pub(crate) one: usize,
    pub(crate) none: usize,
    pub(crate) many: usize,
    pub(crate) error: usize,
}

impl Ways {
    /// Each answer and its operation.
    pub(crate) fn each(self) -> [(Hit, usize); 4] {
        Hit::ALL.map(|hit| (hit, self.after(hit)))
    }

    pub(crate) fn after(self, hit: Hit) -> usize {
        match hit {
            Hit::One => self.one,
            Hit::None => self.none,
            Hit::Many => self.many,
            Hit::Error => self.error,
        }
    }
}

/// A call for one operator by name.
#[derive(Debug)]
pub(crate) struct OperatorOp {
    pub(crate) who: Whose,
    pub(crate) ring: Duration,
    pub(crate) music: Name,
    pub(crate) on_not_answered: Target,
    pub(crate) on_unavailable: Target,
    /// Where nobody is called so; nowhere but behind an expression.
    pub(crate) on_unknown: Target,
}

/// Who is called.
#[derive(Debug)]
pub(crate) enum Whose {
    /// Somebody whom a group lists.
    Fixed(Name),
    /// Whom an expression gives.
    Told(Condition),
}

impl Whose {
    /// As the admin wrote it.
    pub(crate) fn text(&self) -> &Name {
        match self {
            Self::Fixed(name) => name,
            Self::Told(condition) => &condition.text,
        }
    }
}

/// One variable of a `set`.
#[derive(Debug)]
pub(crate) struct Assign {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) value: Assigned,
}

#[derive(Debug)]
pub(crate) enum Assigned {
    Fixed(Value),
    Told(Condition),
}

impl Assigned {
    fn told(&self) -> Option<&Condition> {
        match self {
            Self::Fixed(_) => None,
            Self::Told(expression) => Some(expression),
        }
    }
}

impl Question {
    fn lines(&self) -> Vec<&Line> {
        vec![&self.prompts, &self.on_invalid, &self.on_timeout]
    }
}

/// Flow and operation.
pub(crate) type At = (usize, usize);

/// A way from one operation to another, and whether it takes time that a caller notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    pub(crate) to: At,
    pub(crate) takes_time: bool,
}

impl What {
    /// Every way on from the operation at `(flow, step)`.
    pub(crate) fn edges(&self, (flow, step): At) -> Vec<Edge> {
        let here = |step, takes_time| Edge {
            to: (flow, step),
            takes_time,
        };
        let there = |target: Target, takes_time| {
            target.map(|flow| Edge {
                to: (flow, 0),
                takes_time,
            })
        };
        match self {
            Self::Play { .. } | Self::Voicemail { .. } => vec![here(step + 1, true)],
            Self::Lookup | Self::Call(_) => vec![here(step + 1, false)],
            Self::Find(find) => {
                let ways = find.ways.each();
                ways.map(|(_, step)| here(step, true)).into()
            }
            Self::When { otherwise, .. } => vec![here(step + 1, false), here(*otherwise, false)],
            Self::Jump(to) => vec![here(*to, false)],
            Self::Goto(target) => there(*target, false).into_iter().collect(),
            Self::Menu(menu) => {
                let ways = menu.keys.values().chain([&menu.question.otherwise]);
                ways.map(|step| here(*step, true)).collect()
            }
            Self::Ask(ask) => vec![here(ask.valid, true), here(ask.question.otherwise, true)],
            Self::Set(_) | Self::Needs(_) => vec![here(step + 1, false)],
            Self::Queue(queue) => {
                // Of a queue that keeps its callers, too: a drain lets them go (Q15).
                let exits = [
                    there(queue.on_timeout, true),
                    there(queue.on_no_operators, false),
                    there(queue.on_full, false),
                    there(queue.on_error, false),
                    there(queue.on_removed, false),
                    there(queue.on_closed, false),
                ];
                let keys = queue.keys.values().map(|step| here(*step, true));
                exits.into_iter().flatten().chain(keys).collect()
            }
            Self::External {
                on_not_answered, ..
            } => vec![there(*on_not_answered, true).unwrap_or(here(step + 1, true))],
            Self::Operator(call) => {
                let ways = [
                    there(call.on_not_answered, true),
                    there(call.on_unavailable, false),
                    there(call.on_unknown, false),
                ];
                ways.into_iter().flatten().collect()
            }
            // Where nobody is on duty no time passes.
            Self::Duty(duty) => vec![there(duty.on_nobody, false).unwrap_or(here(step + 1, false))],
            // Whoever comes back was there: all ways on from the queue are looked at already. That nobody goes round by keys
            // for ever is the interpreter's care.
            Self::Back(_) | Self::Promise(_) | Self::Close { .. } | Self::HangUp { .. } => {
                Vec::new()
            }
        }
    }

    /// Everything that is said by this operation.
    pub(crate) fn lines(&self) -> Vec<&Line> {
        match self {
            Self::Play { prompts, .. }
            | Self::Close { prompts, .. }
            | Self::Voicemail { prompts, .. } => vec![prompts],
            Self::Menu(menu) => menu.question.lines(),
            Self::Ask(ask) => ask.question.lines(),
            Self::Promise(promise) => vec![&promise.thanks],
            Self::Queue(queue) => {
                let announced = queue.announce.iter().map(|it| &it.prompts);
                announced
                    .chain(queue.hint.iter().map(|it| &it.prompts))
                    .collect()
            }
            Self::External { ack, .. } => ack.iter().map(|ack| &ack.prompts).collect(),
            Self::Duty(duty) => duty.ack.iter().map(|ack| &ack.prompts).collect(),
            Self::Lookup
            | Self::Find(_)
            | Self::Operator(_)
            | Self::When { .. }
            | Self::Jump(_)
            | Self::Back(_)
            | Self::Goto(_)
            | Self::Call(_)
            | Self::Set(_)
            | Self::Needs(_)
            | Self::HangUp { .. } => Vec::new(),
        }
    }

    /// Every expression that this operation asks or says.
    pub(crate) fn expressions(&self) -> Vec<&Condition> {
        let said = self.lines().into_iter().flatten();
        let said = said.filter_map(|utterance| match utterance {
            Utterance::Value(said) => Some(&said.value),
            Utterance::Prompt(_) => None,
        });
        let asked = match self {
            Self::When { condition, .. } => vec![condition],
            Self::Ask(ask) => ask.check.iter().collect(),
            Self::Set(list) => list.iter().filter_map(|it| it.value.told()).collect(),
            _ => Vec::new(),
        };
        said.chain(asked).collect()
    }

    /// Every prompt the caller may hear by this operation, the pieces of announcements and values apart.
    pub(crate) fn prompts(&self) -> Vec<Name> {
        let besides: Option<Name> = match self {
            Self::Voicemail { .. } => Some("beep".into()),
            Self::Queue(queue) => Some(queue.music.clone()),
            Self::External { music, .. } => Some(music.clone()),
            Self::Operator(call) => Some(call.music.clone()),
            Self::Duty(duty) => Some(duty.music.clone()),
            _ => None,
        };
        let said = self.lines().into_iter().flatten();
        let said = said.flat_map(|it| it.prompts().iter().cloned());
        said.chain(besides).collect()
    }
}
