//! Sees what goes in and what comes out, and knows what must never be.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{CallEvent, CallId, LegId, OfferEnd, OfferId, OperatorId, Wall};
use gudok_switchboard::desk::DeskEvent;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output, Switchboard};

use crate::requests::Requests;
use crate::wire::{Hears, Line, Who, Wire};
use crate::world::OPERATORS;

/// Alarms that mean that the switchboard caught itself in a fault.
const FAULTS: [&str; 4] = [
    "stuck_call",
    "queue_refused",
    "legs_max",
    "offers_exhausted",
];

#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    calls: BTreeMap<CallId, Case>,
    /// The leg that ended in this step: what is said to it has crossed its end.
    ended: Option<LegId>,
    dialled: BTreeSet<LegId>,
    /// Legs to colleagues who are asked aside.
    asked: BTreeSet<LegId>,
    /// Offers that are not closed; whether they are talks.
    offers: BTreeMap<OfferId, (OperatorId, bool)>,
    /// What is to be written up.
    writing: BTreeMap<OperatorId, CallId>,
    /// A command and a REFER that are not answered.
    pub(crate) requests: Requests,
    command: Option<String>,
    refer: Option<u32>,
}

/// A call that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Case {
    /// It has its outcome.
    ended: bool,
    /// The caller is gone, and two talk on.
    apart: bool,
    /// It began with us, and its customer has not been rung yet.
    seeks: bool,
    /// It began with us, and what an operator has to write of it is not written.
    unwritten: bool,
}

impl Watch {
    pub(crate) fn knows(&self, call: CallId) -> bool {
        self.calls.contains_key(&call)
    }

    pub(crate) fn cases(&self) -> BTreeMap<CallId, Case> {
        self.calls.clone()
    }

    /// A call of operators is over, and its id is another one's.
    pub(crate) fn forgets(&mut self, call: CallId) {
        self.dialled.retain(|leg| leg.call != call);
        self.asked.retain(|leg| leg.call != call);
    }

    pub(crate) fn told(&mut self, input: &Input) {
        self.ended = None;
        match input {
            Input::CallArrived { call, .. } => {
                self.calls.insert(*call, Case::default());
            }
            Input::LegEnded { leg, .. } => self.ended = Some(*leg),
            Input::DeskCommand { id, .. } => self.command = Some(id.clone()),
            Input::Referred { refer, .. } => self.refer = Some(*refer),
            _ => {}
        }
    }

    /// An output comes out, of a wire as it was before.
    pub(crate) fn sees(&mut self, now: Wall, wire: &Wire, output: &Output) -> Result<(), String> {
        match output {
            Output::Dial {
                leg,
                colleague,
                target,
                ..
            } => {
                if matches!(target, DialTarget::Customer { .. }) {
                    self.requests.rings(wire, *leg)?;
                    self.case(leg.call)?.seeks = false;
                }
                if !self.dialled.insert(*leg) || wire.line(*leg).is_some() {
                    return Err(format!("{leg} is dialled twice"));
                }
                if *colleague == Some(true) {
                    self.asked.insert(*leg);
                }
                Ok(())
            }
            Output::HangUp { leg, .. } | Output::Refuse { leg, .. } => {
                self.to_a_live_leg(wire, *leg, "is told to end")
            }
            Output::Play { leg, .. } => self.to_a_live_leg(wire, *leg, "is played to"),
            Output::Bridge { a, b } => {
                self.to_a_live_leg(wire, *a, "is bridged")?;
                self.to_a_live_leg(wire, *b, "is bridged")
            }
            Output::Mix { parties, .. } => {
                let mut parties = parties.iter();
                parties.try_for_each(|it| self.to_a_live_leg(wire, it.leg, "is mixed"))
            }
            Output::DeskResult { id, .. } => match self.command.take() {
                Some(asked) if asked == *id => Ok(()),
                _ => Err(format!("command {id} is answered twice")),
            },
            Output::AnswerRefer { refer, .. } => match self.refer.take() {
                Some(asked) if asked == *refer => Ok(()),
                _ => Err(format!("REFER {refer} is answered twice")),
            },
            Output::Desk {
                event: DeskEvent::Consult { call_id, state, .. },
                ..
            } if &**state == "caller_gone" => {
                self.case(*call_id)?.apart = true;
                Ok(())
            }
            Output::Fact { call, fact } => {
                self.requests.fact(now, *call, fact)?;
                self.fact(*call, fact)
            }
            Output::Alarm { what, detail } if FAULTS.contains(&&**what) => {
                // Legs and prompts that do not end, and phones that die again and again, are the world's fault.
                let slow = wire.lines().any(|(_, line)| line.dismissed);
                let mut known = ["playback-never-ended", "operators-phones-died"].iter();
                let theirs = slow || known.any(|known| detail.contains(known));
                match theirs && &**what == "stuck_call" {
                    true => Ok(()),
                    false => Err(format!("alarm {what}: {detail}")),
                }
            }
            _ => Ok(()),
        }
    }

