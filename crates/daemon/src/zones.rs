//! The rules of time zones that the system has (`paths.zoneinfo`), handed to the calendar before anything asks it.
use std::collections::BTreeSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gudok_calendar::zones::{ZONE_BYTES_MAX, ZONES_MAX, compiled_in};
use gudok_calendar::{Zone, Zones};
use gudok_dialplan::Plan;
use gudok_dialplan::coverage::DAYS;
use gudok_model::Wall;
use gudok_numbering::Subject;

use crate::config::{self, Config};
use crate::metrics::Metrics;
use crate::plain;
use crate::verbs::Refused;

/// The list of the database's names, and its version: a hundred kilobytes of text.
const LIST: &str = "tzdata.zi";
const LIST_BYTES_MAX: u64 = 1_024 * 1_024;
/// The version alone, where a system has it.
const VERSION: &str = "+VERSION";
const VERSION_BYTES_MAX: u64 = 1_024;

/// What was read of a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    folder: PathBuf,
    zones: usize,
    version: Option<String>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = self.version.as_deref().unwrap_or("неизвестна");
        let (folder, zones) = (self.folder.display(), self.zones);
        write!(
            f,
            "часовые пояса: {folder}, поясов — {zones}, версия tzdata {version}"
        )
    }
}

/// The configuration of a verb that asks for times: zones go by the rules it names.
///
/// # Errors
/// As [`config::read`], and when what `paths.zoneinfo` names cannot be used.
pub(crate) fn config(path: &Path) -> anyhow::Result<Config> {
    Ok(told(path)?.0)
}

/// The same, with what was read of the folder it names.
///
/// # Errors
/// As above.
pub(crate) fn told(path: &Path) -> anyhow::Result<(Config, Option<Told>)> {
    let config = config::read(path)?;
    let told = put_in_force(&config)?;
    Ok((config, told))
}

/// The rules the configuration names count from now on; blocks on the disk. None where it names none.
///
/// # Errors
/// When the folder cannot be read, a file in it is no zone, or a zone was looked up before.
pub(crate) fn put_in_force(config: &Config) -> Result<Option<Told>, Refused> {
    let Some(folder) = &config.paths.zoneinfo else {
        return Ok(None);
    };
    let refused = |why: String| Refused(format!("paths.zoneinfo: {why}"));
    let (zones, told) = read(folder).map_err(refused)?;
    let put = zones.put_in_force();
    put.map_err(|error| refused(error.to_string()))?;
    Ok(Some(told))
}

/// The same for a start: what is wrong with the folder is said, and the rules that are compiled in do until it is right.
/// A hotline that is an hour off for one zone is better than none.
pub(crate) fn at_start(config: &Config, metrics: &Metrics) {
    match put_in_force(config) {
        Ok(None) => {}
        Ok(Some(told)) => tracing::info!("{told}"),
        Err(error) => {
            metrics.alarm("zoneinfo");
            tracing::error!(
                "the rules of time zones cannot be used, those compiled in count\n{error:#}"
            );
        }
    }
}

/// Every zone of the folder that has a name of the database; a name without a file stays as it is compiled in.
fn read(folder: &Path) -> Result<(Zones, Told), String> {
    let list = text(&folder.join(LIST), LIST_BYTES_MAX)?.unwrap_or_default();
    let mut zones = Zones::default();
    for name in compiled_in()
        .into_iter()
        .chain(listed(&list))
        .collect::<BTreeSet<_>>()
    {
        let path = folder.join(&name);
        if let Some(bytes) = bytes(&path, ZONE_BYTES_MAX as u64)? {
            let added = zones.add(&name, &bytes);
            added.map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    if zones.is_empty() {
        return Err(format!("{}: ни одного часового пояса", folder.display()));
    }
    let told = Told {
        folder: folder.to_owned(),
        zones: zones.len(),
        version: version(folder, &list)?,
    };
    Ok((zones, told))
}

/// Names of zones (`Z Asia/Tomsk …`) and old names (`L Asia/Tomsk Tomsk`): newer ones than we know.
fn listed(list: &str) -> impl Iterator<Item = String> + '_ {
    let name = |line: &str| {
        let mut words = line.split(' ');
        match words.next()? {
            "Z" => words.next(),
            "L" => words.nth(1),
            _ => None,
        }
        .map(str::to_owned)
    };
    list.lines()
        .filter_map(name)
        .filter(|name| is_name(name))
        .take(ZONES_MAX)
}

/// Whether it leads to nowhere but into the folder.
fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
        !part.is_empty() && part.bytes().all(fits)
    };
    name.len() <= 64 && name.split('/').all(part)
}

