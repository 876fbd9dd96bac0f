//! A table to a workbook that opens rightly in Excel and LibreOffice.
use jiff::civil::DateTime;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};

use crate::moment;

/// How moments are shown.
const MOMENT: &str = "dd.mm.yyyy hh:mm";

/// What stands in a cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text as it is: never a formula, whatever it begins with.
    Text(String),
    /// A moment by the clock on the wall, to the minute.
    Moment(DateTime),
    /// A whole number.
    Number(u32),
    /// Nothing.
    Empty,
}

/// The table could not be written: a name of a sheet that none may have, or a text that is too long for a cell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WriteError(#[from] XlsxError);

/// A workbook with one sheet: the header stays in sight, columns are as wide as told (in characters). The same table gives
/// the same bytes.
///
/// # Errors
/// See [`WriteError`].
pub fn write(
    name: &str,
    header: &[(&str, f64)],
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let never = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&never));
    let sheet = book.add_worksheet().set_name(name)?;
    let bold = Format::new().set_bold();
    let moments = Format::new()
        .set_num_format(MOMENT)
        .set_align(FormatAlign::Left);
    // A text format keeps what is typed into the cell later from becoming a formula or a date.
    let texts = Format::new().set_num_format("@");
    for (column, (title, width)) in (0_u16..).zip(header) {
        sheet.write_string_with_format(0, column, *title, &bold)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, value) in (0_u16..).zip(cells) {
            match value {
                Value::Text(text) => sheet.write_string_with_format(row, column, text, &texts)?,
                Value::Moment(at) => {
                    sheet.write_number_with_format(row, column, moment::count(at), &moments)?
                }
                Value::Number(number) => sheet.write_number(row, column, number)?,
                Value::Empty => continue,
            };
        }
    }
    Ok(book.save_to_buffer()?)
}
