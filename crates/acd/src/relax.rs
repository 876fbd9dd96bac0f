//! The ladder of a queue (Q5): the longer somebody waits, the more groups are asked for them. Counted from the first queue, and
//! each step is a timer of its own, so that nobody waits for something else to happen.
use std::collections::BTreeSet;
use std::time::Duration;

use gudok_model::{CallId, GroupId, Mono, Now, OperatorId, QueueId};

use crate::acd::Acd;
use crate::call::{Call, OrderKey};
use crate::group::Group;
use crate::guard::{Guard, guard};
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
        let due = move |after| now.since(since) >= after || !guard(Guard::LadderStep);
        let added = added.filter(move |it| due(it.after));
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
        self.queues.get(queue).map_or(0, |queue| {
            queue.logged_in.unwrap_or_else(|| self.count(queue))
        })
    }

    /// The same, counted member by member.
    pub(crate) fn count(&self, queue: &Queue) -> u32 {
        let groups = queue.groups().filter_map(|id| self.groups.get(id));
        let there = |id: &&OperatorId| self.operators.get(*id).is_some_and(|who| who.counted);
        let members = groups.flat_map(|group| group.places.keys());
        let members: BTreeSet<&OperatorId> = members.filter(there).collect();
        u32::try_from(members.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{
        AutoAnswer, GroupSettings, OperatorProfile, QueueSettings, Relax, SessionId, Strategy, Wall,
    };

    use super::*;
    use crate::Input;

    fn group(name: &str, operators: &[&str]) -> GroupSettings {
        GroupSettings {
            id: name.into(),
            operators: operators.iter().map(|id| (*id).into()).collect(),
            strategy: Strategy::Linear,
            ring: Duration::from_secs(20),
            wrap_up: Duration::ZERO,
            reject_delay: Duration::ZERO,
            misses_max: 0,
            refuse_memory: Duration::ZERO,
        }
    }

    fn configured(first: &[&str], second: &[&str]) -> Input {
        let queue = QueueSettings {
            id: "support".into(),
            group: "first".into(),
            weight: 10,
            callers_max: 10,
            aging: None,
            relax: vec![Relax {
                after: Duration::from_secs(20),
                group: "second".into(),
            }],
            wrap_up: None,
            wrap_up_max: None,
            hold_max: None,
        };
        Input::Configured {
            groups: vec![group("first", first), group("second", second)],
            queues: vec![queue],
        }
    }

    /// As people come and go, and not member by member at each decision; whoever is in both groups counts once.
    #[test]
    fn who_is_logged_in_for_a_ladder_is_kept() {
        let mut acd = Acd::new();
        let now = Now {
            mono: Mono(1),
            wall: Wall(1),
        };
        let profile = |id: &&str| OperatorProfile {
            id: (*id).into(),
            name: (*id).into(),
            project: "main".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: true,
            phone: None,
        };
        let tell = |acd: &mut Acd, input| {
            acd.handle_input(now, input);
            assert_eq!(acd.check_invariants(), Ok(()));
            acd.queues.values().next().and_then(|queue| queue.logged_in)
        };
        let people = ["1", "2", "3"].iter().map(profile).collect();
        tell(&mut acd, Input::Operators(people));
        assert_eq!(
            tell(&mut acd, configured(&["1", "2"], &["2", "3"])),
            Some(0)
        );
        let kept = [("1", 1), ("2", 2), ("3", 3)].map(|(id, session)| {
            let (operator, session) = (id.into(), SessionId(session));
            tell(&mut acd, Input::Login { operator, session })
        });
        assert_eq!(kept, [Some(1), Some(2), Some(3)]);
        // Another ladder: it is counted anew.
        assert_eq!(tell(&mut acd, configured(&["1"], &["1"])), Some(1));
        // Of an older journal: member by member, until the next configuration.
        for queue in acd.queues.values_mut() {
            queue.logged_in = None;
        }
        assert_eq!(acd.logged_in(&"support".into()), 1);
        assert_eq!(tell(&mut acd, configured(&["1", "3"], &["2"])), Some(3));
    }
}
