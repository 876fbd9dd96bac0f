//! What a caller who waits is told: the place, and how long it may take.
use std::collections::BTreeSet;
use std::time::Duration;

use crate::manner::Manner;
use crate::phrase::Phrase;
use crate::say::{Case, Unit, count, date, duration, phone, position, time};
use crate::{Locale, en, ru};

/// A longer wait is not said.
pub const WAIT_SAID_MAX: Duration = Duration::from_secs(30 * 60);

/// A wait as it is said: never more exactly than anybody can know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Less than a minute.
    UnderMinute,
    /// About so many minutes.
    Minutes(u32),
}

impl Wait {
    /// Up to whole minutes, from ten minutes on to fives; None above [`WAIT_SAID_MAX`].
    pub fn rounded(wait: Duration) -> Option<Self> {
        if wait > WAIT_SAID_MAX {
            return None;
        }
        let minutes = u32::try_from(wait.as_secs().div_ceil(60)).ok()?;
        Some(match minutes {
            0 | 1 => Self::UnderMinute,
            2..=10 => Self::Minutes(minutes),
            _ => Self::Minutes(minutes.div_ceil(5) * 5),
        })
    }

    /// `Примерное время ожидания пять минут`.
    pub fn phrase(self, locale: Locale) -> Phrase {
        let (soon, about) = match locale {
            Locale::Ru => (ru::SOON, ru::ABOUT),
            Locale::En => (en::SOON, en::ABOUT),
        };
        match self {
            Self::UnderMinute => Phrase::new().with(soon),
            Self::Minutes(n) => {
                let minutes = count(locale, n, Unit::Minute, Case::Nominative);
                Phrase::new().with(about).then(minutes.unwrap_or_default())
            }
        }
    }
}

/// `Мы перезвоним вам в течение двадцати минут`: hours and minutes, and whole minutes where there are any.
pub fn promised(locale: Locale, within: Duration) -> Phrase {
    let lead = match locale {
        Locale::Ru => ru::CALLBACK_WITHIN,
        Locale::En => en::CALLBACK_WITHIN,
    };
    let seconds = u32::try_from(within.as_secs()).unwrap_or(u32::MAX);
    let whole = match seconds {
        0..60 => seconds,
        _ => seconds / 60 * 60,
    };
    let span = duration(locale, whole, Case::Genitive);
    Phrase::new().with(lead).then(span.unwrap_or_default())
}

/// When something promised is due, as the clock shows it to whom it was promised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    /// In how many days: 0 is today.
    pub days: i64,
    /// Month and day, both from 1.
    pub date: (u32, u32),
    /// Hour and minute.
    pub time: (u32, u32),
}

impl Due {
    /// `Мы перезвоним вам завтра до девяти часов двадцати минут`; later than tomorrow with the date.
    pub fn phrase(self, locale: Locale) -> Phrase {
        let [today, tomorrow, by] = leads(locale);
        let (lead, date) = match self.days {
            0 => (today, None),
            1 => (tomorrow, None),
            _ => (by, date(locale, self.date.0, self.date.1, Case::Genitive)),
        };
        let time = time(locale, self.time.0, self.time.1, Case::Genitive);
        let said = Phrase::new().with(lead).then(time.unwrap_or_default());
        said.then(date.unwrap_or_default())
    }

    /// Every piece that one of these may need.
    pub fn may_say(locale: Locale) -> BTreeSet<&'static str> {
        let case = Case::Genitive;
        let said = [Manner::Time { case }, Manner::Date { case }];
        let said = said.into_iter().flat_map(|it| it.may_say(locale));
        said.chain(leads(locale).map(|(name, _)| name)).collect()
    }
}

fn leads(locale: Locale) -> [crate::phrase::Piece; 3] {
    match locale {
        Locale::Ru => ru::CALLBACK_BY,
        Locale::En => en::CALLBACK_BY,
    }
}

/// `Вы набрали плюс семь …`; None when it is no number.
pub fn typed_number(locale: Locale, e164: &str) -> Option<Phrase> {
    let lead = match locale {
        Locale::Ru => ru::YOU_TYPED,
        Locale::En => en::YOU_TYPED,
    };
    Some(Phrase::new().with(lead).then(phone(locale, e164)?))
}

