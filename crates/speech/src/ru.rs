//! Russian: three forms after a number, gender of one and two, case of numbers and of what is counted.
//!
//! Source of the rules: the «Русская грамматика» (1980) §§ 1365–1378, on numerals and their agreement.
use crate::phrase::{Phrase, Piece};
use crate::say::{Case, Gender, Unit};

/// Every piece, for [`Locale::pieces`](crate::Locale::pieces).
pub(crate) const TABLES: [&[Piece]; 17] = [
    &UP_TO_19,
    &TENS,
    &HUNDREDS,
    &UP_TO_19_GENITIVE,
    &TENS_GENITIVE,
    &HUNDREDS_GENITIVE,
    &AGREEING,
    &THOUSAND,
    &PLACES,
    &PLACE_TENS,
    &DAYS,
    &DAY_TENS,
    &DAYS_GENITIVE,
    &DAY_TENS_GENITIVE,
    &MONTHS,
    &UNITS,
    &LEADS,
];

/// Nominative, masculine; of things the accusative too.
const UP_TO_19: [Piece; 20] = [
    ("digit_zero", "ноль"),
    ("digit_one", "один"),
    ("digit_two", "два"),
    ("digit_three", "три"),
    ("digit_four", "четыре"),
    ("digit_five", "пять"),
    ("digit_six", "шесть"),
    ("digit_seven", "семь"),
    ("digit_eight", "восемь"),
    ("digit_nine", "девять"),
    ("n_10", "десять"),
    ("n_11", "одиннадцать"),
    ("n_12", "двенадцать"),
    ("n_13", "тринадцать"),
    ("n_14", "четырнадцать"),
    ("n_15", "пятнадцать"),
    ("n_16", "шестнадцать"),
    ("n_17", "семнадцать"),
    ("n_18", "восемнадцать"),
    ("n_19", "девятнадцать"),
];

/// 20 to 90.
const TENS: [Piece; 8] = [
    ("n_20", "двадцать"),
    ("n_30", "тридцать"),
    ("n_40", "сорок"),
    ("n_50", "пятьдесят"),
    ("n_60", "шестьдесят"),
    ("n_70", "семьдесят"),
    ("n_80", "восемьдесят"),
    ("n_90", "девяносто"),
];

/// 100 to 900.
const HUNDREDS: [Piece; 9] = [
    ("n_100", "сто"),
    ("n_200", "двести"),
    ("n_300", "триста"),
    ("n_400", "четыреста"),
    ("n_500", "пятьсот"),
    ("n_600", "шестьсот"),
    ("n_700", "семьсот"),
    ("n_800", "восемьсот"),
    ("n_900", "девятьсот"),
];

/// Genitive, masculine.
const UP_TO_19_GENITIVE: [Piece; 20] = [
    ("g_0", "нуля"),
    ("g_1", "одного"),
    ("g_2", "двух"),
    ("g_3", "трёх"),
    ("g_4", "четырёх"),
    ("g_5", "пяти"),
    ("g_6", "шести"),
    ("g_7", "семи"),
    ("g_8", "восьми"),
    ("g_9", "девяти"),
    ("g_10", "десяти"),
    ("g_11", "одиннадцати"),
    ("g_12", "двенадцати"),
    ("g_13", "тринадцати"),
    ("g_14", "четырнадцати"),
    ("g_15", "пятнадцати"),
    ("g_16", "шестнадцати"),
    ("g_17", "семнадцати"),
    ("g_18", "восемнадцати"),
    ("g_19", "девятнадцати"),
];

/// 20 to 90.
const TENS_GENITIVE: [Piece; 8] = [
    ("g_20", "двадцати"),
    ("g_30", "тридцати"),
    ("g_40", "сорока"),
    ("g_50", "пятидесяти"),
    ("g_60", "шестидесяти"),
    ("g_70", "семидесяти"),
    ("g_80", "восьмидесяти"),
    ("g_90", "девяноста"),
];

