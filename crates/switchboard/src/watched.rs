//! What a version beside the one in force is told: every decision with what it was taken on. Off, it costs one look.
use std::collections::VecDeque;

use gudok_dialplan::shadow::Seen;

use crate::switchboard::Switchboard;

/// Most decisions that wait for a driver that does not take them; the oldest is let go and counted.
pub const WATCHED_MAX: usize = 1_024;

/// The decisions on their way out, while somebody watches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    seen: Option<VecDeque<Seen>>,
    let_go: u64,
}

impl Watched {
    pub(crate) fn is_on(&self) -> bool {
        self.seen.is_some()
    }

    pub(crate) fn push(&mut self, seen: Seen) {
        let Some(queue) = &mut self.seen else {
            return;
        };
        queue.push_back(seen);
        if queue.len() > WATCHED_MAX {
            queue.pop_front();
            self.let_go += 1;
        }
    }
}

impl Switchboard {
    /// Whether decisions are told to [`poll_seen`](Self::poll_seen) from now on. It changes nothing that is decided.
    pub fn watch(&mut self, on: bool) {
        self.watched = Watched {
            seen: on.then(VecDeque::new),
            let_go: 0,
        };
    }

    /// The next decision that somebody watches for, oldest first; to be taken after each `handle_*`.
    pub fn poll_seen(&mut self) -> Option<Seen> {
        self.watched.seen.as_mut()?.pop_front()
    }

    /// Decisions let go since the watch began: [`WATCHED_MAX`].
    pub fn unseen(&self) -> u64 {
        self.watched.let_go
    }
}
