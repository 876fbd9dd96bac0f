//! How a value that is text is said: `104217` as a ticket, `2026-11-23` as a date.
use std::collections::BTreeSet;

use crate::Locale;
use crate::phrase::{NUMBER_MAX, Phrase};
use crate::say::{self, Case, Gender, Unit};

/// Longest stretch of time that is said. Hours.
const HOURS_MAX: u32 = 999;

/// As what a value is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Manner {
    /// `двадцать одна`.
    Number {
        /// It agrees with.
        gender: Gender,
        /// It stands in.
        case: Case,
    },
    /// `двадцать одна минута`.
    Count {
        /// What is counted.
        unit: Unit,
        /// It stands in.
        case: Case,
    },
    /// Digit by digit, in groups.
    Digits,
    /// The same behind `Номер вашей заявки`.
    Ticket,
    /// `плюс семь девятьсот …`, of a number in E.164.
    Phone,
    /// `двадцать третье ноября`, of `2026-11-23` or `23.11.2026`.
    Date {
        /// Genitive: `двадцать третьего ноября`.
        case: Case,
    },
    /// `девять часов ровно`, of `9:00`.
    Time {
        /// Genitive: `девяти часов`.
        case: Case,
    },
    /// `три минуты семь секунд`, of seconds; at most 999 hours.
    Duration {
        /// It stands in.
        case: Case,
    },
    /// `сто два рубля одна копейка`, of `102.01` or `102,01`.
    Money {
        /// It stands in.
        case: Case,
    },
    /// `Вы третий в очереди`.
    Position,
}

impl Manner {
    /// The value in words; None: it is no such value, or none that can be said.
    pub fn phrase(self, locale: Locale, value: &str) -> Option<Phrase> {
        let value = value.trim();
        let whole = || value.parse::<u32>().ok();
        match self {
            Self::Number { gender, case } => say::number(locale, whole()?, gender, case),
            Self::Count { unit, case } => say::count(locale, whole()?, unit, case),
            Self::Digits => say::digits(locale, value),
            Self::Ticket => say::ticket(locale, value),
            Self::Phone => say::phone(locale, value),
            Self::Date { case } => {
                let (month, day) = date(value)?;
                say::date(locale, month, day, case)
            }
            Self::Time { case } => {
                let (hour, minute) = time(value)?;
                say::time(locale, hour, minute, case)
            }
            Self::Duration { case } => {
                let seconds = whole().filter(|it| it / 3600 <= HOURS_MAX)?;
                say::duration(locale, seconds, case)
            }
            Self::Money { case } => say::money(locale, kopecks(value)?, case),
            Self::Position => say::position(locale, whole()?),
        }
    }

    /// Every piece that some value may need.
    pub fn may_say(self, locale: Locale) -> BTreeSet<&'static str> {
        let said = self.samples().into_iter();
        said.filter_map(|value| self.phrase(locale, &value))
            .flat_map(|said| said.pieces)
            .collect()
    }

    /// Values that need, taken together, all that any may.
    fn samples(self) -> Vec<String> {
        match self {
            Self::Number { .. } | Self::Count { .. } => numbers().collect(),
            Self::Position => (1..=99).map(|n| n.to_string()).chain(numbers()).collect(),
            Self::Digits | Self::Ticket => vec!["0123456789".into()],
            Self::Phone => groups().chain(["+10123456789".into()]).collect(),
            Self::Date { .. } => days().collect(),
            Self::Time { .. } => (0..24 * 60)
                .map(|n| format!("{}:{:02}", n / 60, n % 60))
                .collect(),
            Self::Duration { .. } => {
                let hours = (1..=HOURS_MAX).map(|hours| hours * 3600);
                (0..3600).chain(hours).map(|n| n.to_string()).collect()
            }
            Self::Money { .. } => {
                let kopecks = (1..100).map(|n| format!("0.{n:02}"));
                numbers().chain(kopecks).collect()
            }
        }
    }
}

/// Each group of three digits by itself, and each before the thousands.
fn numbers() -> impl Iterator<Item = String> {
    let thousands = (1..=NUMBER_MAX / 1_000).map(|n| n * 1_000);
    (0..1_000).chain(thousands).map(|n| n.to_string())
}

