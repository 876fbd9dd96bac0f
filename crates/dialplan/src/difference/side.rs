//! One version of a number: what it asks, what is known of that over time, and what it does next.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::Wall;

use super::same::Alike;
use super::{detail, unlike};
use crate::callers::Who;
use crate::condition::{Condition, Depends, Tri};
use crate::flow::{At, Op, What};
use crate::line::shown;
use crate::plan::{Number, Plan};
use crate::step::decision;
use crate::timeline::{Given, Timeline, Timelines};
use crate::words;

/// One version's number.
pub(super) struct Side<'a> {
    pub(super) plan: &'a Plan,
    pub(super) number: &'a Number,
    /// Every condition a call may come to.
    pub(super) asked: Vec<(At, &'a Condition)>,
    /// The schedules of which anything asks or says when they open next.
    pub(super) openings: BTreeSet<usize>,
}

/// What is known of each condition over time, and what the schedules that are asked say.
pub(super) struct Answers {
    conditions: BTreeMap<At, Timeline<Tri>>,
    schedules: BTreeMap<usize, Timeline<&'static str>>,
}

/// The same at one moment.
pub(super) struct Told {
    pub(super) conditions: BTreeMap<At, Tri>,
    pub(super) schedules: BTreeMap<usize, &'static str>,
}

/// What one line says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    Condition(Tri),
    Schedule(&'static str),
    Opening(bool),
}

/// What every line says at one time: the conditions in order, then the schedules.
pub(super) type Said = Vec<Word>;

impl Answers {
    /// Every change of every line, as many lines as are said before it.
    pub(super) fn changes(&self, before: usize) -> impl Iterator<Item = (Wall, usize, Word)> {
        let conditions = self.conditions.values().enumerate();
        let conditions = conditions.flat_map(move |(index, line)| {
            let word = move |(at, tri): &(Wall, Tri)| (*at, before + index, Word::Condition(*tri));
            line.iter().map(word)
        });
        let first = before + self.conditions.len();
        let schedules = self.schedules.values().enumerate();
        let schedules = schedules.flat_map(move |(index, line)| {
            let word =
                move |(at, code): &(Wall, &'static str)| (*at, first + index, Word::Schedule(code));
            line.iter().map(word)
        });
        conditions.chain(schedules)
    }

    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.conditions.len() + self.schedules.len()
    }

    /// What these words, as many as there are lines, say of which step and which schedule.
    pub(super) fn told(&self, said: &[Word]) -> Told {
        let (conditions, schedules) = said.split_at(self.conditions.len().min(said.len()));
        let conditions = self.conditions.keys().zip(conditions);
        let schedules = self.schedules.keys().zip(schedules);
        Told {
            conditions: conditions
                .filter_map(|(at, word)| match word {
                    Word::Condition(tri) => Some((*at, *tri)),
                    Word::Schedule(_) | Word::Opening(_) => None,
                })
                .collect(),
            schedules: schedules
                .filter_map(|(index, word)| match word {
                    Word::Schedule(code) => Some((*index, *code)),
                    Word::Condition(_) | Word::Opening(_) => None,
                })
                .collect(),
        }
    }
}

impl<'a> Side<'a> {
    pub(super) fn new(plan: &'a Plan, number: &'a Number) -> Self {
        let mut side = Self {
            plan,
            number,
            asked: Vec::new(),
            openings: BTreeSet::new(),
        };
        // The exits of queues lead on too: everything that can be reached.
        let starts = std::iter::once(number.entry).chain(number.busy_entry);
        let mut seen: BTreeSet<At> = starts.map(|flow| (flow, 0)).collect();
        let mut left: Vec<At> = seen.iter().copied().collect();
        while let Some(at) = left.pop() {
            let Some(op) = side.op(at) else { continue };
            if let What::When { condition, .. } = &op.what {
                side.asked.push((at, condition));
            }
            let vars = op.what.expressions().into_iter().flat_map(|it| &it.vars);
            side.openings
                .extend(vars.filter_map(|(_, var)| match var.depends() {
                    Depends::Opening(index) => Some(index),
                    _ => None,
                }));
            let ways = op.what.edges(at).into_iter().map(|edge| edge.to);
            left.extend(ways.filter(|to| seen.insert(*to)));
        }
        side
    }

    pub(super) fn op(&self, (flow, step): At) -> Option<&'a Op> {
        self.plan.flows.get(flow)?.ops.get(step)
    }

    pub(super) fn answers(&self, who: Who, lines: &mut Timelines<'_>) -> Answers {
        let given = || Given::of(self.number);
        let mut answers = Answers {
            conditions: BTreeMap::new(),
            schedules: BTreeMap::new(),
        };
        for (at, condition) in &self.asked {
            let line = lines.of(condition, given(), &[who]).into_iter().next();
            answers.conditions.extend(line.map(|line| (*at, line)));
            for (_, var) in &condition.vars {
                if let Depends::Schedule(index) = var.depends() {
                    answers.schedules.insert(index, lines.schedule(index));
                }
            }
        }
        answers
    }

    /// From an operation to the next one that does something, or to a condition that only the call can answer.
    pub(super) fn settle(&self, mut at: At, answers: &BTreeMap<At, Tri>) -> At {
        // A circle in which nothing is done is refused at the load.
        for _ in 0..crate::flow::OPS_MAX {
            at = match self.op(at).map(|op| &op.what) {
                Some(What::Jump(to) | What::Back(to)) => (at.0, *to),
                Some(What::Goto(Some(flow))) => (*flow, 0),
                // What a sub-flow does is done as if its steps stood here.
                Some(What::Call(_)) => (at.0, at.1 + 1),
                Some(What::When { otherwise, .. }) => match answers.get(&at) {
                    Some(Tri::True) => (at.0, at.1 + 1),
                    Some(Tri::False) => (at.0, *otherwise),
                    Some(Tri::Either) | None => return at,
                },
                _ => return at,
            };
        }
        at
    }

    /// What is done. Russian.
    fn said(&self, op: &Op) -> String {
        match &op.what {
            What::Duty(duty) => format!("дежурные по графику «{}»", duty.name),
            What::Set(list) => {
                let names: Vec<&str> = list.iter().map(|assign| &*assign.name).collect();
                format!("переменные: {}", names.join(", "))
            }
            What::Needs(needs) => format!("нужны навыки: {}", words::levels(needs)),
            what => words::decided(&decision(self.number, what, &mut shown)).1,
        }
    }
}

/// What is of these and not of the others: `; keys = 1 2`.
fn only(these: &[String], others: &[String]) -> String {
    let mut own = these.iter().filter(|it| !others.contains(it)).peekable();
    let lead = own.peek().map_or("", |_| "; ");
    let own: Vec<&str> = own.map(String::as_str).collect();
    format!("{lead}{}", own.join(", "))
}

/// What two versions do, each with its place; where that reads alike, with what is another in it, and where also that does, with
/// what is another outside of it. Russian.
pub(super) fn told(
    (old, before): (&Side<'_>, &Op),
    (new, after): (&Side<'_>, &Op),
    alike: Alike<'_>,
) -> (String, String) {
    let (mut was, mut is) = (old.said(before), new.said(after));
    if was == is {
        let (parts, others) = (detail::of(&before.what), detail::of(&after.what));
        was += &only(&parts, &others);
        is += &only(&others, &parts);
    }
    if was == is {
        let (before, after) = ((old, &before.what), (new, &after.what));
        is = format!("{is}; {}", unlike::told(before, after, alike));
    }
    (
        format!("{was} ({})", before.place),
        format!("{is} ({})", after.place),
    )
}
