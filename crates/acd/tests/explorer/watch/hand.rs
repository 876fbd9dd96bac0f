//! What supervisors have changed by hand, when a queue says that it is empty, and who sits again after a restart.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_acd::{BACK_WITHIN, Input, Restored};
use gudok_model::{Absence, CallId, GroupId, GroupSettings, Mono, OperatorId, QueueId, WhenEmpty};

use super::Watch;
use super::case::{Case, Stage};
use super::order::Order;
use super::person::{Hand, Person, Wish, Writing};
use crate::plays::Plan;

/// What was said by hand, and of empty queues.
#[derive(Clone, Debug, Default)]
pub(super) struct Hands {
    /// Groups that are asked at once.
    raised: BTreeSet<GroupId>,
    /// Who works for other groups than the plan's.
    given: BTreeMap<OperatorId, Vec<GroupId>>,
    /// When queues are empty that say so.
    rules: BTreeMap<QueueId, WhenEmpty>,
    /// Those of the plan that is on its way.
    coming: BTreeMap<QueueId, WhenEmpty>,
    /// Somebody is to be there.
    expected: bool,
    /// The first queue is closed and lets nobody wait.
    closed: bool,
}

impl Hands {
    /// Another plan: groups that it has not are raised no more, and everybody works where it says.
    pub(super) fn plan_is(&mut self, plan: &Plan) {
        let there = |id: &GroupId| plan.groups.iter().any(|it| it.id == *id);
        self.raised.retain(there);
        self.given.clear();
        self.rules = std::mem::take(&mut self.coming);
        self.expected = false;
    }

    pub(super) fn is_raised(&self, group: &GroupId) -> bool {
        self.raised.contains(group)
    }

    pub(super) fn has(&self, group: &GroupSettings, who: &OperatorId) -> bool {
        match self.given.get(who) {
            Some(given) => given.contains(&group.id),
            None => group.operators.contains(who),
        }
    }

    /// Those who wait leave only where nobody rings for them, if the queue says when it is empty.
    fn has_rule(&self, queue: &QueueId) -> bool {
        self.rules.contains_key(queue)
    }

    /// Whether so many of a queue are as good as nobody: to who comes, or to who waits.
    fn is_empty<'a>(
        &self,
        queue: &QueueId,
        mut people: impl Iterator<Item = &'a Person>,
        comes: bool,
    ) -> bool {
        let Some(rule) = self.rules.get(queue) else {
            return people.next().is_none();
        };
        let away = if comes { &rule.join } else { &rule.leave };
        let is_away = |who: &Person| who.absence().is_some_and(|it| away.contains(&it));
        !self.expected && !away.is_empty() && people.all(is_away)
    }
}

impl Watch {
    pub(crate) fn is_expected(&self) -> bool {
        self.hands.expected
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.hands.closed
    }

    pub(crate) fn is_raised(&self) -> bool {
        !self.hands.raised.is_empty()
    }

    /// The groups somebody was given by hand.
    pub(crate) fn given(&self, id: &OperatorId) -> Option<&Vec<GroupId>> {
        self.hands.given.get(id)
    }

    pub(super) fn hears_by_hand(&mut self, now: Mono, input: &Input) {
        match input {
            Input::WhenEmpty { queues } => self.hands.coming = queues.clone(),
            Input::Expected { on, .. } => self.hands.expected = *on,
            Input::Closed { on, .. } => self.hands.closed = *on,
            Input::Reserve { group, on, actor } if actor.commands() => self.reserves(group, *on),
            Input::Regroup {
                operator, groups, ..
            } => self.regroups(operator, groups),
            Input::Reprioritise { call, priority, .. } => {
                self.reprioritises(now, *call, *priority);
            }
            Input::Assign { call, to, .. } => self.assigns(*call, to),
            Input::Restored { person } => self.sits_again(now, person),
            _ => {}
        }
    }

    fn reserves(&mut self, group: &GroupId, on: bool) {
        let there = self.plan.groups.iter().any(|it| it.id == *group);
        if there && on {
            self.hands.raised.insert(group.clone());
        } else if there {
            self.hands.raised.remove(group);
        }
    }

    /// Who works elsewhere is waited for no more.
    fn regroups(&mut self, id: &OperatorId, groups: &[GroupId]) {
        let there = |id: &GroupId| self.plan.groups.iter().any(|it| it.id == *id);
        if groups.iter().all(there) {
            self.hands.given.insert(id.clone(), groups.to_vec());
            self.is_waited_for_no_more(id);
        }
    }

    /// Nobody waits for who has left their seat.
    pub(super) fn nobody_is_kept_for_nobody(&mut self) {
        for case in self.cases.values_mut() {
            case.kept_for.take_if(|(who, _)| !self.people[who].seat);
        }
    }

    fn is_waited_for_no_more(&mut self, id: &OperatorId) {
        for case in self.cases.values_mut() {
            case.kept_for.take_if(|(who, _)| who == id);
        }
    }

    /// From here on waiting raises it as ever, at the moments at which it would have.
    fn reprioritises(&mut self, now: Mono, id: CallId, priority: u8) {
        let aging = self.aging(id);
        let case = self.case(id);
        let waits = matches!(case.stage, Stage::Waits | Stage::Aside);
        let Some(place) = case.place.as_mut().filter(|_| waits) else {
            return;
        };
        let waited = now.since(place.since).as_micros();
        let into = aging.map_or(0, |step| waited % step.as_micros()) as u64;
        place.priority = priority;
        case.said = Some((priority, Mono(now.0 - into)));
        case.skipped = 0;
        case.kept_for.take_if(|_| priority == 9);
    }

