//! The first fact of a call that begins with us. Its caller's columns are of whom we call, its number dialled is the one we show.
use gudok_model::CallEvent;

use super::{Story, slug};

/// The word of such a call.
const OUT: &str = "out";

impl Story {
    pub(super) fn dialled(&mut self, at: i64, event: &CallEvent) {
        let CallEvent::Dialled {
            by,
            number,
            region,
            cli,
            project,
            plan,
            ..
        } = event
        else {
            return;
        };
        let call = &mut self.call;
        call.direction = Some(OUT.to_owned());
        call.arrived_at = at;
        call.operator = by.as_ref().map(ToString::to_string);
        call.caller_raw = Some(number.to_string());
        call.caller_e164 = Some(number.to_string());
        call.did_e164 = cli.as_ref().map(ToString::to_string);
        call.did_raw.clone_from(&call.did_e164);
        call.caller_region = region.as_ref().map(|it| it.code.to_string());
        let zone = region.as_ref().and_then(|it| it.zone.as_ref());
        call.caller_zone = zone.map(ToString::to_string);
        call.caller_region_confidence = region.as_ref().map(|it| slug(&it.confidence));
        call.plan = Some(plan.to_string());
        self.belongs_to(project.as_str());
    }

    /// The leg of whom we call was answered.
    pub(super) fn customer_answered(&mut self, at: i64) {
        if self.call.direction.as_deref() == Some(OUT) {
            self.call.answered_at.get_or_insert(at);
        }
    }
}
