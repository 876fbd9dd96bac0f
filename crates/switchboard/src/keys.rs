//! The caller's keys: a question is put, keys are taken until there are enough of them or too much time has passed.
//! What comes of them is the plan's business.
use std::collections::VecDeque;
use std::time::Duration;

use gudok_dialplan::pressing::{Pressed, Pressing};
use gudok_dialplan::{KEYS_MAX, Keys, StepEnd};
use gudok_model::{CallEvent, CallId, LegId, Mono, Name, Now};

use crate::call::Phase;
use crate::input::DigitForm;
use crate::output::Output;
use crate::switchboard::Switchboard;
use crate::timers::Timer;

/// How much later than in one form the same press may come in another: an INFO goes out when the key is let go.
const TWIN_WITHIN: Duration = Duration::from_secs(2);
/// Most presses that wait for a twin; the oldest is forgotten.
const PRESSES_MAX: usize = 32;
/// How long after the last digit the key that ends an answer still belongs to it.
const LATE_END: Duration = Duration::from_secs(2);

/// A question that is put, and what was pressed by now.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Listening {
    /// While it is heard.
    pub(crate) play: Option<u32>,
    pub(crate) pressing: Pressing,
    /// The answer's name; None: a menu.
    pub(crate) answer: Option<Name>,
}

/// The latest presses, by which one that comes in two forms is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presses {
    single: VecDeque<Press>,
    /// The key that would have ended an answer which has ended without it, and until when it may still come.
    late_end: Option<(char, Mono)>,
    /// Until when a key may be one too many of an answer that had enough of them.
    surplus_until: Option<Mono>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Press {
    leg: u16,
    key: char,
    form: DigitForm,
    at: Mono,
}

impl Presses {
    /// Whether this press came in another form before. Each press has one twin for each other form, so that `11` in two
    /// forms is `11`.
    pub(crate) fn is_twin(&mut self, now: Mono, leg: u16, key: char, form: DigitForm) -> bool {
        self.single
            .retain(|press| now.since(press.at) <= TWIN_WITHIN);
        let other = |press: &Press| (press.leg, press.key) == (leg, key) && press.form != form;
        if let Some(at) = self.single.iter().position(other) {
            self.single.remove(at);
            return true;
        }
        if self.single.len() >= PRESSES_MAX {
            self.single.pop_front();
        }
        self.single.push_back(Press {
            leg,
            key,
            form,
            at: now,
        });
        false
    }

    /// Whether this is the key that ends an answer which had ended without it.
    fn is_late_end(&mut self, now: Mono, key: char) -> bool {
        let late = self.late_end.take();
        late.is_some_and(|(end, until)| end == key && now <= until)
    }

    /// Whether this key still belongs to the last answer, though a queue would take it for its own.
    pub(crate) fn is_of_the_answer(&mut self, now: Mono, key: char) -> bool {
        let is_surplus = self.surplus_until.is_some_and(|until| now <= until);
        self.is_late_end(now, key) || is_surplus
    }

    /// An answer ended, by this key or by none: which keys may come behind it.
    fn answered(&mut self, now: Mono, pressing: &Pressing, ended: Option<char>) {
        let typed = pressing.typed();
        let until = now + LATE_END;
        let end = pressing.keys().end;
        let may_come = ended.is_none() && !typed.is_empty();
        self.late_end = end.filter(|_| may_come).map(|end| (end, until));
        let is_full = pressing.is_answer() && typed.len() >= pressing.keys().most;
        self.surplus_until = (may_come && is_full).then_some(until);
    }
}

impl Switchboard {
    /// Puts a question.
    pub(crate) fn listen(
        &mut self,
        now: Now,
        id: CallId,
        prompts: Vec<Name>,
        answer: Option<Name>,
        keys: Keys,
    ) -> Option<StepEnd> {
        let call = self.calls.get_mut(&id)?;
        let leg = call.caller_leg();
        let mut listening = Listening {
            play: None,
            pressing: Pressing::new(keys, answer.is_some()),
            answer,
        };
        // Whoever is asked again has pressed the wrong keys: those that are left were meant for something else.
        let keeps = keys.type_ahead && keys.barge_in && call.cursor.asked == 0;
        if keeps {
            listening.pressing.settle(&mut call.ahead);
        } else {
            call.ahead.clear();
        }
        let is_answered = !call.ahead.is_empty();
        let limit = match prompts.len() {
            _ if is_answered => keys.between,
            0 => keys.first,
            count => self.config.play_limit(count),
        };
        if !is_answered && !prompts.is_empty() {
            listening.play = Some(self.play(leg, prompts, false));
        }
        self.await_digits(leg, true);
        self.enter(now, id, Phase::Listening(listening), limit);
        self.take_keys_ahead(now, id);
        None
    }

