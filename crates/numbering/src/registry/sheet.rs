//! The CSV itself: encoding, columns, lines. A quote that is never closed costs its own line only, since no field of the
//! registry has a line break.
use super::{FILE_BYTES_MAX, Source};

/// A file that is no registry.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegistryError {
    /// Beyond [`FILE_BYTES_MAX`].
    #[error("{0}: файл больше {FILE_BYTES_MAX} байт")]
    TooLarge(String),
    /// Another encoding, most likely Windows-1251.
    #[error("{file}:{line}: файл не в UTF-8; перекодируйте: iconv -f cp1251 -t utf8")]
    NotUtf8 {
        /// Which.
        file: String,
        /// Where it shows.
        line: usize,
    },
    /// The header is missing or of another file.
    #[error(
        "{file}:1: это не файл реестра нумерации: нет столбца «{column}»; нужны «АВС/ DEF», «От», «До», «Оператор», «Регион»"
    )]
    Column {
        /// Which.
        file: String,
        /// What is missing.
        column: &'static str,
    },
    /// More than [`ROWS_MAX`](super::ROWS_MAX) rows.
    #[error("в файлах слишком много строк")]
    TooManyRows,
}

/// A file whose header was understood.
pub(super) struct Sheet<'a> {
    text: &'a str,
    columns: Columns,
}

/// Which column is what, by index.
#[derive(Clone, Copy)]
struct Columns {
    code: usize,
    from: usize,
    to: usize,
    capacity: Option<usize>,
    operator: usize,
    region: usize,
    territory: Option<usize>,
}

/// One line, cut.
pub(super) struct Row<'a> {
    fields: Vec<std::borrow::Cow<'a, str>>,
    columns: Columns,
}

impl<'a> Sheet<'a> {
    pub(super) fn open(source: &Source<'a>) -> Result<Self, RegistryError> {
        let file = || source.name.to_owned();
        if source.bytes.len() > FILE_BYTES_MAX {
            return Err(RegistryError::TooLarge(file()));
        }
        let text = std::str::from_utf8(source.bytes).map_err(|error| {
            let good = &source.bytes[..error.valid_up_to()];
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            RegistryError::NotUtf8 { file: file(), line }
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let columns = Columns::of(text.lines().next().unwrap_or(""));
        let columns = columns.map_err(|column| RegistryError::Column {
            file: file(),
            column,
        })?;
        Ok(Self { text, columns })
    }

    /// Lines behind the header with their numbers; empty ones are left out.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, Result<Row<'a>, String>)> {
        let (columns, lines) = (self.columns, self.text.lines().enumerate().skip(1));
        let lines = lines.filter(|(_, line)| !line.trim().is_empty());
        lines.map(move |(at, line)| (at + 1, Row::cut(line, columns)))
    }
}

impl Columns {
    /// Columns are known by their names, so that a further one does no harm.
    fn of(header: &str) -> Result<Self, &'static str> {
        let names = split(header).unwrap_or_default();
        let names: Vec<String> = names
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        let optional = |wanted: &[&str]| {
            names
                .iter()
                .position(|name| wanted.contains(&name.as_str()))
        };
        let code = names.iter().position(|name| name.ends_with("def"));
        Ok(Self {
            code: code.ok_or("АВС/ DEF")?,
            from: optional(&["от"]).ok_or("От")?,
            to: optional(&["до"]).ok_or("До")?,
            capacity: optional(&["емкость", "ёмкость"]),
            operator: optional(&["оператор"]).ok_or("Оператор")?,
            region: optional(&["регион"]).ok_or("Регион")?,
            territory: optional(&["территория гар"]),
        })
    }
}

impl<'a> Row<'a> {
    fn cut(line: &'a str, columns: Columns) -> Result<Self, String> {
        let fields = split(line).ok_or("кавычка не закрыта")?;
        let needed = [
            columns.code,
            columns.from,
            columns.to,
            columns.operator,
            columns.region,
        ];
        let needed = needed.into_iter().max().unwrap_or(0) + 1;
        if fields.len() < needed {
            return Err(format!(
                "столбцов {}, нужно не меньше {needed}",
                fields.len()
            ));
        }
        Ok(Self { fields, columns })
    }

    fn field(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", |field| field.trim())
    }

    pub(super) fn code(&self) -> &str {
        self.field(self.columns.code)
    }

    pub(super) fn from(&self) -> &str {
        self.field(self.columns.from)
    }

    pub(super) fn to(&self) -> &str {
        self.field(self.columns.to)
    }

    pub(super) fn capacity(&self) -> Option<&str> {
        self.columns.capacity.map(|at| self.field(at))
    }

    pub(super) fn operator(&self) -> &str {
        self.field(self.columns.operator)
    }

    pub(super) fn region(&self) -> Option<&str> {
        Some(self.field(self.columns.region))
    }

    pub(super) fn territory(&self) -> Option<&str> {
        self.columns.territory.map(|at| self.field(at))
    }
}

/// Fields of a line. Quotes matter where a field begins with one: `"ООО ""Связь"""`; elsewhere they are letters, as the
/// registry writes them: `ООО "Связь"`. None where a quote is not closed.
fn split(line: &str) -> Option<Vec<std::borrow::Cow<'_, str>>> {
    let (mut fields, mut rest) = (Vec::new(), line.trim_end_matches('\r'));
    loop {
        let Some(quoted) = rest.strip_prefix('"') else {
            let (field, next) = rest
                .split_once(';')
                .map_or((rest, None), |(field, next)| (field, Some(next)));
            fields.push(field.into());
            match next {
                Some(next) => rest = next,
                None => return Some(fields),
            }
            continue;
        };
        let end = closing(quoted)?;
        fields.push(quoted[..end].replace("\"\"", "\"").into());
        match quoted[end + 1..].strip_prefix(';') {
            Some(next) => rest = next,
            None => return Some(fields),
        }
    }
}

/// Where the quote is that ends a field: before a `;` or at the end of the line, and not one of a pair.
fn closing(quoted: &str) -> Option<usize> {
    let mut quotes = quoted.match_indices('"').map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_some() {
            continue;
        }
        let behind = &quoted[at + 1..];
        if behind.is_empty() || behind.starts_with(';') {
            return Some(at);
        }
    }
    None
}
