//! A table of turns in a workbook: to the text that lies beside the plan, and from a roster.
use gudok_calendar::Roster;
use gudok_model::Wall;
use gudok_workbook::read::Problem;
use gudok_workbook::{Sheet, Value, read, write};

use super::table::names;

/// The sheet of a workbook that is written.
const SHEET: &str = "дежурства";

/// Columns and their widths in characters.
const HEADER: [(&str, f64); 5] = [
    ("Сотрудник", 24.0),
    ("С", 18.0),
    ("По", 18.0),
    ("Порядок", 10.0),
    ("Замена", 24.0),
];

/// Where the text came from: of each of its lines the row, and where in the line each column begins.
pub(super) struct Places {
    sheet: Sheet,
    lines: Vec<Vec<(u32, u16)>>,
}

impl Places {
    /// The cell at a line and a column of the text, both from 1: `дежурства!C7`.
    pub(super) fn find(&self, line: u32, column: u32) -> String {
        let index = usize::try_from(line)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let (Some(row), Some(starts)) = (self.sheet.rows.get(index), self.lines.get(index)) else {
            return self.sheet.name.clone();
        };
        let before = starts.iter().rev().find(|(start, _)| *start <= column);
        let column = before.or(starts.first()).map_or(0, |(_, column)| *column);
        self.sheet.place(row.number, column)
    }
}

/// The sheet as a table of text, a line a row.
pub(super) fn text(bytes: &[u8], sheet: Option<&str>) -> Result<(String, Places), Vec<Problem>> {
    let sheet = read(bytes, sheet)?;
    let (mut text, mut lines) = (String::new(), Vec::new());
    let columns = sheet.rows.iter().flat_map(|row| &row.cells);
    let last = columns.map(|(column, _)| *column).max().unwrap_or(0);
    for row in &sheet.rows {
        let (mut starts, mut line) = (Vec::new(), String::new());
        for column in 0..=last {
            if column > 0 {
                line.push(';');
            }
            let start = u32::try_from(line.chars().count() + 1).unwrap_or(u32::MAX);
            starts.push((start, column));
            if let Some((_, cell)) = row.cells.iter().find(|(at, _)| *at == column) {
                line.push_str(&quoted(cell));
            }
        }
        text.push_str(&line);
        text.push_str("\r\n");
        lines.push(starts);
    }
    Ok((text, Places { sheet, lines }))
}

fn quoted(cell: &str) -> String {
    match cell.contains([';', '"', ',', '\t']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

/// A workbook with the turns, moments by the clock of the roster's zone.
pub(super) fn of(roster: &Roster) -> anyhow::Result<Vec<u8>> {
    let rows = roster.turns().iter().map(|turn| {
        let (person, substitute) = names(roster, turn);
        let text = |name: &str| match name {
            "" => Value::Empty,
            name => Value::Text(name.to_owned()),
        };
        vec![
            text(person),
            moment(roster, turn.from),
            moment(roster, turn.till),
            Value::Number(turn.order.into()),
            text(substitute),
        ]
    });
    Ok(write(SHEET, &HEADER, rows)?)
}

fn moment(roster: &Roster, at: Wall) -> Value {
    let local = roster.hours().zone.local(at);
    let small = |it: u8| i8::try_from(it).unwrap_or(0);
    Value::Moment(local.date.at(small(local.hour), small(local.minute), 0, 0))
}
