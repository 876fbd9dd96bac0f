//! A number outside is called for the caller: the duty engineer, the outsourcer.
use gudok_dialplan::{Decision, StepEnd};
use gudok_model::{AutoAnswer, CallEvent, CallId, EndCause, LegId, Now, Outcome};

use crate::call::{Ending, Phase, Role};
use crate::ending::{By, termination};
use crate::output::{DialTarget, Output};
use crate::switchboard::Switchboard;
use crate::timers::Timer;

impl Switchboard {
    /// Rings a number of the plan while the caller hears music.
    pub(crate) fn call_out(&mut self, now: Now, id: CallId, decision: Decision) -> Option<StepEnd> {
        let Decision::External {
            number,
            trunk,
            ring,
            music,
        } = decision
        else {
            return None;
        };
        let Some(leg) = self.new_leg(id, Role::Outside) else {
            return Some(StepEnd::NotAnswered);
        };
        let call = self.calls.get_mut(&id)?;
        call.sent_outside = true;
        let (hears, caller_leg) = (call.can_hear(), call.caller_leg());
        let shown_number = call.shown_number();
        if hears {
            self.play(caller_leg, vec![music], true);
        }
        self.fact(
            id,
            CallEvent::LegDialled {
                leg,
                operator: None,
                number: Some(number.clone()),
            },
        );
        self.outputs.push_back(Output::Dial {
            leg,
            target: DialTarget::External { number, trunk },
            shown_number,
            shown_name: None,
            auto_answer: AutoAnswer::Off,
            colleague: Some(false),
            headers: Vec::new(),
        });
        self.enter(now, id, Phase::CallingOut { leg }, ring);
        None
    }

    /// Somebody answered outside.
    pub(crate) fn on_outside_answered(&mut self, now: Now, id: CallId, leg: LegId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        if call.phase != (Phase::CallingOut { leg }) {
            return self.dismiss(leg, false);
        }
        call.phase = Phase::TalkingOut { leg };
        call.settled
            .get_or_insert(Outcome::OverflowedExternal { answered: true });
        let waited = call.waited(now.mono);
        self.timers.cancel(Timer::Phase(id));
        self.end_transfer(id, 200);
        self.bridge(id, leg, None, waited);
    }

    /// The ring time outside is over.
    pub(crate) fn on_ring_outside_due(&mut self, now: Now, id: CallId, leg: LegId) {
        self.dismiss(leg, false);
        if !self.comes_back(now, id) {
            self.advance(now, id, Some(StepEnd::NotAnswered));
        }
    }

    /// The leg outside is over.
    pub(crate) fn on_outside_ended(&mut self, now: Now, id: CallId, leg: LegId, cause: EndCause) {
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        if call.phase == (Phase::CallingOut { leg }) {
            if !self.comes_back(now, id) {
                self.advance(now, id, Some(StepEnd::NotAnswered));
            }
            return;
        }
        if call.phase == (Phase::TalkingOut { leg }) {
            let answered = Outcome::OverflowedExternal { answered: true };
            let outcome = call.settled.unwrap_or(answered);
            let end = Ending::new(outcome, termination(cause, By::Outside));
            self.finish_by(now, id, end, By::Outside);
        }
    }
}
