//! The queue that a call of ours is counted to.
use gudok_dialplan::plan::Plan;
use gudok_model::{GroupSettings, OperatorId, QueueId, QueueSettings};

/// Of what an operator dials: the first of the plan whose group lists them; of whoever is in none, the first. With its group.
/// None: the plan has no queue.
pub fn queue_of<'p>(
    plan: &'p Plan,
    operator: &OperatorId,
) -> Option<(&'p QueueSettings, &'p GroupSettings)> {
    first(plan, |_, group| group.operators.contains(operator))
}

/// This one, else the first.
pub(crate) fn queue_named<'p>(
    plan: &'p Plan,
    id: &QueueId,
) -> Option<(&'p QueueSettings, &'p GroupSettings)> {
    first(plan, |queue, _| queue.id == *id)
}

fn first<'p>(
    plan: &'p Plan,
    fits: impl Fn(&QueueSettings, &GroupSettings) -> bool,
) -> Option<(&'p QueueSettings, &'p GroupSettings)> {
    let with_group = |queue: &'p QueueSettings| {
        let mut groups = plan.groups().iter();
        Some((queue, groups.find(|group| group.id == queue.group)?))
    };
    let mut queues = plan.queues().iter().filter_map(with_group);
    let fits = queues.find(|(queue, group)| fits(queue, group));
    fits.or_else(|| with_group(plan.queues().first()?))
}