    fn case(&mut self, call: CallId) -> Result<&mut Case, String> {
        let case = self.calls.get_mut(&call);
        case.ok_or_else(|| format!("{call} never arrived"))
    }

    /// Nothing is asked of a leg that is over, or was told to end.
    fn to_a_live_leg(&self, wire: &Wire, leg: LegId, what: &str) -> Result<(), String> {
        match wire.line(leg) {
            Some(line) if !line.dismissed => Ok(()),
            None if self.ended == Some(leg) => Ok(()),
            other => Err(format!("{leg} {what}: {other:?}")),
        }
    }

    /// Q14: one outcome.
    fn ends(&mut self, call: CallId) -> Result<(), String> {
        match std::mem::replace(&mut self.case(call)?.ended, true) {
            false => Ok(()),
            true => Err(format!("Q14: {call} ends twice")),
        }
    }

    fn fact(&mut self, call: CallId, fact: &CallEvent) -> Result<(), String> {
        match fact {
            CallEvent::Offered {
                offer, operator, ..
            } => self.offered(*offer, operator),
            CallEvent::OfferClosed { offer, end, .. } => self.closed(*offer, *end),
            CallEvent::Bridged {
                operator: Some(operator),
                ..
            } => {
                let mut theirs = self.offers.values_mut();
                if let Some((_, talks)) = theirs.find(|(who, _)| who == operator) {
                    *talks = true;
                }
                Ok(())
            }
            CallEvent::WrapUpEnded { operator, .. } => match self.writing.remove(operator) {
                Some(written) if written == call => Ok(()),
                None if std::mem::take(&mut self.case(call)?.unwritten) => Ok(()),
                other => Err(format!("I7: {operator} wrote {other:?} and not {call}")),
            },
            CallEvent::Dialled { .. } => {
                let case = Case {
                    seeks: true,
                    unwritten: true,
                    ..Case::default()
                };
                self.calls.entry(call).or_insert(case);
                Ok(())
            }
            CallEvent::Ended { .. } => self.ends(call),
            _ => Ok(()),
        }
    }

    fn offered(&mut self, offer: OfferId, to: &OperatorId) -> Result<(), String> {
        let mut open = self.offers.iter();
        if let Some((other, _)) = open.find(|(_, (who, _))| who == to) {
            return Err(format!("I1: {to} has {other} and gets {offer}"));
        }
        match self.offers.insert(offer, (to.clone(), false)) {
            None => Ok(()),
            Some(_) => Err(format!("I3: {offer} is offered twice")),
        }
    }

    fn closed(&mut self, offer: OfferId, end: OfferEnd) -> Result<(), String> {
        let Some((who, _)) = self.offers.remove(&offer) else {
            return Err(format!("I3: {offer} is closed twice"));
        };
        if end == OfferEnd::BridgedEnded {
            self.writing.insert(who, offer.call);
        }
        Ok(())
    }

