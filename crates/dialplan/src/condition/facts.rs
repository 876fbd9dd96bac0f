//! The facts of one call as the values of a condition, looked up when they are asked for.
use std::collections::BTreeMap;
use std::sync::OnceLock;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Sizer};
use cel::common::types::{CelBool, CelInt, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::context::VariableResolver;
use gudok_calendar::{Local, Override, Schedule, Set, Weekday, Why, Zone};
use gudok_model::{
    Client, ClientClass, ClientMatch, Confidence, Kind, Name, Presentation, QueueId, Region, Wall,
};

use super::vars::{KINDS, MATCHES, Var, WEEKDAYS};
use crate::facts::{Facts, QueueFacts};
use crate::link::PlanRoster;
use crate::memory::{Answer, Kind as VarKind, Memory, Value};

/// One call at one moment, as a condition sees it.
pub(crate) struct World<'a> {
    pub(crate) facts: &'a Facts<'a>,
    pub(crate) schedules: &'a [Schedule],
    /// As `schedules`.
    pub(crate) schedule_names: &'a [Name],
    pub(crate) rosters: &'a [PlanRoster],
    pub(crate) zone: &'a Zone,
    /// The facts the condition names, by path.
    pub(crate) vars: &'a [(String, Var)],
    /// What the call keeps in mind at this step.
    pub(crate) memory: &'a Memory,
    /// Which try of the question this is.
    pub(crate) attempt: u8,
    /// When a schedule opens, as far as it was asked at this step.
    pub(crate) opening: &'a Opening,
    /// What was typed just now.
    pub(crate) typed: &'a str,
}

/// The schedule that was asked first when it opens, and the answer. It is the same for the whole step, in which a condition and
/// its reason, a date and a time ask it one after the other, and over holidays it is a search through days.
pub(crate) type Opening = OnceLock<(usize, Option<Wall>)>;

