//! Plans that are changed while calls come: five hundred slips of a hand in the project's own plan, and ten thousand good
//! versions over the heads of those who wait.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_phone::Answer;
use gudok_testkit::audio;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::softphone::Softphone;
use serde_json::{Value, json};

use crate::alone::alone;
use crate::carrier::{Fate, calls};
use crate::length;
use crate::probe::percentile;
use crate::table::row;

const FILE: &str = "dialplans/8800.toml";
const SLIPS: usize = 500;
const RELOADS: usize = 10_000;
/// The most a refusal may take.
const REFUSAL_MAX: Duration = Duration::from_millis(200);
/// New calls a second beside it, and how many seconds of them are begun at a time.
const RATE: u64 = 20;
const SPELL: Duration = Duration::from_secs(1);
/// Those who wait while plans come and go.
const WAITING: usize = 8;
/// The plan calls people outside where nobody is at work; nobody listens there.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9);
/// Shorter runs are of a debug build, whose times say nothing.
const LONG: Duration = Duration::from_secs(15);

/// Somebody waits, as long as it takes, for the only operator.
const QUEUE: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "answer"
record = "off"
flow = "main"

[group.tech]
operators = ["101"]
strategy = "linear"
ring = "20s"
wrap_up = "1s"

[queue.tech]
callers_max = 1000
weight = WEIGHT

[[flow.main]]
queue = "tech"
wait = "2h"
music = "music"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "REASON"
"#;

/// Calls that come all the time.
struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Fate>>>,
}

impl Load {
    fn on(target: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = stop.clone();
        let thread = thread::spawn(move || {
            let mut fates = Vec::new();
            while !asked.load(Ordering::Relaxed) {
                fates.extend(calls(target, &[(RATE, SPELL)])?);
            }
            Ok(fates)
        });
        Self { stop, thread }
    }

    /// What became of each of them.
    fn end(self) -> Result<Vec<Fate>> {
        self.stop.store(true, Ordering::Relaxed);
        let fates = self.thread.join();
        fates.map_err(|_| anyhow::anyhow!("the carrier panicked"))?
    }
}

/// No call is lost: each is answered, and its BYE too.
fn none_is_lost(fates: &[Fate]) {
    let lost = |fate: &&Fate| fate.status != 200 || fate.hung_up.is_none();
    let lost: Vec<_> = fates.iter().filter(lost).collect();
    assert!(!fates.is_empty() && lost.is_empty(), "{lost:?}");
}

/// One slip in the plan, the same for the same number.
fn slip(plan: &str, number: usize) -> String {
    let mut lines: Vec<String> = plan.lines().map(str::to_owned).collect();
    // Steps of two primes: every line is met, each time with another slip.
    let at = number * 37 % lines.len();
    let line = lines[at].clone();
    lines[at] = match number * 11 % 6 {
        0 => String::new(),
        1 => format!("{line}\n{line}"),
        2 => line.replace('"', ""),
        3 => line.replace('=', ""),
        4 => line.replacen('e', "ee", 1),
        _ => line.replace(|it: char| it.is_ascii_digit(), "x"),
    };
    lines.join("\n")
}

/// Every complaint of a refusal says where, be it in the plan or in its tests.
fn is_placed(told: &Value) -> bool {
    let complaints = told["complaints"].as_array().into_iter().flatten();
    let is_file = |it: &Value| {
        it["file"]
            .as_str()
            .is_some_and(|file| file.ends_with(".toml"))
    };
    let placed = |it: &Value| is_file(it) && it["line"].is_u64() && it["column"].is_u64();
    let places: Vec<bool> = complaints.map(placed).collect();
    !places.is_empty() && !places.contains(&false)
}

/// Tries each slip; a plan that is taken in spite of it is put back. How long each refusal took.
fn tries(daemon: &Daemon) -> Result<Vec<Duration>> {
    let good = std::fs::read_to_string(daemon.folder.path(FILE))?;
    let mut refusals = Vec::new();
    for number in 0..SLIPS {
        daemon.folder.write(FILE, &slip(&good, number))?;
        let began = Instant::now();
        let told = daemon.asks_to_reload()?;
        let took = began.elapsed();
        if told["done"] == json!(false) {
            refusals.push(took);
            ensure!(is_placed(&told), "{number}: {told}");
        } else {
            daemon.folder.write(FILE, &good)?;
            let back = daemon.asks_to_reload()?;
            ensure!(back["done"] == json!(true), "{number}: {back}");
        }
    }
    refusals.sort_unstable();
    Ok(refusals)
}

