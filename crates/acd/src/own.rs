//! What a caller needs of their own (Q4): callers of one queue who need different things are kept apart, and the groups keep a list
//! of those who know enough for each.
use gudok_model::{Needs, QueueId};

use crate::acd::Acd;
use crate::output::Output;
use crate::queue::OWN_MAX;

impl Acd {
    /// Where a queue sorts those who need this besides what it asks. The first of them walks over the members of its groups.
    pub(crate) fn own_class(&mut self, id: &QueueId, needs: &Needs) -> usize {
        let Some(queue) = self.queues.get_mut(id) else {
            return 0;
        };
        if let Some(known) = queue.own(needs) {
            return known;
        }
        let Some(own) = queue.keep_apart(needs) else {
            self.too_many_needs(id);
            return 0;
        };
        self.seat(id);
        own
    }

    /// Lists who knows enough for what is asked of the groups of a queue since now.
    fn seat(&mut self, id: &QueueId) {
        let Some(queue) = self.queues.get(id) else {
            return;
        };
        for group in queue.groups() {
            let Some(group) = self.groups.get_mut(group) else {
                continue;
            };
            for needs in queue.all_needs() {
                if !group.is_asked_for(needs) {
                    continue;
                }
                let members: Vec<_> = group.places.keys().cloned().collect();
                let known = members.iter().filter(|it| self.skills.meets(it, needs));
                for operator in known {
                    if let Some(who) = self.operators.get(operator) {
                        group.fill(needs, operator, &who.standing);
                    }
                }
            }
        }
    }

    fn too_many_needs(&mut self, id: &QueueId) {
        let Some(queue) = self.queues.get_mut(id).filter(|queue| !queue.own_full) else {
            return;
        };
        queue.own_full = true;
        self.outputs.push_back(Output::Alarm {
            what: "needs_exhausted".into(),
            detail: format!(
                "callers of queue {id} come with more than {OWN_MAX} different needs; those of others are not asked for"
            ),
        });
    }
}
