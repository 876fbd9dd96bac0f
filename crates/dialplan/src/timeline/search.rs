//! One condition worked out over time: as coarsely as it can be told.
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use gudok_calendar::{Date, Local, Tick, Zone};
use gudok_model::{Name, Wall};

use super::{
    CHANGES_MAX, EVALUATIONS_MAX, EVALUATIONS_OF_ONE, EVALUATIONS_OWN, Given, MOMENTS_MAX,
    MOMENTS_OF_ONE, MOMENTS_OWN, OWN_TOGETHER, Timeline, Timelines, push, value_at,
};
use crate::callers::Who;
use crate::condition::{Condition, Depends, Fact, Tri, Var, weekday};
use crate::plan::Plan;

/// What of the time a condition asks.
pub(super) struct Asked {
    pub(super) schedules: BTreeSet<usize>,
    pub(super) rosters: BTreeSet<usize>,
    pub(super) days: bool,
    /// How finely; None: not the clock.
    tick: Option<Tick>,
}

impl Asked {
    pub(super) fn of(condition: &Condition) -> Self {
        let mut asked = Self {
            schedules: BTreeSet::new(),
            rosters: BTreeSet::new(),
            days: false,
            tick: None,
        };
        for (_, var) in &condition.vars {
            match var.depends() {
                Depends::Schedule(index) => {
                    asked.schedules.insert(index);
                }
                Depends::Roster(index) => {
                    asked.rosters.insert(index);
                }
                Depends::Clock(tick) => {
                    asked.days |= tick == Tick::Day;
                    asked.tick = asked.tick.max(Some(tick));
                }
                Depends::Opening(_) | Depends::Caller | Depends::Called | Depends::Call => {}
            }
        }
        asked
    }
}

/// One condition being worked out.
pub(super) struct Search<'a> {
    condition: &'a Condition,
    given: &'a Given,
    asked: &'a Asked,
    lines: &'a [(usize, Timeline<&'static str>)],
    callers: &'a [Who],
    known: BTreeMap<Seen, Rc<[Tri]>>,
    moments: u64,
    evaluated: u64,
    /// As `callers`.
    pub(super) out: Vec<Vec<(Wall, Tri)>>,
}

impl<'a> Search<'a> {
    /// `lines` are those of the schedules it asks.
    pub(super) fn new(
        condition: &'a Condition,
        (given, callers): (&'a Given, &'a [Who]),
        asked: &'a Asked,
        lines: &'a [(usize, Timeline<&'static str>)],
    ) -> Self {
        Self {
            condition,
            given,
            asked,
            lines,
            callers,
            known: BTreeMap::new(),
            moments: 0,
            evaluated: 0,
            out: vec![Vec::new(); callers.len()],
        }
    }

    /// From one moment to another: at once where it is told without the hour, else hour by hour, else minute by minute.
    /// None: it is too much work.
    pub(super) fn finer(
        &mut self,
        lines: &mut Timelines<'_>,
        tick: Tick,
        (from, until): (Wall, Wall),
    ) -> Option<()> {
        let tri = self.at(lines, tick, from)?;
        let next = match tick {
            Tick::Day => Tick::Hour,
            Tick::Hour | Tick::Minute => Tick::Minute,
        };
        let may_be_finer = tick < Tick::Minute && self.asked.tick >= Some(next);
        if !tri.contains(&Tri::Either) || !may_be_finer {
            let mut most = 0;
            for (line, tri) in self.out.iter_mut().zip(&*tri) {
                push(line, from, *tri);
                most = most.max(line.len());
            }
            return (most <= CHANGES_MAX).then_some(());
        }
        let zone = &self.given.zone;
        let begins = std::iter::once(from).chain(zone.ticks(next, from, until));
        let begins: Vec<Wall> = begins.collect();
        let ends = begins.iter().skip(1).copied().chain([until]);
        let mut spans = begins.iter().copied().zip(ends);
        spans.try_for_each(|span| self.finer(lines, next, span))
    }

    /// What is known at a moment, for each of the callers.
    fn at(&mut self, lines: &mut Timelines<'_>, tick: Tick, at: Wall) -> Option<Rc<[Tri]>> {
        let tick = self.asked.tick.map(|_| tick);
        let mut seen = Seen::at(at, self.condition, &self.given.zone, tick, self.lines);
        let there = |index: &usize| (*index, on_duty(lines.plan, *index, at));
        seen.rosters = self.asked.rosters.iter().map(there).collect();
        lines.moments += 1;
        self.moments += 1;
        let (given, condition) = (self.given, self.condition);
        let (callers, plan) = (self.callers, lines.plan);
        let told = self.known.entry(seen).or_insert_with_key(|seen| {
            lines.evaluated += callers.len() as u64;
            self.evaluated += callers.len() as u64;
            let supposed =
                |who: &Who| condition.supposed(&plan.env, &|var| seen.fact(var, given, who));
            callers.iter().map(supposed).collect()
        });
        let told = Rc::clone(told);
        let is_cheap = self.moments <= MOMENTS_OWN
            && self.evaluated <= EVALUATIONS_OWN
            && lines.moments <= OWN_TOGETHER * MOMENTS_MAX
            && lines.evaluated <= OWN_TOGETHER * EVALUATIONS_MAX;
        let of_one = self.moments <= MOMENTS_OF_ONE && self.evaluated <= EVALUATIONS_OF_ONE;
        let of_all = lines.moments <= MOMENTS_MAX && lines.evaluated <= EVALUATIONS_MAX;
        (is_cheap || (of_one && of_all)).then_some(told)
    }
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
            hour: read(Var::NowHour)
                .filter(|_| tick >= Some(Tick::Hour))
                .map(|local| local.hour),
            minute: read(Var::NowMinute)
                .filter(|_| tick >= Some(Tick::Minute))
                .map(|local| local.minute),
            weekday: read(Var::NowWeekday).map(|local| weekday(local.weekday())),
            date: read(Var::NowDate).map(|local| local.date),
        }
    }

    fn fact(&self, var: &Var, given: &Given, who: &Who) -> Option<Fact<'static>> {
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
            Var::DialledNumber => Some(Fact::Text(given.dialled.as_ref()?.to_string().into())),
            Var::Trunk => Some(Fact::Text(given.trunk.as_ref()?.to_string().into())),
            // What only the call brings is not known: see `Var::depends`.
            var => who.fact(var),
        }
    }
}

/// How many are on duty and who is first, as `roster.NAME.on_duty` and `.first` of a live call.
pub(super) fn on_duty(plan: &Plan, index: usize, at: Wall) -> OnDuty {
    let roster = plan.rosters.get(index).map(|it| &it.roster);
    let mut there = roster.into_iter().flat_map(|roster| roster.on_duty(at));
    let first = there.next();
    let count = usize::from(first.is_some()) + there.count();
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    (count, first.map(|person| person.name.clone()))
}
