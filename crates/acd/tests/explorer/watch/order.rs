//! Who is first, and who may be asked: a walk over everybody, as the rules read (Q1–Q6).
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{
    CallId, GroupId, GroupSettings, Mono, OperatorId, QueueId, QueueSettings, Strategy,
};

use super::case::{Case, Place, Stage};
use super::hand::Hands;
use super::person::Person;
use crate::plays::Plan;

type People = BTreeMap<OperatorId, Person>;
type Cases = BTreeMap<CallId, Case>;

pub(super) struct Order<'a> {
    plan: &'a Plan,
    hands: &'a Hands,
}

impl<'a> Order<'a> {
    pub(super) fn of(plan: &'a Plan, hands: &'a Hands) -> Self {
        Self { plan, hands }
    }

    fn queue(&self, id: &QueueId) -> Option<&QueueSettings> {
        self.plan.queues.iter().find(|it| it.id == *id)
    }

    /// The groups that are asked for a caller who came at `since`.
    fn asked(&self, place: &Place, seen: Mono) -> Vec<&GroupSettings> {
        let Some(queue) = self.queue(&place.queue) else {
            return Vec::new();
        };
        let waited = seen.since(place.since);
        let raised = |id: &GroupId| self.hands.is_raised(id);
        let added = queue.relax.iter();
        let added = added.filter(|it| waited >= it.after || it.group.as_ref().is_some_and(raised));
        let added = added.filter_map(|it| it.group.as_ref());
        let ids = std::iter::once(&queue.group).chain(added);
        let group = |id: &GroupId| self.plan.groups.iter().find(|it| it.id == *id);
        ids.filter_map(group).collect()
    }

    /// Whoever is kept for one is asked of nobody else.
    fn is_asked(&self, who: &OperatorId, case: &Case, seen: Mono) -> bool {
        let Some(place) = &case.place else {
            return false;
        };
        match &case.kept_for {
            Some((one, _)) => one == who,
            None => {
                let groups = self.asked(place, seen);
                groups.iter().any(|group| self.hands.has(group, who))
            }
        }
    }

    /// Who is logged in of all groups of a queue.
    pub(super) fn logged_in<'b>(&self, people: &'b People, queue: &QueueId) -> Vec<&'b Person> {
        let Some(queue) = self.queue(queue) else {
            return Vec::new();
        };
        let added = queue.relax.iter().filter_map(|it| it.group.as_ref());
        let ids: Vec<_> = std::iter::once(&queue.group).chain(added).collect();
        let groups = self.plan.groups.iter().filter(|it| ids.contains(&&it.id));
        let groups: Vec<_> = groups.collect();
        let there = people
            .iter()
            .filter(|(id, who)| who.seat && groups.iter().any(|group| self.hands.has(group, id)));
        there.map(|(_, who)| who).collect()
    }

    /// In a queue: the higher priority, then who came first.
    fn key(&self, case: &Case, seen: Mono) -> Option<(u8, Mono)> {
        let place = case.place.as_ref()?;
        let aging = self.queue(&place.queue).and_then(|it| it.aging);
        let steps = case.steps(aging, seen) - case.skipped;
        let priority = match place.priority {
            high @ 8.. => high,
            low => (u128::from(low) + steps).min(8) as u8,
        };
        Some((9 - priority, place.since))
    }

    /// Among queues: whoever starves, then the heavier queue, then as in a queue.
    fn rank(&self, case: &Case, now: Mono, seen: Mono) -> Option<(bool, u8, (u8, Mono))> {
        let place = case.place.as_ref()?;
        let queue = self.queue(&place.queue);
        let weight = queue.map_or(0, |it| it.weight);
        let starve = queue.map_or(QueueSettings::MAX_STARVE, |it| it.max_starve);
        let fed = now.since(place.since) <= starve;
        Some((fed, u8::MAX - weight, self.key(case, seen)?))
    }

    /// The offer of this step went to the right caller, and to somebody who had not refused while others were there.
    pub(super) fn first(
        &self,
        cases: &Cases,
        people: &People,
        (call, who): (CallId, &OperatorId),
        (now, seen): (Mono, Mono),
    ) -> Result<(), String> {
        let case = &cases[&call];
        // At the very moment a group may be asked before its timer says so.
        if !self.is_asked(who, case, now) {
            return Err(format!("Q5: {who} is not asked for {call} yet"));
        }
        let asking = open(cases, people).filter(|(_, it)| self.is_asked(who, it, seen));
        let asking: Vec<_> = asking.collect();
        for (other, it) in &asking {
            let before = match it.queue() == case.queue() {
                true => self.key(it, seen) < self.key(case, seen),
                // Of another queue its first counts alone.
                false => {
                    let mut same = asking.iter().filter(|(_, rest)| rest.queue() == it.queue());
                    let first = same.all(|(_, rest)| self.key(it, seen) <= self.key(rest, seen));
                    first && self.rank(it, now, seen) < self.rank(case, now, seen)
                }
            };
            if before && !refused(it, who, now) {
                return Err(format!(
                    "Q3: {who} is offered {call}, and {other} was before"
                ));
            }
        }
        let fresh = |(id, it): (&OperatorId, &Person)| {
            it.is_routable() && self.is_asked(id, case, seen) && !refused(case, id, now)
        };
        if refused(case, who, now) && people.iter().any(fresh) {
            return Err(format!(
                "Q4: {who} has refused {call}, and others are there"
            ));
        }
        Ok(())
    }

    /// I4, by a walk.
    pub(super) fn nobody_waits_beside(
        &self,
        cases: &Cases,
        people: &People,
        seen: Mono,
    ) -> Result<(), String> {
        for (call, case) in open(cases, people) {
            let mut people = people.iter();
            let free = people.find(|(id, who)| who.is_routable() && self.is_asked(id, case, seen));
            if let Some((id, _)) = free {
                return Err(format!("I4: {call} waits and {id} is free"));
            }
        }
        Ok(())
    }
}

