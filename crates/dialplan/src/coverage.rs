//! The proof that no moment of the next year is left unanswered (behaviour Q0).
//!
//! Time is cut into the finite number of cells in which no condition changes by the clock alone. In each cell the flows
//! are walked both ways wherever something else decides. Every way must meet a person (a queue, a number outside) or take
//! a message; one that ends before with a closing phrase is a gap, unless the number allows that reason
//! (`allow_closed`). A hang-up without a word has its `allow_hangup`, and the flow for busy times is a promise by itself.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use gudok_calendar::{Date, Zone, parse_date};
use gudok_model::{Name, Wall};
use serde::Serialize;

use crate::condition::Tri;
use crate::flow::{At, What};
use crate::plan::{Number, Plan};
use crate::spell;
use crate::timeline::{Timeline, Timelines, value_at};

/// How far ahead is proved when nothing else is asked for. Days.
pub const DAYS: u32 = 400;

/// Most days that may be asked for.
pub const DAYS_MAX: u32 = 1500;

/// Most stretches of one gap that are listed; the others are counted.
pub const LISTED_MAX: usize = 200;

/// The days that are looked at, whole in the zone of each number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Horizon {
    first: First,
    days: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum First {
    DayOf(Wall),
    Date(Date),
}

/// What becomes of the calls to every number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Coverage {
    /// As in the plan.
    pub numbers: Vec<Covered>,
    /// How often a condition was evaluated.
    pub evaluated: u64,
    /// How often the flows were walked.
    pub walked: u64,
}

/// What becomes of the calls to one number.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Covered {
    /// As people call it.
    pub label: String,
    /// Where it stands in the plan.
    pub place: Name,
    /// The zone the days are counted in.
    pub zone: Name,
    /// From here …
    pub from: Wall,
    /// … to here.
    pub to: Wall,
    /// Into how many cells the time was cut.
    pub cells: usize,
    /// How calls may end and when, neighbours taken together where they end alike.
    pub stretches: Vec<Stretch>,
    /// Ends that nobody wanted.
    pub gaps: Vec<Gap>,
}

/// A stretch of time in which calls may end so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Stretch {
    /// From here …
    pub from: Wall,
    /// … to here.
    pub until: Wall,
    /// Every end some call may come to first.
    pub ends: BTreeSet<Ending>,
}

/// What a call comes to first: a person, a message, or the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum Ending {
    /// A queue with people behind it.
    Queue {
        /// Which.
        queue: Name,
    },
    /// A number outside, masked.
    External {
        /// Which.
        number: String,
    },
    /// Whoever is on duty at that hour.
    Duty {
        /// By which roster.
        roster: Name,
    },
    /// A message is taken.
    Voicemail,
    /// A closing phrase.
    Closed {
        /// Why.
        reason: Name,
        /// Where it stands.
        place: Name,
    },
    /// The receiver is put down; the plan says why.
    HungUp {
        /// Why.
        reason: Name,
    },
    /// Nothing but going round, to the limit of steps.
    Round {
        /// Where the call begins.
        place: Name,
    },
}

/// An end without a person or a message that the number does not allow.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Gap {
    /// The step that ends the call.
    pub place: Name,
    /// Its reason.
    pub reason: Name,
    /// Whether the number said which reasons it allows: then this is an error.
    pub strict: bool,
    /// How many stretches there are.
    pub count: usize,
    /// The first of them, at most [`LISTED_MAX`].
    pub stretches: Vec<Listed>,
    /// How long they are together. Minutes.
    pub minutes: i64,
    /// The conditions that lead there at the beginning of the first stretch, in order.
    pub because: Vec<String>,
    #[serde(skip)]
    pub(crate) at: At,
}

/// One stretch of a gap.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Listed {
    /// From here …
    pub from: Wall,
    /// … to here.
    pub until: Wall,
    /// In the zone of the number: `вс 03.01.2027 02:00–02:10`.
    pub shown: String,
}