fn groups() -> impl Iterator<Item = String> {
    (0..1_000).map(|n| format!("+7{n:03}{n:03}{:02}{:02}", n % 100, n % 100))
}

fn days() -> impl Iterator<Item = String> {
    (1..=12).flat_map(|month| (1..=31).map(move |day| format!("{day:02}.{month:02}.2024")))
}

/// Whether a time says in which zone it is: `20:21Z`, `20:21+08:00`. Such a one is no time to say before it is the caller's own.
pub fn is_zoned(value: &str) -> bool {
    let behind = value.split_once(':').map_or("", |(_, behind)| behind);
    let of_a_clock = |it: char| it.is_ascii_digit() || matches!(it, ':' | '.');
    !behind.trim_end().chars().all(of_a_clock)
}

/// Month and day of `2026-11-23`, which a time may follow, or of `23.11.2026`.
fn date(value: &str) -> Option<(u32, u32)> {
    if is_zoned(value) {
        return None;
    }
    let value = value.split(['T', ' ']).next()?;
    let numbers = |by| -> Option<Vec<u32>> { value.split(by).map(|it| it.parse().ok()).collect() };
    match (numbers('-').as_deref(), numbers('.').as_deref()) {
        (Some([_, month, day]), _) | (_, Some([day, month, _])) => Some((*month, *day)),
        _ => None,
    }
}

/// Hour and minute of `9:00`, which a date may precede and seconds may follow.
fn time(value: &str) -> Option<(u32, u32)> {
    if is_zoned(value) {
        return None;
    }
    let value = value.rsplit(['T', ' ']).next()?;
    let mut parts = value.splitn(3, ':');
    let (hour, minute) = (parts.next()?, parts.next()?);
    Some((hour.parse().ok()?, minute.parse().ok()?))
}

