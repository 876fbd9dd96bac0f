//! Every number up to a million against a slow reference that knows nothing of the tables: words of its own, by digits.
use std::collections::{BTreeMap, BTreeSet};

use gudok_speech::{Case, Gender, Locale, NUMBER_MAX, PIECES_MAX, Phrase, Unit, say};
use proptest::prelude::*;

const UNITS: &str = "ноль/нуля один/одного два/двух три/трёх четыре/четырёх пять/пяти шесть/шести семь/семи восемь/восьми девять/девяти";
const TEENS: &str = "десят один две три четыр пят шест сем восем девят";

/// The words of one group of three digits, by the decimal text.
fn group(digits: &str, gender: char, genitive: bool) -> Vec<String> {
    let forms: Vec<(&str, &str)> = UNITS
        .split(' ')
        .filter_map(|it| it.split_once('/'))
        .collect();
    let unit = |digit: usize| {
        let (nominative, of) = forms[digit];
        match (digit, gender, genitive) {
            (1, 'f', false) => "одна".to_owned(),
            (1, 'a', false) => "одну".to_owned(),
            (1, 'f' | 'a', true) => "одной".to_owned(),
            (1, 'n', false) => "одно".to_owned(),
            (2, 'f' | 'a', false) => "две".to_owned(),
            (_, _, true) => of.to_owned(),
            _ => nominative.to_owned(),
        }
    };
    let at = |place: usize| digits.as_bytes()[place] - b'0';
    let (hundreds, tens, ones) = (usize::from(at(0)), at(1), usize::from(at(2)));
    let mut words = Vec::new();
    match (hundreds, genitive) {
        (0, _) => {}
        (1, true) => words.push("ста".to_owned()),
        (1, false) => words.push("сто".to_owned()),
        (2, false) => words.push("двести".to_owned()),
        (3 | 4, false) => words.push(format!("{}ста", forms[hundreds].0)),
        (_, false) => words.push(format!("{}сот", forms[hundreds].0)),
        (_, true) => words.push(format!("{}сот", forms[hundreds].1)),
    }
    let ending = |base: String| match genitive {
        true => format!("{base}и"),
        false => format!("{base}ь"),
    };
    match tens {
        0 => {}
        1 => {
            let stem = TEENS.split(' ').nth(ones).unwrap_or_default();
            words.push(ending(match ones {
                0 => stem.to_owned(),
                _ => format!("{stem}надцат"),
            }));
            return words;
        }
        2 => words.push(ending("двадцат".into())),
        3 => words.push(ending("тридцат".into())),
        4 => words.push(
            if genitive {
                "сорока"
            } else {
                "сорок"
            }
            .into(),
        ),
        9 => words.push(
            if genitive {
                "девяноста"
            } else {
                "девяносто"
            }
            .into(),
        ),
        _ => {
            let (nominative, of) = forms[usize::from(tens)];
            words.push(match genitive {
                true => format!("{of}десяти"),
                false => format!("{nominative}десят"),
            });
        }
    }
    if ones > 0 {
        words.push(unit(ones));
    }
    words
}

/// The form of a word after a number, from the decimal text.
fn form<'a>(digits: &str, genitive: bool, [one, few, many]: [&'a str; 3]) -> &'a str {
    let tail = &digits[digits.len() - 2..];
    let singular = tail.ends_with('1') && tail != "11";
    match genitive {
        true if singular => few,
        true => many,
        false if singular => one,
        false if "234".contains(&tail[1..]) && !tail.starts_with('1') => few,
        false => many,
    }
}

fn slow(n: u32, gender: char, case: Case) -> String {
    let (text, genitive) = (format!("{n:06}"), case == Case::Genitive);
    let (high, low) = text.split_at(3);
    let mut words = Vec::new();
    if high != "000" {
        let (gender, one) = match case {
            Case::Accusative => ('a', "тысячу"),
            _ => ('f', "тысяча"),
        };
        words.extend(group(high, gender, genitive));
        words.push(form(high, genitive, [one, "тысячи", "тысяч"]).to_owned());
    }
    words.extend(group(low, gender, genitive));
    match (words.is_empty(), genitive) {
        (true, true) => "нуля".into(),
        (true, false) => "ноль".into(),
        (false, _) => words.join(" "),
    }
}

/// The pieces say what the text says, and there are not too many.
fn proved(locale: Locale, phrase: &Phrase) -> Result<(), String> {
    let known: BTreeMap<&str, &str> = locale.pieces().chain([("pause", ",")]).collect();
    let said: Option<Vec<&str>> = phrase
        .pieces
        .iter()
        .map(|it| known.get(it).copied())
        .collect();
    let said = said.ok_or_else(|| format!("a piece that is nowhere: {phrase:?}"))?;
    if said.join(" ").replace(" ,", ",") != phrase.text || phrase.pieces.len() > PIECES_MAX {
        return Err(format!("text and pieces differ: {phrase:?}"));
    }
    Ok(())
}

