//! Configuration: the full desired state comes in, people and callers stay where they are (Q16).
use std::collections::BTreeMap;

use gudok_model::{
    CallId, GroupSettings, Mono, Now, OperatorId, OperatorProfile, QueueId, QueueSettings,
};

use crate::acd::Acd;
use crate::bench::Standing;
use crate::call::{Aging, OrderKey};
use crate::group::Group;
use crate::guard::{Guard, guard};
use crate::operator::Operator;
use crate::output::{Output, WaitEnd};
use crate::queue::Queue;
use crate::timer::Timer;

impl Acd {
    /// New groups and queues. Callers keep their order; those of a removed queue leave it.
    pub(crate) fn configure(
        &mut self,
        now: Now,
        groups: Vec<GroupSettings>,
        queues: Vec<QueueSettings>,
    ) {
        let former = std::mem::take(&mut self.groups);
        for settings in groups {
            let id = settings.id.clone();
            self.groups
                .insert(id.clone(), Group::new(settings, former.get(&id)));
        }
        self.empty.forget_people();
        let mut stranded = self.replace_queues(now.mono, queues);
        stranded.sort_unstable();
        let everybody: Vec<OperatorId> = self.operators.keys().cloned().collect();
        for id in &everybody {
            self.place_anew(id);
        }
        self.dirty.extend(self.groups.keys().cloned());
        let empty = self.groups.iter().filter(|(_, group)| group.logged_in == 0);
        self.emptied.extend(empty.map(|(id, _)| id.clone()));
        for (_, call) in stranded.into_iter().filter(|_| guard(Guard::RemovedQueue)) {
            self.end_wait(now, call, WaitEnd::Removed);
        }
    }

    /// The operators of the config. Who is missing leaves as soon as idle.
    pub(crate) fn set_operators(&mut self, now: Now, profiles: Vec<OperatorProfile>) {
        let mut gone: BTreeMap<OperatorId, ()> =
            self.operators.keys().map(|id| (id.clone(), ())).collect();
        for profile in profiles {
            gone.remove(&profile.id);
            let id = profile.id.clone();
            if self.operators.contains_key(&id) {
                self.edit(&id, |operator| {
                    operator.profile = profile;
                    operator.removed = false;
                });
            } else {
                self.operators
                    .insert(id.clone(), Operator::new(profile, now.wall));
                self.enroll(&id);
            }
        }
        for id in gone.into_keys() {
            self.edit(&id, |operator| operator.removed = true);
            self.drop_if_removed(&id);
        }
    }

    /// Deletes a removed operator who has nothing in hand.
    pub(crate) fn drop_if_removed(&mut self, id: &OperatorId) {
        let removable = |operator: &&Operator| {
            operator.removed && !operator.is_busy() && operator.engaged.is_none()
        };
        let Some(operator) = self.operators.get(id).filter(removable) else {
            return;
        };
        if let Some(session) = operator.session {
            let operator = id.clone();
            self.outputs
                .push_back(Output::SessionReplaced { operator, session });
        }
        let endpoint = &operator.endpoint;
        let timers = [
            (operator.cooldown_until, Timer::Cooldown(id.clone())),
            (endpoint.phone_failed_until, Timer::PhoneFailed(id.clone())),
            (endpoint.desk_grace_until, Timer::DeskGrace(id.clone())),
            (endpoint.back_until, Timer::Back(id.clone())),
            (operator.break_until(), Timer::Break(id.clone())),
            (operator.hold_until, Timer::Hold(id.clone())),
            (operator.cap_at, Timer::Cap(id.clone())),
        ];
        for (at, timer) in timers {
            if let Some(at) = at {
                self.timers.cancel(at, timer);
            }
        }
        self.operators.remove(id);
        self.tallies.remove(id);
        self.touched.insert(id.clone());
    }

    /// Puts an operator into the groups that list them, from nothing.
    pub(crate) fn enroll(&mut self, id: &OperatorId) {
        let listing = self
            .groups
            .iter()
            .filter(|(_, group)| group.places.contains_key(id));
        let groups = listing.map(|(group, _)| group.clone()).collect();
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        operator.groups = groups;
        operator.standing = Standing::default();
        operator.counted = false;
        self.edit(id, |_| {});
    }

    /// Returns the callers of removed queues, with their order.
    fn replace_queues(&mut self, now: Mono, queues: Vec<QueueSettings>) -> Vec<(u64, CallId)> {
        let mut former = std::mem::take(&mut self.queues);
        for settings in queues {
            let id = settings.id.clone();
            if let Some(group) = self.groups.get_mut(&settings.group) {
                group.queues.push(id.clone());
            }
            for added in settings.relax.iter().filter_map(|it| it.group.as_ref()) {
                if let Some(group) = self.groups.get_mut(added) {
                    group.helps.push(id.clone());
                }
            }
            let queue = match former.remove(&id) {
                Some(queue) => self.resettle(now, queue, settings),
                None => Queue::new(settings),
            };
            self.asks(&queue);
            let calls = queue.calls();
            self.queues.insert(id, queue);
            for call in calls {
                self.plan_relax(now, call);
            }
        }
        let stranded = former.into_values().flat_map(|queue| queue.calls());
        stranded
            .map(|id| (self.calls.get(&id).map_or(0, |call| call.past.seq), id))
            .collect()
    }

    /// A queue with new settings. A new aging step counts from now: nobody changes places by it.
    fn resettle(&mut self, now: Mono, mut queue: Queue, settings: QueueSettings) -> Queue {
        let aging = Aging::of(&settings);
        if Aging::of(&queue.settings) != aging {
            for call in queue.calls() {
                let key = self.key_of(call);
                let next = key.and_then(|key| aging.next(key.priority()));
                self.plan_aging(call, next.map(|step| now + step));
            }
        }
        queue.set(settings);
        for call in queue.calls() {
            if let Some(key) = self.key_of(call) {
                queue.climb(now, key, call);
            }
        }
        // Everybody is enrolled anew after this.
        queue.logged_in = Some(0);
        queue
    }

    fn key_of(&self, call: CallId) -> Option<OrderKey> {
        let waiting = self.calls.get(&call)?.waiting()?;
        (!waiting.only).then_some(waiting.key)
    }

    /// Tells the groups of a queue what is asked of their people.
    fn asks(&mut self, queue: &Queue) {
        for id in queue.groups() {
            let Some(group) = self.groups.get_mut(id) else {
                continue;
            };
            group.preempted |= queue.settings.preempt;
            for needs in queue.all_needs() {
                group.is_asked_for(needs);
            }
        }
    }

    /// Whether there is such a queue.
    pub(crate) fn has_queue(&self, id: &QueueId) -> bool {
        self.queues.contains_key(id)
    }
}
