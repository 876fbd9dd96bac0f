//! `gudok roster`: who is on duty, and turns to and from tables that people edit.
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use gudok_calendar::{Roster, Zone};
use gudok_dialplan::load::{SHEET_ENDING, Source, load};
use gudok_dialplan::plan::Plan;
use gudok_dialplan::problem::Problem;
use gudok_model::{Name, Wall};
use jiff::Timestamp;

use super::{Refused, put};
use crate::cli::Roster as Verb;
use crate::{clock, config, plans};

/// Largest table that is taken in. Bytes, as of any file of a plan.
const SHEET_MAX: u64 = 1024 * 1024;

/// What spreadsheets know UTF-8 by.
const MARK: char = '\u{feff}';

pub(crate) fn roster(path: &Path, verb: &Verb) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let folder = &config.paths.dialplans;
    match verb {
        Verb::Show { name, at } => show(&plan(folder)?, name.as_deref(), at.as_deref())?,
        Verb::Export { name, file } => export(&plan(folder)?, name, file)?,
        Verb::Import { name, file } => import(folder, name, file)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn plan(folder: &Path) -> anyhow::Result<Plan> {
    let (_, loaded) = plans::read(folder).map_err(|error| Refused(error.render()))?;
    Ok(loaded.plan)
}

fn find<'a>(plan: &'a Plan, name: &str) -> anyhow::Result<(&'a Name, &'a Roster)> {
    let mut rosters = plan.rosters();
    let found = rosters.find(|(known, _)| ***known == *name);
    found.with_context(|| {
        let known: Vec<&str> = plan.rosters().map(|(name, _)| &**name).collect();
        format!("нет графика дежурств «{name}»; есть: {}", known.join(", "))
    })
}

fn show(plan: &Plan, name: Option<&str>, at: Option<&str>) -> anyhow::Result<()> {
    let shown = match name {
        Some(name) => vec![find(plan, name)?],
        None => plan.rosters().collect(),
    };
    for (name, roster) in shown {
        let zone = &roster.hours().zone;
        let at = match at {
            None => clock::wall(),
            Some(text) => moment(text, zone)?,
        };
        say!("{name}, {} ({}):", local(zone, at), zone.name());
        for (place, person) in roster.on_duty(at).enumerate() {
            let (number, secs) = (person.number.masked(), person.ring.as_secs());
            say!(
                "  {}. {}, {number}, звонить {secs} с",
                place + 1,
                person.label
            );
        }
        if roster.on_duty(at).next().is_none() {
            say!("  никто не дежурит");
        }
        if let Some(change) = roster.changes(at) {
            say!("  до {}", local(zone, change));
        }
    }
    for problem in plan.bare_rosters(clock::wall()) {
        say!("{}", problem.render());
    }
    Ok(())
}

fn moment(text: &str, zone: &Zone) -> anyhow::Result<Wall> {
    if let Some(at) = zone.moment(text) {
        return Ok(at);
    }
    let at: Timestamp = text
        .parse()
        .with_context(|| format!("--at: «{text}» — не время; пишите 2026-11-23T20:00"))?;
    Ok(Wall(at.as_microsecond()))
}

fn local(zone: &Zone, at: Wall) -> String {
    let shown = zone.local(at);
    let date = shown.date.strftime("%d.%m.%Y");
    format!("{date} {:02}:{:02}", shown.hour, shown.minute)
}

/// As a Russian spreadsheet writes and reads it.
fn export(plan: &Plan, name: &str, file: &Path) -> anyhow::Result<()> {
    let (_, roster) = find(plan, name)?;
    let zone = &roster.hours().zone;
    let person = |place: usize| roster.people().get(place).map_or("", |it| &*it.name);
    let mut text = format!("{MARK}Сотрудник;С;По;Порядок;Замена\r\n");
    for turn in roster.turns() {
        let substitute = turn.substitute.map_or("", person);
        let (from, till) = (local(zone, turn.from), local(zone, turn.till));
        let (who, order) = (person(turn.person), turn.order);
        let _ = write!(text, "{who};{from};{till};{order};{substitute}\r\n");
    }
    std::fs::write(file, text).with_context(|| file.display().to_string())?;
    say!("{}: смен — {}", file.display(), roster.turns().len());
    Ok(())
}

/// The table takes the place of the one beside the plan when the whole plan is right with it.
fn import(folder: &Path, name: &str, file: &Path) -> anyhow::Result<()> {
    let length = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    ensure!(
        length.len() <= SHEET_MAX,
        "{}: больше 1 МиБ",
        file.display()
    );
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let Ok(text) = String::from_utf8(bytes) else {
        bail!("{}: не UTF-8; сохраните как «CSV UTF-8»", file.display());
    };
    let sheet = format!("{name}{SHEET_ENDING}");
    let mut sources = plans::sources(folder).map_err(|error| Refused(error.render()))?;
    sources.retain(|source| source.name != sheet);
    sources.push(Source {
        name: sheet.clone(),
        text: text.clone(),
    });
    let loaded = load(&sources).map_err(|problems| {
        let shown: Vec<String> = problems.iter().map(Problem::render).collect();
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
