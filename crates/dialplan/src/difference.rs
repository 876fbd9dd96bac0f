//! What another version of a plan does otherwise, when, and with which callers.
//!
//! The time is cut as for the proof of coverage. In each cell both plans are walked side by side from the number's first step,
//! through every end a step may have and both ways of each condition that only the call can answer; the first step at which
//! they part is the difference.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_calendar::Roster;
use gudok_model::{Name, PhoneNumber, Wall};
use serde::Serialize;

use crate::condition::{CLASSES, Condition, Depends, Tri, Var};
use crate::coverage::{Horizon, LISTED_MAX, Listed};
use crate::flow::{At, Op, What};
use crate::plan::{Number, Plan};
use crate::spell;
use crate::step::decision;
use crate::timeline::{Class, Timeline, Timelines, value_at};
use crate::words;

mod same;

/// Most stretches of one difference that are said; the others are counted.
const SAID_MAX: usize = 3;

/// Everything a new version does otherwise than the old one. Empty lists: nothing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// Numbers whose calls may go otherwise, new ones, and those that are gone.
    pub numbers: Vec<Otherwise>,
    /// Groups whose settings are others, or that only one version has.
    pub groups: Vec<Name>,
    /// Queues, the same.
    pub queues: Vec<Name>,
    /// Rosters with other people or turns, or that only one version has.
    pub rosters: Vec<Name>,
}

/// One number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Otherwise {
    /// As dialled.
    pub did: String,
    /// As people call it.
    pub label: String,
    /// Which versions serve it.
    pub served: Served,
    /// Whether it is answered, recorded or reached otherwise, or its flow for busy times is another.
    pub taken_otherwise: bool,
    /// How many days were looked at.
    pub days: i64,
    /// How long calls of somebody may go otherwise. Minutes.
    pub minutes: i64,
    /// How, the longest first.
    pub ways: Vec<Way>,
}

/// Which versions serve a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Served {
    /// Both.
    Both,
    /// The new one only.
    New,
    /// The old one only.
    Old,
}

/// One way in which calls may go otherwise.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Way {
    /// Whose calls; empty: everybody's.
    pub callers: Vec<String>,
    /// What the old version does where they part, with its place. Russian.
    pub before: String,
    /// What the new one does.
    pub after: String,
    /// How many stretches of time there are.
    pub count: usize,
    /// How long they are together. Minutes.
    pub minutes: i64,
    /// The first of them, at most [`LISTED_MAX`].
    pub stretches: Vec<Listed>,
}

/// A stretch of time.
type Span = (Wall, Wall);

/// What the two do where they part.
type Parting = (String, String);

impl Plan {
    /// What this version does otherwise than `old`, over the horizon.
    pub fn differs_from(&self, old: &Self, horizon: Horizon) -> Difference {
        let zones = old.numbers.iter().chain(&self.numbers);
        let (from, to) = horizon.widest(zones.map(|number| &number.zone));
        let mut lines = (
            Timelines::new(old, from, to),
            Timelines::new(self, from, to),
        );
        let dids: BTreeSet<&PhoneNumber> = old.by_did.keys().chain(self.by_did.keys()).collect();
        let mut pairs: BTreeMap<(Option<usize>, Option<usize>), &PhoneNumber> = BTreeMap::new();
        for did in dids {
            let pair = (old.by_did.get(did).copied(), self.by_did.get(did).copied());
            pairs.entry(pair).or_insert(did);
        }
        let mut numbers = Vec::new();
        for ((before, after), did) in pairs {
            let before = before.and_then(|index| old.numbers.get(index));
            let after = after.and_then(|index| self.numbers.get(index));
            numbers.extend(match (before, after) {
                (Some(before), Some(after)) => {
                    let sides = (Side::new(old, before), Side::new(self, after));
                    both(did, &sides, horizon, &mut lines)
                }
                (Some(only), None) => Some(alone(did, only, Served::Old)),
                (None, Some(only)) => Some(alone(did, only, Served::New)),
                (None, None) => None,
            });
        }
        Difference {
            numbers,
            groups: changed(&old.groups, &self.groups, |group| group.id.as_str()),
            queues: changed(&old.queues, &self.queues, |queue| queue.id.as_str()),
            rosters: changed(
                &rosters(old),
                &rosters(self),
                |(name, _): &(&Name, &Roster)| name,
            ),
        }
    }
}

