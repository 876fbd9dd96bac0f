//! The facts a condition may look at: their paths, types and words. The table of `dialplans/README.md`.
use std::collections::{BTreeMap, BTreeSet};

use gudok_calendar::Tick;
use gudok_model::{Confidence, Name, QueueId};
use gudok_numbering::Subject;

use crate::draft::{ParamKind, Params};
use crate::memory::Kind;

/// One fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Var {
    CallerNumber,
    CallerKind,
    CallerAnonymous,
    CallerDisplay,
    CallerRegion,
    CallerRegionAlso,
    CallerRegionName,
    CallerRegionConfidence,
    CallerZone,
    CallerLocalHour,
    CallerLocalWeekday,
    DialledNumber,
    Trunk,
    ClientMatch,
    ClientId,
    ClientName,
    ClientClass,
    ClientSource,
    ClientFields,
    ClientField(String),
    ScheduleOpen(usize),
    ScheduleReason(usize),
    /// When it opens next, by the clock of the number: see [`World::fact`](super::World::fact).
    ScheduleOpensInDays(usize),
    ScheduleOpensDate(usize),
    ScheduleOpensTime(usize),
    RosterOnDuty(usize),
    RosterFirst(usize),
    NowHour,
    NowMinute,
    NowWeekday,
    NowDate,
    QueueWaiting(QueueId),
    QueueReady(QueueId),
    QueueLoggedIn(QueueId),
    QueueLongestWait(QueueId),
    /// Which try of the question that is put, or was put last, this is.
    Attempt,
    /// What was typed just now: in the check of an answer alone.
    Typed,
    /// What was typed for an answer, and whether it was good.
    Answer(Name),
    AnswerValid(Name),
    Variable(Name, Kind),
    /// A parameter of a sub-flow: only while its words are checked. What a call asks has the value in its place.
    Param(Name),
}

/// What a fact depends on: what a proof knows beforehand, and what only a call brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Depends {
    /// On the time, through a schedule of the plan.
    Schedule(usize),
    /// On the time, through the hours a schedule of the plan has later: another moment, another answer, which no proof works
    /// out.
    Opening(usize),
    /// On the time, through the turns of a roster of the plan.
    Roster(usize),
    /// On the time, read so finely in the zone of the number.
    Clock(Tick),
    /// On who calls, in a way that goes together with other facts of the caller.
    Caller,
    /// On what was dialled and where it came in: a number of the plan may have but one of them.
    Called,
    /// On the call or the moment: unknown before it comes.
    Call,
}

impl Var {
    /// What it depends on. A new fact says so here: one that a proof takes for unknown makes both ways possible.
    pub(crate) fn depends(&self) -> Depends {
        match self {
            Self::ScheduleOpen(index) | Self::ScheduleReason(index) => Depends::Schedule(*index),
            Self::ScheduleOpensInDays(index)
            | Self::ScheduleOpensDate(index)
            | Self::ScheduleOpensTime(index) => Depends::Opening(*index),
            Self::RosterOnDuty(index) | Self::RosterFirst(index) => Depends::Roster(*index),
            Self::NowHour => Depends::Clock(Tick::Hour),
            Self::NowMinute => Depends::Clock(Tick::Minute),
            Self::NowWeekday | Self::NowDate => Depends::Clock(Tick::Day),
            Self::ClientClass
            | Self::ClientMatch
            | Self::ClientId
            | Self::ClientName
            | Self::ClientSource
            | Self::ClientFields
            | Self::ClientField(_)
            | Self::CallerAnonymous
            | Self::CallerNumber
            | Self::CallerRegion
            | Self::CallerRegionAlso
            | Self::CallerRegionName
            | Self::CallerRegionConfidence
            | Self::CallerZone
            // By the clock where the caller is, which is any, or none.
            | Self::CallerLocalHour
            | Self::CallerLocalWeekday => Depends::Caller,
            Self::DialledNumber | Self::Trunk => Depends::Called,
            Self::CallerKind
            | Self::CallerDisplay
            | Self::QueueWaiting(_)
            | Self::QueueReady(_)
            | Self::QueueLoggedIn(_)
            | Self::QueueLongestWait(_)
            | Self::Attempt
            | Self::Typed
            | Self::Answer(_)
            | Self::AnswerValid(_)
            | Self::Variable(..)
            | Self::Param(_) => Depends::Call,
        }
    }
}

