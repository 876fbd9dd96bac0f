//! What must be true after every step (behaviour 5.2). The simulator asks after each.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{CallId, GroupId, OfferId, OperatorId, QueueId};

use crate::acd::Acd;
use crate::bench::{Bench, Member};
use crate::call::{Call, Place, Waiting};
use crate::group::Group;
use crate::offer::{Offer, Phase};
use crate::operator::{Intent, Operator, Work};
use crate::queue::Queue;
use crate::timer::Timer;

impl Acd {
    /// Says which of the invariants I1–I7, I9 does not hold, if any. I5, I6 and I9 are about the past:
    /// here they appear as what they leave behind (a face that was announced, states that sum up to the session, no readiness without
    /// a seat and an actor,
    /// sets that agree with what they are derived from).
    ///
    /// # Errors
    /// The first broken one, in English.
    pub fn check_invariants(&self) -> Result<(), String> {
        let mut offered: BTreeMap<&OperatorId, OfferId> = BTreeMap::new();
        for (&id, call) in &self.calls {
            for (&index, offer) in &call.offers {
                let offer_id = OfferId { call: id, index };
                if let Some(other) = offered.insert(&offer.operator, offer_id) {
                    return Err(format!("I1: {} has {other} and {offer_id}", offer.operator));
                }
                self.check_offer(offer_id, offer)?;
            }
            self.check_call(id, call)?;
        }
        for (id, operator) in &self.operators {
            self.check_operator(id, operator, offered.get(id).copied())?;
        }
        for id in self.queues.keys() {
            self.check_queue(id)?;
        }
        if !self.shelf.is_whole() {
            return Err("the shelf does not know what is on it".into());
        }
        self.check_sticky()?;
        self.check_expiries()?;
        self.check_groups()?;
        self.check_presence()
    }

    pub(crate) fn check_offer(&self, id: OfferId, offer: &Offer) -> Result<(), String> {
        let work = self
            .operators
            .get(&offer.operator)
            .map(|operator| &operator.work);
        let agrees = match (offer.phase, work) {
            (Phase::Delivering, Some(Work::Reserved(ring)))
            | (Phase::Alerting { .. }, Some(Work::Ringing(ring))) => ring.offer == id,
            (Phase::Accepted, Some(Work::Talking(talk) | Work::Hold(talk))) => talk.offer == id,
            (_, _) => false,
        };
        if !agrees {
            return Err(format!(
                "I3: {id} is {:?}, {} is {work:?}",
                offer.phase, offer.operator
            ));
        }
        let rings = offer.phase != Phase::Accepted;
        if rings && !self.timers.contains(offer.due, Timer::Offer(id)) {
            return Err(format!("I3: {id} has no end"));
        }
        if rings && (offer.due > offer.expires || offer.expires < self.now) {
            return Err(format!("I3: {id} outlived its lease"));
        }
        Ok(())
    }

    pub(crate) fn check_call(&self, id: CallId, call: &Call) -> Result<(), String> {
        if call.accepted() > 1 {
            return Err(format!("I2: {id} was won twice"));
        }
        let fits = match &call.place {
            Place::Waiting(waiting) => {
                let queue = self.queues.get(&waiting.queue);
                let idle = !waiting.aside || call.offers.is_empty();
                call.accepted() == 0
                    && idle
                    && self
                        .timers
                        .contains(waiting.deadline, Timer::CallDeadline(id))
                    && queue.is_some_and(|queue| is_placed(queue, id, call, waiting))
            }
            Place::Talking { offer, .. } => {
                call.offers.len() == 1 && call.offers.contains_key(offer) && call.accepted() == 1
            }
            Place::Leaving => false,
        };
        if fits {
            Ok(())
        } else {
            Err(format!("I2: {id} is in no clear place: {call:?}"))
        }
    }

    pub(crate) fn check_operator(
        &self,
        id: &OperatorId,
        operator: &Operator,
        offered: Option<OfferId>,
    ) -> Result<(), String> {
        if operator.offer() != offered {
            return Err(format!("I1: {id} has {:?}, not {offered:?}", operator.work));
        }
        if operator.shown.face != operator.face() {
            return Err(format!(
                "I5: {id} changed without a word: {:?}",
                operator.shown
            ));
        }
        // A wrap-up of the run before is there before its person is, and no longer.
        let unseated = matches!(&operator.work, Work::WrapUp(wrap_up) if wrap_up.unseated);
        if unseated && operator.session.is_some() {
            return Err(format!("I6: {id} is awaited and there"));
        }
        if operator.session.is_none() && operator.is_busy() && !unseated {
            return Err(format!("I6: {id} works without a seat"));
        }
        if operator.session.is_none() && operator.routable() {
            return Err(format!("I6: {id} is ready without a person"));
        }
        self.check_clocks(id, operator)?;
        self.check_cap(id, operator)?;
        self.check_ledger(id)?;
        let is_ready = operator.intent == Intent::Ready;
        if is_ready && !operator.by.may_make_ready(id) {
            return Err(format!("I6: {id} is ready by {}", operator.by));
        }
        if let Work::WrapUp(wrap_up) = &operator.work {
            let length = wrap_up.deadline.since(wrap_up.started);
            let timed = self
                .timers
                .contains(wrap_up.deadline, Timer::WrapUp(id.clone()));
            if length != wrap_up.set + wrap_up.extended || !timed {
                return Err(format!("I7: the wrap-up of {id} is {wrap_up:?}"));
            }
        }
        Ok(())
    }