#[test]
fn slips_in_the_plan_under_load_lose_no_call_and_are_refused_with_their_place() -> Result<()> {
    let name =
        "reloads::slips_in_the_plan_under_load_lose_no_call_and_are_refused_with_their_place";
    alone(name, async {
        // The project's own plan, with its calendars and its tests.
        let daemon = Setup::default()
            .sources("127.0.0.0/8")
            .outbound(NOBODY)
            .start()?;
        let load = Load::on(daemon.sip);
        let refusals = tries(&daemon);
        let fates = load.end()?;
        let refusals = refusals?;
        none_is_lost(&fates);
        let [middle, worst] = [50, 99].map(|percent| percentile(&refusals, percent));
        row(
            "slips in the plan under load: calls beside them, none lost",
            fates.len(),
            "–",
        );
        row(
            &format!(
                "slips in the plan: {} of {SLIPS} refused; p50, p99",
                refusals.len()
            ),
            format!("{middle:.1?}, {worst:.1?}"),
            "p99 ≤ 200 ms",
        );
        assert!(refusals.len() > SLIPS / 4, "{}", refusals.len());
        assert!(length() < LONG || worst <= REFUSAL_MAX, "{worst:?}");
        Ok(())
    })
}

/// One of two versions: other words at the end, another weight of the queue.
fn version(number: usize) -> String {
    let (weight, reason) = [("10", "all_busy"), ("20", "nobody")][number % 2];
    QUEUE.replace("WEIGHT", weight).replace("REASON", reason)
}

fn caller(number: usize) -> String {
    format!("+7999000{:04}", number + 100)
}

/// The only operator comes, and takes all who wait, one after the other; whom, in order.
async fn served(daemon: &Daemon) -> Result<Vec<String>> {
    let at_once = Answer::After(Duration::ZERO);
    let mut phone = Softphone::start("101", daemon.sip, audio::OPERATOR, at_once)?;
    phone.register().await?;
    let mut desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Acknowledged).await?;
    // The first call is there before the state is.
    desk.command("ready", json!({})).await?;
    let mut served = Vec::new();
    for _ in 0..WAITING {
        let card = desk.event("offer.created").await?;
        let number = card.body["data"]["caller"]["e164"].as_str();
        served.push(number.context("a card has the number")?.to_owned());
        phone.hears_now(audio::CALLER, 0.1).await?;
        phone.hang_up().await;
        desk.event("call.ended").await?;
    }
    Ok(served)
}

#[test]
#[ignore = "takes minutes: tests/storm/run"]
fn ten_thousand_plans_under_load_change_no_order_of_those_who_wait() -> Result<()> {
    let name = "reloads::ten_thousand_plans_under_load_change_no_order_of_those_who_wait";
    alone(name, async {
        let mut daemon = Setup::default()
            .plan(&version(0))
            .sources("127.0.0.0/8")
            .operator("101", &[])
            .start()?;
        let waiting: Vec<String> = (0..WAITING).map(caller).collect();
        let mut held = Vec::new();
        for from in &waiting {
            held.push(
                Call::new(from, "88001234567")
                    .until_killed()
                    .start(daemon.sip)?,
            );
            daemon.log_line("caller queued")?;
        }
        let load = Load::on(daemon.sip);
        let began = Instant::now();
        for number in 1..=RELOADS {
            daemon.folder.write(FILE, &version(number))?;
            let told = daemon.asks_to_reload()?;
            ensure!(told["done"] == json!(true), "{number}: {told}");
        }
        let each = began.elapsed() / RELOADS as u32;
        let fates = load.end()?;
        none_is_lost(&fates);
        row(
            "10 000 plans under load: each; calls beside them, none lost",
            format!("{each:.1?}; {}", fates.len()),
            "–",
        );
        let served = served(&daemon).await?;
        assert_eq!(served, waiting, "who came first is served first");
        Ok(())
    })
}