/// The type of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Bool,
    Int,
    Double,
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A number in E.164, or empty.
    Phone,
    List(Box<Self>),
    /// Text by text: the fields of a client.
    Fields,
    /// Not known before it is asked, such as the elements of an empty list.
    Any,
}

pub(crate) const KINDS: [&str; 7] = [
    "mobile",
    "geo",
    "toll_free",
    "premium",
    "intl",
    "short",
    "unknown",
];
pub(crate) const MATCHES: [&str; 6] = ["pending", "one", "many", "none", "no_number", "error"];
pub(crate) const CLASSES: [&str; 6] = ["regular", "vip", "lead", "engineer", "blocked", "unknown"];
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(crate) const WHYS: [&str; 7] = [
    "open", "date", "holiday", "day_off", "weekday", "hours", "override",
];

/// The first words of all paths.
pub(crate) const ROOTS: [&str; 11] = [
    "caller", "dialled", "trunk", "client", "schedule", "now", "queue", "roster", "answer",
    "attempt", "vars",
];

/// The names of one plan that are part of paths.
pub(crate) struct Names<'a> {
    /// Schedules by name, with their place in the plan.
    pub(crate) schedules: &'a BTreeMap<Name, usize>,
    /// Rosters, the same way.
    pub(crate) rosters: &'a BTreeMap<Name, usize>,
    pub(crate) queues: &'a [Name],
    /// What some step asks for.
    pub(crate) answers: &'a BTreeSet<Name>,
    /// What some step sets; None: of a type that is not known yet.
    pub(crate) vars: &'a BTreeMap<Name, Option<Kind>>,
    /// The parameters of the sub-flow in which the condition stands; none elsewhere.
    pub(crate) params: &'a Params,
    /// Whether it is the check of an answer, to which `answer` is what was typed just now.
    pub(crate) checks: bool,
}

/// What a path leads to.
pub(crate) enum Found {
    /// A fact: as many words of the path as given here name it.
    Fact { var: Var, ty: Type, words: usize },
    /// Only the beginning of a path: `client`, `queue.tech`. What may follow.
    Unfinished { next: Vec<String> },
    /// No such word, at this place in the path. What may stand there.
    Unknown { word: usize, allowed: Vec<String> },
}

