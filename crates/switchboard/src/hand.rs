//! The talk in the hand of its operator, from the desk, with the one leg they have: hold and back, keys for the caller, passing
//! the caller on, a word aside.
//!
//! Named policies: a word aside from the desk puts the caller on hold, and takes them back when it ends without a transfer,
//! whoever ended it (behaviour 5.2). While the phone itself holds, what needs its ear is refused (`phone_holds`): only the
//! phone can take that back. Whatever does not fit is refused with the state that was met, and changes nothing.
use gudok_model::{CallEvent, CallId, EndCause, Name, Now, OperatorId, Parsed};

use crate::call::{Phase, Role, Talk};
use crate::consult::Consult;
use crate::desk::{DeskCommand, DeskEvent};
use crate::floor::Rejection;
use crate::in_hand::{Asking, InHand, Keys};
use crate::output::Output;
use crate::pointed::Pointed;
use crate::switchboard::Switchboard;
use crate::transfer::{BUSY, CLOSED, FORBIDDEN, GONE_AWAY, NOBODY, Whom};

/// Who has put the caller on hold.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Hold {
    /// The phone, by a re-INVITE.
    pub(crate) phone: bool,
    /// The desk.
    pub(crate) desk: bool,
}

impl Hold {
    /// Whether the caller hears music.
    pub(crate) fn is_on(self) -> bool {
        self.phone || self.desk
    }
}

type Answer = Result<(), Rejection>;

impl Switchboard {
    /// A command about the caller whom the operator talks with.
    pub(crate) fn take_in_hand(
        &mut self,
        now: Now,
        operator: &OperatorId,
        command: DeskCommand,
    ) -> Answer {
        let id = command.call().ok_or_else(invalid)?;
        let talk = self.talk_in_hand(operator, id)?;
        self.touch(id);
        match command {
            DeskCommand::Hold { .. } => self.hold_at_desk(now, &talk),
            DeskCommand::Resume { .. } => self.resume_at_desk(now, &talk),
            DeskCommand::Keys { keys, .. } => self.send_keys(&talk, keys),
            DeskCommand::Transfer { to, .. } => self.transfer_at_desk(now, &talk, &to),
            DeskCommand::Consult { to, .. } => self.consult_at_desk(now, &talk, &to),
            DeskCommand::Complete { .. } => self.complete(now, &talk),
            DeskCommand::CancelConsult { .. } => self.cancel_consult(now, &talk),
            DeskCommand::Mute { on, .. } => self.mute(&talk, on),
            DeskCommand::Conference { .. } => self.confer(now, &talk),
            DeskCommand::Drop { party, .. } => self.drop_party(now, &talk, party),
            DeskCommand::Park { slot, .. } if self.consult_of(&talk).is_none() => {
                self.park(now, &talk, slot)
            }
            _ => Err(invalid()),
        }
    }

    fn talk_in_hand(&self, operator: &OperatorId, id: CallId) -> Result<Talk, Rejection> {
        let own = self.acd.operator(operator).and_then(|view| view.call);
        let own = own.and_then(|own| self.calls.get(&own));
        match own.map(|call| (call.id, &call.phase)) {
            Some((own, Phase::Talking(talk))) if own == id => Ok(talk.clone()),
            Some((_, Phase::Talking(_))) if self.calls.contains_key(&id) => {
                Err(refused("not_your_call"))
            }
            Some((_, Phase::Talking(_))) => Err(refused("unknown_call")),
            Some((_, Phase::Apart(_))) => Err(Rejection {
                code: "invalid_state".into(),
                actual: Some("aside".into()),
            }),
            _ => Err(invalid()),
        }
    }

    fn consult_of(&self, talk: &Talk) -> Option<&Consult> {
        self.calls.get(&talk.leg.call)?.consult.as_ref()
    }

    fn hold_at_desk(&mut self, now: Now, talk: &Talk) -> Answer {
        if talk.hold.is_on() || self.consult_of(talk).is_some() {
            return Err(invalid());
        }
        self.set_hold(now, talk.leg.call, |hold| hold.desk = true);
        Ok(())
    }

    fn resume_at_desk(&mut self, now: Now, talk: &Talk) -> Answer {
        if !talk.hold.is_on() || self.consult_of(talk).is_some() {
            return Err(invalid());
        }
        if talk.hold.phone {
            return Err(refused("phone_holds"));
        }
        self.set_hold(now, talk.leg.call, |hold| hold.desk = false);
        Ok(())
    }

    /// Told as a count: what is pressed may be a card's number.
    fn send_keys(&mut self, talk: &Talk, keys: Keys) -> Answer {
        if talk.hold.is_on() || self.consult_of(talk).is_some() {
            return Err(invalid());
        }
        let id = talk.leg.call;
        let deaf = self.calls.get(&id).is_some_and(|call| call.no_digits);
        if deaf && self.config.hand_told {
            // They would be told as sent, and nobody would have had them.
            return Err(refused("no_digits"));
        }
        let sent = CallEvent::KeysSent {
            by: talk.operator.clone(),
            count: keys.count(),
        };
        self.fact(id, sent);
        let leg = gudok_model::LegId::caller(id);
        self.outputs.push_back(Output::SendKeys { leg, keys });
        Ok(())
    }

