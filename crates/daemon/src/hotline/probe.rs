//! The machine is looked at while it runs: a few calls, operators and queues a second.
use gudok_model::Mono;

use super::Hotline;

impl Hotline {
    /// What must not be is an alarm and changes nothing: people decide what to do.
    pub(super) fn look_at_itself(&mut self, now: Mono) {
        for found in self.switchboard.look(&mut self.probe, now) {
            self.metrics.alarm(found.what);
            self.walls.found(now, found.what);
            let (what, detail) = (found.what, found.detail);
            tracing::error!(what, detail, "a bug: something that must be true is not");
        }
    }
}
