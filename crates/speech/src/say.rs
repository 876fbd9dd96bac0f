//! Phrases with numbers in them, in the language asked for. None where a value cannot be said at all.
use crate::phrase::{NUMBER_MAX, Phrase};
use crate::{Locale, en, ru};

/// The gender a number agrees with. English has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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
pub fn time(locale: Locale, hour: u32, minute: u32) -> Option<Phrase> {
    (hour < 24 && minute < 60).then(|| match locale {
        Locale::Ru => ru::time(hour, minute),
        Locale::En => en::time(hour, minute),
    })
}

/// A day of the year: `двадцать третье ноября`; None when no month has it. The year is not said.
pub fn date(locale: Locale, month: u32, day: u32) -> Option<Phrase> {
    const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let days = usize::try_from(month.checked_sub(1)?).ok()?;
    let fits = (1..=*DAYS.get(days)?).contains(&day);
    fits.then(|| match locale {
        Locale::Ru => ru::date(month, day),
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

/// Digits one by one, whatever stands between them left out: an account, a code. None without digits, or with too many.
pub fn digits(locale: Locale, text: &str) -> Option<Phrase> {
    let digits = || text.chars().filter_map(|it| it.to_digit(10));
    let fits = (1..=DIGITS_MAX).contains(&digits().count());
    fits.then(|| {
        let piece = |digit| match locale {
            Locale::Ru => ru::digit(digit),
            Locale::En => en::digit(digit),
        };
        digits().fold(Phrase::new(), |said, digit| said.with(piece(digit)))
    })
}

/// Most digits that are said one by one.
pub const DIGITS_MAX: usize = 15;

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
