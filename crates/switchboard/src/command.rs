//! What a desk asks for, answered exactly once. Repeats of a command never get here.
use std::time::Duration;

use gudok_model::{Actor, CallEvent, CallId, Name, Now, OfferId, OperatorId, SessionId};

use crate::call::{Call, Phase};
use crate::desk::{CommandResult, DeskCommand};
use crate::ending::By;
use crate::floor::Rejection;
use crate::in_hand::CardNote;
use crate::output::Output;
use crate::supervise::Directive;
use crate::switchboard::Switchboard;

/// What a command may come to; the error goes to the desk as it is.
type Answer = Result<(), Rejection>;

fn no(code: &str) -> Answer {
    Err(Rejection {
        code: code.into(),
        actual: None,
    })
}

impl Switchboard {
    /// Does it and answers.
    pub(crate) fn on_command(
        &mut self,
        now: Now,
        operator: OperatorId,
        session: SessionId,
        id: String,
        command: DeskCommand,
    ) {
        let called = self.calls_out(now, &operator, session, &command);
        let said = called.or_else(|| self.says_of_request(now, &operator, session, &command));
        let said = said.or_else(|| self.refuses_at_desk(now, &operator, session, &command));
        let result = said.unwrap_or_else(|| match self.obey(now, &operator, session, command) {
            Ok(()) => CommandResult::Ok,
            Err(Rejection { code, actual }) => CommandResult::Error {
                code,
                actual: actual.or_else(|| self.display(&operator)),
            },
        });
        self.outputs.push_back(Output::DeskResult {
            operator,
            session,
            id,
            result,
            at: None,
        });
    }

    fn obey(
        &mut self,
        now: Now,
        id: &OperatorId,
        session: SessionId,
        command: DeskCommand,
    ) -> Answer {
        let seat = self.seats.get(id);
        if seat.is_none_or(|seat| seat.session != Some(session)) {
            return no("stale_session");
        }
        let operator = id.clone();
        let actor = Actor::Operator(id.clone());
        match command {
            DeskCommand::PopAck { offer_id } => self.acknowledge(now, id, offer_id),
            DeskCommand::Ready => self.ask_acd(now, gudok_acd::Input::Ready { operator, actor }),
            DeskCommand::NotReady { reason } => self.not_ready(now, operator, reason),
            DeskCommand::Reject { offer_id } => self.reject(now, id, offer_id),
            DeskCommand::HangUp { call_id } => self.hang_up(now, id, call_id),
            DeskCommand::Disposition {
                call_id,
                code,
                note,
                done,
            } => self.dispose(now, id, call_id, (code, note), done),
            DeskCommand::Extend { by_s } => self.extend(now, operator, by_s),
            DeskCommand::Logout => self.ask_acd(now, gudok_acd::Input::Logout { operator, actor }),
            DeskCommand::Serve { groups } => {
                self.ask_acd(now, gudok_acd::Input::Serves { operator, groups })
            }
            DeskCommand::Direct(directive) => self.direct_from_desk(now, id, directive),
            DeskCommand::Quiet {
                alarm,
                subject,
                for_s,
            } => {
                let quiet = Directive::Quiet {
                    alarm,
                    subject,
                    project: None,
                    for_s,
                };
                self.direct_from_desk(now, id, quiet)
            }
            DeskCommand::Hold { .. }
            | DeskCommand::Resume { .. }
            | DeskCommand::Keys { .. }
            | DeskCommand::Transfer { .. }
            | DeskCommand::Consult { .. }
            | DeskCommand::Complete { .. }
            | DeskCommand::CancelConsult { .. }
            | DeskCommand::Mute { .. }
            | DeskCommand::Conference { .. }
            | DeskCommand::Drop { .. }
            | DeskCommand::Park { .. } => self.take_in_hand(now, id, command),
            DeskCommand::Unpark { slot } => self.unpark(now, id, slot),
            // Done before, of whoever sits there.
            DeskCommand::Dial(_)
            | DeskCommand::Preview(_)
            | DeskCommand::Skip(_)
            | DeskCommand::CallbackTake { .. }
            | DeskCommand::CallbackLater { .. }
            | DeskCommand::CallbackCancel { .. }
            | DeskCommand::DoNotCall { .. } => no("invalid_state"),
            DeskCommand::Supervise { .. } | DeskCommand::Leave { .. } => {
                self.supervise(now, id, &command)
            }
        }
    }