    /// What the legs look like when all is said.
    pub(crate) fn agrees(&mut self, wire: &Wire) -> Result<(), String> {
        if let Some(id) = &self.command {
            return Err(format!("command {id} is not answered"));
        }
        if let Some(refer) = &self.refer {
            return Err(format!("REFER {refer} is not answered"));
        }
        for name in OPERATORS {
            let theirs = |line: &&Line| matches!(&line.who, Who::Operator(who) if *who == OperatorId::from(name));
            let live = wire.lines().map(|(_, line)| line);
            if live.filter(|line| !line.dismissed).filter(theirs).count() > 1 {
                return Err(format!("I1: the phone of {name} has two legs"));
            }
        }
        for (call, case) in &self.calls {
            self.look_at_call(wire, *call, *case)?;
        }
        let live = wire.lines().filter(|(_, line)| !line.dismissed);
        for (leg, line) in live {
            look_at_leg(wire, *leg, line)?;
        }
        Ok(())
    }

    fn look_at_call(&self, wire: &Wire, call: CallId, case: Case) -> Result<(), String> {
        let live = || wire.of_call(call).filter(|(_, line)| !line.dismissed);
        let talks = live().filter(|(leg, line)| {
            line.answered && matches!(line.who, Who::Operator(_)) && !self.asked.contains(leg)
        });
        if talks.count() > 1 {
            return Err(format!("I2: two operators talk in {call}"));
        }
        // Whoever was asked aside and the operator may talk on.
        let may_be = if case.apart { 2 } else { 0 };
        let gone = wire.line(LegId::caller(call)).is_none() && !case.seeks;
        match live().nth(may_be) {
            Some((leg, _)) if gone => Err(format!("I8: {leg} lives on without its caller")),
            _ => Ok(()),
        }
    }

    /// The run is cut: its calls are over, and who talked or wrote has to write.
    pub(crate) fn cut(&mut self) -> BTreeMap<OperatorId, CallId> {
        for (offer, (who, talks)) in std::mem::take(&mut self.offers) {
            if talks {
                self.writing.insert(who, offer.call);
            }
        }
        for case in self.calls.values_mut() {
            case.ended = true;
        }
        self.dialled.clear();
        self.writing.clone()
    }

    /// Everything has come to an end.
    pub(crate) fn is_over(&self, wire: &Wire, board: &Switchboard) -> Result<(), String> {
        let mut calls = self.calls.iter();
        if let Some((call, _)) = calls.find(|(_, case)| !case.ended) {
            return Err(format!("Q14: {call} has no outcome"));
        }
        if let Some((leg, line)) = wire.lines().next() {
            return Err(format!("I8: {leg} is left: {line:?}"));
        }
        if let Some((offer, who)) = self.offers.first_key_value() {
            return Err(format!("I3: {offer} of {who:?} is open"));
        }
        if let Some((who, call)) = self.writing.first_key_value() {
            return Err(format!("5.2: {who} writes {call} up for ever"));
        }
        if let Some(open) = self.requests.promise() {
            return Err(format!(
                "5.6: {} is owed for ever: {:?}",
                open.id, open.state
            ));
        }
        match (board.calls_alive(), board.intercoms_alive()) {
            (0, 0) => Ok(()),
            alive => Err(format!("{alive:?} calls are left in memory")),
        }
    }
}

/// Nobody is left with somebody who is gone, and no caller hears nothing.
fn look_at_leg(wire: &Wire, leg: LegId, line: &Line) -> Result<(), String> {
    match line.hears {
        Hears::Leg(other) if wire.line(other).is_none_or(|other| other.dismissed) => {
            Err(format!("dead air: {leg} hears {other}, which is over"))
        }
        Hears::Nothing if line.who == Who::Caller && line.answered => {
            Err(format!("dead air: {leg} hears nothing"))
        }
        _ => Ok(()),
    }
}
