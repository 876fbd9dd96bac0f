//! `gudok simulate`: what such a call would meet at such an hour, by the same code that serves live calls.
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn simulate(_c: &Path, _a: &crate::cli::Simulate) -> anyhow::Result<ExitCode> {
    todo!()
}
