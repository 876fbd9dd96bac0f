//! Turns to and from tables that people edit: CSV, or a workbook.
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use gudok_calendar::{Roster, Turn};
use gudok_dialplan::accept;
use gudok_dialplan::coverage::Horizon;
use gudok_dialplan::load::{SHEET_ENDING, Source};
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::Problem;
use gudok_workbook::{read::FILE_MAX, read::is_workbook};

use super::super::{Refused, put};
use super::book::{self, Places};
use super::{find, local};
use crate::{clock, plans};

/// Largest table of text that is taken in. Bytes, as of any file of a plan.
const SHEET_MAX: usize = 1024 * 1024;

/// What spreadsheets know UTF-8 by.
const MARK: char = '\u{feff}';

/// As a Russian spreadsheet writes and reads it.
pub(super) fn export(plan: &Plan, name: &str, file: &Path) -> anyhow::Result<()> {
    let (_, roster) = find(plan, name)?;
    let is_book = |ending: &std::ffi::OsStr| ending.eq_ignore_ascii_case("xlsx");
    let bytes = match file.extension().is_some_and(is_book) {
        true => book::of(roster)?,
        false => csv(roster).into_bytes(),
    };
    std::fs::write(file, bytes).with_context(|| file.display().to_string())?;
    say!("{}: смен — {}", file.display(), roster.turns().len());
    Ok(())
}

fn csv(roster: &Roster) -> String {
    let zone = &roster.hours().zone;
    let mut text = format!("{MARK}Сотрудник;С;По;Порядок;Замена\r\n");
    for turn in roster.turns() {
        let (who, substitute) = names(roster, turn);
        let (from, till) = (local(zone, turn.from), local(zone, turn.till));
        let order = turn.order;
        let _ = write!(text, "{who};{from};{till};{order};{substitute}\r\n");
    }
    text
}

/// Who is on duty and who stands in.
pub(super) fn names<'r>(roster: &'r Roster, turn: &Turn) -> (&'r str, &'r str) {
    let person = |place: usize| roster.people().get(place).map_or("", |it| &*it.name);
    (person(turn.person), turn.substitute.map_or("", person))
}

/// The table takes the place of the one beside the plan when the whole plan is right with it.
pub(super) fn import(
    folder: &Path,
    name: &str,
    file: &Path,
    sheet: Option<&str>,
) -> anyhow::Result<()> {
    let (text, places) = text_of(file, sheet)?;
    let sheet = format!("{name}{SHEET_ENDING}");
    let mut sources = plans::sources(folder).map_err(|error| Refused(error.render()))?;
    sources.retain(|source| source.name != sheet);
    sources.push(Source {
        name: sheet.clone(),
        text: text.clone(),
    });
    // What a reload would refuse does not take the place of what it would take.
    let horizon = Horizon::from_now(clock::wall());
    let plan = accept(&sources, horizon).map_err(|problems| {
        let shown: Vec<String> = problems
            .iter()
            .map(|it| told(it, &sheet, places.as_ref()))
            .collect();
        Refused(format!(
            "{}\nтаблица не принята, {sheet} прежняя",
            shown.join("\n")
        ))
    })?;
    let plan = plan.plan;
    let (_, roster) = find(&plan, name)?;
    ensure!(
        plan.roster_sheet(name).is_some_and(|it| **it == *sheet),
        "график дежурств «{name}» берёт смены не из {sheet}: напишите в плане shifts = \"{sheet}\""
    );
    put(&folder.join(&sheet), text.as_bytes())?;
    say!(
        "{sheet}: смен — {}; чтобы они вступили в силу, перечитайте план (gudok reload)",
        roster.turns().len()
    );
    for problem in plan.bare_rosters(clock::wall()) {
        say!("{}", problem.render());
    }
    Ok(())
}