/// 100 to 900.
const HUNDREDS_GENITIVE: [Piece; 9] = [
    ("g_100", "ста"),
    ("g_200", "двухсот"),
    ("g_300", "трёхсот"),
    ("g_400", "четырёхсот"),
    ("g_500", "пятисот"),
    ("g_600", "шестисот"),
    ("g_700", "семисот"),
    ("g_800", "восьмисот"),
    ("g_900", "девятисот"),
];

/// One and two that are not as in the tables above: feminine, neuter, feminine accusative, feminine genitive, feminine two.
const AGREEING: [Piece; 5] = [
    ("n_1f", "одна"),
    ("n_1n", "одно"),
    ("n_1a", "одну"),
    ("g_1f", "одной"),
    ("n_2f", "две"),
];

/// One, two to four, five and more, accusative of one.
const THOUSAND: [Piece; 4] = [
    ("thousand_one", "тысяча"),
    ("thousand_few", "тысячи"),
    ("thousand_many", "тысяч"),
    ("thousand_acc", "тысячу"),
];

/// Ordinals 1 to 19, masculine.
const PLACES: [Piece; 19] = [
    ("o_1", "первый"),
    ("o_2", "второй"),
    ("o_3", "третий"),
    ("o_4", "четвёртый"),
    ("o_5", "пятый"),
    ("o_6", "шестой"),
    ("o_7", "седьмой"),
    ("o_8", "восьмой"),
    ("o_9", "девятый"),
    ("o_10", "десятый"),
    ("o_11", "одиннадцатый"),
    ("o_12", "двенадцатый"),
    ("o_13", "тринадцатый"),
    ("o_14", "четырнадцатый"),
    ("o_15", "пятнадцатый"),
    ("o_16", "шестнадцатый"),
    ("o_17", "семнадцатый"),
    ("o_18", "восемнадцатый"),
    ("o_19", "девятнадцатый"),
];

/// Ordinals 20 to 90, masculine.
const PLACE_TENS: [Piece; 8] = [
    ("o_20", "двадцатый"),
    ("o_30", "тридцатый"),
    ("o_40", "сороковой"),
    ("o_50", "пятидесятый"),
    ("o_60", "шестидесятый"),
    ("o_70", "семидесятый"),
    ("o_80", "восьмидесятый"),
    ("o_90", "девяностый"),
];

/// Ordinals 1 to 19, neuter.
const DAYS: [Piece; 19] = [
    ("d_1", "первое"),
    ("d_2", "второе"),
    ("d_3", "третье"),
    ("d_4", "четвёртое"),
    ("d_5", "пятое"),
    ("d_6", "шестое"),
    ("d_7", "седьмое"),
    ("d_8", "восьмое"),
    ("d_9", "девятое"),
    ("d_10", "десятое"),
    ("d_11", "одиннадцатое"),
    ("d_12", "двенадцатое"),
    ("d_13", "тринадцатое"),
    ("d_14", "четырнадцатое"),
    ("d_15", "пятнадцатое"),
    ("d_16", "шестнадцатое"),
    ("d_17", "семнадцатое"),
    ("d_18", "восемнадцатое"),
    ("d_19", "девятнадцатое"),
];

/// Ordinals 20 and 30, neuter.
const DAY_TENS: [Piece; 2] = [("d_20", "двадцатое"), ("d_30", "тридцатое")];

/// The same in the genitive, as in «с первого января».
const DAYS_GENITIVE: [Piece; 19] = [
    ("dg_1", "первого"),
    ("dg_2", "второго"),
    ("dg_3", "третьего"),
    ("dg_4", "четвёртого"),
    ("dg_5", "пятого"),
    ("dg_6", "шестого"),
    ("dg_7", "седьмого"),
    ("dg_8", "восьмого"),
    ("dg_9", "девятого"),
    ("dg_10", "десятого"),
    ("dg_11", "одиннадцатого"),
    ("dg_12", "двенадцатого"),
    ("dg_13", "тринадцатого"),
    ("dg_14", "четырнадцатого"),
    ("dg_15", "пятнадцатого"),
    ("dg_16", "шестнадцатого"),
    ("dg_17", "семнадцатого"),
    ("dg_18", "восемнадцатого"),
    ("dg_19", "девятнадцатого"),
];