/// Russian: `очередь tech`, `закрывающая фраза (holiday, 8800.toml:145:11)`.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue { queue } => write!(f, "очередь {queue}"),
            Self::External { number } => write!(f, "внешний номер {number}"),
            Self::Duty { roster } => write!(f, "дежурный по графику {roster}"),
            Self::Voicemail => f.write_str("голосовая почта"),
            Self::Closed { reason, place } => write!(f, "закрывающая фраза ({reason}, {place})"),
            Self::HungUp { reason } => write!(f, "отбой без слов ({reason})"),
            Self::Round { place } => write!(f, "круг до предела шагов (с {place})"),
        }
    }
}

impl Horizon {
    /// [`DAYS`] days from the one `now` is in.
    pub fn from_now(now: Wall) -> Self {
        Self {
            first: First::DayOf(now),
            days: DAYS,
        }
    }

    /// From a date such as `2027-01-03`; None when it is none.
    pub fn from_date(date: &str) -> Option<Self> {
        let first = First::Date(parse_date(date)?);
        Some(Self { first, days: DAYS })
    }

    /// So many days, 1 to [`DAYS_MAX`].
    pub fn days(self, days: u32) -> Self {
        let days = days.clamp(1, DAYS_MAX);
        Self { days, ..self }
    }

    /// The moments between which it lies in a zone.
    pub(crate) fn span(self, zone: &Zone) -> (Wall, Wall) {
        let first = match self.first {
            First::DayOf(now) => zone.local(now).date,
            First::Date(date) => date,
        };
        let mut last = first;
        for _ in 0..self.days {
            last = last.tomorrow().unwrap_or(last);
        }
        (zone.midnight(first), zone.midnight(last))
    }

    /// The moments between which it lies in every zone of these.
    pub(crate) fn widest<'z>(self, zones: impl Iterator<Item = &'z Zone>) -> (Wall, Wall) {
        let spans = zones.map(|zone| self.span(zone));
        let both = |a: (Wall, Wall), b: (Wall, Wall)| (a.0.min(b.0), a.1.max(b.1));
        spans.reduce(both).unwrap_or_default()
    }
}

impl Plan {
    /// Proves every number of the plan over the horizon, and tells what becomes of its calls.
    pub fn coverage(&self, horizon: Horizon) -> Coverage {
        let (from, to) = horizon.widest(self.numbers.iter().map(|number| &number.zone));
        let mut timelines = Timelines::new(self, from, to);
        let mut walked = 0;
        let mut covered = |number| {
            let proof = Proof::new(self, number, horizon, &mut timelines);
            proof.covered(&mut walked)
        };
        let numbers = self.numbers.iter().map(&mut covered).collect();
        Coverage {
            numbers,
            evaluated: timelines.evaluated,
            walked,
        }
    }
}

/// The proof of one number.
struct Proof<'a> {
    plan: &'a Plan,
    number: &'a Number,
    span: (Wall, Wall),
    /// Every condition a call may come to, with what is known of it; of a call to whoever is on duty, whether anybody is.
    conditions: Vec<(At, Timeline<Tri>)>,
}

/// What was found of one set of answers to the conditions.
struct Walked {
    ends: BTreeMap<Ending, At>,
    /// From where each operation was come to first.
    from: BTreeMap<At, At>,
}

impl<'a> Proof<'a> {
    fn new(
        plan: &'a Plan,
        number: &'a Number,
        horizon: Horizon,
        timelines: &mut Timelines<'_>,
    ) -> Self {
        let all = walk(plan, number.entry, |_| Tri::Either);
        let reached = std::iter::once((number.entry, 0)).chain(all.from.keys().copied());
        let asked = |at: At| match &plan.flows.get(at.0)?.ops.get(at.1)?.what {
            What::When { condition, .. } => Some((at, timelines.of(condition, &number.zone, None))),
            What::Duty(duty) => Some((at, timelines.duty(duty.roster))),
            _ => None,
        };
        let conditions = reached.filter_map(asked).collect();
        Self {
            plan,
            number,
            span: horizon.span(&number.zone),
            conditions,
        }
    }