fn rosters(plan: &Plan) -> Vec<(&Name, &Roster)> {
    plan.rosters().collect()
}

/// The names of what is not the same in both lists.
fn changed<T: PartialEq>(old: &[T], new: &[T], name: impl Fn(&T) -> &str) -> Vec<Name> {
    let not_in = |list: &[T], item: &T| !list.contains(item);
    let gone = old.iter().filter(|item| not_in(new, item));
    let come = new.iter().filter(|item| not_in(old, item));
    let names: BTreeSet<&str> = gone.chain(come).map(name).collect();
    names.into_iter().map(Name::from).collect()
}

fn alone(did: &PhoneNumber, number: &Number, served: Served) -> Otherwise {
    Otherwise {
        did: did.to_string(),
        label: number.label.clone(),
        served,
        taken_otherwise: false,
        days: 0,
        minutes: 0,
        ways: Vec::new(),
    }
}

/// A number that both versions serve; None where they do the same.
fn both<'a>(
    did: &PhoneNumber,
    sides: &(Side<'a>, Side<'a>),
    horizon: Horizon,
    lines: &mut (Timelines<'_>, Timelines<'_>),
) -> Option<Otherwise> {
    let (old, new) = (sides.0.number, sides.1.number);
    let span = horizon.span(&new.zone);
    let mut found: BTreeMap<(Parting, Vec<Span>), Vec<String>> = BTreeMap::new();
    let classes = classes(&sides.0, &sides.1);
    for (class, name) in &classes {
        let asked = (
            sides.0.answers(*class, &mut lines.0),
            sides.1.answers(*class, &mut lines.1),
        );
        for (parting, spans) in partings(sides, &asked, span) {
            found
                .entry((parting, spans))
                .or_default()
                .push(name.clone());
        }
    }
    let taken = |number: &Number| {
        let (busy, schedule) = (number.busy.clone(), number.schedule.clone());
        let trunk = number.trunk.clone();
        let (answer, record) = (number.answer, number.record);
        (trunk, answer, record, busy, schedule, number.locale)
    };
    let taken_otherwise = taken(old) != taken(new);
    if found.is_empty() && !taken_otherwise {
        return None;
    }
    let all: BTreeSet<Span> = found.keys().flat_map(|(_, spans)| spans).copied().collect();
    let minutes = union(all);
    let mut ways: Vec<Way> = found
        .into_iter()
        .map(|((parting, spans), callers)| way(new, parting, &spans, callers, classes.len()))
        .collect();
    ways.sort_by_key(|way| -way.minutes);
    Some(Otherwise {
        did: did.to_string(),
        label: new.label.clone(),
        served: Served::Both,
        taken_otherwise,
        days: (span.1.0 - span.0.0) / DAY,
        minutes,
        ways,
    })
}

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;
const MINUTE: i64 = 60_000_000;

fn way(number: &Number, parting: Parting, spans: &[Span], callers: Vec<String>, all: usize) -> Way {
    let listed = |(from, until): &Span| Listed {
        from: *from,
        until: *until,
        shown: spell::between(&number.zone, *from, *until),
    };
    Way {
        callers: if callers.len() == all {
            Vec::new()
        } else {
            callers
        },
        before: parting.0,
        after: parting.1,
        count: spans.len(),
        minutes: spans.iter().map(|(a, b)| (b.0 - a.0) / MINUTE).sum(),
        stretches: spans.iter().take(LISTED_MAX).map(listed).collect(),
    }
}

/// How long stretches that may overlap are together. Minutes.
fn union(spans: BTreeSet<Span>) -> i64 {
    let (mut sum, mut reached) = (0, Wall(i64::MIN));
    for (from, until) in spans {
        let from = from.max(reached);
        if until > from {
            sum += until.0 - from.0;
            reached = until;
        }
    }
    sum / MINUTE
}

