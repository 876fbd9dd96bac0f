//! Ten times as many calls as the machine can serve, whatever that is on the machine at hand: first it is found, then ten
//! times as much comes. Nothing in the configuration says how much that is. The daemon has half of the processors, the crowd
//! the other half.
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use gudok_testkit::daemon::Setup;

use crate::alone::{alone, halves, stay_on};
use crate::callee::Callee;
use crate::carrier::{Fate, calls};
use crate::probe::percentile;
use crate::table::{mib, row, say};
use crate::{length, memory, memory_peak, metric, processor};

/// What reliability.md F21 holds us to.
const TIMES: u64 = 10;
const GOODPUT_MIN: f64 = 0.9;
const IN_TALK_MAX: Duration = Duration::from_millis(500);
const RECOVERY_MAX: Duration = Duration::from_secs(5);
/// For those who are turned away, as in a flood.
const MEMORY_MAX: u64 = 64 * 1_048_576;
/// For each who is served: its call is remembered for 32 s, as RFC 3261 wants it, and this is what it may cost.
const CALL_MEMORY_MAX: u64 = 3_000;
/// The search for the capacity: the first rate, the highest, and how long each is tried.
const FIRST: u64 = 100;
const HIGHEST: u64 = 6_400;
const TRIAL: Duration = Duration::from_secs(5);
/// Steps between the last rate that was served and the first that was not.
const HALVINGS: u32 = 3;
/// An answer later than this is not service.
const IN_TIME: Duration = Duration::from_millis(250);
/// Calls a second that come when the storm is over, and for how long.
const AFTERWARDS: u64 = 50;
const LOOK: Duration = Duration::from_secs(8);

/// Whole calls: the hotline calls somebody outside for each, and answers when they do; both legs are recorded. No few words
/// for those who find no room: who is answered is served whole.
const PLAN: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
answer = "ring"
record = "from_answer"
flow = "main"

[[flow.main]]
external = "+79990000101"
ring = "10s"
on_not_answered = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

#[test]
#[ignore = "takes minutes: tests/storm/run"]
fn at_ten_times_the_capacity_as_many_are_served_as_at_once() -> Result<()> {
    let name = "saturation::at_ten_times_the_capacity_as_many_are_served_as_at_once";
    alone(name, async {
        let halves = halves()?;
        if let Some((_, crowd)) = &halves {
            stay_on(crowd)?;
        }
        let callee = Callee::start()?;
        let setup = setup(callee.address);
        let daemon = match &halves {
            Some((own, _)) => setup.on_cpus(own).start()?,
            None => setup.start()?,
        };
        let target = daemon.sip;
        let capacity = capacity(target)?;
        let (before, worked, began) = (memory(&daemon), processor(&daemon), Instant::now());
        let spells = [(capacity * TIMES, length()), (AFTERWARDS, LOOK)];
        let fates = calls(target, &spells)?;
        let worked = (processor(&daemon) - worked) / began.elapsed().as_secs_f64();
        let (peak, after) = (memory_peak(&daemon), memory(&daemon));
        let crowded = metric(&daemon, "gudok_sip_refusals_total{what=\"crowded\"}").await?;
        let storm = Storm::of(&fates);
        storm.tell(capacity, crowded);
        row(
            "10×: CPU of the daemon, of one core",
            format!("{:.0} %", worked * 100.0),
            "–",
        );
        let sizes = [before, peak, after].map(mib).join(", ");
        let most = MEMORY_MAX
            + CALL_MEMORY_MAX * fates.iter().filter(|fate| fate.status == 200).count() as u64;
        let wanted = format!("≤ +{}: 64 MiB, and 3 kB a call served", mib(most));
        row("10×: RSS before, at its peak, after", sizes, &wanted);
        storm.judge(capacity);
        assert!(peak <= before + most, "{peak} after {before}");
        Ok(())
    })
}

/// No limit of the configuration is one here.
fn setup(callee: SocketAddr) -> Setup {
    Setup::default()
        .plan(PLAN)
        .sources("127.0.0.0/8")
        .outbound(callee)
        .set("limits.busy_calls", "0")
        .set("limits.calls", "10000")
        // A port rests after its call: the range must not be what limits us.
        .set("media.ports", "8000-65001")
}

