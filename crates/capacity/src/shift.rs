//! A shift: what comes to the queue in each of its hours.
use std::time::Duration;

/// An hour of the shift.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hour {
    /// Callers who come to the queue in it, on average.
    pub calls: f64,
    /// A talk with one who came in it, on average; exponentially distributed.
    pub talk: Duration,
}

/// One hour after the other.
#[derive(Clone, PartialEq, Debug)]
pub struct Shift {
    /// What is expected of each.
    pub hours: Vec<Hour>,
    /// When callers came, from the beginning of such a shift, in order: one list for each shift on record. They are lived
    /// through as they were; without any, callers come at random, so many an hour as [`Hour`] says.
    pub recorded: Vec<Vec<Duration>>,
}

/// Of every hour here. Microseconds.
pub(crate) const HOUR: u64 = 3_600_000_000;

impl Shift {
    /// Some of its hours, one after the other, as a shift of their own; the same hour may come twice.
    pub(crate) fn of_hours(&self, hours: &[usize]) -> Self {
        let day = |day: &Vec<Duration>| {
            let hours = hours.iter().zip(0..);
            let hour = hours.flat_map(|(hour, place)| {
                let (from, to) = (begin(*hour), begin(*hour + 1));
                let within = day.iter().filter(move |at| (from..to).contains(*at));
                within.map(move |at| *at - from + begin(place))
            });
            hour.collect()
        };
        let known = hours.iter().filter_map(|hour| self.hours.get(*hour));
        Self {
            hours: known.copied().collect(),
            recorded: self.recorded.iter().map(day).collect(),
        }
    }
}

fn begin(hour: usize) -> Duration {
    Duration::from_micros(hour as u64 * HOUR)
}
