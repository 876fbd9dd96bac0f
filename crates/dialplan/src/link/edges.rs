//! The edges of each queue.
use std::collections::BTreeMap;

use gudok_model::QueueId;

use crate::draft::{Draft, DraftEdges};
use crate::edges::Edges;

/// Of every queue that is described.
pub(super) fn edges(draft: &Draft) -> BTreeMap<QueueId, Edges> {
    let told = |edges: &DraftEdges| Edges {
        resume_window: edges.resume_window,
    };
    let queues = draft.queues.iter();
    queues
        .map(|(name, queue)| (QueueId::new(name.clone()), told(&queue.edges)))
        .collect()
}
