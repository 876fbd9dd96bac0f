//! Shifts that are taken by acceptance: who has accepted, and an alarm for whoever has not in time.
use std::time::Duration;

use gudok_calendar::Acceptance;
use gudok_model::{Name, Now, Wall};

use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// So long after a plan came into force the first alarm may come: after a start it is told by then who accepted before it.
const SETTLED: Duration = Duration::from_secs(10);

/// It is looked at least so often: the wall clock, by which people come to work, may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(600);

impl Switchboard {
    /// For the calls to come and for those that have yet to ask.
    pub(crate) fn accept(&mut self, roster: &Name, acceptance: Acceptance) {
        if !self.overrides.accept(roster, acceptance) {
            self.alarm("handovers_full", format!("roster {roster} stays as it is"));
        }
    }

    /// As if it had never been said: whoever should have accepted by now is an alarm at once, though it was told before.
    pub(crate) fn undo_acceptance(&mut self, now: Now, (roster, person): (&Name, &Name), at: Wall) {
        if self.overrides.take_back(roster, person, at) {
            let is_other = |(of, who, _): &(Name, Name, Wall)| of != roster || who != person;
            self.overdue.retain(is_other);
            self.on_handover_due(now);
        }
    }

    /// A plan is in force: shifts of it may be overdue already.
    pub(crate) fn watch_handovers(&mut self, now: Now) {
        match self.is_by_acceptance() {
            true => self.timers.set(Timer::Handover, now.mono + SETTLED),
            false => self.timers.cancel(Timer::Handover),
        }
    }

    /// Whether shifts of some roster are taken by acceptance.
    pub(crate) fn is_by_acceptance(&self) -> bool {
        let mut rosters = self.plan.iter().flat_map(|plan| plan.rosters());
        rosters.any(|(_, roster)| roster.accept_within().is_some())
    }

    pub(crate) fn on_handover_due(&mut self, now: Now) {
        let Some(plan) = self.plan.clone() else {
            return;
        };
        let awaited = plan.awaited_shifts(now.wall, self.overrides.handovers());
        let told = std::mem::take(&mut self.overdue);
        for shift in awaited.into_iter().filter(|it| it.is_overdue(now.wall)) {
            let text = shift.told_en();
            let key = (shift.roster, shift.person, shift.since);
            if !told.contains(&key) {
                self.alarm("handover_overdue", text);
            }
            self.overdue.insert(key);
        }
        if let Some(next) = plan.next_handover_due(now.wall) {
            let left = next.since(now.wall).clamp(SETTLED, LOOK_EVERY);
            self.timers.set(Timer::Handover, now.mono + left);
        }
    }
}
