//! What comes of the keys a caller has pressed, and what a call keeps in mind.
use gudok_model::Name;

use super::Walk;
use crate::decision::{Decision, Step, StepEnd};
use crate::flow::{AskOp, Assign, Assigned, At, MenuOp, Op, Question};
use crate::memory::{Answer, Memory};
use crate::plan::STEPS_MAX;
use crate::typed::Typed;

/// The question, after these words.
pub(super) fn asking(question: &Question, answer: Option<&Name>, before: &[Name]) -> Decision {
    Decision::Ask {
        prompts: before.iter().chain(&question.prompts).cloned().collect(),
        answer: answer.cloned(),
        keys: question.keys,
    }
}

impl Walk<'_> {
    pub(super) fn after_menu(
        &mut self,
        at: At,
        op: &Op,
        menu: &MenuOp,
        tried: u8,
        end: StepEnd,
    ) -> Step {
        let StepEnd::Typed(typed) = end else {
            self.because("silent", &op.place, "ничего не нажато".into());
            return self.again(
                at,
                op,
                &menu.question,
                None,
                tried,
                &menu.question.on_timeout,
            );
        };
        let key = typed.as_str().chars().next();
        match key.and_then(|key| menu.keys.get(&key)) {
            Some(target) => {
                self.because("key", &op.place, format!("нажато {}", typed.as_str()));
                self.run((at.0, *target))
            }
            None => {
                let text = format!("нажато {}: такой клавиши в меню нет", typed.as_str());
                self.because("key_unknown", &op.place, text);
                self.again(
                    at,
                    op,
                    &menu.question,
                    None,
                    tried,
                    &menu.question.on_invalid,
                )
            }
        }
    }

    pub(super) fn after_ask(
        &mut self,
        at: At,
        op: &Op,
        ask: &AskOp,
        tried: u8,
        end: StepEnd,
    ) -> Step {
        let (question, name) = (&ask.question, Some(&ask.name));
        let StepEnd::Typed(typed) = end else {
            let text = format!("«{}»: ничего не набрано", ask.name);
            self.because("silent", &op.place, text);
            return self.again(at, op, question, name, tried, &question.on_timeout);
        };
        let valid = self.is_good(op, ask, typed);
        let answer = Answer {
            text: typed.as_str().to_owned(),
            valid,
        };
        self.memory().answers.insert(ask.name.clone(), answer);
        match valid {
            true => self.run((at.0, ask.valid)),
            false => self.again(at, op, question, name, tried, &question.on_invalid),
        }
    }

    /// Whether there are as many digits as were asked for, and the check holds.
    fn is_good(&mut self, op: &Op, ask: &AskOp, typed: Typed) -> bool {
        let most = ask.question.keys.most;
        let fits = (ask.least..=most).contains(&typed.len());
        let count = typed.len();
        let text = match fits {
            true => format!("«{}»: набрано {}", ask.name, typed.masked()),
            false => format!(
                "«{}»: набрано цифр {count}, а нужно {}–{most}",
                ask.name, ask.least
            ),
        };
        let code = if fits { "typed" } else { "typed_wrong_length" };
        self.because(code, &op.place, text);
        match &ask.check {
            Some(check) if fits => self.holds_of(check, op, typed.as_str()),
            _ => fits,
        }
    }

    /// Puts the question once more after these words, or goes on where the plan says for callers who cannot answer.
    fn again(
        &mut self,
        at: At,
        op: &Op,
        question: &Question,
        answer: Option<&Name>,
        tried: u8,
        before: &[Name],
    ) -> Step {
        let tried = tried.saturating_add(1);
        if tried >= question.tries {
            let text = format!("попыток было {tried}, больше не спрашиваем");
            self.because("tries_used_up", &op.place, text);
            return self.run((at.0, question.otherwise));
        }
        if self.taken >= STEPS_MAX {
            return self.closing("steps_exceeded", self.flow_name(at));
        }
        self.taken += 1;
        self.asked = tried;
        let text = format!(
            "спрашиваем ещё раз: попытка {} из {}",
            tried + 1,
            question.tries
        );
        self.because("asked_again", &op.place, text);
        let step = u16::try_from(at.1).unwrap_or(super::OVER);
        self.step(self.flow_name(at), step, asking(question, answer, before))
    }

    /// Sets variables, each by what was set before it.
    pub(super) fn set(&mut self, list: &[Assign], op: &Op) {
        for assign in list {
            let value = match &assign.value {
                Assigned::Fixed(value) => Ok(value.clone()),
                Assigned::Told(expression) => {
                    expression.value(&self.plan.env, &self.world(expression, ""))
                }
            };
            let name = &assign.name;
            match value {
                Ok(value) if value.kind() == assign.kind => {
                    self.memory().vars.insert(name.clone(), value);
                    self.because("set", &op.place, format!("переменная «{name}» задана"));
                }
                Ok(_) => self.not_set(name, op, "получилось значение другого вида"),
                Err(why) => self.not_set(name, op, &why),
            }
        }
    }

    /// What it was before is not what the plan means now.
    fn not_set(&mut self, name: &Name, op: &Op, why: &str) {
        self.memory().vars.remove(name);
        let text = format!("переменная «{name}» не вычислилась и теперь пуста ({why})");
        self.because("set_error", &op.place, text);
    }

    /// What the call keeps in mind, to be changed.
    fn memory(&mut self) -> &mut Memory {
        let before = self.facts.memory;
        self.memory.get_or_insert_with(|| before.clone())
    }
}
