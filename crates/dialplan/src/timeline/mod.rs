//! Conditions over time: when each is surely true, surely false, or depends on the call.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gudok_calendar::{Overrides, Set, Tick, Zone};
use gudok_model::{Name, PhoneNumber, TrunkId, Wall};

use crate::callers::Who;
use crate::condition::{Condition, Depends, Tri, Var};
use crate::plan::{Number, Plan};

mod search;

use search::{Asked, Search, on_duty};

/// Most changes of one condition over the span: one that changes every hour of four years has fewer. One with more is taken
/// for unknown all the time, and counts as [not proved](Timelines::is_unproved).
const CHANGES_MAX: usize = 100_000;

/// Most moments at which all conditions of a proof are looked at together, two seconds of work; what comes then is taken for
/// unknown too, but for what is cheap by itself ([`MOMENTS_OWN`]).
const MOMENTS_MAX: u64 = 2_000_000;

/// Most evaluations of all conditions of a proof together, the same.
const EVALUATIONS_MAX: u64 = 500_000;

/// Of these, most of one condition of one kind of call: a dear one leaves something to the others.
const MOMENTS_OF_ONE: u64 = MOMENTS_MAX / 3;
const EVALUATIONS_OF_ONE: u64 = EVALUATIONS_MAX / 3;

/// What every condition may take, also where the others have taken all: hours and days of the horizon twice. What is cheap
/// is proved, in whatever order it is met.
const MOMENTS_OWN: u64 = 20_000;
const EVALUATIONS_OWN: u64 = 10_000;

/// Beyond so many times what all may take together nothing is proved, however cheap: thousands of cheap conditions are dear.
const OWN_TOGETHER: u64 = 5;

/// From each moment on, until the next: what is known. The first entry is at the beginning of the span; neighbours differ.
pub(crate) type Timeline<T> = Arc<[(Wall, T)]>;

/// What is supposed when a condition is asked.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The schedule that somebody has closed by hand, of which nothing else is asked.
    pub(crate) closed: Option<usize>,
    /// The number that was dialled, where there is but one.
    pub(crate) dialled: Option<PhoneNumber>,
    /// Where it came in, where there is but one.
    pub(crate) trunk: Option<TrunkId>,
    /// In which the clock is read.
    pub(crate) zone: Zone,
}

/// The timelines of one plan over one span, each worked out once.
pub(crate) struct Timelines<'p> {
    plan: &'p Plan,
    from: Wall,
    to: Wall,
    by_hand: &'p Overrides,
    schedules: BTreeMap<usize, Timeline<&'static str>>,
    conditions: BTreeMap<Key, Timeline<Tri>>,
    /// Conditions that were too much work.
    unproved: BTreeSet<Name>,
    /// How often a condition was evaluated: the work of a proof.
    pub(crate) evaluated: u64,
    moments: u64,
}

/// The words of a condition, and what it asks of what is supposed.
type Key = (
    Name,
    Who,
    Option<usize>,
    Option<PhoneNumber>,
    Option<TrunkId>,
    Name,
);

impl Given {
    /// A call to this number.
    pub(crate) fn of(number: &Number) -> Self {
        let only = match &number.dids[..] {
            [only] => Some(only.clone()),
            _ => None,
        };
        Self {
            closed: None,
            dialled: only,
            trunk: number.trunk.clone(),
            zone: number.zone.clone(),
        }
    }

    /// Only what the condition asks.
    fn asked_by(self, condition: &Condition) -> Self {
        let asks = |wanted: &dyn Fn(&Var) -> bool| {
            let mut vars = condition.vars.iter();
            vars.any(|(_, var)| wanted(var))
        };
        let clock = asks(&|var| matches!(var.depends(), Depends::Clock(_)));
        Self {
            closed: (self.closed)
                .filter(|index| asks(&|var| var.depends() == Depends::Schedule(*index))),
            dialled: self
                .dialled
                .filter(|_| asks(&|var| *var == Var::DialledNumber)),
            trunk: self.trunk.filter(|_| asks(&|var| *var == Var::Trunk)),
            zone: if clock { self.zone } else { Zone::utc() },
        }
    }

    fn key(&self, condition: &Condition, who: Who) -> Key {
        let (dialled, trunk) = (self.dialled.clone(), self.trunk.clone());
        let zone = self.zone.name().clone();
        (
            condition.text.clone(),
            who,
            self.closed,
            dialled,
            trunk,
            zone,
        )
    }
}

impl<'p> Timelines<'p> {
    /// Over this span, while this is set by hand.
    pub(crate) fn new(plan: &'p Plan, (from, to): (Wall, Wall), by_hand: &'p Overrides) -> Self {
        Self {
            plan,
            from,
            to,
            by_hand,
            schedules: BTreeMap::new(),
            conditions: BTreeMap::new(),
            unproved: BTreeSet::new(),
            evaluated: 0,
            moments: 0,
        }
    }

    /// What is known of a condition of the plan over the whole span, when each of these calls.
    pub(crate) fn of(
        &mut self,
        condition: &Condition,
        given: Given,
        callers: &[Who],
    ) -> Vec<Timeline<Tri>> {
        let given = given.asked_by(condition);
        let asked = callers.iter().map(|who| who.asked_by(condition));
        let keys: Vec<Key> = asked.map(|who| given.key(condition, who)).collect();
        let new: BTreeSet<Who> = (keys.iter())
            .filter(|key| !self.conditions.contains_key(key))
            .map(|key| key.1)
            .collect();
        let new: Vec<Who> = new.into_iter().collect();
        if !new.is_empty() {
            let lines = self.worked_out(condition, &given, &new);
            if lines.is_none() {
                self.unproved.insert(condition.text.clone());
            }
            let lines = lines.unwrap_or_else(|| vec![vec![(self.from, Tri::Either)]; new.len()]);
            for (who, line) in new.into_iter().zip(lines) {
                let key = given.key(condition, who);
                self.conditions.insert(key, line.into());
            }
        }
        let line = |key| self.conditions.get(key).map(Arc::clone);
        keys.iter().filter_map(line).collect()
    }

