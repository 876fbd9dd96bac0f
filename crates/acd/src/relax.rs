//! The ladder of a queue (Q5): the longer somebody waits, the more groups are asked for them. Counted from the first queue, and
//! each step is a timer of its own, so that nobody waits for something else to happen.
use std::collections::BTreeSet;
use std::time::Duration;

use gudok_model::{CallId, GroupId, Mono, Now, OperatorId, QueueId};

use crate::acd::Acd;
use crate::call::{Call, OrderKey};
use crate::group::Group;
use crate::queue::Queue;
use crate::timer::Timer;

impl Queue {
    /// Every group that is asked for its callers some day, its own first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        let added = self.settings.relax.iter().map(|it| &it.group);
        std::iter::once(&self.settings.group).chain(added)
    }

    /// The groups that are asked for who came at `since`, in the order in which they are.
    pub(crate) fn asked(&self, since: Mono, now: Mono) -> impl Iterator<Item = &GroupId> {
        let added = self.settings.relax.iter();
        let added = added.filter(move |it| now.since(since) >= it.after);
        std::iter::once(&self.settings.group).chain(added.map(|it| &it.group))
    }

    /// How long its callers wait before this group is asked for them.
    pub(crate) fn added_after(&self, group: &GroupId) -> Option<Duration> {
        let added = self.settings.relax.iter();
        added
            .filter(|it| it.group == *group)
            .map(|it| it.after)
            .min()
    }

    /// The first caller whom nobody rings for and who has waited so long.
    pub(crate) fn first_after(&self, now: Mono, after: Duration) -> Option<(OrderKey, CallId)> {
        let waited = |since: Mono| now.since(since) >= after;
        // Nobody has, where the one who waits longest has not.
        self.by_since.first().filter(|(since, _)| waited(*since))?;
        let mut open = self.open.iter();
        open.find(|(key, _)| waited(key.since)).copied()
    }
}

impl Acd {
    /// When the next group is added for who came at `since`.
    pub(crate) fn next_added(&self, queue: &QueueId, since: Mono, now: Mono) -> Option<Mono> {
        let queue = self.queues.get(queue)?;
        let times = queue.settings.relax.iter().map(|it| since + it.after);
        times.filter(|at| *at > now).min()
    }

    /// Sets the moment at which the next group is added for a call that waits.
    pub(crate) fn plan_relax(&mut self, now: Mono, id: CallId) {
        let waiting = self.calls.get(&id).and_then(Call::waiting);
        let next = waiting.and_then(|it| self.next_added(&it.queue, it.key.since, now));
        self.set_relax(id, next);
    }

    /// Sets or clears that moment.
    pub(crate) fn set_relax(&mut self, id: CallId, at: Option<Mono>) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        if let Some(old) = std::mem::replace(&mut waiting.relax_at, at) {
            self.timers.cancel(old, Timer::Relax(id));
        }
        if let Some(at) = at {
            self.timers.set(at, Timer::Relax(id));
        }
    }

    /// One more group is asked for a call.
    pub(crate) fn relax(&mut self, now: Now, id: CallId) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        waiting.relax_at = None;
        if let Some(queue) = self.queues.get(&waiting.queue) {
            self.dirty.extend(queue.groups().cloned());
        }
        self.plan_relax(now.mono, id);
    }

    /// The groups that are asked for a call now.
    pub(crate) fn groups_asked<'a>(
        &'a self,
        now: Mono,
        queue: &'a QueueId,
        call: &Call,
    ) -> impl Iterator<Item = &'a Group> {
        let since = call.waiting().map_or(now, |waiting| waiting.key.since);
        let queue = self.queues.get(queue).into_iter();
        let asked = queue.flat_map(move |queue| queue.asked(since, now));
        asked.filter_map(|id| self.groups.get(id))
    }

    /// How many of the groups of a queue are logged in, those that are added later too; each person once.
    pub(crate) fn logged_in(&self, queue: &QueueId) -> u32 {
        let groups = || {
            let queue = self.queues.get(queue).into_iter();
            queue
                .flat_map(Queue::groups)
                .filter_map(|id| self.groups.get(id))
        };
        if groups().count() <= 1 {
            return groups().map(|group| group.logged_in).sum();
        }
        let there = |id: &&OperatorId| self.operators.get(*id).is_some_and(|who| who.counted);
        let members = groups().flat_map(|group| group.places.keys());
        let members: BTreeSet<&OperatorId> = members.filter(there).collect();
        u32::try_from(members.len()).unwrap_or(u32::MAX)
    }
}
