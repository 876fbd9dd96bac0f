//! What another version of a plan does otherwise, when, and with which callers.
//!
//! The time is cut as for the proof of coverage. In each cell both plans are walked side by side from the number's first step,
//! through every end a step may have and both ways of each condition that only the call can answer; the first step at which
//! they part is the difference.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gudok_calendar::{Overrides, Roster};
use gudok_model::{Name, PhoneNumber, QueueSettings, Wall};
use serde::Serialize;

use crate::callers::Who;
use crate::condition::{CLASSES, Var};
use crate::coverage::{Horizon, LISTED_MAX, Listed};
use crate::flow::{At, What};
use crate::plan::{Number, Plan};
use crate::spell;
use crate::survey::Survey;
use crate::timeline::Timelines;

mod same;
mod side;
mod told;

use side::{Answers, Side, Told};

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
    /// Whether it is answered, recorded or reached otherwise, or has a flow for busy times in one version only.
    pub taken_otherwise: bool,
    /// How long a time was looked at. Minutes.
    pub looked_at: i64,
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
    /// Whether it is the way of calls that come when there are more than can be served (`busy`).
    pub busy: bool,
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
    /// What this version does otherwise than `old`, over the horizon, while this is set by hand over the schedules of both.
    pub fn differs_from(&self, old: &Self, horizon: Horizon, by_hand: &Overrides) -> Difference {
        let zones = old.numbers.iter().chain(&self.numbers);
        let (from, to) = horizon.widest(zones.map(|number| &number.zone));
        let mut lines = (
            Timelines::new(old, (from, to), by_hand),
            Timelines::new(self, (from, to), by_hand),
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
            queues: changed(&queues(old), &queues(self), |queue| queue.0.id.as_str()),
            rosters: changed(
                &rosters(old),
                &rosters(self),
                |(name, _): &(&Name, &Roster)| name,
            ),
        }
    }
}

/// Queues with what is asked after their talks, wherever that stands in the text.
fn queues(plan: &Plan) -> Vec<(&QueueSettings, Option<Survey>)> {
    let survey = |queue: &QueueSettings| {
        let found = plan.survey(&queue.id).map(|it| (**it).clone());
        found.map(|it| Survey {
            place: "".into(),
            ..it
        })
    };
    let queues = plan.queues.iter();
    queues.map(|queue| (queue, survey(queue))).collect()
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
        looked_at: 0,
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
    let mut found: BTreeMap<(Parting, Vec<Span>, bool), Vec<String>> = BTreeMap::new();
    let classes = classes(&sides.0, &sides.1);
    for (class, name) in &classes {
        let asked = (
            sides.0.answers(*class, &mut lines.0),
            sides.1.answers(*class, &mut lines.1),
        );
        for (busy, start) in starts(old, new) {
            for (parting, spans) in partings(sides, start, &asked, span) {
                let callers = found.entry((parting, spans, busy)).or_default();
                callers.push(name.clone());
            }
        }
    }
    let taken = |number: &Number| {
        let (busy, schedule) = (number.busy.is_some(), number.schedule.clone());
        let trunk = number.trunk.clone();
        let (answer, record) = (number.answer, number.record);
        (trunk, answer, record, busy, schedule, number.locale)
    };
    let taken_otherwise = taken(old) != taken(new);
    if found.is_empty() && !taken_otherwise {
        return None;
    }
    // Busy times are none of the clock: their ways are told, and count no hours.
    let usual = found.keys().filter(|(.., busy)| !busy);
    let minutes = union(usual.flat_map(|(_, spans, _)| spans).copied().collect());
    let mut ways: Vec<Way> = found
        .into_iter()
        .map(|((parting, spans, busy), mut callers)| {
            if callers.len() == classes.len() {
                callers.clear();
            }
            Way {
                busy,
                ..way(new, parting, &spans, callers)
            }
        })
        .collect();
    ways.sort_by_key(|way| (way.busy, -way.minutes));
    Some(Otherwise {
        did: did.to_string(),
        label: new.label.clone(),
        served: Served::Both,
        taken_otherwise,
        looked_at: (span.1.0 - span.0.0) / MINUTE,
        minutes,
        ways,
    })
}

/// Where calls of both versions begin, and whether only in busy times.
fn starts(old: &Number, new: &Number) -> Vec<(bool, (At, At))> {
    let usual = (old.entry, new.entry);
    let busy = old.busy_entry.zip(new.busy_entry);
    let starts = std::iter::once((false, usual)).chain(busy.map(|flows| (true, flows)));
    starts
        .map(|(busy, (a, b))| (busy, ((a, 0), (b, 0))))
        .collect()
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;
fn way(number: &Number, parting: Parting, spans: &[Span], callers: Vec<String>) -> Way {
    let listed = |(from, until): &Span| Listed {
        from: *from,
        until: *until,
        shown: spell::between(&number.zone, *from, *until),
    };
    Way {
        callers,
        busy: false,
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
fn classes(old: &Side<'_>, new: &Side<'_>) -> Vec<(Who, String)> {
    let asks = |wanted: &Var| {
        let conditions = old.asked.iter().chain(&new.asked);
        conditions
            .into_iter()
            .any(|(_, condition)| condition.vars.iter().any(|(_, var)| var == wanted))
    };
    let (by_hidden, by_class) = (asks(&Var::CallerAnonymous), asks(&Var::ClientClass));
    let mut classes = Vec::new();
    if by_hidden {
        let hidden = Who {
            anonymous: Some(true),
            class: by_class.then_some("unknown"),
            ..Who::ANYBODY
        };
        classes.push((hidden, "номер скрыт".to_owned()));
    }
    let shown = Who {
        anonymous: by_hidden.then_some(false),
        ..Who::ANYBODY
    };
    if !by_class {
        classes.push((shown, "номер не скрыт".to_owned()));
        return classes;
    }
    let of_class = |class| {
        let class = Some(class);
        Who { class, ..shown }
    };
    let named = |class| (of_class(class), format!("client.class = {class}"));
    classes.extend(CLASSES.into_iter().map(named));
    classes
}

/// Where the two part in each cell of the span, and the stretches of each parting.
fn partings(
    sides: &(Side<'_>, Side<'_>),
    start: (At, At),
    asked: &(Answers, Answers),
    span: Span,
) -> BTreeMap<Parting, Vec<Span>> {
    let moments = asked.0.moments().chain(asked.1.moments());
    let mut edges: Vec<Wall> = moments.filter(|at| span.0 < *at && *at < span.1).collect();
    edges.push(span.0);
    edges.sort_unstable();
    edges.dedup();
    let mut known: BTreeMap<(Told, Told), Option<Parting>> = BTreeMap::new();
    let mut found: BTreeMap<Parting, Vec<Span>> = BTreeMap::new();
    for (at, until) in edges.iter().zip(edges.iter().skip(1).chain([&span.1])) {
        let told = (asked.0.at(*at), asked.1.at(*at));
        let parting = known.entry(told);
        let parting = parting.or_insert_with_key(|told| part(sides, start, told));
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
    start: (At, At),
    told: &(Told, Told),
) -> Option<Parting> {
    let are_alike = |a: usize, b: usize| told.0.schedules.get(&a) == told.1.schedules.get(&b);
    let mut seen = BTreeSet::from([start]);
    let mut left = VecDeque::from([start]);
    while let Some((a, b)) = left.pop_front() {
        let (a, b) = (
            old.settle(a, &told.0.conditions),
            new.settle(b, &told.1.conditions),
        );
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
            ) if same::is_told_alike((old, asked), (new, same), are_alike) => {
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
