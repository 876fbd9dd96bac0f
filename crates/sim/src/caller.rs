//! Those who call: how long they wait, and what they do meanwhile.
use std::time::Duration;

use gudok_model::{CallId, EndCause, LegId};
use gudok_switchboard::Input;
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
        let caller = hotline::caller(&mut self.rng);
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
