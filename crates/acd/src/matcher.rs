//! One matcher over all queues that share operators (Q3). After each step it brings together every
//! waiting caller and every routable member there are, so that the two never coexist (I4).
use std::collections::BTreeMap;

use gudok_model::{CallId, GroupId, Now, OperatorId, QueueId, Reason, Strategy};

use crate::acd::Acd;
use crate::call::{OrderKey, PRIORITY_MAX};
use crate::group::Group;
use crate::guard::{Guard, guard};
use crate::output::{Output, WaitEnd};
use crate::queue::Queue;
use crate::reason::reason;
use crate::ringing::Proposal;
use crate::strategy::{self, Choice, Question};

/// Order of the heads: who may take a phone that only rings, starved, then the heavier queue, then the order of Q1.
type Rank = (bool, bool, u8, OrderKey);

/// Among whom somebody is picked for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A new round: every group that is asked, and if need be those who refused.
    Round,
    /// Who becomes free while it rings joins in the queue's own group alone.
    Join,
    /// One more phone of the groups that ring one after the other.
    Step,
}

impl Acd {
    /// Makes all offers that can be made now. Looks only at groups where something changed, and there
    /// only at the first caller of each class of each queue.
    pub(crate) fn match_waiting(&mut self, now: Now) {
        if self.draining && guard(Guard::Drain) {
            return self.let_go(now);
        }
        loop {
            if let Some((queue, call)) = self.most_urgent(now) {
                self.serving = Some(call);
                self.offer_call(now, &queue, call);
            } else if !self.preempt(now) {
                break;
            }
        }
        self.serving = None;
        self.freed.clear();
        for group in std::mem::take(&mut self.dirty) {
            self.join_ringing(now, &group);
        }
    }

    fn most_urgent(&self, now: Now) -> Option<(QueueId, CallId)> {
        let groups = self.dirty.iter().filter_map(|id| self.groups.get(id));
        let with_people = groups.filter(|group| group.ready() > 0);
        // Within a queue the order of Q1 alone counts: whoever starves there goes before other queues, and before nobody of their
        // own (an emergency is of no other class than of its queue).
        let mut heads: BTreeMap<&QueueId, (OrderKey, CallId)> = BTreeMap::new();
        for group in with_people {
            let queues = group.queues.iter().chain(&group.helps);
            for (id, head) in queues.flat_map(|id| self.heads(id, group)) {
                let first = heads.entry(id).or_insert(head);
                *first = head.min(*first);
            }
        }
        // Who waits for one person stands in the same order.
        for (queue, key, call) in self.awaiting() {
            let first = heads.entry(&queue.settings.id).or_insert((key, call));
            *first = (key, call).min(*first);
        }
        let ranked = heads.into_iter().filter_map(|(id, (key, call))| {
            let queue = self.queues.get(id)?;
            Some((rank(now, queue, key), id, call))
        });
        let first = ranked.min_by(|a, b| a.0.cmp(&b.0))?;
        Some((first.1.clone(), first.2))
    }

