//! What a call keeps in mind on its way through the plan: what was answered, and what the plan has set.
use std::collections::BTreeMap;

use gudok_model::{Name, Needs};
use serde::{Deserialize, Serialize};

/// Most variables of a plan, and most answers.
pub const NAMES_MAX: usize = 64;

/// Longest text of a variable; the rest is cut off. Characters.
pub const TEXT_MAX: usize = 200;

/// Answers and variables of one call. Bounded: the names by the plan, the texts by [`TEXT_MAX`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// What was asked for, by name.
    pub answers: BTreeMap<Name, Answer>,
    /// What the plan has set.
    pub vars: BTreeMap<Name, Value>,
    /// What an operator must know for this caller, besides what a queue asks.
    pub needs: Needs,
}

/// What a caller has typed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Answer {
    /// The digits.
    pub text: String,
    /// Whether there were as many as asked for, and the plan's check held.
    pub valid: bool,
}

/// What a variable is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text of at most [`TEXT_MAX`] characters.
    Text(String),
}

/// The type of a variable: one in the whole plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Bool,
    Int,
    Text,
}

impl Value {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Text(_) => Kind::Text,
        }
    }
}
