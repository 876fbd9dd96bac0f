//! The production calendar: dated exceptions to the week, as the state publishes them.
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

/// What a date is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayKind {
    /// A statutory holiday (ТК РФ ст. 112), or one of the region (ст. 6).
    Holiday,
    /// A day off moved here, or a regional one.
    Off,
    /// A working Saturday or Sunday: it has the hours of a Friday.
    Work,
    /// A working day that ends earlier, before a holiday (ТК РФ ст. 95).
    Short,
    /// A working Saturday or Sunday that ends earlier: the day off was moved to a short day, and its hours came in return
    /// (the order of Minzdravsotsrazvitiya of 13.08.2009 № 588н, item 1).
    ShortWork,
}

/// How many days of the week are worked (ТК РФ ст. 111). Where Saturday is worked it is no day off that could fall on a
/// holiday and be moved (ст. 112), and the short day before a holiday may be another one (ст. 95).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Week {
    /// Saturday and Sunday are days off.
    #[default]
    Five,
    /// Sunday alone is a day off.
    Six,
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
    /// By date, for a week of five days and for one of six.
    days: BTreeMap<Date, [Option<Day>; 2]>,
    years: BTreeSet<i16>,
    /// Years of which something is still to come.
    provisional: BTreeSet<i16>,
}

impl DayKind {
    /// Whether work ends earlier than on other days.
    pub(crate) fn is_short(self) -> bool {
        matches!(self, Self::Short | Self::ShortWork)
    }
}

impl Week {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Five, Self::Six];

    fn index(self) -> usize {
        match self {
            Self::Five => 0,
            Self::Six => 1,
        }
    }
}

impl Holidays {
    /// Adds a date for weeks of both kinds; a day that stood there before, where there was one.
    pub fn add(&mut self, date: Date, day: Day) -> Option<Day> {
        let [five, six] = Week::ALL.map(|week| self.add_for(week, date, day.clone()));
        five.or(six)
    }

    /// Adds a date for weeks of one kind; the day that stood there before, where there was one.
    pub fn add_for(&mut self, week: Week, date: Date, day: Day) -> Option<Day> {
        self.years.insert(date.year());
        self.days.entry(date).or_default()[week.index()].replace(day)
    }

    /// Says that this year is in it, even where no date of it is.
    pub fn add_year(&mut self, year: i16) {
        self.years.insert(year);
    }

    /// Says that of this year something is still to come: days moved by the government, say.
    pub fn add_provisional(&mut self, year: i16) {
        self.provisional.insert(year);
    }

    /// Whether something of that year is still to come.
    pub fn is_provisional(&self, year: i16) -> bool {
        self.provisional.contains(&year)
    }

    /// What the calendar says of a date to those who work so many days.
    pub fn day(&self, week: Week, date: Date) -> Option<&Day> {
        self.days.get(&date)?[week.index()].as_ref()
    }

    /// Every date it says something of, in order, with what it says to those who work five days and to those who work six.
    pub fn dates(&self) -> impl Iterator<Item = (Date, [Option<&Day>; 2])> {
        let dates = self.days.iter();
        dates.map(|(date, [five, six])| (*date, [five.as_ref(), six.as_ref()]))
    }

    /// Every year there is something for, provisional or not, in order.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.iter().copied()
    }

    /// Whether there is anything for that year, provisional or not.
    pub fn covers(&self, year: i16) -> bool {
        self.years.contains(&year)
    }

    /// Its own dates, and those of `base` where it says nothing of them: a region's calendar over the country's. It covers
    /// the years that both cover.
    pub fn over(&self, base: &Self) -> Self {
        let mut days = base.days.clone();
        for (date, own) in &self.days {
            let there = days.entry(*date).or_default();
            for (slot, day) in there.iter_mut().zip(own) {
                if day.is_some() {
                    slot.clone_from(day);
                }
            }
        }
        let years = self.years.intersection(&base.years).copied().collect();
        let provisional = self.provisional.union(&base.provisional).copied().collect();
        Self {
            days,
            years,
            provisional,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_date;

    fn date(text: &str) -> Date {
        parse_date(text).expect("valid")
    }

    fn day(kind: DayKind, name: &str) -> Day {
        Day {
            kind,
            name: name.into(),
        }
    }

    #[test]
    fn a_region_has_the_days_of_the_country_and_its_own() {
        let mut country = Holidays::default();
        country.add(date("2026-05-01"), day(DayKind::Holiday, "May"));
        country.add_for(
            Week::Six,
            date("2026-03-19"),
            day(DayKind::Short, "country"),
        );
        country.add(date("2027-05-01"), day(DayKind::Holiday, "May"));
        let mut region = Holidays::default();
        region.add(date("2026-03-20"), day(DayKind::Holiday, "region"));
        region.add_for(
            Week::Five,
            date("2026-03-19"),
            day(DayKind::Short, "region"),
        );
        let whole = region.over(&country);
        let name = |week, at| {
            let day = whole.day(week, date(at));
            day.map_or("", |day| day.name.as_str())
        };
        assert_eq!(name(Week::Five, "2026-05-01"), "May");
        assert_eq!(name(Week::Six, "2026-03-20"), "region");
        assert_eq!(name(Week::Five, "2026-03-19"), "region");
        assert_eq!(name(Week::Six, "2026-03-19"), "country");
        // Next year's days of the region are not there: nobody may think they are.
        assert_eq!([2026, 2027].map(|year| whole.covers(year)), [true, false]);
    }
}
