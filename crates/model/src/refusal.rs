//! Who wants no calls (behaviour 5.6: `dnc`): said by the customer, written down by one of ours.
use serde::{Deserialize, Serialize};

use crate::{Actor, Name, PhoneNumber, ProjectId, Wall};

/// Longest reason. Characters.
pub const REFUSAL_WHY_MAX: usize = 400;

/// A customer who wants no calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// Who is not to call them.
    pub project: ProjectId,
    /// Whom not to call.
    pub number: PhoneNumber,
    /// What for, a word of the purposes of calls out. None: for nothing at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Name>,
    /// Who has written it down.
    pub by: Actor,
    /// When.
    pub at: Wall,
    /// What they said.
    pub why: String,
}

/// What is said of the calls to a number.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum RefusalWord {
    /// They want none.
    Refuse {
        /// Who writes it down.
        by: Actor,
        /// What the customer said.
        why: String,
    },
    /// They may be called again.
    Lift {
        /// Who says so.
        by: Actor,
        /// On which ground.
        why: String,
    },
}

impl Refusal {
    /// Who has written it down, as people are told.
    pub fn who(&self) -> &str {
        match &self.by {
            Actor::Operator(who) | Actor::Supervisor(who) => who.as_str(),
            Actor::Admin(name) | Actor::Policy(name) => name,
        }
    }
}