/// The classes of callers that the two plans tell apart on this number, as people name them.
fn classes(old: &Side<'_>, new: &Side<'_>) -> Vec<(Class, String)> {
    let asks = |wanted: &Var| {
        let conditions = old.asked.iter().chain(&new.asked);
        conditions
            .into_iter()
            .any(|(_, condition)| condition.vars.iter().any(|(_, var)| var == wanted))
    };
    let mut classes = Vec::new();
    if asks(&Var::CallerAnonymous) {
        let class = Class {
            anonymous: true,
            client: "unknown",
        };
        classes.push((class, "номер скрыт".to_owned()));
    }
    let known: &[&'static str] = if asks(&Var::ClientClass) {
        &CLASSES
    } else {
        &["unknown"]
    };
    for client in known {
        let class = Class {
            anonymous: false,
            client,
        };
        classes.push((class, format!("client.class = {client}")));
    }
    classes
}

/// One version's number.
struct Side<'a> {
    plan: &'a Plan,
    number: &'a Number,
    /// Every condition a call may come to.
    asked: Vec<(At, &'a Condition)>,
}

/// What is known of each condition over time.
type Answers = BTreeMap<At, Timeline<Tri>>;

impl<'a> Side<'a> {
    fn new(plan: &'a Plan, number: &'a Number) -> Self {
        let mut side = Self {
            plan,
            number,
            asked: Vec::new(),
        };
        // The exits of queues lead on too: everything that can be reached.
        let mut seen = BTreeSet::from([(number.entry, 0)]);
        let mut left: Vec<At> = seen.iter().copied().collect();
        while let Some(at) = left.pop() {
            let Some(op) = side.op(at) else { continue };
            if let What::When { condition, .. } = &op.what {
                side.asked.push((at, condition));
            }
            let ways = op.what.edges(at).into_iter().map(|edge| edge.to);
            left.extend(ways.filter(|to| seen.insert(*to)));
        }
        side
    }

