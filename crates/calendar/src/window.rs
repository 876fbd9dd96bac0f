//! One line of working hours: `mon-fri 09:00-20:00`, `daily 22:00-08:00`.
use std::fmt;
use std::ops::Range;

use jiff::civil::Weekday;

/// Minutes in a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// A stretch of a day, possibly over midnight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span {
    from: u16,
    length: u16,
}

/// Hours that repeat on days of the week. An overnight window belongs to the day it begins on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    days: [bool; 7],
    span: Span,
}

/// What cannot be understood, with the bytes of the text it stands at.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WindowError {
    /// No such day of the week.
    #[error("unknown weekday {word:?}")]
    Weekday {
        /// What stands there.
        word: String,
        /// Where.
        at: Range<usize>,
    },
    /// Not a time of day.
    #[error("not a time of day: {word:?}")]
    Time {
        /// What stands there.
        word: String,
        /// Where.
        at: Range<usize>,
    },
    /// Begins and ends at the same time.
    #[error("the window begins and ends at the same time")]
    Empty {
        /// Where.
        at: Range<usize>,
    },
    /// Not days, a space and two times with a hyphen.
    #[error("not a window: expected days and hours such as `mon-fri 09:00-20:00`")]
    Shape {
        /// Where.
        at: Range<usize>,
    },
}

impl WindowError {
    /// The bytes of the text that are wrong.
    pub fn at(&self) -> Range<usize> {
        match self {
            Self::Weekday { at, .. } | Self::Time { at, .. } => at.clone(),
            Self::Empty { at } | Self::Shape { at } => at.clone(),
        }
    }
}

/// Words for the days, Monday first, English and Russian.
pub const WEEKDAYS: [(&str, &str); 7] = [
    ("mon", "пн"),
    ("tue", "вт"),
    ("wed", "ср"),
    ("thu", "чт"),
    ("fri", "пт"),
    ("sat", "сб"),
    ("sun", "вс"),
];

/// Words for all seven days.
pub const DAILY: [&str; 2] = ["daily", "ежедневно"];

impl Span {
    /// From a minute of the day (0–1439) to another (1–1440); at or before `from` it is on the next day.
    /// None when out of range or when both are the same time.
    pub fn new(from: u16, to: u16) -> Option<Self> {
        if from >= DAY_MINUTES || to > DAY_MINUTES || from == to {
            return None;
        }
        let length = if to > from {
            to - from
        } else {
            DAY_MINUTES - from + to
        };
        Some(Self { from, length })
    }

    /// Reads `09:00-20:00`, `22:00-08:00`, `00:00-24:00`.
    ///
    /// # Errors
    /// What is wrong and where in `text`.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        let whole = 0..text.len();
        let Some(hyphen) = text.find(['-', '–']) else {
            return Err(WindowError::Shape { at: whole });
        };
        let after = hyphen + text[hyphen..].chars().next().map_or(1, char::len_utf8);
        let from = time(text, 0..hyphen)?;
        let to = time(text, after..text.len())?;
        if from >= DAY_MINUTES {
            let word = text[..hyphen].to_owned();
            return Err(WindowError::Time {
                word,
                at: 0..hyphen,
            });
        }
        Self::new(from, to).ok_or(WindowError::Empty { at: whole })
    }

    /// As [`Span::parse`] reads it: `22:00-08:00`.
    pub fn written(self) -> String {
        self.to_string().replace('–', "-")
    }

    /// Minute of the day it begins at.
    pub fn from(self) -> u16 {
        self.from
    }

    /// Minutes from the midnight it begins after to its end; over 1440 it ends on the next day.
    pub fn end(self) -> u16 {
        self.from + self.length
    }

    /// Ends `minutes` earlier; None when nothing is left.
    pub fn shortened(self, minutes: u16) -> Option<Self> {
        let length = self.length.checked_sub(minutes).filter(|left| *left > 0)?;
        Some(Self { length, ..self })
    }
}

impl Window {
    /// Hours on the given days, Monday first.
    pub fn new(days: [bool; 7], span: Span) -> Self {
        Self { days, span }
    }

    /// Reads `mon-fri 09:00-20:00`, `sat,sun 22:00-08:00`, `daily 00:00-24:00`, `пн-пт 09:00-20:00`.
    /// Hours alone are daily.
    ///
    /// # Errors
    /// What is wrong and where in `text`.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        let Some(space) = text.find(' ') else {
            let hours_only = text.starts_with(|c: char| c.is_ascii_digit());
            let shape = WindowError::Shape { at: 0..text.len() };
            return if hours_only {
                Ok(Self::new([true; 7], Span::parse(text)?))
            } else {
                Err(shape)
            };
        };
        let days = days(&text[..space])?;
        let start = space + text[space..].len() - text[space..].trim_start().len();
        let span = Span::parse(text[start..].trim_end()).map_err(|e| e.moved(start))?;
        Ok(Self { days, span })
    }

    /// The hours.
    pub fn span(&self) -> Span {
        self.span
    }

    /// As [`Window::parse`] reads it: `mon,tue,sat 22:00-08:00`, `daily 00:00-24:00`.
    pub fn written(&self) -> String {
        let named = WEEKDAYS.iter().zip(self.days);
        let named: Vec<&str> = named
            .filter(|(_, is)| *is)
            .map(|((en, _), _)| *en)
            .collect();
        let days = match named.len() {
            7 => DAILY[0].to_owned(),
            _ => named.join(","),
        };
        format!("{days} {}", self.span.written())
    }

    /// Whether it begins on this day of the week.
    pub fn begins_on(&self, day: Weekday) -> bool {
        self.days[index(day)]
    }
}