#[test]
fn every_number_of_three_digits_and_every_thousandth_agrees_with_the_slow_reference() {
    let genders = [
        (Gender::Masculine, 'm', 'm'),
        (Gender::Feminine, 'f', 'a'),
        (Gender::Neuter, 'n', 'n'),
    ];
    for n in (0..2_500).chain((2_500..=NUMBER_MAX).step_by(997)) {
        for (gender, letter, accusative) in genders {
            for case in [Case::Nominative, Case::Genitive, Case::Accusative] {
                let letter = if case == Case::Accusative {
                    accusative
                } else {
                    letter
                };
                let said = say::number(Locale::Ru, n, gender, case).unwrap();
                assert_eq!(said.text, slow(n, letter, case), "{n} {gender:?} {case:?}");
            }
        }
    }
    assert_eq!(
        say::number(
            Locale::Ru,
            NUMBER_MAX + 1,
            Gender::Masculine,
            Case::Nominative
        ),
        None
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_number_agrees_and_is_made_of_known_pieces(n in 0..=NUMBER_MAX) {
        for (gender, letter) in [(Gender::Masculine, 'm'), (Gender::Feminine, 'f'), (Gender::Neuter, 'n')] {
            for case in [Case::Nominative, Case::Genitive] {
                let said = say::number(Locale::Ru, n, gender, case).unwrap();
                prop_assert_eq!(&said.text, &slow(n, letter, case));
            }
        }
        for locale in Locale::ALL {
            for unit in [Unit::Hour, Unit::Minute, Unit::Second, Unit::Day, Unit::Person, Unit::Ruble, Unit::Kopeck] {
                for case in [Case::Nominative, Case::Genitive, Case::Accusative] {
                    let said = say::count(locale, n, unit, case).unwrap();
                    prop_assert_eq!(proved(locale, &said), Ok(()));
                }
            }
            let phrases = [
                say::duration(locale, n, Case::Genitive),
                say::money(locale, u64::from(n) * 100 + 77, Case::Accusative),
                say::position(locale, n.max(1)),
                say::ahead(locale, n),
                say::digits(locale, &n.to_string()),
                say::phone(locale, &format!("+7{:010}", u64::from(n) * 9_999)),
                say::ticket(locale, &n.to_string()),
                say::time(locale, n % 24, n % 60, Case::Nominative),
                say::date(locale, n % 12 + 1, n % 28 + 1, Case::Nominative),
            ];
            for phrase in phrases {
                prop_assert_eq!(proved(locale, &phrase.unwrap()), Ok(()));
            }
        }
    }
}

#[test]
fn no_piece_has_two_names_or_two_texts() {
    for locale in Locale::ALL {
        let names: Vec<&str> = locale.pieces().map(|(name, _)| name).collect();
        let once: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), once.len());
    }
}

/// What people would say, read by people.
#[test]
fn phrases_as_they_are_heard() {
    let (ru, en) = (Locale::Ru, Locale::En);
    let said = [
        say::position(ru, 1),
        say::position(ru, 3),
        say::position(ru, 23),
        say::position(ru, 40),
        say::position(ru, 103),
        say::ahead(ru, 1),
        say::ahead(ru, 2),
        say::ahead(ru, 5),
        say::ahead(ru, 21),
        say::count(ru, 1, Unit::Minute, Case::Accusative),
        say::count(ru, 22, Unit::Minute, Case::Nominative),
        say::count(ru, 20, Unit::Minute, Case::Genitive),
        say::count(ru, 21, Unit::Hour, Case::Genitive),
        say::count(ru, 11, Unit::Day, Case::Nominative),
        say::duration(ru, 3_725, Case::Nominative),
        say::duration(ru, 0, Case::Nominative),
        say::time(ru, 9, 30, Case::Nominative),
        say::time(ru, 21, 0, Case::Nominative),
        say::time(ru, 0, 1, Case::Nominative),
        say::date(ru, 11, 23, Case::Nominative),
        say::date(ru, 2, 29, Case::Nominative),
        say::money(ru, 10_201, Case::Nominative),
        say::money(ru, 5, Case::Nominative),
        say::money(ru, 2_101_000, Case::Accusative),
        say::phone(ru, "+78005550102"),
        say::phone(ru, "+375291234567"),
        say::ticket(ru, "№ 4-20"),
        say::position(en, 23),
        say::ahead(en, 1),
        say::count(en, 1, Unit::Minute, Case::Nominative),
        say::time(en, 9, 5, Case::Nominative),
        say::date(en, 11, 23, Case::Nominative),
        say::number(en, 310_012, Gender::Masculine, Case::Nominative),
        say::date(ru, 2, 30, Case::Nominative),
        say::time(ru, 24, 0, Case::Nominative),
        say::position(ru, 0),
        say::phone(ru, "8800"),
        say::digits(ru, "нет"),
    ];
    let lines = said
        .map(|it| it.map_or("—".into(), |it| it.text))
        .join("\n");
    insta::assert_snapshot!(lines);
}
