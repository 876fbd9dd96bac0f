//! `gudok shadow`: a new version of the plan beside the one in force, on live calls, without effect.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use super::plans::{ask, why};
use crate::changes::Change;
use crate::cli::Shadow;

pub(crate) fn shadow(path: &Path, verb: &Shadow) -> anyhow::Result<ExitCode> {
    match verb {
        Shadow::Start { folder, reason } => {
            // The daemon has another working folder.
            let whole = std::fs::canonicalize(folder);
            let folder = whole.with_context(|| folder.display().to_string())?;
            let why = why(reason);
            ask(path, reason.json, &Change::ShadowStart { folder, why })
        }
        Shadow::Status { json } => ask(path, *json, &Change::ShadowStatus),
        Shadow::Off => ask(path, false, &Change::ShadowOff),
    }
}