/// What of it is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Announcement {
    /// The place in the queue.
    pub position: bool,
    /// The expected wait.
    pub wait: bool,
}

impl Announcement {
    /// Every piece that one of these may need, for a queue of so many callers at most.
    pub fn may_say(self, locale: Locale, callers_max: u32) -> BTreeSet<&'static str> {
        let mut pieces = BTreeSet::new();
        if self.position {
            // Beyond a thousand places the same pieces come again, with those of thousands.
            let places = (1..=callers_max.min(2_001))
                .chain([callers_max, 5_001, 11_001].map(|it| it.min(callers_max)));
            pieces.extend(
                places
                    .filter_map(|place| position(locale, place))
                    .flat_map(|said| said.pieces),
            );
        }
        if self.wait {
            let waits = (0..=WAIT_SAID_MAX.as_secs() / 60).map(|it| Duration::from_secs(it * 60));
            pieces.extend(
                waits
                    .filter_map(Wait::rounded)
                    .flat_map(|wait| wait.phrase(locale).pieces),
            );
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up_and_not_said_when_it_is_long() {
        let said = |secs| {
            let wait = Wait::rounded(Duration::from_secs(secs));
            wait.map_or("—".into(), |wait| wait.phrase(Locale::Ru).text)
        };
        let said: Vec<String> = [0, 60, 61, 540, 601, 1_790, 1_801].map(said).into();
        assert_eq!(
            said,
            [
                "Время ожидания меньше минуты",
                "Время ожидания меньше минуты",
                "Примерное время ожидания две минуты",
                "Примерное время ожидания девять минут",
                "Примерное время ожидания пятнадцать минут",
                "Примерное время ожидания тридцать минут",
                "—",
            ]
        );
    }

    #[test]
    fn a_promise_is_said_in_hours_and_minutes_of_the_genitive() {
        let said = |secs| {
            let within = Duration::from_secs(secs);
            let said = Locale::ALL.map(|locale| promised(locale, within).text);
            said.join(" / ")
        };
        assert_eq!(
            said(20 * 60),
            "Мы перезвоним вам в течение двадцати минут / We will call you back within twenty minutes"
        );
        assert_eq!(
            said(3_660),
            "Мы перезвоним вам в течение одного часа одной минуты / We will call you back within one hour one minute"
        );
        assert_eq!(
            said(121),
            "Мы перезвоним вам в течение двух минут / We will call you back within two minutes"
        );
        let read = typed_number(Locale::Ru, "+79990000001").map(|said| said.text);
        assert!(read.is_some_and(|said| {
            said.starts_with("Вы набрали плюс семь девятьсот девяносто девять")
        }));
    }

    #[test]
    fn a_promise_for_later_is_said_with_its_day() {
        let due = |days| Due {
            days,
            date: (11, 11),
            time: (9, 20),
        };
        let said = |days| {
            Locale::ALL
                .map(|locale| due(days).phrase(locale).text)
                .join(" / ")
        };
        assert_eq!(
            [0, 1, 2].map(said),
            [
                "Мы перезвоним вам сегодня до девяти часов двадцати минут / We will call you back today before nine twenty",
                "Мы перезвоним вам завтра до девяти часов двадцати минут / We will call you back tomorrow before nine twenty",
                "Мы перезвоним вам до девяти часов двадцати минут одиннадцатого ноября / We will call you back before nine twenty November eleventh",
            ]
        );
        for locale in Locale::ALL {
            let may = Due::may_say(locale);
            for days in 0..3 {
                let said = due(days).phrase(locale);
                assert!(said.pieces.iter().all(|it| may.contains(it)), "{said:?}");
            }
        }
    }

    #[test]
    fn what_may_be_said_is_all_that_is_said() {
        let all = Announcement {
            position: true,
            wait: true,
        };
        for locale in Locale::ALL {
            for callers_max in [1, 20, 150, 1_003, 2_500, 10_000] {
                let may = all.may_say(locale, callers_max);
                for place in 1..=callers_max {
                    let said = position(locale, place).unwrap();
                    assert!(said.pieces.iter().all(|it| may.contains(it)), "{said:?}");
                }
            }
        }
    }
}