/// Ordinals 20 and 30, genitive.
const DAY_TENS_GENITIVE: [Piece; 2] = [("dg_20", "двадцатого"), ("dg_30", "тридцатого")];

/// Genitive.
const MONTHS: [Piece; 12] = [
    ("month_1", "января"),
    ("month_2", "февраля"),
    ("month_3", "марта"),
    ("month_4", "апреля"),
    ("month_5", "мая"),
    ("month_6", "июня"),
    ("month_7", "июля"),
    ("month_8", "августа"),
    ("month_9", "сентября"),
    ("month_10", "октября"),
    ("month_11", "ноября"),
    ("month_12", "декабря"),
];

/// What is counted, three forms each (of people two), then the accusatives of one.
const UNITS: [Piece; 23] = [
    ("hour_one", "час"),
    ("hour_few", "часа"),
    ("hour_many", "часов"),
    ("minute_one", "минута"),
    ("minute_few", "минуты"),
    ("minute_many", "минут"),
    ("second_one", "секунда"),
    ("second_few", "секунды"),
    ("second_many", "секунд"),
    ("day_one", "день"),
    ("day_few", "дня"),
    ("day_many", "дней"),
    ("person_one", "человек"),
    ("person_few", "человека"),
    ("ruble_one", "рубль"),
    ("ruble_few", "рубля"),
    ("ruble_many", "рублей"),
    ("kopeck_one", "копейка"),
    ("kopeck_few", "копейки"),
    ("kopeck_many", "копеек"),
    ("minute_acc", "минуту"),
    ("second_acc", "секунду"),
    ("kopeck_acc", "копейку"),
];

/// What phrases begin and end with.
const LEADS: [Piece; 13] = [
    ("you_are", "Вы"),
    ("in_queue", "в очереди"),
    ("ahead_of_you", "Перед вами"),
    ("wait_about", "Примерное время ожидания"),
    ("wait_under_minute", "Время ожидания меньше минуты"),
    ("ticket_number", "Номер вашей заявки"),
    ("plus", "плюс"),
    ("sharp", "ровно"),
    ("callback_within", "Мы перезвоним вам в течение"),
    ("you_typed", "Вы набрали"),
    ("callback_today", "Мы перезвоним вам сегодня до"),
    ("callback_tomorrow", "Мы перезвоним вам завтра до"),
    ("callback_by", "Мы перезвоним вам до"),
];

/// «Плюс» of a telephone number.
pub(crate) const PLUS: Piece = LEADS[6];
/// «Мы перезвоним вам в течение».
pub(crate) const CALLBACK_WITHIN: Piece = LEADS[8];
/// «Вы набрали».
pub(crate) const YOU_TYPED: Piece = LEADS[9];
/// «Мы перезвоним вам сегодня до», «завтра до» and «до».
pub(crate) const CALLBACK_BY: [Piece; 3] = [LEADS[10], LEADS[11], LEADS[12]];
/// «Номер вашей заявки».
pub(crate) const TICKET: Piece = LEADS[5];
/// «Время ожидания меньше минуты».
pub(crate) const SOON: Piece = LEADS[4];
/// «Примерное время ожидания».
pub(crate) const ABOUT: Piece = LEADS[3];
const YOU_ARE: Piece = LEADS[0];
const IN_QUEUE: Piece = LEADS[1];
const AHEAD: Piece = LEADS[2];
const SHARP: Piece = LEADS[7];

/// The form of what is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// 1, 21, 101: минута.
    One,
    /// 2–4, 22: минуты.
    Few,
    /// 0, 5–20, 100: минут.
    Many,
}

