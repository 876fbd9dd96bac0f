//! Where the time of a session goes, and what was done in it: in each displayed state so long, together as long as the session
//! (I5). Kept for every seat, told when it is given up.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Mono, Now, OperatorId, SessionId, Shift, Tally};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::operator::Display;
use crate::output::Output;
use crate::tally::Measures;

/// The account of one session.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Ledger {
    pub(crate) session: SessionId,
    /// In this run.
    began: Mono,
    /// Of the runs before.
    #[serde(default)]
    earlier: Duration,
    /// Displayed now.
    pub(crate) display: Display,
    since: Mono,
    /// In the states before.
    spent: BTreeMap<Display, Duration>,
    tally: Tally,
    /// What was told of it.
    told: Tally,
}

impl Acd {
    /// Books the time up to now, and opens and closes the account with the session.
    pub(crate) fn keep_ledger(&mut self, now: Now, id: &OperatorId) {
        let who = self.operators.get(id);
        let seat = who.and_then(|who| Some((who.session?, who.face().display)));
        let ledger = self.ledgers.get_mut(id);
        if let (Some((session, display)), Some(ledger)) = (seat, ledger)
            && ledger.session == session
        {
            ledger.enter(display, now.mono);
            if let Some(tally) = ledger.news() {
                let operator = id.clone();
                self.outputs.push_back(Output::Counted { operator, tally });
            }
            return;
        }
        if let Some(over) = self.ledgers.remove(id) {
            self.outputs.push_back(Output::Left {
                operator: id.clone(),
                shift: over.shift(now.mono),
            });
        }
        if let Some((session, display)) = seat {
            let ledger = Ledger::new(session, display, now.mono);
            self.ledgers.insert(id.clone(), ledger);
            let operator = id.clone();
            self.outputs
                .push_back(Output::SatDown { operator, session });
        }
    }

    /// Something to count for whoever has a seat.
    pub(crate) fn book(&mut self, id: &OperatorId, add: impl FnOnce(&mut Tally)) {
        if let Some(ledger) = self.ledgers.get_mut(id) {
            add(&mut ledger.tally);
            self.touched.insert(id.clone());
        }
    }

    /// The session of an operator as it stands. None: they have no seat.
    pub fn shift(&self, id: &OperatorId, now: Mono) -> Option<Shift> {
        Some(self.ledgers.get(id)?.shift(now))
    }

    /// I5 of one operator.
    pub(crate) fn check_ledger(&self, id: &OperatorId) -> Result<(), String> {
        let who = self.operators.get(id);
        let seat = who.and_then(|who| Some((who.session?, who.face().display)));
        let ledger = self.ledgers.get(id);
        if ledger.map(|it| (it.session, it.display)) != seat {
            return Err(format!("I5: {id} is {seat:?}, the ledger has {ledger:?}"));
        }
        let whole = ledger.is_none_or(|it| it.is_whole());
        if whole {
            Ok(())
        } else {
            Err(format!("I5: the states of {id} are no session: {ledger:?}"))
        }
    }
}

impl Ledger {
    fn new(session: SessionId, display: Display, now: Mono) -> Self {
        Self {
            session,
            began: now,
            earlier: Duration::ZERO,
            display,
            since: now,
            spent: BTreeMap::new(),
            tally: Tally::default(),
            told: Tally::default(),
        }
    }

    /// One that goes on after a restart.
    pub(crate) fn resumed(shift: &Shift, now: Mono) -> Self {
        let spent = shift.states_us.iter();
        let spent: BTreeMap<Display, Duration> = spent
            .filter_map(|(slug, us)| Some((Display::named(slug)?, Duration::from_micros(*us))))
            .collect();
        Self {
            earlier: spent.values().sum(),
            spent,
            tally: shift.tally,
            told: shift.tally,
            ..Self::new(shift.session, Display::DeviceDown, now)
        }
    }

    /// What strategies and limits go by.
    pub(crate) fn measures(&self, now: Mono) -> Measures {
        let now = now.max(self.since);
        let worked = self.spent.iter().filter(|(display, _)| display.is_work());
        let worked: Duration = worked.map(|(_, spent)| *spent).sum();
        let running = match self.display.is_work() {
            true => now.since(self.since),
            false => Duration::ZERO,
        };
        let session = self.earlier + now.since(self.began);
        let (calls, talked) = (self.tally.calls.into(), self.tally.queue_talk_us());
        Measures::of(calls, talked, micros(worked + running), micros(session))
    }

    fn is_whole(&self) -> bool {
        self.booked() == self.earlier + self.since.since(self.began)
    }

    fn enter(&mut self, display: Display, now: Mono) {
        if self.display != display {
            let now = now.max(self.since);
            *self.spent.entry(self.display).or_default() += now.since(self.since);
            (self.display, self.since) = (display, now);
        }
    }

    /// In all states that are over.
    fn booked(&self) -> Duration {
        self.spent.values().sum()
    }

    /// What was counted since it was told last.
    fn news(&mut self) -> Option<Tally> {
        let is_new = self.told != self.tally;
        self.told = self.tally;
        is_new.then_some(self.tally)
    }

    fn shift(&self, now: Mono) -> Shift {
        let mut spent = self.spent.clone();
        *spent.entry(self.display).or_default() += now.since(self.since);
        let states = spent.into_iter();
        Shift {
            session: self.session,
            length_us: micros(self.earlier + now.max(self.since).since(self.began)),
            states_us: states
                .map(|(display, spent)| (display.slug().into(), micros(spent)))
                .collect(),
            tally: self.tally,
        }
    }
}

/// Saturates after 584 thousand years.
pub(crate) fn micros(time: Duration) -> u64 {
    time.as_micros().try_into().unwrap_or(u64::MAX)
}
