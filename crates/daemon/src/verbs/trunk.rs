//! `gudok trunk learn`: which header gives which number, and the setting that follows from it. Numbers are shown in
//! full, on the terminal alone; nothing is logged.
mod calls;
mod capture;
mod fragments;
mod judge;
mod lesson;
mod live;
mod packet;
mod pcap;
mod pcapng;
mod proposal;
mod stream;
mod text;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use gudok_dialplan::plan::Plan;
use gudok_model::number::parse;
use gudok_model::{NumberRules, PhoneNumber};

use super::{Refused, trunk_named};
use crate::cli::Learn;
use crate::config::{self, Trunk};
use crate::hotline::reading::rules_of;
use crate::plans;
use calls::Calls;
use capture::{Capture, FILE_MAX};
use judge::Evidence;

/// Most files at one time.
const FILES_MAX: usize = 64;

/// Reads the captures and prints what they teach.
pub(crate) fn learn(path: &Path, arguments: &Learn) -> anyhow::Result<ExitCode> {
    let config = config::read(path)?;
    let (_, loaded) =
        plans::read(&config.paths.dialplans).map_err(|error| Refused(error.render()))?;
    let trunk = trunk_named(&config, arguments.trunk.as_deref())?;
    let expect = arguments.expect.as_deref().map(expected).transpose()?;
    if arguments.live {
        let taught = live::learn(&config, trunk, &loaded.plan, expect, arguments)?;
        say!("\n{}", taught.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let mut capture = Capture::default();
    if arguments.files.len() > FILES_MAX {
        return Err(Refused(format!("файлов больше {FILES_MAX}: дайте меньше за раз")).into());
    }
    for file in &arguments.files {
        add(&mut capture, file)?;
    }
    say!(
        "{}",
        taught(capture, trunk, &loaded.plan, expect)?.trim_end()
    );
    Ok(ExitCode::SUCCESS)
}

fn expected(text: &str) -> Result<PhoneNumber, Refused> {
    let number = parse(text, &NumberRules::default()).e164;
    number.ok_or_else(|| {
        Refused(format!(
            "--expect: «{text}» — не номер телефона; пишите целиком: +79990001122"
        ))
    })
}

fn add(capture: &mut Capture, file: &Path) -> anyhow::Result<()> {
    let name = file.display().to_string();
    let unreadable = |error| Refused(format!("{name}: файл не читается: {error}"));
    let opened = File::open(file).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // The limit holds for a pipe or a growing file too.
    let read = opened.take(FILE_MAX + 1).read_to_end(&mut bytes);
    read.map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX {
        let limit = FILE_MAX / (1024 * 1024);
        return Err(Refused(format!(
            "{name}: файл больше {limit} МиБ; оставьте в нём только SIP: tcpdump -r … -w … port 5060"
        ))
        .into());
    }
    let added = capture.add(&name, &bytes);
    added.map_err(|error| Refused(format!("{name}: {error}")).into())
}

/// Everything there is to say, or what was found where nothing can be learnt.
fn taught(
    mut capture: Capture,
    trunk: &Trunk,
    plan: &Plan,
    expect: Option<PhoneNumber>,
) -> Result<String, Refused> {
    let sorted = calls::sort(&mut capture, trunk);
    let found = lesson::found(&capture, &sorted);
    if sorted.calls.is_empty() {
        return Err(Refused(format!(
            "в файлах нет ни одного INVITE, начинающего вызов\n{}",
            found.trim_end()
        )));
    }
    let evidence = weighed(&sorted, trunk, plan, expect);
    let calls = lesson::calls(&evidence, &evidence.callers());
    Ok([calls, concluded(&evidence, found, trunk)].join("\n"))
}

/// Calls, at least one, with the prefix that reads them best.
fn weighed<'a>(
    sorted: &'a Calls,
    trunk: &Trunk,
    plan: &'a Plan,
    expect: Option<PhoneNumber>,
) -> Evidence<'a> {
    let mut evidence = Evidence {
        calls: &sorted.calls,
        plan,
        rules: rules_of(trunk),
        expect,
    };
    evidence.rules.strip = evidence.best_strip();
    evidence
}

/// What was found, which settings read it, and which to take.
fn concluded(evidence: &Evidence<'_>, found: String, trunk: &Trunk) -> String {
    let callers = evidence.callers();
    [
        found + &lesson::withheld(evidence, trunk),
        lesson::settings(evidence, &callers, trunk),
        proposal::proposal(evidence, &callers, trunk),
    ]
    .join("\n")
}

#[cfg(test)]
mod tests;
