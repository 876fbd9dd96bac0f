//! A number outside is called for the caller: the duty engineer, the outsourcer.
use gudok_dialplan::{Ack, Decision, StepEnd};
use gudok_model::{AutoAnswer, CallEvent, CallId, EndCause, LegId, Now, Outcome};

use crate::call::{Acknowledging, Ending, Phase, Role};
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
            ack,
        } = decision
        else {
            return None;
        };
        let Some(pass) = self.lets_out(now, id, &number, None) else {
            return Some(StepEnd::NotAnswered);
        };
        let Some(leg) = self.new_leg(id, Role::Outside) else {
            return Some(StepEnd::NotAnswered);
        };
        self.goes_out(now, leg, pass);
        let call = self.calls.get_mut(&id)?;
        call.sent_outside = true;
        call.ack = ack.map(|ack| (leg, ack));
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
        if let Some((_, ack)) = call.ack.take().filter(|(asked, _)| *asked == leg) {
            return self.ask_to_take(now, leg, ack);
        }
        self.talk_outside(now, id, leg);
    }

    fn talk_outside(&mut self, now: Now, id: CallId, leg: LegId) {
        self.leave_place(now, id);
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        call.phase = Phase::TalkingOut { leg };
        call.settled
            .get_or_insert(Outcome::OverflowedExternal { answered: true });
        let waited = call.waited(now.mono);
        self.timers.cancel(Timer::Phase(id));
        self.end_transfer(id, 200);
        self.bridge(id, leg, None, waited);
    }

    /// Whoever answered may be a mailbox: they press a key, or the caller is helped otherwise.
    fn ask_to_take(&mut self, now: Now, leg: LegId, ack: Ack) {
        let limit = self.config.play_limit(ack.prompts.len());
        let play = Some(self.play(leg, ack.prompts.clone(), false));
        self.await_digits(leg, true);
        let asked = Acknowledging { leg, ack, play };
        self.enter(now, leg.call, Phase::Acknowledging(asked), limit);
    }

    /// Who is asked now, on this leg.
    fn asked(&mut self, leg: LegId) -> Option<&mut Acknowledging> {
        match &mut self.calls.get_mut(&leg.call)?.phase {
            Phase::Acknowledging(asked) if asked.leg == leg => Some(asked),
            _ => None,
        }
    }

    /// What is said to whoever answered has come to its end.
    pub(crate) fn on_ack_said(&mut self, now: Now, leg: LegId, play: u32) {
        let Some(asked) = self.asked(leg).filter(|asked| asked.play == Some(play)) else {
            return;
        };
        asked.play = None;
        let due = now.mono + asked.ack.timeout;
        self.timers.set(Timer::Phase(leg.call), due);
    }

    /// A key of whoever answered.
    pub(crate) fn on_ack_key(&mut self, now: Now, leg: LegId, key: char) {
        let Some(asked) = self.asked(leg) else {
            return;
        };
        let (take, pass) = (asked.ack.take, asked.ack.pass);
        if Some(key) == pass {
            return self.on_not_acknowledged(now, leg);
        }
        if key == take {
            self.await_digits(leg, false);
            self.fact(leg.call, CallEvent::Acknowledged { leg, taken: true });
            self.talk_outside(now, leg.call, leg);
        }
    }

    /// They passed it on, pressed nothing, or are a mailbox.
    pub(crate) fn on_not_acknowledged(&mut self, now: Now, leg: LegId) {
        self.fact(leg.call, CallEvent::Acknowledged { leg, taken: false });
        self.let_go(now, leg);
        self.advance(now, leg.call, Some(StepEnd::NotAnswered));
    }

    /// The ring time outside is over.
    pub(crate) fn on_ring_outside_due(&mut self, now: Now, id: CallId, leg: LegId) {
        self.let_go(now, leg);
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
        if self.asked(leg).is_some() {
            return self.on_not_acknowledged(now, leg);
        }
        let Some(call) = self.calls.get(&id) else {
            return;
        };
        if call.phase == (Phase::TalkingOut { leg }) {
            let answered = Outcome::OverflowedExternal { answered: true };
            let outcome = call.settled.unwrap_or(answered);
            let end = Ending::new(outcome, termination(cause, By::Outside));
            self.finish_by(now, id, end, By::Outside);
        }
    }
}
