//! The figures of a run, one row each; `tests/storm/run` prints them as one table.
use std::fmt::Display;
use std::io::Write as _;

/// The file the rows go to, so that the tests' own output stays out of the table.
const TABLE: &str = "STORM_TABLE";

/// Tells a figure and what it is held to.
pub(crate) fn row(what: &str, figure: impl Display, bound: &str) {
    say(&format!("{what}: {figure} ({bound})"));
    let Some(path) = std::env::var_os(TABLE) else {
        return;
    };
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    let line = format!("| {what} | {figure} | {bound} |\n");
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .expect("the table can be written");
}

/// Whether somebody asked for the table: then the machine has nothing else to do, and the build is a release.
pub(crate) fn is_asked_for() -> bool {
    std::env::var_os(TABLE).is_some()
}

/// A line for those who wait for the table.
#[expect(clippy::print_stdout, reason = "a storm is run for its figures")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// MiB of these bytes.
pub(crate) fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
}