    /// Whether it was too much work to work the condition out: it counts as unknown.
    pub(crate) fn is_unproved(&self, condition: &Condition) -> bool {
        self.unproved.contains(&condition.text)
    }

    /// When anybody of a roster is on duty: surely true or surely false, by its turns.
    pub(crate) fn duty(&self, index: usize) -> Timeline<Tri> {
        let is_there = |at| match on_duty(self.plan, index, at) {
            (0, _) => Tri::False,
            _ => Tri::True,
        };
        let mut out: Vec<(Wall, Tri)> = Vec::new();
        for at in std::iter::once(self.from).chain(self.changes(index)) {
            push(&mut out, at, is_there(at));
        }
        out.into()
    }

    /// The moments of the span at which who is on duty changes.
    fn changes(&self, index: usize) -> impl Iterator<Item = Wall> {
        let (plan, to) = (self.plan, self.to);
        let next = move |at: &Wall| plan.rosters.get(index)?.roster.changes(*at);
        std::iter::successors(next(&self.from), next).take_while(move |at| *at < to)
    }

    /// What a schedule says, with what is set over it by hand.
    pub(crate) fn schedule(&mut self, index: usize) -> Timeline<&'static str> {
        let (plan, from, to) = (self.plan, self.from, self.to);
        let by_hand = self.by_hand;
        let line = self.schedules.entry(index).or_insert_with(|| {
            let mut cells = plan.schedules[index].cells(from, to);
            let name = &plan.schedule_names[index];
            if let Some(set) = by_hand.hours(from, name) {
                let code = match set.set {
                    Set::Open => "open",
                    Set::Closed | Set::Announce { .. } => BY_HAND,
                };
                overlay(&mut cells, (set.since, set.until), code);
            }
            cells.into()
        });
        Arc::clone(line)
    }

    /// When a schedule opens next, from each moment on; None: it is open, or stays closed.
    pub(crate) fn opening(&mut self, index: usize) -> Vec<(Wall, Option<Wall>)> {
        let mut next = self.plan.schedules[index].opens_from(self.to);
        let mut out = Vec::new();
        for (at, code) in self.schedule(index).iter().rev() {
            let is_open = *code == "open";
            out.push((*at, next.filter(|_| !is_open)));
            next = if is_open { Some(*at) } else { next };
        }
        out.reverse();
        out
    }

    /// None: it is too much work.
    fn worked_out(
        &mut self,
        condition: &Condition,
        given: &Given,
        callers: &[Who],
    ) -> Option<Vec<Vec<(Wall, Tri)>>> {
        let asked = Asked::of(condition);
        let open = asked.schedules.iter();
        let open = open.filter(|index| given.closed != Some(**index));
        let mut lines: Vec<_> = open.map(|index| (*index, self.schedule(*index))).collect();
        if let Some(index) = given.closed {
            lines.push((index, Arc::from([(self.from, BY_HAND)])));
        }
        let mut search = Search::new(condition, (given, callers), &asked, &lines);
        let edges = self.edges(&asked, &lines, given);
        let ends = edges.iter().skip(1).copied().chain([self.to]);
        for (at, until) in edges.iter().copied().zip(ends) {
            search.finer(self, Tick::Day, (at, until))?;
        }
        Some(search.out)
    }

    /// Every moment at which a condition may change but by the hour.
    fn edges(
        &self,
        asked: &Asked,
        lines: &[(usize, Timeline<&'static str>)],
        given: &Given,
    ) -> Vec<Wall> {
        let mut edges = vec![self.from];
        let changes = lines
            .iter()
            .flat_map(|(_, line)| line.iter().map(|(at, _)| *at));
        edges.extend(changes);
        edges.extend(asked.rosters.iter().flat_map(|index| self.changes(*index)));
        if asked.days {
            edges.extend(given.zone.ticks(Tick::Day, self.from, self.to));
        }
        edges.retain(|at| *at < self.to);
        edges.sort_unstable();
        edges.dedup();
        edges
    }
}

/// Why a schedule is closed that somebody has closed.
const BY_HAND: &str = "override";

/// Another entry, unless it says what the last one does.
fn push<T: PartialEq>(out: &mut Vec<(Wall, T)>, at: Wall, what: T) {
    if out.last().is_none_or(|(_, last)| *last != what) {
        out.push((at, what));
    }
}

/// Something else between two moments.
fn overlay(
    cells: &mut Vec<(Wall, &'static str)>,
    (since, until): (Wall, Wall),
    code: &'static str,
) {
    let Some((begin, _)) = cells.first().copied() else {
        return;
    };
    let since = since.max(begin);
    if until <= since {
        return;
    }
    let after = value_at(cells, until);
    let mut laid: Vec<(Wall, &'static str)> = Vec::new();
    let before = cells.iter().filter(|(at, _)| *at < since);
    let behind = cells.iter().filter(|(at, _)| *at > until);
    let all = before.copied().chain([(since, code), (until, after)]);
    for (at, what) in all.chain(behind.copied()) {
        push(&mut laid, at, what);
    }
    *cells = laid;
}

/// What holds at `at`, which is not before the line begins.
pub(crate) fn value_at<T: Copy>(line: &[(Wall, T)], at: Wall) -> T {
    let after = line.partition_point(|(since, _)| *since <= at);
    line[after.max(1) - 1].1
}
