//! Lives one seeded day: `cargo run --release -p gudok-sim --example day -- --seed 7 [--calls 400] [--story]`.
#![expect(clippy::print_stdout, reason = "the story is the output")]
use std::process::ExitCode;

use gudok_model::Mono;
use gudok_sim::{DAY_CALLS, Day};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<u64>().ok()
    };
    let calls = value("--calls").and_then(|calls| u32::try_from(calls).ok());
    let day = Day {
        seed: value("--seed").unwrap_or(1),
        calls: calls.unwrap_or(DAY_CALLS),
    };
    let lived = if args.iter().any(|arg| arg == "--story") {
        let secs = |at: Mono| at.since(Mono::default()).as_secs_f64();
        day.tell(move |at, line| println!("{:13.6} {line}", secs(at)))
    } else {
        day.live()
    };
    match lived {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{failure}");
            ExitCode::FAILURE
        }
    }
}
