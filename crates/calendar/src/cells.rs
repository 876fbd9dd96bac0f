//! The finite partition of a stretch of time: every moment at which a clock or a schedule may say something else.
use gudok_model::Wall;
use jiff::civil::Date;

use crate::schedule::{LOOK_BACK_DAYS, Schedule};
use crate::zone::Zone;

/// Microseconds in a day of 24 hours.
const DAY: i64 = 86_400_000_000;

/// How finely a clock is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Tick {
    /// The date and the day of the week.
    Day,
    /// The hour too.
    Hour,
    /// The minute too.
    Minute,
}

impl Tick {
    fn seconds(self) -> i64 {
        match self {
            Self::Day => 86_400,
            Self::Hour => 3_600,
            Self::Minute => 60,
        }
    }
}

impl Zone {
    /// The moments after `from` and before `to` at which the clock on the wall may show another day, hour or minute:
    /// its own ticks, and every moment at which clocks are set. In order, each once.
    pub fn ticks(&self, tick: Tick, from: Wall, to: Wall) -> Vec<Wall> {
        let step = tick.seconds() * 1_000_000;
        let mut ticks = Vec::new();
        let mut begin = from;
        while begin < to {
            let end = self.next_transition(begin).map_or(to, |at| at.min(to));
            if begin > from {
                ticks.push(begin);
            }
            let offset = self.offset_at(begin) * 1_000_000;
            let shown = begin.0.saturating_add(offset);
            let mut at = begin.0 + (step - shown.rem_euclid(step));
            while at < end.0 {
                ticks.push(Wall(at));
                at += step;
            }
            begin = end;
        }
        ticks
    }
}

impl Schedule {
    /// When the answer changes from `from` to before `to`, and what it is from then on: `open`, or the
    /// [code](crate::Why::code) of why it is closed. The first entry is at `from`; neighbours differ.
    ///
    /// Agrees with [`Schedule::closed_because`] at every moment in between. About a thousand entries a year for an
    /// ordinary week.
    pub fn cells(&self, from: Wall, to: Wall) -> Vec<(Wall, &'static str)> {
        let open = self.open_stretches(from, to);
        let mut edges = vec![from];
        edges.extend(self.zone.ticks(Tick::Day, from, to));
        let within = |at: &Wall| from < *at && *at < to;
        edges.extend(open.iter().flat_map(|(a, b)| [*a, *b]).filter(within));
        edges.sort_unstable();
        edges.dedup();
        let mut cells: Vec<(Wall, &'static str)> = Vec::new();
        let mut day: Option<(Date, &'static str)> = None;
        let mut next = 0;
        for at in edges {
            while open.get(next).is_some_and(|(_, end)| *end <= at) {
                next += 1;
            }
            let code = if open.get(next).is_some_and(|(begin, _)| *begin <= at) {
                "open"
            } else {
                let date = self.zone.reading(at).date();
                match day {
                    Some((known, code)) if known == date => code,
                    _ => {
                        let code = self.why_closed(at, date).code();
                        day = Some((date, code));
                        code
                    }
                }
            };
            if cells.last().is_none_or(|(_, last)| *last != code) {
                cells.push((at, code));
            }
        }
        cells
    }

    /// Everything that is open between two moments, in order, what touches or overlaps taken together.
    fn open_stretches(&self, from: Wall, to: Wall) -> Vec<(Wall, Wall)> {
        let days = u32::try_from((to.0 - from.0).max(0) / DAY).unwrap_or(u32::MAX);
        let all = self.stretches(
            self.zone.reading(from),
            days.saturating_add(2 * LOOK_BACK_DAYS + 2),
        );
        let mut walls: Vec<(Wall, Wall)> = all
            .map(|(begin, end)| (self.zone.first(begin), self.zone.end(end)))
            .filter(|(begin, end)| begin < end && *end > from && *begin < to)
            .collect();
        walls.sort_unstable();
        let mut open: Vec<(Wall, Wall)> = Vec::new();
        for (begin, end) in walls {
            match open.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => open.push((begin, end)),
            }
        }
        open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_ticks_where_it_shows_another_hour() {
        let zone = Zone::parse("Australia/Lord_Howe").expect("a zone");
        // 5 April 2026, 02:00 local: half an hour back, to 01:30.
        let from = zone.midnight(crate::parse_date("2026-04-05").expect("a date"));
        let to = Wall(from.0 + 4 * 3_600_000_000);
        let shown: Vec<String> = zone
            .ticks(Tick::Hour, from, to)
            .into_iter()
            .map(|at| {
                let local = zone.local(at);
                format!("{:02}:{:02}", local.hour, local.minute)
            })
            .collect();
        assert_eq!(shown, ["01:00", "01:30", "02:00", "03:00"]);
    }
}
