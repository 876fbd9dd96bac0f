//! A sheet to texts, or everything that is wrong with it.
use std::fmt;
use std::io::Cursor;
use std::panic::catch_unwind;

use calamine::{
    Cell, Data, DataRef, Reader as _, SheetType, Style, Xlsx, XlsxCellReader, XlsxError,
};

use crate::fits::fits;
use crate::{cell, moment};

/// Largest file. Bytes.
pub const FILE_MAX: usize = 4 << 20;
/// Largest of everything that is packed in the file, together. Bytes.
pub const UNPACKED_MAX: u64 = 16 << 20;
/// Most files in the file.
pub const PARTS_MAX: usize = 1_000;
/// Most sheets.
pub const SHEETS_MAX: usize = 64;
/// Most tags in the styles of the book, and the longest of them in bytes: the parser copies fonts and formats for each style.
pub const STYLE_TAGS_MAX: usize = 40_000;
/// See there.
pub const STYLE_TAG_MAX: usize = 1_024;
/// Most rows with something in them, the header too.
pub const ROWS_MAX: usize = 20_001;
/// Columns that are looked at; what stands beyond them is refused.
pub const COLUMNS_MAX: u16 = 64;
/// Longest text of a cell. Characters.
pub const TEXT_MAX: usize = 500;
/// Most text of a sheet, all cells together. A text that the file has once may stand in every cell. Bytes.
pub const TEXTS_MAX: usize = 1 << 20;
/// Most problems that are told at once.
pub const PROBLEMS_MAX: usize = 50;

/// What a workbook of today begins with.
const PACKED: &[u8] = b"PK\x03\x04";
/// What one of before 2007, or one with a password, begins with.
pub(crate) const OLD: &[u8] = b"\xd0\xcf\x11\xe0";

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;
type Cells<'r, 'b> = XlsxCellReader<'r, Cursor<&'b [u8]>>;

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
    let mut full: Option<String> = None;
    for known in wanted(&book, name).map_err(whole)? {
        if !has_something(&mut book, &known)? {
            continue;
        }
        if let Some(first) = full {
            return Err(whole(format!(
                "в книге заполнен не один лист: «{first}», «{known}»; какой взять, скажите ключом --sheet"
            )));
        }
        full = Some(known);
    }
    match full {
        Some(only) => sheet(&mut book, &only, from_1904),
        None => Err(whole("в книге нет ни одной заполненной ячейки".into())),
    }
}

/// Whether anything stands in a sheet; nothing of it is kept.
fn has_something(book: &mut Book<'_>, name: &str) -> Result<bool, Vec<Problem>> {
    let mut cells = cells(book, name)?;
    while let Some(cell) = cells.next_cell().map_err(|error| spoilt(name, &error))? {
        if *cell.get_value() != DataRef::Empty {
            return Ok(true);
        }
    }
    Ok(false)
}

fn cells<'r, 'b>(book: &'r mut Book<'b>, name: &str) -> Result<Cells<'r, 'b>, Vec<Problem>> {
    let cells = book.worksheet_cells_reader(name);
    cells.map_err(|error| spoilt(name, &error))
}

/// Wrong with a whole sheet.
fn spoilt(name: &str, error: &XlsxError) -> Vec<Problem> {
    vec![Problem {
        place: name.to_owned(),
        text: broken(error),
    }]
}

