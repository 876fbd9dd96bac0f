//! `gudok recordings`: every file against its hash; what a crash left, finished.
use std::path::Path;
use std::process::ExitCode;

use gudok_recorder::verify::Finding;
use gudok_recorder::{repair, verify};

use crate::cli::Recordings;
use crate::config;

pub(crate) fn recordings(config: &Path, verb: &Recordings) -> anyhow::Result<ExitCode> {
    let config = config::read(config)?;
    match verb {
        Recordings::Verify => verify_all(&config.paths.recordings),
        Recordings::Repair => repair_all(&config.paths.recordings),
    }
}

fn verify_all(folder: &Path) -> anyhow::Result<ExitCode> {
    let verification = verify(folder)?;
    print(&verification.findings);
    say!(
        "целых записей — {}, с изъяном — {}",
        verification.good,
        verification.findings.len()
    );
    Ok(code(&verification.findings))
}

fn repair_all(folder: &Path) -> anyhow::Result<ExitCode> {
    let repair = repair(folder)?;
    for sealed in &repair.recovered.sealed {
        say!("{}: доделана из журнала", sealed.sidecar.file);
    }
    for whole in &repair.recovered.whole {
        say!("{}: уже целая", whole.sidecar.file);
    }
    for damage in &repair.recovered.damage {
        say!("журнал повреждён: {damage}");
    }
    for mended in &repair.repaired {
        say!(
            "{}: исправлено: {}",
            mended.file.display(),
            mended.fault.text_ru()
        );
    }
    print(&repair.left);
    Ok(code(&repair.left))
}

fn print(findings: &[Finding]) {
    findings
        .iter()
        .for_each(|finding| say!("{}: {}", finding.file.display(), finding.fault.text_ru()));
}

/// 2 where something is wrong, so that a nightly job notices.
fn code(findings: &[Finding]) -> ExitCode {
    if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    }
}
