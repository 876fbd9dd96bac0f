//! Ten times as many calls as are served whole: who is served, who hears a few words, who is refused, and how soon it is
//! over.
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_testkit::daemon::{Daemon, Setup};
use gudok_testkit::process::{Process, free_port, root};

use crate::alone::alone;
use crate::probe::percentile;
use crate::table::{mib, row};
use crate::{length, memory, metric, processor};

/// Calls a second that are served whole, and how many times as many come.
const WHOLE: u64 = 20;
const TIMES: u64 = 10;
/// What reliability.md F21 holds us to.
const GOODPUT_MIN: f64 = 0.9;
const IN_TALK_MAX: Duration = Duration::from_millis(500);
const RECOVERY_MAX: Duration = Duration::from_secs(5);

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "answer"
record = "off"
flow = "main"
busy = "busy"

[group.tech]
operators = ["101"]
strategy = "linear"
ring = "10s"

[queue.tech]
callers_max = 1000

[[flow.main]]
queue = "tech"
wait = "60s"
music = "music"
leave_empty = false
on_timeout = "busy"
on_no_operators = "busy"
on_full = "busy"

[[flow.busy]]
close = ["callback_promise"]
reason = "all_busy"
"#;

#[test]
fn of_ten_times_too_many_calls_the_whole_ones_are_served_and_each_other_has_its_answer()
-> Result<()> {
    let name = "crowd::of_ten_times_too_many_calls_the_whole_ones_are_served_and_each_other_has_its_answer";
    alone(name, async {
        let daemon = Setup::default()
            .plan(PLAN)
            .operator("101", &[])
            .set("limits.calls_per_second", &WHOLE.to_string())
            .set("limits.busy_calls", "5")
            .start()?;
        let (before, worked) = (memory(&daemon), processor(&daemon));
        let (began, secs) = (Instant::now(), length().as_secs());
        let dir = tempfile::tempdir()?;
        let calls = WHOLE * TIMES * secs;
        crowd(daemon.sip, dir.path(), WHOLE * TIMES, calls)?;
        let took = began.elapsed().as_secs_f64();
        let (whole, brief) = served(&daemon).await?;
        let refused = metric(&daemon, "gudok_sip_refusals_total{what=\"crowded\"}").await?;
        let grown = memory(&daemon).saturating_sub(before);
        let cpu = (processor(&daemon) - worked) / took * 100.0;
        let talks = times(dir.path())?;
        let recovered = recovery(&daemon, whole).await?;
        let goodput = whole / (WHOLE * secs) as f64;
        let worst = percentile(&talks, 99);
        row(
            "crowd: calls, a second, all in all",
            format!("{calls}, {}", WHOLE * TIMES),
            "–",
        );
        let share = format!("{whole} ({:.0} % of {WHOLE}/s)", goodput * 100.0);
        row("crowd: served whole", share, "≥ 90 %");
        row(
            "crowd: heard a few words, refused with 503",
            format!("{brief}, {refused}"),
            "–",
        );
        let byes = format!(
            "{:.1?}, {worst:.1?} of {}",
            percentile(&talks, 50),
            talks.len()
        );
        row("crowd: BYE→200 p50, p99", byes, "p99 < 500 ms");
        row(
            "crowd: served whole again after",
            format!("{recovered:.1?}"),
            "≤ 5 s",
        );
        row(
            "crowd: CPU of the daemon, of one core",
            format!("{cpu:.0} %"),
            "–",
        );
        row(
            "crowd: RSS before, more afterwards",
            format!("{}, {}", mib(before), mib(grown)),
            "–",
        );
        assert!(goodput >= GOODPUT_MIN, "{goodput}");
        assert!(worst < IN_TALK_MAX, "{worst:?}");
        assert!(recovered <= RECOVERY_MAX, "{recovered:?}");
        assert!(
            brief > 0.0 && refused > 0.0,
            "{brief} briefly, {refused} refused"
        );
        // SIPp has seen a final answer to each; repeated ones are refused once more.
        assert!(
            whole + brief + refused >= calls as f64,
            "{whole} + {brief} + {refused} of {calls}"
        );
        Ok(())
    })
}

/// SIPp calls at this rate; an error when one call had no final answer.
fn crowd(target: SocketAddr, dir: &Path, rate: u64, calls: u64) -> Result<()> {
    let patience = length() + Duration::from_secs(60);
    let scenario = root().join("tests/storm/scenarios/crowd.xml");
    let mut command = Command::new("sipp");
    command.current_dir(dir).arg(target.to_string()).args([
        "-s",
        "88001234567",
        "-t",
        "u1",
        "-nostdin",
    ]);
    command.args([
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
        "-p",
        &free_port()?.to_string(),
    ]);
    command.arg("-sf").arg(scenario).args([
        "-r",
        &rate.to_string(),
        "-m",
        &calls.to_string(),
        "-l",
        "20000",
    ]);
    command.args(["-trace_rtt", "-rtt_freq", "1"]);
    let mut process = Process::start("sipp", &mut command)?;
    let status = process.wait(patience)?;
    ensure!(
        status.success(),
        "SIPp failed ({status}):\n{}",
        process.printed()
    );
    Ok(())
}

/// Times from BYE to its 200, sorted, as SIPp wrote them: `date;milliseconds;which`.
fn times(dir: &Path) -> Result<Vec<Duration>> {
    let files = std::fs::read_dir(dir)?.filter_map(Result::ok);
    let file = files
        .map(|file| file.path())
        .find(|path| path.to_string_lossy().ends_with("_rtt.csv"));
    let text = std::fs::read_to_string(file.context("SIPp wrote no times")?)?;
    let millis = text
        .lines()
        .filter_map(|line| line.split(';').nth(1)?.parse::<f64>().ok());
    let mut times: Vec<Duration> = millis
        .map(|ms| Duration::from_secs_f64(ms / 1_000.0))
        .collect();
    times.sort_unstable();
    Ok(times)
}

/// Calls that came into the queue, and those that heard a few words.
async fn served(daemon: &Daemon) -> Result<(f64, f64)> {
    let ended = |outcome: &str| format!("gudok_calls_ended_total{{outcome=\"{outcome}\"}}");
    let whole = metric(daemon, &ended("abandoned_queue")).await?;
    let brief = metric(daemon, &ended("callback_requested")).await?;
    Ok((whole, brief))
}

/// How long it takes until a call is served whole again.
async fn recovery(daemon: &Daemon, before: f64) -> Result<Duration> {
    let began = Instant::now();
    while began.elapsed() <= RECOVERY_MAX {
        let dir = tempfile::tempdir()?;
        crowd(daemon.sip, dir.path(), 1, 1)?;
        if served(daemon).await?.0 > before {
            return Ok(began.elapsed());
        }
    }
    Ok(began.elapsed())
}
