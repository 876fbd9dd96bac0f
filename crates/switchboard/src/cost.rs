//! What the minutes of a line cost that its owner pays for: today and this month, where the line is; alarms at thresholds.
//!
//! Billed is the time from our 200 to the end of the caller's leg, on the day of the 200, as carriers' bills have it.
//! Answers and ends with their times in, sums out: the record of calls gives the same sums after a restart.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_calendar::{Date, Zone};
use gudok_dialplan::plan::Plan;
use gudok_model::{CallId, Now, PhoneNumber, Wall};
use serde::{Deserialize, Serialize};

use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// While calls run up cost, thresholds are looked at so often.
pub const COST_EVERY: Duration = Duration::from_secs(60);

/// What a minute of a line costs, and what is too much.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineCost {
    /// The line, as dialled.
    pub number: PhoneNumber,
    /// Kopecks (hundredths of any other currency) a minute.
    pub per_minute: u32,
    /// What is rounded up.
    pub billed: Billed,
    /// Kopecks; at them somebody is told, once a day or once a month.
    pub alarm: Budget,
    /// Kopecks; at them somebody is told, and `at_limit` rules.
    pub limit: Budget,
    /// What the limit does.
    pub at_limit: AtLimit,
}

/// So much in a day, so much in a month. Kopecks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Budget {
    /// From midnight to midnight.
    pub day: Option<u64>,
    /// From the first of the month.
    pub month: Option<u64>,
}

/// The unit that the carrier bills.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Billed {
    /// Started seconds.
    Second,
    /// Started minutes.
    #[default]
    Minute,
}

/// What a limit does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtLimit {
    /// Tells somebody.
    #[default]
    Alarm,
    /// Callers who are in no directory get the `busy` flow of the number, where it has one.
    Brief,
}

/// What calls have cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Billed seconds.
    pub seconds: u64,
    /// Money.
    pub kopecks: u64,
}

/// What the calls of earlier runs have cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpentBefore {
    /// Of which line.
    pub number: PhoneNumber,
    /// When it was looked up.
    pub at: Wall,
    /// On that day.
    pub day: Spent,
    /// In that month.
    pub month: Spent,
}

/// How a line stands, calls under way included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineSpent {
    /// The line.
    pub number: PhoneNumber,
    /// Today.
    pub day: Spent,
    /// This month.
    pub month: Spent,
    /// Answered calls under way.
    pub live: usize,
    /// A limit is reached.
    pub over: bool,
}

impl Billed {
    /// The unit. Seconds.
    pub fn unit_secs(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
        }
    }
}

impl LineCost {
    /// What a call costs; half a kopeck and more is one.
    fn of(&self, answered: Wall, ended: Wall) -> Spent {
        let micros = u64::try_from(ended.0.saturating_sub(answered.0)).unwrap_or(0);
        let unit = u64::from(self.billed.unit_secs());
        let seconds = micros.div_ceil(unit * 1_000_000) * unit;
        let kopecks = (seconds.saturating_mul(self.per_minute.into()) + 30) / 60;
        Spent { seconds, kopecks }
    }
}

impl Spent {
    fn add(&mut self, more: Self) {
        self.seconds = self.seconds.saturating_add(more.seconds);
        self.kopecks = self.kopecks.saturating_add(more.kopecks);
    }
}

/// When a line's day and month begin: `(midnight, first midnight of the month)`.
pub fn periods(plan: &Plan, number: &PhoneNumber, at: Wall) -> (Wall, Wall) {
    let zone = zone_of(plan, number);
    let date = zone.local(at).date;
    (zone.midnight(date), zone.midnight(date.first_of_month()))
}

fn zone_of(plan: &Plan, number: &PhoneNumber) -> Zone {
    let found = plan.number(number);
    found.map_or_else(Zone::utc, |number| number.zone.clone())
}

/// Every line that has a price.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    lines: BTreeMap<PhoneNumber, Line>,
}

