//! What is said, with the names that parameters give and the values that are put into words.
use gudok_speech::{Locale, Manner};

use super::Linker;
use crate::condition::{Condition, Type, Var, Wanted};
use crate::draft::{DraftSay, DraftUtterance};
use crate::line::{Line, SaidValue, Utterance};
use crate::memory::Value;
use crate::text::{Spot, error};

impl Linker<'_, '_, '_> {
    /// What a step says; something of it is heard whatever the values are.
    pub(super) fn line(&mut self, draft: &[DraftUtterance], at: &Spot) -> Line {
        let line = self.more(draft, at);
        if line.len() == draft.len() && !line.iter().any(|it| self.is_heard(it)) {
            let ru = "здесь может не прозвучать ничего: значения бывают и такие, что их не сказать";
            let said = error("unheard", ru, "it may be that nothing is said here");
            let remedy = (
                "добавьте фразу, или else = \"фраза\" к одному из значений",
                "add a prompt, or else = \"prompt\" to one of the values",
            );
            self.problems.say(at, said.remedy(remedy));
        }
        line
    }

    /// What is said besides.
    pub(super) fn more(&mut self, draft: &[DraftUtterance], at: &Spot) -> Line {
        let utterance = |it: &DraftUtterance| match it {
            DraftUtterance::Prompt(name) => Some(Utterance::Prompt(self.prompt(name, at))),
            DraftUtterance::Value(say) => self.value_said(say, at),
        };
        draft.iter().filter_map(utterance).collect()
    }

    fn value_said(&mut self, say: &DraftSay, at: &Spot) -> Option<Utterance> {
        let value = self.expression(&say.value, Wanted::Said, false)?;
        if !fits(say.manner, &value.ty) {
            let (word, given) = (say.word, value.ty.spoken());
            let ru = format!("say = \"{word}\" так не говорят: {given}");
            let en = format!(
                "`{word}` cannot say a value of the type {}",
                value.ty.english()
            );
            let said = error("wrong_type", ru, en).remedy(wanted(say.manner));
            self.problems.say(&say.value.at, said);
            return None;
        }
        if let Some(constant) = value.constant(&self.linked.env)
            && !can_be_said(say.manner, &constant)
        {
            let ru = format!("такого не сказать как say = \"{}\"", say.word);
            let en = format!("cannot be said as `{}`", say.word);
            let said = error("out_of_range", ru, en).remedy(wanted(say.manner));
            self.problems.say(&say.value.at, said);
            return None;
        }
        Some(Utterance::Value(Box::new(SaidValue {
            word: say.word,
            manner: say.manner,
            value,
            otherwise: self.prompts(&say.otherwise, at),
        })))
    }

    /// Whether something is said whatever the value is. What a sub-flow is given is not known while it is looked at by itself.
    fn is_heard(&self, utterance: &Utterance) -> bool {
        let of_param = |value: &Condition| {
            let mut vars = value.vars.iter();
            vars.any(|(_, var)| matches!(var, Var::Param(_)))
        };
        match utterance {
            Utterance::Prompt(_) => true,
            Utterance::Value(said) => {
                let is_known = said.value.vars.is_empty() || of_param(&said.value);
                is_known || !said.otherwise.is_empty()
            }
        }
    }
}

/// Whether a value of this type may be one that is said so: of texts only the call knows.
fn fits(manner: Manner, ty: &Type) -> bool {
    match (manner, ty) {
        (_, Type::Any | Type::Text) => true,
        (Manner::Date { .. } | Manner::Time { .. }, _) => false,
        (Manner::Phone, ty) => *ty == Type::Phone,
        (Manner::Digits | Manner::Ticket, Type::Phone) => true,
        (_, ty) => *ty == Type::Int,
    }
}

fn can_be_said(manner: Manner, value: &Value) -> bool {
    let text = match value {
        Value::Bool(_) => return false,
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    };
    crate::step::phrase(manner, Locale::Ru, &text).is_some()
}

/// What may stand there. Russian.
fn wanted(manner: Manner) -> (&'static str, &'static str) {
    match manner {
        Manner::Number { .. } | Manner::Count { .. } => (
            "нужно целое число от 0 до 999 999: 'queue.tech.waiting'",
            "an integer from 0 to 999 999: 'queue.tech.waiting'",
        ),
        Manner::Digits | Manner::Ticket => (
            "нужны цифры, не больше двадцати: 'answer.account'",
            "digits, twenty at most: 'answer.account'",
        ),
        Manner::Phone => (
            "нужен номер телефона: 'caller.number'",
            "a telephone number: 'caller.number'",
        ),
        Manner::Date { .. } => (
            "нужна строка с датой: '\"2026-11-23\"' или 'client.field.visit'",
            "a text with a date: '\"2026-11-23\"' or 'client.field.visit'",
        ),
        Manner::Time { .. } => (
            "нужна строка со временем: '\"9:00\"' или 'client.field.visit_time'",
            "a text with a time: '\"9:00\"' or 'client.field.visit_time'",
        ),
        Manner::Duration { .. } => (
            "нужно число секунд, не больше 999 часов: 'queue.tech.longest_wait'",
            "a number of seconds, 999 hours at most: 'queue.tech.longest_wait'",
        ),
        Manner::Money { .. } => (
            "нужна сумма в рублях: 'client.field.debt', \"1520\" или \"1520.50\"",
            "a sum in roubles: 'client.field.debt', \"1520\" or \"1520.50\"",
        ),
        Manner::Position => (
            "нужно место, от 1: 'queue.tech.waiting + 1'",
            "a position, from 1: 'queue.tech.waiting + 1'",
        ),
    }
}
