//! What the client directory or a CRM knows about the caller.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One client of the service company.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Client {
    /// Stable id in the source.
    pub id: String,
    /// As shown to the operator.
    pub name: String,
    /// Drives priority and routing.
    pub class: ClientClass,
    /// Further fields by name: address, tariff, manager, debt … At most 32, 256 characters each.
    pub fields: BTreeMap<String, String>,
    /// Where it was found: `local` or `crm:<name>`; `block` for a caller who withholds the number and is blocked.
    pub source: String,
}

/// How the business sees the client.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ClientClass {
    /// Known, nothing special.
    #[default]
    Regular,
    /// To be served first.
    Vip,
    /// Asked before, has not bought yet.
    Lead,
    /// An engineer or another employee in the field.
    Engineer,
    /// Not welcome.
    Blocked,
}

/// The answer of a lookup. A failed lookup is a value: it changes nothing but the card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "match", rename_all = "snake_case")]
pub enum ClientMatch {
    /// Not answered yet.
    Pending,
    /// Exactly one client has this number.
    One {
        /// Who it is.
        client: Client,
        /// How long the lookup took. Milliseconds.
        took_ms: u32,
    },
    /// Several clients share it; the operator chooses.
    Many {
        /// At most 8.
        candidates: Vec<Client>,
        /// How long the lookup took. Milliseconds.
        took_ms: u32,
    },
    /// Nobody has it.
    None {
        /// How long the lookup took. Milliseconds.
        took_ms: u32,
    },
    /// There was no number to look up.
    NoNumber,
    /// The source did not answer in time or answered nonsense.
    Error {
        /// Why.
        error: LookupError,
    },
}

impl ClientMatch {
    /// The one client, where there is exactly one.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Self::One { client, .. } => Some(client),
            Self::Pending
            | Self::Many { .. }
            | Self::None { .. }
            | Self::NoNumber
            | Self::Error { .. } => None,
        }
    }
}

/// Why a lookup brought nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupError {
    /// No answer within the deadline.
    Timeout,
    /// Connection refused or lost.
    Unreachable,
    /// An answer with a status other than 2xx.
    Status,
    /// The answer is not what the mapping expects.
    Malformed,
    /// The answer is larger than the cap.
    TooLarge,
    /// Not asked: the circuit breaker is open.
    CircuitOpen,
    /// Not asked: too many lookups under way.
    Busy,
}