    fn op(&self, (flow, step): At) -> Option<&'a Op> {
        self.plan.flows.get(flow)?.ops.get(step)
    }

    fn answers(&self, class: Class, lines: &mut Timelines<'_>) -> Answers {
        let line = |(at, condition): &(At, &Condition)| {
            let by_class = |(_, var): &(String, Var)| var.depends() == Depends::Class;
            let class = condition.vars.iter().any(by_class).then_some(class);
            (*at, lines.of(condition, &self.number.zone, class))
        };
        self.asked.iter().map(line).collect()
    }

    /// From an operation to the next one that does something, or to a condition that only the call can answer.
    fn settle(&self, mut at: At, answers: &BTreeMap<At, Tri>) -> At {
        // A circle in which nothing is done is refused at the load.
        for _ in 0..crate::flow::OPS_MAX {
            at = match self.op(at).map(|op| &op.what) {
                Some(What::Jump(to)) => (at.0, *to),
                Some(What::Goto(Some(flow))) => (*flow, 0),
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

    /// What is done at a place, with the place. Russian.
    fn said(&self, op: &Op) -> String {
        let text = match &op.what {
            What::Duty(duty) => format!("дежурные по графику «{}»", duty.name),
            What::Set(list) => {
                let names: Vec<&str> = list.iter().map(|assign| &*assign.name).collect();
                format!("переменные: {}", names.join(", "))
            }
            what => words::decided(&decision(self.number, what)).1,
        };
        format!("{text} ({})", op.place)
    }
}

/// Where the two part in each cell of the span, and the stretches of each parting.
fn partings(
    sides: &(Side<'_>, Side<'_>),
    asked: &(Answers, Answers),
    span: Span,
) -> BTreeMap<Parting, Vec<Span>> {
    let moments = asked.0.values().chain(asked.1.values());
    let moments = moments.flat_map(|line| line.iter().map(|(at, _)| *at));
    let mut edges: Vec<Wall> = moments.filter(|at| span.0 < *at && *at < span.1).collect();
    edges.push(span.0);
    edges.sort_unstable();
    edges.dedup();
    let mut known: BTreeMap<[Vec<Tri>; 2], Option<Parting>> = BTreeMap::new();
    let mut found: BTreeMap<Parting, Vec<Span>> = BTreeMap::new();
    for (at, until) in edges.iter().zip(edges.iter().skip(1).chain([&span.1])) {
        let told = |answers: &Answers| answers.values().map(|line| value_at(line, *at)).collect();
        let key = [told(&asked.0), told(&asked.1)];
        let parting = known.entry(key).or_insert_with_key(|[old, new]| {
            let named = |answers: &Answers, told: &[Tri]| {
                answers.keys().copied().zip(told.iter().copied()).collect()
            };
            part(sides, &(named(&asked.0, old), named(&asked.1, new)))
        });
        let Some(parting) = parting else { continue };
        let spans = found.entry(parting.clone()).or_default();
        match spans.last_mut() {
            Some(last) if last.1 == *at => last.1 = *until,
            _ => spans.push((*at, *until)),
        }
    }
    found
}

/// The first step at which the two do not do the same; None: there is none.
fn part(
    (old, new): &(Side<'_>, Side<'_>),
    answers: &(BTreeMap<At, Tri>, BTreeMap<At, Tri>),
) -> Option<Parting> {
    let start = ((old.number.entry, 0), (new.number.entry, 0));
    let mut seen = BTreeSet::from([start]);
    let mut left = VecDeque::from([start]);
    while let Some((a, b)) = left.pop_front() {
        let (a, b) = (old.settle(a, &answers.0), new.settle(b, &answers.1));
        let (before, after) = (old.op(a)?, new.op(b)?);
        let ways: Vec<(At, At)> = match (&before.what, &after.what) {
            (
                What::When {
                    condition: asked,
                    otherwise,
                    ..
                },
                What::When {
                    condition: same,
                    otherwise: other,
                    ..
                },
            ) if asked.text == same.text => {
                vec![
                    ((a.0, a.1 + 1), (b.0, b.1 + 1)),
                    ((a.0, *otherwise), (b.0, *other)),
                ]
            }
            (What::When { otherwise, .. }, _) => vec![((a.0, a.1 + 1), b), ((a.0, *otherwise), b)],
            (_, What::When { otherwise, .. }) => vec![(a, (b.0, b.1 + 1)), (a, (b.0, *otherwise))],
            (before_what, after_what) => {
                if !same::is_same((old, before_what), (new, after_what)) {
                    return Some((old.said(before), new.said(after)));
                }
                let (ways, others) = (before_what.edges(a), after_what.edges(b));
                let both = ways.into_iter().zip(others);
                both.map(|(way, other)| (way.to, other.to)).collect()
            }
        };
        left.extend(ways.into_iter().filter(|pair| seen.insert(*pair)));
    }
    None
}

impl Difference {
    /// Whether both versions do the same.
    pub fn is_none(&self) -> bool {
        let settings = [&self.groups, &self.queues, &self.rosters];
        self.numbers.is_empty() && settings.iter().all(|names| names.is_empty())
    }

    /// As people read it, a line each. Russian.
    pub fn lines(&self) -> Vec<String> {
        if self.is_none() {
            return vec!["вызовы пойдут как прежде".to_owned()];
        }
        let mut lines: Vec<String> = self.numbers.iter().flat_map(Otherwise::lines).collect();
        let settings = [
            ("группа", &self.groups),
            ("очередь", &self.queues),
            ("график дежурств", &self.rosters),
        ];
        for (what, names) in settings {
            let line = |name| format!("{what} {name}: другие настройки или состав");
            lines.extend(names.iter().map(line));
        }
        lines
    }
}

impl Otherwise {
    fn lines(&self) -> Vec<String> {
        let name = format!("номер «{}» ({})", self.label, self.did);
        let mut lines = match self.served {
            Served::New => vec![format!("{name}: новый")],
            Served::Old => vec![format!("{name}: больше не обслуживается")],
            Served::Both if self.ways.is_empty() => Vec::new(),
            Served::Both => {
                let weekly = spell::length(self.minutes * 7 / self.days.max(1));
                vec![format!("{name}: {weekly} в неделю пойдут иначе")]
            }
        };
        if self.taken_otherwise {
            let how = "иначе принимается (trunk, answer, record или busy)";
            lines.push(format!("{name}: {how}"));
        }
        for way in &self.ways {
            let who = if way.callers.is_empty() {
                "все".to_owned()
            } else {
                way.callers.join(", ")
            };
            let when: Vec<&str> = way.stretches.iter().map(|it| it.shown.as_str()).collect();
            let mut when = when[..when.len().min(SAID_MAX)].join(", ");
            if way.count > SAID_MAX {
                when = format!("{when} … и ещё {}", way.count - SAID_MAX);
            }
            lines.push(format!(
                "  {who}: {when}; всего {}",
                spell::length(way.minutes)
            ));
            lines.push(format!("    было:  {}", way.before));
            lines.push(format!("    будет: {}", way.after));
        }
        lines
    }
}