    /// 5.1: who is bound by a limit is known as such and nobody else is, but in the very moment in which that changes.
    fn check_cap(&self, id: &OperatorId, operator: &Operator) -> Result<(), String> {
        let (bound, next) = self.caps.judge(id, self.now);
        let is_now = operator.cap_at.is_some_and(|at| at <= self.now);
        if !is_now && (bound.as_ref(), next) != (operator.capped.as_ref(), operator.cap_at) {
            let known = (&operator.capped, operator.cap_at);
            return Err(format!(
                "5.1: {id} is {known:?} and bound by {bound:?} until {next:?}"
            ));
        }
        let timer = Timer::Cap(id.clone());
        match operator.cap_at.filter(|at| *at > self.now) {
            Some(at) if !self.timers.contains(at, timer) => {
                Err(format!("5.1: nobody will look at the limit of {id}"))
            }
            _ => Ok(()),
        }
    }

    /// What lasts too long will be told of, and what does not last will not.
    fn check_clocks(&self, id: &OperatorId, operator: &Operator) -> Result<(), String> {
        let clocks = [
            (operator.break_until(), Timer::Break(id.clone())),
            (operator.hold_until, Timer::Hold(id.clone())),
            (operator.endpoint.back_until, Timer::Back(id.clone())),
            (
                operator.previews().map(|(_, until)| until),
                Timer::Preview(id.clone()),
            ),
        ];
        for (until, timer) in clocks {
            let is_due = until.is_some_and(|until| until > self.now);
            if is_due && !until.is_some_and(|until| self.timers.contains(until, timer.clone())) {
                return Err(format!("5.2: nobody will be told of {timer:?}"));
            }
        }
        let holds = match &operator.work {
            Work::Hold(_) => true,
            Work::Out(out) => out.hold_max().is_some(),
            _ => false,
        };
        if operator.hold_until.is_some() && !holds {
            return Err(format!("5.2: {id} has nobody on hold"));
        }
        Ok(())
    }

    /// I4: no caller waits beside somebody free who may be asked for them, whatever class they are of (Q4, pain 8).
    pub(crate) fn check_queue(&self, id: &QueueId) -> Result<(), String> {
        let queue = &self.queues[id];
        for (class, (_, call)) in queue.open.heads() {
            if self.draining {
                return Err(format!("Q15: nobody is asked for {call} any more"));
            }
            let mut free = self
                .asked(queue, class)
                .filter_map(|(_, it)| it.by_idle.first());
            if let Some(who) = free.next() {
                return Err(format!("I4: {call} waits in {class:?} and {who:?} is free"));
            }
        }
        if let Some(call) = self.turned_out(id).next() {
            return Err(format!("Q0: {call} waits in {id}, which is closed"));
        }
        self.check_emergencies(queue)?;
        // At the very instant the timer may be still to come.
        for (since, call) in &queue.by_since {
            let rung = queue.open.rung(*call);
            let due = queue.rung_at(*since + Duration::from_micros(1), self.now);
            if !(due..=queue.rung_at(*since, self.now)).contains(&rung) {
                return Err(format!("Q5: {call} is at rung {rung}, not {due}"));
            }
        }
        if queue.logged_in.is_some_and(|it| it != self.count(queue)) {
            let (kept, there) = (queue.logged_in, self.count(queue));
            return Err(format!(
                "I9: queue {id} keeps {kept:?} of {there} logged in"
            ));
        }
        if queue.by_since.len() != queue.len() {
            return Err(format!(
                "I9: queue {id} counts {} callers",
                queue.by_since.len()
            ));
        }
        Ok(())
    }

    /// Q2: no emergency waits beside a phone that may be taken for it, whoever of them came first.
    fn check_emergencies(&self, queue: &Queue) -> Result<(), String> {
        let urgent = queue.open.emergencies().filter(|_| queue.settings.preempt);
        for (class, (_, call)) in urgent {
            if let Some((key, who)) = self.may_be_taken(queue, class, call) {
                return Err(format!("Q2: {call} waits and {who} only rings for {key:?}"));
            }
        }
        Ok(())
    }

