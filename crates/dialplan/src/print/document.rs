//! TOML as people write it: tables under their headers, the steps of a branch and the rows of a list on lines of their own.
use std::fmt::Write as _;
use std::time::Duration;

use gudok_model::Name;

use crate::reader::spoken;
use crate::text::Word;

/// What stands behind a key.
pub(super) enum Value {
    Text(String),
    /// An expression: as it was written.
    Code(String),
    Int(i64),
    Flag(bool),
    List(Vec<Self>),
    Table(Table),
    /// Tables, each on a line of its own.
    Rows(Vec<Table>),
}

/// Keys with their values, in the order they are printed.
#[derive(Default)]
pub(super) struct Table(Vec<(String, Value)>);

/// The text so far.
#[derive(Default)]
pub(super) struct Document(String);

impl Table {
    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    /// Where there is one.
    pub(super) fn may(self, key: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Where there is anything in it: an empty list of what is said is not read.
    pub(super) fn unless_empty(self, key: &str, list: Vec<Value>) -> Self {
        match list.is_empty() {
            true => self,
            false => self.with(key, Value::List(list)),
        }
    }
}

impl Document {
    /// `[NAME]` with its keys.
    pub(super) fn table(&mut self, name: &str, table: &Table) {
        self.headed(&format!("[{name}]"), table);
    }

    /// `[[NAME]]` with its keys.
    pub(super) fn row(&mut self, name: &str, table: &Table) {
        self.headed(&format!("[[{name}]]"), table);
    }

    fn headed(&mut self, header: &str, Table(keys): &Table) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        let _ = writeln!(self.0, "{header}");
        for (key, value) in keys {
            let _ = writeln!(self.0, "{} = {}", key_of(key), value.shown(0));
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

impl Value {
    /// `depth`: within how many rows it stands.
    fn shown(&self, depth: usize) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Code(text) => verbatim(text),
            Self::Int(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(list) => {
                let list: Vec<String> = list.iter().map(|it| it.shown(depth)).collect();
                format!("[{}]", list.join(", "))
            }
            Self::Table(table) => table.shown(depth),
            Self::Rows(rows) if rows.is_empty() => "[]".to_owned(),
            Self::Rows(rows) => {
                let (within, after) = ("  ".repeat(depth + 1), "  ".repeat(depth));
                let row = |it: &Table| format!("{within}{},\n", it.shown(depth + 1));
                let rows: String = rows.iter().map(row).collect();
                format!("[\n{rows}{after}]")
            }
        }
    }
}

impl Table {
    /// Between braces.
    fn shown(&self, depth: usize) -> String {
        if self.0.is_empty() {
            return "{}".to_owned();
        }
        let pair =
            |(key, value): &(String, Value)| format!("{} = {}", key_of(key), value.shown(depth));
        let pairs: Vec<String> = self.0.iter().map(pair).collect();
        format!("{{ {} }}", pairs.join(", "))
    }
}

fn key_of(key: &str) -> String {
    let is_bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    match !key.is_empty() && key.bytes().all(is_bare) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// A basic string.
fn quoted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push('"');
    for it in text.chars() {
        match it {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            it if it.is_ascii_control() => {
                let _ = write!(shown, "\\u{:04X}", u32::from(it));
            }
            it => shown.push(it),
        }
    }
    shown.push('"');
    shown
}

/// A literal string, in which nothing is escaped, wherever one can hold the text.
fn verbatim(text: &str) -> String {
    let is_plain = |it: char| it == '\t' || !it.is_ascii_control();
    match text.chars().all(is_plain) && !text.contains('\'') {
        true => format!("'{text}'"),
        false => quoted(text),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&Name> for Value {
    fn from(name: &Name) -> Self {
        Self::Text(name.to_string())
    }
}

impl From<&Word> for Value {
    fn from(word: &Word) -> Self {
        let Word { text, at: _ } = word;
        Self::Text(text.clone())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u8> for Value {
    fn from(number: u8) -> Self {
        Self::Int(number.into())
    }
}

impl From<Duration> for Value {
    fn from(duration: Duration) -> Self {
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Self::Text(spoken(ms))
    }
}

impl From<Table> for Value {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

/// Names in brackets.
pub(super) fn list<T>(items: impl IntoIterator<Item = T>) -> Vec<Value>
where
    Value: From<T>,
{
    items.into_iter().map(Value::from).collect()
}

/// An expression.
pub(super) fn code(word: &Word) -> Value {
    let Word { text, at: _ } = word;
    Value::Code(text.clone())
}

/// By which word of the language something is named.
pub(super) fn word_of<T: PartialEq>(words: &[(&'static str, T)], meant: &T) -> &'static str {
    let found = words.iter().find(|(_, known)| known == meant);
    found.map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_so_that_toml_reads_them() {
        for text in ["", "a\"b", "'", "\\n", "a\nb\r\u{7f}\u{0}", "«ёж»\t'"] {
            for shown in [quoted(text), verbatim(text)] {
                let read: toml::Table = toml::from_str(&format!("a = {shown}")).expect("TOML");
                assert_eq!(read["a"].as_str(), Some(text), "{shown}");
            }
        }
        assert_eq!(verbatim(r#"a == "\d""#), r#"'a == "\d"'"#);
        let keys = ["bare_1", "*", "", "2026-12-30"].map(key_of);
        assert_eq!(keys, ["bare_1", "\"*\"", "\"\"", "2026-12-30"]);
    }
}
