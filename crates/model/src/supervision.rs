//! How a supervisor has to do with the talk of an operator.
use serde::{Deserialize, Serialize};

/// In which way a supervisor is in a talk. The caller and the operator are heard in each of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupervisionMode {
    /// Nobody hears the supervisor.
    Listen,
    /// The operator alone hears them.
    Whisper,
    /// Everybody hears them.
    Barge,
    /// They talk with the caller in the operator's place.
    TakeOver,
}

impl SupervisionMode {
    /// Whether the operator hears the supervisor.
    pub fn is_heard_by_operator(self) -> bool {
        match self {
            Self::Listen => false,
            Self::Whisper | Self::Barge | Self::TakeOver => true,
        }
    }

    /// Whether the caller hears the supervisor.
    pub fn is_heard_by_caller(self) -> bool {
        match self {
            Self::Listen | Self::Whisper => false,
            Self::Barge | Self::TakeOver => true,
        }
    }
}