/// What a fact is.
pub(crate) enum Fact<'a> {
    Bool(bool),
    Int(i64),
    Text(std::borrow::Cow<'a, str>),
    Fields(&'a BTreeMap<String, String>),
    /// The client has no such field; nobody knows what time it is where the caller is; what is open does not open.
    Missing,
    /// A text that is not known, but for there being one: in a proof alone.
    Some,
}

impl<'a> World<'a> {
    pub(crate) fn fact(&self, var: &Var) -> Fact<'a> {
        let (facts, client) = (self.facts, self.facts.client.client());
        match var {
            Var::CallerNumber => text(facts.caller.e164().map(|number| number.as_str())),
            Var::CallerKind => word(kind(facts.caller.number.kind)),
            Var::CallerAnonymous => Fact::Bool(facts.caller.presentation != Presentation::Allowed),
            Var::CallerDisplay => text(facts.caller.display.as_deref()),
            Var::CallerRegion => text(self.region().map(|region| &*region.code)),
            Var::CallerRegionAlso => text(self.region().and_then(|region| region.also.as_deref())),
            Var::CallerRegionName => text(self.region().map(|region| &*region.name)),
            Var::CallerRegionConfidence => {
                let known = self.region().map(|region| region.confidence);
                word(known.unwrap_or(Confidence::Unknown).word())
            }
            Var::CallerZone => text(self.region().and_then(|region| region.zone.as_deref())),
            Var::CallerLocalHour => {
                let local = self.caller_local();
                local.map_or(Fact::Missing, |local| Fact::Int(local.hour.into()))
            }
            Var::CallerLocalWeekday => {
                let local = self.caller_local();
                local.map_or(Fact::Missing, |local| word(weekday(local.weekday())))
            }
            Var::DialledNumber => text(facts.dialled.number.e164.as_ref().map(|n| n.as_str())),
            Var::Trunk => word(facts.trunk.as_str()),
            Var::ClientMatch => word(matched(facts.client)),
            Var::ClientId => text(client.map(|client| client.id.as_str())),
            Var::ClientName => text(client.map(|client| client.name.as_str())),
            Var::ClientClass => word(client.map_or("unknown", |client| class(client.class))),
            Var::ClientSource => text(client.map(|client| client.source.as_str())),
            Var::ClientFields => Fact::Fields(client.map_or(&NO_FIELDS, |client| &client.fields)),
            Var::ClientField(name) => field(client, name),
            Var::ScheduleOpen(index) => Fact::Bool(self.closed(*index).is_none()),
            Var::ScheduleReason(index) => {
                word(self.closed(*index).map_or("open", |why| why.code()))
            }
            Var::ScheduleOpensInDays(index) => {
                self.opens(*index, |now, opens| Fact::Int(now.days_to(&opens)))
            }
            Var::ScheduleOpensDate(index) => {
                self.opens(*index, |_, opens| Fact::Text(opens.date.to_string().into()))
            }
            Var::ScheduleOpensTime(index) => self.opens(*index, |_, opens| {
                Fact::Text(format!("{:02}:{:02}", opens.hour, opens.minute).into())
            }),
            Var::RosterOnDuty(index) => {
                let count = self.rosters[*index].roster.on_duty(facts.now).count();
                Fact::Int(i64::try_from(count).unwrap_or(i64::MAX))
            }
            Var::RosterFirst(index) => {
                let first = self.rosters[*index].roster.on_duty(facts.now).next();
                text(first.map(|person| &*person.name))
            }
            Var::NowHour => Fact::Int(self.zone.local(facts.now).hour.into()),
            Var::NowMinute => Fact::Int(self.zone.local(facts.now).minute.into()),
            Var::NowWeekday => word(weekday(self.zone.local(facts.now).weekday())),
            Var::NowDate => Fact::Text(self.zone.local(facts.now).date.to_string().into()),
            Var::QueueWaiting(id) => Fact::Int(self.queue(id).waiting.into()),
            Var::QueueReady(id) => Fact::Int(self.queue(id).ready.into()),
            Var::QueueLoggedIn(id) => Fact::Int(self.queue(id).logged_in.into()),
            Var::QueueLongestWait(id) => Fact::Int(self.queue(id).longest_wait_secs.into()),
            Var::Attempt => Fact::Int(self.attempt.into()),
            Var::Typed => word(self.typed),
            Var::Answer(name) => text(self.answer(name).map(|answer| &*answer.text)),
            Var::AnswerValid(name) => {
                Fact::Bool(self.answer(name).is_some_and(|answer| answer.valid))
            }
            Var::Variable(name, kind) => variable(self.memory.vars.get(name), *kind),
            // No call asks for one: see `Var::Param`.
            Var::Param(_) => Fact::Missing,
        }
    }

    /// Why a schedule of the plan is closed now; None when it is open.
    pub(crate) fn closed(&self, index: usize) -> Option<Why> {
        let schedule = &self.schedules[index];
        match self.by_hand(index) {
            None => schedule.closed_because(self.facts.now),
            Some(by_hand) if by_hand.set == Set::Open => None,
            Some(by_hand) => Some(Why::ByHand {
                told: by_hand.told(&schedule.zone),
            }),
        }
    }

    /// What is asked of the clock of the number now and at the moment a schedule opens. Missing: it is open, or stays closed as
    /// far as one looks ahead.
    fn opens(&self, index: usize, asked: impl Fn(Local, Local) -> Fact<'a>) -> Fact<'a> {
        let now = self.facts.now;
        match self.opens_at(index) {
            Some(opens) if opens > now => asked(self.zone.local(now), self.zone.local(opens)),
            _ => Fact::Missing,
        }
    }

    /// When a schedule of the plan opens, now or later: what is set by hand is over in its time.
    fn opens_at(&self, index: usize) -> Option<Wall> {
        let (known, opens) = self.opening.get_or_init(|| (index, self.searched(index)));
        match *known == index {
            true => *opens,
            // A plan that asks two at one step searches for the other each time.
            false => self.searched(index),
        }
    }

    fn searched(&self, index: usize) -> Option<Wall> {
        let (schedule, now) = (&self.schedules[index], self.facts.now);
        match self.by_hand(index) {
            None => schedule.opens_from(now),
            Some(by_hand) if by_hand.set == Set::Open => Some(now),
            Some(by_hand) => schedule.opens_from(by_hand.until),
        }
    }

    /// What is set by hand of the hours of a schedule.
    pub(crate) fn by_hand(&self, index: usize) -> Option<&'a Override> {
        let facts = self.facts;
        facts
            .overrides
            .hours(facts.now, &self.schedule_names[index])
    }

    fn answer(&self, name: &Name) -> Option<&'a Answer> {
        self.memory.answers.get(name)
    }

    fn region(&self) -> Option<&'a Region> {
        self.facts.caller.region.as_ref()
    }

    /// What the clock shows where the caller's number was issued.
    fn caller_local(&self) -> Option<Local> {
        let zone = self.region()?.zone.as_deref()?;
        Some(Zone::parse(zone).ok()?.local(self.facts.now))
    }

    /// A queue nobody told us of is empty.
    fn queue(&self, id: &QueueId) -> QueueFacts {
        self.facts.queues.get(id).copied().unwrap_or_default()
    }
}

