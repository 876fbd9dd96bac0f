//! One matcher over all queues that share operators (Q3). After each step it brings together every
//! waiting caller and every routable member there are, so that the two never coexist (I4).
use std::time::Duration;

use gudok_model::{CallId, GroupId, Now, QueueId, Reason};

use crate::acd::Acd;
use crate::call::{Call, OrderKey};
use crate::output::{Output, WaitEnd};
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
        if self.draining {
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
        let queues = with_people.flat_map(|group| &group.queues);
        let heads = queues.filter_map(|id| self.head(now, id));
        let first = heads.min_by(|a, b| a.0.cmp(&b.0))?;
        Some((first.1.clone(), first.2))
    }

    fn head<'a>(&'a self, now: Now, id: &'a QueueId) -> Option<(Rank, &'a QueueId, CallId)> {
        let queue = self.queues.get(id)?;
        let (key, call) = queue.open.first()?;
        let fed = now.mono.since(key.since) <= STARVE_MAX;
        Some(((fed, u8::MAX - queue.settings.weight, *key), id, *call))
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
            let reasons = vec![choice.why, place.clone()];
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

    /// Whom to ask: those who did not refuse this call; if nobody else is there, those who did.
    fn choose(&self, now: Now, queue: &QueueId, id: CallId) -> Vec<Choice> {
        let settings = self.queues.get(queue).map(|queue| &queue.settings);
        let group = settings.and_then(|settings| self.groups.get(&settings.group));
        let (Some(group), Some(call)) = (group, self.calls.get(&id)) else {
            return Vec::new();
        };
        let fresh = strategy::choose(group, now.mono, &|who| {
            call.past.refusal(who, now.mono).is_some()
        });
        if !fresh.is_empty() || !call.offers.is_empty() {
            return fresh;
        }
        let refused: Vec<_> = call
            .past
            .refusals
            .iter()
            .map(|it| it.operator.clone())
            .collect();
        strategy::last_resort(group, &refused)
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

fn place_reason(now: Now, queue: &QueueId, key: OrderKey) -> Reason {
    let (waited, priority) = (now.mono.since(key.since).as_secs(), key.priority());
    let text = format!("первый в очереди {queue}: ждёт {waited} с, приоритет {priority}");
    reason("first_in_queue", text)
}
