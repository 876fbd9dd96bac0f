//! Who directs whom: the role of whoever speaks, and whose the one spoken of is (S07).
use gudok_model::{Actor, OperatorId, ProjectId, Role};

use crate::floor::Rejection;
use crate::switchboard::Switchboard;

fn refused(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}

impl Switchboard {
    /// In whose name a supervisor or an admin speaks; `not_allowed` of anybody else.
    pub(crate) fn supervisor(&self, id: &OperatorId) -> Result<Actor, Rejection> {
        match self.profile(id).map(|profile| profile.role) {
            Some(Role::Admin) => Ok(Actor::Admin(id.as_str().into())),
            Some(Role::Supervisor) => Ok(Actor::Supervisor(id.clone())),
            Some(Role::Operator) | None => Err(refused("not_allowed")),
        }
    }

    /// Whether something of this project is theirs to see and to direct: of the own one, of an admin all.
    pub fn is_theirs(&self, id: &OperatorId, project: &ProjectId) -> bool {
        self.reach(id).is_some_and(|reach| reach.has(project))
    }
}