    fn assigns(&mut self, id: CallId, to: &OperatorId) {
        let who = self.who(to);
        let writes = matches!(&who.hand, Hand::Writes(it) if it.call == id);
        if !who.may_be_rung(writes) || self.cases[&id].stage != Stage::Waits {
            return;
        }
        // The caller is before the paperwork about them.
        if let Hand::Writes(writing) = &mut self.who(to).hand {
            writing.done = true;
        }
        let case = self.case(id);
        case.kept_for = None;
        case.named = Some((to.clone(), writes));
    }

    fn sits_again(&mut self, now: Mono, person: &Restored) {
        let who = self.who(&person.operator);
        who.seat = true;
        who.wants = person.not_ready.is_none();
        who.said_ready = who.wants;
        who.next = person.next.as_ref().map(|(next, _)| match &**next {
            "ready" => Wish::Ready,
            "logged_out" => Wish::Logout,
            _ => Wish::Break,
        });
        who.misses = person.misses;
        who.pause = person.cooldown_until.filter(|at| *at > now);
        who.back = Some(now + BACK_WITHIN);
        who.hand = person.wrap_up.map_or(Hand::Nothing, |it| {
            Hand::Writes(Writing {
                call: it.call,
                // The clocks of the floor say the same.
                until: Mono(it.until.0 as u64),
                more: it.extend_max.saturating_sub(it.extended),
                done: false,
            })
        });
    }

    /// Q0: whether who came with this waits in a closed queue, with nobody ringing for them. Who has talked is not turned out.
    pub(super) fn is_turned_out(&self, id: CallId, place: &super::Place) -> bool {
        let rung = self.people.values().any(|it| it.rings_for(id));
        self.hands.closed && place.queue.as_str() == "p" && !rung && !self.cases[&id].taken
    }

    pub(super) fn nobody_waits_behind_the_door(&self) -> Result<(), String> {
        for (id, case) in &self.cases {
            let place = case.place.as_ref().filter(|_| case.stage == Stage::Waits);
            if place.is_some_and(|place| self.is_turned_out(*id, place)) {
                return Err(format!("Q0: {id} waits in a closed queue"));
            }
        }
        Ok(())
    }

    /// Q8: whoever comes to an empty queue is sent on.
    pub(super) fn is_shut(&self, case: &Case) -> bool {
        let comes = case.stage != Stage::Aside;
        case.place
            .as_ref()
            .is_some_and(|place| place.leave_empty && self.is_empty(place, comes))
    }

    pub(super) fn is_empty(&self, place: &super::Place, comes: bool) -> bool {
        let order = Order::of(&self.plan, &self.hands);
        let people = order.logged_in(&self.people, &place.queue);
        let people = people.into_iter();
        self.hands.is_empty(&place.queue, people, comes)
    }

    /// Who is asked by name is being rung.
    pub(super) fn who_is_named_rings(&self) -> Result<(), String> {
        for (call, case) in &self.cases {
            let named = case.named.as_ref();
            if let Some((who, _)) = named.filter(|(who, _)| !self.people[who].rings_for(*call)) {
                return Err(format!("Q6: {call} is for {who}, who is not rung"));
            }
        }
        Ok(())
    }

    pub(super) fn nobody_waits_for_nobody(&self) -> Result<(), String> {
        for (id, case) in &self.cases {
            let Some(place) = case.place.as_ref().filter(|it| it.leave_empty) else {
                continue;
            };
            let has_rule = self.hands.has_rule(&place.queue);
            let rung = has_rule && self.people.values().any(|it| it.rings_for(*id));
            if case.stage == Stage::Waits && !rung && self.is_empty(place, false) {
                return Err(format!("Q8: {id} waits where nobody is"));
            }
        }
        Ok(())
    }
}

impl Person {
    /// How they are absent, of those who are logged in; None: they could take a call.
    fn absence(&self) -> Option<Absence> {
        match &self.hand {
            Hand::Rings(_) => Some(Absence::Ringing),
            Hand::Writes(_) => Some(Absence::WrapUp),
            Hand::Talks(..) | Hand::Dials(_) => Some(Absence::InUse),
            Hand::Nothing if self.engaged => Some(Absence::InUse),
            Hand::Nothing if !self.is_up() => Some(Absence::Unavailable),
            Hand::Nothing if !self.wants => Some(Absence::Paused),
            Hand::Nothing => None,
        }
    }

    /// May be rung by name, ready or not; `writes`: about this very caller.
    pub(super) fn may_be_rung(&self, writes: bool) -> bool {
        let stays = self.next != Some(Wish::Logout);
        self.seat && self.is_up() && stays && !self.engaged && (self.is_free() || writes)
    }

    /// Neither phone nor desk came back to who was ready before a restart.
    pub(super) fn is_not_back(&mut self, now: Mono) {
        if self.back.take_if(|at| *at <= now).is_some() && self.seat && !self.is_up() {
            (self.wants, self.said_ready) = (false, false);
            self.next.take_if(|next| *next == Wish::Ready);
        }
    }
}

/// How long who comes first is kept for the first operator.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(12);
