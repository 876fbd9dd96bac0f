//! How long somebody has talked within a day, to the hour: what `talk_max` goes by. A session may never end (whoever works by a
//! phone alone has one and the same for weeks), so what was talked in it is forgotten as it comes to be a day old.
use std::collections::VecDeque;
use std::time::Duration;

use gudok_model::{Mono, SessionId};
use serde::{Deserialize, Serialize};

use crate::ledger::micros;

/// Talk counts for so long after it has ended, and never into another session.
pub(crate) const TALK_COUNTS: Duration = Duration::from_secs(24 * 3_600);

/// What is forgotten at once: talks that end within so long of the first of them.
const STEP: Duration = Duration::from_secs(3_600);

/// Of one session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Talked {
    pub(crate) session: SessionId,
    /// Microseconds in the whole session, as counted last.
    counted: u64,
    /// When a step counts no more, and microseconds in it; oldest first, at most as many as there are steps in [`TALK_COUNTS`].
    steps: VecDeque<(Mono, u64)>,
}

impl Talked {
    /// Of a session that has lasted for so long, with so much talk of which nothing else is known: as if it had been spread
    /// over it evenly. Both in microseconds.
    pub(crate) fn before(session: SessionId, talked: u64, lasted: u64, now: Mono) -> Self {
        let step = micros(STEP);
        let count = lasted.div_ceil(step).max(1);
        let kept = count.min(micros(TALK_COUNTS) / step);
        let each = talked / count;
        let spread = (0..kept).rev().map(|back| {
            let until = now + (TALK_COUNTS - Duration::from_micros((back + 1) * step));
            let rest = if back == 0 { talked % count } else { 0 };
            (until, each + rest)
        });
        Self {
            session,
            counted: talked,
            steps: spread.collect(),
        }
    }

    /// The session has come to so many microseconds of talk.
    pub(crate) fn goes_on(&mut self, talked: u64, now: Mono) {
        while self.steps.front().is_some_and(|(until, _)| *until <= now) {
            self.steps.pop_front();
        }
        let more = talked.saturating_sub(self.counted);
        self.counted = talked;
        if more == 0 {
            return;
        }
        let newest = self.steps.back_mut();
        match newest.filter(|(until, _)| *until > now + (TALK_COUNTS - STEP)) {
            Some((_, step)) => *step = step.saturating_add(more),
            None => self.steps.push_back((now + TALK_COUNTS, more)),
        }
    }

    /// When less than this has been talked. None: it is less by now.
    pub(crate) fn freed(&self, max: Duration) -> Option<Mono> {
        let max = micros(max);
        let mut left: u64 = self.steps.iter().map(|(_, step)| step).sum();
        let mut steps = self.steps.iter();
        let mut freed = None;
        while left >= max {
            let (until, step) = steps.next()?;
            left -= step;
            freed = Some(*until);
        }
        freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60;

    fn at(hours: u64) -> Mono {
        Mono::default() + Duration::from_secs(hours * 3_600)
    }

    fn us(minutes: u64) -> u64 {
        micros(Duration::from_secs(minutes * MINUTE))
    }

    fn freed(talked: &Talked, minutes: u64) -> Option<Mono> {
        talked.freed(Duration::from_secs(minutes * MINUTE))
    }

    #[test]
    fn talk_is_forgotten_as_it_comes_to_be_a_day_old() {
        let mut talked = Talked::before(SessionId(1), 0, 0, at(0));
        talked.goes_on(us(30), at(2));
        talked.goes_on(us(50), at(5));
        assert_eq!(freed(&talked, 51), None);
        assert_eq!(freed(&talked, 50), Some(at(26)));
        assert_eq!(freed(&talked, 20), Some(at(29)));
        talked.goes_on(us(50), at(26));
        assert_eq!(freed(&talked, 21), None);
    }

    #[test]
    fn a_session_without_an_end_is_remembered_by_so_many_steps() {
        let mut talked = Talked::before(SessionId(1), 0, 0, at(0));
        for half in 0..2_000 {
            let now = at(0) + Duration::from_secs(half * 1_800);
            talked.goes_on(us(half), now);
            assert!(talked.steps.len() <= 24, "{half}");
        }
        // Two minutes an hour: of a month there are those of a day.
        assert_eq!(freed(&talked, 49), None);
        assert!(freed(&talked, 46).is_some());
    }

    #[test]
    fn what_was_talked_before_is_spread_over_the_session() {
        let before = |talked: u64, hours: u64| {
            Talked::before(SessionId(1), us(talked), us(hours * 60), at(0))
        };
        let short = before(100, 3);
        assert_eq!(
            (freed(&short, 101), freed(&short, 100)),
            (None, Some(at(21)))
        );
        // Of three days, a third.
        let long = before(720, 72);
        assert_eq!(freed(&long, 241), None);
        assert!(freed(&long, 220).is_some_and(|until| until <= at(4)));
    }
}
