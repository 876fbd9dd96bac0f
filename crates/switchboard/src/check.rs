//! What must be true between any two inputs. Asserted after each step in the simulator.
use std::collections::BTreeMap;

use gudok_acd::{Finding, Probe};
use gudok_model::{CallId, LegId, Mono, OperatorId};

use crate::call::{Access, Call, OfferStage, Phase};
use crate::supervision::{SUPERVISORS_MAX, Supervision};
use crate::switchboard::Switchboard;
use crate::timers::Timer;
use crate::transfer::Whom;

impl Switchboard {
    /// Says which invariant does not hold, if any: every call goes on (no path to silence), an ended call has
    /// only legs that were told to end, no operator talks with two callers, every timer belongs to something
    /// that lives, and what the ACD says of itself.
    ///
    /// # Errors
    /// The first broken one, in English.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.acd.check_invariants()?;
        if self.acd_backlog.front().is_some() || !self.touched.is_empty() {
            return Err("something is left undone after an input".into());
        }
        for (id, call) in &self.calls {
            self.check_call(*id, call)?;
        }
        self.check_timers()?;
        self.check_resumed()?;
        self.check_counted()?;
        self.check_requests()?;
        self.check_closed()?;
        self.check_engaged()?;
        self.check_talks()
    }

    /// A look at the next few things of the ACD, for a daemon that runs; see [`gudok_acd::Acd::look`].
    pub fn look(&self, probe: &mut Probe, now: Mono) -> Vec<Finding> {
        self.acd.look(probe, now)
    }

    fn check_timers(&self) -> Result<(), String> {
        let owned = |timer: &Timer| match timer {
            Timer::Pop(offer) => {
                let call = self.calls.get(&offer.call);
                let found = call.and_then(|call| call.offers.get(offer));
                found.is_some_and(|offer| matches!(offer.stage, OfferStage::Popping { .. }))
            }
            Timer::Phase(id) => self.calls.get(id).is_some_and(|call| call.ending.is_none()),
            Timer::Life(id) => {
                let call = self.calls.get(id);
                call.is_some_and(|call| call.phase != Phase::Ending)
            }
            Timer::Announce(id) => {
                let phase = self.calls.get(id).map(|call| &call.phase);
                matches!(phase, Some(Phase::Waiting(wait)) if wait.announce.is_some())
            }
            Timer::Hint(id) => {
                let phase = self.calls.get(id).map(|call| &call.phase);
                matches!(phase, Some(Phase::Waiting(wait)) if wait.hint().is_some())
            }
            Timer::Sweep(id) => self.calls.get(id).is_some_and(|call| call.ending.is_some()),
            Timer::Consult(id) => {
                let call = self.calls.get(id);
                let consult = call.and_then(|call| call.consult.as_ref());
                consult.is_some_and(|it| !it.answered) || self.intercoms.contains_key(id)
            }
            Timer::Cost => self.meter.is_running(),
            Timer::Handover => self.is_by_acceptance(),
            Timer::Expected => self.has_edges,
            Timer::Hours => !self.hours.is_empty(),
            Timer::Request(id) => self.callbacks.get(*id).is_some(),
            Timer::Kept(id) => self.meetings.of(*id).is_some(),
            Timer::Playback(leg) => {
                let legs = self.calls.get(&leg.call).map(|call| &call.legs);
                let heard = legs.and_then(|legs| legs.get(&leg.index));
                heard.is_some_and(|leg| leg.playing.is_some())
            }
            Timer::Supervise(leg) => {
                let call = self.calls.get(&leg.call);
                let mut all = call.into_iter().flat_map(|call| &call.supervisions);
                all.any(|it| it.leg == *leg && !it.answered)
            }
            #[cfg(feature = "faults")]
            Timer::Fault(id) => self.calls.contains_key(id),
        };
        match self.timers.all().find(|timer| !owned(timer)) {
            None => Ok(()),
            Some(timer) => Err(format!("{timer:?} belongs to nothing that lives")),
        }
    }

    fn check_call(&self, id: CallId, call: &Call) -> Result<(), String> {
        if !self.goes_on(id) {
            return Err(format!("{id} has nothing to wait for in {:?}", call.phase));
        }
        let waits = matches!(call.phase, Phase::Waiting(_));
        if waits && !self.acd.waits(id) {
            return Err(format!("{id} waits in a queue that does not have it"));
        }
        let answers = matches!(
            call.phase,
            Phase::Playing { .. }
                | Phase::Listening(_)
                | Phase::LookingUp
                | Phase::CallingOut { .. }
                | Phase::Acknowledging(_)
        );
        let is_aside = self.acd.kept_in(id).is_some();
        if is_aside && !(answers && call.aside.is_some()) {
            return Err(format!("{id} has a place that is kept for nothing"));
        }
        let queued = self.acd.waits(id) && !is_aside;
        if !waits && (queued || !call.offers.is_empty()) {
            return Err(format!(
                "{id} is still queued or offered in {:?}",
                call.phase
            ));
        }
        let apart = matches!(call.phase, Phase::Apart(_));
        let ended = call.ending.is_some() && !apart;
        if ended != (call.phase == Phase::Ending) || apart && call.consult.is_none() {
            return Err(format!("{id} is half ended"));
        }
        if ended && call.legs.values().any(|leg| !leg.dismissed) {
            return Err(format!("{id} ended with a leg that nobody told to end"));
        }
        if let Some(consult) = &call.consult {
            let legs = call.in_hand().map(|talk| consult.legs(talk));
            let legs = legs.into_iter().flatten();
            let legs = legs.filter_map(|leg| call.legs.get(&leg.index));
            let live = legs.filter(|leg| !leg.dismissed).count();
            if live != 2 {
                return Err(format!("{id} consults by {live} legs in {:?}", call.phase));
            }
        }
        check_supervisions(id, call)?;
        let is_rung = call.access == Access::Called;
        if !is_rung && (call.access == Access::Over) == call.legs.contains_key(&0) {
            return Err(format!("{id}: the caller's leg is over and is not"));
        }
        if ended == self.timers.is_set(Timer::Life(id)) {
            return Err(format!("{id} has no limit, or a limit after its end"));
        }
        Ok(())
    }

    /// A request in hand has a call that lives; one that stands in a queue has one that waits there; none is open twice.
    fn check_requests(&self) -> Result<(), String> {
        if !self.callbacks.is_whole() {
            return Err("5.6: a request is open and nobody finds it".into());
        }
        for request in self.callbacks.iter() {
            let id = request.id;
            let held = request.course.leased_to();
            if held.is_some() && held != request.turn {
                return Err(format!(
                    "5.6: {id} is leased to {held:?} and stands as {:?}",
                    request.turn
                ));
            }
            let lives = request
                .turn
                .is_none_or(|turn| self.calls.contains_key(&turn));
            if !lives {
                return Err(format!("5.6: {id} stands by a call that is over"));
            }
            if request.course.dialled > request.course.epoch {
                return Err(format!("5.6: {id} was dialled without a lease"));
            }
        }
        Ok(())
    }

    /// What counts outside is a leg that is there.
    fn check_counted(&self) -> Result<(), String> {
        let is_there = |leg: &LegId| {
            let call = self.calls.get(&leg.call);
            call.is_some_and(|call| call.legs.contains_key(&leg.index))
        };
        match self.counters.legs().find(|leg| !is_there(leg)) {
            None => Ok(()),
            Some(leg) => Err(format!("{leg} counts as outside and is over")),
        }
    }

    fn check_resumed(&self) -> Result<(), String> {
        let works = |(call, who): &&(CallId, OperatorId)| {
            let view = self.acd.operator(who);
            view.is_some_and(|view| view.call == Some(*call))
        };
        match self.resumed.keys().find(|key| !works(key)) {
            None => Ok(()),
            Some((call, who)) => Err(format!("{who} does not write {call} up any more")),
        }
    }

    /// Who is in a consultation or in a call between operators, or is kept for a caller, is offered nothing, and nobody else is kept from calls.
    fn check_engaged(&self) -> Result<(), String> {
        let mut engaged: BTreeMap<&OperatorId, CallId> = BTreeMap::new();
        for call in self.calls.values() {
            if let Some(Whom::Operator(with)) = call.consult.as_ref().map(|it| &it.with) {
                engaged.insert(with, call.id);
            }
            engaged.extend(call.supervisions.iter().map(|it| (&it.by, call.id)));
        }
        for (id, intercom) in &self.intercoms {
            engaged.extend(intercom.present().map(|party| (party, *id)));
        }
        engaged.extend(self.meetings.iter());
        for operator in self.acd.operators() {
            let view = self.acd.operator(operator);
            let told = view.as_ref().and_then(|view| view.engaged);
            if told != engaged.get(operator).copied() {
                return Err(format!("{operator} is said to be engaged in {told:?}"));
            }
            if told.is_some() && view.is_some_and(|view| view.routable) {
                return Err(format!("{operator} is engaged and offered calls"));
            }
        }
        Ok(())
    }

    fn check_talks(&self) -> Result<(), String> {
        let mut talks: BTreeMap<&OperatorId, CallId> = BTreeMap::new();
        for call in self.calls.values() {
            let Some(talk) = call.in_hand() else {
                continue;
            };
            if let Some(other) = talks.insert(&talk.operator, call.id) {
                let who = &talk.operator;
                return Err(format!("{who} talks in {other} and {}", call.id));
            }
        }
        Ok(())
    }
}

/// A supervisor is in a talk, by a leg that lives and was told nothing.
fn check_supervisions(id: CallId, call: &Call) -> Result<(), String> {
    if call.supervisions.is_empty() {
        return Ok(());
    }
    let lives = |it: &Supervision| {
        call.legs
            .get(&it.leg.index)
            .is_some_and(|leg| !leg.dismissed)
    };
    let fits = call.supervisions.len() <= SUPERVISORS_MAX && call.talk().is_some();
    match fits && call.supervisions.iter().all(lives) {
        true => Ok(()),
        false => Err(format!("{id} is listened to in {:?}", call.phase)),
    }
}
