//! TEMP
use std::process::ExitCode;
pub(crate) fn demo(_a: &crate::cli::Demo) -> anyhow::Result<ExitCode> { todo!() }