/// The most calls a second of which each is answered in time.
fn capacity(target: SocketAddr) -> Result<u64> {
    let serves = |rate: u64| -> Result<bool> {
        let fates = calls(target, &[(rate, TRIAL)])?;
        let times = sorted(fates.iter().map(|fate| fate.answered));
        let missed = fates.iter().filter(|fate| fate.status != 200).count();
        let worst = percentile(&times, 99);
        say(&format!("{rate}/s: {missed} not answered, p99 {worst:?}"));
        Ok(missed == 0 && worst <= IN_TIME)
    };
    let (mut served, mut rate) = (0, FIRST);
    while rate <= HIGHEST && serves(rate)? {
        (served, rate) = (rate, rate * 2);
    }
    let mut step = rate - served;
    for _ in 0..HALVINGS {
        step /= 2;
        if serves(served + step)? {
            served += step;
        }
    }
    Ok(served)
}

/// What became of ten times too many, and of those who came after them.
struct Storm {
    calls: usize,
    /// Calls a second.
    sent: f64,
    goodput: f64,
    unanswered: usize,
    refused: usize,
    answers: Vec<Duration>,
    byes: Vec<Duration>,
    byes_unanswered: usize,
    /// From the last call of the storm until each later one was answered in time.
    recovery: Duration,
}

impl Storm {
    fn of(fates: &[Fate]) -> Self {
        let end = length();
        let (storm, later) = fates.split_at(fates.partition_point(|fate| fate.began < end));
        let answered = || storm.iter().filter(|fate| fate.status == 200);
        let secs = end.as_secs_f64();
        let late = later.iter().rfind(|fate| !fate.is_served_in(IN_TIME));
        let with = |of: fn(&Fate) -> bool| storm.iter().filter(|fate| of(fate)).count();
        Self {
            calls: storm.len(),
            sent: storm.len() as f64 / secs,
            // Those that are answered while it lasts.
            goodput: answered()
                .filter(|fate| fate.began + fate.answered <= end)
                .count() as f64
                / secs,
            unanswered: with(|fate| fate.status == 0),
            refused: with(|fate| fate.status == 503),
            answers: sorted(answered().map(|fate| fate.answered)),
            byes: sorted(storm.iter().filter_map(|fate| fate.hung_up)),
            byes_unanswered: with(|fate| fate.status == 200 && fate.hung_up.is_none()),
            recovery: late.map_or(Duration::ZERO, |fate| fate.began + IN_TIME - end),
        }
    }

    fn tell(&self, capacity: u64, crowded: f64) {
        let share = self.goodput / capacity as f64 * 100.0;
        let spread = |times: &[Duration]| {
            let [middle, worst] = [50, 99].map(|percent| percentile(times, percent));
            format!("{middle:.1?}, {worst:.1?}")
        };
        row("calls/s that are served, each in time", capacity, "–");
        row("10×: calls/s that came", format!("{:.0}", self.sent), "–");
        row(
            "10×: calls/s served",
            format!("{:.0} ({share:.0} %)", self.goodput),
            "≥ 90 %",
        );
        row("10×: INVITE→200 p50, p99", spread(&self.answers), "–");
        row("10×: BYE→200 p50, p99", spread(&self.byes), "p99 < 500 ms");
        row("10×: BYEs without an answer", self.byes_unanswered, "0");
        row(
            "10×: INVITEs, of them refused with 503",
            format!("{}, {}", self.calls, self.refused),
            "–",
        );
        row("10×: INVITEs without a final answer", self.unanswered, "0");
        row("10×: refusals the daemon counts", crowded, "–");
        row("10×: recovery", format!("{:.2?}", self.recovery), "≤ 5 s");
    }

    fn judge(&self, capacity: u64) {
        let wanted = (capacity * TIMES) as f64;
        assert!(
            self.sent >= 0.95 * wanted,
            "the carrier is too slow: {}",
            self.sent
        );
        assert_eq!((self.unanswered, self.byes_unanswered), (0, 0));
        assert!(percentile(&self.byes, 99) < IN_TALK_MAX);
        assert!(self.recovery <= RECOVERY_MAX, "{:?}", self.recovery);
        assert!(
            self.goodput >= GOODPUT_MIN * capacity as f64,
            "{}",
            self.goodput
        );
    }
}

fn sorted(times: impl Iterator<Item = Duration>) -> Vec<Duration> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times
}
