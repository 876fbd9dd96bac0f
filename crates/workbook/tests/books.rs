//! Workbooks that are read, written, refused, and made to do harm.
use std::io::Write as _;

use gudok_workbook::read::{
    FILE_MAX, Problem, SHEETS_MAX, STYLE_TAG_MAX, STYLE_TAGS_MAX, TEXTS_MAX, UNPACKED_MAX,
};
use gudok_workbook::{Sheet, Value, read, write};
use jiff::civil::{DateTime, date};
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn rows(sheet: &Sheet) -> Vec<String> {
    let row = |row: &gudok_workbook::Row| {
        let cells = row.cells.iter();
        let cells = cells
            .map(|(column, text)| format!("{}={text}", gudok_workbook::cell(row.number, *column)));
        cells.collect::<Vec<_>>().join(" | ")
    };
    sheet.rows.iter().map(row).collect()
}

fn told(refused: Result<Sheet, Vec<Problem>>) -> String {
    let problems = refused.expect_err("it is refused");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    told.join("\n")
}

#[test]
fn a_workbook_of_another_program_is_read_with_the_names_of_its_cells() {
    let bytes = include_bytes!("books/openpyxl.xlsx");
    let sheet = read(bytes, None).expect("it is right");
    assert_eq!(sheet.name, "Дежурства");
    assert_eq!(
        rows(&sheet),
        [
            "A1=Сотрудник | B1=С | C1=По | D1=Порядок | E1=Замена",
            "A2=ivanov | B2=01.01.2026 00:00 | C2=31.12.2125 20:00 | D2=1",
            "A4=Анна Петрова | B4=01.01.2026 00:00 | C4=2125-12-31T20:00 | D4=2",
        ]
    );
    assert_eq!(sheet.place(4, 2), "Дежурства!C4");
    let missing = told(read(bytes, Some("Листок")));
    assert!(missing.contains("есть: Дежурства, Лист2"), "{missing}");
    assert!(told(read(bytes, Some("Лист2"))).contains("ни одной заполненной"));
}

fn written(cells: Vec<Value>) -> Vec<u8> {
    write("Лист", &[("A", 10.0)], std::iter::once(cells)).expect("it is written")
}

#[test]
fn what_looks_like_a_formula_stays_text() {
    let evil = [
        "=1+1",
        "+7",
        "-5",
        "@SUM(A1)",
        "=HYPERLINK(\"http://192.0.2.1\")",
    ];
    let bytes = written(evil.map(|it| Value::Text(it.into())).into());
    let sheet = read(&bytes, None).expect("it is right");
    let texts: Vec<&str> = sheet.rows[1]
        .cells
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(texts, evil);
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(&bytes)).expect("packed");
    let mut part = parts.by_name("xl/worksheets/sheet1.xml").expect("a sheet");
    let xml = std::io::read_to_string(&mut part).expect("text");
    assert!(!xml.contains("<f>"), "{xml}");
    assert!(
        xml.contains("state=\"frozen\""),
        "the header stays in sight: {xml}"
    );
}

#[test]
fn the_same_table_is_the_same_file() {
    let at = date(2026, 11, 23).at(20, 0, 0, 0);
    let one = written(vec![Value::Moment(at), Value::Number(1)]);
    assert!(one == written(vec![Value::Moment(at), Value::Number(1)]));
}

#[test]
fn what_is_no_workbook_is_refused_with_what_to_do() {
    assert!(told(read(b"", None)).contains("не книга XLSX"));
    assert!(told(read(b"PK\x03\x04 and nothing", None)).contains("не книга XLSX"));
    assert!(told(read(b"\xd0\xcf\x11\xe0 old", None)).contains("сохраните её как"));
    assert!(told(read(&vec![0; FILE_MAX + 1], None)).contains("больше 4 МиБ"));
    let nothing = write("Лист", &[], std::iter::empty()).expect("it is written");
    assert!(told(read(&nothing, None)).contains("ни одной заполненной"));
}

