//! TEMP
use std::process::ExitCode;
pub(crate) fn simulate(_c: &std::path::Path, _a: &crate::cli::Simulate) -> anyhow::Result<ExitCode> { todo!() }
