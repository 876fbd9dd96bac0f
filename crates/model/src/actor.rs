//! Who did it: what changes whether somebody is called names a person, or the policy that stands in for one.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Name, OperatorId};

/// Whoever works by phone alone is ready while the phone is there: the one policy that makes ready.
pub const PHONE_ONLY: &str = "phone_only";
/// Who sits down is not ready by it.
pub const LOGIN: &str = "login";
/// Calls missed in a row take readiness away.
pub const RONA: &str = "rona";
/// Who was ready when the daemon died and is not back in time is ready no more.
pub const RESTART: &str = "restart";

/// A promise to call back goes before others when half of its time is over.
pub const DUE: &str = "due";

/// Who changed something; recorded with the change (behaviour 5.1, I6).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "by", content = "who", rename_all = "snake_case")]
pub enum Actor {
    /// An operator, at their own desk.
    Operator(OperatorId),
    /// An operator who supervises others.
    Supervisor(OperatorId),
    /// Whoever runs the server, by the name they gave.
    Admin(Name),
    /// A rule of ours that has a name: [`PHONE_ONLY`], [`LOGIN`], [`RONA`], [`RESTART`], [`DUE`].
    Policy(Name),
}

impl Actor {
    /// Whether they are above the rules that bind operators: quotas of breaks.
    pub fn commands(&self) -> bool {
        match self {
            Self::Supervisor(_) | Self::Admin(_) => true,
            Self::Operator(_) | Self::Policy(_) => false,
        }
    }

    /// Whether this operator may become ready by their word (I6): their own, a supervisor's, an admin's, and of the policies
    /// [`PHONE_ONLY`] alone.
    pub fn may_make_ready(&self, operator: &OperatorId) -> bool {
        match self {
            Self::Operator(who) => who == operator,
            Self::Supervisor(_) | Self::Admin(_) => true,
            Self::Policy(policy) => &**policy == PHONE_ONLY,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(who) => write!(f, "operator {who}"),
            Self::Supervisor(who) => write!(f, "supervisor {who}"),
            Self::Admin(who) => write!(f, "admin {who}"),
            Self::Policy(policy) => write!(f, "policy {policy}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_and_one_policy_make_ready() {
        let anna = OperatorId::from("anna");
        let may = |actor: Actor| actor.may_make_ready(&anna);
        assert!(may(Actor::Operator("anna".into())));
        assert!(may(Actor::Supervisor("olga".into())));
        assert!(may(Actor::Admin("root".into())));
        assert!(may(Actor::Policy(PHONE_ONLY.into())));
        assert!(
            !may(Actor::Operator("ivan".into())),
            "a colleague is nobody"
        );
        assert!(!may(Actor::Policy(RONA.into())));
        assert!(!may(Actor::Policy("break_over".into())));
    }
}