    fn covered(&self, walked: &mut u64) -> Covered {
        let mut known: BTreeMap<Vec<Tri>, Walked> = BTreeMap::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut gaps: BTreeMap<At, Gap> = BTreeMap::new();
        let (edges, mut cells) = (self.edges(), 0);
        let mut before: Option<Vec<Tri>> = None;
        for (at, until) in edges.iter().zip(edges.iter().skip(1).chain([&self.span.1])) {
            let answers: Vec<Tri> = self
                .conditions
                .iter()
                .map(|(_, line)| value_at(line, *at))
                .collect();
            cells += usize::from(before.as_ref() != Some(&answers));
            before = Some(answers.clone());
            let found = known.entry(answers).or_insert_with_key(|answers| {
                *walked += 1;
                walk(self.plan, self.number.entry, |asked| {
                    let found = self.conditions.iter().position(|(at, _)| *at == asked);
                    found.map_or(Tri::Either, |index| answers[index])
                })
            });
            for (ending, end_at) in &found.ends {
                if let Some((reason, place)) = self.is_gap(ending) {
                    let gap = gaps
                        .entry(*end_at)
                        .or_insert_with(|| self.gap(reason, place, *end_at, found, *at));
                    gap.add(*at, *until);
                }
            }
            let ends: BTreeSet<Ending> = found.ends.keys().cloned().collect();
            match stretches.last_mut() {
                Some(last) if last.ends == ends => last.until = *until,
                _ => stretches.push(Stretch {
                    from: *at,
                    until: *until,
                    ends,
                }),
            }
        }
        Covered {
            label: self.number.label.clone(),
            place: self.number.place.clone(),
            zone: self.number.zone.name().clone(),
            from: self.span.0,
            to: self.span.1,
            cells,
            stretches,
            gaps: gaps.into_values().map(|gap| self.shown(gap)).collect(),
        }
    }

