//! What callers hear at a step: prompts, and values that are put into words when a call comes there.
use gudok_model::Name;
use gudok_speech::Manner;

use crate::condition::Condition;

/// Said one after the other.
pub(crate) type Line = Vec<Utterance>;

/// One thing that is said.
#[derive(Debug)]
pub(crate) enum Utterance {
    Prompt(Name),
    Value(Box<SaidValue>),
}

/// A value and how it is said.
#[derive(Debug)]
pub(crate) struct SaidValue {
    /// As the language calls it: `ticket`.
    pub(crate) word: &'static str,
    pub(crate) manner: Manner,
    pub(crate) value: Condition,
    /// Said where there is no such value, or none that can be said; nothing is where this is empty.
    pub(crate) otherwise: Vec<Name>,
}

impl From<&str> for Utterance {
    fn from(prompt: &str) -> Self {
        Self::Prompt(prompt.into())
    }
}

impl Utterance {
    /// The prompts it names.
    pub(crate) fn prompts(&self) -> &[Name] {
        match self {
            Self::Prompt(name) => std::slice::from_ref(name),
            Self::Value(said) => &said.otherwise,
        }
    }

    /// As reasons and pictures have it: `greeting`, `ticket(client.field.ticket)`.
    fn shown(&self) -> Name {
        match self {
            Self::Prompt(name) => name.clone(),
            Self::Value(said) => format!("{}({})", said.word, said.value.text).into(),
        }
    }
}

/// The line as reasons and pictures have it.
pub(crate) fn shown(line: &[Utterance]) -> Vec<Name> {
    line.iter().map(Utterance::shown).collect()
}

/// For how many prompts it counts at most. The pieces of a value are together no longer than one may be
/// ([`PIECE_MAX`](gudok_speech::PIECE_MAX)).
pub(crate) fn longest(line: &[Utterance]) -> usize {
    line.iter().map(|it| it.prompts().len().max(1)).sum()
}
