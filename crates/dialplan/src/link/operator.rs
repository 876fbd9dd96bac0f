//! A call for one operator: somebody whom a group lists, or whom an expression gives when a call comes there.
use super::Linker;
use crate::condition::{Condition, Type, Wanted};
use crate::draft::DraftOperator;
use crate::flow::{OperatorOp, What, Whose};
use crate::text::{Spot, Word, error};

impl Linker<'_, '_, '_> {
    pub(super) fn operator(&mut self, call: &DraftOperator, at: &Spot) -> What {
        let who = self.whose(&call.who);
        let on_unknown = match (&who, &call.on_unknown) {
            (Some(Whose::Told(_)), word) => self.exit("on_unknown", word.as_ref(), at),
            (_, Some(word)) => self.target(word),
            (_, None) => None,
        };
        let music = self.prompt(&call.music, at);
        let on_not_answered = self.exit("on_not_answered", call.on_not_answered.as_ref(), at);
        let on_unavailable = self.exit("on_unavailable", call.on_unavailable.as_ref(), at);
        What::Operator(Box::new(OperatorOp {
            who: who.unwrap_or_else(|| Whose::Fixed("".into())),
            ring: call.ring,
            music,
            on_not_answered,
            on_unavailable,
            on_unknown,
        }))
    }

    /// None: it is neither, and complained of.
    fn whose(&mut self, word: &Word) -> Option<Whose> {
        if self.operators.contains(&word.text) {
            return Some(Whose::Fixed(word.text.as_str().into()));
        }
        if word.text.contains('.') {
            return self.extension(word).map(Whose::Told);
        }
        let ru = format!("ни одна группа не знает оператора «{}»", word.text);
        let en = format!("no group lists operator {:?}", word.text);
        let known: Vec<&String> = self.operators.iter().collect();
        let said = error("unknown_operator", ru, en).one_of(&word.text, &known);
        self.problems.say(&word.at, said);
        None
    }

    /// The expression; one that never gives a name or a number is complained of.
    fn extension(&mut self, word: &Word) -> Option<Condition> {
        let who = self.expression(word, Wanted::Value, false)?;
        if who.ty != Type::Bool {
            return Some(who);
        }
        let ru = format!(
            "оператора называет текст или число, а это: {}",
            who.ty.spoken()
        );
        let en = format!("a value of the type {} names no operator", who.ty.english());
        let remedy = (
            "нужно то, что набрал звонящий: \"answer.ext\"",
            "say what the caller typed: \"answer.ext\"",
        );
        let said = error("wrong_type", ru, en).remedy(remedy);
        self.problems.say(&word.at, said);
        None
    }
}
