//! Values in words: what a caller hears of them, and what is noted of that.
use gudok_calendar::parse_moment;
use gudok_model::{Name, NumberRules, number};
use gudok_speech::{Locale, Manner, Phrase, is_zoned};

use super::Walk;
use crate::condition::Var;
use crate::decision::Ack;
use crate::flow::Op;
use crate::line::{SaidValue, Utterance};
use crate::memory::Value;
use crate::typed::masked;
use crate::words;

/// A value in words; None: it is none that can be said so. A telephone number is read as any other that is typed or comes
/// from a directory.
pub(crate) fn phrase(manner: Manner, locale: Locale, value: &str) -> Option<Phrase> {
    match manner {
        Manner::Phone => {
            let number = number::parse(value, &NumberRules::default()).e164?;
            manner.phrase(locale, number.as_str())
        }
        _ => manner.phrase(locale, value),
    }
}

impl Walk<'_> {
    /// The prompts of a line for this call at this moment; of each value a reason says what became of it.
    pub(super) fn spoken(&mut self, line: &[Utterance], op: &Op) -> Vec<Name> {
        let mut prompts = Vec::new();
        for utterance in line {
            match utterance {
                Utterance::Prompt(name) => prompts.push(name.clone()),
                Utterance::Value(said) => prompts.extend(self.value_said(said, op)),
            }
        }
        prompts
    }

    pub(super) fn ack(&mut self, ack: Option<&Ack<Utterance>>, op: &Op) -> Option<Ack> {
        let ack = ack?;
        Some(ack.saying(self.spoken(&ack.prompts, op)))
    }

    fn value_said(&mut self, said: &SaidValue, op: &Op) -> Vec<Name> {
        let (word, expression) = (said.word, &said.value.text);
        match self.worded(said) {
            Ok((phrase, shown)) => {
                let text = format!("говорим {word}({expression}): {shown}");
                self.because("said", &op.place, text);
                phrase.pieces.into_iter().map(Name::from).collect()
            }
            Err(why) => {
                let instead = match said.otherwise.is_empty() {
                    true => "пропускаем".to_owned(),
                    false => format!("вместо него {}", said.otherwise.join(", ")),
                };
                let text = format!("не сказать {word}({expression}): {why}; {instead}");
                self.because("not_said", &op.place, text);
                said.otherwise.clone()
            }
        }
    }

    /// A date or time of another zone as the clocks of the number show it.
    fn in_our_zone(&self, manner: Manner, text: String) -> Result<String, String> {
        let is_clock = matches!(manner, Manner::Date { .. } | Manner::Time { .. });
        if !is_clock || !is_zoned(&text) {
            return Ok(text);
        }
        let zone = &self.number.zone;
        let at = parse_moment(text.trim(), zone).ok_or("это не время")?;
        let local = zone.local(at);
        Ok(format!(
            "{}T{:02}:{:02}",
            local.date, local.hour, local.minute
        ))
    }

    /// The value in words and as it may be noted; or why there are none. What is an account, or was typed, is noted masked.
    fn worded(&self, said: &SaidValue) -> Result<(Phrase, String), String> {
        let world = self.world(&said.value, "");
        let value = said.value.value(&self.plan.env, &world);
        let text = match value.map_err(|why| words::missing(&world).unwrap_or(why))? {
            Value::Text(text) => text,
            Value::Int(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
        };
        if text.trim().is_empty() {
            return Err("значения нет".into());
        }
        let text = self.in_our_zone(said.manner, text)?;
        match phrase(said.manner, self.number.locale, &text) {
            Some(phrase) if is_private(said) => Ok((phrase, masked(text.trim()))),
            Some(phrase) => {
                let shown = format!("«{}»", phrase.text);
                Ok((phrase, shown))
            }
            None if is_private(said) => Err(format!("«{}» не годится", masked(&text))),
            None => Err(format!("«{}» не годится", words::shown(&text))),
        }
    }
}

fn is_private(said: &SaidValue) -> bool {
    let mut vars = said.value.vars.iter();
    let typed = vars.any(|(_, var)| matches!(var, Var::Typed | Var::Answer(_) | Var::Variable(..)));
    typed || matches!(said.manner, Manner::Digits | Manner::Ticket | Manner::Phone)
}