/// The sheets to look into.
fn wanted(book: &Book<'_>, name: Option<&str>) -> Result<Vec<String>, String> {
    let sheets = book.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let sheets: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    if sheets.len() > SHEETS_MAX {
        return Err(format!("в книге больше {SHEETS_MAX} листов"));
    }
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

fn broken(error: &XlsxError) -> String {
    format!("книга не читается: {error}")
}

/// A sheet with what is wrong with it.
struct Reading {
    sheet: Sheet,
    /// Bytes of text so far.
    length: usize,
    problems: Vec<Problem>,
}

/// The sheet is read cell by cell: a table of everything between its first and its last cell may be as large as one likes.
fn sheet(book: &mut Book<'_>, name: &str, from_1904: bool) -> Result<Sheet, Vec<Problem>> {
    let mut reading = Reading {
        sheet: Sheet {
            name: name.to_owned(),
            rows: Vec::new(),
        },
        length: 0,
        problems: Vec::new(),
    };
    reading.formulas(&mut cells(book, name)?)?;
    let mut cells = cells(book, name)?;
    let spoilt = |error| spoilt(name, &error);
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(spoilt)? {
        let (row, column) = cell.get_position();
        let text = text(&cell, cells.styles().get(style), from_1904);
        reading.take(row, column, text);
        if reading.is_over() {
            break;
        }
    }
    reading.end()
}

impl Reading {
    /// A formula that no spreadsheet has worked out is no empty cell. They are looked for first: the parser tells of formulas or of
    /// styles.
    fn formulas(&mut self, cells: &mut Cells<'_, '_>) -> Result<(), Vec<Problem>> {
        let name = self.sheet.name.clone();
        let spoilt = |error| spoilt(&name, &error);
        while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(spoilt)?
            && self.problems.len() < PROBLEMS_MAX
        {
            if cell.formula.is_some() && cell.value == DataRef::Empty {
                let (row, column) = cell.pos;
                let column = u16::try_from(column).unwrap_or(u16::MAX);
                let text = "формула, которую никто не вычислил: откройте книгу в Excel и сохраните, или впишите значение";
                self.wrong(row.saturating_add(1), column, text.into());
            }
        }
        Ok(())
    }

    /// Nothing more of the sheet matters.
    fn is_over(&self) -> bool {
        self.problems.len() >= PROBLEMS_MAX
            || self.sheet.rows.len() > ROWS_MAX
            || self.length > TEXTS_MAX
    }

    /// Row and column from 0; in whatever order they come.
    fn take(&mut self, row: u32, column: u32, text: Result<String, String>) {
        let number = row.saturating_add(1);
        let fits = u16::try_from(column).ok().filter(|it| *it < COLUMNS_MAX);
        let place = u16::try_from(column).unwrap_or(u16::MAX);
        let text = match text {
            Ok(text) if text.is_empty() => return,
            Ok(text) => text,
            Err(why) => return self.wrong(number, place, why),
        };
        let Some(column) = fits else {
            let text = format!("правее столбца {COLUMNS_MAX} ничего не читается: «{text}»");
            return self.wrong(number, place, text);
        };
        self.length += text.len();
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
        if self.length > TEXTS_MAX {
            self.problems.push(Problem {
                place: self.sheet.name.clone(),
                text: format!("на листе больше {} МиБ текста", TEXTS_MAX >> 20),
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
fn text(
    cell: &Cell<DataRef<'_>>,
    style: Option<&Style>,
    from_1904: bool,
) -> Result<String, String> {
    Ok(match cell.get_value() {
        DataRef::Empty => String::new(),
        DataRef::String(text) => line(text)?,
        DataRef::SharedString(text) => line(text)?,
        DataRef::Bool(yes) => if *yes { "ИСТИНА" } else { "ЛОЖЬ" }.to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(at) if at.is_datetime() => {
            let format = style.and_then(|style| style.number_format.as_ref());
            let format = format.map_or("", |it| it.format_code.as_str());
            let shown = moment::shown(at.as_f64(), from_1904, format);
            shown.ok_or_else(|| format!("это не дата и не время: {}", at.as_f64()))?
        }
        DataRef::DateTime(span) => span.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => line(text)?,
        DataRef::Error(error) => {
            let shown = Data::Error(error.clone());
            return Err(format!("в ячейке ошибка формулы: {shown}"));
        }
    })
}

/// Breaks of lines and the space that does not break are spaces to whoever reads the cell.
fn line(text: &str) -> Result<String, String> {
    let sign = |sign: char| match sign {
        '\u{a0}' | '\u{202f}' => ' ',
        sign if sign.is_control() => ' ',
        sign => sign,
    };
    let text = text.trim_matches(|it: char| sign(it).is_whitespace());
    if text.chars().nth(TEXT_MAX).is_some() {
        return Err(format!("в ячейке больше {TEXT_MAX} знаков"));
    }
    Ok(text.chars().map(sign).collect::<String>().trim().to_owned())
}
