//! From a draft to a plan: every name is looked up, every condition compiled, every flow laid out flat.
mod alarms;
mod calendar;
mod call;
mod callback;
mod edges;
pub(crate) mod expiry;
mod find;
mod hours;
mod keys;
mod number;
mod operator;
pub(crate) mod outbound;
mod roster;
mod say;
mod skills;
mod survey;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cel::Env;
use gudok_calendar::Schedule;
use gudok_model::{AlarmRule, GroupId, Name, Owed, PhoneNumber, QueueId, QueueSettings};
use gudok_outbound::Rules;

pub(crate) use calendar::CalendarUse;
pub(crate) use expiry::SkillEnd;
pub(crate) use roster::PlanRoster;

use crate::condition::{Condition, Depends, Names, Wanted};
use crate::draft::{
    Action, Branch, Draft, DraftOwed, DraftQueueStep, DraftStep, DraftSubflow, ParamKind, Params,
};
use crate::edges::Edges;
use crate::flow::{DutyOp, Flow, OPS_MAX, Op, QueueOp, Target, What};
use crate::plan::Number;
use crate::problem::Problem;
use crate::read::usual_queue;
use crate::survey::Survey;
use crate::text::{Laid, Problems, Spot, Word, error, warning};
use hours::OfQueue;
use keys::Remembered;

/// A plan whose words are right; its ways are not proved yet.
pub(crate) struct Linked {
    pub(crate) numbers: Vec<Number>,
    pub(crate) by_did: BTreeMap<PhoneNumber, usize>,
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) calendars: Vec<CalendarUse>,
    /// Numbers without a flow for busy times, as an admin is told of them.
    pub(crate) without_busy: Vec<Problem>,
    pub(crate) rosters: Vec<PlanRoster>,
    pub(crate) queues: Vec<QueueSettings>,
    pub(crate) outbound: Option<Arc<Rules>>,
    pub(crate) alarms: Vec<AlarmRule>,
    pub(crate) surveys: BTreeMap<QueueId, Arc<Survey>>,
    pub(crate) edges: BTreeMap<QueueId, Edges>,
    pub(crate) skill_ends: Vec<SkillEnd>,
    pub(crate) flows: Vec<Flow>,
    /// Where the operations stand in the text, as `flows`.
    pub(crate) spots: Vec<Vec<Laid>>,
    /// Where the flows are named first, as `flows`.
    pub(crate) flow_spots: Vec<Spot>,
    pub(crate) flow_index: BTreeMap<Name, usize>,
    pub(crate) subflows: Vec<Name>,
    pub(crate) env: Arc<Env>,
}

