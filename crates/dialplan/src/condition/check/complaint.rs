//! What the checker of conditions complains of, and at which characters.
use std::ops::Range;

use cel::common::ast::{Expr, IdedExpr, LiteralValue};
use gudok_model::PhoneNumber;

use super::{Checker, path_of, shown};
use crate::condition::vars::Type;
use crate::read::e164_of;
use crate::text::error;

impl Checker<'_> {
    /// A text that is compared with a word must be one of the possible words.
    pub(super) fn words(&mut self, expected: &Type, other: &IdedExpr) {
        let Expr::Literal(LiteralValue::String(text)) = &other.expr else {
            return;
        };
        match expected {
            Type::Word(allowed) if !allowed.contains(&text.inner()) => {
                let ru = format!(
                    "сравнение никогда не будет верно: такого слова нет: «{}»",
                    text.inner()
                );
                let said = error(
                    "unknown_word",
                    ru,
                    format!("never equal: no such word {:?}", text.inner()),
                );
                self.complain(other, said.one_of(text.inner(), allowed));
            }
            Type::Phone
                if !text.inner().is_empty()
                    && PhoneNumber::try_from(text.inner().to_owned()).is_err() =>
            {
                let ru = "сравнение никогда не будет верно: номера здесь в формате E.164";
                let said = error("bad_number", ru, "never equal: numbers are in E.164 here");
                let said = match e164_of(text.inner()) {
                    Some(meant) => said.remedy((
                        format!("напишите \"{meant}\""),
                        format!("write \"{meant}\""),
                    )),
                    None => said.remedy((
                        "для начала номера есть caller.number.startsWith(\"+7395\")",
                        "for the beginning of a number: caller.number.startsWith(\"+7395\")",
                    )),
                };
                self.complain(other, said);
            }
            _ => {}
        }
    }

    pub(super) fn must_meet(&mut self, expr: &IdedExpr, a: &Type, b: &Type) {
        if !a.meets(b) {
            let ru = format!("так сравнивать нельзя: {} и {}", a.spoken(), b.spoken());
            let en = format!("{} and {} cannot be compared", a.english(), b.english());
            self.complain(expr, error("wrong_type", ru, en));
        }
    }

    pub(super) fn must_be_bool(&mut self, expr: &IdedExpr, ty: &Type) {
        if !matches!(ty, Type::Bool | Type::Any) {
            let ru = format!("здесь нужно «да» или «нет», а это {}", ty.spoken());
            let en = format!("expected a bool, found {}", ty.english());
            self.complain(
                expr,
                error("wrong_type", ru, en).remedy((
                    "сравните значение: ==, !=, <, >, in",
                    "compare the value: ==, !=, <, >, in",
                )),
            );
        }
    }

    pub(super) fn mismatch(
        &mut self,
        expr: &IdedExpr,
        name: &str,
        types: &[Type],
        result: Type,
    ) -> Type {
        let (ru, en): (Vec<_>, Vec<_>) = types.iter().map(|t| (t.spoken(), t.english())).unzip();
        let name = shown(name);
        let ru = format!("«{name}» не применяется к: {}", ru.join(", "));
        let en = format!("`{name}` does not take: {}", en.join(", "));
        self.complain(expr, error("wrong_type", ru, en));
        result
    }

    pub(super) fn unsupported(&mut self, expr: &IdedExpr, what: &str) -> Type {
        let ru = format!("в условиях нельзя: {what}");
        self.complain(
            expr,
            error(
                "bad_condition",
                ru,
                format!("not allowed in a condition: {what}"),
            ),
        );
        Type::Any
    }

    pub(super) fn complain(&mut self, expr: &IdedExpr, said: crate::text::Said) {
        self.complain_at(self.range(expr), said);
    }

    pub(super) fn complain_at(&mut self, at: Range<usize>, said: crate::text::Said) {
        self.wrong.push((at, said));
    }

    /// The characters of an expression: for a path all of it, else its token.
    fn range(&self, expr: &IdedExpr) -> Range<usize> {
        match path_of(expr) {
            Some(path) => {
                let start = self.root_start(expr);
                start..start + path.join(".").chars().count()
            }
            None => self.token(expr),
        }
    }

    /// The characters of one word of a path.
    pub(super) fn word_range(&self, expr: &IdedExpr, path: &[&str], word: usize) -> Range<usize> {
        let before: usize = path[..word].iter().map(|w| w.chars().count() + 1).sum();
        let start = self.root_start(expr) + before;
        start..start + path[word].chars().count()
    }

    fn root_start(&self, expr: &IdedExpr) -> usize {
        match &expr.expr {
            Expr::Select(select) => self.root_start(&select.operand),
            _ => self.token(expr).start,
        }
    }

    /// The token of an expression; the parser counts bytes. Of a call it is the bracket: the name stands before it.
    fn token(&self, expr: &IdedExpr) -> Range<usize> {
        let info = self.program.source_info();
        let (start, stop) = info.offset_for(expr.id).unwrap_or((0, 0));
        let chars = |bytes: usize| {
            info.source
                .get(..bytes)
                .map_or(0, |before| before.chars().count())
        };
        let start = chars(start as usize);
        match &expr.expr {
            Expr::Call(call) if shown(&call.func_name) == call.func_name => {
                start.saturating_sub(call.func_name.chars().count())..start
            }
            _ => start..chars(stop as usize + 1).max(start + 1),
        }
    }
}

/// Code and words for a path that leads nowhere.
pub(super) fn unknown(path: &[&str], word: usize) -> (&'static str, String, String) {
    let name = path[word];
    match (path[0], word) {
        ("schedule", 1) => (
            "unknown_schedule",
            format!("нет такого графика: «{name}»"),
            format!("unknown schedule `{name}`"),
        ),
        ("queue", 1) => (
            "unknown_queue",
            format!("нет такой очереди: «{name}»"),
            format!("unknown queue `{name}`"),
        ),
        ("answer", 1) => (
            "unknown_answer",
            format!("ни один шаг не спрашивает «{name}»"),
            format!("no step asks for `{name}`"),
        ),
        ("vars", 1) => (
            "unknown_variable",
            format!("нет такой переменной: «{name}»"),
            format!("no step sets `{name}`"),
        ),
        ("param", 1) => (
            "unknown_param",
            format!("у подветки нет параметра «{name}»"),
            format!("the sub-flow has no parameter `{name}`"),
        ),
        ("queue" | "schedule" | "roster", 2) if path[1] == "param" => (
            "unknown_param",
            format!("у подветки нет такого параметра вида {}: «{name}»", path[0]),
            format!("the sub-flow has no {} parameter `{name}`", path[0]),
        ),
        (_, 0) => (
            "unknown_fact",
            format!("нет такого факта: «{name}»"),
            format!("unknown fact `{name}`"),
        ),
        _ => {
            let whole = path[..word].join(".");
            let ru = format!("у «{whole}» нет «{name}»");
            ("unknown_fact", ru, format!("`{whole}` has no `{name}`"))
        }
    }
}
