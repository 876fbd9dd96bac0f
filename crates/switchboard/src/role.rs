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
    pub(crate) fn is_theirs(&self, id: &OperatorId, project: &ProjectId) -> bool {
        self.profile(id).is_some_and(|profile| {
            profile.role == Role::Admin
                || (profile.role.supervises() && profile.project == *project)
        })
    }

    /// In whose name `by` has a word about `operator`. Whoever is of another project is unknown to a supervisor.
    pub(crate) fn directs(
        &self,
        by: &OperatorId,
        operator: &OperatorId,
    ) -> Result<Actor, Rejection> {
        let actor = self.supervisor(by)?;
        let theirs = |project| self.is_theirs(by, project);
        let project = self.profile(operator).map(|profile| &profile.project);
        project
            .is_some_and(theirs)
            .then_some(actor)
            .ok_or_else(|| refused("unknown_operator"))
    }
}