/// Links everything; complains of every name that leads nowhere.
pub(crate) fn link(draft: &mut Draft, problems: &mut Problems<'_>) -> Linked {
    let rosters = roster::rosters(draft, problems);
    let roster_index: BTreeMap<Name, usize> =
        rosters.iter().map(|it| it.name.clone()).zip(0..).collect();
    let (schedules, calendars, holidays) = calendar::schedules(draft, problems);
    let outbound = outbound::rules(draft, holidays, problems);
    let index: BTreeMap<Name, usize> = draft.schedules.keys().cloned().zip(0..).collect();
    let queues = queues(draft, problems);
    skills::check(draft, problems);
    let queue_names: Vec<Name> = queues.keys().cloned().collect();
    let group_names: Vec<Name> = draft.groups.keys().cloned().collect();
    let members = draft.groups.values().flat_map(|it| &it.settings.operators);
    let operators: BTreeSet<String> = members.map(|it| it.as_str().to_owned()).collect();
    let env = Arc::new(Env::stdlib());
    let flow_index: BTreeMap<Name, usize> = draft.flows.keys().cloned().zip(0..).collect();
    let linked = Linked {
        numbers: Vec::new(),
        by_did: BTreeMap::new(),
        schedules,
        calendars,
        without_busy: Vec::new(),
        rosters,
        outbound,
        alarms: alarms::rules(draft, &queue_names, problems),
        queues: queues.into_values().collect(),
        surveys: survey::surveys(draft, problems),
        edges: edges::edges(draft, &roster_index, problems),
        skill_ends: Vec::new(),
        flows: Vec::new(),
        spots: Vec::new(),
        flow_spots: Vec::new(),
        flow_index,
        subflows: draft.subflows.keys().cloned().collect(),
        env,
    };
    let remembered = keys::remembered(
        draft,
        (&index, &roster_index),
        &queue_names,
        &linked.env,
        problems,
    );
    let asked = skills::needed(draft);
    let asked: Vec<_> = asked.into_iter().map(<[_]>::to_vec).collect();
    let subflows = std::mem::take(&mut draft.subflows);
    let mut linker = Linker {
        linked,
        subflows: &subflows,
        frames: Vec::new(),
        called: BTreeSet::new(),
        called_ops: 0,
        leads_back: false,
        schedules: &index,
        rosters: &roster_index,
        queues: &queue_names,
        groups: &group_names,
        operators: &operators,
        problems,
        used: edges::schedules(draft, &index),
        remembered,
        of_queue: BTreeMap::new(),
    };
    linker.of_queues(draft);
    linker.subflows();
    for (name, flow) in std::mem::take(&mut draft.flows) {
        linker.flow(name, &flow.steps, (*flow.at).clone());
    }
    for number in std::mem::take(&mut draft.numbers) {
        linker.number(number);
    }
    if !linker.problems.has_errors() {
        linker.unused_schedules(draft);
        linker.dead_rungs(draft);
        linker.unused_subflows();
    }
    let Linker {
        mut linked,
        problems,
        ..
    } = linker;
    linked.skill_ends = expiry::ends(draft, &asked, &linked.numbers, problems);
    linked
}

/// Every queue: those that are described, and one for each group that has none of its name.
fn queues(draft: &Draft, problems: &mut Problems<'_>) -> BTreeMap<Name, QueueSettings> {
    let mut queues = BTreeMap::new();
    for group in draft.groups.keys() {
        queues.insert(group.clone(), usual_queue(group, group));
    }
    for (name, queue) in &draft.queues {
        let named = std::iter::once(&queue.group).chain(&queue.added);
        for group in named.filter(|it| !draft.groups.contains_key(&*it.text)) {
            let ru = format!("нет такой группы: «{}»", group.text);
            let en = format!("unknown group {:?}", group.text);
            let known: Vec<&Name> = draft.groups.keys().collect();
            let said = error("unknown_group", ru, en);
            problems.say(&group.at, said.one_of(&group.text, &known));
        }
        queues.insert(name.clone(), queue.settings.clone());
    }
    queues
}

struct Linker<'a, 'p, 't> {
    linked: Linked,
    schedules: &'a BTreeMap<Name, usize>,
    rosters: &'a BTreeMap<Name, usize>,
    queues: &'a [Name],
    groups: &'a [Name],
    /// Everybody whom a group lists.
    operators: &'a BTreeSet<String>,
    problems: &'p mut Problems<'t>,
    /// Schedules that something asks for.
    used: Vec<usize>,
    remembered: Remembered,
    subflows: &'a BTreeMap<Name, DraftSubflow>,
    /// The sub-flows that are being laid out, the outermost first.
    frames: Vec<call::Frame<'a>>,
    /// Sub-flows that some flow calls.
    called: BTreeSet<Name>,
    /// How many operations of sub-flows were laid out.
    called_ops: usize,
    /// Within the steps of a key of a queue: they lead back to it.
    leads_back: bool,
    /// What queues say for all steps that lead there.
    of_queue: BTreeMap<Name, OfQueue>,
}

impl<'a> Linker<'a, '_, '_> {
    fn flow(&mut self, name: Name, steps: &[DraftStep], at: Spot) {
        let mut layout = Layout::default();
        self.steps(steps, &mut layout);
        if layout.ops.len() > OPS_MAX {
            let ru = format!("слишком длинная ветка: больше {OPS_MAX} шагов");
            self.problems.say(
                &at,
                error("too_long", ru, format!("more than {OPS_MAX} operations")),
            );
            layout.ops.truncate(OPS_MAX);
        }
        self.linked.flows.push(Flow {
            name,
            ops: layout.ops,
        });
        self.linked.spots.push(layout.spots);
        self.linked.flow_spots.push(at);
    }