/// Something that somebody should know.
pub(crate) type Crossed = (&'static str, String);

#[derive(Clone, Debug)]
struct Line {
    cost: LineCost,
    zone: Zone,
    /// The day of the sums.
    today: Option<Date>,
    /// Of calls that are over.
    day: Spent,
    month: Spent,
    /// When our 200 went out, of calls under way: bounded by the calls of the switchboard.
    live: BTreeMap<CallId, Wall>,
    /// What has been told today, and this month.
    told_day: Told,
    told_month: Told,
}

/// Of an alarm and of a limit.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    alarm: bool,
    limit: bool,
}

impl Meter {
    pub(crate) fn new(lines: Vec<LineCost>) -> Self {
        let line = |cost: LineCost| {
            let line = Line {
                zone: Zone::utc(),
                today: None,
                day: Spent::default(),
                month: Spent::default(),
                live: BTreeMap::new(),
                told_day: Told::default(),
                told_month: Told::default(),
                cost,
            };
            (line.cost.number.clone(), line)
        };
        Self {
            lines: lines.into_iter().map(line).collect(),
        }
    }

    /// The lines are where the plan has them.
    pub(crate) fn set_zones(&mut self, plan: &Plan) {
        for (number, line) in &mut self.lines {
            line.zone = zone_of(plan, number);
        }
    }

    /// Our 200 went out; whether it costs anything.
    pub(crate) fn begin(&mut self, now: Wall, call: CallId, number: &PhoneNumber) -> bool {
        let line = self.lines.get_mut(number);
        line.is_some_and(|line| line.live.insert(call, now).is_none())
    }

    /// The caller's leg is over.
    pub(crate) fn end(&mut self, now: Wall, call: CallId, number: &PhoneNumber) -> Vec<Crossed> {
        let Some(line) = self.lines.get_mut(number) else {
            return Vec::new();
        };
        let Some(answered) = line.live.remove(&call) else {
            return Vec::new();
        };
        line.turn(now);
        let spent = line.cost.of(answered, now);
        let date = line.zone.local(answered).date;
        line.book(date, spent);
        line.look(now)
    }

    /// What earlier runs have spent.
    pub(crate) fn restore(&mut self, now: Wall, before: &SpentBefore) -> Vec<Crossed> {
        let Some(line) = self.lines.get_mut(&before.number) else {
            return Vec::new();
        };
        line.turn(now);
        let date = line.zone.local(before.at).date;
        let rest = Spent {
            seconds: before.month.seconds.saturating_sub(before.day.seconds),
            kopecks: before.month.kopecks.saturating_sub(before.day.kopecks),
        };
        line.book(date, before.day);
        line.book_month(date, rest);
        line.look(now)
    }

    /// Some time has passed.
    pub(crate) fn look(&mut self, now: Wall) -> Vec<Crossed> {
        let lines = self.lines.values_mut();
        lines.flat_map(|line| line.look(now)).collect()
    }

    /// Whether a stranger who calls this line now gets a few words.
    pub(crate) fn is_closed(&mut self, now: Wall, number: &PhoneNumber) -> bool {
        let line = self.lines.get_mut(number);
        line.is_some_and(|line| {
            line.turn(now);
            line.is_over() && line.cost.at_limit == AtLimit::Brief
        })
    }

    /// Whether calls under way run up cost.
    pub(crate) fn is_running(&self) -> bool {
        self.lines.values().any(|line| !line.live.is_empty())
    }

    /// How each line stands.
    pub(crate) fn spent(&self, now: Wall) -> Vec<LineSpent> {
        self.lines.values().map(|line| line.spent(now)).collect()
    }
}

impl Line {
    /// A new day begins, and perhaps a new month. A clock that was set back begins none.
    fn turn(&mut self, now: Wall) {
        let date = self.zone.local(now).date;
        let Some(today) = self.today else {
            self.today = Some(date);
            return;
        };
        if date <= today {
            return;
        }
        self.today = Some(date);
        (self.day, self.told_day) = (Spent::default(), Told::default());
        if !same_month(date, today) {
            (self.month, self.told_month) = (Spent::default(), Told::default());
        }
    }

    fn book(&mut self, date: Date, spent: Spent) {
        if self.today.is_none_or(|today| date >= today) {
            self.day.add(spent);
        }
        self.book_month(date, spent);
    }

    fn book_month(&mut self, date: Date, spent: Spent) {
        if self.today.is_none_or(|today| same_month(date, today)) {
            self.month.add(spent);
        }
    }

