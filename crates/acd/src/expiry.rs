//! Levels of skills that end some day (Q4): an admission for that skill alone. At its moment the level is none, by a timer; what is
//! in hand goes on, and nobody who rings stops for it. The moment is one of the wall clock, which may be set, and the machine may have
//! been asleep: it is looked at again and again until then.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_model::{Expiry, Mono, Name, Now, OperatorId, QueueId, SkillId, SkillSettings, Wall};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::bench::Standing;
use crate::timer::Timer;

/// The wall clock is looked at so often before a level ends.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Whose levels end, and whose have ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Expiries {
    /// Those to come, the soonest first, with the day as it is told.
    due: BTreeSet<(Wall, OperatorId, SkillId, Name)>,
    /// When the wall clock is looked at again; None: nothing is to come.
    look: Option<Mono>,
    /// The days of those that are over.
    over: BTreeMap<OperatorId, BTreeMap<SkillId, Name>>,
}

impl Expiries {
    fn new(settings: &[SkillSettings]) -> Self {
        let ends = settings.iter().flat_map(|skill| {
            let ends = skill.until.iter();
            ends.map(|(who, Expiry { at, day })| (*at, who.clone(), skill.id.clone(), day.clone()))
        });
        Self {
            due: ends.collect(),
            look: None,
            over: BTreeMap::new(),
        }
    }

    /// When it is to be asked whether the next level has ended.
    fn next_look(&self, now: Now) -> Option<Mono> {
        let (at, ..) = self.due.first()?;
        Some(now.mono + at.since(now.wall).min(LOOK_EVERY))
    }

    /// The day on which somebody's level ended.
    pub(crate) fn day(&self, operator: &OperatorId, skill: &SkillId) -> Option<&Name> {
        self.over.get(operator)?.get(skill)
    }

    /// The next level that has ended by now.
    fn take_due(&mut self, now: Wall) -> Option<(OperatorId, SkillId)> {
        if self.due.first()?.0 > now {
            return None;
        }
        let (_, who, skill, day) = self.due.pop_first()?;
        let over = self.over.entry(who.clone()).or_default();
        over.insert(skill.clone(), day);
        Some((who, skill))
    }
}

impl Acd {
    /// What the skills of a new configuration are bound by. Nobody is on a list by what they know; who is, is listed after it.
    pub(crate) fn set_expiries(&mut self, now: Now, settings: &[SkillSettings]) {
        if let Some(at) = self.expiries.look {
            self.timers.cancel(at, Timer::Expiry);
        }
        self.expiries = Expiries::new(settings);
        self.levels_end(now);
    }

    /// Ends what has ended by now, and sets the clock for what ends next. Gives those whom it concerns.
    fn levels_end(&mut self, now: Now) -> BTreeSet<OperatorId> {
        let mut whose = BTreeSet::new();
        while let Some((who, skill)) = self.expiries.take_due(now.wall) {
            self.stand(&who, Standing::default());
            self.skills.forget(&who, &skill);
            whose.insert(who);
        }
        self.expiries.look = self.expiries.next_look(now);
        if let Some(at) = self.expiries.look {
            self.timers.set(at, Timer::Expiry);
        }
        whose
    }

    /// Somebody may know less from now on: they are listed anew, and a queue that asks for it may have nobody left.
    pub(crate) fn level_due(&mut self, now: Now) {
        for who in self.levels_end(now) {
            self.edit(&who, |_| {});
            for queue in self.queues_of(&who) {
                self.look_again(&queue);
            }
        }
    }

    /// Nobody knows what has ended for them, and what is to end will (Q4).
    pub(crate) fn check_expiries(&self) -> Result<(), String> {
        for (who, skills) in &self.expiries.over {
            let mut known = skills.keys().filter(|it| self.skills.level(who, it) > 0);
            if let Some(skill) = known.next() {
                return Err(format!("Q4: {who} knows {skill}, which has ended"));
            }
        }
        let look = self.expiries.look;
        let is_set = look.is_some_and(|at| self.timers.contains(at, Timer::Expiry));
        match self.expiries.due.first() {
            Some((at, ..)) if !is_set => Err(format!("Q4: no level ends at {at:?}")),
            _ => Ok(()),
        }
    }

    /// The queues whose callers somebody may be asked for some day.
    fn queues_of(&self, operator: &OperatorId) -> BTreeSet<QueueId> {
        let groups = self.operators.get(operator).map(|who| &who.groups);
        let groups = groups.into_iter().flatten();
        let groups = groups.filter_map(|id| self.groups.get(id));
        let queues = groups.flat_map(|group| group.queues.iter().chain(&group.helps));
        queues.cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(mono: u64, wall: i64) -> Now {
        Now {
            mono: Mono(mono * 1_000_000),
            wall: Wall(wall * 1_000_000),
        }
    }

    fn gas(until: i64) -> SkillSettings {
        let end = Expiry {
            at: now(0, until).wall,
            day: "1".into(),
        };
        SkillSettings {
            id: "gas".into(),
            levels: BTreeMap::from([("7".into(), 3)]),
            until: BTreeMap::from([("7".into(), end)]),
        }
    }

    /// The machine slept, or the clock was set: the level ends by the day, not by how long the daemon has run.
    #[test]
    fn a_level_ends_by_the_wall_clock() {
        let mut acd = Acd::default();
        acd.learn(now(0, 0), &[gas(86_400)]);
        let knows = |acd: &Acd| acd.skills.level(&"7".into(), &"gas".into()) > 0;
        acd.handle_timeout(now(600, 90_000));
        assert!(!knows(&acd));
        // Set back: the first look is too early, and another one comes.
        acd.learn(now(600, 0), &[gas(1_000)]);
        acd.handle_timeout(now(1_200, 100));
        assert!(knows(&acd));
        acd.handle_timeout(now(1_800, 700));
        assert!(knows(&acd));
        acd.handle_timeout(now(2_100, 1_000));
        assert!(!knows(&acd));
    }
}