    fn steps(&mut self, steps: &[DraftStep], layout: &mut Layout) {
        for step in steps {
            let at = &step.at;
            if self.is_too_much(at) {
                return;
            }
            match &step.action {
                Action::When {
                    condition,
                    then,
                    otherwise,
                } => {
                    self.when(condition, then, otherwise.as_ref(), at, layout);
                }
                Action::Menu(menu) => self.menu(menu, at, layout),
                Action::Ask(ask) => self.ask(ask, at, layout),
                Action::Find(find) => self.find(find, at, layout),
                Action::Call(call) => self.call(call, at, layout),
                Action::Callback(offer) => self.callback(offer, at, layout),
                Action::Queue(queue) => self.queue_step(queue, at, layout),
                simple => {
                    let what = self.operation(simple, at);
                    self.push(what, at, layout);
                }
            }
        }
    }

    /// `when` A `then` B `else` C becomes: A or go to C · B · go to the end · C.
    fn when(
        &mut self,
        condition: &Word,
        then: &Branch,
        otherwise: Option<&Branch>,
        at: &Spot,
        layout: &mut Layout,
    ) {
        let condition = self.condition(condition);
        let asked = layout.ops.len();
        // A condition that does not compile is complained of; its branches are still looked at.
        self.push(What::Jump(asked + 1), at, layout);
        self.branch(then, at, layout);
        let mut target = layout.ops.len();
        if let Some(otherwise) = otherwise {
            let leave = layout.ops.len();
            self.push(What::Jump(0), at, layout);
            target = layout.ops.len();
            self.branch(otherwise, at, layout);
            layout.ops[leave].what = What::Jump(layout.ops.len());
        }
        if let Some(condition) = condition {
            layout.ops[asked].what = What::When {
                condition,
                otherwise: target,
            };
        }
    }

    fn branch(&mut self, branch: &Branch, at: &Spot, layout: &mut Layout) {
        match branch {
            Branch::Steps(steps) => self.steps(steps, layout),
            Branch::Flow(word) => {
                let target = self.target(word);
                self.push(What::Goto(target), at, layout);
            }
        }
    }

    fn push(&self, what: What, at: &Spot, layout: &mut Layout) {
        let laid = self.problems.laid(at);
        layout.ops.push(Op {
            what,
            place: self.problems.texts().place_of(&laid),
            within: self.frames.last().map(|frame| frame.name.clone()),
        });
        layout.spots.push(laid);
    }

    fn condition(&mut self, word: &Word) -> Option<Condition> {
        self.expression(word, Wanted::Truth, false)
    }

    /// `checks`: it is the check of an answer.
    fn expression(&mut self, word: &Word, wanted: Wanted, checks: bool) -> Option<Condition> {
        let names = names(
            (self.schedules, self.rosters, self.queues),
            &self.remembered,
            self.frames.last().map_or(&NO_PARAMS, |frame| frame.params),
            checks,
        );
        let env = &self.linked.env;
        let condition = Condition::compile(word, wanted, &names, env, self.problems)?;
        let condition = self.given(word, condition, wanted, checks)?;
        for (_, var) in &condition.vars {
            if let Depends::Schedule(index) | Depends::Opening(index) = var.depends() {
                self.used.push(index);
            }
        }
        Some(condition)
    }

