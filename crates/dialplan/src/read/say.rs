//! What is said: names of prompts, and values in words, `{ say = "ticket", value = "client.field.ticket" }`.
use gudok_model::Name;
use gudok_speech::{Case, Gender, Manner, Unit};
use toml::de::DeValue;

use super::{call, choose};
use crate::draft::{DraftSay, DraftUtterance};
use crate::reader::{Item, Table, slug};
use crate::shape::steps::SAY;
use crate::text::{Problems, error};

/// Prompts and values of one step.
const PROMPTS_MAX: usize = 16;

/// What a value is, in the words of the language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Digits,
    Ticket,
    Phone,
    Date,
    Time,
    Duration,
    Money,
    Position,
}

pub(crate) const KINDS: [(&str, Kind); 9] = [
    ("number", Kind::Number),
    ("digits", Kind::Digits),
    ("ticket", Kind::Ticket),
    ("phone", Kind::Phone),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("duration", Kind::Duration),
    ("money", Kind::Money),
    ("position", Kind::Position),
];

pub(crate) const GENDERS: [(&str, Gender); 3] = [
    ("masculine", Gender::Masculine),
    ("feminine", Gender::Feminine),
    ("neuter", Gender::Neuter),
];

pub(crate) const CASES: [(&str, Case); 3] = [
    ("nominative", Case::Nominative),
    ("genitive", Case::Genitive),
    ("accusative", Case::Accusative),
];

pub(crate) const UNITS: [(&str, Unit); 7] = [
    ("hour", Unit::Hour),
    ("minute", Unit::Minute),
    ("second", Unit::Second),
    ("day", Unit::Day),
    ("person", Unit::Person),
    ("ruble", Unit::Ruble),
    ("kopeck", Unit::Kopeck),
];

impl Kind {
    /// What its words may agree with.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Number => &["gender", "unit", "case"],
            Self::Date | Self::Time | Self::Duration | Self::Money => &["case"],
            Self::Digits | Self::Ticket | Self::Phone | Self::Position => &[],
        }
    }

    fn manner(self, gender: Option<Gender>, unit: Option<Unit>, case: Option<Case>) -> Manner {
        let (gender, case) = (gender.unwrap_or_default(), case.unwrap_or_default());
        match (self, unit) {
            (Self::Number, Some(unit)) => Manner::Count { unit, case },
            (Self::Number, None) => Manner::Number { gender, case },
            (Self::Digits, _) => Manner::Digits,
            (Self::Ticket, _) => Manner::Ticket,
            (Self::Phone, _) => Manner::Phone,
            (Self::Date, _) => Manner::Date { case },
            (Self::Time, _) => Manner::Time { case },
            (Self::Duration, _) => Manner::Duration { case },
            (Self::Money, _) => Manner::Money { case },
            (Self::Position, _) => Manner::Position,
        }
    }
}

/// At least one.
pub(super) fn line(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Vec<DraftUtterance>> {
    each(item, problems, utterance)
}

fn each<T>(
    item: Item<'_>,
    problems: &mut Problems<'_>,
    read: impl Fn(Item<'_>, &mut Problems<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let at = item.at();
    let items = item.one_or_more();
    let count = items.len();
    let line: Vec<T> = items
        .into_iter()
        .filter_map(|item| read(item, problems))
        .collect();
    if !(1..=PROMPTS_MAX).contains(&count) {
        let ru = format!("нужно от 1 до {PROMPTS_MAX} фраз");
        let en = format!("1 to {PROMPTS_MAX} prompts");
        problems.say(&at, error("out_of_range", ru, en));
        return None;
    }
    (line.len() == count).then_some(line)
}

fn utterance(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DraftUtterance> {
    match item.value {
        DeValue::Table(_) => say(item, problems).map(|it| DraftUtterance::Value(Box::new(it))),
        _ => prompt(item, problems).map(DraftUtterance::Prompt),
    }
}

fn say(item: Item<'_>, problems: &mut Problems<'_>) -> Option<DraftSay> {
    let table = item.shaped(&SAY, problems)?;
    let word = table.need("say", problems);
    let unknown = ("так значений не говорят:", "unknown way to say a value");
    let kind = choose(word, unknown, &KINDS, problems);
    let unknown = ("нет такого рода:", "unknown gender");
    let gender = choose(table.get("gender"), unknown, &GENDERS, problems);
    let unknown = ("такого здесь не считают:", "unknown unit");
    let unit = choose(table.get("unit"), unknown, &UNITS, problems);
    let unknown = ("нет такого падежа:", "unknown case");
    let case = choose(table.get("case"), unknown, &CASES, problems);
    let value = table.need("value", problems);
    let value = value.and_then(|item| item.word(problems));
    let otherwise = match table.get("else") {
        Some(item) => each(item, problems, prompt),
        None => Some(Vec::new()),
    };
    let kind = kind.filter(|kind| agrees(*kind, &table, problems));
    table.finish("в say", problems);
    let (kind, value) = (kind?, value?);
    let word = KINDS.iter().find(|(_, known)| *known == kind)?.0;
    Some(DraftSay {
        word,
        manner: kind.manner(gender, unit, case),
        value,
        otherwise: otherwise?,
    })
}

/// Whether the words can agree with what is asked for.
fn agrees(kind: Kind, table: &Table<'_>, problems: &mut Problems<'_>) -> bool {
    let known = kind.keys();
    let asked = ["gender", "unit", "case"].into_iter();
    let stray = asked.filter(|key| table.has(key) && !known.contains(key));
    let stray: Vec<&str> = stray.collect();
    for key in &stray {
        let ru = format!("«{key}» здесь ничего не меняет");
        let said = error("unknown_key", ru, format!("`{key}` changes nothing here"));
        problems.say(&table.key_at(key), said.one_of("", known));
    }
    let both = kind == Kind::Number && table.has("gender") && table.has("unit");
    if both {
        let ru = "род задаёт то, что считают: gender при unit лишний";
        let said = error("two_meanings", ru, "`unit` tells the gender");
        problems.say(
            &table.key_at("gender"),
            said.remedy(("уберите gender", "remove `gender`")),
        );
    }
    stray.is_empty() && !both
}

/// Names of prompts alone, at least one.
pub(super) fn names(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Vec<Name>> {
    each(item, problems, |item, problems| {
        slug(&item.word(problems)?, problems)
    })
}

/// A prompt alone.
fn prompt(item: Item<'_>, problems: &mut Problems<'_>) -> Option<Name> {
    let word = item.word(problems)?;
    call::prompt(&word, problems)
}
