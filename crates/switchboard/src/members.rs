//! Who works for a group now: those of the plan, but for whom a supervisor moved, or who chose other groups.
use std::collections::BTreeSet;

use gudok_model::{GroupId, OperatorId};

use crate::switchboard::Switchboard;

impl Switchboard {
    /// Whether this person does.
    pub(crate) fn works_for(&self, operator: &OperatorId, group: &GroupId) -> bool {
        let said = self.acd.operator(operator).and_then(|it| it.groups);
        match said.filter(|_| self.config.requests_shown) {
            Some(said) => said.contains(group),
            None => self.is_listed(operator, group),
        }
    }

    /// The groups for which this person works now, of the plan in force.
    pub fn groups_of(&self, operator: &OperatorId) -> BTreeSet<GroupId> {
        let groups = self.plan.as_ref().map(|plan| plan.groups());
        let groups = groups.into_iter().flatten().map(|it| &it.id);
        groups
            .filter(|group| self.works_for(operator, group))
            .cloned()
            .collect()
    }

    /// Everybody who does, in the order of the seats.
    pub(crate) fn members_of(&self, group: &GroupId) -> Vec<OperatorId> {
        let seated = self.seats.keys();
        let members = seated.filter(|id| self.works_for(id, group));
        members.cloned().collect()
    }

    fn is_listed(&self, operator: &OperatorId, group: &GroupId) -> bool {
        let groups = self.plan.as_ref().map(|plan| plan.groups());
        let listed = groups.into_iter().flatten().find(|it| it.id == *group);
        listed.is_some_and(|it| it.operators.contains(operator))
    }
}
