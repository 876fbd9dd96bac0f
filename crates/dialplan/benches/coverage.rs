//! What it costs to prove a large plan, and to take it in whole.
//!
//! `cargo bench -p gudok-dialplan`
#![expect(clippy::print_stdout, reason = "a bench prints its result")]
#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]
use std::hint::black_box;
use std::time::Instant;

use gudok_dialplan::{Horizon, Source, accept, load};

#[path = "../tests/plans/large.rs"]
mod large;

fn main() {
    let sources = [Source {
        name: "8800.toml".into(),
        text: large::plan(),
    }];
    let horizon = Horizon::from_date("2026-11-10").expect("a date");
    let begun = Instant::now();
    let plan = load(&sources).expect("a plan").plan;
    let read = begun.elapsed();
    let begun = Instant::now();
    let coverage = black_box(plan.coverage(horizon));
    let proved = begun.elapsed();
    let begun = Instant::now();
    black_box(accept(&sources, horizon)).expect("accepted");
    let whole = begun.elapsed();
    println!(
        "50 numbers of {} zones, 200 schedules, 400 days: read in {read:?}, proved in {proved:?} ({} evaluations, {} walks), accepted in {whole:?}",
        large::ZONES.len(),
        coverage.evaluated,
        coverage.walked
    );
}
