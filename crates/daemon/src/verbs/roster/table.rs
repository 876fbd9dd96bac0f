//! Turns to and from tables that people edit: CSV, or a workbook.
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use gudok_calendar::{Roster, Turn};
use gudok_dialplan::load::{SHEET_ENDING, Source, load};
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
    let loaded = load(&sources).map_err(|problems| {
        let shown: Vec<String> = problems
            .iter()
            .map(|it| told(it, &sheet, places.as_ref()))
            .collect();
        Refused(format!("{}\nтаблица не принята", shown.join("\n")))
    })?;
    let (_, roster) = find(&loaded.plan, name)?;
    ensure!(
        loaded
            .plan
            .roster_sheet(name)
            .is_some_and(|it| **it == *sheet),
        "график дежурств «{name}» берёт смены не из {sheet}: напишите в плане shifts = \"{sheet}\""
    );
    put(&folder.join(&sheet), text.as_bytes())?;
    say!(
        "{sheet}: смен — {}; чтобы они вступили в силу, перечитайте план (SIGHUP)",
        roster.turns().len()
    );
    for problem in loaded.plan.bare_rosters(clock::wall()) {
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
