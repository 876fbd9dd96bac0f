//! A queue and what its keys do, laid out: the steps behind a key lead back to the queue.
use std::collections::BTreeMap;

use super::{Layout, Linker};
use crate::decision::Hint;
use crate::draft::{DraftQueueStep, DraftUtterance};
use crate::flow::What;
use crate::line::Utterance;
use crate::text::Spot;

impl Linker<'_, '_, '_> {
    /// `queue` with keys A and B becomes: queue · A · back to the queue · B · back to the queue.
    pub(super) fn queue_step(&mut self, step: &DraftQueueStep, at: &Spot, layout: &mut Layout) {
        let (asked, what) = (layout.ops.len(), self.queue(step, at));
        self.push(what, at, layout);
        let around = std::mem::replace(&mut self.leads_back, true);
        let mut keys = BTreeMap::new();
        for (key, branch) in &step.keys {
            keys.insert(*key, layout.ops.len());
            self.branch(branch, at, layout);
            self.push(What::Back(asked), at, layout);
        }
        self.leads_back = around;
        if let What::Queue(queue) = &mut layout.ops[asked].what {
            queue.keys = keys;
        }
    }

    pub(super) fn hint(
        &mut self,
        hint: Option<&Hint<DraftUtterance>>,
        at: &Spot,
    ) -> Option<Hint<Utterance>> {
        let hint = hint?;
        Some(hint.saying(self.line(&hint.prompts, at)))
    }
}
