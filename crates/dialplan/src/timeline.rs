//! Conditions over time: when each is surely true, surely false, or depends on the call.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gudok_calendar::{Date, Local, Tick, Zone};
use gudok_model::{Name, Wall};

use crate::condition::{Condition, Depends, Fact, Tri, Var, weekday};
use crate::plan::Plan;

/// From each moment on, until the next: what is known. The first entry is at the beginning of the span; neighbours differ.
pub(crate) type Timeline<T> = Arc<[(Wall, T)]>;

/// A class of callers that a plan tells apart, for a proof that knows who calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Class {
    /// `caller.anonymous`.
    pub(crate) anonymous: bool,
    /// `client.class`.
    pub(crate) client: &'static str,
}

/// The timelines of one plan over one span, each worked out once.
pub(crate) struct Timelines<'p> {
    plan: &'p Plan,
    from: Wall,
    to: Wall,
    schedules: BTreeMap<usize, Timeline<&'static str>>,
    conditions: BTreeMap<(Name, Name, Option<Class>), Timeline<Tri>>,
    /// How often a condition was evaluated: the work of a proof.
    pub(crate) evaluated: u64,
}

/// The facts of a condition at one moment; moments with the same facts have the same answer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    schedules: Vec<(usize, &'static str)>,
    rosters: Vec<(usize, OnDuty)>,
    hour: Option<u8>,
    minute: Option<u8>,
    weekday: Option<&'static str>,
    date: Option<Date>,
}

/// How many are on duty, and who is called first.
type OnDuty = (i64, Option<Name>);

impl<'p> Timelines<'p> {
    pub(crate) fn new(plan: &'p Plan, from: Wall, to: Wall) -> Self {
        Self {
            plan,
            from,
            to,
            schedules: BTreeMap::new(),
            conditions: BTreeMap::new(),
            evaluated: 0,
        }
    }

    /// What is known of a condition of the plan, its clock read in `zone`, over the whole span.
    pub(crate) fn of(
        &mut self,
        condition: &Condition,
        zone: &Zone,
        class: Option<Class>,
    ) -> Timeline<Tri> {
        let key = (condition.text.clone(), zone.name().clone(), class);
        if let Some(known) = self.conditions.get(&key) {
            return Arc::clone(known);
        }
        let line = self.worked_out(condition, zone, class);
        self.conditions.insert(key, Arc::clone(&line));
        line
    }

    /// When anybody of a roster is on duty: surely true or surely false, by its turns.
    pub(crate) fn duty(&self, index: usize) -> Timeline<Tri> {
        let is_there = |at| match on_duty(self.plan, index, at) {
            (0, _) => Tri::False,
            _ => Tri::True,
        };
        let mut out: Vec<(Wall, Tri)> = Vec::new();
        for at in std::iter::once(self.from).chain(self.changes(index)) {
            let tri = is_there(at);
            if out.last().is_none_or(|(_, last)| *last != tri) {
                out.push((at, tri));
            }
        }
        out.into()
    }

    /// The moments of the span at which who is on duty changes.
    fn changes(&self, index: usize) -> impl Iterator<Item = Wall> {
        let (plan, to) = (self.plan, self.to);
        let next = move |at: &Wall| plan.rosters.get(index)?.roster.changes(*at);
        std::iter::successors(next(&self.from), next).take_while(move |at| *at < to)
    }

