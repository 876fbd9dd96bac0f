//! What a supervisor does by hand: a reserve is raised, people change groups, a caller goes up or to one operator. The word of
//! anybody else is refused.
use gudok_model::actor::DUE;
use gudok_model::{Actor, CallId, GroupId, Mono, Now, OperatorId, Revoked};
use std::time::Duration;

use crate::Input;
use crate::acd::Acd;
use crate::call::{Aging, Call, OrderKey, PRIORITY_MAX, SaidPriority, Waiting};
use crate::guard::{Guard, guard};
use crate::output::{ByHand, Output};
use crate::view::Asked;

impl Acd {
    /// One of the four, by one who may.
    pub(crate) fn by_hand(&mut self, now: Now, input: Input) {
        match input {
            Input::Reserve { group, on, actor } => self.reserve(group, on, actor),
            Input::Regroup {
                operator,
                groups,
                actor,
            } => self.regroup(&operator, groups, actor),
            Input::Reprioritise {
                call,
                priority,
                actor,
            } => self.reprioritise(now, call, priority, actor),
            Input::Assign { call, to, actor } => self.assign(now, call, &to, actor),
            _ => {}
        }
    }

    /// A group is asked at once for the callers of each queue whose ladder adds it, however long they have waited; or again
    /// only when its step comes. Who rings rings on. It stays so over a reload.
    fn reserve(&mut self, id: GroupId, on: bool, actor: Actor) {
        if !self.may_command(&actor) {
            return;
        }
        let Some(group) = self.groups.get_mut(&id) else {
            return self.refuse("unknown_group", None);
        };
        group.raised = on && guard(Guard::ReserveByHand);
        self.dirty.insert(id.clone());
        self.tell(ByHand::Reserve { group: id, on }, actor);
    }

    /// Somebody works for these groups until the next plan, at the end of their lists where they are new; what is in hand goes on.
    fn regroup(&mut self, id: &OperatorId, groups: Vec<GroupId>, actor: Actor) {
        if !self.may_command(&actor) {
            return;
        }
        if !self.operators.contains_key(id) {
            return self.refuse("unknown_operator", None);
        }
        if !groups.iter().all(|group| self.groups.contains_key(group)) {
            return self.refuse("unknown_group", Some(id));
        }
        if guard(Guard::RegroupByHand) {
            self.give_groups(id, groups.clone());
        }
        let operator = id.clone();
        self.tell(ByHand::Regroup { operator, groups }, actor);
    }

    /// A caller who waits has another priority, and the place that goes with it; from there on waiting raises it as ever.
    fn reprioritise(&mut self, now: Now, id: CallId, priority: u8, actor: Actor) {
        // A promise that is due soon goes up by a rule of its own.
        let is_due = matches!(&actor, Actor::Policy(policy) if &**policy == DUE);
        if !is_due && !self.may_command(&actor) {
            return;
        }
        let waiting = self.calls.get_mut(&id).and_then(Call::waiting_mut);
        let Some(waiting) = waiting.filter(|waiting| !waiting.only) else {
            return self.refuse("unknown_call", None);
        };
        let old = waiting.key;
        let key = match guard(Guard::PriorityByHand) {
            true => OrderKey::new(priority, old.since, old.seq),
            false => old,
        };
        waiting.key = key;
        let queue = waiting.queue.clone();
        let Some(queue) = self.queues.get_mut(&queue) else {
            return;
        };
        queue.rekey(old, key, id);
        self.dirty.extend(queue.groups().cloned());
        let aging = Aging::of(&queue.settings);
        let waited = now.mono.since(key.since);
        let left = aging.left(key.priority(), waited);
        self.plan_aging(id, left.map(|left| now.mono + left));
        let since = Mono(now.mono.0.saturating_sub(micros(aging.into_step(waited))));
        self.remember_said(id, SaidPriority { priority, since });
        self.relist_ringing(id);
        // An emergency waits for nobody in particular.
        if key.priority() == PRIORITY_MAX {
            self.unstick(id);
        }
        let (from, to) = (old.priority(), key.priority());
        self.tell(ByHand::Reprioritise { call: id, from, to }, actor);
    }

    /// Where the call leaves this queue and comes to one again, its priority is the one that was said and what was waited since.
    fn remember_said(&mut self, id: CallId, said: SaidPriority) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.past.said = Some(said);
        }
    }

    /// A caller who waits is offered to one operator by name, ready or not; whoever rings for them stops. Not taken, they are
    /// for anybody again, with their place.
    fn assign(&mut self, now: Now, id: CallId, to: &OperatorId, actor: Actor) {
        if !self.may_command(&actor) {
            return;
        }
        let waits = |waiting: &&Waiting| !waiting.only && !waiting.aside;
        let waiting = self.calls.get(&id).and_then(Call::waiting).filter(waits);
        if waiting.is_none() {
            return self.refuse("unknown_call", None);
        }
        match self.may_be_asked(id, to) {
            Asked::Yes => {}
            Asked::Busy => return self.refuse("operator_busy", Some(to)),
            Asked::Away => return self.refuse("operator_away", Some(to)),
        }
        self.unstick(id);
        self.take_names(id);
        let offers = self.calls.get(&id).map(|call| call.live_offers(id));
        for offer in offers.unwrap_or_default() {
            self.revoke(now, offer, Revoked::Requeue);
        }
        let waiting = self.calls.get_mut(&id).and_then(Call::waiting_mut);
        if let Some(waiting) = waiting.filter(|_| guard(Guard::AssignByName)) {
            waiting.named.push_back(to.clone());
            waiting.assigned = true;
        }
        let operator = to.clone();
        self.tell(ByHand::Assign { call: id, operator }, actor);
        self.ask_by_name(now, id);
    }

    /// Nobody is asked by name any more.
    fn take_names(&mut self, id: CallId) {
        if let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) {
            waiting.named.clear();
        }
    }

    fn may_command(&mut self, actor: &Actor) -> bool {
        let may = actor.commands() || !guard(Guard::HandByWhoMay);
        if !may {
            self.refuse("not_allowed", None);
        }
        may
    }

    fn tell(&mut self, what: ByHand, actor: Actor) {
        self.outputs.push_back(Output::ByHand { what, actor });
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