/// `2026c`, from the file of its own or from the head of the list (`# version 2026c`).
fn version(folder: &Path, list: &str) -> Result<Option<String>, String> {
    let own = text(&folder.join(VERSION), VERSION_BYTES_MAX)?;
    let first = list
        .lines()
        .next()
        .and_then(|it| it.strip_prefix("# version "));
    let told = own.as_deref().or(first).unwrap_or_default().trim();
    let shown = !told.is_empty() && told.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Ok(shown.then(|| told.to_owned()))
}

/// What the file says; none where there is no such file.
fn bytes(path: &Path, most: u64) -> Result<Option<Vec<u8>>, String> {
    match plain::read(path, most) {
        Ok(bytes) => Ok(Some(bytes)),
        // What stands as a folder in the list and is a file here is no such zone either.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn text(path: &Path, most: u64) -> Result<Option<String>, String> {
    let bytes = bytes(path, most)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// How far ahead rules are compared: as far as a plan is proved. Microseconds.
const AHEAD: i64 = DAYS as i64 * 86_400_000_000;

/// Where the rules in force are not those that are compiled in, from now on: a line for each zone that the plan or the region
/// of a caller names.
pub(crate) fn differences(plan: &Plan, now: Wall) -> Vec<String> {
    let of_plan = plan.schedules().map(|(_, it)| it.zone.name().to_string());
    let of_rosters = plan
        .rosters()
        .map(|(_, it)| it.hours().zone.name().to_string());
    let of_numbers = plan.numbers().iter().map(|it| it.zone.name().to_string());
    let of_callers = Subject::ALL.iter().map(|it| it.zone.to_owned());
    let names: BTreeSet<String> = of_plan
        .chain(of_rosters)
        .chain(of_numbers)
        .chain(of_callers)
        .collect();
    let zones = names.iter().filter_map(|name| Zone::parse(name).ok());
    zones.filter_map(|zone| departs(&zone, now)).collect()
}

fn departs(zone: &Zone, now: Wall) -> Option<String> {
    let at = zone.departs(now, Wall(now.0 + AHEAD))?;
    Some(format!(
        "внимание: часовой пояс {}: {} часы идут не так, как во встроенной базе; действует paths.zoneinfo",
        zone.name(),
        if at == now {
            "уже сейчас".to_owned()
        } else {
            format!("с {}", shown(at))
        }
    ))
}

fn shown(at: Wall) -> String {
    let local = Zone::utc().local(at);
    let date = local.date;
    format!(
        "{:02}.{:02}.{} {:02}:{:02} UTC",
        date.day(),
        date.month(),
        date.year(),
        local.hour,
        local.minute
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_the_version_are_read_of_the_list() {
        let list = "# version 2026c\nR A 2007 o - Mar 1 0 0 -\nZ Asia/Tomsk 5:39 - LMT\n5 - X\nL Asia/Tomsk Tomsk\nZ ../etc/x 0\nZ /etc/x 0\nL a\n";
        let names: Vec<String> = listed(list).collect();
        assert_eq!(names, ["Asia/Tomsk", "Tomsk"]);
        let folder = tempfile::tempdir().expect("a folder");
        let told = version(folder.path(), list);
        assert_eq!(told, Ok(Some("2026c".to_owned())));
        std::fs::write(folder.path().join(VERSION), "2026d\n").expect("written");
        let told = version(folder.path(), list);
        assert_eq!(told, Ok(Some("2026d".to_owned())));
        assert_eq!(version(Path::new("/nowhere"), "no list"), Ok(None));
    }

    #[test]
    fn a_file_that_is_no_zone_is_named_and_a_folder_without_zones_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = read(folder.path()).expect_err("no zones");
        assert!(told.contains("ни одного"), "{told}");
        let file = folder.path().join("UTC");
        std::fs::write(&file, "no zone").expect("written");
        let told = read(folder.path()).expect_err("no zone");
        assert!(told.contains(&file.display().to_string()), "{told}");
        std::fs::write(&file, vec![0; ZONE_BYTES_MAX + 1]).expect("written");
        let told = read(folder.path()).expect_err("too large");
        assert!(told.contains("больше предела"), "{told}");
    }
}
