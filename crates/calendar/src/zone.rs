//! Zones of the IANA database, and what a clock on the wall shows in them.
use std::fmt;

use gudok_model::{Name, Wall};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use crate::window::minute_of_day;
use crate::zones;

/// A time zone by its IANA name: `Asia/Irkutsk`.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone {
    name: Name,
    tz: TimeZone,
}

/// There is no such zone in the database.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown time zone {0:?}")]
pub struct UnknownZone(pub String);

/// What the clock on the wall of a zone shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// The date.
    pub date: Date,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
}

impl Local {
    /// The day of the week.
    pub fn weekday(&self) -> Weekday {
        self.date.weekday()
    }

    /// How many midnights the calendar has from here to there: 1 is tomorrow.
    pub fn days_to(&self, later: &Self) -> i64 {
        let of_day = |local: &Self| CivilMinute::at(local.date, 0).0;
        (of_day(later) - of_day(self)) / 1440
    }
}

impl Zone {
    /// Finds a zone, in the table that was [put in force](crate::zones::Zones::put_in_force) first.
    ///
    /// # Errors
    /// [`UnknownZone`] when neither it nor the database that is compiled in has such a name.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let tz = zones::rules(name).ok_or_else(|| UnknownZone(name.into()))?;
        let name = tz.iana_name().unwrap_or(name).into();
        Ok(Self { name, tz })
    }

    /// Where nobody lives: the zone of what has no place.
    pub fn utc() -> Self {
        Self {
            name: "UTC".into(),
            tz: TimeZone::UTC,
        }
    }

    /// Every name there is, for a «did you mean».
    pub fn known() -> Vec<String> {
        zones::known()
    }

    /// The first moment from `from` on and before `to` at which this clock is set otherwise than by the rules that are
    /// compiled in. None where they have no such zone: then there is nothing to differ from.
    pub fn departs(&self, from: Wall, to: Wall) -> Option<Wall> {
        let usual = Self {
            name: self.name.clone(),
            tz: zones::rules_compiled_in(&self.name)?,
        };
        let mut at = from;
        // Between transitions of either an offset stays what it is.
        while self.offset_at(at) == usual.offset_at(at) {
            let next = [self.next_transition(at), usual.next_transition(at)];
            at = next.into_iter().flatten().min().filter(|it| *it < to)?;
        }
        Some(at)
    }

    /// The IANA name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// What the clock shows at `at`. Before 1970 and after the year 9000 the nearest of these.
    pub fn local(&self, at: Wall) -> Local {
        let shown = civil(self.reading(at));
        Local {
            date: shown.date(),
            hour: small(shown.hour()),
            minute: small(shown.minute()),
        }
    }

    /// When the day begins.
    pub fn midnight(&self, date: Date) -> Wall {
        self.first(CivilMinute::at(date, 0))
    }

    /// When the clock first shows this minute of the day (0–1439) on that date; where it is skipped, the end of the gap.
    pub fn instant(&self, date: Date, of_day: u16) -> Wall {
        self.first(CivilMinute::at(date, of_day))
    }

    /// Reads what the clock shows: `2026-11-22T18:00`, `2026-11-22 18:00`, `22.11.2026 18:00`, seconds of zero besides.
    pub fn moment(&self, text: &str) -> Option<Wall> {
        let (date, time) = text.trim().split_once(['T', ' '])?;
        let time = match time.trim() {
            whole if whole.len() > 5 => whole.strip_suffix(":00").unwrap_or(whole),
            whole => whole,
        };
        let date = parse_date(date).or_else(|| dotted_date(date))?;
        Some(self.instant(date, minute_of_day(time)?))
    }

    /// What the clock shows, as a count of civil minutes.
    pub(crate) fn reading(&self, at: Wall) -> CivilMinute {
        let at = timestamp(at);
        let shown = at.as_second() + i64::from(self.tz.to_offset(at).seconds());
        CivilMinute(shown.div_euclid(60))
    }

    /// The first instant at which the clock shows `minute` or later.
    ///
    /// In an overlap (clocks go back) the first of the two; in a gap (clocks go forward) the end of the gap.
    pub(crate) fn first(&self, minute: CivilMinute) -> Wall {
        match self.offset(minute) {
            AmbiguousOffset::Unambiguous { offset } => instant(minute, offset),
            AmbiguousOffset::Fold { before, .. } => instant(minute, before),
            AmbiguousOffset::Gap { after, .. } => self.gap_end(minute, after),
        }
    }

    /// The instant after the last one at which the clock shows less than `minute`: the end of a
    /// window that ends at `minute`. In an overlap the window lasts until the second of the two.
    pub(crate) fn end(&self, minute: CivilMinute) -> Wall {
        let last = CivilMinute(minute.0 - 1);
        match self.offset(last) {
            AmbiguousOffset::Unambiguous { offset } => instant(minute, offset),
            AmbiguousOffset::Fold { after, .. } => instant(minute, after),
            AmbiguousOffset::Gap { after, .. } => self.gap_end(last, after),
        }
    }

    /// The first moment after `at` at which clocks are set.
    pub(crate) fn next_transition(&self, at: Wall) -> Option<Wall> {
        let next = self.tz.following(timestamp(at)).next()?;
        Some(Wall(next.timestamp().as_microsecond())).filter(|next| *next > at)
    }

    /// How far the clock is ahead of UTC at `at`. Seconds.
    pub(crate) fn offset_at(&self, at: Wall) -> i64 {
        i64::from(self.tz.to_offset(timestamp(at)).seconds())
    }

    fn offset(&self, minute: CivilMinute) -> AmbiguousOffset {
        self.tz.to_ambiguous_timestamp(civil(minute)).offset()
    }

    /// Read with the offset that rules after the gap, a time inside it is just before the gap.
    fn gap_end(&self, minute: CivilMinute, after: Offset) -> Wall {
        let before_gap = timestamp(instant(minute, after));
        match self.tz.following(before_gap).next() {
            Some(transition) => Wall(transition.timestamp().as_microsecond()),
            None => instant(minute, after),
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Reads `2026-01-09`, and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let shaped = year.len() == 4 && month.len() == 2 && day.len() == 2;
    if !shaped || !digits(year) || !digits(month) || !digits(day) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Reads `2026-01-09T12:30` as [`Zone::moment`] does, and `2026-01-09T12:30+08:00` or `…Z` as it is. None for anything else.
pub fn parse_moment(text: &str, zone: &Zone) -> Option<Wall> {
    match text.parse::<Timestamp>() {
        Ok(at) => Some(Wall(at.as_microsecond())),
        Err(_) => zone.moment(text),
    }
}

/// `22.11.2026`.
fn dotted_date(text: &str) -> Option<Date> {
    let mut parts = text.split('.');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let more = parts.next();
    let turned = format!("{year}-{month:0>2}-{day:0>2}");
    parse_date(&turned).filter(|_| more.is_none())
}

/// Minutes a clock has shown since it showed 1970-01-01 00:00: local time that can be counted with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CivilMinute(pub(crate) i64);

impl CivilMinute {
    /// Minute `of_day` of `date`; beyond 1440 it is on the following day.
    pub(crate) fn at(date: Date, of_day: u16) -> Self {
        let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
        let seconds = midnight.map_or(0, Timestamp::as_second);
        Self(seconds.div_euclid(60) + i64::from(of_day))
    }

    pub(crate) fn date(self) -> Date {
        civil(self).date()
    }
}

fn civil(minute: CivilMinute) -> DateTime {
    let as_utc = Timestamp::from_second(minute.0.saturating_mul(60));
    Offset::UTC.to_datetime(as_utc.unwrap_or(Timestamp::UNIX_EPOCH))
}

fn instant(minute: CivilMinute, offset: Offset) -> Wall {
    let seconds = minute.0 * 60 - i64::from(offset.seconds());
    Wall(seconds.saturating_mul(1_000_000))
}

/// The year 9000 in seconds: far enough from the end of the civil calendar to count days ahead.
const SECONDS_MAX: i64 = 221_845_392_000;

fn timestamp(at: Wall) -> Timestamp {
    let seconds = at.0.div_euclid(1_000_000).clamp(0, SECONDS_MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn small(value: i8) -> u8 {
    u8::try_from(value).unwrap_or(0)
}
