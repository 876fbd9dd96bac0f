//! Names that people give to things: cheap to clone, ordered, printable.
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A short shared string. Cloning copies a pointer, so names travel in every event.
pub type Name = Arc<str>;

macro_rules! name {
    ($(#[$doc:meta])* $id:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $id(Name);

        impl $id {
            /// Takes the name as it is written in the config or the dialplan.
            pub fn new(name: impl Into<Name>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $id {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", &self.0)
            }
        }
    };
}

name!(
    /// A group of operators who may take the callers of a queue (группа операторов).
    GroupId
);
name!(
    /// Callers waiting in order (очередь).
    QueueId
);
name!(
    /// What an operator knows, to some level (навык): `english`.
    SkillId
);
name!(
    /// The person who answers; the login at the phone and at the desk (оператор).
    OperatorId
);
name!(
    /// The carrier's link that brings the 8-800 calls (транк).
    TrunkId
);
name!(
    /// The business a record belongs to; every record carries one.
    ProjectId
);
