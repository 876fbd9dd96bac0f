//! A sheet to texts, or everything that is wrong with it.
use std::fmt;
use std::io::{Cursor, Read as _};
use std::panic::catch_unwind;

use calamine::{Data, DataRef, Reader as _, SheetType, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::{cell, moment};

/// Largest file. Bytes.
pub const FILE_MAX: usize = 4 << 20;
/// Largest of everything that is packed in the file, together. Bytes.
pub const UNPACKED_MAX: u64 = 16 << 20;
/// Most files in the file.
pub const PARTS_MAX: usize = 1_000;
/// Most rows with something in them, the header too.
pub const ROWS_MAX: usize = 20_001;
/// Columns that are looked at; what stands beyond them is refused.
pub const COLUMNS_MAX: u16 = 64;
/// Longest text of a cell. Characters.
pub const TEXT_MAX: usize = 500;
/// Most problems that are told at once.
pub const PROBLEMS_MAX: usize = 50;

/// What a workbook of today begins with.
const PACKED: &[u8] = b"PK\x03\x04";
/// What one of before 2007, or one with a password, begins with.
const OLD: &[u8] = b"\xd0\xcf\x11\xe0";

/// One sheet: rows with something in them, as they stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// From the top.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// From 1, as spreadsheets count.
    pub number: u32,
    /// Column, from 0, and text of each cell with something in it, from the left.
    pub cells: Vec<(u16, String)>,
}

/// Something that is wrong. Shown in Russian.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where: `дежурства!C7`; empty where it is the whole file.
    pub place: String,
    /// What, and what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => f.write_str(&self.text),
            place => write!(f, "{place}: {}", self.text),
        }
    }
}

impl Sheet {
    /// The name of a cell with that of the sheet.
    pub fn place(&self, row: u32, column: u16) -> String {
        format!("{}!{}", self.name, cell(row, column))
    }
}

/// Whether a file is a workbook, of today or of once, whatever its name says.
pub fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(PACKED) || bytes.starts_with(OLD)
}

/// Reads the sheet of that name; without a name the only one with something in it.
///
/// # Errors
/// Everything that is wrong, at most [`PROBLEMS_MAX`] of it; then nothing of the sheet is taken.
pub fn read(bytes: &[u8], name: Option<&str>) -> Result<Sheet, Vec<Problem>> {
    fits(bytes).map_err(whole)?;
    // The parser is not ours, and numbers that are too large for it make it panic: that ends a file and nothing else.
    let taken = catch_unwind(|| take(bytes, name));
    taken.unwrap_or_else(|_| Err(whole("книга испорчена: её не разобрать".into())))
}

/// Wrong with the whole file.
fn whole(text: String) -> Vec<Problem> {
    let place = String::new();
    vec![Problem { place, text }]
}

fn take(bytes: &[u8], name: Option<&str>) -> Result<Sheet, Vec<Problem>> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|error| whole(broken(&error)))?;
    let from_1904 = book.has_1904_epoch();
    let mut full = Vec::new();
    for known in wanted(&book, name).map_err(whole)? {
        let sheet = sheet(&mut book, &known, from_1904)?;
        if !sheet.rows.is_empty() {
            full.push(sheet);
        }
    }
    let names: Vec<String> = full
        .iter()
        .map(|sheet| format!("«{}»", sheet.name))
        .collect();
    match (full.pop(), full.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(whole(format!(
            "в книге заполнено несколько листов: {}; какой взять, скажите ключом --sheet",
            names.join(", ")
        ))),
        (None, _) => Err(whole("в книге нет ни одной заполненной ячейки".into())),
    }
}

/// The sheets to look into.
fn wanted(book: &Xlsx<Cursor<&[u8]>>, name: Option<&str>) -> Result<Vec<String>, String> {
    let sheets = book.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let sheets: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let Some(name) = name else {
        return Ok(sheets);
    };
    match sheets.iter().any(|sheet| sheet == name) {
        true => Ok(vec![name.to_owned()]),
        false => Err(format!(
            "в книге нет листа «{name}»; есть: {}",
            sheets.join(", ")
        )),
    }
}

/// Bounds of the file and of what is packed in it, by unpacking it once to nowhere: what the file says of itself is not believed.
fn fits(bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > FILE_MAX {
        return Err(format!("файл больше {} МиБ", FILE_MAX >> 20));
    }
    if bytes.starts_with(OLD) {
        return Err(
            "это книга прежнего вида (.xls) или под паролем; сохраните её как «Книга Excel (.xlsx)» без пароля".into(),
        );
    }
    let broken =
        |error: &dyn fmt::Display| format!("это не книга XLSX, или она испорчена: {error}");
    let mut parts = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if parts.len() > PARTS_MAX {
        return Err(format!("в файле больше {PARTS_MAX} частей: это не таблица"));
    }
    let mut left = UNPACKED_MAX;
    for place in 0..parts.len() {
        let part = parts.by_index(place).map_err(|error| broken(&error))?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| broken(&error))?;
        let Some(rest) = left.checked_sub(unpacked) else {
            return Err(format!(
                "распакованный файл больше {} МиБ",
                UNPACKED_MAX >> 20
            ));
        };
        left = rest;
    }
    Ok(())
}