    /// Every moment of the span at which some condition changes; its beginning first.
    fn edges(&self) -> Vec<Wall> {
        let (from, to) = self.span;
        let moments = self
            .conditions
            .iter()
            .flat_map(|(_, line)| line.iter().map(|(at, _)| *at));
        let mut edges: Vec<Wall> = moments.filter(|at| from < *at && *at < to).collect();
        edges.push(from);
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// The reason and place of an end that the number does not allow.
    fn is_gap(&self, ending: &Ending) -> Option<(Name, Name)> {
        match ending {
            Ending::Closed { reason, place } => {
                let allowed = self.number.allow_closed.as_ref();
                let allowed = allowed.is_some_and(|allowed| allowed.contains(reason));
                (!allowed).then(|| (reason.clone(), place.clone()))
            }
            Ending::Round { place } => Some(("steps_exceeded".into(), place.clone())),
            Ending::Queue { .. }
            | Ending::External { .. }
            | Ending::Duty { .. }
            | Ending::Voicemail
            | Ending::HungUp { .. } => None,
        }
    }

    fn gap(&self, reason: Name, place: Name, at: At, walked: &Walked, moment: Wall) -> Gap {
        Gap {
            place,
            reason,
            strict: self.number.allow_closed.is_some(),
            count: 0,
            stretches: Vec::new(),
            minutes: 0,
            because: self.because(at, walked, moment),
            at,
        }
    }

    /// What the time decided on the way to `at`, in order.
    fn because(&self, at: At, walked: &Walked, moment: Wall) -> Vec<String> {
        let mut said = Vec::new();
        let mut here = at;
        while let Some(from) = walked.from.get(&here) {
            let op = &self.plan.flows[from.0].ops[from.1];
            if let What::When { condition, .. } = &op.what {
                let line = self.conditions.iter().find(|(known, _)| known == from);
                let tri = line.map_or(Tri::Either, |(_, line)| value_at(line, moment));
                let how = match tri {
                    Tri::True => "верно",
                    Tri::False => "неверно",
                    Tri::Either if here == (from.0, from.1 + 1) => "если верно",
                    Tri::Either => "если неверно",
                };
                let seen = spell::schedules(self.plan, condition, moment);
                said.push(format!("{}: {how}: {}{seen}", op.place, condition.text));
            }
            if let What::Duty(duty) = &op.what {
                let name = &duty.name;
                said.push(format!(
                    "{}: график дежурств «{name}»: никто не дежурит",
                    op.place
                ));
            }
            here = *from;
        }
        said.reverse();
        said
    }

    fn shown(&self, mut gap: Gap) -> Gap {
        gap.stretches.truncate(LISTED_MAX);
        for listed in &mut gap.stretches {
            listed.shown = spell::between(&self.number.zone, listed.from, listed.until);
        }
        gap
    }
}

impl Gap {
    /// Lengthened where it goes on, else one more stretch.
    fn add(&mut self, from: Wall, until: Wall) {
        self.minutes += (until.0 - from.0) / 60_000_000;
        match self.stretches.last_mut() {
            Some(last) if last.until == from => last.until = until,
            _ => {
                self.count += 1;
                self.stretches.push(Listed {
                    from,
                    until,
                    shown: String::new(),
                });
            }
        }
    }
}

/// Every way a call of this flow may go on when the conditions answer so, up to the first person, message or end of each.
fn walk(plan: &Plan, entry: usize, answer: impl Fn(At) -> Tri) -> Walked {
    let start = (entry, 0);
    let (mut from, mut ends) = (BTreeMap::new(), BTreeMap::new());
    let mut left = vec![start];
    while let Some(at) = left.pop() {
        let Some(op) = plan.flows.get(at.0).and_then(|flow| flow.ops.get(at.1)) else {
            continue;
        };
        let nobody = matches!(op.what, What::Duty(_)) && answer(at).may_fail();
        let somebody = !matches!(op.what, What::Duty(_)) || answer(at).may_hold();
        if let Some(ending) = ending(&op.what, &op.place).filter(|_| somebody) {
            ends.entry(ending).or_insert(at);
            if !nobody {
                continue;
            }
        }
        let ways: Vec<At> = match &op.what {
            What::When { otherwise, .. } => {
                let tri = answer(at);
                let yes = tri.may_hold().then_some((at.0, at.1 + 1));
                let no = tri.may_fail().then_some((at.0, *otherwise));
                yes.into_iter().chain(no).collect()
            }
            other => other.edges(at).into_iter().map(|edge| edge.to).collect(),
        };
        for to in ways {
            if to != start && !from.contains_key(&to) {
                from.insert(to, at);
                left.push(to);
            }
        }
    }
    if ends.is_empty() {
        let op = plan.flows.get(entry).and_then(|flow| flow.ops.first());
        let place = op.map_or_else(|| "".into(), |op| op.place.clone());
        ends.insert(Ending::Round { place }, start);
    }
    Walked { ends, from }
}

/// What a call comes to at an operation, where anybody is there; None: it goes on from there. Every operation there is says so here.
fn ending(what: &What, place: &Name) -> Option<Ending> {
    match what {
        What::Play { .. }
        | What::Lookup
        | What::When { .. }
        | What::Jump(_)
        | What::Goto(_)
        | What::Menu(_)
        | What::Ask(_)
        | What::Set(_) => None,
        What::Queue(queue) => Some(Ending::Queue {
            queue: queue.queue.as_str().into(),
        }),
        What::External { number, .. } => Some(Ending::External {
            number: number.masked(),
        }),
        What::Duty(duty) => Some(Ending::Duty {
            roster: duty.name.clone(),
        }),
        What::Voicemail { .. } => Some(Ending::Voicemail),
        What::Close { reason, .. } => Some(Ending::Closed {
            reason: reason.clone(),
            place: place.clone(),
        }),
        What::HangUp { reason } => Some(Ending::HungUp {
            reason: reason.clone(),
        }),
    }
}
