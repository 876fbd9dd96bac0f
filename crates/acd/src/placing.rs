//! For which groups a person works: the plan's, or those a supervisor gives until the next plan; and of these all, or those the
//! person has chosen for this session (5.2, `login(queues)`).
use gudok_model::{Actor, GroupId, OperatorId};
use serde::{Deserialize, Serialize};

use crate::acd::Acd;
use crate::bench::Standing;
use crate::output::{ByHand, Output};

/// What was said of somebody's groups.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Placing {
    /// By a supervisor, until the next plan.
    given: Option<Vec<GroupId>>,
    /// By the person, until another session.
    chosen: Option<Vec<GroupId>>,
}

impl Placing {
    /// Whether anybody has said anything.
    pub(crate) fn is_said(&self) -> bool {
        self.given.is_some() || self.chosen.is_some()
    }
}

impl Acd {
    /// A supervisor's word: these, until the next plan. What the person had chosen is over.
    pub(crate) fn give_groups(&mut self, id: &OperatorId, groups: Vec<GroupId>) {
        if let Some(operator) = self.operators.get_mut(id) {
            operator.placing = Placing {
                given: Some(groups),
                chosen: None,
            };
        }
        self.place(id);
    }

    /// To whom a supervisor has given groups.
    pub fn given(&self) -> Vec<OperatorId> {
        let given = self.operators.iter();
        let given = given.filter(|(_, operator)| operator.placing.given.is_some());
        given.map(|(id, _)| id.clone()).collect()
    }

    /// Of which groups alone somebody takes calls by their own choice; None: of all.
    pub fn chosen(&self, id: &OperatorId) -> Option<&[GroupId]> {
        self.operators.get(id)?.placing.chosen.as_deref()
    }

    /// A session of the run before goes on, with what was chosen in it; all of them is no choice.
    pub(crate) fn choose_again(&mut self, id: &OperatorId, groups: Vec<GroupId>) {
        let all = self.home(id).iter().all(|group| groups.contains(group));
        if let Some(operator) = self.operators.get_mut(id) {
            operator.placing.chosen = (!all).then_some(groups);
        }
        self.place(id);
    }

    /// The person takes calls for these of their groups alone, until another session begins; all of them is no choice.
    pub(crate) fn choose_groups(&mut self, id: &OperatorId, groups: Vec<GroupId>) {
        if !self.seated(id) {
            return;
        }
        let home = self.home(id);
        if groups.is_empty() || !groups.iter().all(|group| home.contains(group)) {
            return self.refuse("unknown_group", Some(id));
        }
        if self.leaves_short(id, &groups) {
            return self.refuse("break_quota", Some(id));
        }
        let all = home.iter().all(|group| groups.contains(group));
        if let Some(operator) = self.operators.get_mut(id) {
            operator.placing.chosen = (!all).then(|| groups.clone());
        }
        self.place(id);
        let operator = id.clone();
        let actor = Actor::Operator(id.clone());
        let what = ByHand::Regroup { operator, groups };
        self.outputs.push_back(Output::ByHand { what, actor });
    }

    /// A session begins: with all groups again.
    pub(crate) fn forget_choice(&mut self, id: &OperatorId) {
        let operator = self.operators.get_mut(id);
        let chosen = operator.and_then(|operator| operator.placing.chosen.take());
        if chosen.is_some() {
            self.place(id);
        }
    }

    /// Another plan: what was given is over; what was chosen stays, as far as it is there.
    pub(crate) fn place_anew(&mut self, id: &OperatorId) {
        if let Some(operator) = self.operators.get_mut(id) {
            operator.placing.given = None;
        }
        self.enroll(id);
        let operator = self.operators.get(id);
        if operator.is_some_and(|operator| operator.placing.chosen.is_some()) {
            self.place(id);
        }
    }

    /// The groups that may be chosen from: the plan's, or those that were given.
    pub(crate) fn home(&self, id: &OperatorId) -> Vec<GroupId> {
        let operator = self.operators.get(id);
        let given = operator.and_then(|operator| operator.placing.given.as_ref());
        let listing = self.groups.iter();
        let home = listing.filter(|(group_id, group)| match given {
            Some(given) => given.contains(group_id),
            None => group.settings.operators.contains(id),
        });
        home.map(|(group, _)| group.clone()).collect()
    }

    /// Puts a person into their groups and takes them out of all others; what is in hand goes on.
    fn place(&mut self, id: &OperatorId) {
        let home = self.home(id);
        let Some(operator) = self.operators.get_mut(id) else {
            return;
        };
        let chosen = operator.placing.chosen.as_mut();
        if let Some(chosen) = chosen {
            chosen.retain(|group| home.contains(group));
        }
        // A choice of which the plan has left nothing is none.
        operator.placing.chosen.take_if(|it| it.is_empty());
        let groups = operator.placing.chosen.clone().unwrap_or(home);
        self.stand(id, Standing::default());
        self.count_as(id, false);
        for (group_id, group) in &mut self.groups {
            match groups.contains(group_id) {
                true => group.admit(id),
                false => group.dismiss(id),
            }
        }
        self.enroll(id);
    }
}
