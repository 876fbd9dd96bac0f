//! What `fewest_calls`, `least_talk` and `least_occupied` go by (Q6): the account of the session, which is what is told of it and
//! outlives a restart. Talks that an operator dialled are no calls of a queue: they are work, and neither calls nor talk.
//!
//! [`Tally`] is a second count, kept by what is true of the person before and after each step: journals of an earlier version were
//! decided by it.
use gudok_model::{Mono, OfferId, OperatorId, SessionId, Shift};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::operator::{Display, Operator};

/// A share of 1 in [`Measures::share`].
const WHOLE: u64 = 1_000;

/// The work of one session at the desk.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// When the session began, in this run.
    since: Mono,
    /// Microseconds of it in the runs before.
    #[serde(default)]
    earlier: u64,
    calls: u64,
    /// Microseconds in talks that are over, on hold too.
    talked: u64,
    /// Microseconds at work that is over: rung, talking, writing up.
    worked: u64,
    /// The talk in hand, and since when.
    talk: Option<(OfferId, Mono)>,
    /// At work since.
    work: Option<Mono>,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Measures {
    /// Talks.
    pub(crate) calls: u64,
    /// Microseconds.
    pub(crate) talked: u64,
    /// Of a thousand parts of the session, those at work.
    pub(crate) share: u64,
}

/// What of a person is counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doing {
    session: Option<SessionId>,
    talk: Option<OfferId>,
    busy: bool,
}

impl Doing {
    pub(crate) fn of(who: &Operator) -> Self {
        Self {
            session: who.session,
            talk: who.talk().map(|talk| talk.offer),
            busy: who.is_busy(),
        }
    }
}

impl Doing {
    /// Whether a talk with a caller begins by this.
    pub(crate) fn begins_talk(self, before: Self) -> bool {
        self.talk.is_some() && self.talk != before.talk
    }
}

impl Acd {
    /// What there is in the session of an operator, as of now.
    pub(crate) fn measures(&self, id: &OperatorId) -> Measures {
        if self.counts_twice {
            let tally = self.tallies.get(id);
            return tally.map_or_else(Measures::default, |tally| tally.measures(self.now));
        }
        let session = self.operators.get(id).and_then(|who| who.session);
        let ledger = self.ledgers.get(id);
        let ledger = ledger.filter(|ledger| Some(ledger.session) == session);
        ledger.map_or_else(Measures::default, |ledger| ledger.measures(self.now))
    }
}

impl Measures {
    /// `worked` and `session`: microseconds.
    pub(crate) fn of(calls: u64, talked: u64, worked: u64, session: u64) -> Self {
        Self {
            calls,
            talked,
            share: worked.saturating_mul(WHOLE) / session.max(1),
        }
    }
}

impl Tally {
    /// Counts what came between the two. A new session begins from nothing, whatever is in hand.
    pub(crate) fn goes_on(&mut self, before: Doing, after: Doing, now: Mono) {
        if before.session != after.session {
            *self = Self {
                since: now,
                ..Self::default()
            };
        }
        if self.talk.map(|(offer, _)| offer) != after.talk {
            let ended = self.talk.take().map_or(0, |(_, since)| micros(since, now));
            self.talked = self.talked.saturating_add(ended);
            self.talk = after.talk.map(|offer| (offer, now));
            self.calls += u64::from(after.talk.is_some());
        }
        if self.work.is_some() != after.busy {
            let ended = self.work.take().map_or(0, |since| micros(since, now));
            self.worked = self.worked.saturating_add(ended);
            self.work = after.busy.then_some(now);
        }
    }

    /// What there was in the session before a restart.
    pub(crate) fn go_on(&mut self, shift: &Shift) {
        let worked = shift.states_us.iter();
        let worked = worked.filter(|(slug, _)| Display::named(slug).is_some_and(Display::is_work));
        self.calls = u64::from(shift.tally.calls);
        self.talked = shift.tally.talk_us;
        self.worked = worked.fold(0, |sum: u64, (_, us)| sum.saturating_add(*us));
        self.earlier = shift.length_us;
    }

    /// As of now.
    pub(crate) fn measures(&self, now: Mono) -> Measures {
        let running = self.work.map_or(0, |since| micros(since, now));
        let worked = self.worked.saturating_add(running);
        let session = micros(self.since, now);
        let session = session.saturating_add(self.earlier);
        Measures::of(self.calls, self.talked, worked, session)
    }
}

fn micros(since: Mono, now: Mono) -> u64 {
    u64::try_from(now.since(since).as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use gudok_model::CallId;
    use uuid::Uuid;

    use super::*;

    fn doing(talk: Option<u16>, busy: bool) -> Doing {
        let call = CallId(Uuid::from_u128(1));
        Doing {
            session: Some(SessionId(1)),
            talk: talk.map(|index| OfferId { call, index }),
            busy,
        }
    }

    /// Two talks, one handed over to the next without a pause, with paperwork after the last.
    #[test]
    fn talks_and_work_are_counted_each_once() {
        let out = Doing {
            session: None,
            ..doing(None, false)
        };
        let steps = [
            (0, out),
            (0, doing(None, false)),
            (100, doing(None, true)),
            (110, doing(Some(1), true)),
            (140, doing(Some(2), true)),
            (150, doing(None, true)),
            (200, doing(None, false)),
        ];
        let mut tally = Tally::default();
        for pair in steps.windows(2) {
            tally.goes_on(pair[0].1, pair[1].1, Mono(pair[1].0));
        }
        let measures = |calls, talked, share| Measures {
            calls,
            talked,
            share,
        };
        assert_eq!(tally.measures(Mono(200)), measures(2, 40, 500));
        assert_eq!(tally.measures(Mono(400)), measures(2, 40, 250));
        // Somebody else sits down.
        let other = Doing {
            session: Some(SessionId(2)),
            ..doing(None, false)
        };
        tally.goes_on(doing(None, false), other, Mono(500));
        assert_eq!(tally.measures(Mono(600)), measures(0, 0, 0));
    }
}
