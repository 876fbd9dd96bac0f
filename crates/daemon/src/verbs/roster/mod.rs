//! `gudok roster`: who is on duty, who has taken the shift, and turns to and from tables that people edit.
mod book;
mod table;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use gudok_calendar::{Handovers, Roster, Zone};
use gudok_dialplan::plan::Plan;
use gudok_model::{Name, Wall};
use gudok_store::UndoneRow;
use jiff::Timestamp;

use super::in_force::{self, InForce};
use super::schedule::{self, who};
use super::{Refused, handovers, undone};
use crate::cli::Roster as Verb;
use crate::config::Config;
use crate::control::{self, REFUSED};
use crate::hotline::shifts::{Accepting, called};
use crate::{clock, plans, zones};

/// Acceptances that were taken back and are shown.
const UNDONE_SHOWN: usize = 3;

pub(crate) fn roster(path: &Path, verb: &Verb) -> anyhow::Result<ExitCode> {
    let config = zones::config(path)?;
    let folder = &config.paths.dialplans;
    match verb {
        Verb::Show { name, at } => {
            let handovers = |at| handovers(&config, at);
            let known = in_force::plan(&config)?;
            show(&known, name.as_deref(), at.as_deref(), handovers)?;
            show_undone(&config, name.as_deref())?;
        }
        Verb::Accept {
            name,
            person,
            by,
            undo: _,
            why,
        } => {
            let wish = Accepting {
                roster: name.as_str().into(),
                person: person.as_str().into(),
                by: by.clone().unwrap_or_else(who),
                undo_because: why.clone(),
            };
            accept(&control::path(&config), &wish)?;
        }
        Verb::Export { name, file } => table::export(&plan(folder)?, name, file)?,
        Verb::Import { name, file, sheet } => {
            table::import(folder, name, file, sheet.as_deref())?;
        }
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

/// The daemon knows whose shift it is: its plan and its clock count.
fn accept(socket: &Path, wish: &Accepting) -> anyhow::Result<()> {
    let request = format!("accept {}", serde_json::to_string(wish)?);
    let told = control::ask(socket, &request)?;
    if let Some(why) = told.strip_prefix(REFUSED) {
        bail!("{}", why.trim_end());
    }
    say!("{}", told.trim_end());
    Ok(())
}

fn show(
    known: &InForce,
    name: Option<&str>,
    at: Option<&str>,
    handovers: impl Fn(Wall) -> Handovers,
) -> anyhow::Result<()> {
    if let Some(doubt) = known.doubt {
        say!("{doubt}");
    }
    let plan = &known.plan;
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
        show_one(name, roster, at, &handovers(at));
        if known.doubt.is_none() && !is_on_disk(known, name, roster) {
            say!(
                "  внимание: на диске этот график другой; он вступит в силу, когда план перечитают (gudok reload)"
            );
        }
    }
    for problem in plan.bare_rosters(clock::wall()) {
        say!("{}", problem.render());
    }
    Ok(())
}

/// The last acceptances that were taken back, by the clock of the machine.
fn show_undone(config: &Config, name: Option<&str>) -> anyhow::Result<()> {
    let rows = undone(config)?;
    let wanted = |row: &&UndoneRow| name.is_none_or(|name| row.roster == name);
    for row in rows.iter().filter(wanted).take(UNDONE_SHOWN) {
        let (said, undone) = (schedule::local(row.at), schedule::local(row.undone_at));
        let (roster, person, who, why) = (&row.roster, &row.person, &row.who, &row.why);
        say!("{roster}: {person} принял смену {said} — снято {undone}: {why} ({who})");
    }
    Ok(())
}

fn is_on_disk(known: &InForce, name: &Name, roster: &Roster) -> bool {
    let disk = known.disk.as_ref();
    let found = disk.and_then(|plan| find(plan, name).ok());
    found.is_some_and(|(_, on_disk)| on_disk == roster)
}

fn show_one(name: &Name, roster: &Roster, at: Wall, handovers: &Handovers) {
    let (zone, accepted) = (&roster.hours().zone, handovers.of(name));
    let ladder = roster.ladder(at, accepted);
    match ladder.people.is_empty() {
        true => say!("  никто не дежурит"),
        false => say!("{}", called(&ladder).trim_end()),
    }
    for it in &ladder.awaited {
        let (label, since, due) = (&it.person.label, local(zone, it.since), local(zone, it.due));
        say!("  смену с {since} не принимает {label}; её принимают до {due}");
    }
    if roster.accept_within().is_some()
        && let Some(last) = accepted.last()
    {
        let (person, by, said) = (&last.person, &last.by, local(zone, last.at));
        say!("  последним смену принял {person}, {said} (сказал {by})");
    }
    if let Some(change) = roster.changes(at) {
        say!("  до {}", local(zone, change));
    }
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
