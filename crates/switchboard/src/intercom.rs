//! Calls between operators, outside of any call of the hotline: no record, no queue, no card.
//!
//! Named policies: one such call at a time for either party, and none for who has something else in hand, so that no
//! phone keeps more than one colleague from the queues. Who did not answer is not rung so again for [`INTERCOM_REST`];
//! [`IN_VAIN_MAX`] calls of one phone in a row that nobody answers raise an alarm, once.
use std::time::Duration;

use gudok_model::{CallId, EndCause, LegId, Mono, Now, OperatorId, Parsed};

use crate::consult::status_of;
use crate::output::{DialTarget, Output};
use crate::pointed::Pointed;
use crate::switchboard::Switchboard;
use crate::timers::Timer;
use crate::transfer::{BUSY, GONE_AWAY, Whom};

/// Most calls between operators at one time; the next one meets 503.
pub const INTERCOMS_MAX: usize = 100;

/// How long colleagues leave an operator alone who did not answer one of them.
pub const INTERCOM_REST: Duration = Duration::from_secs(10);

/// Calls to colleagues in a row that nobody answers, after which the phone that dials is suspicious.
pub const IN_VAIN_MAX: u8 = 5;

/// A call between two operators: leg 0 dialled, leg 1 is dialled, and where its phone points to a colleague the next one.
#[derive(Clone, Debug)]
pub(crate) struct Intercom {
    parties: [OperatorId; 2],
    legs: [LegId; 2],
    /// Legs that are not over.
    open: [bool; 2],
    answered: bool,
    /// Both legs were told to end.
    leaving: bool,
    pointed: Pointed,
}

impl Switchboard {
    /// Rings a colleague for an operator who talks with nobody.
    pub(crate) fn intercom(
        &mut self,
        now: Now,
        id: CallId,
        from: &OperatorId,
        to: &Parsed,
    ) -> Result<(), u16> {
        let full = self.intercoms.len() >= INTERCOMS_MAX || self.draining;
        if full || self.intercoms.contains_key(&id) || self.calls.contains_key(&id) {
            return Err(503);
        }
        let Whom::Operator(with) = self.whom(None, to)? else {
            // Calls to the outside need more than a phone: the law, a purpose, a record.
            return Err(403);
        };
        if with == *from || !self.acd.may_dial(from) || self.rests(now.mono, &with) {
            return Err(BUSY);
        }
        self.is_free(id, &with)?;
        for who in [from, &with] {
            self.engage(now, id, &Whom::Operator(who.clone()), true);
        }
        let ring = now.mono + self.config.transfer_ring;
        self.timers.set(Timer::Consult(id), ring);
        let [a, b] = [0, 1].map(|index| LegId { call: id, index });
        self.intercoms.insert(
            id,
            Intercom {
                parties: [from.clone(), with.clone()],
                legs: [a, b],
                open: [true; 2],
                answered: false,
                leaving: false,
                pointed: Pointed::default(),
            },
        );
        self.outputs.push_back(Output::Ring { leg: a });
        let target = DialTarget::Operator { operator: with };
        self.dial_colleague(b, target, from);
        Ok(())
    }

    fn rests(&self, now: Mono, operator: &OperatorId) -> bool {
        let seat = self.seats.get(operator);
        let until = seat.and_then(|seat| seat.rests_until);
        until.is_some_and(|until| now < until)
    }

    /// Whether a leg is of a call between operators.
    pub(crate) fn is_intercom(&self, leg: LegId) -> bool {
        self.intercoms.contains_key(&leg.call)
    }

    /// The colleague answered.
    pub(crate) fn on_intercom_answered(&mut self, now: Now, leg: LegId) {
        let Some(intercom) = self.intercoms.get_mut(&leg.call) else {
            return;
        };
        let [a, b] = intercom.legs;
        let late = intercom.leaving && self.config.told_once;
        if leg != b || late || intercom.answered || intercom.open != [true; 2] {
            return;
        }
        intercom.answered = true;
        let from = intercom.parties[0].clone();
        if let Some(seat) = self.seats.get_mut(&from) {
            seat.rung_in_vain = 0;
        }
        let life = now.mono + self.config.call_max;
        self.timers.set(Timer::Consult(leg.call), life);
        self.outputs.push_back(Output::Answer { leg: a });
        self.outputs.push_back(Output::Bridge { a, b });
    }

    /// The colleague's phone points to another one.
    pub(crate) fn on_intercom_redirected(&mut self, leg: LegId, to: OperatorId) {
        let intercom = self.intercoms.get_mut(&leg.call);
        if let Some(intercom) = intercom.filter(|it| it.rings(leg)) {
            intercom.pointed.at(to);
        }
    }

