//! The observer: sees everything that goes in and comes out, and knows what must never be.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{
    CallEvent, CallId, GroupId, LegId, Mono, Name, Now, OfferEnd, OfferId, OperatorId, Outcome,
    ProjectId, RequestKind, Wall,
};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Input, Output};

use crate::ears::Ears;
use crate::faults;
use crate::hotline;
use crate::promises::Promises;
use crate::restart::Cut;

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    calls: BTreeMap<CallId, Seen>,
    /// Calls that arrived and did not end yet.
    alive: usize,
    /// Legs that were dialled to a phone and are not over, nor told to end.
    rung: BTreeMap<OperatorId, LegId>,
    legs: BTreeMap<LegId, OperatorId>,
    /// Desk commands that were not answered yet.
    asked: BTreeSet<String>,
    /// Words from elsewhere than a desk that were not answered in their step.
    words: i64,
    pub(crate) promises: Promises,
    pub(crate) ears: Ears,
    /// How our own calls ended.
    pub(crate) outs: BTreeMap<Outcome, u64>,
    /// Offers that are not closed.
    offers: BTreeMap<OfferId, OperatorId>,
    /// In which group each of them was asked.
    groups: BTreeMap<OfferId, GroupId>,
    /// What operators have to write up.
    writing: BTreeMap<OperatorId, Cut>,
    pub(crate) restarts: u64,
    pub(crate) resumed: u64,
    /// Events that the world lost on purpose.
    lost: u64,
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    pub(crate) offer_ends: BTreeMap<OfferEnd, u64>,
    pub(crate) alarms: BTreeMap<Name, u64>,
    pub(crate) waits: Vec<Duration>,
    /// How often a caller was told how things stand.
    pub(crate) announcements: u64,
    pub(crate) inputs: u64,
}

/// One call as the outputs tell it.
#[derive(Clone, Debug, Default)]
struct Seen {
    /// It came in, to a number of this project; None: it is ours, or no call.
    project: Option<ProjectId>,
    answered: u32,
    refused: bool,
    /// The offers by which somebody talks or talked.
    talks: BTreeSet<OfferId>,
    message: bool,
    promised: bool,
    ended: bool,
    /// The last place in a queue that was said.
    position: Option<u32>,
}

impl Watch {
    /// The world loses an event on purpose; an alarm may follow.
    pub(crate) fn lost_an_event(&mut self) {
        self.lost += 1;
    }

    pub(crate) fn arrivals(&self) -> u64 {
        let came = self.calls.values().filter(|call| call.project.is_some());
        u64::try_from(came.count()).unwrap_or(u64::MAX)
    }

    /// Every call has its outcome, and nobody is asked to take one.
    pub(crate) fn all_ended(&self) -> bool {
        self.alive == 0 && self.offers.is_empty()
    }

    /// An input goes in.
    pub(crate) fn told(&mut self, input: &Input) -> Result<(), String> {
        self.inputs += 1;
        self.ears.told(input);
        match input {
            Input::CallArrived { call, dialled, .. } => {
                let project = Some(hotline::project(dialled));
                let seen = Seen {
                    project,
                    ..Seen::default()
                };
                self.calls.insert(*call, seen);
                self.alive += 1;
            }
            Input::Asked { .. }
            | Input::RequestWord { .. }
            | Input::Refusal { .. }
            | Input::Directed { .. } => {
                self.words += 1;
            }
            Input::LegEnded { leg, .. } => self.leg_is_over(*leg),
            Input::DeskCommand { id, .. } => {
                self.asked.insert(id.clone());
            }
            _ => {}
        }
        Ok(())
    }

    /// An output comes out.
    pub(crate) fn sees(&mut self, now: Now, output: &Output) -> Result<(), String> {
        self.ears.sees(output);
        self.promises.sees(output)?;
        match output {
            Output::Answer { leg } => self.answered(*leg),
            Output::Refuse { leg, .. } => self.refused(*leg),
            Output::Dial { leg, target, .. } => self.dialled(*leg, target),
            Output::HangUp { leg, .. } => {
                self.leg_is_over(*leg);
                Ok(())
            }
            Output::Fact { call, fact } => self.fact(now, *call, fact),
            Output::DeskResult { id, .. } => match self.asked.remove(id) {
                true => Ok(()),
                false => Err(format!("command {id} is answered twice")),
            },
            Output::Asked { .. }
            | Output::RequestDone { .. }
            | Output::RefusalDone { .. }
            | Output::Directed { .. } => {
                self.words -= 1;
                Ok(())
            }
            Output::Alarm { what, detail } => {
                faults::judge(&mut self.alarms, self.lost, (what, detail))
            }
            _ => Ok(()),
        }
    }

