//! The ladder of a queue (Q5): the longer somebody waits, the more groups are asked for them. Counted from the first queue, and
//! each step is a timer of its own, so that nobody waits for something else to happen.
use std::collections::BTreeSet;
use std::time::Duration;

use gudok_model::{CallId, GroupId, Mono, Now, OperatorId, QueueId};

use crate::acd::Acd;
use crate::bench::Bench;
use crate::call::{Call, OrderKey};
use crate::classes::Class;
use crate::group::Group;
use crate::guard::{Guard, guard};
use crate::output::Output;
use crate::queue::Queue;
use crate::timer::Timer;

impl Queue {
    /// Every group that is asked for its callers some day, its own first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        let added = self
            .settings
            .relax
            .iter()
            .filter_map(|it| it.group.as_ref());
        std::iter::once(&self.settings.group).chain(added)
    }

    /// How many steps of the ladder who came at `since` has come up.
    pub(crate) fn rung_at(&self, since: Mono, now: Mono) -> usize {
        let steps = self.settings.relax.iter();
        let due = |after| now.since(since) >= after || !guard(Guard::LadderStep);
        steps.filter(|it| due(it.after)).count()
    }

    /// The step that adds a group, counted from 1; 0: it is the queue's own. None: none does.
    pub(crate) fn rung_of(&self, group: &GroupId) -> Option<usize> {
        let mut steps = self.settings.relax.iter();
        match self.settings.group == *group {
            true => Some(0),
            false => steps
                .position(|it| it.group.as_ref() == Some(group))
                .map(|at| at + 1),
        }
    }

    /// How long its callers wait before this group is asked for them.
    pub(crate) fn added_after(&self, group: &GroupId) -> Option<Duration> {
        let step = self.rung_of(group)?.checked_sub(1)?;
        self.settings.relax.get(step).map(|it| it.after)
    }

    /// Puts a caller where the wait has brought them. False: that is where they are.
    pub(crate) fn climb(&mut self, now: Mono, key: OrderKey, call: CallId) -> bool {
        let rung = self.rung_at(key.since, now);
        self.open.climb(key, call, rung)
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

    /// A rung of the ladder comes for a call: more are asked for it.
    pub(crate) fn relax(&mut self, now: Now, id: CallId) {
        let Some(waiting) = self.calls.get_mut(&id).and_then(Call::waiting_mut) else {
            return;
        };
        waiting.relax_at = None;
        let key = waiting.key;
        if let Some(queue) = self.queues.get_mut(&waiting.queue) {
            self.dirty.extend(queue.groups().cloned());
            if !waiting.only && queue.climb(now.mono, key, id) {
                self.outputs.push_back(Output::Relaxed {
                    call: id,
                    queue: waiting.queue.clone(),
                    rung: queue.open.rung(id),
                    waited: now.mono.since(key.since),
                });
            }
        }
        self.plan_relax(now.mono, id);
    }

    /// Whether a group is asked for the callers of a queue who have come so far.
    pub(crate) fn is_asked(queue: &Queue, group: &Group, rung: usize) -> bool {
        let added = queue.rung_of(&group.settings.id);
        added.is_some_and(|added| added <= rung || group.raised)
    }

    /// The groups that are asked for the callers of a class of a queue, in the order in which they are, each with
    /// those who know enough.
    pub(crate) fn asked<'a>(
        &'a self,
        queue: &'a Queue,
        class: Class,
    ) -> impl Iterator<Item = (&'a Group, &'a Bench)> {
        let groups = queue.groups().filter_map(|id| self.groups.get(id));
        let asked = groups.filter(move |group| Self::is_asked(queue, group, class.rung));
        let needs = queue.needs(class);
        asked.filter_map(move |group| Some((group, group.bench(needs)?)))
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
        AutoAnswer, GroupSettings, Needs, OperatorProfile, QueueSettings, Relax, SessionId, Wall,
    };

    use super::*;
    use crate::Input;

    fn group(name: &str, operators: &[&str]) -> GroupSettings {
        let operators = operators.iter().map(|id| (*id).into()).collect();
        GroupSettings::usual(name.into(), operators)
    }

    fn configured(first: &[&str], second: &[&str]) -> Input {
        let mut queue = QueueSettings::usual("support".into(), "first".into());
        queue.relax = vec![Relax {
            after: Duration::from_secs(20),
            group: Some("second".into()),
            needs: Needs::new(),
        }];
        Input::Configured {
            groups: vec![group("first", first), group("second", second)],
            queues: vec![queue],
            skills: Vec::new(),
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
            role: gudok_model::Role::Operator,
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
