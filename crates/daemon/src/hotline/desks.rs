//! Between the desks and the switchboard.
use gudok_cti::CtiInput;
use gudok_switchboard::Input;

use super::Hotline;

impl Hotline {
    pub(super) fn desk_input(&mut self, input: CtiInput) {
        match input {
            CtiInput::Connected { operator, session, takeover } => {
                self.tell(Input::DeskConnected { operator, session, takeover });
            }
            CtiInput::Lost { operator, session } => self.tell(Input::DeskLost { operator, session }),
            CtiInput::PopAck { operator, offer, .. } => self.tell(Input::PopAcked { operator, offer }),
            CtiInput::Command(command) => {
                // What came before in this turn must be in the stream before a version is compared with it.
                self.settle();
                if let Some(command) = self.bridge.fence(command) {
                    self.desk_command(command);
                }
            }
            CtiInput::SnapshotWanted(request) => {
                self.settle();
                let snapshot = self.switchboard.snapshot(&request.operator);
                let now = self.clock.now();
                self.bridge.snapshot(&request, snapshot.as_ref(), now.wall);
            }
        }
    }

    fn desk_command(&mut self, command: gudok_cti::Command) {
        let gudok_cti::Command { operator, session, id, command, .. } = command;
        self.tell(Input::DeskCommand { operator, session, id, command });
    }

    /// Calls, queues and operators now, for `/api/v1/status`.
    pub(super) fn status(&self) -> serde_json::Value {
        serde_json::json!({
            "legs": self.legs.len(),
            "sessions": self.endpoint.sessions(),
            "plan": self.plan.generation().as_ref(),
        })
    }
}
