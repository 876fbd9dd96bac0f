//! A seeded day: the whole hotline in virtual time.
use std::fmt;

use gudok_model::Mono;

use crate::hotline::DAY_CALLS;
use crate::looks::Care;
use crate::report::Report;
use crate::world::{Listener, World};

/// A day, or a part of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Decides everything that happens.
    pub seed: u64,
    /// Calls in a row from the day's [`DAY_CALLS`]; where in the day they begin is up to the seed.
    pub calls: u32,
}

/// What must never be was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The day.
    pub day: Day,
    /// Virtual time since midnight.
    pub at: Mono,
    /// Which invariant, in English.
    pub what: String,
}

impl Day {
    /// All of it.
    pub fn whole(seed: u64) -> Self {
        Self {
            seed,
            calls: DAY_CALLS,
        }
    }

    /// Lives the day, and asks after each step whether anything is that must never be.
    ///
    /// # Errors
    /// The first thing that must never be, with the seed that leads to it.
    pub fn live(self) -> Result<Report, Failure> {
        self.run(Care::EachStep, None)
    }

    /// The same day in a quarter of the time: of what the machines say of themselves one step in sixteen is asked, by lot, and each
    /// after whatever changes everything. What is seen from outside is watched as ever.
    ///
    /// # Errors
    /// As [`live`](Self::live), where it lasts for some steps; [`tell`](Self::tell) shows when it began.
    pub fn hurry(self) -> Result<Report, Failure> {
        self.run(Care::OneOf(16), None)
    }

    /// Lives the day and tells everything that goes in and comes out, line by line.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub fn tell(self, listener: impl FnMut(Mono, String) + 'static) -> Result<Report, Failure> {
        self.run(Care::EachStep, Some(Box::new(listener)))
    }

    fn run(self, care: Care, listener: Option<Listener>) -> Result<Report, Failure> {
        let failure = |at: Mono, what: String| Failure {
            day: self,
            at,
            what,
        };
        let world = World::new(self.seed, self.calls, care, listener);
        let mut world = world.map_err(|what| failure(Mono(0), what))?;
        let start = world.now.mono;
        let lived = world.live();
        lived.map_err(|what| failure(world.now.mono, what))?;
        Ok(world.report(self.seed, start))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Day { seed, calls } = self.day;
        let at = self.at.since(Mono::default()).as_secs_f64();
        writeln!(f, "seed={seed} calls={calls} at {at:.6} s: {}", self.what)?;
        write!(
            f,
            "again: cargo run --release -p gudok-sim --example day -- --seed {seed} --calls {calls} --story"
        )
    }
}

impl std::error::Error for Failure {}
