//! The words of a desk: call somebody, or look at whom to call.
use gudok_model::{CallId, FloorEvent, Name, Now, OperatorId, SessionId};
use gudok_outbound::Home;

use super::begin::on_record;
use super::{Denial, LOOK_MAX, Look, Wanted, Way};
use crate::desk::{CommandResult, DeskCommand};
use crate::dial_out::DialOut;
use crate::output::Output;
use crate::switchboard::Switchboard;

impl Switchboard {
    /// A word about calls out, of whoever sits there. None: it is another word, or of somebody who does not.
    pub(crate) fn calls_out(
        &mut self,
        now: Now,
        operator: &OperatorId,
        session: SessionId,
        command: &DeskCommand,
    ) -> Option<CommandResult> {
        let seat = self.seats.get(operator)?;
        if seat.session != Some(session) {
            return None;
        }
        let done = match command {
            DeskCommand::Dial(dial) => self.dial_at_desk(now, operator, dial).map(|_| ()),
            DeskCommand::Preview(dial) => self.look_at_desk(now, operator, dial),
            DeskCommand::Skip(reason) => self.skip_at_desk(now, operator, reason.as_ref()),
            _ => return None,
        };
        Some(match done {
            Ok(()) => CommandResult::Ok,
            Err(denial) => denial.told(self.display(operator)),
        })
    }

    /// The same from elsewhere than a desk.
    pub(crate) fn on_dial(&mut self, now: Now, operator: OperatorId, id: u64, dial: &DialOut) {
        let done = self.dial_at_desk(now, &operator, dial);
        let call = done.as_ref().ok().copied();
        let result = match done {
            Ok(_) => CommandResult::Ok,
            Err(denial) => denial.told(self.display(&operator)),
        };
        self.outputs.push_back(Output::Dialled {
            operator,
            id,
            call,
            result,
        });
    }

    /// The state that is shown of an operator.
    pub(crate) fn display(&self, operator: &OperatorId) -> Option<Name> {
        self.state(operator).map(|state| state.display)
    }

    /// Rings the operator's own phone, and then whom they want.
    pub(crate) fn dial_at_desk(
        &mut self,
        now: Now,
        operator: &OperatorId,
        dial: &DialOut,
    ) -> Result<CallId, Denial> {
        let wanted = wanted(dial)?;
        self.begin_out(now, wanted, Way::ByHand(operator.clone()))
    }

    /// Asks the rules, and dials nobody. Who may be called is on the screen for [`LOOK_MAX`].
    pub(crate) fn look_at_desk(
        &mut self,
        now: Now,
        operator: &OperatorId,
        dial: &DialOut,
    ) -> Result<(), Denial> {
        let wanted = wanted(dial)?;
        self.ask_rules(now, &wanted, Some(operator))?;
        let attempt = self.outs.attempt(now.wall);
        let preview = gudok_acd::Input::Preview {
            operator: operator.clone(),
            attempt,
            lasts: LOOK_MAX,
        };
        self.ask_acd(now, preview)
            .map_err(|no| Denial::of(&no.code))?;
        let look = Look {
            attempt,
            number: wanted.number,
            purpose: wanted.purpose,
            basis: wanted.basis,
            reason: None,
        };
        self.outs.looks.insert(operator.clone(), look);
        Ok(())
    }

    /// The operator does not call whom they look at, and may say why.
    pub(crate) fn skip_at_desk(
        &mut self,
        now: Now,
        operator: &OperatorId,
        reason: Option<&Name>,
    ) -> Result<(), Denial> {
        let look = self.outs.looks.get_mut(operator);
        let look = look.ok_or_else(|| Denial::of("invalid_state"))?;
        look.reason = reason.cloned();
        let (operator, attempt) = (operator.clone(), look.attempt);
        self.ask_acd(now, gudok_acd::Input::Skipped { operator, attempt })
            .map_err(|no| Denial::of(&no.code))
    }

    /// A look is over and nobody was called.
    pub(crate) fn on_look_over(&mut self, operator: OperatorId, timed_out: bool) {
        let look = self.outs.looks.remove(&operator);
        if let Some(look) = look.filter(|_| self.config.floor_whole) {
            self.floor_fact(FloorEvent::Skipped {
                operator,
                number: look.number,
                purpose: look.purpose.word().into(),
                basis: look.basis.as_ref().map(on_record),
                reason: look.reason,
                timed_out,
            });
        }
    }
}

impl Denial {
    /// As the desk is told; `actual`: the state that was met.
    pub(crate) fn told(self, actual: Option<Name>) -> CommandResult {
        let Self {
            code,
            rule,
            place,
            text,
        } = self;
        match (rule, text) {
            (Some(rule), Some(text)) => CommandResult::Denied { rule, place, text },
            _ => CommandResult::Error { code, actual },
        }
    }
}

fn wanted(dial: &DialOut) -> Result<Wanted, Denial> {
    let number = dial.number.e164.clone();
    let cli = match &dial.cli {
        Some(cli) => Some(cli.e164.clone().ok_or_else(|| Denial::of("bad_number"))?),
        None => None,
    };
    Ok(Wanted {
        number: number.ok_or_else(|| Denial::of("bad_number"))?,
        region: dial.region.clone(),
        purpose: dial
            .purpose()
            .ok_or_else(|| Denial::of("unknown_purpose"))?,
        basis: dial.basis().ok_or_else(|| Denial::of("unknown_basis"))?,
        cli,
        request: None,
        home: Home::default(),
    })
}
