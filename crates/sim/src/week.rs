//! Seeded days in a row, with restarts at moments of which nobody thought.
use std::fmt;

use gudok_model::Mono;

use crate::looks::Care;
use crate::report::Report;
use crate::size::Size;
use crate::world::{Listener, World};

/// So many days, the first a Monday, with a restart a day on average; every third is announced by a drain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Week {
    /// Decides everything that happens.
    pub seed: u64,
    /// How many; seven make a week.
    pub days: u32,
    /// Of the hotline.
    pub size: Size,
}

/// What must never be was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The week.
    pub week: Week,
    /// Virtual time since the first midnight.
    pub at: Mono,
    /// Which invariant, in English.
    pub what: String,
}

impl Week {
    /// Seven days of the whole hotline.
    pub fn whole(seed: u64) -> Self {
        Self {
            seed,
            days: 7,
            size: Size::Whole,
        }
    }

    /// Seven days of a hotline whose size the seed draws.
    pub fn by_lot(seed: u64) -> Self {
        Self {
            size: Size::by_lot(seed),
            ..Self::whole(seed)
        }
    }

    /// Lives the week, and asks after each step whether anything is that must never be.
    ///
    /// # Errors
    /// The first thing that must never be, with the seed that leads to it.
    pub fn live(self) -> Result<Report, Broken> {
        self.run(Care::EachStep, None)
    }

    /// The same week in a quarter of the time, as [`Day::hurry`](crate::Day::hurry) lives a day; where weeks are lived by the thousand,
    /// one step in 64 is asked.
    ///
    /// # Errors
    /// As [`live`](Self::live), where it lasts for some steps; [`tell`](Self::tell) shows when it began.
    pub fn hurry(self) -> Result<Report, Broken> {
        self.run(Care::OneOf(64), None)
    }

    /// Lives the week and tells everything that goes in and comes out, line by line.
    ///
    /// # Errors
    /// As [`live`](Self::live).
    pub fn tell(self, listener: impl FnMut(Mono, String) + 'static) -> Result<Report, Broken> {
        self.run(Care::EachStep, Some(Box::new(listener)))
    }

    fn run(self, care: Care, listener: Option<Listener>) -> Result<Report, Broken> {
        let broken = |at: Mono, what: String| Broken {
            week: self,
            at,
            what,
        };
        let world = World::week(self.seed, (self.days, self.size), care, listener);
        let mut world = world.map_err(|what| broken(Mono(0), what))?;
        let start = world.now.mono;
        let lived = world.live();
        lived.map_err(|what| broken(world.now.mono, what))?;
        Ok(world.report(self.seed, start))
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Week { seed, days, size } = self.week;
        let size = size.word();
        let at = self.at.since(Mono::default()).as_secs_f64();
        writeln!(
            f,
            "week seed={seed} days={days} size={size} at {at:.6} s: {}",
            self.what
        )?;
        write!(
            f,
            "again: cargo run --release -p gudok-sim --example week -- --seed {seed} --days {days} --size {size} --story"
        )
    }
}

impl std::error::Error for Broken {}
