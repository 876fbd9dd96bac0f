//! TOML tables read key by key, so that each complaint has its place and no key is overlooked.
use std::ops::Range;
use std::time::Duration;

use gudok_model::Name;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::shape::{ANY, Shape};
use crate::text::{Problems, Spot, Word, error};

/// A value with its place.
#[derive(Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) value: &'a DeValue<'a>,
    file: usize,
    from: usize,
    to: usize,
}

/// A table whose keys are known: no other is read.
pub(crate) struct Table<'a> {
    table: &'a DeTable<'a>,
    at: Spot,
    shape: &'static Shape,
}

impl<'a> Item<'a> {
    pub(crate) fn new(file: usize, value: &'a Spanned<DeValue<'a>>) -> Self {
        let Range { start, end } = value.span();
        Self {
            value: value.get_ref(),
            file,
            from: start,
            to: end,
        }
    }

    pub(crate) fn at(&self) -> Spot {
        Spot {
            file: self.file,
            span: self.from..self.to,
        }
    }

    /// A table of names, or one whose shape is told by its keys.
    pub(crate) fn table(self, problems: &mut Problems<'_>) -> Option<Table<'a>> {
        self.shaped(&ANY, problems)
    }

    /// A table with these keys.
    pub(crate) fn shaped(
        self,
        shape: &'static Shape,
        problems: &mut Problems<'_>,
    ) -> Option<Table<'a>> {
        match self.value {
            DeValue::Table(table) => Some(Table::new(table, self.at(), shape)),
            _ => self.expected(problems, "таблица", "a table"),
        }
    }

    pub(crate) fn list(self, problems: &mut Problems<'_>) -> Option<Vec<Self>> {
        match self.value {
            DeValue::Array(items) => Some(
                items
                    .iter()
                    .map(|item| Self::new(self.file, item))
                    .collect(),
            ),
            _ => self.expected(problems, "список в квадратных скобках", "a list"),
        }
    }

    /// A list, or one value without the brackets.
    pub(crate) fn one_or_more(self) -> Vec<Self> {
        match self.value {
            DeValue::Array(items) => items
                .iter()
                .map(|item| Self::new(self.file, item))
                .collect(),
            _ => vec![self],
        }
    }

    pub(crate) fn word(self, problems: &mut Problems<'_>) -> Option<Word> {
        match self.value {
            DeValue::String(text) => Some(Word {
                text: text.to_string(),
                at: self.at(),
            }),
            _ => self.expected(problems, "строка в кавычках", "a string"),
        }
    }