    /// A key that nobody asked for yet. The one that ends an answer which has ended without it is nobody's.
    pub(crate) fn on_key_ahead(&mut self, now: Now, id: CallId, key: char) {
        let Some(call) = self.calls.get_mut(&id).filter(|_| self.config.keys_ahead) else {
            return;
        };
        let has_room = call.ahead.len() < usize::from(KEYS_MAX);
        if !call.presses.is_late_end(now.mono, key) && has_room {
            call.ahead.push_back(key);
        }
    }

    /// The keys that were pressed before the question answer it; what is left of them waits for the next one, which may be
    /// put within this.
    fn take_keys_ahead(&mut self, now: Now, id: CallId) {
        while let Some(call) = self.calls.get_mut(&id)
            && matches!(call.phase, Phase::Listening(_))
            && let Some(key) = call.ahead.pop_front()
        {
            self.on_key(now, id, key);
        }
    }

    pub(crate) fn await_digits(&mut self, leg: LegId, on: bool) {
        self.outputs.push_back(Output::AwaitDigits { leg, on });
    }

    /// The question was heard to its end.
    pub(crate) fn question_ended(&mut self, now: Now, id: CallId) {
        self.survey_asked(now, id);
        let call = self.calls.get_mut(&id);
        if let Some(Phase::Listening(listening)) = call.map(|call| &mut call.phase) {
            listening.play = None;
            let due = now.mono + listening.pressing.patience();
            self.timers.set(Timer::Phase(id), due);
        }
    }

    /// A key, while keys are awaited.
    pub(crate) fn on_key(&mut self, now: Now, id: CallId, key: char) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Phase::Listening(listening) = &mut call.phase else {
            return;
        };
        let begins = listening.pressing.typed().is_empty();
        if begins && call.presses.is_late_end(now.mono, key) {
            return;
        }
        if listening.play.is_some() && !listening.pressing.keys().barge_in {
            return;
        }
        let pressed = listening.pressing.press(key);
        if pressed == Pressed::Nothing {
            return;
        }
        let stops = listening.play.take().is_some();
        let due = now.mono + listening.pressing.patience();
        if stops {
            self.stop_play(LegId::caller(id));
        }
        match pressed {
            Pressed::Enough => self.on_keys_over(now, id, None),
            Pressed::Ended(key) => self.on_keys_over(now, id, Some(key)),
            Pressed::More | Pressed::Nothing => self.timers.set(Timer::Phase(id), due),
        }
    }

    /// There are enough keys, or no more come; `ended` by this key. Where none did, be it for its length or a pause, the
    /// key that ends an answer may still come.
    pub(crate) fn on_keys_over(&mut self, now: Now, id: CallId, ended: Option<char>) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let Phase::Listening(listening) = &call.phase else {
            return;
        };
        let (pressing, answer) = (listening.pressing, listening.answer.clone());
        let typed = pressing.typed();
        call.presses.answered(now.mono, &pressing, ended);
        call.phase = Phase::Deciding;
        self.timers.cancel(Timer::Phase(id));
        self.await_digits(LegId::caller(id), false);
        self.survey_asked(now, id);
        let digits = typed.as_str().to_owned();
        self.fact(id, CallEvent::Typed { answer, digits });
        if self.is_surveyed(id) {
            return self.survey_heard(now, id, pressing.end(ended));
        }
        self.advance(now, id, Some(pressing.end(ended)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(presses: &[(char, DigitForm, u64)]) -> String {
        let mut known = Presses::default();
        let fresh = |(key, form, ms): &&(char, DigitForm, u64)| {
            !known.is_twin(Mono(ms * 1_000), 0, *key, *form)
        };
        let counted: Vec<_> = presses.iter().filter(fresh).map(|(key, ..)| *key).collect();
        counted.into_iter().collect()
    }

    #[test]
    fn a_press_in_two_forms_is_one_and_two_presses_are_two() {
        use DigitForm::{Event, Info, Tone};
        // Two forms in step, and one form behind the other.
        let step = [
            ('1', Event, 0),
            ('1', Info, 90),
            ('1', Event, 300),
            ('1', Info, 390),
        ];
        assert_eq!(counted(&step), "11");
        let behind = [
            ('1', Event, 0),
            ('1', Event, 150),
            ('1', Info, 200),
            ('1', Info, 260),
        ];
        assert_eq!(counted(&behind), "11");
        // One form alone, also after the other had been used long before.
        assert_eq!(
            counted(&[('5', Info, 0), ('5', Info, 100), ('5', Info, 200)]),
            "555"
        );
        assert_eq!(counted(&[('7', Tone, 0), ('7', Info, 2_100)]), "77");
        assert_eq!(counted(&[('1', Event, 0), ('2', Info, 50)]), "12");
    }

    #[test]
    fn presses_that_are_remembered_are_bounded() {
        let mut known = Presses::default();
        for at in 0..1_000 {
            known.is_twin(Mono(at), 0, '1', DigitForm::Event);
        }
        assert_eq!(known.single.len(), PRESSES_MAX);
    }
}
