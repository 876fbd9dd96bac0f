//! What comes of the keys a caller has pressed, and what a call keeps in mind.
use gudok_model::{Name, Needs};
use gudok_speech::Phrase;

use super::Walk;
use crate::decision::{Decision, Step, StepEnd};
use crate::flow::{AskOp, Assign, Assigned, At, MenuOp, Op, PromiseOp, Question, What};
use crate::line::Utterance;
use crate::memory::{Answer, Memory};
use crate::plan::STEPS_MAX;
use crate::promise;
use crate::typed::Typed;
use crate::words;

/// A call that has taken more steps is not taken keys of a queue any more: whoever leaves it and comes back again and again
/// is not led to the limit of [`STEPS_MAX`] by it.
pub(crate) const KEYS_UNTIL: u16 = STEPS_MAX / 2;

/// The question in these words.
pub(super) fn asking(question: &Question, answer: Option<&Name>, prompts: Vec<Name>) -> Decision {
    Decision::Ask {
        prompts,
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
            let asking = |walk: &mut Self| walk.menu(op, menu, &menu.question.on_timeout);
            return self.again(at, op, &menu.question, tried, asking);
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
                let asking = |walk: &mut Self| walk.menu(op, menu, &menu.question.on_invalid);
                self.again(at, op, &menu.question, tried, asking)
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
        let question = &ask.question;
        let StepEnd::Typed(typed) = end else {
            let text = format!("«{}»: ничего не набрано", ask.name);
            self.because("silent", &op.place, text);
            let asking = |walk: &mut Self| walk.ask(op, ask, &question.on_timeout);
            return self.again(at, op, question, tried, asking);
        };
        let valid = self.is_good(op, ask, typed);
        let answer = Answer {
            text: typed.as_str().to_owned(),
            valid,
        };
        self.memory().answers.insert(ask.name.clone(), answer);
        match valid {
            true => self.run((at.0, ask.valid)),
            false => {
                let asking = |walk: &mut Self| walk.ask(op, ask, &question.on_invalid);
                self.again(at, op, question, tried, asking)
            }
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
            _ if ask.phone && fits => self.can_be_called(op, typed),
            _ => fits,
        }
    }

    fn can_be_called(&mut self, op: &Op, typed: Typed) -> bool {
        let Some(number) = promise::callable(typed.as_str()) else {
            let text = "это не мобильный и не городской номер: на него не перезваниваем";
            self.because("number_not_callable", &op.place, text.into());
            return false;
        };
        let can = self.plan.lets_call(&number);
        if !can {
            let text = "по [outbound.prefixes] на такие номера не звонят: не перезваниваем";
            self.because("number_not_callable", &op.place, text.into());
        }
        can
    }

    /// A menu, after these words; the number that was typed is read back between.
    pub(super) fn menu(&mut self, op: &Op, menu: &MenuOp, before: &[Utterance]) -> Decision {
        let mut prompts = self.spoken(before, op);
        let number = menu.reads.as_ref();
        let number = number.and_then(|answer| promise::remembered(self.remembers(), answer));
        prompts.extend(promise::read_back(self.number.locale, number.as_ref()));
        prompts.extend(self.spoken(&menu.question.prompts, op));
        asking(&menu.question, None, prompts)
    }

    /// A question, after these words.
    fn ask(&mut self, op: &Op, ask: &AskOp, before: &[Utterance]) -> Decision {
        let mut prompts = self.spoken(before, op);
        prompts.extend(self.spoken(&ask.question.prompts, op));
        asking(&ask.question, Some(&ask.name), prompts)
    }

    /// The promise to call back; None: nobody knows whom.
    pub(super) fn promise(&mut self, op: &Op, promise: &PromiseOp) -> Option<Decision> {
        let to = match &promise.typed {
            Some(answer) => Some(promise::remembered(self.remembers(), answer)?),
            None => None,
        };
        let said = self.promised(promise, op);
        let thanks = self.spoken(&promise.thanks, op);
        Some(promise::decision(promise, &said, to, thanks))
    }

    /// How the promise is said; where its time does not run from now on, a reason says when it is due.
    fn promised(&mut self, promise: &PromiseOp, op: &Op) -> Phrase {
        let (now, owed) = (self.facts.now, &promise.owed);
        let (locale, zone) = (self.number.locale, &self.number.zone);
        let due = self.plan.due(owed, now, self.facts.overrides);
        match &owed.schedule {
            Some(schedule) if due != now + owed.within => {
                let said = promise::by(locale, zone, (now, due));
                let at = words::hour(zone, due);
                let text = format!("срок считается по графику «{schedule}»: до {at}");
                self.because("due_by_schedule", &op.place, text);
                said
            }
            _ => promise::within(locale, promise),
        }
    }

    fn remembers(&self) -> &Memory {
        self.memory.as_ref().unwrap_or(self.facts.memory)
    }

    /// A queue has its keys as long as steps are left for what they lead to.
    pub(super) fn bound_keys(&self, decided: &mut Decision) {
        if let Decision::Queue { keys, .. } = decided {
            keys.take_if(|_| self.taken > KEYS_UNTIL);
        }
    }

    /// What comes of a key that was pressed in a queue; None: it was left otherwise.
    pub(super) fn by_key(&mut self, at: At, op: &Op, end: StepEnd) -> Option<Step> {
        let (What::Queue(queue), StepEnd::Typed(typed)) = (&op.what, end) else {
            return None;
        };
        let key = typed.as_str().chars().next();
        let target = *key.and_then(|key| queue.keys.get(&key))?;
        let text = format!("очередь «{}»: нажато {}", queue.queue, typed.as_str());
        self.because("queue_key", &op.place, text);
        Some(self.run((at.0, target)))
    }

    /// Puts the question once more, or goes on where the plan says for callers who cannot answer.
    fn again(
        &mut self,
        at: At,
        op: &Op,
        question: &Question,
        tried: u8,
        asking: impl FnOnce(&mut Self) -> Decision,
    ) -> Step {
        let tried = tried.saturating_add(1);
        if tried >= question.tries {
            let text = format!("попыток было {tried}, больше не спрашиваем");
            self.because("tries_used_up", &op.place, text);
            return self.run((at.0, question.otherwise));
        }
        if self.taken >= STEPS_MAX {
            return self.too_many_steps(at);
        }
        self.taken += 1;
        self.asked = tried;
        self.attempt = tried.saturating_add(1);
        let text = format!(
            "спрашиваем ещё раз: попытка {} из {}",
            tried + 1,
            question.tries
        );
        self.because("asked_again", &op.place, text);
        let step = u16::try_from(at.1).unwrap_or(super::OVER);
        let asked = asking(self);
        self.step(self.flow_name(at), step, asked)
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

    /// An operator must know this for the caller from now on, in whatever queue they wait.
    pub(super) fn need(&mut self, needs: &Needs, op: &Op) {
        let known = &mut self.memory().needs;
        known.extend(needs.clone());
        known.retain(|_, level| *level > 0);
        let text = format!("нужны навыки: {}", words::levels(known));
        self.because("needs", &op.place, text);
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
