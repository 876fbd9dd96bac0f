//! Phrases with numbers in them, in the language asked for. None where a value cannot be said at all.
use crate::phrase::{NUMBER_MAX, PAUSE, Phrase};
use crate::{Locale, en, ru};

/// The gender a number agrees with. English has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Gender {
    /// Один рубль.
    #[default]
    Masculine,
    /// Одна минута.
    Feminine,
    /// Одно место.
    Neuter,
}

/// The case a phrase needs. English has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Case {
    /// Одна минута: «осталась …».
    #[default]
    Nominative,
    /// Одной минуты: «в течение …».
    Genitive,
    /// Одну минуту: «через …». Of things, not of people.
    Accusative,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unit {
    /// Час.
    Hour,
    /// Минута.
    Minute,
    /// Секунда.
    Second,
    /// День.
    Day,
    /// Человек.
    Person,
    /// Рубль.
    Ruble,
    /// Копейка.
    Kopeck,
}

/// A number by itself; None above [`NUMBER_MAX`].
pub fn number(locale: Locale, n: u32, gender: Gender, case: Case) -> Option<Phrase> {
    (n <= NUMBER_MAX).then(|| match locale {
        Locale::Ru => ru::number(n, gender, case),
        Locale::En => en::number(n),
    })
}

/// So many of something: `две минуты`; None above [`NUMBER_MAX`].
pub fn count(locale: Locale, n: u32, unit: Unit, case: Case) -> Option<Phrase> {
    (n <= NUMBER_MAX).then(|| match locale {
        Locale::Ru => ru::count(n, unit, case),
        Locale::En => en::count(n, unit),
    })
}

/// A stretch of time, in hours, minutes and seconds without those that are nothing: `один час пять минут`.
pub fn duration(locale: Locale, seconds: u32, case: Case) -> Option<Phrase> {
    let parts = [
        (seconds / 3600, Unit::Hour),
        (seconds / 60 % 60, Unit::Minute),
        (seconds % 60, Unit::Second),
    ];
    let said = parts.into_iter().filter(|(n, _)| *n > 0);
    let mut phrases = said.map(|(n, unit)| count(locale, n, unit, case));
    let first = phrases
        .next()
        .unwrap_or_else(|| count(locale, 0, Unit::Second, case))?;
    phrases.try_fold(first, |said, next| Some(said.then(next?)))
}

/// A time of day: `девять часов тридцать минут`, `девять часов ровно`; None when there is no such time.
pub fn time(locale: Locale, hour: u32, minute: u32, case: Case) -> Option<Phrase> {
    (hour < 24 && minute < 60).then(|| match locale {
        Locale::Ru => ru::time(hour, minute, case),
        Locale::En => en::time(hour, minute),
    })
}

/// A day of the year: `двадцать третье ноября`; None when no month has it. The year is not said.
pub fn date(locale: Locale, month: u32, day: u32, case: Case) -> Option<Phrase> {
    const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = usize::try_from(month.checked_sub(1)?).ok()?;
    let fits = (1..=*DAYS.get(days)?).contains(&day);
    fits.then(|| match locale {
        Locale::Ru => ru::date(month, day, case),
        Locale::En => en::date(month, day),
    })
}

/// An amount in rubles and kopecks: `сто два рубля одна копейка`; None above [`NUMBER_MAX`] rubles.
pub fn money(locale: Locale, kopecks: u64, case: Case) -> Option<Phrase> {
    let rubles = u32::try_from(kopecks / 100).ok()?;
    let rest = u32::try_from(kopecks % 100).ok()?;
    let whole = count(locale, rubles, Unit::Ruble, case)?;
    match (rubles, rest) {
        (_, 0) => Some(whole),
        (0, rest) => count(locale, rest, Unit::Kopeck, case),
        (_, rest) => Some(whole.then(count(locale, rest, Unit::Kopeck, case)?)),
    }
}

/// The place in a queue, from 1: `Вы третий в очереди`; from a hundred on how many are before: `Перед вами сто два человека`.
/// None for 0 and above [`NUMBER_MAX`].
pub fn position(locale: Locale, place: u32) -> Option<Phrase> {
    match place {
        0 => None,
        1..=99 => Some(match locale {
            Locale::Ru => ru::place(place),
            Locale::En => en::place(place),
        }),
        _ => ahead(locale, place - 1),
    }
}

/// How many are before: `Перед вами два человека`; None above [`NUMBER_MAX`].
pub fn ahead(locale: Locale, people: u32) -> Option<Phrase> {
    (people <= NUMBER_MAX).then(|| match locale {
        Locale::Ru => ru::ahead(people),
        Locale::En => en::ahead(people),
    })
}

/// Digits one by one, in groups with a pause between, whatever stands between them left out: an account, a code. None
/// without digits, or with too many.
pub fn digits(locale: Locale, text: &str) -> Option<Phrase> {
    let count = text.chars().filter(char::is_ascii_digit).count();
    (1..=DIGITS_MAX).contains(&count).then(|| {
        let mut said = Phrase::new();
        for (at, group) in groups(text).into_iter().enumerate() {
            if at > 0 {
                said.push(PAUSE);
            }
            for digit in group.chars().filter_map(|it| it.to_digit(10)) {
                said.push(match locale {
                    Locale::Ru => ru::digit(digit),
                    Locale::En => en::digit(digit),
                });
            }
        }
        said
    })
}

/// Most digits that are said one by one: as many as can be typed for an answer.
pub const DIGITS_MAX: usize = 20;

/// Most groups into which digits are written; more are said in groups of our own.
const GROUPS_MAX: usize = 8;

/// Digits as they are written apart; what is longer than four by threes, and none alone at the end.
fn groups(text: &str) -> Vec<String> {
    let written = text.split(|it: char| !it.is_ascii_digit());
    let written: Vec<String> = written
        .filter(|run| !run.is_empty())
        .flat_map(by_threes)
        .collect();
    match written.len() {
        0..=GROUPS_MAX => written,
        _ => by_threes(&written.concat()),
    }
}

fn by_threes(run: &str) -> Vec<String> {
    let (mut groups, mut rest) = (Vec::new(), run);
    while rest.len() > 4 {
        let (group, after) = rest.split_at(3);
        groups.push(group.to_owned());
        rest = after;
    }
    match (groups.is_empty(), rest.len()) {
        (false, 4) => groups.extend([rest[..2].to_owned(), rest[2..].to_owned()]),
        _ => groups.push(rest.to_owned()),
    }
    groups
}

/// A telephone number in E.164: Russian ones by groups as people dictate them (`плюс семь девятьсот ноль девять …`), others digit by digit.
/// None when it is no number.
pub fn phone(locale: Locale, e164: &str) -> Option<Phrase> {
    let digits = e164.strip_prefix('+')?;
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    match (locale, digits.strip_prefix('7').filter(|it| it.len() == 10)) {
        (Locale::Ru, Some(own)) => Some(ru::phone(own)),
        (Locale::Ru, None) => Some(
            Phrase::new()
                .with(ru::PLUS)
                .then(self::digits(locale, digits)?),
        ),
        (Locale::En, _) => Some(
            Phrase::new()
                .with(en::PLUS)
                .then(self::digits(locale, digits)?),
        ),
    }
}

/// A ticket's number, digit by digit, since it is written down: `Номер вашей заявки четыре два ноль`. None when it has no digits.
pub fn ticket(locale: Locale, number: &str) -> Option<Phrase> {
    let lead = match locale {
        Locale::Ru => ru::TICKET,
        Locale::En => en::TICKET,
    };
    Some(Phrase::new().with(lead).then(digits(locale, number)?))
}