    fn acknowledge(&mut self, now: Now, operator: &OperatorId, offer: OfferId) -> Answer {
        if !self.is_offered(operator, offer) {
            return no("unknown_offer");
        }
        self.on_pop_acked(now, operator, offer);
        Ok(())
    }

    fn not_ready(&mut self, now: Now, operator: OperatorId, reason: Name) -> Answer {
        if !self.knows_reason(&reason) {
            return no("unknown_reason");
        }
        let input = gudok_acd::Input::NotReady {
            actor: Actor::Operator(operator.clone()),
            operator,
            reason,
        };
        self.ask_acd(now, input)
    }

    fn extend(&mut self, now: Now, operator: OperatorId, by_s: u32) -> Answer {
        let by = Duration::from_secs(by_s.into());
        self.ask_acd(now, gudok_acd::Input::Extend { operator, by })
    }

    fn reject(&mut self, now: Now, operator: &OperatorId, offer: OfferId) -> Answer {
        if !self.is_offered(operator, offer) {
            return no("unknown_offer");
        }
        self.touch(offer.call);
        self.ask_acd(now, gudok_acd::Input::Rejected { offer })
    }

    fn is_offered(&self, operator: &OperatorId, offer: OfferId) -> bool {
        let call = self.calls.get(&offer.call);
        let found = call.and_then(|call| call.offers.get(&offer));
        found.is_some_and(|found| &found.operator == operator)
    }

    fn hang_up(&mut self, now: Now, operator: &OperatorId, id: CallId) -> Answer {
        let Some(call) = self.calls.get(&id) else {
            return no("unknown_call");
        };
        if !has_to_do_with(call, operator) {
            return no("not_your_call");
        }
        // Whoever only writes the call up has no part in the talk that others have in it by now.
        if call.in_hand().is_none_or(|talk| &talk.operator != operator) {
            return no("invalid_state");
        }
        match call.phase {
            Phase::Talking(_) => self.hang_up_at_desk(now, id),
            Phase::Dialling(_) => self.hang_up_dialling(now, id),
            Phase::Apart(_) => self.end_apart(now, id, By::Caller),
            _ => return no("invalid_state"),
        }
        Ok(())
    }

    fn dispose(
        &mut self,
        now: Now,
        id: &OperatorId,
        call_id: CallId,
        (code, note): (Name, Option<String>),
        done: bool,
    ) -> Answer {
        let resumed = (call_id, id.clone());
        let plan = match self.calls.get(&call_id) {
            None if !self.resumed.contains_key(&resumed) => return no("unknown_call"),
            // Of a call that only its wrap-up is left of, the plan in force has the codes.
            None => self.plan.as_ref(),
            Some(call) if !has_to_do_with(call, id) => return no("not_your_call"),
            Some(call) => Some(&call.plan),
        };
        let known = plan.and_then(|plan| plan.dispositions().iter().find(|it| it.code == code));
        let Some(known) = known else {
            return no("unknown_code");
        };
        let said = note.as_ref().is_some_and(|note| !note.trim().is_empty());
        if known.needs_note && !said {
            return no("note_required");
        }
        let length = note.as_ref().map_or(0, |note| note.chars().count());
        if length > self.config.note_max {
            return no("note_too_long");
        }
        let operator = id.clone();
        let disposed = gudok_acd::Input::Disposed {
            operator: operator.clone(),
            call: call_id,
            done,
        };
        self.ask_acd(now, disposed)?;
        if let Some(call) = self.calls.get_mut(&call_id) {
            call.disposed.insert(operator.clone());
        } else if let Some(resumed) = self.resumed.get_mut(&resumed) {
            resumed.disposed = true;
        }
        let noted = CardNote {
            operator: operator.clone(),
            code: code.clone(),
            note: note.clone(),
        };
        self.share_note(call_id, &noted);
        let fact = CallEvent::Disposed {
            operator,
            code,
            note,
        };
        self.fact(call_id, fact);
        Ok(())
    }
}

/// Whether the operator talks with the caller or writes the call up.
pub(crate) fn has_to_do_with(call: &Call, operator: &OperatorId) -> bool {
    let talks = call.in_hand().map(|talk| &talk.operator);
    talks == Some(operator) || call.wrap_ups.contains(operator)
}