/// A workbook of these parts, besides what every workbook has.
fn packed(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let root = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Лист" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let mut file = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let parts: [(&str, &[u8]); 5] = [
        ("_rels/.rels", root.as_bytes()),
        ("[Content_Types].xml", types.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    for (name, bytes) in parts.iter().chain(more) {
        file.start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        file.write_all(bytes).expect("in memory");
    }
    file.finish().expect("in memory").into_inner()
}

fn cell(name: &str, text: &str) -> String {
    format!(r#"<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

#[test]
fn everything_that_is_wrong_is_told_with_its_cell_and_nothing_is_taken() {
    let right = packed(&format!("<row r=\"2\">{}</row>", cell("B2", "да")), &[]);
    assert_eq!(rows(&read(&right, None).expect("it is right")), ["B2=да"]);
    let wrong = format!(
        "<row r=\"1\">{}<c r=\"B1\" t=\"e\"><v>#N/A</v></c>{}</row>",
        cell("A1", &"д".repeat(501)),
        cell("BZ1", "далеко")
    );
    let told = told(read(&packed(&wrong, &[]), None));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "Лист!A1: в ячейке больше 500 знаков",
            "Лист!B1: в ячейке ошибка формулы: #N/A",
            "Лист!BZ1: правее столбца 64 ничего не читается: «далеко»",
        ]
    );
}

/// More than the parser can count: in a build that checks its sums it panics, elsewhere the row has another number.
#[test]
fn a_row_beyond_all_rows_ends_nothing_but_the_file() {
    let beyond = format!("<row r=\"99999999999\">{}</row>", cell("A99999999999", "x"));
    let read = read(&packed(&beyond, &[]), None);
    assert!(read.is_err() || !cfg!(debug_assertions), "{read:?}");
}

#[test]
fn a_formula_is_not_worked_out_what_it_came_to_counts() {
    let formula = r#"<row r="1"><c r="A1"><f>1+1</f><v>7</v></c></row>"#;
    let sheet = read(&packed(formula, &[]), None).expect("it is right");
    assert_eq!(rows(&sheet), ["A1=7"]);
    // One that came to nothing is empty; one that nobody worked out is not.
    let empty = r#"<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>7</v></c></row>"#;
    let sheet = read(&packed(empty, &[]), None).expect("it is right");
    assert_eq!(rows(&sheet), ["B1=7"]);
    let open = r#"<row r="1"><c r="A1"><v>7</v></c><c r="C1"><f>A1+1</f></c></row>"#;
    let told = told(read(&packed(open, &[]), None));
    assert!(
        told.starts_with("Лист!C1: формула, которую никто не вычислил"),
        "{told}"
    );
}

/// As a spreadsheet keeps a date without an hour: what is meant by it, whoever reads the text asks.
#[test]
fn a_date_alone_is_not_midnight() {
    let styles = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs><xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>"#;
    let cells = r#"<row r="1"><c r="A1" s="0"><v>46356</v></c><c r="B1" s="1"><v>46356</v></c><c r="C1" s="0"><v>46356.5</v></c></row>"#;
    let parts = [("xl/styles.xml", styles.as_bytes())];
    let sheet = read(&packed(cells, &parts), None).expect("it is right");
    assert_eq!(
        rows(&sheet),
        ["A1=30.11.2026 | B1=30.11.2026 00:00 | C1=30.11.2026 12:00"]
    );
}

/// A text that the file has once may stand in every cell.
#[test]
fn a_sheet_is_as_large_as_its_texts() {
    let text = "д".repeat(500);
    let texts = format!(
        r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" uniqueCount="1"><si><t>{text}</t></si></sst>"#
    );
    let sheet = |rows: u32| -> Vec<u8> {
        let row = |row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#);
        let rows: String = (1..=rows).map(row).collect();
        packed(&rows, &[("xl/sharedStrings.xml", texts.as_bytes())])
    };
    // Two bytes a letter.
    let fits = u32::try_from(TEXTS_MAX / 1_000).expect("small");
    assert!(read(&sheet(fits), None).is_ok());
    assert_eq!(
        told(read(&sheet(fits + 1), None)),
        "Лист: на листе больше 1 МиБ текста"
    );
}

#[test]
fn texts_that_are_promised_take_no_memory() {
    for promise in ["4000000000", "99999999999999999999999"] {
        let texts = format!(
            r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{promise}"></sst>"#
        );
        for name in ["xl/sharedStrings.xml", "xl/SharedStrings.XML"] {
            let book = packed("", &[(name, texts.as_bytes())]);
            let told = told(read(&book, None));
            assert!(told.contains("обещано больше текстов"), "{name}: {told}");
        }
    }
}

#[test]
fn styles_are_not_multiplied() {
    let styles = |font: &str, count: usize| {
        let xf = r#"<xf numFmtId="0" fontId="0"/>"#.repeat(count);
        let styles = format!(
            r#"<styleSheet><fonts><font><name val="{font}"/></font></fonts><cellXfs>{xf}</cellXfs></styleSheet>"#
        );
        packed(
            &format!("<row r=\"1\">{}</row>", cell("A1", "да")),
            &[("xl/styles.xml", styles.as_bytes())],
        )
    };
    assert!(read(&styles("Arial", 500), None).is_ok());
    for bomb in [
        styles(&"A".repeat(STYLE_TAG_MAX), 2),
        styles("Arial", STYLE_TAGS_MAX),
    ] {
        let told = told(read(&bomb, None));
        assert!(told.contains("слишком много оформления"), "{told}");
    }
}

/// So many sheets, of which those whose numbers are told have a cell.
fn sheets(count: usize, full: &[usize]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for number in 1..=count {
        let sheet = book.add_worksheet();
        if full.contains(&number) {
            sheet.write_string(0, 0, "да").expect("a cell");
        }
    }
    book.save_to_buffer().expect("in memory")
}

#[test]
fn of_many_sheets_one_is_read() {
    let only = read(&sheets(SHEETS_MAX, &[40]), None).expect("it is right");
    assert_eq!(only.name, "Sheet40");
    let two = told(read(&sheets(20, &[3, 7, 9]), None));
    assert!(two.contains("«Sheet3», «Sheet7»; какой"), "{two}");
    let many = told(read(&sheets(SHEETS_MAX + 1, &[1]), Some("Sheet1")));
    assert_eq!(many, "в книге больше 64 листов");
}

#[test]
fn a_bomb_is_not_unpacked_and_a_sheet_is_as_large_as_its_cells() {
    let zeros = vec![0; usize::try_from(UNPACKED_MAX).expect("small") + 1];
    let bomb = packed("", &[("xl/media/bomb.bin", &zeros)]);
    assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
    assert!(told(read(&bomb, None)).contains("распакованный файл больше 16 МиБ"));
    // The corners of the largest sheet there is: a table between them would be 17 milliards of cells.
    let corners = format!(
        "<row r=\"1\">{}</row><row r=\"1048576\">{}</row>",
        cell("A1", "один"),
        cell("B1048576", "два")
    );
    let sheet = read(&packed(&corners, &[]), None).expect("it is right");
    assert_eq!(rows(&sheet), ["A1=один", "B1048576=два"]);
    let many: String = (1..=20_002)
        .map(|row| format!("<row r=\"{row}\">{}</row>", cell(&format!("A{row}"), "x")))
        .collect();
    assert!(told(read(&packed(&many, &[]), None)).contains("больше 20001 заполненных строк"));
    let shuffled = format!(
        "<row r=\"2\">{}</row><row r=\"1\">{}</row>",
        cell("A2", "два"),
        cell("A1", "один")
    );
    assert!(told(read(&packed(&shuffled, &[]), None)).contains("не по порядку"));
}

prop_compose! {
    fn moment()(day in 0_i32..60_000, minute in 0_i32..1_440) -> DateTime {
        let span = jiff::Span::new().days(day).minutes(minute);
        date(1950, 1, 1).at(0, 0, 0, 0).checked_add(span).expect("before 9999")
    }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[=+@а-яa-z0-9;\"'<>& -]{0,20}".prop_map(Value::Text),
        moment().prop_map(Value::Moment),
        any::<u32>().prop_map(Value::Number),
        Just(Value::Empty),
    ]
}

/// As a reader sees it.
fn seen(value: &Value) -> String {
    match value {
        Value::Text(text) => text.trim().to_owned(),
        Value::Moment(at) => at.strftime("%d.%m.%Y %H:%M").to_string(),
        Value::Number(number) => number.to_string(),
        Value::Empty => String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_is_read(table in prop::collection::vec(prop::collection::vec(value(), 1..6), 0..12)) {
        let bytes = write("Лист", &[("Заголовок", 12.0)], table.iter().cloned()).expect("it is written");
        let sheet = read(&bytes, None).expect("it is right");
        let mut read = sheet.rows.into_iter().skip(1).peekable();
        for (number, row) in (2_u32..).zip(&table) {
            let texts = (0_u16..).zip(row.iter().map(seen));
            let texts: Vec<(u16, String)> = texts.filter(|(_, text)| !text.is_empty()).collect();
            if texts.is_empty() {
                continue;
            }
            let row = read.next().expect("a row");
            prop_assert_eq!((row.number, row.cells), (number, texts));
        }
        prop_assert!(read.next().is_none());
    }

    #[test]
    fn a_spoilt_workbook_is_read_or_refused(at in 0_usize..8_000, byte: u8, cut in 0_usize..8_000) {
        let mut bytes = include_bytes!("books/openpyxl.xlsx").to_vec();
        let length = bytes.len();
        bytes[at % length] = byte;
        let _ = read(&bytes, None);
        let _ = read(&bytes[..cut % length], None);
    }

    #[test]
    fn any_sheet_is_read_or_refused(xml in "(<row( r=\"[0-9]{1,12}\")?>|</row>|<c( r=\"[A-Z]{0,4}[0-9]{0,12}\")?( s=\"[0-9]{1,3}\")?( t=\"(s|b|e|n|d|str|inlineStr)\")?>|</c>|<v>|</v>|[0-9.eE-]{1,9}|<f t=\"shared\" si=\"[0-9]{1,9}\">|</f>|<is><t>|</t></is>|&[a-z#0-9]{0,6};?){0,30}") {
        let _ = read(&packed(&xml, &[]), None);
    }
}