    /// The first caller of each class of a queue for whom somebody of this group may be asked.
    fn heads<'a>(
        &'a self,
        id: &'a QueueId,
        group: &'a Group,
    ) -> impl Iterator<Item = (&'a QueueId, (OrderKey, CallId))> {
        let queue = self.queues.get(id).into_iter();
        queue.flat_map(move |queue| {
            let heads = queue.open.heads();
            let served = heads.filter(move |(class, _)| {
                let bench = group.bench(queue.needs(*class));
                Self::is_asked(queue, group, class.rung) && bench.is_some_and(|it| it.ready() > 0)
            });
            served.map(move |(_, head)| (id, head))
        })
    }

    /// A new round of offers for a call that rings nowhere.
    fn offer_call(&mut self, now: Now, queue: &QueueId, id: CallId) {
        let choices = match self.take_stuck(id) {
            Some(only) => vec![only],
            None => self.choose(now, queue, id, Reach::Round),
        };
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let left = usize::from(u16::MAX - call.past.offers_made);
        if choices.is_empty() || choices.len() > left {
            return self.give_up(now, id);
        }
        let Some(waiting) = call.waiting_mut() else {
            return;
        };
        waiting.round += 1;
        let (attempt, place) = (waiting.round, place_reason(now, queue, waiting.key));
        for choice in choices {
            let more = self.further_reasons(queue, id, &choice.operator);
            let reasons = [choice.why, place.clone()].into_iter();
            let reasons = reasons.chain(more).collect();
            let (queue, operator) = (queue.clone(), choice.operator);
            self.make_offer(
                now,
                Proposal {
                    call: id,
                    queue,
                    operator,
                    attempt,
                    reasons,
                },
            );
        }
        self.plan_progress(now.mono, queue, id);
    }

    /// That somebody knows enough, and that their group was added.
    pub(crate) fn further_reasons(
        &self,
        queue: &QueueId,
        id: CallId,
        operator: &OperatorId,
    ) -> Vec<Reason> {
        let known = self.queues.get(queue).and_then(|queue| {
            let needs = queue.needs(queue.open.class(id));
            self.skills.told(operator, needs)
        });
        let added = self.added_reason(queue, id, operator);
        known.into_iter().chain(added).collect()
    }

    /// Why somebody of another group is asked.
    fn added_reason(&self, queue: &QueueId, id: CallId, operator: &OperatorId) -> Option<Reason> {
        let queue = self.queues.get(queue)?;
        let has = |id: &&GroupId| {
            let group = self.groups.get(*id);
            group.is_some_and(|group| group.places.contains_key(operator))
        };
        let group = queue.groups().find(has)?;
        let after = queue.added_after(group)?.as_secs();
        if queue.rung_of(group)? > queue.open.rung(id) {
            let text = format!("группа «{group}» подключена вручную");
            return Some(reason("raised", text));
        }
        let text = format!("группа «{group}» подключена: ожидание дольше {after} с");
        (*group != queue.settings.group).then(|| reason("relaxed", text))
    }

    /// Whom to ask: those who did not refuse this call, of the group and then of those that its ladder has added; if nobody
    /// else is there, those who did.
    fn choose(&self, now: Now, queue: &QueueId, id: CallId, reach: Reach) -> Vec<Choice> {
        let (Some(call), Some(queue)) = (self.calls.get(&id), self.queues.get(queue)) else {
            return Vec::new();
        };
        let barred = |who: &OperatorId| call.past.refusal(who, now.mono).is_some();
        let question = |(group, bench)| Question {
            group,
            bench,
            now: now.mono,
            call: id,
            offers: call.past.offers_made,
            barred: &barred,
        };
        let groups = || self.asked(queue, queue.open.class(id));
        let reached = groups().filter(|(group, _)| reach.has(queue, group));
        let mut fresh = reached.map(|asked| strategy::choose(&question(asked)));
        let fresh = fresh.find(|choices| !choices.is_empty());
        if fresh.is_some() || reach != Reach::Round {
            return fresh.unwrap_or_default();
        }
        let refusals = call.past.refusals.iter();
        let refused: Vec<_> = refusals.map(|it| it.operator.clone()).collect();
        let mut again =
            groups().map(|(group, bench)| strategy::last_resort(group, bench, &refused));
        let again = again.find(|choices| !choices.is_empty());
        again.unwrap_or_default()
    }

    /// `ring_all`: who becomes free while a call rings, and is wanted by nobody else, rings too.
    fn join_ringing(&mut self, now: Now, group: &GroupId) {
        let Some(group) = self.groups.get(group) else {
            return;
        };
        if !strategy::is_parallel(&group.settings) || group.ready() == 0 {
            return;
        }
        let queues = group.queues.clone();
        for queue in &queues {
            let ringing = self.queues.get(queue).map(|queue| queue.ringing.clone());
            for (key, call) in ringing.unwrap_or_default() {
                self.join(now, queue, key, call, Reach::Join);
            }
        }
    }

    /// Rings at more for a call that rings, as far as there is room for it.
    pub(crate) fn join(
        &mut self,
        now: Now,
        queue: &QueueId,
        key: OrderKey,
        id: CallId,
        reach: Reach,
    ) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        let waiting = call.waiting().filter(|waiting| waiting.named.is_empty());
        let Some(attempt) = waiting.map(|waiting| waiting.round) else {
            return;
        };
        let (ringing, made) = (call.offers.len(), call.past.offers_made);
        let numbers = usize::from(u16::MAX - made);
        for choice in self.choose(now, queue, id, reach) {
            let most = self.ring_max(queue, &choice.operator);
            let rings = self.calls.get(&id).map_or(most, |call| call.offers.len());
            if rings >= most || rings - ringing >= numbers {
                return;
            }
            let more = self.further_reasons(queue, id, &choice.operator);
            let reasons = [choice.why, place_reason(now, queue, key)].into_iter();
            let proposal = Proposal {
                call: id,
                queue: queue.clone(),
                operator: choice.operator,
                attempt,
                reasons: reasons.chain(more).collect(),
            };
            self.make_offer(now, proposal);
        }
    }

    /// Most phones that the group of somebody rings for one caller of a queue.
    fn ring_max(&self, queue: &QueueId, operator: &OperatorId) -> usize {
        let queue = self.queues.get(queue);
        let groups = queue.into_iter().flat_map(Queue::groups);
        let mut groups = groups.filter_map(|id| self.groups.get(id));
        let group = groups.find(|group| group.places.contains_key(operator));
        group.map_or(1, |group| usize::from(group.settings.ring_max))
    }

    /// The numbers of its offers ran out: the call goes on elsewhere rather than in a circle.
    fn give_up(&mut self, now: Now, id: CallId) {
        self.end_wait(now, id, WaitEnd::TimedOut);
        self.outputs.push_back(Output::Alarm {
            what: "offers_exhausted".into(),
            detail: format!("call {id} cannot be offered any more"),
        });
    }
}

impl Reach {
    fn has(self, queue: &Queue, group: &Group) -> bool {
        match self {
            Self::Round => true,
            Self::Join => group.settings.id == queue.settings.group,
            Self::Step => group.settings.strategy == Strategy::Progressive,
        }
    }
}

fn rank(now: Now, queue: &Queue, key: OrderKey) -> Rank {
    let waits_its_turn = !queue.settings.preempt || key.priority() < PRIORITY_MAX;
    let starves = now.mono.since(key.since) > queue.settings.max_starve;
    let fed = !starves || !guard(Guard::Starvation);
    (waits_its_turn, fed, u8::MAX - queue.settings.weight, key)
}

pub(crate) fn place_reason(now: Now, queue: &QueueId, key: OrderKey) -> Reason {
    let (waited, priority) = (now.mono.since(key.since).as_secs(), key.priority());
    let text = format!("первый в очереди {queue}: ждёт {waited} с, приоритет {priority}");
    reason("first_in_queue", text)
}