/// The table as text, and of a workbook where everything stood in it.
fn text_of(file: &Path, sheet: Option<&str>) -> anyhow::Result<(String, Option<Places>)> {
    let shown = file.display().to_string();
    let length = std::fs::metadata(file)
        .with_context(|| shown.clone())?
        .len();
    ensure!(
        length <= FILE_MAX as u64,
        "{shown}: больше {} МиБ",
        FILE_MAX >> 20
    );
    let bytes = std::fs::read(file).with_context(|| shown.clone())?;
    if is_workbook(&bytes) {
        let (text, places) = book::text(&bytes, sheet).map_err(|problems| {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Refused(format!("{shown}:\n{}\nтаблица не принята", told.join("\n")))
        })?;
        ensure!(
            text.len() <= SHEET_MAX,
            "{shown}: смены не помещаются в 1 МиБ текста"
        );
        return Ok((text, Some(places)));
    }
    ensure!(sheet.is_none(), "{shown}: листы есть только у книги XLSX");
    ensure!(bytes.len() <= SHEET_MAX, "{shown}: больше 1 МиБ");
    let text = String::from_utf8(bytes).ok();
    let text = text
        .with_context(|| format!("{shown}: не UTF-8; сохраните как «CSV UTF-8» или книгой XLSX"))?;
    Ok((text, None))
}

/// With the place in the workbook, where it is of the table that came from one.
fn told(problem: &Problem, sheet: &str, places: Option<&Places>) -> String {
    match places.filter(|_| *problem.file == *sheet) {
        Some(places) => {
            let place = places.find(problem.line, problem.column);
            format!("{place}: {}", problem.in_words())
        }
        None => problem.render(),
    }
}

#[cfg(test)]
mod tests {
    use gudok_workbook::{Value, write};

    use super::*;

    const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"
zone = "Asia/Irkutsk"
allow_closed = []

[group.tech]
operators = ["101"]

[roster.duty]
zone = "Asia/Irkutsk"
shifts = "duty.roster.csv"
people = { ivanov = "+79990000101", petrova = "+79990000102" }

[[flow.main]]
when = 'roster.duty.on_duty > 0'
then = [{ duty = "duty", on_nobody = "message" }]
else = [{ close = ["goodbye"], reason = "nobody" }]

[[flow.message]]
voicemail = ["voicemail_intro"]

[[flow.message]]
close = ["goodbye"]
reason = "message"
"#;

    const TABLE: &str = "кто;с;по\r\nivanov;01.01.2020 00:00;01.01.2100 00:00\r\n";

    /// A plan with this table, and what came of taking this file instead.
    fn imported(file: &str, bytes: &[u8]) -> (Result<(), String>, String) {
        let dir = tempfile::tempdir().unwrap();
        let (folder, table) = (dir.path(), dir.path().join("duty.roster.csv"));
        std::fs::write(folder.join("8800.toml"), PLAN).unwrap();
        std::fs::write(&table, TABLE).unwrap();
        let brought = folder.join(file);
        std::fs::write(&brought, bytes).unwrap();
        let done = import(folder, "duty", &brought, None);
        let told = done.map_err(|error| format!("{error:#}"));
        (told, std::fs::read_to_string(&table).unwrap())
    }

    fn book(rows: &[[&str; 5]]) -> Vec<u8> {
        let row = |row: &[&str; 5]| row.map(|text| Value::Text(text.into())).to_vec();
        write("смены", &[], rows.iter().map(row)).unwrap()
    }

    #[test]
    fn a_table_that_a_reload_would_refuse_does_not_take_the_place_of_the_old_one() {
        let soon = TABLE.replace("2100", "2021");
        let (told, kept) = imported("book.csv", soon.as_bytes());
        let told = told.unwrap_err();
        assert!(
            told.contains("uncovered") && told.contains("duty.roster.csv прежняя"),
            "{told}"
        );
        assert_eq!(kept, TABLE);
        let longer = TABLE.replace("2100", "2101");
        let (told, taken) = imported("book.csv", longer.as_bytes());
        assert_eq!((told, taken), (Ok(()), longer));
    }

    #[test]
    fn nothing_of_a_workbook_is_dropped_in_silence() {
        let header = ["кто", "с", "по", "", "порядок"];
        let right = ["ivanov", "01.01.2020 00:00", "01.01.2100 00:00", "", "1"];
        let rows = [["", "", "", "", ""], header, right];
        // The first row of the sheet is empty: the names are in the second.
        let (told, taken) = imported("book.xlsx", &book(&rows));
        assert_eq!(told, Ok(()));
        assert!(
            taken.contains("ivanov;01.01.2020 00:00;01.01.2100 00:00;;1"),
            "{taken}"
        );
        let mut wrong = right;
        wrong[3] = "petrova";
        let (told, kept) = imported("book.xlsx", &book(&[rows[0], header, wrong]));
        let told = told.unwrap_err();
        assert!(
            told.contains("смены!D4: «petrova» стоит под столбцом без названия"),
            "{told}"
        );
        assert_eq!(kept, TABLE);
    }
}
