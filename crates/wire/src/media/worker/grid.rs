//! How wide the grid of a worker is: by its load, between bounds.
use std::ops::RangeInclusive;
use std::time::Duration;

/// Bounds of the grid. Two frames of a prompt must not fall into one tick.
const TICK_MS: RangeInclusive<u64> = 1..=10;
/// The widest grid, where there is little to do: what a packet waits at most. Far below what a phone's buffer evens out,
/// and frames of a prompt leave at most so much out of step.
const WIDEST_NS: u64 = 4_000_000;
/// Packets a wake-up should find: waking costs as much as four to eight of them, more on a processor that fell asleep.
const WORTH_WAKING: u64 = 16;

pub(super) fn tick_ns(tick: Duration) -> u64 {
    let millis = u64::try_from(tick.as_millis()).unwrap_or(u64::MAX);
    millis.clamp(*TICK_MS.start(), *TICK_MS.end()) * 1_000_000
}

/// The grid on which so many packets a second make a wake-up worth its cost, never finer than `finest`.
pub(super) fn grid_ns(packets_per_second: u64, finest: u64) -> u64 {
    let worth = 1_000_000_000 * WORTH_WAKING / packets_per_second.max(1);
    worth.clamp(finest, WIDEST_NS.max(finest))
}
