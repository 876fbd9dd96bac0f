//! A workbook from somebody else: read whole or refused, in bounds, never a panic.
//!
//! Bytes that are packed already go in as they are. Others are the XML of a sheet, and of the texts and styles it shares, cut at zero bytes: they
//! are packed here, since no fuzzer finds checksums.
#![no_main]
use std::io::{Cursor, Write as _};

use gudok_workbook::read;
use gudok_workbook::read::{COLUMNS_MAX, ROWS_MAX, TEXT_MAX, is_workbook};
use libfuzzer_sys::fuzz_target;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const PARTS: [&str; 6] = [
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/workbook.xml",
    "_rels/.rels",
];

const ROOT: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

const RELATIONS: &[u8] = br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const BOOK: &[u8] = br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>"#;

fuzz_target!(|data: &[u8]| {
    let sheet = match is_workbook(data) {
        true => read(data, None),
        false => read(&packed(data), None),
    };
    let Ok(sheet) = sheet else {
        return;
    };
    assert!(!sheet.rows.is_empty() && sheet.rows.len() <= ROWS_MAX);
    for (column, text) in sheet.rows.iter().flat_map(|row| &row.cells) {
        assert!(*column < COLUMNS_MAX && !text.is_empty());
        assert!(text.chars().count() <= TEXT_MAX && !text.contains('\n'));
    }
});

fn packed(data: &[u8]) -> Vec<u8> {
    let mut given = data.split(|byte| *byte == 0);
    let mut file = ZipWriter::new(Cursor::new(Vec::new()));
    for name in PARTS {
        let usual: &[u8] = match name {
            "xl/_rels/workbook.xml.rels" => RELATIONS,
            "xl/workbook.xml" => BOOK,
            "_rels/.rels" => ROOT,
            _ => b"",
        };
        let bytes = given.next().unwrap_or(usual);
        file.start_file(name, SimpleFileOptions::default())
            .and_then(|()| Ok(file.write_all(bytes)?))
            .expect("in memory");
    }
    file.finish().expect("in memory").into_inner()
}
