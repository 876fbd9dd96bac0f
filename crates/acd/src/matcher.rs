//! One matcher over all queues that share operators (Q3). After each step it brings together every
//! waiting caller and every routable member there are, so that the two never coexist (I4).
use std::time::Duration;

use gudok_model::{CallId, GroupId, Now, OperatorId, QueueId, Reason};

use crate::acd::Acd;
use crate::call::{Call, OrderKey};
use crate::group::Group;
use crate::guard::{Guard, guard};
use crate::output::{Output, WaitEnd};
use crate::queue::Queue;
use crate::reason::reason;
use crate::ringing::Proposal;
use crate::strategy::{self, Choice, RING_ALL_MAX};

/// A caller who has waited longer than this goes before heavier queues (Q3): weight may delay a
/// caller, not starve them.
pub const STARVE_MAX: Duration = Duration::from_secs(300);

/// Order of the queues' heads: starved first, then the heavier queue, then the order of Q1.
type Rank = (bool, u8, OrderKey);

impl Acd {
    /// Makes all offers that can be made now. Looks only at groups where something changed, and there
    /// only at the head of each queue.
    pub(crate) fn match_waiting(&mut self, now: Now) {
        if self.draining && guard(Guard::Drain) {
            return self.let_go(now);
        }
        while let Some((queue, call)) = self.most_urgent(now) {
            self.serving = Some(call);
            self.offer_call(now, &queue, call);
        }
        self.serving = None;
        for group in std::mem::take(&mut self.dirty) {
            self.join_ringing(now, &group);
        }
    }

    fn most_urgent(&self, now: Now) -> Option<(QueueId, CallId)> {
        let groups = self.dirty.iter().filter_map(|id| self.groups.get(id));
        let with_people = groups.filter(|group| group.ready() > 0);
        let heads = with_people.flat_map(|group| {
            let own = group.queues.iter().filter_map(|id| self.head(now, id));
            let helped = group.helps.iter();
            own.chain(helped.filter_map(|id| self.helped(now, id, group)))
        });
        let first = heads.min_by(|a, b| a.0.cmp(&b.0))?;
        Some((first.1.clone(), first.2))
    }

    fn head<'a>(&'a self, now: Now, id: &'a QueueId) -> Option<(Rank, &'a QueueId, CallId)> {
        let queue = self.queues.get(id)?;
        let (key, call) = queue.open.first()?;
        Some((rank(now, queue, *key), id, *call))
    }

    /// The first of a queue for whom this group is asked by now.
    fn helped<'a>(
        &'a self,
        now: Now,
        id: &'a QueueId,
        group: &Group,
    ) -> Option<(Rank, &'a QueueId, CallId)> {
        let queue = self.queues.get(id)?;
        let after = queue.added_after(&group.settings.id)?;
        let (key, call) = queue.first_after(now.mono, after)?;
        Some((rank(now, queue, key), id, call))
    }

    /// A new round of offers for a call that rings nowhere.
    fn offer_call(&mut self, now: Now, queue: &QueueId, id: CallId) {
        let choices = self.choose(now, queue, id);
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
            let added = self.added_reason(queue, &choice.operator);
            let reasons = [choice.why, place.clone()].into_iter();
            let reasons = reasons.chain(added).collect();
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
    }

    /// Why somebody of another group is asked.
    fn added_reason(&self, queue: &QueueId, operator: &OperatorId) -> Option<Reason> {
        let queue = self.queues.get(queue)?;
        let has = |id: &&GroupId| {
            let group = self.groups.get(*id);
            group.is_some_and(|group| group.places.contains_key(operator))
        };
        let group = queue.groups().find(has)?;
        let after = queue.added_after(group)?.as_secs();
        let text = format!("группа «{group}» подключена: ожидание дольше {after} с");
        (*group != queue.settings.group).then(|| reason("relaxed", text))
    }

    /// Whom to ask: those who did not refuse this call, of the group and then of those that its ladder has added; if nobody
    /// else is there, those who did. Who becomes free while it rings joins in the group alone.
    fn choose(&self, now: Now, queue: &QueueId, id: CallId) -> Vec<Choice> {
        let Some(call) = self.calls.get(&id) else {
            return Vec::new();
        };
        let rings = !call.offers.is_empty();
        let most = if rings { 1 } else { usize::MAX };
        let groups = || self.groups_asked(now.mono, queue, call).take(most);
        let barred = |who: &OperatorId| call.past.refusal(who, now.mono).is_some();
        let fresh = groups().map(|group| strategy::choose(group, now.mono, &barred));
        let fresh = fresh.into_iter().find(|choices| !choices.is_empty());
        if fresh.is_some() || rings {
            return fresh.unwrap_or_default();
        }
        let refused: Vec<_> = call
            .past
            .refusals
            .iter()
            .map(|it| it.operator.clone())
            .collect();
        let again = groups().map(|group| strategy::last_resort(group, &refused));
        let mut again = again.filter(|choices| !choices.is_empty());
        again.next().unwrap_or_default()
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
                self.join(now, queue, key, call);
            }
        }
    }

    fn join(&mut self, now: Now, queue: &QueueId, key: OrderKey, id: CallId) {
        let room = |call: &Call| RING_ALL_MAX.saturating_sub(call.offers.len());
        let numbers = |call: &Call| usize::from(u16::MAX - call.past.offers_made);
        let room = self
            .calls
            .get(&id)
            .map_or(0, |call| room(call).min(numbers(call)));
        let round = self
            .calls
            .get(&id)
            .and_then(|call| call.waiting())
            .map(|it| it.round);
        let by_name = |call: &Call| call.waiting().is_some_and(|it| !it.named.is_empty());
        if self.calls.get(&id).is_some_and(by_name) {
            return;
        }
        for choice in self.choose(now, queue, id).into_iter().take(room) {
            let reasons = vec![choice.why, place_reason(now, queue, key)];
            let (queue, operator) = (queue.clone(), choice.operator);
            let attempt = round.unwrap_or(1);
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

fn rank(now: Now, queue: &Queue, key: OrderKey) -> Rank {
    let fed = now.mono.since(key.since) <= STARVE_MAX || !guard(Guard::Starvation);
    (fed, u8::MAX - queue.settings.weight, key)
}

fn place_reason(now: Now, queue: &QueueId, key: OrderKey) -> Reason {
    let (waited, priority) = (now.mono.since(key.since).as_secs(), key.priority());
    let text = format!("первый в очереди {queue}: ждёт {waited} с, приоритет {priority}");
    reason("first_in_queue", text)
}