    pub(crate) fn flag(self, problems: &mut Problems<'_>) -> Option<bool> {
        match self.value {
            DeValue::Boolean(flag) => Some(*flag),
            _ => self.expected(problems, "true или false", "true or false"),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn number(self, problems: &mut Problems<'_>, bounds: (u32, u32)) -> Option<u32> {
        let (least, most) = bounds;
        let DeValue::Integer(digits) = self.value else {
            return self.expected(problems, "целое число", "a whole number");
        };
        let number = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
        let number = number
            .and_then(|n| u32::try_from(n).ok())
            .filter(|n| (least..=most).contains(n));
        if number.is_none() {
            let ru = format!("число вне границ: допустимо от {least} до {most}");
            let en = format!("number out of range: {least} to {most}");
            problems.say(&self.at(), error("out_of_range", ru, en));
        }
        number
    }

    /// `"800ms"`, `"20s"`, `"2m"`, `"1h"`, within bounds given in milliseconds.
    pub(crate) fn duration(
        self,
        problems: &mut Problems<'_>,
        bounds: (u64, u64),
    ) -> Option<Duration> {
        let word = self.word(problems)?;
        let Some(ms) = milliseconds(&word.text) else {
            let ru = format!("непонятная длительность «{}»", word.text);
            let said = error(
                "bad_duration",
                ru,
                format!("not a duration: {:?}", word.text),
            );
            let remedy = (
                "напишите целое число и единицу в кавычках: \"800ms\", \"20s\", \"2m\", \"1h\"",
                "write an integer and a unit in quotes: \"800ms\", \"20s\", \"2m\", \"1h\"",
            );
            problems.say(&word.at, said.remedy(remedy));
            return None;
        };
        let (least, most) = bounds;
        if !(least..=most).contains(&ms) {
            let (least, most) = (spoken(least), spoken(most));
            let ru = format!("длительность вне границ: допустимо от {least} до {most}");
            let en = format!("duration out of range: {least} to {most}");
            problems.say(&word.at, error("out_of_range", ru, en));
            return None;
        }
        Some(Duration::from_millis(ms))
    }

    fn expected<T>(self, problems: &mut Problems<'_>, ru: &str, en: &str) -> Option<T> {
        let (found_ru, found_en) = kind(self.value);
        let said = error(
            "wrong_type",
            format!("здесь нужна другая запись: ожидается {ru}, а написано: {found_ru}"),
            format!("expected {en}, found {found_en}"),
        );
        problems.say(&self.at(), said);
        None
    }
}

impl<'a> Table<'a> {
    pub(crate) fn new(table: &'a DeTable<'a>, at: Spot, shape: &'static Shape) -> Self {
        Self { table, at, shape }
    }

    /// The same table, now that its shape is told.
    pub(crate) fn shaped(self, shape: &'static Shape) -> Self {
        Self { shape, ..self }
    }

    pub(crate) fn at(&self) -> &Spot {
        &self.at
    }

    /// The value of a key of the shape. A key that is not in it is not there.
    pub(crate) fn get(&self, key: &'static str) -> Option<Item<'a>> {
        let value = self.table.get(key).filter(|_| self.shape.has(key))?;
        Some(Item::new(self.at.file, value))
    }

    /// Whether a key is there, in the shape or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where a key stands; the table when it does not.
    pub(crate) fn key_at(&self, key: &str) -> Spot {
        let key = self.table.get_key_value(key).map(|(key, _)| key.span());
        key.map_or_else(
            || self.at.clone(),
            |span| Spot {
                file: self.at.file,
                span,
            },
        )
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&self, key: &'static str, problems: &mut Problems<'_>) -> Option<Item<'a>> {
        let item = self.get(key);
        if item.is_none() {
            let ru = format!("не хватает ключа «{key}»");
            let said = error("missing_key", ru, format!("missing key `{key}`"));
            problems.say(
                &self.at,
                said.remedy((
                    format!("добавьте строку {key} = …"),
                    format!("add a line {key} = …"),
                )),
            );
        }
        item
    }

    /// Keys with their places and values, in the order of the text.
    pub(crate) fn entries(&self) -> Vec<(Word, Item<'a>)> {
        let file = self.at.file;
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let at = Spot {
                file,
                span: key.span(),
            };
            let text: &std::borrow::Cow<'_, str> = key.get_ref();
            (
                Word {
                    text: text.to_string(),
                    at,
                },
                Item::new(file, value),
            )
        };
        let mut entries: Vec<_> = self.table.iter().map(entry).collect();
        entries.sort_by_key(|(key, _)| key.at.span.start);
        entries
    }

    /// Complains of each key that is not in the shape. `within` says in what: «в [group.…]».
    pub(crate) fn finish(self, within: &str, problems: &mut Problems<'_>) {
        let known: Vec<&str> = self.shape.keys.iter().map(|key| key.name).collect();
        for (key, _) in self.entries() {
            if !self.shape.has(&key.text) {
                let ru = format!("неизвестный ключ «{}» {within}", key.text);
                let said = error("unknown_key", ru, format!("unknown key `{}`", key.text));
                problems.say(&key.at, said.one_of(&key.text, &known));
            }
        }
    }
}

fn kind(value: &DeValue<'_>) -> (&'static str, &'static str) {
    match value {
        DeValue::String(_) => ("строка", "a string"),
        DeValue::Integer(_) => ("целое число", "a whole number"),
        DeValue::Float(_) => ("дробное число", "a fraction"),
        DeValue::Boolean(_) => ("true или false", "true or false"),
        DeValue::Datetime(_) => ("дата без кавычек", "a date without quotes"),
        DeValue::Array(_) => ("список", "a list"),
        DeValue::Table(_) => ("таблица", "a table"),
    }
}

/// `20s` as milliseconds.
pub(crate) fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

pub(crate) fn spoken(ms: u64) -> String {
    match ms {
        _ if ms.is_multiple_of(60_000) && ms > 0 => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

/// Whether this can be the name of a schedule, queue, group or flow, and part of a condition.
pub(crate) fn is_slug(text: &str) -> bool {
    let fits =
        |(i, b): (usize, u8)| b.is_ascii_lowercase() || b == b'_' || (i > 0 && b.is_ascii_digit());
    !text.is_empty() && text.len() <= SLUG_MAX && text.bytes().enumerate().all(fits)
}

/// Longest name.
pub(crate) const SLUG_MAX: usize = 40;

/// A name of something: lowercase Latin letters, digits and `_`.
pub(crate) fn slug(word: &Word, problems: &mut Problems<'_>) -> Option<Name> {
    if is_slug(&word.text) {
        return Some(word.text.as_str().into());
    }
    let said = error(
        "bad_name",
        format!("имя «{}» не годится", word.text),
        format!("not a name: {:?}", word.text),
    );
    let remedy = (
        format!("имя — строчные латинские буквы, цифры и «_», не больше {SLUG_MAX} знаков"),
        format!("a name is small Latin letters, digits and `_`, {SLUG_MAX} characters at most"),
    );
    problems.say(&word.at, said.remedy(remedy));
    None
}
