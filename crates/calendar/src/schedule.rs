//! Hours, holidays and single dates together: open or closed at a moment, why, and until when.
use std::collections::BTreeMap;
use std::sync::Arc;

use gudok_model::Wall;
use jiff::civil::{Date, Weekday};

use crate::holidays::{Day, DayKind, Holidays, Week};
use crate::why::Why;
use crate::window::{Span, Window};
use crate::zone::{CivilMinute, Zone};

/// How far ahead the next change is looked for: a year and a month. What changes later is «never».
pub const LOOK_AHEAD_DAYS: u32 = 400;

/// No clock of the database is ever set by more than this. Minutes.
const CLOCK_SHIFT_MAX: i64 = 26 * 60;

/// When somebody is there (график).
///
/// A date has the hours of its own [`DateRule`], else none if the production calendar makes it a day
/// off, else the hours of Friday if it makes it a working weekend day, else those of its day of the week. An
/// overnight window belongs to the date it begins on: the night from Friday to a holiday is worked to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Where the clock hangs.
    pub zone: Zone,
    /// The week.
    pub windows: Vec<Window>,
    /// The production calendar; None: holidays are days like any other.
    pub holidays: Option<Arc<Holidays>>,
    /// How many days a week are worked: moved days off and short days differ.
    pub week: Week,
    /// Dates that are otherwise than everything else says.
    pub dates: BTreeMap<Date, DateRule>,
    /// How much earlier the last window of a short day ends. Minutes; 0: short days are ignored.
    pub short_by: u16,
}

/// What the admin wrote of one date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DateRule {
    /// Nothing begins on this date.
    Closed {
        /// Why, in the admin's words.
        note: Option<String>,
    },
    /// These hours instead of all others.
    Open {
        /// In any order.
        spans: Vec<Span>,
    },
}

/// Open or closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hours {
    /// Somebody is there.
    Open {
        /// When it closes; None: not within [`LOOK_AHEAD_DAYS`].
        until: Option<Wall>,
    },
    /// Nobody is there.
    Closed {
        /// Why.
        why: Why,
        /// When it opens; None: not within [`LOOK_AHEAD_DAYS`].
        opens_at: Option<Wall>,
    },
}

impl Schedule {
    /// Open or closed at `at`, and when that changes next.
    ///
    /// Windows are told by the clock on the wall: where clocks are set back, one lasts from the first time its
    /// beginning is shown to the last time its end is; a window that lies wholly in a gap does not happen.
    pub fn is_open(&self, at: Wall) -> Hours {
        match self.closed_because(at) {
            None => Hours::Open {
                until: self.closes(at),
            },
            Some(why) => Hours::Closed {
                why,
                opens_at: self.opens(at),
            },
        }
    }

    /// None when open; the cheap half of [`Schedule::is_open`] for a decision, a few microseconds.
    pub fn closed_because(&self, at: Wall) -> Option<Why> {
        let reading = self.zone.reading(at);
        let near = |(from, to): &(CivilMinute, CivilMinute)| {
            from.0 - CLOCK_SHIFT_MAX <= reading.0 && reading.0 < to.0 + CLOCK_SHIFT_MAX
        };
        let open = self
            .stretches(reading, LOOK_BACK_DAYS + 2)
            .filter(near)
            .any(|(from, to)| self.zone.first(from) <= at && at < self.zone.end(to));
        if open {
            None
        } else {
            Some(self.why_closed(at, reading.date()))
        }
    }

    pub(crate) fn why_closed(&self, at: Wall, date: Date) -> Why {
        if let Some(DateRule::Closed { note }) = self.dates.get(&date) {
            return Why::DateClosed {
                date,
                note: note.clone(),
            };
        }
        let hours = self.spans(date);
        let day = self.day(date);
        let off = day.filter(|day| matches!(day.kind, DayKind::Holiday | DayKind::Off));
        match off {
            Some(day) if hours.is_empty() => Why::DayOff {
                date,
                kind: day.kind,
                name: day.name.clone(),
            },
            _ if hours.is_empty() => Why::NoHours {
                weekday: date.weekday(),
            },
            _ => {
                let short = self.short_by > 0 && day.is_some_and(|day| day.kind.is_short());
                Why::OutsideHours {
                    local: self.zone.local(at),
                    hours,
                    short,
                }
            }
        }
    }

    /// When it opens next, at `at` or later: at `at` itself where it is open then. None: not within [`LOOK_AHEAD_DAYS`].
    pub fn opens_from(&self, at: Wall) -> Option<Wall> {
        match self.closed_because(at) {
            None => Some(at),
            Some(_) => self.opens(at),
        }
    }

