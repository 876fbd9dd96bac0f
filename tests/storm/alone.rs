//! A network with nobody else in it.
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Tells the second run of a test from the first.
const INSIDE: &str = "STORM_INSIDE";

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

/// Runs the body of the test `name` once more, in a network namespace of its own with nothing but a loopback.
pub(crate) fn alone(name: &str, body: impl Future<Output = Result<()>>) -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        let runtime = tokio::runtime::Runtime::new()?;
        return runtime.block_on(body);
    }
    let test = std::env::current_exe()?;
    let script = "ip link set lo up && exec \"$0\" --exact \"$1\" --include-ignored --nocapture";
    let mut command = Command::new("unshare");
    // Who is not root becomes root of the new namespaces alone.
    if !is_root() {
        command.arg("-r");
    }
    command
        .args(["-n", "sh", "-c", script])
        .arg(test)
        .arg(name)
        .env(INSIDE, "1");
    let status = command
        .status()
        .context("unshare (util-linux) and ip (iproute2) are needed")?;
    ensure!(status.success(), "in a network of its own: {status}");
    Ok(())
}

/// The processors in two halves, as `taskset` lists them: for who is stormed, and for the storm. None: there is one only.
///
/// A storm comes from other machines. On the daemon's own processors it would take away what is being measured.
pub(crate) fn halves() -> Result<Option<(String, String)>> {
    let allowed = Command::new("taskset")
        .args(["--cpu-list", "--pid", &std::process::id().to_string()])
        .output()
        .context("taskset (util-linux) is needed")?;
    let said = String::from_utf8(allowed.stdout)?;
    let (_, list) = said.rsplit_once(": ").context("taskset says no list")?;
    let cpus = processors(list.trim())?;
    let (daemon, crowd) = cpus.split_at(cpus.len() / 2);
    let list = |cpus: &[u32]| {
        cpus.iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    Ok((!daemon.is_empty()).then(|| (list(daemon), list(crowd))))
}

/// `0-2,5`: 0, 1, 2 and 5.
fn processors(list: &str) -> Result<Vec<u32>> {
    let mut cpus = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        cpus.extend(first.parse::<u32>()?..=last.parse()?);
    }
    Ok(cpus)
}

/// All that this process does, on these processors only.
pub(crate) fn stay_on(list: &str) -> Result<()> {
    let own = std::process::id().to_string();
    let moved = Command::new("taskset")
        .args(["--all-tasks", "--cpu-list", "--pid", list, &own])
        .output()?;
    ensure!(moved.status.success(), "taskset {list}: {}", moved.status);
    Ok(())
}

#[test]
fn a_list_of_processors_has_stretches_and_single_ones() -> Result<()> {
    assert_eq!(processors("0-2,5")?, [0, 1, 2, 5]);
    Ok(())
}
