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

/// What the first line says of a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Of(Column),
    /// A name that means nothing to us.
    Unknown,
    /// Nothing.
    Nameless,
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
    let mut heads: Vec<Head> = Vec::new();
    for word in cells(file, at, header, cut) {
        let found = head(&word, problems);
        if matches!(found, Head::Of(_)) && heads.contains(&found) {
            let ru = format!("столбец «{}» — второй с тем же смыслом", word.text);
            let en = format!("column {:?} means what another one does", word.text);
            problems.say(
                &word.at,
                error("duplicate", ru, en).remedy(("оставьте один", "keep one")),
            );
        }
        heads.push(found);
    }
    let full = lines.filter(|(_, line)| !line.trim_matches([cut, ' ']).is_empty());
    full.map(|(at, line)| row(file, at, line, cut, &heads, problems))
        .collect()
}

fn row(
    file: usize,
    at: usize,
    line: &str,
    cut: char,
    heads: &[Head],
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
    let mut beyond = cells.iter().skip(heads.len());
    if let Some(word) = beyond.find(|word| !word.text.is_empty()) {
        let ru = format!("«{}» стоит правее последнего столбца", word.text);
        let en = format!("{:?} is beyond the last column", word.text);
        let remedy = (
            "проверьте разделители; запись с разделителем внутри берут в кавычки",
            "check the separators; put a cell with a separator inside into quotes",
        );
        problems.say(&word.at, error("too_long", ru, en).remedy(remedy));
    }
    for (word, head) in cells.into_iter().zip(heads) {
        let slot = match head {
            Head::Of(Column::Person) => &mut row.person,
            Head::Of(Column::From) => &mut row.from,
            Head::Of(Column::Till) => &mut row.till,
            Head::Of(Column::Order) => &mut row.order,
            Head::Of(Column::Substitute) => &mut row.substitute,
            // Complained of at its name.
            Head::Unknown => continue,
            Head::Nameless => {
                nameless(&word, problems);
                continue;
            }
        };
        *slot = Some(word).filter(|word| !word.text.is_empty());
    }
    row
}

fn head(word: &Word, problems: &mut Problems<'_>) -> Head {
    let name = word.text.to_lowercase();
    if name.is_empty() {
        return Head::Nameless;
    }
    if let Some((column, _)) = COLUMNS.iter().find(|(_, names)| names.contains(&&*name)) {
        return Head::Of(*column);
    }
    let ru = format!("неизвестный столбец «{}»", word.text);
    let said = error("unknown_key", ru, format!("unknown column {:?}", word.text));
    let known: Vec<&str> = COLUMNS.iter().map(|(_, names)| names[0]).collect();
    problems.say(&word.at, said.one_of(&word.text, &known));
    Head::Unknown
}

/// What somebody wrote is not dropped in silence: it may be the substitute.
fn nameless(word: &Word, problems: &mut Problems<'_>) {
    if word.text.is_empty() {
        return;
    }
    let ru = format!("«{}» стоит под столбцом без названия", word.text);
    let en = format!("{:?} is under a column without a name", word.text);
    let said = error("unnamed_column", ru, en);
    problems.say(
        &word.at,
        said.remedy((
            "назовите столбец в первой строке или очистите ячейку",
            "name the column in the first line or empty the cell",
        )),
    );
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
