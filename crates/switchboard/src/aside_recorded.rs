//! The track of a word aside (behaviour 5.2): what an operator and whoever they asked say while the caller hears music is in a file of
//! its own, where the number's plan allows it, and in no channel of the caller's (decisions/0013).
//!
//! It begins when whoever was asked answers and the call is being recorded, and ends when the caller comes to hear them: as a
//! conference, or because the caller is passed on. When the caller leaves it goes on with the two who talk on.
use gudok_dialplan::RecordConsultations;
use gudok_model::CallId;

use crate::call::{Call, Recording};
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::transfer::Whom;

impl Switchboard {
    /// Whoever was asked has answered.
    pub(crate) fn record_aside(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let allowed = may_be_recorded(call);
        let Some(consult) = call.consult.as_mut().filter(|_| allowed) else {
            return;
        };
        consult.recorded = true;
        let (leg, by) = (consult.other, consult.by.clone());
        let with = consult.with.text().into();
        self.mark(id, "consultation");
        let record = Output::RecordConsultation { leg, by, with };
        self.outputs.push_back(record);
    }

    /// It is no word aside any more.
    pub(crate) fn aside_is_over(&mut self, id: CallId) {
        let call = self.calls.get_mut(&id);
        let consult = call.and_then(|call| call.consult.as_mut());
        let Some(consult) = consult.filter(|it| it.recorded) else {
            return;
        };
        consult.recorded = false;
        let leg = consult.other;
        self.outputs.push_back(Output::EndConsultation { leg });
        self.mark(id, "consultation_end");
    }
}

/// A call that is not recorded, or not now, has no word aside on record either.
fn may_be_recorded(call: &Call) -> bool {
    let Some(consult) = call.consult.as_ref() else {
        return false;
    };
    let with = match call.number.record_consultations {
        RecordConsultations::Off => false,
        RecordConsultations::Colleagues => matches!(consult.with, Whom::Operator(_)),
        RecordConsultations::All => true,
    };
    with && call.recording == Recording::On
}
