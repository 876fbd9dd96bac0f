//! The official CSV files (ABC-3xx, ABC-4xx, ABC-8xx, DEF-9xx of the «Выписка из реестра российской системы и плана
//! нумерации») to ranges: `;` between columns, UTF-8 with or without a byte order mark, one header line.
//!
//! Each row that is odd is told with its place and what was done with it; a file that is no registry is refused whole.
mod lay;
mod place;
mod sheet;

use std::fmt;
use std::fmt::Write as _;

pub use sheet::RegistryError;

use crate::table::Range;
use lay::{Piece, Span, lay};
use place::{Place, place};
use sheet::{Row, Sheet};

/// Largest file taken. Bytes.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// Most rows of all files: ten times what the registry has.
pub const ROWS_MAX: usize = 2_000_000;
/// Problems told; further ones are counted.
pub const PROBLEMS_MAX: usize = 200;

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// How it is called where it is complained of.
    pub name: &'a str,
    /// Its contents.
    pub bytes: &'a [u8],
}

/// What the files hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registry {
    /// In order, without overlaps.
    pub ranges: Vec<Range>,
    /// Rows that were read, the odd ones included.
    pub rows: usize,
    /// What was odd, in the order of the files; [`PROBLEMS_MAX`] at most.
    pub problems: Vec<Problem>,
    /// Problems beyond that.
    pub untold: usize,
    /// Rows that were left out, told or not.
    pub dropped: usize,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// It is used, in part or with a doubt.
    Warning,
    /// It was left out.
    Error,
}

/// Something odd in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Name of the file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether the row is used.
    pub severity: Severity,
    /// What is odd and what was done. Russian.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Warning => "предупреждение",
            Severity::Error => "ошибка",
        };
        write!(f, "{}:{}: {word}: {}", self.file, self.line, self.text)
    }
}

/// A range and where it was written.
struct Found {
    range: Range,
    file: usize,
    line: usize,
}

/// Reads files in their order; of ranges that overlap the first one keeps what it has.
///
/// # Errors
/// When a file is no registry: another encoding, no such columns, too large.
pub fn read(sources: &[Source<'_>]) -> Result<Registry, RegistryError> {
    let (mut registry, mut found) = (Registry::default(), Vec::new());
    for (file, source) in sources.iter().enumerate() {
        let sheet = Sheet::open(source)?;
        for (line, row) in sheet.rows() {
            registry.rows += 1;
            if registry.rows > ROWS_MAX {
                return Err(RegistryError::TooManyRows);
            }
            match row.and_then(|row| range(&row)) {
                Ok((range, doubts)) => {
                    for doubt in doubts {
                        registry.tell(source, line, Severity::Warning, doubt);
                    }
                    found.push(Found { range, file, line });
                }
                Err(wrong) => {
                    registry.tell(
                        source,
                        line,
                        Severity::Error,
                        format!("{wrong}; строка пропущена"),
                    );
                }
            }
        }
    }
    registry.lay(found, sources);
    let of = |name: &str| sources.iter().position(|source| source.name == name);
    registry.problems.sort_by_key(|it| (of(&it.file), it.line));
    Ok(registry)
}

impl Registry {
    /// One behind the other; of what overlaps an earlier row has it, and a later one what is left.
    fn lay(&mut self, found: Vec<Found>, sources: &[Source<'_>]) {
        let span = |it: &Found| (it.range.first, it.range.last);
        let spans: Vec<Span> = found.iter().map(span).collect();
        let laid = lay(&spans);
        let own = laid.own(found.len());
        for (at, it) in found.iter().enumerate() {
            let Some(whose) = laid.other(at, spans[at]) else {
                continue;
            };
            let left = own[at].iter().map(|place| laid.pieces[*place]);
            let (severity, text) = cut(&found[whose], left, sources);
            self.tell(&sources[it.file], it.line, severity, text);
        }
        let range = |it: Piece| Range {
            first: it.first,
            last: it.last,
            ..found[it.whose].range.clone()
        };
        self.ranges = laid.pieces.into_iter().map(range).collect();
    }

    fn tell(&mut self, source: &Source<'_>, line: usize, severity: Severity, text: String) {
        self.dropped += usize::from(severity == Severity::Error);
        if self.problems.len() >= PROBLEMS_MAX {
            self.untold += 1;
            return;
        }
        self.problems.push(Problem {
            file: source.name.to_owned(),
            line,
            severity,
            text,
        });
    }
}

/// Pieces of a row that are told; further ones are counted.
const PIECES_TOLD_MAX: usize = 20;

/// What became of a row whose numbers another one has in part.
fn cut(
    other: &Found,
    left: impl ExactSizeIterator<Item = Piece>,
    sources: &[Source<'_>],
) -> (Severity, String) {
    let mut text = format!(
        "диапазон пересекается с {}:{}",
        sources[other.file].name, other.line
    );
    let count = left.len();
    if count == 0 {
        text.push_str(" и весь лежит в том, что уже взято; строка пропущена");
        return (Severity::Error, text);
    }
    text.push_str("; взято только ");
    for (at, Piece { first, last, .. }) in left.take(PIECES_TOLD_MAX).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{first}–{last}");
    }
    if let Some(more) = count.checked_sub(PIECES_TOLD_MAX).filter(|more| *more > 0) {
        let _ = write!(text, " и ещё {more}");
    }
    (Severity::Warning, text)
}

/// A range with what is doubtful about it, or why there is none.
fn range(row: &Row<'_>) -> Result<(Range, Vec<String>), String> {
    let code =
        digits(row.code(), 3).ok_or_else(|| format!("код «{}» — не три цифры", row.code()))?;
    if !matches!(code, 300..=499 | 800..=999) {
        return Err(format!("кода {code} в плане нумерации России нет"));
    }
    let end = |what, text: &str| {
        digits(text, 7).ok_or_else(|| format!("{what} диапазона «{text}» — не семь цифр"))
    };
    let (from, to) = (end("начало", row.from())?, end("конец", row.to())?);
    if from > to {
        return Err(format!(
            "диапазон перевёрнут: с {} до {}",
            row.from(),
            row.to()
        ));
    }
    let mut doubts = Vec::new();
    if let Some(capacity) = row.capacity()
        && capacity.parse() != Ok(to - from + 1)
    {
        doubts.push(format!(
            "ёмкость «{capacity}» не равна числу номеров {}; взят диапазон",
            to - from + 1
        ));
    }
    let Place {
        subject,
        also,
        doubt,
    } = place(row);
    doubts.extend(doubt);
    let range = Range {
        first: code * 10_000_000 + from,
        last: code * 10_000_000 + to,
        subject: subject.map_or("", |it| it.code).into(),
        also: also.map_or("", |it| it.code).into(),
        zone: subject.map_or("", |it| it.zone).into(),
        operator: row.operator().into(),
    };
    Ok((range, doubts))
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u64> {
    let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
