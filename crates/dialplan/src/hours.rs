//! The hours of a queue of its own (behaviour Q0): while its schedule is closed nobody comes in, and who waits stays or goes.
use gudok_calendar::{Overrides, Set};
use gudok_model::{Name, QueueId, Wall};

use crate::edges::of_schedule;
use crate::plan::Plan;

/// By what a queue is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OpenBy {
    pub(crate) schedule: Name,
    pub(crate) at_close: AtClose,
}

/// What becomes of who waits in a queue when its hours end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AtClose {
    /// They wait on and are served; nobody else comes in.
    #[default]
    Stay,
    /// They go to `on_closed`.
    Leave,
}

/// How a queue with hours of its own stands at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueHours {
    /// Which.
    pub queue: QueueId,
    /// By which schedule.
    pub schedule: Name,
    /// Whether it is open.
    pub open: bool,
    /// What becomes of who waits when it is not.
    pub at_close: AtClose,
    /// When that is to be asked again, if not before; None: never.
    pub till: Option<Wall>,
}

impl Plan {
    /// Every queue that has hours of its own, in the order of their names.
    pub fn queue_hours(&self, at: Wall, by_hand: &Overrides) -> Vec<QueueHours> {
        let queues = self.edges.iter();
        let told = queues.filter_map(|(id, edges)| {
            let OpenBy { schedule, at_close } = edges.hours.as_ref()?;
            let (open, till) = match by_hand.hours(at, schedule) {
                Some(set) => (set.set == Set::Open, Some(set.until)),
                None => of_schedule(self.schedule(schedule)?, at),
            };
            Some(QueueHours {
                queue: id.clone(),
                schedule: schedule.clone(),
                open,
                at_close: *at_close,
                till,
            })
        });
        told.collect()
    }

    /// Whether a queue lets nobody wait at some hours (`at_close = "leave"`).
    pub fn may_close(&self, queue: &QueueId) -> bool {
        let hours = self.edges.get(queue).and_then(|it| it.hours.as_ref());
        hours.is_some_and(|it| it.at_close == AtClose::Leave)
    }

    /// Whether callers may be sent to a queue at a moment: it has no hours of its own, or is open.
    pub fn is_open(&self, queue: &QueueId, at: Wall, by_hand: &Overrides) -> bool {
        let mut hours = self.queue_hours(at, by_hand).into_iter();
        hours.all(|it| it.queue != *queue || it.open)
    }
}
