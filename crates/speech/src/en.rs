//! English: cardinals, ordinals and a plural.
use crate::phrase::{Phrase, Piece};
use crate::say::Unit;

/// Every piece, for [`Locale::pieces`](crate::Locale::pieces).
pub(crate) const TABLES: [&[Piece]; 7] = [
    &UP_TO_19,
    &TENS,
    &PLACES,
    &PLACE_TENS,
    &MONTHS,
    &UNITS,
    &LEADS,
];

/// 0 to 19.
const UP_TO_19: [Piece; 20] = [
    ("digit_zero", "zero"),
    ("digit_one", "one"),
    ("digit_two", "two"),
    ("digit_three", "three"),
    ("digit_four", "four"),
    ("digit_five", "five"),
    ("digit_six", "six"),
    ("digit_seven", "seven"),
    ("digit_eight", "eight"),
    ("digit_nine", "nine"),
    ("n_10", "ten"),
    ("n_11", "eleven"),
    ("n_12", "twelve"),
    ("n_13", "thirteen"),
    ("n_14", "fourteen"),
    ("n_15", "fifteen"),
    ("n_16", "sixteen"),
    ("n_17", "seventeen"),
    ("n_18", "eighteen"),
    ("n_19", "nineteen"),
];

/// 20 to 90.
const TENS: [Piece; 8] = [
    ("n_20", "twenty"),
    ("n_30", "thirty"),
    ("n_40", "forty"),
    ("n_50", "fifty"),
    ("n_60", "sixty"),
    ("n_70", "seventy"),
    ("n_80", "eighty"),
    ("n_90", "ninety"),
];

/// Ordinals 1 to 19.
const PLACES: [Piece; 19] = [
    ("o_1", "first"),
    ("o_2", "second"),
    ("o_3", "third"),
    ("o_4", "fourth"),
    ("o_5", "fifth"),
    ("o_6", "sixth"),
    ("o_7", "seventh"),
    ("o_8", "eighth"),
    ("o_9", "ninth"),
    ("o_10", "tenth"),
    ("o_11", "eleventh"),
    ("o_12", "twelfth"),
    ("o_13", "thirteenth"),
    ("o_14", "fourteenth"),
    ("o_15", "fifteenth"),
    ("o_16", "sixteenth"),
    ("o_17", "seventeenth"),
    ("o_18", "eighteenth"),
    ("o_19", "nineteenth"),
];

/// Ordinals 20 to 90.
const PLACE_TENS: [Piece; 8] = [
    ("o_20", "twentieth"),
    ("o_30", "thirtieth"),
    ("o_40", "fortieth"),
    ("o_50", "fiftieth"),
    ("o_60", "sixtieth"),
    ("o_70", "seventieth"),
    ("o_80", "eightieth"),
    ("o_90", "ninetieth"),
];

/// January first.
const MONTHS: [Piece; 12] = [
    ("month_1", "January"),
    ("month_2", "February"),
    ("month_3", "March"),
    ("month_4", "April"),
    ("month_5", "May"),
    ("month_6", "June"),
    ("month_7", "July"),
    ("month_8", "August"),
    ("month_9", "September"),
    ("month_10", "October"),
    ("month_11", "November"),
    ("month_12", "December"),
];

/// What is counted: one, many.
const UNITS: [Piece; 14] = [
    ("hour_one", "hour"),
    ("hour_many", "hours"),
    ("minute_one", "minute"),
    ("minute_many", "minutes"),
    ("second_one", "second"),
    ("second_many", "seconds"),
    ("day_one", "day"),
    ("day_many", "days"),
    ("person_one", "person"),
    ("person_many", "people"),
    ("ruble_one", "ruble"),
    ("ruble_many", "rubles"),
    ("kopeck_one", "kopeck"),
    ("kopeck_many", "kopecks"),
];

/// What phrases begin and end with, hundred and thousand.
const LEADS: [Piece; 15] = [
    ("you_are", "You are"),
    ("in_queue", "in the queue"),
    ("ahead_of_you", "Callers ahead of you"),
    ("wait_about", "The expected wait is about"),
    (
        "wait_under_minute",
        "The expected wait is less than a minute",
    ),
    ("ticket_number", "Your ticket number is"),
    ("plus", "plus"),
    ("sharp", "o'clock"),
    ("hundred", "hundred"),
    ("thousand", "thousand"),
    ("callback_within", "We will call you back within"),
    ("you_typed", "You have entered"),
    ("callback_today", "We will call you back today before"),
    ("callback_tomorrow", "We will call you back tomorrow before"),
    ("callback_by", "We will call you back before"),
];