    fn schedule(&mut self, index: usize) -> Timeline<&'static str> {
        let (plan, from, to) = (self.plan, self.from, self.to);
        let line = self
            .schedules
            .entry(index)
            .or_insert_with(|| plan.schedules[index].cells(from, to).into());
        Arc::clone(line)
    }

    fn worked_out(
        &mut self,
        condition: &Condition,
        zone: &Zone,
        class: Option<Class>,
    ) -> Timeline<Tri> {
        let mut lines = Vec::new();
        let mut rosters = BTreeSet::new();
        let mut tick = None;
        for (_, var) in &condition.vars {
            match var.depends() {
                Depends::Schedule(index) if lines.iter().all(|(known, _)| *known != index) => {
                    lines.push((index, self.schedule(index)));
                }
                Depends::Roster(index) => {
                    rosters.insert(index);
                }
                Depends::Clock(finer) => tick = tick.max(Some(finer)),
                Depends::Schedule(_) | Depends::Class | Depends::Call => {}
            }
        }
        let mut edges = vec![self.from];
        edges.extend(
            lines
                .iter()
                .flat_map(|(_, line)| line.iter().map(|(at, _)| *at)),
        );
        edges.extend(rosters.iter().flat_map(|index| self.changes(*index)));
        edges.extend(
            tick.into_iter()
                .flat_map(|tick| zone.ticks(tick, self.from, self.to)),
        );
        edges.sort_unstable();
        edges.dedup();
        let mut known: BTreeMap<Seen, Tri> = BTreeMap::new();
        let mut out: Vec<(Wall, Tri)> = Vec::new();
        for at in edges {
            let mut seen = Seen::at(at, condition, zone, tick, &lines);
            let there = |index: &usize| (*index, on_duty(self.plan, *index, at));
            seen.rosters = rosters.iter().map(there).collect();
            let tri = *known.entry(seen).or_insert_with_key(|seen| {
                self.evaluated += 1;
                condition.supposed(&self.plan.env, &|var| seen.fact(var, class))
            });
            if out.last().is_none_or(|(_, last)| *last != tri) {
                out.push((at, tri));
            }
        }
        out.into()
    }
}

impl Seen {
    fn at(
        at: Wall,
        condition: &Condition,
        zone: &Zone,
        tick: Option<Tick>,
        lines: &[(usize, Timeline<&'static str>)],
    ) -> Self {
        let local: Option<Local> = tick.map(|_| zone.local(at));
        let asks = |wanted: &Var| condition.vars.iter().any(|(_, var)| var == wanted);
        let read = |wanted: Var| local.filter(|_| asks(&wanted));
        Self {
            schedules: lines
                .iter()
                .map(|(index, line)| (*index, value_at(line, at)))
                .collect(),
            rosters: Vec::new(),
            hour: read(Var::NowHour).map(|local| local.hour),
            minute: read(Var::NowMinute).map(|local| local.minute),
            weekday: read(Var::NowWeekday).map(|local| weekday(local.weekday())),
            date: read(Var::NowDate).map(|local| local.date),
        }
    }

    fn fact(&self, var: &Var, class: Option<Class>) -> Option<Fact<'static>> {
        let code = |index: &usize| {
            let found = self.schedules.iter().find(|(known, _)| known == index);
            found.map(|(_, code)| *code)
        };
        let there = |index: &usize| {
            let found = self.rosters.iter().find(|(known, _)| known == index);
            found.map(|(_, there)| there)
        };
        match var {
            Var::ScheduleOpen(index) => Some(Fact::Bool(code(index)? == "open")),
            Var::ScheduleReason(index) => Some(Fact::Text(code(index)?.into())),
            Var::RosterOnDuty(index) => Some(Fact::Int(there(index)?.0)),
            Var::RosterFirst(index) => {
                let first = there(index)?.1.as_deref().unwrap_or_default();
                Some(Fact::Text(first.to_owned().into()))
            }
            Var::NowHour => Some(Fact::Int(self.hour?.into())),
            Var::NowMinute => Some(Fact::Int(self.minute?.into())),
            Var::NowWeekday => Some(Fact::Text(self.weekday?.into())),
            Var::NowDate => Some(Fact::Text(self.date?.to_string().into())),
            Var::ClientClass => Some(Fact::Text(class?.client.into())),
            Var::CallerAnonymous => Some(Fact::Bool(class?.anonymous)),
            // What only the call brings: see `Var::depends`.
            _ => None,
        }
    }
}

/// As `roster.NAME.on_duty` and `.first` of a live call.
fn on_duty(plan: &Plan, index: usize, at: Wall) -> OnDuty {
    let roster = plan.rosters.get(index).map(|it| &it.roster);
    let mut there = roster.into_iter().flat_map(|roster| roster.on_duty(at));
    let first = there.next();
    let count = usize::from(first.is_some()) + there.count();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (count, first.map(|person| person.name.clone()))
}

/// What holds at `at`, which is not before the line begins.
pub(crate) fn value_at<T: Copy>(line: &[(Wall, T)], at: Wall) -> T {
    let after = line.partition_point(|(since, _)| *since <= at);
    line[after.max(1) - 1].1
}