    /// All is said that an input brought.
    pub(crate) fn settled(&mut self) -> Result<(), String> {
        if self.words != 0 {
            return Err(format!("{} words are not answered once", self.words));
        }
        self.ears.settled()
    }

    fn answered(&mut self, leg: LegId) -> Result<(), String> {
        let call = self.calls.entry(leg.call).or_default();
        call.answered += 1;
        if call.answered > 1 || call.refused {
            return Err(format!("{leg} is answered twice"));
        }
        Ok(())
    }

    fn refused(&mut self, leg: LegId) -> Result<(), String> {
        let call = self.calls.entry(leg.call).or_default();
        if call.refused || call.answered > 0 {
            return Err(format!("{leg} is refused after an answer"));
        }
        call.refused = true;
        Ok(())
    }

    /// I1 as phones see it: no operator rings or talks for two callers.
    fn dialled(&mut self, leg: LegId, target: &DialTarget) -> Result<(), String> {
        let DialTarget::Operator { operator } = target else {
            return Ok(());
        };
        if let Some(other) = self.rung.insert(operator.clone(), leg) {
            return Err(format!("I1: {operator} has {other} and gets {leg}"));
        }
        self.legs.insert(leg, operator.clone());
        Ok(())
    }

    fn leg_is_over(&mut self, leg: LegId) {
        if let Some(operator) = self.legs.remove(&leg)
            && self.rung.get(&operator) == Some(&leg)
        {
            self.rung.remove(&operator);
        }
    }

    fn fact(&mut self, at: Now, id: CallId, fact: &CallEvent) -> Result<(), String> {
        let project = self.calls.get(&id).and_then(|call| call.project.clone());
        let project = project.unwrap_or_else(|| "service".into());
        self.promises.fact(at.wall, id, &project, fact)?;
        let now = at.mono;
        match fact {
            CallEvent::Offered {
                offer,
                operator,
                group,
                ..
            } => {
                if let Some(group) = group {
                    self.groups.insert(*offer, group.clone());
                }
                if let Some(other) = self.offers.insert(*offer, operator.clone()) {
                    return Err(format!("I3: {offer} is offered again, first to {other}"));
                }
            }
            CallEvent::OfferClosed {
                offer,
                operator,
                end,
                ..
            } => {
                let group = self.groups.remove(offer);
                if *end == OfferEnd::BridgedEnded {
                    self.writes(now, id, operator, group);
                }
                if self.offers.remove(offer).is_none() {
                    return Err(format!("I3: {offer} is closed twice"));
                }
                *self.offer_ends.entry(*end).or_default() += 1;
                // A winner who was never heard did not take the call.
                if *end == OfferEnd::DeviceError {
                    self.calls.entry(id).or_default().talks.remove(offer);
                }
            }
            CallEvent::Bridged {
                operator: Some(operator),
                waited_ms,
                ..
            } => {
                self.bridged(id, operator, Duration::from_millis(*waited_ms));
            }
            CallEvent::Disposed { operator, .. } => {
                if let Some(cut) = self.writing.get_mut(operator) {
                    cut.disposed |= cut.call == id;
                }
            }
            CallEvent::WrapUpEnded { operator, .. } => {
                self.writing.remove(operator);
            }
            CallEvent::Announced { position, .. } => return self.announced(id, *position),
            CallEvent::Requested { kind, .. } => {
                let call = self.calls.entry(id).or_default();
                call.message |= *kind == RequestKind::Voicemail;
                call.promised |= *kind == RequestKind::Callback;
            }
            CallEvent::Ended { outcome, .. } => return self.ended(id, *outcome),
            _ => {}
        }
        Ok(())
    }

    fn writes(&mut self, now: Mono, call: CallId, who: &OperatorId, group: Option<GroupId>) {
        let cut = Cut {
            call,
            operator: who.clone(),
            group,
            since: now,
            disposed: false,
        };
        self.writing.insert(who.clone(), cut);
    }

