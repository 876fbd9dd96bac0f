//! `gudok numbers`: the table of numbers from the files of the registry, and what it says of one number.
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail, ensure};
use gudok_model::number::parse;
use gudok_model::{NumberRules, Wall};
use gudok_numbering::registry::{self, FILE_BYTES_MAX, Registry, Source};
use gudok_numbering::{Numbering, Table, table};
use gudok_trace::mask::plain;
use jiff::Timestamp;

use super::put;
use crate::cli::{ImportNumbers, ShowNumber};
use crate::{clock, numbers, zones};

/// Of rows that are left out, so many per thousand are an odd row here and there; beyond that a file is spoilt.
const DROPPED_PERMILLE_MAX: usize = 10;

/// Reads the files, tells what is odd in them, and writes the table: whole or not at all.
pub(crate) fn import(arguments: &ImportNumbers) -> anyhow::Result<ExitCode> {
    let files = arguments.files.iter().map(|path| read(path));
    let files: Vec<(String, Vec<u8>, Wall)> = files.collect::<anyhow::Result<_>>()?;
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|(name, bytes, _)| Source { name, bytes })
        .collect();
    let registry = registry::read(&sources)?;
    tell(&registry);
    ensure!(
        !registry.ranges.is_empty(),
        "в файлах нет ни одного диапазона; таблица не записана"
    );
    let dropped = registry.dropped;
    ensure!(
        arguments.force || dropped * 1_000 <= registry.rows * DROPPED_PERMILLE_MAX,
        "пропущено строк — {dropped} из {}, больше 1 %: таблица не записана, прежняя осталась; записать всё равно — --force",
        registry.rows
    );
    let names: Vec<&str> = files.iter().map(|(name, ..)| base(name)).collect();
    let made = files.iter().map(|(.., at)| *at).max().unwrap_or(Wall(0));
    let bytes = table::write(&registry.ranges, &names.join(", "), made)?;
    let written = Table::read(bytes.clone())?;
    put(&arguments.out, &bytes)?;
    say!(
        "{}: строк — {}, пропущено — {dropped}, диапазонов — {}, байт — {}",
        arguments.out.display(),
        registry.rows,
        written.ranges(),
        written.size()
    );
    // A script must not take a table with holes for a whole one, unless it said so.
    Ok(match dropped == 0 || arguments.force {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn tell(registry: &Registry) {
    for problem in &registry.problems {
        say!("{}", plain(&problem.to_string()));
    }
    if registry.untold > 0 {
        say!("и ещё замечаний — {}", registry.untold);
    }
}

/// A file, its name and when it was made.
fn read(path: &Path) -> anyhow::Result<(String, Vec<u8>, Wall)> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| name.clone())?;
    let made = file.metadata().and_then(|it| it.modified());
    let made = made.ok().and_then(|at| Timestamp::try_from(at).ok());
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| name.clone())?;
    let made = made.map_or_else(clock::wall, |at| Wall(at.as_microsecond()));
    Ok((name, bytes, made))
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What is known of one number, now.
pub(crate) fn show(config: &Path, arguments: &ShowNumber) -> anyhow::Result<ExitCode> {
    let known = match &arguments.file {
        Some(path) => {
            let table = numbers::table(path);
            let table = table.map_err(|why| anyhow!("{}: {why}", path.display()))?;
            Numbering::with(table).into()
        }
        None => numbers::read(&zones::config(config)?)?,
    };
    let parsed = parse(&arguments.number, &NumberRules::default());
    let Some(number) = &parsed.e164 else {
        bail!("«{}» — не номер телефона", plain(&parsed.raw));
    };
    match known.region_of(number) {
        Some(region) => {
            say!("{number}: {}", numbers::told(&region));
            if let Some(time) = numbers::local_time(&region, clock::wall()) {
                say!("сейчас там {time}");
            }
        }
        None => say!("{number}: регион неизвестен"),
    }
    if let Some(range) = known.entry(number) {
        let operator = match range.operator {
            "" => String::new(),
            operator => format!(
                ", выделен: {}; номер мог перейти к другому",
                plain(operator)
            ),
        };
        say!("диапазон +7{}–+7{}{operator}", range.first, range.last);
    }
    match known.table() {
        Some(table) => say!(
            "таблица: {}, от {}, диапазонов — {}",
            plain(table.source()),
            date(table.made()),
            table.ranges()
        ),
        None => say!("таблицы номеров нет: только встроенные коды городов (paths.numbering)"),
    }
    Ok(ExitCode::SUCCESS)
}

fn date(at: Wall) -> String {
    let at = Timestamp::from_microsecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y-%m-%d").to_string()
}
