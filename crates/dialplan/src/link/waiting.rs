//! A queue and what its keys do, laid out: the steps behind a key lead back to the queue.
use std::collections::BTreeMap;
use std::time::Duration;

use super::{Layout, Linker};
use crate::decision::Hint;
use crate::draft::{Draft, DraftQueueStep, DraftUtterance};
use crate::flow::What;
use crate::line::Utterance;
use crate::text::{Said, Spot, Word, warning};

impl Linker<'_, '_, '_> {
    /// `queue` with keys A and B becomes: queue · A · back to the queue · B · back to the queue.
    pub(super) fn queue_step(&mut self, step: &DraftQueueStep, at: &Spot, layout: &mut Layout) {
        let asked = self.queue_in_hours(step, at, layout);
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

    /// Rungs of a ladder that no caller of the queue's steps waits for: both are counted from the first queue. Whoever is
    /// transferred there by an operator waits by other limits, and may come to them.
    pub(super) fn dead_rungs(&mut self, draft: &Draft) {
        let mut longest: BTreeMap<&str, Duration> = BTreeMap::new();
        for op in self.linked.flows.iter().flat_map(|flow| &flow.ops) {
            if let What::Queue(queue) = &op.what {
                let known = longest.entry(queue.queue.as_str()).or_default();
                *known = (*known).max(queue.wait);
            }
        }
        for (name, queue) in &draft.queues {
            let Some(wait) = longest.get(&**name) else {
                continue;
            };
            let mut added = queue.added.iter();
            for (rung, place) in queue.settings.relax.iter().zip(&queue.rungs) {
                let word = rung.group.as_ref().and_then(|_| added.next());
                if rung.after >= *wait {
                    let at = word.map_or(&**place, |word| &word.at);
                    self.problems.say(at, dead_rung(name, word, *wait));
                }
            }
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

fn dead_rung(queue: &str, group: Option<&Word>, wait: Duration) -> Said {
    let secs = wait.as_secs();
    let (what_ru, what_en) = match group {
        Some(Word { text, .. }) => (
            format!("группу «{text}» спросят"),
            format!("group `{text}` is asked"),
        ),
        None => (
            "навыки смягчатся".to_owned(),
            "less is asked of operators".to_owned(),
        ),
    };
    let ru = format!(
        "эта ступень не сработает для тех, кто пришёл по шагам плана: в очереди «{queue}» они ждут самое большее {secs} с; {what_ru} лишь для переведённых операторами"
    );
    let en = format!(
        "callers of the plan's steps wait in queue `{queue}` at most {secs} s: {what_en} only for those whom operators transfer"
    );
    let remedy = (
        "сделайте after меньше wait шагов этой очереди, или wait больше",
        "make `after` less than the `wait` of the steps of this queue, or `wait` longer",
    );
    warning("dead_rung", ru, en).remedy(remedy)
}
