//! A day in small, with a crash in the middle of a break: the report of shifts is what a clock in the hand of the test says.
//!
//! That clock hears of a state when the desk does, and of what the daemon does by itself when its process says so: on a busy machine
//! up to [`LATE`] after it happened. When a run was cut is known to within the five seconds between its signs of life
//! ([`SIGNS`]), so the break before it and the time without us are held against the clock together.
use std::time::{Duration, Instant};

use anyhow::Result;
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio::{CALLER as CLIENT, OPERATOR};
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk, get_as, sign_in};
use gudok_testkit::softphone::Softphone;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, hotline, plans};

/// How late the clock of the test may be.
const LATE: f64 = 2.0;
/// How much the moment of a crash may be wrong.
const SIGNS: f64 = 5.0;
/// How long each state lasts at least.
const STAYS: Duration = Duration::from_secs(4);
/// Nobody is there.
const AWAY: Duration = Duration::from_secs(6);

fn plan() -> String {
    let plan = plans::patient().replace("wrap_up = \"2s\"", "wrap_up = \"10m\"");
    plan + "\n[not_ready_reasons]\nLUNCH = \"Обед\"\n"
}

/// The clock in the hand: what each state took.
struct Stopwatch(Instant);

impl Stopwatch {
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let lap = now - self.0;
        self.0 = now;
        lap.as_secs_f64()
    }
}

async fn phone(daemon: &Daemon) -> Result<Softphone> {
    let at_once = Pickup::After(Duration::ZERO);
    let mut phone = Softphone::start("101", daemon.sip, OPERATOR, at_once)?;
    phone.register().await?;
    Ok(phone)
}

/// From yesterday on: the day may have changed meanwhile.
fn report(daemon: &Daemon) -> Result<Value> {
    let today = Zoned::now().with_time_zone(TimeZone::UTC).date();
    let from = today.yesterday()?.to_string();
    let words = [
        "report",
        "shifts",
        "--operator",
        "101",
        "--json",
        "--from",
        &from,
    ];
    Ok(serde_json::from_str(&daemon.folder.verb(&words)?)?)
}

/// The row of the day, or the sum of two where the test lasts over midnight.
fn secs(report: &Value, figure: &str) -> f64 {
    let us = report["total"]["figures"][figure].as_i64();
    us.unwrap_or(-1) as f64 / 1e6
}

fn near(report: &Value, figures: &[&str], clock: f64, off: f64) {
    let told: f64 = figures.iter().map(|it| secs(report, it)).sum();
    assert!(
        (told - clock).abs() <= off,
        "{figures:?}: {told} and by the clock {clock}: {report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_a_crash_is_reported_as_the_clock_in_the_hand_has_it() -> Result<()> {
    let daemon = hotline(&plan())
        .set("sip.digest", "sha256")
        .operator("303", &["--supervisor"])
        .start()?;
    let boss = sign_in(daemon.web, "303", PASSWORD).await?;
    let token = sign_in(daemon.web, "101", PASSWORD).await?;
    let operator = phone(&daemon).await?;
    let mut desk = Desk::open_with(daemon.cti, &token, Cards::Acknowledged).await?;
    let mut watch = Stopwatch(Instant::now());
    tokio::time::sleep(STAYS).await;
    desk.ready().await?;
    let login = watch.lap();

    let caller = Softphone::start("caller", daemon.sip, CLIENT, Pickup::Never)?;
    tokio::time::sleep(STAYS).await;
    caller.dial(HOTLINE, CALLER).await;
    let answered = desk.event("call.answered").await?.body;
    let ready = watch.lap();
    let call = json!({ "call_id": answered["data"]["call_id"] });
    tokio::time::sleep(STAYS).await;
    desk.command("hold", call.clone()).await?;
    let mut talk = watch.lap();
    tokio::time::sleep(STAYS).await;
    desk.command("resume", call.clone()).await?;
    let hold = watch.lap();
    tokio::time::sleep(STAYS).await;
    caller.hang_up().await;
    desk.state("wrap_up").await?;
    talk += watch.lap();
    desk.command("extend", json!({ "by_s": 60 })).await?;
    tokio::time::sleep(STAYS).await;
    desk.command("not_ready", json!({ "reason": "LUNCH" }))
        .await?;
    let done = json!({
        "call_id": call["call_id"], "code": "REQUEST", "note": null, "done": true,
    });
    desk.command("disposition", done).await?;
    desk.state("not_ready").await?;
    let wrap_up = watch.lap();
    tokio::time::sleep(STAYS).await;

    let mut lunch = watch.lap();
    let daemon = daemon.crash_and_restart_after(AWAY)?;
    drop((desk, operator));
    let away = watch.lap();
    let mut desk = Desk::open_with(daemon.cti, &token, Cards::Acknowledged).await?;
    let operator = phone(&daemon).await?;
    desk.state("not_ready").await?;
    let back = watch.lap();
    tokio::time::sleep(STAYS).await;
    desk.command("logout", json!({})).await?;
    lunch += watch.lap();

    let told = report(&daemon)?;
    near(
        &told,
        &["ready_us", "reserved_us", "ringing_us"],
        ready,
        LATE,
    );
    near(&told, &["talking_us"], talk, LATE);
    near(&told, &["hold_us"], hold, LATE);
    near(&told, &["wrap_up_us"], wrap_up, LATE);
    near(&told, &["down_us"], away, SIGNS + LATE);
    let rest = ["not_ready_us", "down_us", "device_down_us"];
    near(&told, &rest, login + lunch + away + back, LATE);
    let all = login + ready + talk + hold + wrap_up + lunch + away + back;
    near(&told, &["session_us"], all, LATE);
    let count = |figure: &str| told["total"]["figures"][figure].as_i64();
    for (figure, expected) in [
        ("logins", 1),
        ("logouts", 1),
        ("calls", 1),
        ("extensions", 1),
        ("wrap_ups", 1),
        ("breaks", 1),
        ("cuts", 0),
        ("wrong", 0),
        ("checked", 1),
    ] {
        assert_eq!(count(figure), Some(expected), "{figure}: {told:#}");
    }
    assert_eq!(told["adds_up"]["holds"], json!(true), "{told:#}");

    // A supervisor reads the same over HTTP; whoever asks again is told the same.
    let page = format!(
        "/api/v1/report?by=shifts&operator=101&from={}&to={}",
        told["from"], told["to"]
    );
    let over_http = get_as(daemon.web, &boss, &page).await?;
    assert_eq!(over_http["rows"], told["rows"]);
    assert_eq!(report(&daemon)?["rows"], told["rows"]);
    let people = daemon.folder.verb(&["report", "shifts"])?;
    assert!(people.contains("сходится: сумма состояний"), "{people}");
    let table = daemon.folder.verb(&["report", "shifts", "--csv"])?;
    assert!(table.starts_with('\u{feff}'), "{table}");

    // What it is made of, fact by fact.
    let facts = ["floor", "101", "--json", "--from", "2020-01-01"];
    let facts = daemon.folder.verb(&facts)?;
    let facts: Vec<Value> = facts
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert_eq!(facts[0]["fact"]["floor"], json!("sat_down"));
    assert!(facts.iter().all(|fact| fact["operator"] == json!("101")));
    drop(operator);
    Ok(())
}
