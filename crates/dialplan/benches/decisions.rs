//! What a call pays for its plan: each decision of the project's own hotline, and of a large plan.
//!
//! `cargo bench -p gudok-dialplan --bench decisions`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cel::{Context, Env, Program};
use gudok_dialplan::{Plan, StepEnd};
use gudok_model::ClientClass;

use support::{Call, hotline, loaded, source, typed};

#[path = "../tests/plans/large.rs"]
mod large;
#[path = "../tests/plans/support.rs"]
#[expect(dead_code, reason = "the stories of the tests need more")]
mod support;

/// Calls of one kind in a row, and rows of which the quickest counts: a machine has other things to do.
const CALLS: u32 = 2_000;
const ROWS: u32 = 10;
/// What the issue holds a decision to.
const DECISION_MAX: Duration = Duration::from_micros(20);

/// A promise in the hours of a schedule that never closes, as the proof advises where people are there at night too.
const PROMISE: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
zone = "Asia/Irkutsk"
flow = "main"

[schedule.always]
zone = "Asia/Irkutsk"
windows = ["00:00-24:00"]

[group.tech]
operators = ["101"]

[[flow.main]]
callback = "tech"
schedule = "always"
otherwise = "bye"

[[flow.bye]]
close = ["goodbye"]
reason = "nobody"
"#;

/// The quickest row. Of one call.
fn quickest(mut of: impl FnMut()) -> Duration {
    let row = |of: &mut dyn FnMut()| {
        let begun = Instant::now();
        (0..CALLS).for_each(|_| of());
        begun.elapsed() / CALLS
    };
    let rows = (0..ROWS).map(|_| row(&mut of));
    rows.min().unwrap_or_default()
}

/// The peer: the language of conditions by itself, one that is as long as most are.
fn condition_alone() -> Duration {
    let program = Program::compile("class == \"vip\" && hour >= 9").expect("a condition");
    let env = Arc::new(Env::stdlib());
    quickest(|| {
        let mut facts = Context::with_env(Arc::clone(&env));
        facts.add_variable_from_value("class", "vip");
        facts.add_variable_from_value("hour", 12);
        black_box(program.execute(&facts)).expect("a value");
    })
}

fn tell(name: &str, plan: &Plan, call: &Call, ends: &[StepEnd], peer: Duration) -> bool {
    let mut decisions = 0;
    call.walk(plan, ends, |_| decisions += 1);
    let each = quickest(|| {
        call.walk(plan, ends, |step| {
            black_box(step);
        });
    }) / decisions;
    let (ours, alone) = (each.as_secs_f64() * 1e6, peer.as_secs_f64() * 1e6);
    println!(
        "{name}: {decisions} decisions, {ours:.2} µs each, {:.1} × a condition alone ({alone:.2} µs)",
        ours / alone
    );
    each <= DECISION_MAX
}

fn main() {
    let peer = condition_alone();
    let own = loaded(&hotline()).plan;
    let promise = loaded(&source(PROMISE)).plan;
    let large = loaded(&source(&large::plan())).plan;
    let day = "2026-11-23T12:00";
    let night = "2026-12-31T23:30";
    let vip = || Call::at("+78001234567", day).of_client(ClientClass::Vip, &[("tariff", "gold")]);
    let waited = [StepEnd::TimedOut, StepEnd::TimedOut];
    let held = [
        tell(
            "hotline, day",
            &own,
            &Call::at("+78001234567", day),
            &waited,
            peer,
        ),
        tell("hotline, VIP", &own, &vip(), &waited, peer),
        tell(
            "hotline, New Year's Eve",
            &own,
            &Call::at("+78001234567", night),
            &waited,
            peer,
        ),
        tell(
            "emergency, night",
            &own,
            &Call::at("+78001234568", night),
            &waited,
            peer,
        ),
        tell(
            "50 numbers, 200 schedules, day",
            &large,
            &Call::at("+78001234507", day),
            &waited,
            peer,
        ),
        tell(
            "50 numbers, 200 schedules, night",
            &large,
            &Call::at("+78001234507", night),
            &waited,
            peer,
        ),
    ];
    let held = held.into_iter().chain([tell(
        "promise, around the clock",
        &promise,
        &Call::at("+78001234567", night),
        &[typed("1")],
        peer,
    )]);
    let held: Vec<bool> = held.collect();
    println!(
        "a decision costs at most {DECISION_MAX:?}: {}",
        !held.contains(&false)
    );
}