/// Kopecks of an amount in rubles with two digits after the point or comma, or without.
fn kopecks(value: &str) -> Option<u64> {
    let (rubles, rest) = value.split_once(['.', ',']).unwrap_or((value, "0"));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if !digits(rubles) || !digits(rest) || rest.is_empty() || rest.len() > 2 {
        return None;
    }
    let rest: u64 = format!("{rest:0<2}").parse().ok()?;
    rubles
        .parse::<u64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENITIVE: Case = Case::Genitive;

    fn said(manner: Manner, value: &str) -> String {
        let said = manner.phrase(Locale::Ru, value);
        said.map_or_else(|| "—".into(), |said| said.text)
    }

    #[test]
    fn values_are_said_as_people_say_them() {
        let nominative = Case::Nominative;
        let of = |unit| Manner::Count {
            unit,
            case: nominative,
        };
        assert_eq!(said(of(Unit::Minute), "21"), "двадцать одна минута");
        assert_eq!(said(of(Unit::Minute), "2"), "две минуты");
        let date = |case| said(Manner::Date { case }, "2026-11-23");
        assert_eq!(date(nominative), "двадцать третье ноября");
        assert_eq!(date(GENITIVE), "двадцать третьего ноября");
        let time = |case, at| said(Manner::Time { case }, at);
        assert_eq!(time(GENITIVE, "9:00"), "девяти часов");
        assert_eq!(
            time(GENITIVE, "2026-11-23T20:21"),
            "двадцати часов двадцати одной минуты"
        );
        assert_eq!(time(nominative, "09:00:00"), "девять часов ровно");
        let money = |rubles| said(Manner::Money { case: nominative }, rubles);
        assert_eq!(money("102,01"), "сто два рубля одна копейка");
        assert_eq!(
            money("1520.5"),
            "одна тысяча пятьсот двадцать рублей пятьдесят копеек"
        );
    }

    #[test]
    fn people_are_living_beings() {
        let people = Manner::Count {
            unit: Unit::Person,
            case: Case::Accusative,
        };
        let told = ["1", "2", "4", "5", "11", "21", "22", "101", "1001", "1000"];
        let told: Vec<String> = told.iter().map(|count| said(people, count)).collect();
        assert_eq!(
            told,
            [
                "одного человека",
                "двух человек",
                "четырёх человек",
                "пять человек",
                "одиннадцать человек",
                "двадцать одного человека",
                "двадцать два человека",
                "сто одного человека",
                "одну тысячу одного человека",
                "одну тысячу человек",
            ]
        );
        let may = people.may_say(Locale::Ru);
        let pieces = (0..1_100).filter_map(|n| people.phrase(Locale::Ru, &n.to_string()));
        assert!(pieces.flat_map(|it| it.pieces).all(|it| may.contains(it)));
    }

    #[test]
    fn digits_come_in_groups_as_they_are_written_or_by_threes() {
        assert_eq!(
            said(Manner::Ticket, "INC-104217"),
            "Номер вашей заявки один ноль четыре, два один семь"
        );
        assert_eq!(
            said(Manner::Digits, "2026-041"),
            "два ноль два шесть, ноль четыре один"
        );
        assert_eq!(
            said(Manner::Digits, "1234567"),
            "один два три, четыре пять, шесть семь"
        );
        let apart: Vec<String> = (0..20).map(|n| (n % 10).to_string()).collect();
        let said = Manner::Ticket.phrase(Locale::Ru, &apart.join("-")).unwrap();
        assert_eq!(said.pieces.len(), 1 + 20 + 6, "{said:?}");
    }

    #[test]
    fn what_is_no_such_value_is_not_said() {
        for (manner, value) in [
            (Manner::Date { case: GENITIVE }, "30.02.2026"),
            (Manner::Date { case: GENITIVE }, "завтра"),
            (Manner::Time { case: GENITIVE }, "24:00"),
            (Manner::Time { case: GENITIVE }, "2026-11-23T20:21Z"),
            (Manner::Time { case: GENITIVE }, "2026-11-23T20:21-05:00"),
            (Manner::Time { case: GENITIVE }, "20:21:07.5+03:00"),
            (Manner::Date { case: GENITIVE }, "2026-11-23T20:21:00Z"),
            (Manner::Money { case: GENITIVE }, "-5"),
            (Manner::Money { case: GENITIVE }, "1.005"),
            (Manner::Duration { case: GENITIVE }, "3600000"),
            (Manner::Position, "0"),
            (Manner::Phone, "89990000001"),
            (Manner::Digits, "нет"),
            (Manner::Ticket, "123456789012345678901"),
            (Manner::Position, ""),
        ] {
            assert_eq!(said(manner, value), "—", "{manner:?} {value}");
        }
    }

    #[test]
    fn what_may_be_said_is_all_that_is_said() {
        let case = GENITIVE;
        let numbers = ["0", "7", "21", "119", "1000", "21340", "102999", "999999"];
        for (manner, values) in [
            (
                Manner::Number {
                    gender: Gender::Feminine,
                    case,
                },
                &numbers[..],
            ),
            (
                Manner::Count {
                    unit: Unit::Person,
                    case,
                },
                &numbers,
            ),
            (
                Manner::Count {
                    unit: Unit::Kopeck,
                    case: Case::Accusative,
                },
                &numbers,
            ),
            (Manner::Position, &numbers),
            (
                Manner::Duration { case },
                &["59", "3661", "3599999", "86401"],
            ),
            (
                Manner::Money { case },
                &["0", "0.01", "21340.99", "999999,5"],
            ),
            (
                Manner::Phone,
                &["+79090070099", "+375290000001", "+78003002010"],
            ),
            (Manner::Ticket, &["104217", "7"]),
        ] {
            for locale in Locale::ALL {
                let may = manner.may_say(locale);
                for value in values {
                    let Some(said) = manner.phrase(locale, value) else {
                        continue;
                    };
                    assert!(
                        said.pieces.iter().all(|it| may.contains(it)),
                        "{value} {said:?}"
                    );
                    assert_eq!(
                        crate::text_of(locale, said.pieces.iter().copied()),
                        said.text
                    );
                }
            }
        }
    }

    #[test]
    fn no_phrase_is_cut_and_none_is_longer_than_a_prompt() {
        let most = Manner::Ticket.phrase(Locale::Ru, &"7".repeat(20)).unwrap();
        assert!(most.pieces.len() < crate::PIECES_MAX);
        assert!(
            crate::PIECE_MAX * u32::try_from(crate::PIECES_MAX).unwrap()
                <= std::time::Duration::from_secs(300)
        );
    }
}
