//! Whoever calls a client by the API waits for what the switchboard says of it.
use std::collections::BTreeMap;

use gudok_model::{CallId, Mono, OperatorId};
use gudok_switchboard::Input;
use gudok_switchboard::desk::{CommandResult, DeskCommand};
use gudok_switchboard::dial_out::DialOut;
use tokio::sync::oneshot::Sender;

use super::Hotline;
use super::at_doors::Answer;

/// The call that rings the own phone, and the answer.
pub(crate) type Dialled = (Option<CallId>, CommandResult);

/// Who waits. The switchboard answers in the same turn, so there are as many as orders in one turn; a yes then waits for the disk.
#[derive(Debug, Default)]
pub(super) struct Calling {
    last: u64,
    waits: BTreeMap<u64, Sender<Dialled>>,
}

impl Calling {
    /// What whoever asked so is told.
    fn answer(&mut self, id: u64, dialled: Dialled) -> Option<Answer> {
        let waits = self.waits.remove(&id)?;
        Some(Answer::Dialled(waits, dialled))
    }
}

impl Hotline {
    /// The switchboard says what came of it.
    pub(super) fn call_answered(&mut self, now: Mono, id: u64, dialled: Dialled) {
        if let Some(answer) = self.calling.answer(id, dialled) {
            self.paper.hold_at_door(now, answer);
        }
    }

    /// Read and placed as at a desk.
    pub(super) fn calls_client(
        &mut self,
        operator: OperatorId,
        dial: Box<DialOut>,
        answer: Sender<Dialled>,
    ) {
        let command = DeskCommand::Dial(dial).dialled(|raw| self.trunks.dialled_by_phone(raw));
        let command = command.placed(|number| self.trunks.numbering.region_of(number));
        if let DeskCommand::Dial(dial) = command {
            self.calling.last += 1;
            let id = self.calling.last;
            self.calling.waits.insert(id, answer);
            self.tell(Input::Dial { operator, id, dial });
        }
    }
}