impl Order<'_> {
    /// How long after a phone the next one rings for this caller, where they ring step by step.
    pub(super) fn step(&self, case: &Case) -> Option<Duration> {
        let queue = self.queue(case.queue()?)?;
        let groups = &self.plan.groups;
        let group = groups.iter().find(|it| it.id == queue.group)?;
        (group.strategy == Strategy::Progressive).then_some(group.step)
    }

    /// Who could be asked for this caller now, and has not refused.
    pub(super) fn free_for(&self, case: &Case, people: &People, now: Mono) -> Vec<OperatorId> {
        let free = people.iter().filter(|(id, who)| {
            let asked = self.is_asked(id, case, now);
            who.is_routable() && asked && !refused(case, id, now)
        });
        free.map(|(id, _)| id.clone()).collect()
    }

    /// Q2: where a queue lets them, an emergency for whom nobody rings takes a phone that rings for anybody below.
    pub(super) fn no_emergency_waits(
        &self,
        cases: &Cases,
        people: &People,
        (now, seen): (Mono, Mono),
    ) -> Result<(), String> {
        // Nobody is taken from whom they are rung for by name.
        let lower = |case: &Case| {
            let place = case.place.as_ref();
            place.is_some_and(|it| it.priority < 9) && case.named.is_none()
        };
        let preempts = |case: &Case| {
            let queue = case.queue().and_then(|id| self.queue(id));
            let urgent = case.place.as_ref().is_some_and(|it| it.priority == 9);
            queue.is_some_and(|queue| queue.preempt) && urgent
        };
        for (call, case) in open(cases, people).filter(|(_, case)| preempts(case)) {
            let mut ringing = people.iter().filter(|(_, who)| {
                let mut below = cases.iter().filter(|(_, it)| lower(it));
                below.any(|(other, _)| who.rings_for(*other))
            });
            let taken = ringing.find(|(id, who)| {
                let asked = self.is_asked(id, case, seen);
                asked && who.stays() && !refused(case, id, now)
            });
            if let Some((id, _)) = taken {
                return Err(format!("Q2: {call} waits, and {id} rings for a lesser one"));
            }
        }
        Ok(())
    }
}

/// Callers who wait and for whom nobody rings.
fn open<'a>(cases: &'a Cases, people: &'a People) -> impl Iterator<Item = (CallId, &'a Case)> {
    let rung = |call: &CallId| people.values().any(|who| who.rings_for(*call));
    let waiting = cases.iter().filter(|(_, it)| it.stage == Stage::Waits);
    waiting
        .filter(move |(call, _)| !rung(call))
        .map(|(call, it)| (*call, it))
}

fn refused(case: &Case, who: &OperatorId, now: Mono) -> bool {
    case.refusals.get(who).is_some_and(|until| *until > now)
}
