//! Into which queues the callers of which numbers may come: whose a queue is.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::QueueId;

use crate::flow::{At, What};
use crate::plan::{Number, Plan};

impl Plan {
    /// Every queue with the numbers whose callers the plan may lead there, in the order of the plan. A queue into which only
    /// operators pass callers on has none.
    pub fn numbers_into(&self) -> BTreeMap<&QueueId, Vec<&Number>> {
        let queues = self.queues.iter();
        let mut into: BTreeMap<&QueueId, Vec<&Number>> =
            queues.map(|queue| (&queue.id, Vec::new())).collect();
        for number in &self.numbers {
            for queue in self.led_to(number) {
                into.entry(queue).or_default().push(number);
            }
        }
        into
    }

    fn led_to(&self, number: &Number) -> BTreeSet<&QueueId> {
        let begins = [Some(number.entry), number.busy_entry];
        self.led_from(begins.into_iter().flatten())
    }

    /// The queues to which callers of a number come who call while it is open.
    pub(crate) fn led_to_when_open(&self, number: &Number) -> BTreeSet<&QueueId> {
        self.led_from(self.flow_index.get(&number.flow).copied().into_iter())
    }

    fn led_from(&self, flows: impl Iterator<Item = usize>) -> BTreeSet<&QueueId> {
        let mut left: Vec<At> = flows.map(|it| (it, 0)).collect();
        let (mut seen, mut queues) = (BTreeSet::new(), BTreeSet::new());
        while let Some(at) = left.pop() {
            let op = self.flows.get(at.0).and_then(|flow| flow.ops.get(at.1));
            let Some(op) = op.filter(|_| seen.insert(at)) else {
                continue;
            };
            if let What::Queue(step) = &op.what {
                queues.insert(&step.queue);
            }
            left.extend(op.what.edges(at).into_iter().map(|edge| edge.to));
        }
        queues
    }
}
