//! Who reads, and how far they may look: their role and whose operator they are is looked up at each request, so that it holds from
//! the moment it is given or taken back.
use gudok_model::{OperatorId, ProjectId, Role};

use crate::api::{App, Refusal};
use crate::tokens::Session;

/// Somebody who is signed in, with what they are by now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    /// Who.
    pub operator: OperatorId,
    /// Whose operator they are.
    pub project: ProjectId,
    /// An operator reads what is theirs, a supervisor their project, an admin everything.
    pub role: Role,
}

impl App {
    pub(crate) async fn reader(&self, session: Session) -> Result<Reader, Refusal> {
        let role = self.role(&session.operator).await?;
        let project = self.parts.staff.project(&session.operator).await?;
        Ok(Reader {
            operator: session.operator,
            project: project.unwrap_or(session.project),
            role,
        })
    }

    async fn role(&self, operator: &OperatorId) -> Result<Role, Refusal> {
        if self.parts.plans.may(operator).await? {
            return Ok(Role::Admin);
        }
        Ok(match self.parts.walls.supervises(operator).await? {
            true => Role::Supervisor,
            false => Role::Operator,
        })
    }
}
