//! Promises to call back that are made while nobody is there to keep them: their time runs all the same.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{Name, Wall};
use serde::Serialize;

use super::graph::Graph;
use super::walk::Walked;
use super::{LISTED_MAX, Listed};
use crate::flow::{At, What};
use crate::plan::Number;
use crate::spell;
use crate::timeline::Timelines;

/// A `callback` without a schedule that callers may come to while every schedule which their number asks is closed.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AtNight {
    /// The step.
    pub place: Name,
    /// How many stretches there are.
    pub count: usize,
    /// The first of them, at most [`LISTED_MAX`].
    pub stretches: Vec<Listed>,
    /// How long they are together. Minutes.
    pub minutes: i64,
    #[serde(skip)]
    pub(crate) at: At,
}

/// A stretch of time.
type Span = (Wall, Wall);

/// Finds them: `reached` are the cells of the number, each with the walk of its calls.
pub(super) fn at_night<'w>(
    graph: &Graph<'_>,
    number: &Number,
    schedules: &BTreeSet<usize>,
    reached: impl Iterator<Item = (Wall, Wall, &'w Walked)>,
    timelines: &mut Timelines<'_>,
) -> Vec<AtNight> {
    let promises = |node: &usize| match &graph.nodes[*node].op.what {
        What::Promise(promise) => promise.owed.schedule.is_none(),
        _ => false,
    };
    // A number that asks no schedule is there by day and by night.
    if schedules.is_empty() || !(0..graph.nodes.len()).any(|node| promises(&node)) {
        return Vec::new();
    }
    let closed = closed(schedules, timelines);
    let mut found: BTreeMap<Name, (At, Vec<Span>)> = BTreeMap::new();
    for (from, until, walked) in reached {
        let nodes: BTreeSet<usize> = walked.states.iter().map(|state| state.node).collect();
        let mut places = BTreeSet::new();
        for node in nodes.into_iter().filter(promises) {
            let (at, op) = (graph.nodes[node].at, graph.nodes[node].op);
            // One offer is laid out as several promises.
            if places.insert(&op.place) {
                let entry = found.entry(op.place.clone());
                let (_, spans) = entry.or_insert_with(|| (at, Vec::new()));
                add(spans, &closed, (from, until));
            }
        }
    }
    let told = |(place, (at, spans)): (Name, (At, Vec<Span>))| {
        let listed = |(from, until): &Span| Listed {
            from: *from,
            until: *until,
            shown: spell::between(&number.zone, *from, *until),
        };
        AtNight {
            place,
            count: spans.len(),
            stretches: spans.iter().take(LISTED_MAX).map(listed).collect(),
            minutes: spans.iter().map(|(a, b)| (b.0 - a.0) / 60_000_000).sum(),
            at,
        }
    };
    let found = found
        .into_iter()
        .filter(|(_, (_, spans))| !spans.is_empty());
    found.map(told).collect()
}

/// When none of these is open.
fn closed(schedules: &BTreeSet<usize>, timelines: &mut Timelines<'_>) -> Vec<Span> {
    let mut changes: Vec<(Wall, usize, bool)> = Vec::new();
    for index in schedules {
        let line = timelines.schedule(*index);
        changes.extend(line.iter().map(|(at, code)| (*at, *index, *code == "open")));
    }
    changes.sort_unstable();
    let (mut open, mut since) = (BTreeSet::new(), None);
    let mut spans = Vec::new();
    for (at, index, is_open) in changes {
        match is_open {
            true => open.insert(index),
            false => open.remove(&index),
        };
        match (open.is_empty(), since) {
            (true, None) => since = Some(at),
            (false, Some(begun)) => {
                // What closes and opens at one moment was never closed.
                spans.extend((begun < at).then_some((begun, at)));
                since = None;
            }
            _ => {}
        }
    }
    spans.extend(since.map(|begun| (begun, Wall(i64::MAX))));
    spans
}

/// The parts of a cell that lie in closed time, joined to what goes before.
fn add(spans: &mut Vec<Span>, closed: &[Span], (from, until): Span) {
    let first = closed.partition_point(|(_, end)| *end <= from);
    let parts = closed[first..].iter();
    for (begin, end) in parts.take_while(|(begin, _)| *begin < until) {
        let part = (from.max(*begin), until.min(*end));
        match spans.last_mut() {
            Some(last) if last.1 == part.0 => last.1 = part.1,
            _ => spans.push(part),
        }
    }
}
