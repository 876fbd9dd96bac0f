//! Conditions: CEL expressions over a fixed, typed set of facts, compiled and proved when the plan is loaded.
mod check;
mod facts;
pub(crate) mod params;
mod suppose;
mod vars;

use cel::{Context, Env, ExecutionError, Program, Value};
use gudok_model::Name;
use std::sync::Arc;

pub(crate) use facts::{Fact, Opening, World, weekday};
pub(crate) use suppose::Tri;
pub(crate) use vars::{CLASSES, Depends, Names, Type, Var};

use crate::memory::{TEXT_MAX, Value as Kept};
use crate::text::{Problems, Said, Spot, Word, error};

/// Longest condition. Bytes.
const CONDITION_BYTES_MAX: usize = 1000;

/// Deepest nesting of brackets and operators; the parser recurses.
const CONDITION_DEPTH_MAX: usize = 40;

/// What an expression must give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Yes or no.
    Truth,
    /// Something a variable can keep.
    Value,
    /// Something that can be said.
    Said,
}

/// A condition that may be asked, or an expression that a variable is set to.
pub(crate) struct Condition {
    /// As the admin wrote it.
    pub(crate) text: Name,
    program: Program,
    /// The facts it looks at, by their paths, each once.
    pub(crate) vars: Vec<(String, Var)>,
    /// What it gives.
    pub(crate) ty: Type,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Condition {
    /// Parses, looks names up and checks types; complains at the part of the condition that is wrong.
    pub(crate) fn compile(
        word: &Word,
        wanted: Wanted,
        names: &Names<'_>,
        env: &Env,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let wrong = match Self::compiled(&word.text, wanted, names, env) {
            Ok(condition) => return Some(condition),
            Err(wrong) => wrong,
        };
        for (chars, said) in wrong {
            let at = spot_of(word, chars, problems);
            problems.say(&at, said);
        }
        None
    }

    /// The same without complaining.
    pub(crate) fn compiled(
        text: &str,
        wanted: Wanted,
        names: &Names<'_>,
        env: &Env,
    ) -> Result<Self, Vec<Wrong>> {
        let whole = 0..text.chars().count();
        if text.len() > CONDITION_BYTES_MAX || depth(text) > CONDITION_DEPTH_MAX {
            let ru = format!(
                "условие слишком длинное: не больше {CONDITION_BYTES_MAX} байт и {CONDITION_DEPTH_MAX} скобок"
            );
            return Err(vec![(
                whole,
                error(
                    "too_long",
                    ru,
                    "the condition is too long or nested too deep",
                ),
            )]);
        }
        let program = env.compile(text).map_err(|errors| {
            let first = errors.errors.into_iter().next();
            vec![first.map_or_else(
                || unreadable(text, (1, 1), ""),
                |e| unreadable(text, e.pos, &e.msg),
            )]
        })?;
        let check::Checked { vars, ty } = check::check(&program, wanted, names)?;
        Ok(Self {
            text: text.into(),
            program,
            vars,
            ty,
        })
    }

    /// True or false in this world, or why it cannot be told.
    pub(crate) fn holds(&self, env: &Arc<Env>, world: &World<'_>) -> Result<bool, String> {
        let mut context = Context::with_env(Arc::clone(env));
        context.set_variable_resolver(world);
        match self.program.execute(&context) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err("получилось не «да» или «нет»".into()),
            Err(wrong) => Err(in_russian(&wrong)),
        }
    }

    /// What it gives in this world, for a variable; or why it cannot be told.
    pub(crate) fn value(&self, env: &Arc<Env>, world: &World<'_>) -> Result<Kept, String> {
        let mut context = Context::with_env(Arc::clone(env));
        context.set_variable_resolver(world);
        kept(self.program.execute(&context))
    }
}

impl Condition {
    /// What it gives always; None where it looks at facts, or cannot be told.
    pub(crate) fn constant(&self, env: &Arc<Env>) -> Option<Kept> {
        if !self.vars.is_empty() {
            return None;
        }
        kept(self.program.execute(&Context::with_env(Arc::clone(env)))).ok()
    }
}

