//! A table of turns as spreadsheets write it: UTF-8 with or without a mark, cells between `;`, `,` or tabs.
use super::roster::Row;
use crate::text::{Problems, Spot, Word, error};

/// Columns by their names in the first line; the first of each is ours, others are as people call them.
const COLUMNS: [(Column, &[&str]); 5] = [
    (Column::Person, &["person", "сотрудник", "кто"]),
    (Column::From, &["from", "с", "начало"]),
    (Column::Till, &["till", "по", "до", "конец"]),
    (Column::Order, &["order", "порядок"]),
    (Column::Substitute, &["substitute", "замена"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Person,
    From,
    Till,
    Order,
    Substitute,
}

/// The rows; a column that nobody knows is an error at its name.
pub(super) fn rows(file: usize, text: &str, problems: &mut Problems<'_>) -> Vec<Row> {
    let mark = if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    };
    let mut start = mark;
    let mut lines = text[mark..].split_inclusive('\n').map(|line| {
        let at = start;
        start += line.len();
        (at, line.trim_end_matches(['\n', '\r']))
    });
    let Some((at, header)) = lines.next() else {
        return Vec::new();
    };
    let cut = delimiter(header);
    let mut columns: Vec<Option<Column>> = Vec::new();
    for word in cells(file, at, header, cut) {
        let found = column(&word, problems);
        if found.is_some() && columns.contains(&found) {
            let ru = format!("столбец «{}» — второй с тем же смыслом", word.text);
            let en = format!("column {:?} means what another one does", word.text);
            problems.say(&word.at, error("duplicate", ru, en).remedy("оставьте один"));
        }
        columns.push(found);
    }
    let full = lines.filter(|(_, line)| !line.trim_matches([cut, ' ']).is_empty());
    full.map(|(at, line)| row(file, at, line, cut, &columns, problems))
        .collect()
}

fn row(
    file: usize,
    at: usize,
    line: &str,
    cut: char,
    columns: &[Option<Column>],
    problems: &mut Problems<'_>,
) -> Row {
    let mut row = Row {
        person: None,
        from: None,
        till: None,
        order: None,
        substitute: None,
        at: Spot {
            file,
            span: at..at + line.len(),
        },
    };
    let cells = cells(file, at, line, cut);
    let mut beyond = cells.iter().skip(columns.len());
    if let Some(word) = beyond.find(|word| !word.text.is_empty()) {
        let ru = format!("«{}» стоит правее последнего столбца", word.text);
        let en = format!("{:?} is beyond the last column", word.text);
        let remedy = "проверьте разделители; запись с разделителем внутри берут в кавычки";
        problems.say(&word.at, error("too_long", ru, en).remedy(remedy));
    }
    for (word, column) in cells.into_iter().zip(columns) {
        let slot = match column {
            Some(Column::Person) => &mut row.person,
            Some(Column::From) => &mut row.from,
            Some(Column::Till) => &mut row.till,
            Some(Column::Order) => &mut row.order,
            Some(Column::Substitute) => &mut row.substitute,
            None => continue,
        };
        *slot = Some(word).filter(|word| !word.text.is_empty());
    }
    row
}

fn column(word: &Word, problems: &mut Problems<'_>) -> Option<Column> {
    let name = word.text.to_lowercase();
    let found = COLUMNS.iter().find(|(_, names)| names.contains(&&*name));
    if found.is_none() && !name.is_empty() {
        let ru = format!("неизвестный столбец «{}»", word.text);
        let said = error("unknown_key", ru, format!("unknown column {:?}", word.text));
        let known: Vec<&str> = COLUMNS.iter().map(|(_, names)| names[0]).collect();
        problems.say(&word.at, said.one_of(&word.text, &known));
    }
    found.map(|(column, _)| *column)
}

/// What the first line has most of.
fn delimiter(header: &str) -> char {
    let count = |cut: &char| header.matches(*cut).count();
    [';', ',', '\t']
        .into_iter()
        .rev()
        .max_by_key(count)
        .unwrap_or(';')
}

/// The cells of a line with their places; quotes around a cell, doubled inside, as spreadsheets write them.
fn cells(file: usize, at: usize, line: &str, cut: char) -> Vec<Word> {
    let (mut cells, mut start, mut quoted) = (Vec::new(), 0, false);
    let ends = line.char_indices().chain([(line.len(), cut)]);
    for (place, sign) in ends {
        if sign == '"' {
            quoted = !quoted;
        }
        if sign == cut && (!quoted || place == line.len()) && start <= place {
            cells.push(cell(file, at + start, &line[start..place]));
            start = place + cut.len_utf8();
        }
    }
    cells
}

fn cell(file: usize, at: usize, raw: &str) -> Word {
    let text = raw.trim();
    let at = at + raw.len() - raw.trim_start().len();
    let bare = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    Word {
        text: bare.map_or_else(|| text.to_owned(), |it| it.replace("\"\"", "\"")),
        at: Spot {
            file,
            span: at..at + text.len(),
        },
    }
}
