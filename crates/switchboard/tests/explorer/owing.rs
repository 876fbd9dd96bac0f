//! What people do about calls that begin with us: by hand, and back to who was promised one.
use std::time::Duration;

use gudok_model::{Actor, Asked, CallId, RequestKind, RequestSource, RequestState, RequestWord};
use gudok_switchboard::Input;
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::dial_out::DialOut;
use uuid::Uuid;

use crate::moves::Move::{self, *};
use crate::world::{CUSTOMER, DESK, World, parsed};

/// How long somebody puts a call off.
const LATER: Duration = Duration::from_secs(600);

impl World {
    pub(crate) fn owes(&mut self, what: Move) -> Result<(), String> {
        match what {
            Asks => self.asks(),
            CallsOut(who) => self.commands(who, DeskCommand::Dial(Box::new(dial()))),
            Looks(who) => self.commands(who, DeskCommand::Preview(Box::new(dial()))),
            Skips(who) => self.commands(who, DeskCommand::Skip(None)),
            Takes(who) => {
                let request = self.promise();
                self.commands(who, DeskCommand::CallbackTake { request })
            }
            PutsOff(who) => {
                let (request, at) = (self.promise(), self.now.wall + LATER);
                self.commands(who, DeskCommand::CallbackLater { request, at })
            }
            Forgoes(who) => {
                let (request, why) = (self.promise(), "не нужно".to_owned());
                self.commands(who, DeskCommand::CallbackCancel { request, why })
            }
            other => unreachable!("{other:?} is no call of ours"),
        }
    }

    pub(crate) fn commands(&mut self, who: u8, command: DeskCommand) -> Result<(), String> {
        let operator = self.operator(who);
        self.said += 1;
        self.tell(Input::DeskCommand {
            session: DESK,
            id: format!("c{}", self.said),
            command,
            operator,
        })
    }

    fn promise(&self) -> CallId {
        self.watch.requests.promise().expect("one is open").id
    }

    /// By a form.
    fn asks(&mut self) -> Result<(), String> {
        self.said += 1;
        self.tell(Input::Asked {
            id: CallId(Uuid::from_u128(5_000 + u128::from(self.said))),
            asked: Box::new(Asked {
                project: "main".into(),
                number: CUSTOMER.to_owned().try_into().expect("a number"),
                region: None,
                source: RequestSource::Web,
                due: None,
                not_before: None,
                group: None,
                line: None,
                note: None,
                basis: None,
            }),
        })
    }

    /// An admin says that nobody need be called any more: whoever has it in hand may finish.
    pub(crate) fn lets_go(&mut self) -> Result<(), String> {
        if !self.watch.requests.is_idle() {
            return Ok(());
        }
        let by = Actor::Admin("olga".into());
        self.tell(Input::RequestWord {
            project: "main".into(),
            number: CUSTOMER.to_owned().try_into().expect("a number"),
            kind: RequestKind::Callback,
            word: RequestWord::Cancel {
                by,
                why: "не нужно".to_owned(),
            },
        })
    }

    /// Nothing will call by itself any more: as often as may be was done, or the plan has no rules for it.
    pub(crate) fn is_left_to_people(&self) -> bool {
        let open = self.watch.requests.promise();
        let stays = open.is_some_and(|it| {
            matches!(
                it.state,
                RequestState::Exhausted { .. } | RequestState::ByHand
            )
        });
        let ruled = self.scene.plans[self.plan].contains("[outbound]");
        self.board.poll_timeout().is_none() && (stays || !ruled)
    }
}

fn dial() -> DialOut {
    DialOut {
        number: parsed(CUSTOMER),
        purpose: "service".into(),
        basis: None,
        reference: None,
        cli: None,
        region: None,
    }
}
