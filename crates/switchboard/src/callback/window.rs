//! When a customer may be called whom a law or a rule of the plan keeps from being called now: in the hours of their own zone.
use std::time::Duration;

use gudok_model::{CallId, Now, RequestState, Wall};
use gudok_outbound::Home;

use super::LAW_EVERY;
use super::machine::Step;
use super::turn::wanted;
use crate::switchboard::Switchboard;

/// Hours and nights of laws and plans begin at quarters of an hour, in every zone there is. Microseconds.
const QUARTER: i64 = 15 * 60 * 1_000_000;
/// So far ahead the rules are asked. No window is shorter than an hour, so that it is enough to ask for each.
const HOURS_AHEAD: i64 = 24;

impl Switchboard {
    /// The first moment at which the rules allow it, as they are in force now; where they do not within a day, they are asked again
    /// soon: what keeps it may be a limit, or a plan that changes.
    pub(super) fn opens(&self, now: Now, id: CallId) -> Wall {
        let soon = now.wall + LAW_EVERY;
        let known = self.callbacks.get(id).filter(|_| self.config.law_opens);
        let Some(wanted) = known.map(wanted) else {
            return soon;
        };
        let may = |at: &Wall| {
            let ahead = Duration::from_micros(at.0.abs_diff(now.wall.0));
            self.ask_rules(now.plus(ahead), &wanted, None).is_ok()
        };
        let first = (now.wall.0.div_euclid(QUARTER) + 1) * QUARTER;
        let mut hours = (0..HOURS_AHEAD).map(|hour| Wall(first + hour * 4 * QUARTER));
        let Some(Wall(hour)) = hours.find(may) else {
            return soon;
        };
        // It may have opened within the hour before.
        let quarters = (1..4).rev().map(|quarters| Wall(hour - quarters * QUARTER));
        let mut earlier = quarters.filter(|at| *at > now.wall);
        earlier.find(may).unwrap_or(Wall(hour))
    }

    /// Where the customer of this call of ours lives, by their card that may have come meanwhile. Their request keeps it, so that
    /// nobody is rung at hours that are night there.
    pub(crate) fn note_home(&mut self, call: CallId) {
        let request = self.callbacks.of_turn(call);
        let Some(call) = self.calls.get_mut(&call) else {
            return;
        };
        let home = Home::of(&call.client);
        let Some(out) = call.out.as_mut().filter(|_| !home.zones().is_empty()) else {
            return;
        };
        out.wanted.home = home.clone();
        if let Some(callback) = request.and_then(|request| self.callbacks.get_mut(request)) {
            callback.home = home;
        }
    }

    /// Another plan: its rules may allow now what others forbade. Where they do not, they say so at once.
    pub(crate) fn ask_laws_again(&mut self, now: Now) {
        let blocked = self.callbacks.iter().filter(|it| {
            let is_blocked = matches!(it.course.state, RequestState::BlockedByLaw { .. });
            is_blocked && self.config.law_opens
        });
        let blocked: Vec<CallId> = blocked.map(|it| it.id).collect();
        for id in blocked {
            self.step_request(now, id, Step::Due);
        }
    }
}