    /// The thresholds that have been crossed since the last look.
    fn look(&mut self, now: Wall) -> Vec<Crossed> {
        self.turn(now);
        let LineSpent { day, month, .. } = self.spent(now);
        let LineCost {
            number,
            alarm,
            limit,
            ..
        } = &self.cost;
        let mut crossed = Vec::new();
        for (what, told, spent, threshold) in [
            ("cost_alarm_day", &mut self.told_day.alarm, day, alarm.day),
            ("cost_limit_day", &mut self.told_day.limit, day, limit.day),
            (
                "cost_alarm_month",
                &mut self.told_month.alarm,
                month,
                alarm.month,
            ),
            (
                "cost_limit_month",
                &mut self.told_month.limit,
                month,
                limit.month,
            ),
        ] {
            let Some(threshold) = threshold.filter(|it| spent.kopecks >= *it && !*told) else {
                continue;
            };
            *told = true;
            let (is, of) = (money(spent.kopecks), money(threshold));
            crossed.push((what, format!("{number:?} has cost {is} of {of}")));
        }
        crossed
    }

    fn is_over(&self) -> bool {
        self.told_day.limit || self.told_month.limit
    }

    fn spent(&self, now: Wall) -> LineSpent {
        let date = self.zone.local(now).date;
        let today = self.today.map_or(date, |today| today.max(date));
        let (mut day, mut month) = (self.day, self.month);
        if self.today.is_some_and(|it| it != today) {
            day = Spent::default();
        }
        if self.today.is_some_and(|it| !same_month(it, today)) {
            month = Spent::default();
        }
        for answered in self.live.values() {
            let (on, spent) = (
                self.zone.local(*answered).date,
                self.cost.of(*answered, now),
            );
            if on >= today {
                day.add(spent);
            }
            if same_month(on, today) {
                month.add(spent);
            }
        }
        LineSpent {
            number: self.cost.number.clone(),
            day,
            month,
            live: self.live.len(),
            over: self.cost.limit.is_reached(day, month),
        }
    }
}

impl Budget {
    fn is_reached(self, day: Spent, month: Spent) -> bool {
        self.day.is_some_and(|limit| day.kopecks >= limit)
            || self.month.is_some_and(|limit| month.kopecks >= limit)
    }
}

/// `1234.50`.
pub fn money(kopecks: u64) -> String {
    format!("{}.{:02}", kopecks / 100, kopecks % 100)
}

fn same_month(a: Date, b: Date) -> bool {
    (a.year(), a.month()) == (b.year(), b.month())
}

impl Switchboard {
    /// What the lines have cost, calls under way included.
    pub fn spent(&self, now: Wall) -> Vec<LineSpent> {
        self.meter.spent(now)
    }

    /// The caller's leg begins to cost.
    pub(crate) fn meter_begins(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let Some(number) = call.and_then(|call| call.dialled.number.e164.as_ref()) else {
            return;
        };
        if self.meter.begin(now.wall, id, number) && !self.timers.is_set(Timer::Cost) {
            self.timers.set(Timer::Cost, now.mono + COST_EVERY);
        }
    }

    /// The caller's leg costs no more.
    pub(crate) fn meter_ends(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        let Some(number) = call.and_then(|call| call.dialled.number.e164.as_ref()) else {
            return;
        };
        let crossed = self.meter.end(now.wall, id, number);
        self.tell_cost(crossed);
        if !self.meter.is_running() {
            self.timers.cancel(Timer::Cost);
        }
    }

    /// What the record of calls says of the time before this run.
    pub(crate) fn on_spent(&mut self, now: Now, lines: &[SpentBefore]) {
        for before in lines {
            let crossed = self.meter.restore(now.wall, before);
            self.tell_cost(crossed);
        }
    }

    pub(crate) fn on_cost_due(&mut self, now: Now) {
        let crossed = self.meter.look(now.wall);
        self.tell_cost(crossed);
        if self.meter.is_running() {
            self.timers.set(Timer::Cost, now.mono + COST_EVERY);
        }
    }

    fn tell_cost(&mut self, crossed: Vec<Crossed>) {
        for (what, detail) in crossed {
            self.alarm(what, detail);
        }
    }
}

#[cfg(test)]
mod tests;
