//! `gudok recordings`: every file against its hash; what a crash left, finished.
use std::path::Path;
use std::process::ExitCode;

use gudok_recorder::{repair, verify};

use crate::cli::Recordings;
use crate::config;

pub(crate) fn recordings(config: &Path, verb: &Recordings) -> anyhow::Result<ExitCode> {
    let config = config::read(config)?;
    let folder = &config.paths.recordings;
    match verb {
        Recordings::Verify => {
            let verification = verify(folder);
            for finding in &verification.findings {
                println!("{finding}");
            }
            println!("{verification}");
            Ok(if verification.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        Recordings::Repair => {
            let repaired = repair(folder)?;
            println!("{repaired}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