    /// The run is cut: its calls end as the next one will say, and what is to be written up goes on.
    pub(crate) fn cut(&mut self, now: Mono) -> Vec<Cut> {
        for (offer, operator) in std::mem::take(&mut self.offers) {
            let group = self.groups.remove(&offer);
            let call = self.calls.get(&offer.call);
            let talks = call.is_some_and(|call| call.talks.contains(&offer));
            let end = if talks {
                self.writes(now, offer.call, &operator, group);
                OfferEnd::BridgedEnded
            } else {
                OfferEnd::Revoked
            };
            *self.offer_ends.entry(end).or_default() += 1;
        }
        self.ears.cut();
        self.words = 0;
        let calls = &self.calls;
        self.promises.cut(|id| {
            let call = calls.get(&id);
            call.is_some_and(|call| call.promised || !call.talks.is_empty())
        });
        for call in self.calls.values_mut().filter(|call| !call.ended) {
            call.ended = true;
            if call.project.is_none() {
                continue;
            }
            let outcome = match call {
                Seen { promised: true, .. } => Outcome::CallbackRequested,
                Seen { message: true, .. } => Outcome::Voicemail,
                Seen { talks, .. } if !talks.is_empty() => Outcome::Answered,
                _ => Outcome::Failed,
            };
            *self.outcomes.entry(outcome).or_default() += 1;
        }
        (self.alive, self.restarts) = (0, self.restarts + 1);
        self.rung.clear();
        self.legs.clear();
        self.asked.clear();
        let left: Vec<Cut> = self.writing.values().cloned().collect();
        self.resumed += left.len() as u64;
        left
    }

    /// Somebody took the call; a hold's end is no new talk.
    fn bridged(&mut self, id: CallId, operator: &OperatorId, waited: Duration) {
        let of_call = OfferId { call: id, index: 0 }..=OfferId {
            call: id,
            index: u16::MAX,
        };
        let mut theirs = self
            .offers
            .range(of_call)
            .filter(|(_, who)| *who == operator);
        let offer = theirs.next_back().map(|(offer, _)| *offer);
        let call = self.calls.entry(id).or_default();
        if call.talks.is_empty() {
            self.waits.push(waited);
        }
        call.talks.extend(offer);
    }

    /// Q9: nobody is told to wait while somebody rings for them, and nobody is told that they went back.
    fn announced(&mut self, id: CallId, position: Option<u32>) -> Result<(), String> {
        let of_call = OfferId { call: id, index: 0 }..=OfferId {
            call: id,
            index: u16::MAX,
        };
        if let Some((offer, _)) = self.offers.range(of_call).next() {
            return Err(format!("Q9: {id} is told to wait while {offer} is open"));
        }
        let call = self.calls.entry(id).or_default();
        if call.ended {
            return Err(format!("Q9: {id} is told to wait after its end"));
        }
        if let (Some(said), Some(now)) = (call.position, position)
            && now > said
        {
            return Err(format!("Q9: {id} was {said} and is told {now}"));
        }
        call.position = position.or(call.position);
        self.announcements += 1;
        Ok(())
    }

    /// Q14: exactly one outcome, and a true one.
    fn ended(&mut self, id: CallId, outcome: Outcome) -> Result<(), String> {
        let call = self.calls.entry(id).or_default();
        if call.ended {
            return Err(format!("Q14: {id} ends twice"));
        }
        call.ended = true;
        if call.project.is_none() {
            *self.outs.entry(outcome).or_default() += 1;
            let is_out = matches!(outcome, Outcome::Out { .. });
            return is_out
                .then_some(())
                .ok_or(format!("Q14: {id} ends as {outcome:?}"));
        }
        self.alive = self.alive.saturating_sub(1);
        *self.outcomes.entry(outcome).or_default() += 1;
        let true_word = match outcome {
            Outcome::Answered => !call.talks.is_empty(),
            Outcome::Voicemail => call.message && call.talks.is_empty(),
            Outcome::CallbackRequested => call.promised,
            Outcome::AbandonedIvr | Outcome::AbandonedQueue { .. } => !call.message,
            _ => true,
        };
        if true_word {
            Ok(())
        } else {
            Err(format!("Q14: {id} is not {outcome:?}: {call:?}"))
        }
    }

    /// The end of the day.
    pub(crate) fn close(&self, now: Wall) -> Result<(), String> {
        self.promises.close(now)?;
        let lives = |call: &Seen| !call.ended && call.project.is_some();
        if let Some((id, _)) = self.calls.iter().find(|(_, call)| lives(call)) {
            return Err(format!("Q14: {id} has no outcome"));
        }
        let outcomes: u64 = self.outcomes.values().sum();
        if outcomes != self.arrivals() {
            return Err(format!(
                "Q14: {outcomes} outcomes of {} calls",
                self.arrivals()
            ));
        }
        if let Some((offer, operator)) = self.offers.first_key_value() {
            return Err(format!("I3: {offer} to {operator} never ended"));
        }
        if let Some(id) = self.asked.first() {
            return Err(format!("command {id} was never answered"));
        }
        Ok(())
    }
}
