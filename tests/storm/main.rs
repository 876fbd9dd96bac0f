//! Floods and crowds against the real daemon, in a network of their own (`unshare -n`): nothing hostile leaves it.
//!
//! Each test prints its figures. A run takes seconds; `tests/storm/run` makes it as long as the design asks for, and prints
//! one table.
mod alone;
mod callee;
mod carrier;
mod crowd;
mod flood;
#[path = "../../crates/sip/tests/anomalies/marks.rs"]
mod marks;
#[path = "../../crates/sip/tests/anomalies/messages.rs"]
#[expect(dead_code, reason = "those outside of calls are not said here")]
mod messages;
mod phones;
mod probe;
mod refresh;
mod reloads;
mod resets;
mod saturation;
#[path = "../../crates/sip/tests/anomalies/spoil.rs"]
mod spoil;
mod spoilt;
mod table;

use std::net::SocketAddr;
use std::time::Duration;

use gudok_testkit::daemon::Daemon;

/// How long the storm lasts.
fn length() -> Duration {
    let secs = std::env::var("STORM_SECS").ok();
    Duration::from_secs(secs.and_then(|secs| secs.parse().ok()).unwrap_or(4))
}

/// Memory of the daemon now. Bytes.
fn memory(daemon: &Daemon) -> u64 {
    resident(daemon, "VmRSS:")
}

/// The most it has ever been. Bytes.
fn memory_peak(daemon: &Daemon) -> u64 {
    resident(daemon, "VmHWM:")
}

fn resident(daemon: &Daemon, which: &str) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0_u64) * 1_024
}

/// A figure of the metrics page; 0 where it is not there yet.
async fn metric(daemon: &Daemon, name: &str) -> anyhow::Result<f64> {
    let page = gudok_testkit::desk::get(daemon.web, "/metrics").await?;
    let page = page.as_str().unwrap_or_default();
    let value = page
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    Ok(value.unwrap_or(0.0))
}

/// Processor time of the daemon so far. Seconds.
fn processor(daemon: &Daemon) -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.id())).unwrap_or_default();
    // Behind the name, which ends with the only parenthesis: fields 14 and 15 of proc(5).
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |field: usize| {
        fields
            .get(field)
            .and_then(|ticks| ticks.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / TICKS_A_SECOND
}

/// Datagrams that found no room in the socket's buffer since it was opened: the last column of proc(5)'s `net/udp`.
fn overrun(socket: SocketAddr) -> u64 {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
    let port = format!(":{:04X}", socket.port());
    let mut rows = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.get(1).is_some_and(|local| local.ends_with(&port)));
    row.and_then(|row| row.last()?.parse().ok()).unwrap_or(0)
}