    fn operation(&mut self, action: &Action, at: &Spot) -> What {
        match action {
            Action::Play { prompts, notice } => What::Play {
                prompts: self.line(prompts, at),
                notice: *notice,
            },
            Action::Lookup
            | Action::When { .. }
            | Action::Menu(_)
            | Action::Ask(_)
            | Action::Find(_)
            | Action::Call(_)
            | Action::Queue(_)
            | Action::Callback(_) => What::Lookup,
            Action::Set(list) => self.set(list),
            Action::Needs(list) => What::Needs(skills::by_skill(list)),
            Action::Goto(word) => What::Goto(self.target(word)),
            Action::External {
                number,
                trunk,
                ring,
                music,
                ack,
                on_not_answered,
            } => What::External {
                number: number.clone(),
                trunk: trunk.clone(),
                ring: *ring,
                music: self.prompt(music, at),
                ack: self.ack(ack.as_ref(), at),
                on_not_answered: self.nobody("on_not_answered", on_not_answered.as_ref(), at),
            },
            Action::Operator(call) => self.operator(call, at),
            Action::Duty {
                roster,
                trunk,
                music,
                ack,
                on_nobody,
            } => {
                let found = self.word(roster, ParamKind::Roster);
                let name = found.as_ref().map_or("", |word| &word.text);
                What::Duty(DutyOp {
                    name: name.into(),
                    roster: found.as_ref().map_or(usize::MAX, |word| self.roster(word)),
                    trunk: trunk.clone(),
                    music: self.prompt(music, at),
                    ack: self.ack(ack.as_ref(), at),
                    on_nobody: self.nobody("on_nobody", on_nobody.as_ref(), at),
                })
            }
            Action::Voicemail { prompts, max, owed } => What::Voicemail {
                prompts: self.line(prompts, at),
                max: *max,
                owed: self.owed(owed),
            },
            Action::Close { prompts, reason } => What::Close {
                prompts: self.line(prompts, at),
                reason: reason.clone(),
            },
            Action::HangUp { reason } => What::HangUp {
                reason: reason.clone(),
            },
        }
    }

    /// Who owes what is promised; a group that is not there is complained of.
    fn owed(&mut self, owed: &DraftOwed) -> Owed {
        if let Some(word) = &owed.group
            && !self.groups.iter().any(|known| **known == *word.text)
        {
            let ru = format!("нет такой группы: «{}»", word.text);
            let said = error(
                "unknown_group",
                ru,
                format!("unknown group {:?}", word.text),
            );
            self.problems
                .say(&word.at, said.one_of(&word.text, self.groups));
        }
        let schedule = owed.schedule.as_ref();
        Owed {
            schedule: schedule.and_then(|word| self.kept_by(word)),
            group: owed
                .group
                .as_ref()
                .map(|word| GroupId::new(word.text.as_str())),
            within: owed.within,
        }
    }

    /// A roster of the plan; one that is not there is complained of.
    fn roster(&mut self, word: &Word) -> usize {
        let found = self.rosters.get(&*word.text).copied();
        if found.is_none() {
            let ru = format!("нет такого графика дежурств: «{}»", word.text);
            let en = format!("unknown roster {:?}", word.text);
            let known: Vec<&Name> = self.rosters.keys().collect();
            let said = error("unknown_roster", ru, en).one_of(&word.text, &known);
            self.problems.say(&word.at, said);
        }
        found.unwrap_or(usize::MAX)
    }

    fn queue(&mut self, step: &DraftQueueStep, at: &Spot) -> What {
        let word = self.word(&step.queue, ParamKind::Queue);
        let queue = word.map_or_else(String::new, |word| {
            self.is_queue(&word);
            word.into_owned().text
        });
        let own = self.of_queue.get(&*queue).cloned().unwrap_or_default();
        let exits = &step.exits;
        if let (false, Some(exit)) = (step.leave_empty, &exits.on_no_operators) {
            let ru = "при leave_empty = false выход on_no_operators — только при остановке службы";
            let en = "taken only as the service goes down: leave_empty = false";
            self.problems.say(&exit.at, warning("drain_exit", ru, en));
        }
        let on_no_operators = match step.leave_empty {
            true => self.exit_of(
                "on_no_operators",
                (exits.on_no_operators.as_ref(), own.on_no_operators),
                at,
            ),
            false => self.may(exits.on_no_operators.as_ref(), own.on_no_operators),
        };
        What::Queue(QueueOp {
            queue: queue.as_str().into(),
            priority: step.priority,
            wait: step.wait,
            leave_empty: step.leave_empty,
            music: self.prompt(&step.music, at),
            announce: self.announce(step.announce.as_ref(), at),
            keys: BTreeMap::new(),
            hint: self.hint(step.hint.as_ref(), at),
            on_timeout: self.exit_of(
                "on_timeout",
                (exits.on_timeout.as_ref(), own.on_timeout),
                at,
            ),
            on_no_operators,
            on_full: self.exit_of("on_full", (exits.on_full.as_ref(), own.on_full), at),
            on_error: self.may(exits.on_error.as_ref(), own.on_error),
            on_removed: self.may(exits.on_removed.as_ref(), own.on_removed),
            on_closed: None,
        })
    }

