//! The days a proof looks at.
use gudok_calendar::{Date, Zone, parse_date};
use gudok_model::Wall;

/// How far ahead is proved when nothing else is asked for. Days.
pub const DAYS: u32 = 400;

/// Most days that may be asked for.
pub const DAYS_MAX: u32 = 1500;

/// The days that are looked at, to the end of the last in the zone of each number.
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

impl Horizon {
    /// [`DAYS`] days from the one `now` is in, of which what is over is not looked at.
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
        let (first, from) = match self.first {
            // A minute that has begun is looked at whole.
            First::DayOf(now) => (zone.local(now).date, Wall(now.0 - now.0.rem_euclid(MINUTE))),
            First::Date(date) => (date, zone.midnight(date)),
        };
        let mut last = first;
        for _ in 0..self.days {
            last = last.tomorrow().unwrap_or(last);
        }
        (from, zone.midnight(last))
    }

    /// The moments between which it lies in every zone of these.
    pub(crate) fn widest<'z>(self, zones: impl Iterator<Item = &'z Zone>) -> (Wall, Wall) {
        let spans = zones.map(|zone| self.span(zone));
        let both = |a: (Wall, Wall), b: (Wall, Wall)| (a.0.min(b.0), a.1.max(b.1));
        spans.reduce(both).unwrap_or_default()
    }
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;
