//! Lives seeded weeks with restarts, for as long as it is told, and prints how to see again whichever fails:
//! `cargo run --release -p gudok-sim --example week -- --seed 7 [--days 7] [--size small] [--story]` one of them, whole where it is
//! not said otherwise,
//! `… --from 0 --count 10000 --step 1 --secs 600` as many as the time allows, each of
//! the size that its seed draws where none is said.
#![expect(clippy::print_stdout, reason = "the story is the output")]
#![expect(clippy::disallowed_methods, reason = "the time it may take is real")]
use std::process::ExitCode;
use std::time::{Duration, Instant};

use gudok_model::Mono;
use gudok_sim::{Size, Week};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    let days = value("--days").and_then(|days| u32::try_from(days).ok());
    let said = args.iter().position(|arg| arg == "--size");
    let said = said.map(|at| args.get(at + 1).and_then(|word| Size::named(word)));
    if said == Some(None) {
        println!("--size small, middle or whole");
        return ExitCode::FAILURE;
    }
    let week = |seed, size: Size| Week {
        days: days.unwrap_or(7),
        size: said.flatten().unwrap_or(size),
        ..Week::whole(seed)
    };
    if let Some(seed) = value("--seed") {
        let week = week(seed, Size::Whole);
        return one(week, args.iter().any(|arg| arg == "--story"));
    }
    let (from, step) = (value("--from").unwrap_or(0), value("--step").unwrap_or(1));
    let until = from + value("--count").unwrap_or(10_000) * step;
    let time = Duration::from_secs(value("--secs").unwrap_or(600));
    let begun = Instant::now();
    let (mut lived, mut failed, mut whole) = (0, 0, 0);
    let mut seed = from;
    while seed < until && begun.elapsed() < time {
        let week = week(seed, Size::by_lot(seed));
        whole += u32::from(week.size == Size::Whole);
        match week.hurry() {
            Ok(_) => lived += 1,
            Err(broken) => {
                println!("{broken}");
                failed += 1;
            }
        }
        seed += step.max(1);
    }
    println!("{lived} weeks lived, {failed} failed, {whole} whole");
    if failed == 0 && lived > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(week: Week, story: bool) -> ExitCode {
    let lived = match story {
        true => week
            .tell(|at, line| println!("{:13.6} {line}", at.since(Mono::default()).as_secs_f64())),
        false => week.live(),
    };
    match lived {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(broken) => {
            println!("{broken}");
            ExitCode::FAILURE
        }
    }
}