    fn check_groups(&self) -> Result<(), String> {
        let mut groups = self.groups.iter();
        groups.try_for_each(|(id, group)| self.check_group(id, group))
    }

    pub(crate) fn check_group(&self, id: &GroupId, group: &Group) -> Result<(), String> {
        let members = group.places.keys().filter_map(|id| self.operators.get(id));
        let routable = members.clone().filter(|it| it.routable()).count();
        let logged_in = members
            .filter(|it| it.session.is_some() && !it.removed)
            .count();
        let counted = usize::try_from(group.logged_in).unwrap_or(usize::MAX);
        if (group.ready(), counted) != (routable, logged_in) {
            let kept = (group.ready(), counted);
            return Err(format!(
                "I9: group {id} lists {kept:?} of {routable}, {logged_in}"
            ));
        }
        for bench in group.benches() {
            self.check_bench(group, bench)?;
        }
        Ok(())
    }

    /// I9: each list of those who know enough has all of them, under what they are measured by.
    fn check_bench(&self, group: &Group, bench: &Bench) -> Result<(), String> {
        let mut wanted = Bench::new(bench.needs.clone());
        let known = group.places.iter();
        for (operator, &place) in known.filter(|(id, _)| self.skills.meets(id, &bench.needs)) {
            if let Some(who) = self.operators.get(operator) {
                wanted.list(Member { operator, place }, &who.standing, &group.settings);
                if who.standing.free.is_some() != who.routable() {
                    return Err(format!("I9: {operator} stands as {:?}", who.standing));
                }
            }
        }
        let lots = (bench.lots.total(), wanted.lots.total());
        let same = bench.by_idle == wanted.by_idle
            && bench.by_place == wanted.by_place
            && bench.by_measure == wanted.by_measure
            && bench.ringing == wanted.ringing
            && lots.0 == lots.1;
        match same {
            true => Ok(()),
            false => Err(format!(
                "I9: {} lists {bench:?}, not {wanted:?}",
                group.settings.id
            )),
        }
    }
}

/// Whether a call that waits is in the one list of its queue where it belongs.
fn is_placed(queue: &Queue, id: CallId, call: &Call, waiting: &Waiting) -> bool {
    let entry = (waiting.key, id);
    let open = queue.open.contains(&entry);
    let ringing = queue.ringing.contains(&entry);
    let aside = queue.aside.contains(&entry);
    let alone = queue.alone.contains(&id);
    let held = queue.held.contains(&entry);
    let lists = [open, held, ringing, aside, alone];
    let once = lists.into_iter().filter(|it| *it).count() == 1;
    if waiting.only {
        // Rung or aside: nobody else is ever asked.
        return alone && once && !call.is_open();
    }
    let kept = held == waiting.sticky.is_some();
    (open || held) == call.is_open() && aside == waiting.aside && kept && once
}

#[cfg(test)]
mod tests {
    use gudok_model::{AutoAnswer, Mono, Now, OperatorProfile, SessionId, Wall};
    use uuid::Uuid;

    use super::*;
    use crate::Input;

    fn anna() -> OperatorId {
        "anna".into()
    }

    /// After a restart: the wrap-up of somebody who is not back yet.
    fn resumed() -> Acd {
        let mut acd = Acd::new();
        let profile = OperatorProfile {
            id: anna(),
            name: "Анна".into(),
            project: "demo".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        tell(&mut acd, Input::Operators(vec![profile]));
        let resumed = Input::WrapUpResumed {
            operator: anna(),
            call: CallId(Uuid::from_u128(1)),
            left: Duration::from_secs(30),
            disposed: false,
        };
        tell(&mut acd, resumed);
        acd
    }

    fn tell(acd: &mut Acd, input: Input) {
        let now = Now {
            mono: Mono(1),
            wall: Wall(1),
        };
        acd.handle_input(now, input);
        while acd.poll_output().is_some() {}
    }

    #[test]
    fn only_a_resumed_wrap_up_needs_no_seat_and_only_until_its_person_is_back() {
        let mut acd = resumed();
        acd.check_invariants().expect("nobody is there yet");
        let (operator, session) = (anna(), SessionId(1));
        tell(&mut acd, Input::Login { operator, session });
        acd.check_invariants().expect("the person is back");
        // A bug that takes the seat away in the middle of the work.
        acd.edit(&anna(), |who| who.session = None);
        let who = acd.operators.get_mut(&anna()).expect("known");
        who.shown.face = who.face();
        let told = acd.check_invariants().expect_err("the leak is seen");
        assert_eq!(told, "I6: anna works without a seat");
    }
}
