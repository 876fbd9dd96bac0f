//! One sheet of a workbook as spreadsheets save it (XLSX): to texts with the names of their cells, and back.
//!
//! A workbook comes from people, and may come from somebody else: it is hostile until it is read. [`read()`] bounds the file,
//! what is packed in it, sheets, rows, columns and texts by named limits; formulas are not worked out (what the spreadsheet saw
//! last counts, and where it saw nothing that is an error), macros and pictures are not looked at. It takes a sheet whole or refuses it with everything that is wrong.
//! [`write()`] makes a workbook in which texts are texts, whatever they begin with, and moments are moments.
//!
//! This crate does not know what the cells mean, reads no files and knows no time zone.
#![forbid(unsafe_code)]

mod fits;
mod moment;
pub mod read;
pub mod write;

pub use read::{Row, Sheet, read};
pub use write::{Value, write};

/// The name of a cell as spreadsheets say it: `C7`. Row from 1, column from 0.
pub fn cell(row: u32, column: u16) -> String {
    let (mut letters, mut left) = (String::new(), u32::from(column) + 1);
    while left > 0 {
        let letter = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.insert(0, char::from(b'A' + letter));
        left = (left - 1) / 26;
    }
    format!("{letters}{row}")
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_named_as_in_a_spreadsheet() {
        let named = [0, 2, 25, 26, 701, 702, 16_383].map(|column| cell(7, column));
        assert_eq!(named, ["A7", "C7", "Z7", "AA7", "ZZ7", "AAA7", "XFD7"]);
    }
}
