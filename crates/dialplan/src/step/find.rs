//! A search of the client by something that the caller said.
use super::Walk;
use crate::decision::{Decision, Hit, Step, StepEnd};
use crate::flow::{At, FindOp, Op};
use crate::memory::Value;
use crate::plan::Number;

/// Longest text that is searched for. Characters.
pub(crate) const FIND_MAX: usize = 64;

/// The search for this.
pub(super) fn searching(number: &Number, find: &FindOp, value: String) -> Decision {
    Decision::Find {
        by: find.by.clone(),
        value,
        deadline: find.within.unwrap_or(number.lookup_deadline),
    }
}

impl Walk<'_> {
    /// None: there is nothing to search for, so nobody is found.
    pub(super) fn find(&mut self, op: &Op, find: &FindOp) -> Option<Decision> {
        let value = find
            .value
            .value(&self.plan.env, &self.world(&find.value, ""));
        let text = match value {
            Ok(Value::Text(text)) => text.trim().to_owned(),
            Ok(Value::Int(number)) => number.to_string(),
            Ok(Value::Bool(_)) | Err(_) => String::new(),
        };
        if text.is_empty() || text.chars().count() > FIND_MAX {
            let said = format!("искать по полю «{}» нечего: {}", find.by, find.value.text);
            self.because("nothing_to_find", &op.place, said);
            return None;
        }
        Some(searching(self.number, find, text))
    }

    pub(super) fn after_find(&mut self, at: At, op: &Op, find: &FindOp, end: StepEnd) -> Step {
        let hit = match end {
            StepEnd::Searched(hit) => hit,
            _ => Hit::Error,
        };
        let (code, text) = match hit {
            Hit::One => ("found", "найден один клиент, дальше звонок его"),
            Hit::None => ("not_found", "никто не найден"),
            Hit::Many => ("found_many", "найдено несколько клиентов"),
            Hit::Error => ("not_searched", "справочник не ответил"),
        };
        self.because(code, &op.place, format!("поиск по «{}»: {text}", find.by));
        self.run((at.0, find.ways.after(hit)))
    }
}