impl Form {
    fn after(n: u32) -> Self {
        match (n % 100, n % 10) {
            (11..=14, _) => Self::Many,
            (_, 1) => Self::One,
            (_, 2..=4) => Self::Few,
            _ => Self::Many,
        }
    }

    /// In the genitive one is counted with the genitive singular, which is the form of few, all else with that of many.
    fn in_case(self, case: Case) -> Self {
        match (case, self) {
            (Case::Genitive, Self::One) => Self::Few,
            (Case::Genitive, _) => Self::Many,
            (Case::Nominative | Case::Accusative, form) => form,
        }
    }
}

/// A number up to 999 999.
pub(crate) fn number(n: u32, gender: Gender, case: Case) -> Phrase {
    let (thousands, rest) = (n / 1_000, n % 1_000);
    let mut said = Phrase::new();
    if thousands > 0 {
        below_thousand(thousands, Gender::Feminine, case, &mut said);
        said.push(thousand(thousands, case));
    }
    if thousands == 0 || rest > 0 {
        below_thousand(rest, gender, case, &mut said);
    }
    said
}

fn thousand(n: u32, case: Case) -> Piece {
    match (Form::after(n).in_case(case), case) {
        (Form::One, Case::Accusative) => THOUSAND[3],
        (Form::One, _) => THOUSAND[0],
        (Form::Few, _) => THOUSAND[1],
        (Form::Many, _) => THOUSAND[2],
    }
}

fn below_thousand(n: u32, gender: Gender, case: Case, said: &mut Phrase) {
    let genitive = case == Case::Genitive;
    let (hundreds, tens) = match genitive {
        true => (&HUNDREDS_GENITIVE, &TENS_GENITIVE),
        false => (&HUNDREDS, &TENS),
    };
    if n >= 100 {
        said.push(hundreds[index(n / 100 - 1)]);
    }
    match n % 100 {
        0 if n > 0 => {}
        rest @ 0..=19 => said.push(small(rest, gender, case)),
        rest => {
            said.push(tens[index(rest / 10 - 2)]);
            if !rest.is_multiple_of(10) {
                said.push(small(rest % 10, gender, case));
            }
        }
    }
}

/// 0 to 19 in agreement.
fn small(n: u32, gender: Gender, case: Case) -> Piece {
    let [one_f, one_n, one_f_accusative, one_f_genitive, two_f] = AGREEING;
    match (n, gender, case) {
        (1, Gender::Feminine, Case::Nominative) => one_f,
        (1, Gender::Feminine, Case::Accusative) => one_f_accusative,
        (1, Gender::Feminine, Case::Genitive) => one_f_genitive,
        (1, Gender::Neuter, Case::Nominative | Case::Accusative) => one_n,
        (2, Gender::Feminine, Case::Nominative | Case::Accusative) => two_f,
        (n, _, Case::Genitive) => UP_TO_19_GENITIVE[index(n)],
        (n, _, _) => UP_TO_19[index(n)],
    }
}

/// So many of something.
pub(crate) fn count(n: u32, unit: Unit, case: Case) -> Phrase {
    if (unit, case) == (Unit::Person, Case::Accusative) {
        return people(n);
    }
    number(n, gender(unit), case).with(counted(n, unit, case))
}

/// So many people as an object: «одного человека», «двух человек», «двадцать одного человека», but «двадцать два человека».
fn people(n: u32) -> Phrase {
    let ends_in_one = n % 10 == 1 && n % 100 != 11;
    match n {
        1..=4 => count(n, Unit::Person, Case::Genitive),
        _ if ends_in_one => {
            let tens = number(n - 1, Gender::Masculine, Case::Accusative);
            tens.then(count(1, Unit::Person, Case::Genitive))
        }
        _ => {
            let counted = counted(n, Unit::Person, Case::Nominative);
            number(n, Gender::Masculine, Case::Accusative).with(counted)
        }
    }
}