fn kept(given: Result<Value, ExecutionError>) -> Result<Kept, String> {
    match given {
        Ok(Value::Bool(flag)) => Ok(Kept::Bool(flag)),
        Ok(Value::Int(number)) => Ok(Kept::Int(number)),
        Ok(Value::String(text)) => Ok(Kept::Text(text.chars().take(TEXT_MAX).collect())),
        Ok(_) => Err("такое в переменной не хранится".into()),
        Err(wrong) => Err(in_russian(&wrong)),
    }
}

/// The commonest reasons why a condition cannot be told; others stay as they are.
fn in_russian(wrong: &ExecutionError) -> String {
    match wrong {
        ExecutionError::NoSuchKey(name) => format!("у клиента нет поля «{name}»"),
        ExecutionError::FunctionError { function, .. } => format!("{function}(…): это не число"),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "деление на ноль".into()
        }
        ExecutionError::Overflow(..) => "слишком большое число".into(),
        other => other.to_string(),
    }
}

/// Characters of the condition, and what is wrong with them.
pub(crate) type Wrong = (std::ops::Range<usize>, Said);

/// The parser's complaint. It counts lines and columns from 1, in characters.
fn unreadable(text: &str, (line, column): (isize, isize), message: &str) -> Wrong {
    let line = usize::try_from(line).unwrap_or(1).max(1) - 1;
    let before: usize = text
        .split_inclusive('\n')
        .take(line)
        .map(|l| l.chars().count())
        .sum();
    let start = before + usize::try_from(column).unwrap_or(1).max(1) - 1;
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message: String = message
        .split(" expecting ")
        .next()
        .unwrap_or("")
        .chars()
        .take(100)
        .collect();
    let said = error(
        "bad_condition",
        format!("условие не читается: {message}"),
        format!("the condition cannot be read: {message}"),
    );
    let remedy = (
        "пример: 'client.class == \"vip\" && schedule.office.open'",
        "for example: 'client.class == \"vip\" && schedule.office.open'",
    );
    (start..start + 1, said.remedy(remedy))
}

fn depth(text: &str) -> usize {
    let mut depth: usize = 0;
    let mut deepest = 0;
    let mut unary: usize = 0;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '?' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '!' | '-' => unary += 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest + unary
}

/// Characters of a string's text as bytes of the file, through the escapes it was written with.
fn spot_of(word: &Word, chars: std::ops::Range<usize>, problems: &Problems<'_>) -> Spot {
    let raw = problems.texts().slice(&word.at);
    let offsets = raw_offsets(raw);
    let total = word.text.chars().count();
    if offsets.len() != total + 1 {
        return word.at.clone();
    }
    let start = chars.start.min(total);
    let end = chars.end.clamp(start, total);
    let base = word.at.span.start;
    Spot {
        file: word.at.file,
        span: base + offsets[start]..base + offsets[end],
    }
}

/// Where each character of a TOML string's text stands in its raw form, and where the text ends.
fn raw_offsets(raw: &str) -> Vec<usize> {
    let multi = raw.starts_with("\"\"\"") || raw.starts_with("'''");
    let quote = if multi { 3 } else { 1 };
    let escapes = raw.starts_with('"');
    let Some(body) = raw.get(quote..raw.len().saturating_sub(quote)) else {
        return Vec::new();
    };
    let newline = if body.starts_with("\r\n") {
        2
    } else {
        usize::from(body.starts_with('\n'))
    };
    let start = if multi { newline } else { 0 };
    let mut offsets = Vec::new();
    let mut chars = body[start..].char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        offsets.push(quote + start + at);
        if escapes && c == '\\' {
            let skip = match chars.next().map(|(_, escaped)| escaped) {
                Some('x') => 2,
                Some('u') => 4,
                Some('U') => 8,
                _ => 0,
            };
            chars.by_ref().take(skip).for_each(|_| {});
        }
    }
    offsets.push(quote + body.len());
    offsets
}