impl Names<'_> {
    pub(crate) fn find(&self, path: &[&str]) -> Found {
        match path.first().copied() {
            Some("trunk") => Found::Fact {
                var: Var::Trunk,
                ty: Type::Text,
                words: 1,
            },
            Some("attempt") => fact(Var::Attempt, Type::Int, 1),
            Some("caller") => member(path, 1, &caller()),
            Some("dialled") => member(path, 1, &[("number", Var::DialledNumber, Type::Phone)]),
            Some("client") => client(path),
            Some("now") => member(path, 1, &now()),
            Some("schedule") => self.schedule(path),
            Some("queue") => self.queue(path),
            Some("answer") => self.answer(path),
            Some("vars") => self.variable(path),
            Some("roster") => self.roster(path),
            Some("param") if !self.params.is_empty() => self.param(path),
            _ => {
                let mut allowed = words(&ROOTS);
                if !self.params.is_empty() {
                    allowed.push("param".into());
                }
                Found::Unknown { word: 0, allowed }
            }
        }
    }

    fn param(&self, path: &[&str]) -> Found {
        let known = || self.params.keys().map(|name| name.to_string()).collect();
        let Some(name) = path.get(1) else {
            return Found::Unfinished { next: known() };
        };
        match self.params.get_key_value(*name) {
            None => Found::Unknown {
                word: 1,
                allowed: known(),
            },
            Some((name, kind)) => fact(Var::Param(name.clone()), Type::of(kind.kind()), 2),
        }
    }

    /// `queue.param.line`: the name that stands for one of these, where the path has a parameter there.
    fn in_place<'p>(&self, path: &[&'p str], kind: ParamKind) -> Option<Result<&'p str, Found>> {
        if self.params.is_empty() || path.get(1) != Some(&"param") {
            return None;
        }
        let fitting = self.params.iter().filter(|(_, known)| **known == kind);
        let allowed: Vec<String> = fitting.map(|(name, _)| name.to_string()).collect();
        Some(match path.get(2) {
            None => Err(Found::Unfinished { next: allowed }),
            Some(name) if allowed.iter().any(|known| known == name) => Ok(name),
            Some(_) => Err(Found::Unknown { word: 2, allowed }),
        })
    }

    fn schedule(&self, path: &[&str]) -> Found {
        if let Some(param) = self.in_place(path, ParamKind::Schedule) {
            return param.map_or_else(|found| found, |_| member(path, 3, &of_schedule(NOWHERE)));
        }
        let known: Vec<String> = self.schedules.keys().map(|name| name.to_string()).collect();
        let Some(name) = path.get(1) else {
            return Found::Unfinished { next: known };
        };
        match self.schedules.get(*name) {
            None => Found::Unknown {
                word: 1,
                allowed: known,
            },
            Some(index) => member(path, 2, &of_schedule(*index)),
        }
    }

    fn roster(&self, path: &[&str]) -> Found {
        if let Some(param) = self.in_place(path, ParamKind::Roster) {
            return param.map_or_else(|found| found, |_| member(path, 3, &of_roster(NOWHERE)));
        }
        let known: Vec<String> = self.rosters.keys().map(|name| name.to_string()).collect();
        let Some(name) = path.get(1) else {
            return Found::Unfinished { next: known };
        };
        match self.rosters.get(*name) {
            None => Found::Unknown {
                word: 1,
                allowed: known,
            },
            Some(index) => member(path, 2, &of_roster(*index)),
        }
    }

    fn queue(&self, path: &[&str]) -> Found {
        if let Some(param) = self.in_place(path, ParamKind::Queue) {
            return param.map_or_else(|found| found, |name| member(path, 3, &of_queue(name)));
        }
        let known: Vec<String> = self.queues.iter().map(|name| name.to_string()).collect();
        let Some(name) = path.get(1) else {
            return Found::Unfinished { next: known };
        };
        match self.queues.iter().find(|known| &***known == *name) {
            None => Found::Unknown {
                word: 1,
                allowed: known,
            },
            Some(name) => member(path, 2, &of_queue(name)),
        }
    }

    fn answer(&self, path: &[&str]) -> Found {
        let known: Vec<String> = self.answers.iter().map(|name| name.to_string()).collect();
        let name = match (path.get(1), self.checks) {
            (None, true) => return fact(Var::Typed, Type::Text, 1),
            (None, false) => return Found::Unfinished { next: known },
            (Some(name), _) => self.answers.get(*name),
        };
        match (name, path.get(2)) {
            (None, _) => Found::Unknown {
                word: 1,
                allowed: known,
            },
            (Some(name), None) => fact(Var::Answer(name.clone()), Type::Text, 2),
            (Some(name), Some(_)) => member(
                path,
                2,
                &[("valid", Var::AnswerValid(name.clone()), Type::Bool)],
            ),
        }
    }

    fn variable(&self, path: &[&str]) -> Found {
        let known: Vec<String> = self.vars.keys().map(|name| name.to_string()).collect();
        let Some(name) = path.get(1) else {
            return Found::Unfinished { next: known };
        };
        match self.vars.get_key_value(*name) {
            None => Found::Unknown {
                word: 1,
                allowed: known,
            },
            // Only while types are being found out; a plan with it is not used.
            Some((name, None)) => fact(Var::Variable(name.clone(), Kind::Text), Type::Any, 2),
            Some((name, Some(kind))) => {
                fact(Var::Variable(name.clone(), *kind), Type::of(*kind), 2)
            }
        }
    }
}

/// The schedule or roster of a parameter whose value is not looked at yet.
const NOWHERE: usize = usize::MAX;

