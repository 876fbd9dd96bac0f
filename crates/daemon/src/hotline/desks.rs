//! Between the desks and the switchboard.
use std::sync::Arc;
use std::time::Duration;

use gudok_cti::CtiInput;
use gudok_model::{OperatorId, SessionId, Wall};
use gudok_switchboard::answers::Answered;
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Input, Output};

use super::Hotline;

/// Between two pictures of the hotline for the pages.
const STATUS_EVERY: Duration = Duration::from_secs(1);

impl Hotline {
    pub(super) fn desk_input(&mut self, input: CtiInput) {
        match input {
            CtiInput::Connected {
                operator,
                session,
                takeover,
            } => {
                self.tell(Input::DeskConnected {
                    operator,
                    session,
                    takeover,
                });
            }
            CtiInput::Lost { operator, session } => {
                self.tell(Input::DeskLost { operator, session });
            }
            CtiInput::PopAck {
                operator, offer, ..
            } => self.tell(Input::PopAcked { operator, offer }),
            CtiInput::Command(command) => {
                // What came before in this turn must be in the stream before a version is compared with it.
                self.settle();
                match self.bridge.fence(&command) {
                    Ok(()) => self.desk_command(command),
                    Err(stale) => self.answer_unheard(command, stale),
                }
            }
            CtiInput::SnapshotWanted(request) => {
                self.settle();
                let snapshot = self.switchboard.snapshot(&request.operator);
                let now = self.clock.now();
                self.bridge.snapshot(&request, snapshot.as_ref(), now.wall);
            }
            CtiInput::WallWanted(request) => {
                self.settle();
                self.wall_wanted(&request);
            }
        }
    }

    /// Whose session goes on comes back to it with the sign-in of then. Before any desk is let in.
    pub(crate) fn expect(&self, desks: &[(OperatorId, SessionId)]) {
        for (operator, session) in desks {
            self.bridge.expect(operator, *session);
        }
    }

    /// What came of desks' commands in the runs before. Before any desk is let in.
    pub(crate) fn recall(&self, answered: &[Answered]) {
        for it in answered {
            self.bridge.recall(&it.operator, &it.id, &it.result);
        }
    }

    /// The switchboard never hears of it; on record it is all the same, for whoever repeats it to another run.
    fn answer_unheard(&mut self, command: gudok_cti::Command, result: CommandResult) {
        let now = self.clock.now();
        let output = unheard(now.wall, command, result);
        self.paper.output(now, &output);
        self.perform(now, output);
    }

    fn desk_command(&mut self, command: gudok_cti::Command) {
        let gudok_cti::Command {
            operator,
            session,
            id,
            command,
            ..
        } = command;
        let command = command.dialled(|raw| self.trunks.dialled_by_phone(raw));
        let command = command.placed(|number| self.trunks.numbering.region_of(number));
        self.tell(Input::DeskCommand {
            operator,
            session,
            id,
            command,
        });
    }

    /// Calls and operators now, for `/api/v1/status` and `/healthz`: once a second, so that the pages never wait
    /// for the hotline.
    pub(super) fn tell_status(&mut self) {
        let now = self.clock.now();
        if now.mono < self.status_due {
            return;
        }
        self.status_due = now.mono + STATUS_EVERY;
        let calls = self.switchboard.calls_alive();
        self.metrics.alive(calls, self.legs.len());
        self.reception.tell(now.mono.since_start(), &self.metrics);
        self.metrics.cost(&self.switchboard.spent(now.wall));
        self.metrics
            .outbound_load(self.switchboard.outbound_load(now));
        self.metrics.flows(self.sockets.ends());
        self.metrics.open_flows(self.sockets.flows());
        self.end_bans();
        self.look_at_itself(now.mono);
        self.tell_walls(now);
        self.seeing.tick(now.mono, &self.endpoint, &mut self.paper);
        let load = self.sound.load();
        self.metrics.media(&load);
        let certificate_days = self.expiry.tell(now, &self.metrics);
        let plan = Arc::clone(&self.plan);
        let calendars_missing = self.calendars.tell(now, &plan, &self.metrics);
        let rosters_bare = self.calendars.tell_rosters(now, &plan, &self.metrics);
        self.calendars.tell_skills(now, &plan, &self.metrics);
        let overrides = self.switchboard.overrides().list(now.wall).count();
        self.metrics.overrides(overrides);
        let shifts_overdue = self.overdue_shifts(now);
        self.metrics.shifts_overdue(shifts_overdue.len());
        let busiest = load.iter().map(|load| load.cpu_permille).max();
        self.status.store(Arc::new(serde_json::json!({
            "at": now.wall,
            "plan": self.plan.generation(),
            "draining": self.switchboard.is_draining(),
            "legs": self.legs.len(),
            "sessions": self.endpoint.sessions(),
            "media_load_permille": busiest.unwrap_or(0),
            "journal_lost": self.paper.lost(),
            "promises_lost": self.paper.promises_lost(),
            "certificate_days": certificate_days,
            "calendars_missing": calendars_missing,
            "rosters_bare": rosters_bare,
            "schedules_by_hand": overrides,
            "shifts_overdue": shifts_overdue,
            "calls": self.switchboard.live(now.mono),
            "operators": self.switchboard.operators(),
            "trunks": self.trunks_status(),
        })));
    }
}

/// The answer to a command of which no input tells: it says itself when.
fn unheard(at: Wall, command: gudok_cti::Command, result: CommandResult) -> Output {
    Output::DeskResult {
        operator: command.operator,
        session: command.session,
        id: command.id,
        result,
        at: Some(at),
    }
}

#[cfg(test)]
mod tests {
    use gudok_cti::Expect;
    use gudok_switchboard::desk::DeskCommand;

    use super::*;

    #[test]
    fn the_answer_to_what_the_machine_never_heard_of_says_when() {
        let command = gudok_cti::Command {
            operator: "ivan".into(),
            session: SessionId(1),
            id: "a".to_owned(),
            command: DeskCommand::Ready,
            expect: Expect::default(),
        };
        let Output::DeskResult { id, at, .. } = unheard(Wall(7), command, CommandResult::Ok) else {
            panic!("no answer");
        };
        assert_eq!((&*id, at), ("a", Some(Wall(7))));
    }
}
