//! The production calendar: dated exceptions to the week, as the state publishes them.
use std::collections::BTreeMap;

use jiff::civil::Date;

/// What a date is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayKind {
    /// A statutory holiday (ТК РФ ст. 112).
    Holiday,
    /// A day off moved here, or a regional one.
    Off,
    /// A working Saturday or Sunday: it has the hours of a Friday.
    Work,
    /// A working day that ends earlier, before a holiday.
    Short,
}

/// One date of the calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Day {
    /// What it is.
    pub kind: DayKind,
    /// As people call it: `Рождество Христово`, `перенос с 3 января`. May be empty.
    pub name: String,
}

/// A named set of dates; years that are not in it are plain weeks.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Holidays {
    days: BTreeMap<Date, Day>,
}

impl Holidays {
    /// Adds a date; the day that stood there before, where there was one.
    pub fn add(&mut self, date: Date, day: Day) -> Option<Day> {
        self.days.insert(date, day)
    }

    /// What the calendar says of a date.
    pub fn day(&self, date: Date) -> Option<&Day> {
        self.days.get(&date)
    }

    /// Whether there is anything for that year.
    pub fn covers(&self, year: i16) -> bool {
        self.days.keys().any(|date| date.year() == year)
    }

    /// Every date in order.
    pub fn days(&self) -> impl Iterator<Item = (Date, &Day)> {
        self.days.iter().map(|(date, day)| (*date, day))
    }
}