impl Fact<'_> {
    /// The fields of nobody.
    pub(crate) const NO_FIELDS: Self = Self::Fields(&NO_FIELDS);

    /// As a value of a condition; None: it cannot be told.
    pub(super) fn value<'b>(self) -> Option<CowVal<'b, 'b>> {
        match self {
            Fact::Bool(flag) => Some(CowVal::owned(CelBool::from(flag))),
            Fact::Int(number) => Some(CowVal::owned(CelInt::from(number))),
            Fact::Text(text) => Some(CowVal::owned(CelString::from(text.into_owned()))),
            Fact::Fields(fields) => Some(CowVal::owned(Fields(fields.clone()))),
            Fact::Missing | Fact::Some => None,
        }
    }
}

static NO_FIELDS: BTreeMap<String, String> = BTreeMap::new();

fn word<'a>(word: &'a str) -> Fact<'a> {
    Fact::Text(word.into())
}

fn text(text: Option<&str>) -> Fact<'_> {
    word(text.unwrap_or(""))
}

fn field<'a>(client: Option<&'a Client>, name: &str) -> Fact<'a> {
    match client.and_then(|client| client.fields.get(name)) {
        Some(value) => word(value),
        None => Fact::Missing,
    }
}

/// One that was never set is empty.
fn variable(value: Option<&Value>, kind: VarKind) -> Fact<'_> {
    match (value, kind) {
        (Some(Value::Bool(flag)), _) => Fact::Bool(*flag),
        (Some(Value::Int(number)), _) => Fact::Int(*number),
        (Some(Value::Text(text)), _) => word(text),
        (None, VarKind::Bool) => Fact::Bool(false),
        (None, VarKind::Int) => Fact::Int(0),
        (None, VarKind::Text) => word(""),
    }
}

fn kind(kind: Kind) -> &'static str {
    let [mobile, geo, toll_free, premium, intl, short, unknown] = KINDS;
    match kind {
        Kind::Mobile => mobile,
        Kind::Geo => geo,
        Kind::TollFree => toll_free,
        Kind::Premium => premium,
        Kind::Intl => intl,
        Kind::Short => short,
        Kind::Unknown => unknown,
    }
}

fn matched(client: &ClientMatch) -> &'static str {
    let [pending, one, many, none, no_number, error] = MATCHES;
    match client {
        ClientMatch::Pending => pending,
        ClientMatch::One { .. } => one,
        ClientMatch::Many { .. } => many,
        ClientMatch::None { .. } => none,
        ClientMatch::NoNumber => no_number,
        ClientMatch::Error { .. } => error,
    }
}

fn class(class: ClientClass) -> &'static str {
    match class {
        ClientClass::Regular => "regular",
        ClientClass::Vip => "vip",
        ClientClass::Lead => "lead",
        ClientClass::Engineer => "engineer",
        ClientClass::Blocked => "blocked",
    }
}

/// The word of a day of the week.
pub(crate) fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS[usize::from(day.to_monday_zero_offset().unsigned_abs()) % 7]
}

impl VariableResolver for World<'_> {
    fn resolve<'b>(&'b self, path: &str) -> Option<CowVal<'b, 'b>> {
        let (_, var) = self.vars.iter().find(|(known, _)| known == path)?;
        self.fact(var).value()
    }
}

/// The fields of a client as a value: a map that keeps the order of the model.
#[derive(Clone, Debug, PartialEq)]
struct Fields(BTreeMap<String, String>);

impl StaticVal for Fields {}

impl Fields {
    fn find(&self, key: &dyn Val) -> Option<&str> {
        let key = key.downcast_ref::<CelString<'_>>()?;
        self.0.get(key.inner()).map(String::as_str)
    }
}

impl Val for Fields {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(self.clone())
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl Container for Fields {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(key).is_some())
    }
}

impl Indexer for Fields {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let found = self
            .find(key)
            .map(|text| CowVal::owned(CelString::from(text.to_owned())));
        found.ok_or_else(|| {
            let name = key
                .downcast_ref::<CelString<'_>>()
                .map_or("", |name| name.inner());
            ExecutionError::no_such_key(name)
        })
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Sizer for Fields {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.0.len()).unwrap_or(i64::MAX))
    }
}
