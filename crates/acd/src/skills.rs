//! Who knows what, and whether it is enough for a caller (Q4).
use std::collections::BTreeMap;

use gudok_model::{Needs, OperatorId, Reason, SkillId, SkillSettings};
use serde::{Deserialize, Serialize};

use crate::classes::Class;
use crate::queue::Queue;
use crate::reason::reason;

/// Levels by person; who has none of a skill has no entry for it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Skills(BTreeMap<OperatorId, BTreeMap<SkillId, u8>>);

impl Skills {
    /// As the plan has them, by skill.
    pub(crate) fn new(settings: Vec<SkillSettings>) -> Self {
        let mut people: BTreeMap<OperatorId, BTreeMap<SkillId, u8>> = BTreeMap::new();
        for SkillSettings { id, levels } in settings {
            for (operator, level) in levels {
                people
                    .entry(operator)
                    .or_default()
                    .insert(id.clone(), level);
            }
        }
        Self(people)
    }

    /// How well somebody knows it; 0: not at all.
    pub(crate) fn level(&self, operator: &OperatorId, skill: &SkillId) -> u8 {
        let known = self.0.get(operator).and_then(|known| known.get(skill));
        known.copied().unwrap_or(0)
    }

    /// Whether somebody knows enough.
    pub(crate) fn meets(&self, operator: &OperatorId, needs: &Needs) -> bool {
        let enough = |(skill, least): (&SkillId, &u8)| self.level(operator, skill) >= *least;
        needs.iter().all(enough)
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
        queue: &Queue,
        class: Class,
    ) -> Option<Reason> {
        let needs = queue.needs(class);
        let lacks = |(skill, least): &(&SkillId, &u8)| self.level(operator, skill) < **least;
        let lacking = needs.iter().filter(lacks);
        let told = lacking.map(|(skill, least)| match self.level(operator, skill) {
            0 => format!("нет навыка «{skill}», нужен {least}"),
            level => format!("навык «{skill}» {level}, нужен {least}"),
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