    /// The end of the stretch that is open at `at`, windows that touch or overlap taken together.
    fn closes(&self, at: Wall) -> Option<Wall> {
        let reading = self.zone.reading(at);
        let mut end: Option<(CivilMinute, Wall)> = None;
        for (from, to) in self.stretches(reading, LOOK_BACK_DAYS + LOOK_AHEAD_DAYS) {
            let reached = match end {
                None => at,
                Some((civil, _)) if to <= civil => continue,
                Some((_, wall)) => wall,
            };
            if self.zone.first(from) > reached {
                return end.map(|(_, wall)| wall);
            }
            let to_wall = self.zone.end(to);
            if to_wall > reached {
                end = Some((to, to_wall));
            }
        }
        let horizon = CivilMinute(reading.0 + i64::from(LOOK_AHEAD_DAYS - 1) * 1440);
        end.filter(|(civil, _)| *civil < horizon)
            .map(|(_, wall)| wall)
    }

    fn opens(&self, at: Wall) -> Option<Wall> {
        let reading = self.zone.reading(at);
        self.stretches(reading, LOOK_BACK_DAYS + LOOK_AHEAD_DAYS)
            .filter(|(from, _)| from.0 + CLOCK_SHIFT_MAX >= reading.0)
            .map(|(from, to)| (self.zone.first(from), self.zone.end(to)))
            .find(|(from, to)| *from > at && to > from)
            .map(|(from, _)| from)
    }

    /// Every stretch of the clock that begins on one of `days` dates from [`LOOK_BACK_DAYS`] before
    /// `reading`, by its beginning.
    pub(crate) fn stretches(
        &self,
        reading: CivilMinute,
        days: u32,
    ) -> impl Iterator<Item = (CivilMinute, CivilMinute)> {
        let first = CivilMinute(reading.0 - i64::from(LOOK_BACK_DAYS) * 1440).date();
        let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok());
        dates.take(days as usize).flat_map(|date| {
            let civil = move |span: Span| {
                (
                    CivilMinute::at(date, span.from()),
                    CivilMinute::at(date, span.end()),
                )
            };
            self.spans(date).into_iter().map(civil)
        })
    }

    /// The hours that begin on a date, by their beginning.
    fn spans(&self, date: Date) -> Vec<Span> {
        let day = self.day(date).map(|day| day.kind);
        let mut spans = match (self.dates.get(&date), day) {
            (Some(DateRule::Closed { .. }), _) => Vec::new(),
            (Some(DateRule::Open { spans }), _) => spans.clone(),
            (None, Some(DayKind::Holiday | DayKind::Off)) => Vec::new(),
            (None, Some(DayKind::Work)) => self.working_weekend(date.weekday()),
            (None, Some(DayKind::Short)) => self.shortened(self.weekly(date.weekday())),
            (None, Some(DayKind::ShortWork)) => {
                self.shortened(self.working_weekend(date.weekday()))
            }
            (None, None) => self.weekly(date.weekday()),
        };
        spans.sort_unstable();
        spans
    }

    /// What the production calendar says of a date.
    fn day(&self, date: Date) -> Option<&Day> {
        self.holidays.as_ref()?.day(self.week, date)
    }

    fn weekly(&self, day: Weekday) -> Vec<Span> {
        self.windows
            .iter()
            .filter(|w| w.begins_on(day))
            .map(Window::span)
            .collect()
    }

    /// A Saturday that is worked for a moved day off is a working day: a Friday, or as it always is where
    /// the schedule knows no Fridays. Where six days are worked a Saturday is one of them.
    fn working_weekend(&self, day: Weekday) -> Vec<Span> {
        let (own, friday) = (self.weekly(day), self.weekly(Weekday::Friday));
        let is_worked = self.week == Week::Six && day == Weekday::Saturday && !own.is_empty();
        if friday.is_empty() || is_worked {
            own
        } else {
            friday
        }
    }

    fn shortened(&self, mut spans: Vec<Span>) -> Vec<Span> {
        let last = spans.iter().copied().max_by_key(|span| span.end());
        if let Some(last) = last {
            spans.retain(|span| *span != last);
            spans.extend(last.shortened(self.short_by));
        }
        spans
    }
}

/// A window of the day before yesterday may still be open when clocks are set back around midnight.
pub(crate) const LOOK_BACK_DAYS: u32 = 2;
