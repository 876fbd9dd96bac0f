//! Those who call: how long they wait, and what they do meanwhile.
use std::time::Duration;

use gudok_model::{CallId, EndCause, LegId};
use gudok_switchboard::{DigitForm, Input};
use uuid::Uuid;

use crate::hotline;
use crate::leg::Leg;
use crate::scene::pressed;
use crate::world::{Event, World};

impl World {
    /// A call comes in.
    pub(crate) fn calls(&mut self, index: u32) -> Result<(), String> {
        let at = u128::from(self.now.mono.0);
        let call = CallId(Uuid::from_u128((at << 64) | u128::from(index)));
        if self.rng.permille(20) {
            self.asks_by_form()?;
        }
        let owed = self.rng.permille(100).then(|| self.calls_first()).flatten();
        let caller = owed.unwrap_or_else(|| hotline::caller(&mut self.rng, self.size));
        let dialled = hotline::dialled(&mut self.rng);
        self.legs.insert(LegId::caller(call), Leg::default());
        self.patience(call);
        self.tell(Input::CallArrived {
            call,
            trunk: "carrier".into(),
            caller,
            withheld: None,
            dialled,
            sip_call_id: format!("{index}@carrier"),
            session_id: None,
            brief: false,
            no_digits: false,
        })
    }

    /// When the caller leaves if nobody talks to them: some in the greeting, most in the queue, a few never.
    fn patience(&mut self, call: CallId) {
        let waits = match self.rng.below(100) {
            0 => self.rng.ms(0, 50),
            1..=5 => self.rng.ms(0, 12_000),
            6..=9 => return,
            _ => Duration::from_secs(25) + self.rng.about(Duration::from_secs(140)),
        };
        self.after(waits, Event::Leaves(call));
    }

    /// Patience is over; who talks stays.
    pub(crate) fn leaves(&mut self, call: CallId) -> Result<(), String> {
        let leg = LegId::caller(call);
        if self.legs.get(&leg).is_some_and(|leg| leg.bridged) {
            return Ok(());
        }
        // A lost BYE or a dead handset is noticed by the media alone.
        let cause = match self.rng.below(100) {
            0 => EndCause::MediaTimeout,
            _ => EndCause::HungUp,
        };
        self.leg_ends(leg, cause)
    }

    /// A question: keys at random, in time or too late, mostly in one form and at times in two.
    pub(crate) fn presses(&mut self, leg: LegId) {
        let form = self.form();
        let mut due = self.rng.ms(200, 9_000);
        for _ in 0..self.rng.below(8) {
            let key = self.key();
            self.tell_after(
                due,
                Input::Digit {
                    leg,
                    digit: key,
                    form,
                },
            );
            if self.rng.permille(200) {
                let (twin, form) = (due + self.rng.ms(0, 300), self.form());
                self.tell_after(
                    twin,
                    Input::Digit {
                        leg,
                        digit: key,
                        form,
                    },
                );
            }
            due += self.rng.ms(80, 1_200);
        }
    }

    /// Whoever answers outside takes the call, passes it, presses something else, or is a mailbox.
    pub(crate) fn takes_by_key(&mut self, leg: LegId) {
        let taken = self.board.key_that_takes(leg);
        let key = match self.rng.below(10) {
            0..=5 => taken,
            6..=8 => Some(self.key()),
            _ => None,
        };
        let (due, form) = (self.rng.ms(500, 12_000), self.form());
        if let Some(digit) = key {
            self.tell_after(due, Input::Digit { leg, digit, form });
        }
    }

    fn key(&mut self) -> char {
        const KEYS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
        let lot = usize::try_from(self.rng.below(12));
        lot.ok()
            .and_then(|lot| KEYS.get(lot).copied())
            .unwrap_or('#')
    }

    fn form(&mut self) -> DigitForm {
        match self.rng.below(4) {
            0 => DigitForm::Info,
            1 => DigitForm::Tone,
            _ => DigitForm::Event,
        }
    }

    /// The tone: the caller speaks, then presses `#`, hangs up, or speaks on to the limit.
    pub(crate) fn speaks(&mut self, call: CallId) {
        let leg = LegId::caller(call);
        let length = self.rng.ms(3_000, 70_000);
        match self.rng.below(3) {
            0 => self.tell_after(length, pressed(leg, '#')),
            _ => self.leg_ends_after(length, leg, EndCause::HungUp),
        }
    }
}
