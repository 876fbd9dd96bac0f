//! The hours of a queue, laid out before it, and where its callers go if a step says nothing else (behaviour Q0).
use gudok_model::Name;

use super::{Layout, Linker};
use crate::draft::{Draft, DraftExits, DraftQueueStep};
use crate::flow::{Target, What};
use crate::hours::AtClose;
use crate::text::{Spot, Word, warning};

/// What a queue says for all steps that lead there.
#[derive(Clone, Default)]
pub(super) struct OfQueue {
    pub(super) on_timeout: Target,
    pub(super) on_no_operators: Target,
    pub(super) on_full: Target,
    pub(super) on_error: Target,
    pub(super) on_removed: Target,
    on_closed: Target,
    schedule: Option<Word>,
    at_close: AtClose,
}

impl Linker<'_, '_, '_> {
    /// Looks up what each queue says; complains of flows that are not there.
    pub(super) fn of_queues(&mut self, draft: &Draft) {
        for (name, queue) in &draft.queues {
            let DraftExits {
                on_timeout,
                on_no_operators,
                on_full,
                on_error,
                on_removed,
                on_closed,
            } = &queue.exits;
            // A flow that is not there is complained of once, and not missing besides.
            let mut target = |word: &Option<Word>| {
                let word = word.as_ref()?;
                Some(self.target(word).unwrap_or(usize::MAX))
            };
            let hours = queue.edges.hours.as_ref();
            let own = OfQueue {
                on_timeout: target(on_timeout),
                on_no_operators: target(on_no_operators),
                on_full: target(on_full),
                on_error: target(on_error),
                on_removed: target(on_removed),
                on_closed: target(on_closed),
                schedule: hours.map(|it| it.schedule.clone()),
                at_close: hours.map(|it| it.at_close).unwrap_or_default(),
            };
            self.of_queue.insert(name.clone(), own);
        }
    }

    /// `queue` with hours becomes: open, or go to the last · queue · on to `on_closed`. Gives the place of the queue.
    pub(super) fn queue_in_hours(
        &mut self,
        step: &DraftQueueStep,
        at: &Spot,
        layout: &mut Layout,
    ) -> usize {
        let what = self.queue(step, at);
        let name = match &what {
            What::Queue(queue) => Name::from(queue.queue.as_str()),
            _ => Name::from(""),
        };
        let own = self.of_queue.get(&name).cloned().unwrap_or_default();
        let said = step.exits.on_closed.as_ref();
        let Some(schedule) = own
            .schedule
            .filter(|it| self.schedules.contains_key(&*it.text))
        else {
            if let Some(word) = said {
                self.never_closed(&name, word);
            }
            self.push(what, at, layout);
            return layout.ops.len() - 1;
        };
        let on_closed = match (said, own.on_closed) {
            (None, Some(flow)) => Some(flow),
            (said, _) => self.exit("on_closed", said, at),
        };
        let asked = layout.ops.len();
        let open = self.is_open(&name, &schedule, asked + 2);
        self.push(open, at, layout);
        let mut what = what;
        if let (What::Queue(queue), AtClose::Leave) = (&mut what, own.at_close) {
            queue.on_closed = on_closed;
        }
        self.push(what, at, layout);
        self.push(What::Goto(on_closed), at, layout);
        asked + 1
    }

    /// The question before the queue, in words of its own.
    fn is_open(&mut self, queue: &Name, schedule: &Word, otherwise: usize) -> What {
        let asked = Word {
            text: format!("schedule.{}.open", schedule.text),
            at: schedule.at.clone(),
        };
        match self.condition(&asked) {
            Some(mut condition) => {
                condition.text = format!("очередь «{queue}» открыта").into();
                What::When {
                    condition,
                    otherwise,
                }
            }
            // Complained of.
            None => What::Jump(otherwise - 1),
        }
    }

    fn never_closed(&mut self, queue: &str, word: &Word) {
        self.target(word);
        let ru = format!("у очереди «{queue}» нет schedule: в on_closed никто не уйдёт");
        let en = format!("queue {queue:?} has no `schedule`: nobody leaves by `on_closed`");
        let remedy = (
            "назовите график очереди: schedule = \"график\" в [queue.ИМЯ], или уберите on_closed",
            "name the schedule of the queue: schedule = \"schedule\" in [queue.NAME], or remove `on_closed`",
        );
        let said = warning("unused", ru, en);
        self.problems.say(&word.at, said.remedy(remedy));
    }
}