    /// The colleague's phone points to another one who can be rung: so they are, with a ringing of their own.
    fn rings_elsewhere(&mut self, now: Now, leg: LegId) -> bool {
        let id = leg.call;
        let intercom = self.intercoms.get_mut(&id).filter(|it| it.rings(leg));
        let pointed = intercom.and_then(|intercom| {
            let [by, asked] = intercom.parties.clone();
            let to = intercom.pointed.next(&asked, &by)?;
            Some((by, asked, to))
        });
        let Some((by, asked, to)) = pointed else {
            return false;
        };
        let index = leg.index.saturating_add(1);
        if self.rests(now.mono, &to) || self.is_free(id, &to).is_err() {
            return false;
        }
        let next = LegId { call: id, index };
        if let Some(intercom) = self.intercoms.get_mut(&id) {
            (intercom.legs[1], intercom.parties[1]) = (next, to.clone());
        }
        for (who, on) in [(asked, false), (to.clone(), true)] {
            self.engage(now, id, &Whom::Operator(who), on);
        }
        let ring = now.mono + self.config.transfer_ring;
        self.timers.set(Timer::Consult(id), ring);
        self.dial_colleague(next, DialTarget::Operator { operator: to }, &by);
        true
    }

    /// One leg is over: the other is told to end, and is forgotten with it.
    pub(crate) fn on_intercom_ended(&mut self, now: Now, leg: LegId, cause: EndCause) {
        if self.rings_elsewhere(now, leg) {
            return;
        }
        let Some(intercom) = self.intercoms.get_mut(&leg.call) else {
            return;
        };
        let Some(place) = intercom.legs.iter().position(|own| *own == leg) else {
            return;
        };
        if !std::mem::replace(&mut intercom.open[place], false) {
            return;
        }
        let parties = intercom.parties.clone();
        let begins = !std::mem::replace(&mut intercom.leaving, true);
        let (other, answered) = (intercom.open[1 - place], intercom.answered);
        let other_leg = intercom.legs[1 - place];
        if begins && !answered {
            self.rang_in_vain(now.mono, &parties);
        }
        let party = Whom::Operator(parties[place].clone());
        self.engage(now, leg.call, &party, false);
        let leg = other_leg;
        // Whoever did not answer in time has both legs told already.
        let untold = begins || !self.config.told_once;
        match (other, answered || place == 0) {
            (true, _) if !untold => {}
            (true, true) => self.outputs.push_back(Output::HangUp {
                leg,
                elsewhere: false,
            }),
            (true, false) => self.refuse_leg(leg, status_of(cause)),
            (false, _) => {
                self.intercoms.remove(&leg.call);
                return self.timers.cancel(Timer::Consult(leg.call));
            }
        }
        let sweep = now.mono + self.config.sweep_after;
        self.timers.set(Timer::Consult(leg.call), sweep);
    }

    /// Nobody answers, or they have talked for as long as any call may last. Legs that do not end are given up.
    pub(crate) fn on_intercom_due(&mut self, now: Now, id: CallId) {
        let Some(intercom) = self.intercoms.get_mut(&id) else {
            return;
        };
        if std::mem::replace(&mut intercom.leaving, true) {
            let parties = intercom.parties.clone();
            self.alarm("stuck_call", format!("{id}: a leg between operators"));
            self.intercoms.remove(&id);
            for party in parties {
                self.engage(now, id, &Whom::Operator(party), false);
            }
            return;
        }
        let (parties, answered) = (intercom.parties.clone(), intercom.answered);
        if !answered {
            self.rang_in_vain(now.mono, &parties);
        }
        let sweep = now.mono + self.config.sweep_after;
        self.timers.set(Timer::Consult(id), sweep);
        let Some(intercom) = self.intercoms.get(&id) else {
            return;
        };
        let [a, b] = intercom.legs;
        let (open, answered) = (intercom.open, intercom.answered);
        if open[1] {
            let elsewhere = false;
            self.outputs.push_back(Output::HangUp { leg: b, elsewhere });
        }
        if open[0] && answered {
            let elsewhere = false;
            self.outputs.push_back(Output::HangUp { leg: a, elsewhere });
        } else if open[0] {
            self.refuse_leg(a, GONE_AWAY);
        }
    }

    /// Nobody answered: a rest for the one, a mark against the other.
    fn rang_in_vain(&mut self, now: Mono, [from, with]: &[OperatorId; 2]) {
        if let Some(seat) = self.seats.get_mut(with) {
            seat.rests_until = Some(now + INTERCOM_REST);
        }
        let Some(seat) = self.seats.get_mut(from) else {
            return;
        };
        seat.rung_in_vain = seat.rung_in_vain.saturating_add(1);
        if seat.rung_in_vain == IN_VAIN_MAX {
            let detail = format!("{from} rang colleagues {IN_VAIN_MAX} times, nobody answered");
            self.alarm("intercom_in_vain", detail);
        }
    }
}

impl Intercom {
    /// Whether this is the colleague's leg, not answered yet and not told to end.
    fn rings(&self, leg: LegId) -> bool {
        self.legs[1] == leg && !self.answered && !self.leaving
    }

    /// The parties whose legs are not over.
    pub(crate) fn present(&self) -> impl Iterator<Item = &OperatorId> {
        let parties = self.parties.iter().zip(self.open);
        parties.filter_map(|(party, open)| open.then_some(party))
    }
}
