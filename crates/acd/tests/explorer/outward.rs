//! What a supervisor says, and calls that operators make.
use std::time::Duration;

use gudok_acd::Input;
use gudok_model::{Actor, AttemptId, CallId, Forced, OperatorId};
use uuid::Uuid;

use crate::moves::Move::{self, *};
use crate::world::{LUNCH, World};

/// How long whom to call is looked at, and what comes after the call.
const PREVIEW: Duration = Duration::from_secs(25);
const AFTER_DIALLING: Duration = Duration::from_secs(10);

impl World {
    pub(crate) fn word(&mut self, what: Move) -> Result<(), String> {
        match what {
            ForcedReady(who) => self.force(who, Forced::Ready),
            ForcedBreak(who) => self.force(
                who,
                Forced::NotReady {
                    reason: LUNCH.into(),
                },
            ),
            ForcedOut(who) => self.force(who, Forced::LoggedOut),
            ForcedDone(who) => self.force(who, Forced::WrapUpOver),
            Usurped(who) => self.tell(Input::Force {
                operator: self.operator(who),
                to: Forced::Ready,
                actor: Actor::Operator(self.operator(who)),
            }),
            other => unreachable!("{other:?} is no word"),
        }
    }

    pub(crate) fn calls_out(&mut self, what: Move) -> Result<(), String> {
        match what {
            Previews(who) => self.tell(Input::Preview {
                operator: self.operator(who),
                attempt: attempt(who),
                lasts: PREVIEW,
            }),
            Skips(who) => self.tell(Input::Skipped {
                operator: self.operator(who),
                attempt: attempt(who),
            }),
            Dials(who) => self.tell(Input::Dialling {
                operator: self.operator(who),
                attempt: attempt(who),
                call: dialled(who),
            }),
            DialAnswers(who) => self.tell(Input::DialAnswered {
                operator: self.operator(who),
                attempt: attempt(who),
            }),
            DialEnds(who) => self.tell(Input::DialEnded {
                operator: self.operator(who),
                attempt: attempt(who),
                wrap_up: AFTER_DIALLING,
            }),
            other => unreachable!("{other:?} is no call"),
        }
    }

    fn force(&mut self, who: u8, to: Forced) -> Result<(), String> {
        self.tell(Input::Force {
            operator: self.operator(who),
            to,
            actor: Actor::Supervisor("olga".into()),
        })
    }
}

fn attempt(who: u8) -> AttemptId {
    AttemptId(Uuid::from_u128(2_000 + u128::from(who)))
}

/// The same, by the operator's one letter.
pub(crate) fn dialled_by(operator: &OperatorId) -> CallId {
    let letter = operator.to_string().bytes().next().unwrap_or(b'a');
    dialled(letter - b'a')
}

/// The call that an operator makes.
fn dialled(who: u8) -> CallId {
    CallId(Uuid::from_u128(2_000 + u128::from(who)))
}
