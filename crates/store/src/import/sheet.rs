//! The CSV itself: encoding, separator, columns, rows. A quote that is never closed costs its own line only.
use std::io::Read;

use csv::{ReaderBuilder, StringRecord, Trim};

use super::{FIELDS_MAX, IMPORT_BYTES_MAX, ImportError};

/// Lines with an unclosed quote after which the file is given up: each costs a reading to the end.
const UNCLOSED_MAX: usize = 100;

const NAME: &[&str] = &[
    "имя",
    "фио",
    "клиент",
    "название",
    "наименование",
    "name",
    "client",
];
const PHONE: &[&str] = &[
    "телефон",
    "номер",
    "номер телефона",
    "мобильный",
    "phone",
    "number",
    "tel",
    "mobile",
];
const ID: &[&str] = &[
    "код",
    "id",
    "код клиента",
    "номер клиента",
    "лицевой счёт",
    "лицевой счет",
    "account",
];
const CLASS: &[&str] = &["класс", "категория", "class", "category"];

/// A text file as UTF-8, without its byte order mark.
pub(super) fn read(file: impl Read) -> Result<String, ImportError> {
    let mut bytes = Vec::new();
    file.take(IMPORT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > IMPORT_BYTES_MAX {
        return Err(ImportError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = 1 + bytes[..good].iter().filter(|byte| **byte == b'\n').count() as u64;
        ImportError::NotUtf8 {
            line,
            cp1251: looks_like_cp1251(bytes),
        }
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

/// Russian letters are 0xC0–0xFF there (and Ё/ё 0xA8/0xB8): nearly all of the upper half is letters.
fn looks_like_cp1251(bytes: &[u8]) -> bool {
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    let letters = bytes
        .iter()
        .filter(|byte| matches!(byte, 0xC0..|0xA8| 0xB8))
        .count();
    letters * 10 >= high * 9
}

/// A file with a header that was understood.
pub(super) struct Sheet<'a> {
    text: &'a str,
    separator: u8,
    pub(super) columns: Columns,
}

/// Which column is what, by index.
pub(super) struct Columns {
    count: usize,
    pub(super) name: usize,
    pub(super) phones: Vec<usize>,
    pub(super) id: Option<usize>,
    pub(super) class: Option<usize>,
    /// Every other one, with its title.
    pub(super) fields: Vec<(usize, String)>,
}

/// One row below the header.
pub(super) enum Row {
    Cells { line: u64, cells: Vec<String> },
    Bad { line: u64, why: String },
}

impl<'a> Sheet<'a> {
    pub(super) fn open(text: &'a str) -> Result<Self, ImportError> {
        let first = text.lines().next().unwrap_or_default();
        let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
        // The last of equals wins: a header of one column has none of them.
        let separator = [b'\t', b',', b';']
            .into_iter()
            .max_by_key(|s| count(*s))
            .unwrap_or(b';');
        let mut header = StringRecord::new();
        let mut reader = builder(separator).from_reader(text.as_bytes());
        if !reader.read_record(&mut header).unwrap_or(false) || header.iter().all(str::is_empty) {
            return Err(ImportError::Empty);
        }
        Ok(Self {
            text,
            separator,
            columns: Columns::find(&header)?,
        })
    }

    /// Gives every row that is not empty, in order.
    pub(super) fn rows(&self, mut give: impl FnMut(Row)) -> Result<(), ImportError> {
        let mut rest = Rest {
            from: 0,
            line: 1,
            header: true,
        };
        for _ in 0..UNCLOSED_MAX {
            match self.rows_from(&rest, &mut give) {
                None => return Ok(()),
                Some(next) => rest = next,
            }
        }
        Err(ImportError::Quotes { line: rest.line })
    }

    /// Reads to the end, or to a quote that is never closed: then from the line after it, anew.
    fn rows_from(&self, rest: &Rest, give: &mut impl FnMut(Row)) -> Option<Rest> {
        let text = &self.text[rest.from..];
        let mut reader = builder(self.separator).from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        let mut header = rest.header;
        // The text is UTF-8 and rows may have any length, so there is nothing left to fail.
        while reader.read_record(&mut record).unwrap_or(false) {
            let position = record.position().cloned()?;
            if std::mem::take(&mut header) || record.iter().all(str::is_empty) {
                continue;
            }
            // The reader counts empty lines to the row that follows them.
            let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
            let row = text[from..].trim_start_matches(['\r', '\n']);
            let start = text.len() - row.len();
            let empty = text[from..start]
                .bytes()
                .filter(|byte| *byte == b'\n')
                .count() as u64;
            let line = rest.line + position.line() - 1 + empty;
            let at_end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX)
                >= text.trim_end().len();
            let unclosed = at_end && record.len() != self.columns.count;
            if unclosed && let Some(length) = row.trim_end().find('\n') {
                give(Row::Bad {
                    line,
                    why: "кавычка открыта и не закрыта".into(),
                });
                return Some(Rest {
                    from: rest.from + start + length + 1,
                    line: line + 1,
                    header: false,
                });
            }
            give(self.row(line, &record));
        }
        None
    }

    fn row(&self, line: u64, record: &StringRecord) -> Row {
        let (is, should) = (record.len(), self.columns.count);
        // Spreadsheets leave trailing empty cells out, or add some.
        let trailing = record.iter().skip(should).all(str::is_empty);
        if is < should || !trailing {
            return Row::Bad {
                line,
                why: format!("полей {is}, а в заголовке {should}"),
            };
        }
        Row::Cells {
            line,
            cells: record.iter().map(str::to_owned).collect(),
        }
    }
}

/// What is still to be read.
struct Rest {
    from: usize,
    line: u64,
    header: bool,
}

fn builder(separator: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All);
    builder
}

impl Columns {
    fn find(header: &StringRecord) -> Result<Self, ImportError> {
        let titles: Vec<String> = header.iter().map(str::to_lowercase).collect();
        let column = |words: &[&str]| {
            titles
                .iter()
                .position(|title| words.contains(&title.as_str()))
        };
        let missing = |column, words| ImportError::NoColumn {
            column,
            found: header.iter().collect::<Vec<_>>().join(", "),
            words,
        };
        let name =
            column(NAME).ok_or_else(|| missing("имя", "имя, фио, клиент, название, name"))?;
        let phones: Vec<usize> = (0..titles.len())
            .filter(|at| is_phone(&titles[*at]))
            .collect();
        if phones.is_empty() {
            return Err(missing("телефон", "телефон, номер, мобильный, phone"));
        }
        let (id, class) = (column(ID), column(CLASS));
        let taken = |at: &usize| {
            *at == name || phones.contains(at) || id == Some(*at) || class == Some(*at)
        };
        let fields = (0..titles.len())
            .filter(|at| !taken(at) && !titles[*at].is_empty())
            .map(|at| (at, header[at].chars().take(64).collect()))
            .take(FIELDS_MAX)
            .collect();
        Ok(Self {
            count: titles.len(),
            name,
            phones,
            id,
            class,
            fields,
        })
    }
}

/// `телефон`, `Телефон 2`, `phone_work` …
fn is_phone(title: &str) -> bool {
    PHONE.contains(&title) || title.starts_with("телефон") || title.starts_with("phone")
}
