//! What a leg does, and what a desk says.
use gudok_model::{CallId, EndCause, LegId, OfferId, SupervisionMode};
use gudok_switchboard::Input;
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::in_hand::Party;

use crate::world::{OPERATORS, OUTSIDE, call, parsed};

/// What a party does by its leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Rings,
    Answers,
    Declines,
    Unreachable,
    HangsUp,
    /// No packet comes any more.
    Dies,
    Heard,
    Holds(bool),
    /// What was told to end has ended.
    Ends,
}

impl Deed {
    pub(crate) fn input(self, leg: LegId) -> Input {
        match self {
            Self::Rings => Input::LegRinging { leg },
            Self::Answers => Input::LegAnswered {
                leg,
                session_id: None,
            },
            Self::Declines => ended(leg, EndCause::Declined),
            Self::Unreachable => ended(leg, EndCause::Unreachable),
            Self::HangsUp => ended(leg, EndCause::HungUp),
            Self::Dies => ended(leg, EndCause::MediaTimeout),
            Self::Heard => Input::LegHeard { leg },
            Self::Holds(on) => Input::LegHeld { leg, on },
            Self::Ends => ended(leg, EndCause::ByUs),
        }
    }
}

fn ended(leg: LegId, cause: EndCause) -> Input {
    Input::LegEnded {
        leg,
        cause,
        said: None,
    }
}

/// To whom somebody is passed on, or who is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum To {
    Operator(u8),
    Queue,
    Outside,
}

impl To {
    pub(crate) fn number(self) -> gudok_model::Parsed {
        parsed(match self {
            Self::Operator(who) => OPERATORS[usize::from(who)],
            Self::Queue => "p",
            Self::Outside => OUTSIDE,
        })
    }
}

/// What a desk says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Word {
    Ready,
    Break,
    Logout,
    Reject,
    HangUp,
    Done,
    Hold,
    Resume,
    Mute(bool),
    Transfer(To),
    Consult(To),
    Complete,
    CancelConsult,
    Conference,
    DropCaller,
    DropAsked,
    Park,
    Unpark,
    /// Of the first caller's talk, by a supervisor.
    Supervise(SupervisionMode),
    Leave,
}

impl Word {
    /// Said of the offer in hand.
    pub(crate) fn command(self, offer_id: OfferId) -> DeskCommand {
        let call_id = offer_id.call;
        match self {
            Self::Ready => DeskCommand::Ready,
            Self::Break => DeskCommand::NotReady {
                reason: "LUNCH".into(),
            },
            Self::Logout => DeskCommand::Logout,
            Self::Reject => DeskCommand::Reject { offer_id },
            Self::HangUp => DeskCommand::HangUp { call_id },
            Self::Done => done(call_id),
            Self::Hold => DeskCommand::Hold { call_id },
            Self::Resume => DeskCommand::Resume { call_id },
            Self::Mute(on) => DeskCommand::Mute { call_id, on },
            Self::Transfer(to) => DeskCommand::Transfer {
                call_id,
                to: to.number(),
            },
            Self::Consult(to) => DeskCommand::Consult {
                call_id,
                to: to.number(),
            },
            Self::Complete => DeskCommand::Complete { call_id },
            Self::CancelConsult => DeskCommand::CancelConsult { call_id },
            Self::Conference => DeskCommand::Conference { call_id },
            Self::DropCaller => DeskCommand::Drop {
                call_id,
                party: Party::Caller,
            },
            Self::DropAsked => DeskCommand::Drop {
                call_id,
                party: Party::Asked,
            },
            Self::Park => DeskCommand::Park {
                call_id,
                slot: None,
            },
            Self::Unpark => DeskCommand::Unpark { slot: 1 },
            Self::Supervise(mode) => DeskCommand::Supervise {
                call_id: call(0),
                mode,
            },
            Self::Leave => DeskCommand::Leave { call_id: call(0) },
        }
    }
}

fn done(call_id: CallId) -> DeskCommand {
    DeskCommand::Disposition {
        call_id,
        code: "SOLVED".into(),
        note: None,
        done: true,
    }
}
