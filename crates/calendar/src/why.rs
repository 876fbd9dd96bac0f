//! Why it is closed (or open on an unusual day), in Russian.
use std::fmt;

use jiff::civil::{Date, Weekday};

use crate::holidays::DayKind;
use crate::window::{Span, index};
use crate::zone::Local;

/// Why a schedule is closed. `Display` is Russian and fits after «закрыто: ».
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// A date the admin closed.
    DateClosed {
        /// Which.
        date: Date,
        /// The admin's words.
        note: Option<String>,
    },
    /// The production calendar says so.
    DayOff {
        /// Which.
        date: Date,
        /// Holiday or moved day off.
        kind: DayKind,
        /// What it is called.
        name: String,
    },
    /// Somebody closed it by hand, for a while.
    ByHand {
        /// Until when, who and why: «вручную до 22 ноября 18:00 — авария (ivanov)».
        told: String,
    },
    /// The schedule has no hours on this day of the week.
    NoHours {
        /// Which.
        weekday: Weekday,
    },
    /// A working day, at another time.
    OutsideHours {
        /// What the clock shows.
        local: Local,
        /// The hours that begin on this date.
        hours: Vec<Span>,
        /// The day is shortened before a holiday.
        short: bool,
    },
}

impl Why {
    /// Stable and short, for conditions: `date`, `holiday`, `day_off`, `weekday`, `hours`, `override`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DateClosed { .. } => "date",
            Self::DayOff {
                kind: DayKind::Holiday,
                ..
            } => "holiday",
            Self::DayOff { .. } => "day_off",
            Self::ByHand { .. } => "override",
            Self::NoHours { .. } => "weekday",
            Self::OutsideHours { .. } => "hours",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DateClosed { date, note } => {
                let note = note.as_deref().unwrap_or("закрыто в графике");
                write!(f, "{} — {note}", spoken(*date))
            }
            Self::DayOff { date, kind, name } => {
                let what = match kind {
                    DayKind::Holiday => "нерабочий праздничный день",
                    DayKind::Off | DayKind::Work | DayKind::Short | DayKind::ShortWork => {
                        "выходной день"
                    }
                };
                let name = if name.is_empty() {
                    String::new()
                } else {
                    format!(" ({name})")
                };
                write!(f, "{} — {what}{name}", spoken(*date))
            }
            Self::ByHand { told } => f.write_str(told),
            Self::NoHours { weekday } => {
                write!(f, "{} — нет рабочих часов", WEEKDAYS_RU[index(*weekday)])
            }
            Self::OutsideHours {
                local,
                hours,
                short,
            } => {
                let list: Vec<_> = hours.iter().map(Span::to_string).collect();
                let day = WEEKDAYS_RU[index(local.weekday())];
                let short = if *short {
                    ", короткий день"
                } else {
                    ""
                };
                let (hour, minute) = (local.hour, local.minute);
                write!(
                    f,
                    "{hour:02}:{minute:02}, {day}, рабочие часы {}{short}",
                    list.join(", ")
                )
            }
        }
    }
}

const WEEKDAYS_RU: [&str; 7] = [
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
];

const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// «4 января».
pub(crate) fn spoken(date: Date) -> String {
    let month = usize::from(date.month().unsigned_abs()).clamp(1, 12);
    format!("{} {}", date.day(), MONTHS_RU[month - 1])
}
