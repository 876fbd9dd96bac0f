//! Levels of skills that end some day (Q4): an admission for that skill alone. At its moment the level is none, by a timer; what is
//! in hand goes on, and nobody who rings stops for it.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{Expiry, Mono, Name, Now, OperatorId, QueueId, SkillId, SkillSettings};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::bench::Standing;
use crate::timer::Timer;

/// Whose levels end, and whose have ended.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Expiries {
    /// Those to come, the soonest first, on the clock that is never set; with the day as it is told.
    due: BTreeSet<(Mono, OperatorId, SkillId, Name)>,
    /// The days of those that are over.
    over: BTreeMap<OperatorId, BTreeMap<SkillId, Name>>,
}

impl Expiries {
    fn new(now: Now, settings: &[SkillSettings]) -> Self {
        let ends = settings.iter().flat_map(|skill| {
            let ends = skill.until.iter();
            ends.map(|(who, Expiry { at, day })| {
                (now.mono_at(*at), who.clone(), skill.id.clone(), day.clone())
            })
        });
        Self {
            due: ends.collect(),
            over: BTreeMap::new(),
        }
    }

    /// When the next level ends.
    pub(crate) fn next(&self) -> Option<Mono> {
        self.due.first().map(|(at, ..)| *at)
    }

    /// The day on which somebody's level ended.
    pub(crate) fn day(&self, operator: &OperatorId, skill: &SkillId) -> Option<&Name> {
        self.over.get(operator)?.get(skill)
    }

    /// The next level that has ended by now.
    fn take_due(&mut self, now: Mono) -> Option<(OperatorId, SkillId)> {
        if self.next()? > now {
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
        if let Some(at) = self.expiries.next() {
            self.timers.cancel(at, Timer::Expiry);
        }
        self.expiries = Expiries::new(now, settings);
        self.levels_end(now.mono);
    }

    /// Ends what has ended by now, and sets the clock for what ends next. Gives those whom it concerns.
    fn levels_end(&mut self, now: Mono) -> BTreeSet<OperatorId> {
        let mut whose = BTreeSet::new();
        while let Some((who, skill)) = self.expiries.take_due(now) {
            self.stand(&who, Standing::default());
            self.skills.forget(&who, &skill);
            whose.insert(who);
        }
        if let Some(at) = self.expiries.next() {
            self.timers.set(at, Timer::Expiry);
        }
        whose
    }

    /// Somebody knows less from now on: they are listed anew, and a queue that asks for it may have nobody left.
    pub(crate) fn level_due(&mut self, now: Mono) {
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
        match self.expiries.next() {
            Some(at) if !self.timers.contains(at, Timer::Expiry) => {
                Err(format!("Q4: no level ends at {at:?}"))
            }
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
