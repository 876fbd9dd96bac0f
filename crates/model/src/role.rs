//! What an operator may do beyond their own work.
use serde::{Deserialize, Serialize};

/// Above whom somebody stands (scenario S07). Each may do what those before it may.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers calls.
    #[default]
    Operator,
    /// Sees and directs the operators, queues and calls of the own project.
    Supervisor,
    /// Sees and directs those of every project, and changes the plan.
    Admin,
}

impl Role {
    /// Whether they direct others.
    pub fn supervises(self) -> bool {
        match self {
            Self::Operator => false,
            Self::Supervisor | Self::Admin => true,
        }
    }

    /// Whether it is the role that nothing has to be said of.
    pub fn is_operator(&self) -> bool {
        *self == Self::Operator
    }
}