fn of_schedule(index: usize) -> [(&'static str, Var, Type); 5] {
    [
        ("open", Var::ScheduleOpen(index), Type::Bool),
        ("reason", Var::ScheduleReason(index), Type::Word(&WHYS)),
        ("opens_in_days", Var::ScheduleOpensInDays(index), Type::Int),
        ("opens_date", Var::ScheduleOpensDate(index), Type::Text),
        ("opens_time", Var::ScheduleOpensTime(index), Type::Text),
    ]
}

fn of_roster(index: usize) -> [(&'static str, Var, Type); 2] {
    [
        ("on_duty", Var::RosterOnDuty(index), Type::Int),
        ("first", Var::RosterFirst(index), Type::Text),
    ]
}

fn of_queue(name: &str) -> [(&'static str, Var, Type); 4] {
    let id = QueueId::new(name);
    [
        ("waiting", Var::QueueWaiting(id.clone()), Type::Int),
        ("ready", Var::QueueReady(id.clone()), Type::Int),
        ("logged_in", Var::QueueLoggedIn(id.clone()), Type::Int),
        ("longest_wait", Var::QueueLongestWait(id), Type::Int),
    ]
}

fn fact(var: Var, ty: Type, words: usize) -> Found {
    Found::Fact { var, ty, words }
}

fn caller() -> [(&'static str, Var, Type); 11] {
    [
        ("number", Var::CallerNumber, Type::Phone),
        ("kind", Var::CallerKind, Type::Word(&KINDS)),
        ("anonymous", Var::CallerAnonymous, Type::Bool),
        ("display", Var::CallerDisplay, Type::Text),
        ("region", Var::CallerRegion, Type::Word(&Subject::WORDS)),
        (
            "region_also",
            Var::CallerRegionAlso,
            Type::Word(&Subject::WORDS),
        ),
        ("region_name", Var::CallerRegionName, Type::Text),
        (
            "region_confidence",
            Var::CallerRegionConfidence,
            Type::Word(&Confidence::WORDS),
        ),
        ("zone", Var::CallerZone, Type::Text),
        ("local_hour", Var::CallerLocalHour, Type::Int),
        (
            "local_weekday",
            Var::CallerLocalWeekday,
            Type::Word(&WEEKDAYS),
        ),
    ]
}

fn now() -> [(&'static str, Var, Type); 4] {
    [
        ("hour", Var::NowHour, Type::Int),
        ("minute", Var::NowMinute, Type::Int),
        ("weekday", Var::NowWeekday, Type::Word(&WEEKDAYS)),
        ("date", Var::NowDate, Type::Text),
    ]
}

fn client(path: &[&str]) -> Found {
    if let ["client", "field", name, ..] = path {
        return Found::Fact {
            var: Var::ClientField((*name).to_owned()),
            ty: Type::Text,
            words: 3,
        };
    }
    let members = [
        ("match", Var::ClientMatch, Type::Word(&MATCHES)),
        ("id", Var::ClientId, Type::Text),
        ("name", Var::ClientName, Type::Text),
        ("class", Var::ClientClass, Type::Word(&CLASSES)),
        ("source", Var::ClientSource, Type::Text),
        ("field", Var::ClientFields, Type::Fields),
    ];
    member(path, 1, &members)
}

/// The word of a path at `at`, which ends it.
fn member(path: &[&str], at: usize, members: &[(&'static str, Var, Type)]) -> Found {
    let names = || {
        members
            .iter()
            .map(|(name, ..)| (*name).to_owned())
            .collect()
    };
    let Some(word) = path.get(at) else {
        return Found::Unfinished { next: names() };
    };
    match members.iter().find(|(name, ..)| name == word) {
        Some((_, var, ty)) => Found::Fact {
            var: var.clone(),
            ty: ty.clone(),
            words: at + 1,
        },
        None => Found::Unknown {
            word: at,
            allowed: names(),
        },
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

impl Type {
    pub(crate) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool,
            Kind::Int => Self::Int,
            Kind::Text => Self::Text,
        }
    }

    /// As what a variable keeps it; None: no variable can.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Bool => Some(Kind::Bool),
            Self::Int => Some(Kind::Int),
            Self::Text | Self::Word(_) | Self::Phone => Some(Kind::Text),
            Self::Double | Self::List(_) | Self::Fields | Self::Any => None,
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Word(_) | Self::Phone | Self::Any)
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double | Self::Any)
    }

    /// Whether two values of these types can be equal at all.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::List(a), Self::List(b)) => a.meets(b),
            (a, b) if a.is_text() && b.is_text() => true,
            (a, b) if a.is_number() && b.is_number() => true,
            (a, b) => a == b,
        }
    }

    /// Russian, with «не».
    pub(crate) fn spoken(&self) -> String {
        match self {
            Self::Bool => "да/нет".into(),
            Self::Int => "целое число".into(),
            Self::Double => "дробное число".into(),
            Self::Text => "строка".into(),
            Self::Word(_) => "слово из списка".into(),
            Self::Phone => "номер телефона".into(),
            Self::List(of) => format!("список ({})", of.spoken()),
            Self::Fields => "поля клиента".into(),
            Self::Any => "что угодно".into(),
        }
    }

    pub(crate) fn english(&self) -> String {
        match self {
            Self::Bool => "bool".into(),
            Self::Int => "int".into(),
            Self::Double => "double".into(),
            Self::Text | Self::Word(_) => "string".into(),
            Self::Phone => "phone number".into(),
            Self::List(of) => format!("list of {}", of.english()),
            Self::Fields => "fields".into(),
            Self::Any => "any".into(),
        }
    }
}