impl WindowError {
    fn moved(mut self, by: usize) -> Self {
        match &mut self {
            Self::Weekday { at, .. }
            | Self::Time { at, .. }
            | Self::Empty { at }
            | Self::Shape { at } => *at = at.start + by..at.end + by,
        }
        self
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.end();
        let to = if end > DAY_MINUTES {
            end - DAY_MINUTES
        } else {
            end
        };
        let (from_h, from_m) = (self.from / 60, self.from % 60);
        write!(f, "{from_h:02}:{from_m:02}–{:02}:{:02}", to / 60, to % 60)
    }
}

pub(crate) fn index(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

fn days(text: &str) -> Result<[bool; 7], WindowError> {
    if DAILY.contains(&text) {
        return Ok([true; 7]);
    }
    let mut days = [false; 7];
    let mut at = 0;
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (day(first, at)?, day(last, at + first.len() + 1)?),
            None => (day(part, at)?, day(part, at)?),
        };
        // `fri-mon` goes over the weekend.
        let count = (last + 7 - first) % 7 + 1;
        (0..count).for_each(|i| days[(first + i) % 7] = true);
        at += part.len() + 1;
    }
    Ok(days)
}

fn day(word: &str, at: usize) -> Result<usize, WindowError> {
    let known = |(en, ru): &(&str, &str)| *en == word || *ru == word;
    WEEKDAYS
        .iter()
        .position(known)
        .ok_or_else(|| WindowError::Weekday {
            word: word.to_owned(),
            at: at..at + word.len(),
        })
}

fn time(text: &str, at: Range<usize>) -> Result<u16, WindowError> {
    let word = &text[at.clone()];
    minute_of_day(word).ok_or_else(|| WindowError::Time {
        word: word.to_owned(),
        at,
    })
}

/// Reads a time of day, `09:00`, `9:00`, `24:00`, as minutes from midnight, 0–1440.
pub fn minute_of_day(word: &str) -> Option<u16> {
    let (hours, minutes) = word.split_once(':')?;
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(1..=2).contains(&hours.len()) || minutes.len() != 2 || !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let of_day = hours * 60 + minutes;
    (minutes < 60 && of_day <= DAY_MINUTES).then_some(of_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Window::parse(text) {
            Ok(window) => {
                let on =
                    |(i, (word, _)): (usize, &(&'static str, _))| window.days[i].then_some(*word);
                let days: Vec<_> = WEEKDAYS.iter().enumerate().filter_map(on).collect();
                format!("{} {}", days.join(","), window.span)
            }
            Err(error) => format!("{error} at {:?}", error.at()),
        }
    }

    #[test]
    fn days_and_hours_are_read() {
        assert_eq!(
            shown("mon-fri 09:00-20:00"),
            "mon,tue,wed,thu,fri 09:00–20:00"
        );
        assert_eq!(shown("пн-пт 9:00–20:00"), "mon,tue,wed,thu,fri 09:00–20:00");
        assert_eq!(shown("fri-mon 22:00-08:00"), "mon,fri,sat,sun 22:00–08:00");
        assert_eq!(shown("sat,wed 00:00-24:00"), "wed,sat 00:00–24:00");
        assert_eq!(shown("22:00-08:00"), shown("daily 22:00-08:00"));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        assert_eq!(
            shown("mon-fry 09:00-20:00"),
            r#"unknown weekday "fry" at 4..7"#
        );
        assert_eq!(
            shown("mon-fri 09:00-25:00"),
            r#"not a time of day: "25:00" at 14..19"#
        );
        assert_eq!(
            shown("mon 24:00-08:00"),
            r#"not a time of day: "24:00" at 4..9"#
        );
        assert_eq!(
            shown("mon 09:00-09:00"),
            "the window begins and ends at the same time at 4..15"
        );
        let shape = "not a window: expected days and hours such as `mon-fri 09:00-20:00`";
        assert_eq!(shown("mon"), format!("{shape} at 0..3"));
        assert_eq!(shown("mon 9"), format!("{shape} at 4..5"));
        assert_eq!(shown(""), format!("{shape} at 0..0"));
    }
}
