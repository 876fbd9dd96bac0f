//! Is it a person? A caller is asked to press a digit before the plan begins; the digit differs from call to call.
use gudok_dialplan::Decision;
use gudok_model::{CallEvent, CallId, LegId, Name, Now, Outcome, Reason, Termination};

use crate::call::{Access, Call, Ending, Phase};
use crate::input::DigitForm;
use crate::switchboard::Switchboard;

/// How often the question is put: twice takes ten seconds of the built-in pack, which the owner pays for.
const ASKED_MAX: u8 = 2;
/// Wrong digits after which the call is over: who presses them all is no person.
pub(crate) const WRONG_MAX: u8 = 2;
/// The words for the digits.
const DIGITS: [&str; 9] = [
    "digit_one",
    "digit_two",
    "digit_three",
    "digit_four",
    "digit_five",
    "digit_six",
    "digit_seven",
    "digit_eight",
    "digit_nine",
];
/// The words before them.
const QUESTION: &str = "human_check";

/// A caller who has yet to press the digit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HumanCheck {
    digit: u8,
    asked: u8,
    wrong: u8,
}

impl HumanCheck {
    /// The digit follows from the random bits of the call's id, so that a replay asks for the same one.
    pub(crate) fn of(call: CallId) -> Self {
        let random = call.0.as_bytes()[15];
        Self {
            digit: 1 + random % 9,
            asked: 0,
            wrong: 0,
        }
    }

    fn key(self) -> char {
        char::from(b'0' + self.digit)
    }
}

impl Switchboard {
    /// Puts the question, or ends the call when it was put often enough.
    pub(crate) fn ask_human(&mut self, now: Now, id: CallId) {
        self.touch(id);
        let Some(check) = self.calls.get_mut(&id).and_then(|call| call.check.as_mut()) else {
            return;
        };
        let asked = check.asked;
        if asked > 0 {
            self.missed(now, id);
        }
        if asked >= ASKED_MAX {
            return self.no_human(now, id);
        }
        let Some(check) = self.calls.get_mut(&id).and_then(|call| call.check.as_mut()) else {
            return;
        };
        check.asked += 1;
        let digit = DIGITS
            .get(usize::from(check.digit) - 1)
            .copied()
            .unwrap_or(QUESTION);
        let (key, prompts) = (check.key(), vec![QUESTION.into(), digit.into()]);
        self.told(
            id,
            format!("human check: press {key}"),
            "attack",
            "проверка, человек ли звонит",
        );
        let question = Decision::Play {
            prompts,
            notice: false,
        };
        if self.config.check_listens {
            self.await_digits(LegId::caller(id), true);
        }
        // In early media the question would be heard and no digit come: carriers bring nothing of the caller before the 200.
        let access = self.calls.get(&id).map(|call| call.access);
        if access != Some(Access::Answered) {
            return self.answer_then(now, id, Some(question));
        }
        // What is said to a leg that can hear takes time, so it never ends at once.
        let _never = self.perform(now, id, question);
    }

    /// A digit of a caller who was asked; false: nobody was.
    pub(crate) fn on_human_digit(
        &mut self,
        now: Now,
        id: CallId,
        digit: char,
        form: DigitForm,
    ) -> bool {
        let Some(check) = self.calls.get_mut(&id).and_then(|call| call.check.as_mut()) else {
            return false;
        };
        if digit == check.key() {
            self.is_human(now, id, "pressed", "нажал названную цифру");
            return true;
        }
        check.wrong += 1;
        let wrong = check.wrong;
        // A voice may sound like a key: the question is put again before the number is held to account for it.
        let by_voice = form == DigitForm::Tone && self.config.check_listens;
        if by_voice && wrong < WRONG_MAX {
            return true;
        }
        self.missed(now, id);
        if wrong >= WRONG_MAX {
            self.no_human(now, id);
        }
        true
    }

    /// The plan begins; the number is known from now on.
    pub(crate) fn is_human(&mut self, now: Now, id: CallId, code: &str, text: &str) {
        let call = self.calls.get(&id).filter(|call| call.check.is_some());
        if let Some(caller) = call.and_then(Call::whose) {
            self.press.knows(now.mono, &caller);
        }
        self.passes(now, id, code, text);
    }

    /// The plan begins for who may never have heard the question: that is our fault, and nobody is turned away for it. The
    /// number is asked again the next time.
    pub(crate) fn was_not_asked(&mut self, now: Now, id: CallId) {
        self.passes(now, id, "playback_lost", "вопрос мог не прозвучать");
    }

    fn passes(&mut self, now: Now, id: CallId, code: &str, text: &str) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.check.is_some()) else {
            return;
        };
        call.check = None;
        let asked = matches!(call.phase, Phase::Playing { .. });
        if let Phase::Answering(question) = &mut call.phase {
            *question = None;
        }
        self.told(id, "human check: passed".to_owned(), code, text);
        if self.config.check_listens {
            self.await_digits(LegId::caller(id), false);
        }
        if asked {
            self.stop_play(LegId::caller(id));
            self.advance(now, id, None);
        }
    }

    /// Its number will not be asked for ever.
    fn missed(&mut self, now: Now, id: CallId) {
        let call = self.calls.get(&id);
        if let Some(caller) = call.and_then(Call::whose) {
            self.press.missed(now.mono, &caller);
        }
    }

    fn no_human(&mut self, now: Now, id: CallId) {
        let settled = self.calls.get(&id).and_then(|call| call.settled);
        let outcome = settled.unwrap_or(Outcome::RejectedSpam);
        let end = Ending::new(outcome, Termination::caller_error("human-check"));
        self.finish(now, id, end);
    }

    fn told(&mut self, id: CallId, decision: String, code: &str, text: &str) {
        let reason = Reason {
            code: Name::from(code),
            place: None,
            text: text.to_owned(),
        };
        let reasons = vec![reason];
        self.fact(id, CallEvent::Decided { decision, reasons });
    }
}
