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
