//! Who knows what, and whether it is enough for a caller (Q4).
use std::collections::BTreeMap;

use gudok_model::{Needs, OperatorId, Reason, SkillId, SkillSettings};
use serde::{Deserialize, Serialize};

use crate::classes::Class;
use crate::expiry::Expiries;
use crate::queue::Queue;
use crate::reason::reason;

/// Levels by person; who has none of a skill has no entry for it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Skills(BTreeMap<OperatorId, BTreeMap<SkillId, u8>>);

impl Skills {
    /// As the plan has them, by skill.
    pub(crate) fn new(settings: &[SkillSettings]) -> Self {
        let mut people: BTreeMap<OperatorId, BTreeMap<SkillId, u8>> = BTreeMap::new();
        for SkillSettings {
            id,
            levels,
            until: _,
        } in settings
        {
            for (operator, level) in levels {
                let known = people.entry(operator.clone()).or_default();
                known.insert(id.clone(), *level);
            }
        }
        Self(people)
    }

    /// Somebody has none of it from now on. They must be on no list by what they know.
    pub(crate) fn forget(&mut self, operator: &OperatorId, skill: &SkillId) {
        if let Some(known) = self.0.get_mut(operator) {
            known.remove(skill);
        }
    }

    /// How well somebody knows it; 0: not at all.
    pub(crate) fn level(&self, operator: &OperatorId, skill: &SkillId) -> u8 {
        let known = self.0.get(operator).and_then(|known| known.get(skill));
        known.copied().unwrap_or(0)
    }

    /// Whether somebody knows enough.
    pub(crate) fn meets(&self, operator: &OperatorId, needs: &Needs) -> bool {
        if needs.is_empty() {
            return true;
        }
        let known = self.0.get(operator);
        let level = |skill| known.and_then(|known| known.get(skill)).copied();
        needs
            .iter()
            .all(|(skill, least)| level(skill).unwrap_or(0) >= *least)
    }

    /// Why somebody who is asked may be, in words; None: nothing is asked of them.
    pub(crate) fn told(&self, operator: &OperatorId, needs: &Needs) -> Option<Reason> {
        let one = |(skill, least): (&SkillId, &u8)| {
            let level = self.level(operator, skill);
            format!("{skill} {level} (нужно {least})")
        };
        let all: Vec<String> = needs.iter().map(one).collect();
        (!all.is_empty()).then(|| reason("skilled", format!("навыки: {}", all.join(", "))))
    }

    /// What somebody lacks for a caller of this class of a queue, and from when on they lack it no more.
    pub(crate) fn lack(
        &self,
        operator: &OperatorId,
        (queue, class): (&Queue, Class),
        expiries: &Expiries,
    ) -> Option<Reason> {
        let needs = queue.needs(class);
        let lacks = |(skill, least): &(&SkillId, &u8)| self.level(operator, skill) < **least;
        let lacking = needs.iter().filter(lacks);
        let told = lacking.map(|(skill, least)| {
            match (self.level(operator, skill), expiries.day(operator, skill)) {
                (0, Some(day)) => format!("навык «{skill}» истёк {day}, нужен {least}"),
                (0, None) => format!("нет навыка «{skill}», нужен {least}"),
                (level, _) => format!("навык «{skill}» {level}, нужен {least}"),
            }
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() {
            return None;
        }
        let steps = queue.settings.relax.iter().enumerate().skip(class.rung);
        let at = |step: usize| Class {
            rung: step + 1,
            ..class
        };
        let mut enough = steps.filter(|(step, _)| self.meets(operator, queue.needs(at(*step))));
        let later = enough.next().map(|(_, step)| step.after.as_secs());
        let later = later.map(|secs| format!("; хватит с {secs}-й секунды ожидания"));
        let text = format!("{}{}", told.join(", "), later.unwrap_or_default());
        Some(reason("lacks_skill", text))
    }
}
