//! A caller as the rules have them.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{Mono, OperatorId, QueueId};

/// A caller as the rules have them.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) stage: Stage,
    pub(crate) refusals: BTreeMap<OperatorId, Mono>,
    pub(crate) place: Option<Place>,
    /// Came into the queue once: is not sent off as one too many.
    pub(super) known: bool,
    /// Somebody has taken them once: is not sent off by a queue that closes.
    pub(super) taken: bool,
    /// Since when they talk, as aging sees it: it stands still meanwhile.
    pub(super) talks_since: Mono,
    /// When one more phone rings, where they ring step by step.
    pub(super) step_at: Option<Mono>,
    /// For whom they are kept, and until when.
    pub(crate) kept_for: Option<(OperatorId, Mono)>,
    /// Who is asked by name, and whether their paperwork about this very call waits for it.
    pub(crate) named: Option<(OperatorId, bool)>,
    /// The priority that was said by hand, and since when waiting raises it.
    pub(crate) said: Option<(u8, Mono)>,
    /// Steps of aging that fell into talks which came to nothing.
    pub(crate) skipped: u128,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Before,
    Waits,
    Aside,
    Talks,
    Over,
}

/// What a caller came with.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Place {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    pub(crate) since: Mono,
    pub(crate) deadline: Mono,
    pub(crate) leave_empty: bool,
}

impl Case {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Before,
            refusals: BTreeMap::new(),
            place: None,
            known: false,
            taken: false,
            talks_since: Mono(0),
            skipped: 0,
            step_at: None,
            kept_for: None,
            named: None,
            said: None,
        }
    }
}

impl Case {
    pub(crate) fn queue(&self) -> Option<&QueueId> {
        self.place.as_ref().map(|place| &place.queue)
    }

    /// Steps of aging since the caller came.
    pub(crate) fn steps(&self, aging: Option<Duration>, seen: Mono) -> u128 {
        let place = self.place.as_ref();
        let said = self
            .said
            .filter(|(priority, _)| place.is_some_and(|it| it.priority == *priority));
        let since = place.map_or(seen, |place| place.since);
        let since = said.map_or(since, |(_, since)| since);
        aging.map_or(0, |step| seen.since(since).as_micros() / step.as_micros())
    }
}