fn gender(unit: Unit) -> Gender {
    match unit {
        Unit::Minute | Unit::Second | Unit::Kopeck => Gender::Feminine,
        Unit::Hour | Unit::Day | Unit::Person | Unit::Ruble => Gender::Masculine,
    }
}

fn counted(n: u32, unit: Unit, case: Case) -> Piece {
    let (first, accusative) = match unit {
        Unit::Hour => (0, None),
        Unit::Minute => (3, Some(20)),
        Unit::Second => (6, Some(21)),
        Unit::Day => (9, None),
        Unit::Person => (12, None),
        Unit::Ruble => (14, None),
        Unit::Kopeck => (17, Some(22)),
    };
    let form = Form::after(n).in_case(case);
    match (form, case, accusative) {
        (Form::One, Case::Accusative, Some(own)) => UNITS[own],
        (Form::One, _, _) => UNITS[first],
        // Пять человек, as if it were the nominative.
        (Form::Many, _, _) if unit == Unit::Person => UNITS[first],
        (Form::Few, _, _) => UNITS[first + 1],
        (Form::Many, _, _) => UNITS[first + 2],
    }
}

/// «девять часов тридцать минут»; of a whole hour «ровно», but «с девяти часов».
pub(crate) fn time(hour: u32, minute: u32, case: Case) -> Phrase {
    let hours = count(hour, Unit::Hour, case);
    match (minute, case) {
        (0, Case::Genitive) => hours,
        (0, _) => hours.with(SHARP),
        (minute, case) => hours.then(count(minute, Unit::Minute, case)),
    }
}

/// «двадцать третье ноября»; both from 1 and in bounds.
pub(crate) fn date(month: u32, day: u32, case: Case) -> Phrase {
    let day = match case {
        Case::Genitive => ordinal(day, &DAYS_GENITIVE, &DAY_TENS_GENITIVE),
        Case::Nominative | Case::Accusative => ordinal(day, &DAYS, &DAY_TENS),
    };
    day.with(MONTHS[index(month - 1)])
}

/// «Вы третий в очереди»; 1 to 99.
pub(crate) fn place(place: u32) -> Phrase {
    let third = ordinal(place, &PLACES, &PLACE_TENS);
    Phrase::new().with(YOU_ARE).then(third).with(IN_QUEUE)
}

/// 1 to 99: of a compound the last word alone is an ordinal.
fn ordinal(n: u32, units: &[Piece], tens: &[Piece]) -> Phrase {
    match (n / 10, n % 10) {
        (0 | 1, _) => Phrase::new().with(units[index(n - 1)]),
        (ten, 0) => Phrase::new().with(tens[index(ten - 2)]),
        (ten, unit) => Phrase::new()
            .with(TENS[index(ten - 2)])
            .with(units[index(unit - 1)]),
    }
}

/// «Перед вами два человека».
pub(crate) fn ahead(people: u32) -> Phrase {
    Phrase::new()
        .with(AHEAD)
        .then(count(people, Unit::Person, Case::Nominative))
}

/// 0 to 9.
pub(crate) fn digit(digit: u32) -> Piece {
    UP_TO_19[index(digit)]
}

/// The ten digits after +7, as people dictate them: 3, 3, 2, 2.
pub(crate) fn phone(own: &str) -> Phrase {
    let groups = [(0, 3), (3, 6), (6, 8), (8, 10)];
    let said = Phrase::new().with(PLUS).with(digit(7));
    groups.into_iter().fold(said, |said, (from, to)| {
        said.then(group(own.get(from..to).unwrap_or_default()))
    })
}

/// Noughts in front are said one by one.
fn group(digits: &str) -> Phrase {
    let rest = digits.trim_start_matches('0');
    let mut said = (rest.len()..digits.len()).fold(Phrase::new(), |said, _| said.with(digit(0)));
    if let Ok(n) = rest.parse() {
        below_thousand(n, Gender::Masculine, Case::Nominative, &mut said);
    }
    said
}

/// Of a value that its caller has bounded.
fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
