//! Legs: dialled, ringing, answered, on hold, measured, over.
use gudok_model::{CallEvent, EndReason, LegId, LegQuality, OperatorId, PhoneNumber};

use super::{Story, int, ms, slug};

impl Story {
    pub(super) fn of_leg(&mut self, at: i64, event: &CallEvent) {
        match event {
            CallEvent::LegDialled {
                leg,
                operator,
                number,
            } => self.leg_dialled(at, *leg, operator.as_ref(), number.as_ref()),
            CallEvent::LegRinging { leg } => {
                self.leg(leg.index.into()).ringing_at.get_or_insert(at);
            }
            CallEvent::LegAnswered { leg, session_id } => {
                self.leg_answered(at, *leg, session_id.as_ref());
            }
            CallEvent::LegEnded { leg, cause, said } => {
                self.leg_ended(at, *leg, slug(cause));
                self.said(*leg, said.as_ref());
            }
            CallEvent::LegMeasured { leg, quality } => self.measured(*leg, quality),
            CallEvent::Held { leg, on } => self.held(at, *leg, *on),
            event => self.of_talk(at, event),
        }
    }

    fn leg_dialled(
        &mut self,
        at: i64,
        leg: LegId,
        operator: Option<&OperatorId>,
        number: Option<&PhoneNumber>,
    ) {
        let row = self.leg(leg.index.into());
        row.dialled_at = Some(at);
        row.operator = operator.map(ToString::to_string);
        row.number = number.map(ToString::to_string);
    }

    fn leg_answered(&mut self, at: i64, leg: LegId, session_id: Option<&String>) {
        let row = self.leg(leg.index.into());
        row.answered_at.get_or_insert(at);
        row.session_id = session_id.cloned();
        if leg.is_caller() {
            self.customer_answered(at);
        }
    }

    fn leg_ended(&mut self, at: i64, leg: LegId, cause: String) {
        let row = self.leg(leg.index.into());
        (row.ended_at, row.cause) = (Some(at), Some(cause));
        if let Some(since) = row.held_since.take() {
            row.held_ms += ms(at - since);
        }
        if leg.is_caller() || self.call.talking_leg == Some(leg.index.into()) {
            self.talk_ends(at);
        }
    }

    fn said(&mut self, leg: LegId, said: Option<&EndReason>) {
        if let Some(said) = said {
            let row = self.leg(leg.index.into());
            row.said_sip = said.sip.map(i64::from);
            row.said_q850 = said.q850.map(i64::from);
            row.said.clone_from(&said.text);
        }
    }

    fn measured(&mut self, leg: LegId, quality: &LegQuality) {
        let row = self.leg(leg.index.into());
        row.codec = Some(quality.codec.clone());
        row.packets = Some(int(quality.received));
        row.lost = Some(int(quality.lost));
        row.jitter_us_max = Some(quality.jitter_us_max.into());
        row.mos = Some(f64::from(quality.mos));
        row.quality = serde_json::to_string(quality).ok();
    }

    fn held(&mut self, at: i64, leg: LegId, on: bool) {
        let row = self.leg(leg.index.into());
        if on {
            row.held_since.get_or_insert(at);
        } else if let Some(since) = row.held_since.take() {
            row.held_ms += ms(at - since);
        }
    }
}