fn broken(error: &XlsxError) -> String {
    format!("книга не читается: {error}")
}

/// A sheet with what is wrong with it.
struct Reading {
    sheet: Sheet,
    problems: Vec<Problem>,
}

/// The sheet is read cell by cell: a table of everything between its first and its last cell may be as large as one likes.
fn sheet(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    from_1904: bool,
) -> Result<Sheet, Vec<Problem>> {
    let mut reading = Reading {
        sheet: Sheet {
            name: name.to_owned(),
            rows: Vec::new(),
        },
        problems: Vec::new(),
    };
    let whole = |error: XlsxError| {
        let place = name.to_owned();
        let text = broken(&error);
        vec![Problem { place, text }]
    };
    let mut cells = book.worksheet_cells_reader(name).map_err(whole)?;
    while let Some(cell) = cells.next_cell().map_err(whole)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value(), from_1904);
        reading.take(row, column, text);
        if reading.problems.len() >= PROBLEMS_MAX || reading.sheet.rows.len() > ROWS_MAX {
            break;
        }
    }
    reading.end()
}

impl Reading {
    /// Row and column from 0; in whatever order they come.
    fn take(&mut self, row: u32, column: u32, text: Result<String, String>) {
        let number = row.saturating_add(1);
        let fits = u16::try_from(column).ok().filter(|it| *it < COLUMNS_MAX);
        let place = u16::try_from(column).unwrap_or(u16::MAX);
        let text = match text {
            Ok(text) if text.is_empty() => return,
            Ok(text) if text.chars().count() > TEXT_MAX => {
                return self.wrong(number, place, format!("в ячейке больше {TEXT_MAX} знаков"));
            }
            Ok(text) => text,
            Err(why) => return self.wrong(number, place, why),
        };
        let Some(column) = fits else {
            let text = format!("правее столбца {COLUMNS_MAX} ничего не читается: «{text}»");
            return self.wrong(number, place, text);
        };
        match self.sheet.rows.last_mut() {
            Some(last) if last.number == number => last.cells.push((column, text)),
            _ => self.sheet.rows.push(Row {
                number,
                cells: vec![(column, text)],
            }),
        }
    }

    fn wrong(&mut self, row: u32, column: u16, text: String) {
        let place = self.sheet.place(row, column);
        self.problems.push(Problem { place, text });
    }

    fn end(mut self) -> Result<Sheet, Vec<Problem>> {
        if self.sheet.rows.len() > ROWS_MAX {
            self.problems.push(Problem {
                place: self.sheet.name.clone(),
                text: format!("больше {ROWS_MAX} заполненных строк"),
            });
        }
        let rows = self.sheet.rows.windows(2);
        let in_order = rows.into_iter().all(|pair| pair[0].number < pair[1].number);
        let mut rows = self.sheet.rows.iter();
        let in_line = rows.all(|row| row.cells.windows(2).all(|pair| pair[0].0 < pair[1].0));
        if !in_order || !in_line {
            self.problems.push(Problem {
                place: self.sheet.name.clone(),
                text: "строки или ячейки идут не по порядку: книга испорчена".into(),
            });
        }
        match self.problems.is_empty() {
            true => Ok(self.sheet),
            false => Err(self.problems),
        }
    }
}

/// As people see it; in one line.
fn text(value: &DataRef<'_>, from_1904: bool) -> Result<String, String> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => line(text),
        DataRef::SharedString(text) => line(text),
        DataRef::Bool(yes) => if *yes { "ИСТИНА" } else { "ЛОЖЬ" }.to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(at) if at.is_datetime() => {
            let shown = moment::shown(at.as_f64(), from_1904);
            shown.ok_or_else(|| format!("это не дата и не время: {}", at.as_f64()))?
        }
        DataRef::DateTime(span) => span.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => line(text),
        DataRef::Error(error) => {
            let shown = Data::Error(error.clone());
            return Err(format!("в ячейке ошибка формулы: {shown}"));
        }
    })
}

/// Breaks of lines and the space that does not break are spaces to whoever reads the cell.
fn line(text: &str) -> String {
    let sign = |sign: char| match sign {
        '\u{a0}' | '\u{202f}' => ' ',
        sign if sign.is_control() => ' ',
        sign => sign,
    };
    text.chars().map(sign).collect::<String>().trim().to_owned()
}
