//! The `gudok` binary: the command line, and behind `serve` the daemon.
#![forbid(unsafe_code)]

mod alive;
mod asking;
mod attempts;
mod before;
mod beginning;
mod blocks;
mod called;
mod certificates;
mod changes;
mod cli;
mod clock;
mod coming;
mod complaints;
mod config;
mod config_check;
mod config_error;
mod control;
mod cut;
mod cut_promise;
mod cut_short;
mod cut_talk;
mod cut_work;
mod demo;
mod dialler;
mod disk;
mod doors;
mod floor_kept;
mod folder;
mod hotline;
mod listen;
mod log;
mod lookups;
mod metrics;
mod names;
mod numbers;
mod on_floor;
mod owed;
mod phones_kept;
mod place;
mod plain;
mod plans;
mod private;
mod promised;
mod records;
mod reload;
mod replay;
mod report;
mod retired;
mod said;
mod secret;
mod serve;
mod session;
mod shadow;
mod shifts;
mod sight;
mod signed_in;
mod slugs;
mod span;
mod speaker;
mod standing;
mod story;
mod taken_up;
mod talks;
mod upkeep;
mod verbs;
mod versions;
mod voice;
mod web;
mod worked;
mod zones;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Verb};
use rustix::fs::Mode;
use rustix::process::umask;

/// A call is hundreds of short-lived values on one thread, freed on another: the system's allocator spends a sixth of a
/// call's CPU on them, and keeps what the busiest minute needed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Bad configuration or dialplan (sysexits.h, EX_USAGE); nothing was bound.
const EX_CONFIG: u8 = 64;

fn main() -> ExitCode {
    // Two megabytes at a time are a lot for a daemon of thirty. A kernel that knows no such thing gives none either.
    let _unknown = rustix::thread::disable_transparent_huge_pages(true);
    let cli = Cli::parse();
    match run(&cli) {
        Ok(code) => code,
        Err(error) => {
            log::last_word(&format!("gudok: {error:#}"));
            let config = error.downcast_ref::<config_error::ConfigError>().is_some()
                || error.downcast_ref::<verbs::Refused>().is_some();
            ExitCode::from(if config { EX_CONFIG } else { 1 })
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    // Recordings, numbers and password hashes: whatever we make is for our own user alone.
    umask(Mode::RWXG | Mode::RWXO);
    match &cli.verb {
        Verb::Serve => serve::serve(&cli.config),
        Verb::Demo(arguments) => demo::demo(arguments),
        Verb::Check(arguments) => verbs::check::check(&cli.config, arguments),
        Verb::Coverage(arguments) => verbs::coverage::coverage(&cli.config, arguments),
        Verb::Schema { tests } => Ok(verbs::schema::schema(*tests)),
        Verb::Prompts { verb: None } => verbs::prompts::prompts(&cli.config),
        Verb::Prompts {
            verb: Some(cli::Prompts::Build),
        } => verbs::prompts::build(&cli.config),
        Verb::Simulate(arguments) => verbs::simulate::simulate(&cli.config, arguments),
        Verb::Capacity(arguments) => verbs::capacity::capacity(&cli.config, arguments),
        Verb::Calls(arguments) => verbs::calls::calls(&cli.config, arguments),
        Verb::Explain { call } => verbs::calls::explain(&cli.config, call),
        Verb::Replay { call } => verbs::calls::replay(&cli.config, call),
        Verb::Ladder(arguments) => verbs::ladder::ladder(&cli.config, arguments),
        Verb::Report(arguments) => verbs::report::report(&cli.config, arguments),
        Verb::Wall { json } => verbs::wall::wall(&cli.config, *json),
        Verb::Floor(arguments) => verbs::floor::floor(&cli.config, arguments),
        Verb::Missed(arguments) => verbs::missed::missed(&cli.config, arguments),
        Verb::Dnc(verb) => verbs::dnc::dnc(&cli.config, verb),
        Verb::Requests(arguments) => verbs::requests::requests(&cli.config, arguments),
        Verb::Recordings(verb) => verbs::recordings::recordings(&cli.config, verb),
        Verb::Clients(verb) => verbs::directory::clients(&cli.config, verb),
        Verb::Numbers(cli::Numbers::Import(arguments)) => verbs::numbers::import(arguments),
        Verb::Numbers(cli::Numbers::Show(arguments)) => {
            verbs::numbers::show(&cli.config, arguments)
        }
        Verb::Outbound(cli::Outbound::Check(arguments)) => {
            verbs::outbound::check(&cli.config, arguments)
        }
        Verb::Tokens(verb) => verbs::tokens::tokens(&cli.config, verb),
        Verb::Operators(verb) => verbs::directory::operators(&cli.config, verb),
        Verb::Bans(verb) => verbs::control::bans(&cli.config, verb),
        Verb::Block(arguments) => verbs::control::block(&cli.config, arguments),
        Verb::Roster(verb) => verbs::roster::roster(&cli.config, verb),
        Verb::Schedule(arguments) => verbs::schedule::schedule(&cli.config, arguments),
        Verb::Reload(reason) => verbs::plans::reload(&cli.config, reason),
        Verb::Rollback {
            version,
            expected,
            reason,
        } => verbs::plans::rollback(&cli.config, (*version, *expected), reason),
        Verb::Shadow(verb) => verbs::shadow::shadow(&cli.config, verb),
        Verb::Plans(arguments) => verbs::plans::plans(&cli.config, arguments),
        Verb::Force(arguments) => verbs::supervise::force(&cli.config, arguments),
        Verb::Reserve(arguments) => verbs::supervise::reserve(&cli.config, arguments),
        Verb::Regroup(arguments) => verbs::supervise::regroup(&cli.config, arguments),
        Verb::Assign(arguments) => verbs::supervise::assign(&cli.config, arguments),
        Verb::Priority(arguments) => verbs::supervise::priority(&cli.config, arguments),
        Verb::Announce(arguments) => verbs::supervise::announce(&cli.config, arguments),
        Verb::Quiet(arguments) => verbs::supervise::quiet(&cli.config, arguments),
        Verb::Cost => verbs::control::cost(&cli.config),
        Verb::Attack { mode } => verbs::control::attack(&cli.config, *mode),
        Verb::Trunk(cli::Trunk::Learn(arguments)) => verbs::trunk::learn(&cli.config, arguments),
    }
}