/// `plus` of a telephone number.
pub(crate) const PLUS: Piece = LEADS[6];
/// `We will call you back within`.
pub(crate) const CALLBACK_WITHIN: Piece = LEADS[10];
/// `You have entered`.
pub(crate) const YOU_TYPED: Piece = LEADS[11];
/// `We will call you back today before`, `tomorrow before` and `before`.
pub(crate) const CALLBACK_BY: [Piece; 3] = [LEADS[12], LEADS[13], LEADS[14]];
/// `Your ticket number is`.
pub(crate) const TICKET: Piece = LEADS[5];
/// `The expected wait is less than a minute`.
pub(crate) const SOON: Piece = LEADS[4];
/// `The expected wait is about`.
pub(crate) const ABOUT: Piece = LEADS[3];
const YOU_ARE: Piece = LEADS[0];
const IN_QUEUE: Piece = LEADS[1];
const AHEAD: Piece = LEADS[2];
const O_CLOCK: Piece = LEADS[7];
const HUNDRED: Piece = LEADS[8];
const THOUSAND: Piece = LEADS[9];

/// A number up to 999 999.
pub(crate) fn number(n: u32) -> Phrase {
    let (thousands, rest) = (n / 1_000, n % 1_000);
    let mut said = Phrase::new();
    if thousands > 0 {
        below_thousand(thousands, &mut said);
        said.push(THOUSAND);
    }
    if thousands == 0 || rest > 0 {
        below_thousand(rest, &mut said);
    }
    said
}

fn below_thousand(n: u32, said: &mut Phrase) {
    if n >= 100 {
        said.push(digit(n / 100));
        said.push(HUNDRED);
    }
    match n % 100 {
        0 if n > 0 => {}
        rest @ 0..=19 => said.push(digit(rest)),
        rest => {
            said.push(TENS[index(rest / 10 - 2)]);
            if !rest.is_multiple_of(10) {
                said.push(digit(rest % 10));
            }
        }
    }
}

/// So many of something.
pub(crate) fn count(n: u32, unit: Unit) -> Phrase {
    let first = match unit {
        Unit::Hour => 0,
        Unit::Minute => 2,
        Unit::Second => 4,
        Unit::Day => 6,
        Unit::Person => 8,
        Unit::Ruble => 10,
        Unit::Kopeck => 12,
    };
    number(n).with(UNITS[first + usize::from(n != 1)])
}

/// `nine thirty`, `nine zero five`, `nine o'clock`.
pub(crate) fn time(hour: u32, minute: u32) -> Phrase {
    match minute {
        0 => number(hour).with(O_CLOCK),
        1..=9 => number(hour).with(digit(0)).with(digit(minute)),
        minute => number(hour).then(number(minute)),
    }
}

/// `November twenty third`; both from 1 and in bounds.
pub(crate) fn date(month: u32, day: u32) -> Phrase {
    Phrase::new()
        .with(MONTHS[index(month - 1)])
        .then(ordinal(day))
}

/// `You are third in the queue`; 1 to 99.
pub(crate) fn place(place: u32) -> Phrase {
    Phrase::new()
        .with(YOU_ARE)
        .then(ordinal(place))
        .with(IN_QUEUE)
}

/// 1 to 99: of a compound the last word alone is an ordinal.
fn ordinal(n: u32) -> Phrase {
    match (n / 10, n % 10) {
        (0 | 1, _) => Phrase::new().with(PLACES[index(n - 1)]),
        (ten, 0) => Phrase::new().with(PLACE_TENS[index(ten - 2)]),
        (ten, unit) => Phrase::new()
            .with(TENS[index(ten - 2)])
            .with(PLACES[index(unit - 1)]),
    }
}

/// `Callers ahead of you two`.
pub(crate) fn ahead(people: u32) -> Phrase {
    Phrase::new().with(AHEAD).then(number(people))
}

/// 0 to 19.
pub(crate) fn digit(n: u32) -> Piece {
    UP_TO_19[index(n)]
}

/// Of a value that its caller has bounded.
fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