    fn transfer_at_desk(&mut self, now: Now, talk: &Talk, to: &Parsed) -> Answer {
        if self.consult_of(talk).is_some() {
            return Err(invalid());
        }
        let call = self.calls.get(&talk.leg.call).ok_or_else(invalid)?;
        let whom = self.whom(Some((now, &call.plan)), to).map_err(in_words)?;
        self.pass_on(now, talk, None, whom).map_err(in_words)
    }

    fn consult_at_desk(&mut self, now: Now, talk: &Talk, to: &Parsed) -> Answer {
        if self.consult_of(talk).is_some() {
            return Err(invalid());
        }
        if talk.hold.phone {
            return Err(refused("phone_holds"));
        }
        let (id, by) = (talk.leg.call, talk.operator.clone());
        let with = self.whom(None, to).map_err(in_words)?;
        let target = self.may_consult(id, &by, &with).map_err(in_words)?;
        let pass = self.pass_to(now, id, &with, &by).map_err(in_words)?;
        let other = self.new_leg(id, Role::Consulted);
        let other = other.ok_or_else(|| refused("too_many_legs"))?;
        if let Some(pass) = pass {
            self.goes_out(now, other, pass);
        }
        self.set_hold(now, id, |hold| hold.desk = true);
        let consult = Consult {
            own: None,
            other,
            with,
            by,
            answered: false,
            conference: false,
            recorded: false,
            pointed: Pointed::default(),
        };
        self.begin_consult(now, consult, target);
        self.tell_consult(id, "ringing");
        Ok(())
    }

    /// Before the answer it is a blind transfer, as from a phone.
    fn complete(&mut self, now: Now, talk: &Talk) -> Answer {
        let consult = self.consult_of(talk).ok_or_else(invalid)?;
        let (answered, with) = (consult.answered, consult.with.clone());
        let done = match answered {
            true => self.join(now, talk, None),
            false => self.pass_on(now, talk, None, with),
        };
        done.map_err(in_words)
    }

    fn cancel_consult(&mut self, now: Now, talk: &Talk) -> Answer {
        self.consult_of(talk).ok_or_else(invalid)?;
        self.consult_over(now, talk.leg.call, GONE_AWAY, "cancelled");
        Ok(())
    }

    /// A word aside is over, and the caller is still there.
    pub(crate) fn consult_over(&mut self, now: Now, id: CallId, status: u16, how: &str) {
        let consult = self.calls.get(&id).and_then(|call| call.consult.as_ref());
        let at_desk = consult.is_some_and(|consult| consult.own.is_none());
        let conference = consult.is_some_and(|consult| consult.conference);
        if at_desk {
            self.tell_consult(id, how);
        }
        self.leave_room(id);
        self.end_consult(now, id, status);
        let held = self.calls.get(&id).and_then(|call| call.talk().cloned());
        if let Some(talk) = held.filter(|it| conference && it.hold.phone) {
            self.hold(now, talk.leg, &talk, true);
        } else if at_desk {
            self.set_hold(now, id, |hold| hold.desk = false);
        }
    }

    /// How the word aside goes, for the desk of whoever asks.
    pub(crate) fn tell_consult(&mut self, call_id: CallId, state: &str) {
        let call = self.calls.get(&call_id);
        let Some(consult) = call.and_then(|call| call.consult.as_ref()) else {
            return;
        };
        let (by, with) = (consult.by.clone(), consult.with.shown());
        let event = DeskEvent::Consult {
            call_id,
            with,
            state: state.into(),
        };
        self.tell_desk(Some(&by), event);
    }

    /// The talk in hand, for a desk that draws itself from nothing.
    pub(crate) fn in_hand(&self, operator: &OperatorId) -> Option<InHand> {
        let own = self.acd.operator(operator)?.call?;
        let call = self.calls.get(&own)?;
        let talk = call.in_hand().filter(|talk| &talk.operator == operator)?;
        let caller_gone = matches!(call.phase, Phase::Apart(_));
        let asking = |consult: &Consult| Asking {
            with: consult.with.shown(),
            answered: consult.answered,
            conference: consult.conference && !caller_gone,
            caller_gone,
        };
        Some(InHand {
            held: talk.hold.is_on() && !caller_gone,
            muted: talk.muted,
            consult: call.consult.as_ref().map(asking),
            supervised: call.supervised_by(),
        })
    }
}

impl Whom {
    /// As whoever asked for it said it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Operator(operator) => operator.to_string(),
            Self::Queue(queue) => queue.to_string(),
            Self::Outside(number) => number.to_string(),
        }
    }
}

/// How whoever was asked left, in the words of `call.consult`.
pub(crate) fn left(cause: EndCause, answered: bool) -> &'static str {
    match cause {
        _ if answered => "hung_up",
        EndCause::Busy => "busy",
        EndCause::Declined => "declined",
        EndCause::NotFound => "not_found",
        _ => "no_answer",
    }
}

fn refused(code: &str) -> Rejection {
    Rejection {
        code: code.into(),
        actual: None,
    }
}

/// The state that was met is added where the answer is given.
fn invalid() -> Rejection {
    refused("invalid_state")
}

/// What a phone is told by a status.
pub(crate) fn in_words(status: u16) -> Rejection {
    let code: Name = match status {
        FORBIDDEN => "not_allowed".into(),
        NOBODY => "unknown_target".into(),
        GONE_AWAY => "target_away".into(),
        BUSY => "target_busy".into(),
        CLOSED => "queue_closed".into(),
        _ => "invalid_state".into(),
    };
    Rejection { code, actual: None }
}
