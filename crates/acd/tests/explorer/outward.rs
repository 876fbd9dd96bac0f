//! What a supervisor says and does by hand, and calls that operators make.
use std::time::Duration;

use gudok_acd::Input;
use gudok_model::{Actor, AttemptId, CallId, Forced, OperatorId};
use uuid::Uuid;

use crate::moves::Move::{self, *};
use crate::world::{LUNCH, World, call};

/// How long whom to call is looked at, and what comes after the call.
const PREVIEW: Duration = Duration::from_secs(25);
const AFTER_DIALLING: Duration = Duration::from_secs(10);

/// The groups of the floors.
const OWN: &str = "g";
const RESERVE: &str = "h";

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

    /// What a supervisor changes by hand, and whom the roster expects.
    pub(crate) fn by_hand(&mut self, what: Move) -> Result<(), String> {
        let actor = Actor::Supervisor("olga".into());
        match what {
            Raises(on) => self.tell(Input::Reserve {
                group: RESERVE.into(),
                on,
                actor,
            }),
            Meddles(on) => self.tell(Input::Reserve {
                group: RESERVE.into(),
                on,
                actor: Actor::Operator(self.operator(0)),
            }),
            Regroups(who) => {
                let operator = self.operator(who);
                let given = self.watch.given(&operator);
                let back = given.is_some_and(|it| it.contains(&RESERVE.into()));
                let groups = vec![if back { OWN } else { RESERVE }.into()];
                self.tell(Input::Regroup {
                    operator,
                    groups,
                    actor,
                })
            }
            Reprioritises(who, priority) => self.tell(Input::Reprioritise {
                call: call(who),
                priority,
                actor,
            }),
            Assigns(who, to) => self.tell(Input::Assign {
                call: call(who),
                to: self.operator(to),
                actor,
            }),
            Expects(on) => self.tell(Input::Expected {
                queue: "p".into(),
                on,
            }),
            Closes(on) => self.tell(Input::Closed {
                queue: "p".into(),
                on,
            }),
            other => unreachable!("{other:?} is nothing by hand"),
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
                hold_max: None,
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
