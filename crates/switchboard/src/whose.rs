//! Whose a queue, a group and a call are: a supervisor sees and directs those of the own project, an admin all (S07).
//!
//! Named policies: a queue is of the projects whose numbers the plan leads there; one into which only operators pass callers on
//! is its group's. A group is of a project where it lists somebody of it and nobody of another one.
use std::collections::BTreeMap;

use gudok_dialplan::plan::Plan;
use gudok_model::{CallId, GroupId, OperatorId, ProjectId, QueueId, Role};
use gudok_speech::Locale;

use crate::switchboard::Switchboard;

/// How far somebody's word goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    /// To all there is.
    All,
    /// To what is of this project.
    Of(ProjectId),
}

impl Reach {
    pub(crate) fn has(&self, project: &ProjectId) -> bool {
        match self {
            Self::All => true,
            Self::Of(own) => own == project,
        }
    }
}

/// Whose callers the plan leads into each queue, and what language they hear.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners {
    queues: BTreeMap<QueueId, Vec<(ProjectId, Locale)>>,
}

impl Owners {
    pub(crate) fn of(plan: &Plan) -> Self {
        let queues = plan.numbers_into().into_iter();
        let queues = queues.map(|(queue, numbers)| {
            let numbers = numbers.into_iter();
            let mut owners: Vec<(ProjectId, Locale)> = numbers
                .map(|number| (number.project.clone(), number.locale))
                .collect();
            owners.sort_unstable();
            owners.dedup();
            (queue.clone(), owners)
        });
        Self {
            queues: queues.collect(),
        }
    }
}

impl Switchboard {
    /// How far the word of this operator goes; None: they direct nobody.
    pub(crate) fn reach(&self, by: &OperatorId) -> Option<Reach> {
        let profile = self.profile(by)?;
        match profile.role {
            Role::Operator => None,
            Role::Supervisor => Some(Reach::Of(profile.project.clone())),
            Role::Admin => Some(Reach::All),
        }
    }

    /// Whether a supervisor or an admin sees and directs this queue.
    pub fn queue_is_theirs(&self, by: &OperatorId, queue: &QueueId) -> bool {
        let reach = self.reach(by);
        reach.is_some_and(|reach| self.reaches_queue(&reach, queue))
    }

    pub(crate) fn reaches_queue(&self, reach: &Reach, queue: &QueueId) -> bool {
        let Some(owners) = self.owners.queues.get(queue) else {
            return false;
        };
        if owners.is_empty() {
            let plan = self.plan.as_ref();
            let settings = plan.and_then(|it| it.queues().iter().find(|it| it.id == *queue));
            return settings.is_some_and(|it| self.reaches_group(reach, &it.group));
        }
        owners.iter().any(|(project, _)| reach.has(project))
    }

    /// Whether the plan leads callers of this project there.
    pub(crate) fn is_led_to(&self, queue: &QueueId, project: &ProjectId) -> bool {
        let owners = self.owners.queues.get(queue);
        owners.is_some_and(|owners| owners.iter().any(|(own, _)| own == project))
    }

    pub(crate) fn reaches_group(&self, reach: &Reach, group: &GroupId) -> bool {
        let plan = self.plan.as_ref();
        let group = plan.and_then(|plan| plan.groups().iter().find(|it| it.id == *group));
        let Some(group) = group else {
            return false;
        };
        let members = group.operators.iter().filter_map(|id| self.profile(id));
        let mut members = members.peekable();
        *reach == Reach::All
            || (members.peek().is_some() && members.all(|it| reach.has(&it.project)))
    }

    pub(crate) fn reaches_operator(&self, reach: &Reach, operator: &OperatorId) -> bool {
        let profile = self.profile(operator);
        profile.is_some_and(|profile| reach.has(&profile.project))
    }

    pub(crate) fn reaches_call(&self, reach: &Reach, call: CallId) -> bool {
        self.project(call).is_some_and(|it| reach.has(it))
    }

    /// The languages of those whom the plan leads into a queue, as far as a word reaches; where it leads nobody, the first one.
    pub(crate) fn locales_of(&self, reach: &Reach, queue: &QueueId) -> Vec<Locale> {
        let owners = self.owners.queues.get(queue).into_iter().flatten();
        let owners = owners.filter(|(project, _)| reach.has(project));
        let mut locales: Vec<Locale> = owners.map(|(_, locale)| *locale).collect();
        if locales.is_empty() {
            locales.push(Locale::default());
        }
        locales.sort_unstable();
        locales.dedup();
        locales
    }
}
