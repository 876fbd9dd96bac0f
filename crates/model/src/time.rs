//! Two clocks: monotonic time for timers, wall time for people.
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Monotonic time: microseconds. A daemon begins at [`Mono::START`], a simulation at zero. Timers use it alone.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Mono(pub u64);

/// Wall time: microseconds since 1970-01-01 UTC. Schedules and records use it; it may step.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Wall(pub i64);

/// The moment an input happened, on both clocks. Every machine takes it as an argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Now {
    /// For timers.
    pub mono: Mono,
    /// For people.
    pub wall: Wall,
}

impl Mono {
    /// Where the clock of a daemon begins: a week after zero, so that a moment before this run can be said, such as since
    /// when somebody had waited whom a crash cut off.
    pub const START: Self = Self(7 * 24 * 3_600_000_000);

    /// Time since the start of the daemon; zero for what was before it.
    pub fn since_start(self) -> Duration {
        self.since(Self::START)
    }

    /// How much later than `earlier` this is; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Mono {
    type Output = Self;

    fn add(self, delta: Duration) -> Self {
        Self(self.0.saturating_add(micros(delta)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;

    fn sub(self, delta: Duration) -> Self {
        Self(self.0.saturating_sub(micros(delta)))
    }
}

impl Wall {
    /// How much later than `earlier` this is; zero if it is not later (the clock may have stepped).
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).try_into().unwrap_or(0))
    }
}

impl Add<Duration> for Wall {
    type Output = Self;

    fn add(self, delta: Duration) -> Self {
        Self(
            self.0
                .saturating_add(micros(delta).try_into().unwrap_or(i64::MAX)),
        )
    }
}

impl Now {
    /// Both clocks moved on by `delta`.
    pub fn plus(self, delta: Duration) -> Self {
        Self {
            mono: self.mono + delta,
            wall: self.wall + delta,
        }
    }

    /// The moment that the wall clock tells so, before this run or to come, as if no clock ever stepped. Zero for what was
    /// longer before the start than [`Mono::START`].
    pub fn mono_at(self, at: Wall) -> Mono {
        self.mono - self.wall.since(at) + at.since(self.wall)
    }

    /// What the wall clock tells at the moment, past or to come, as if it never stepped.
    pub fn wall_at(self, at: Mono) -> Wall {
        let ago = i64::try_from(self.mono.0.saturating_sub(at.0)).unwrap_or(i64::MAX);
        Wall(self.wall.0.saturating_sub(ago)) + at.since(self.mono)
    }
}

/// Saturates after 584 thousand years.
fn micros(delta: Duration) -> u64 {
    delta.as_micros().try_into().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_the_start_can_be_said_and_comes_before_it() {
        let waited = Duration::from_secs(200);
        let before = Mono::START - waited;
        assert!(before < Mono::START);
        assert_eq!(Mono::START.since(before), waited);
        assert_eq!(before.since_start(), Duration::ZERO);
        assert_eq!((Mono::START + waited).since_start(), waited);
    }

    #[test]
    fn a_moment_is_found_on_the_other_clock_and_back() {
        let now = Now {
            mono: Mono::START + Duration::from_secs(10),
            wall: Wall(1_795_320_000_000_000),
        };
        for secs in [-3_600, -1, 0, 1, 3_600] {
            let wall = Wall(now.wall.0 + secs * 1_000_000);
            let mono = now.mono_at(wall);
            assert_eq!(now.wall_at(mono), wall, "{secs}");
            assert_eq!(mono < Mono::START, secs < -10, "{secs}");
        }
        assert_eq!(now.mono_at(Wall(0)), Mono(0), "long before it can be said");
    }
}