    /// Where the step says, else where the queue does.
    fn may(&mut self, word: Option<&Word>, own: Target) -> Target {
        match word {
            Some(word) => self.target(word),
            None => own,
        }
    }

    /// The same of an exit that must be there.
    fn exit_of(&mut self, key: &str, (word, own): (Option<&Word>, Target), at: &Spot) -> Target {
        match (word, own) {
            (None, Some(own)) => Some(own),
            (word, _) => self.exit(key, word, at),
        }
    }

    /// An exit that must be there.
    /// Where nobody outside takes the call. Behind a key of a queue nothing need be said: it goes on, and back to its place.
    fn nobody(&mut self, key: &str, word: Option<&Word>, at: &Spot) -> Target {
        match word {
            None if self.leads_back => None,
            word => self.exit(key, word, at),
        }
    }

    fn exit(&mut self, key: &str, word: Option<&Word>, at: &Spot) -> Target {
        if let Some(word) = word {
            return self.target(word);
        }
        let ru = format!("нет выхода «{key}»: здесь звонок кончился бы молчанием");
        let said = error(
            "missing_exit",
            ru,
            format!("missing exit `{key}`: the call would end in silence"),
        );
        let flows = self.flow_names().join(", ");
        self.problems.say(
            at,
            said.remedy((
                format!("добавьте {key} = \"ветка\"; есть ветки: {flows}"),
                format!("add {key} = \"flow\"; there are flows: {flows}"),
            )),
        );
        None
    }

    fn target(&mut self, word: &Word) -> Target {
        let word = &*self.word(word, ParamKind::Flow)?;
        let found = self.linked.flow_index.get(&*word.text).copied();
        if found.is_none() && self.subflows.contains_key(&*word.text) {
            let ru = format!("«{}» — подветка: в неё не уходят, её вызывают", word.text);
            let en = format!("{:?} is a sub-flow: it is called, not gone to", word.text);
            let remedy = (
                format!("напишите шаг call = \"{}\"", word.text),
                format!("write the step call = \"{}\"", word.text),
            );
            let said = error("unknown_flow", ru, en).remedy(remedy);
            self.problems.say(&word.at, said);
        } else if found.is_none() {
            let ru = format!("нет такой ветки: «{}»", word.text);
            let said = error("unknown_flow", ru, format!("unknown flow {:?}", word.text));
            self.problems
                .say(&word.at, said.one_of(&word.text, &self.flow_names()));
        }
        found
    }

    fn flow_names(&self) -> Vec<String> {
        self.linked
            .flow_index
            .keys()
            .map(|name| name.to_string())
            .collect()
    }

    fn unused_schedules(&mut self, draft: &Draft) {
        for (index, (name, schedule)) in draft.schedules.iter().enumerate() {
            if !self.used.contains(&index) {
                let ru = format!("график «{name}» нигде не используется");
                self.problems.say(
                    &schedule.at,
                    warning("unused", ru, format!("schedule `{name}` is not used")),
                );
            }
        }
    }
}

/// The schedules, rosters and queues of a plan.
type Known<'a> = (
    &'a BTreeMap<Name, usize>,
    &'a BTreeMap<Name, usize>,
    &'a [Name],
);

/// What a condition may name.
fn names<'n>(
    (schedules, rosters, queues): Known<'n>,
    remembered: &'n Remembered,
    params: &'n Params,
    checks: bool,
) -> Names<'n> {
    Names {
        schedules,
        rosters,
        queues,
        answers: &remembered.answers,
        vars: &remembered.vars,
        params,
        checks,
    }
}

#[derive(Default)]
struct Layout {
    ops: Vec<Op>,
    spots: Vec<Laid>,
}

static NO_PARAMS: Params = Params::new();
