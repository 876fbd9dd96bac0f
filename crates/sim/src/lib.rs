//! Virtual clock, seeded callers and operators; drives the pure crates.
//!
//! [`Day`] lives a whole seeded day against the real switchboard and asks after every step whether anything is
//! that must never be.
//!
//! [`Week`] lives days in a row with restarts at random moments.
//!
//! [`simulate`] plays one call against a given floor and tells its story: `gudok simulate`.
//!
//! Reading order: `world` is the loop, `perform` what the switchboard asks of it and what happens by itself;
//! `caller`, `operator`, `owed`, `supervisor`, `leg` and `crm` are the cast, `hotline` the stage, `watch` the observer with `ears`
//! and `promises`.
//!
//! This crate does not know what time it is, and draws all chance from one seed.
#![forbid(unsafe_code)]

pub mod day;
pub mod report;
pub mod scene;
pub mod story;
pub mod week;

mod agenda;
mod before;
mod caller;
mod crm;
mod ears;
mod faults;
mod hotline;
mod leg;
mod looks;
mod operator;
mod owed;
mod perform;
mod prng;
mod promises;
mod restart;
mod size;
mod supervisor;
mod trace;
mod watch;
mod words;
mod world;

pub use day::{Day, Failure};
pub use hotline::DAY_CALLS;
pub use report::Report;
pub use scene::{Busy, Extra, Mood, Pressing, Scene};
pub use size::Size;
pub use story::{Story, simulate};
pub use week::{Broken, Week};
pub use words::outcome as outcome_in_russian;
