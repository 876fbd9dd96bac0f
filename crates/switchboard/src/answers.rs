//! What came of desks' commands, told from a journal: after a restart a repeat of an id is answered by it and done no second time.
use gudok_model::{CallEvent, CallId, OperatorId, Wall};

use crate::desk::{CommandResult, DeskCommand};
use crate::input::Input;

/// The code of a command that calls somebody, where the daemon was killed while it did it and it is not on record whether it was
/// done.
pub const UNKNOWN: &str = "unknown";

/// A command and what its desk is told.
#[derive(Clone, PartialEq, Debug)]
pub struct Answered {
    /// Whose.
    pub operator: OperatorId,
    /// UUID text.
    pub id: String,
    /// When it came.
    pub at: Wall,
    /// The answer.
    pub result: CommandResult,
}

/// The fold. It is told the journal in its order: what began each step, whether a fact came of it, and the answers.
#[derive(Debug, Default)]
pub struct Answers {
    under_way: Option<UnderWay>,
    /// When the last command came.
    at: Wall,
    known: Vec<Answered>,
}

/// A command whose answer has not come yet.
#[derive(Debug)]
struct UnderWay {
    operator: OperatorId,
    id: String,
    command: DeskCommand,
    /// Whether a fact of it is on record.
    is_done: bool,
}

impl Answers {
    /// The machine is told something at this moment, which ends the step before.
    pub fn told(&mut self, at: Wall, input: &Input) {
        self.step();
        let Input::DeskCommand {
            operator,
            id,
            command,
            ..
        } = input
        else {
            return;
        };
        self.at = at;
        self.under_way = Some(UnderWay {
            operator: operator.clone(),
            id: id.clone(),
            command: command.clone(),
            is_done: false,
        });
    }

    /// Another step begins, or the journal ends. What was under way and has no answer on record is answered as far as it can be:
    /// where a fact says that it was done, it was. Without any, nothing that outlives the run was done, and a repeat may do it; but
    /// of a call out a phone may have rung.
    pub fn step(&mut self) {
        let Some(cut) = self.under_way.take() else {
            return;
        };
        let result = match (cut.is_done, calls_somebody(&cut.command)) {
            (true, _) => CommandResult::Ok,
            (false, true) => CommandResult::Error {
                code: UNKNOWN.into(),
                actual: None,
            },
            (false, false) => return,
        };
        self.know(cut.operator, cut.id, result);
    }

    /// A fact of a call or a request came of the step.
    pub fn fact(&mut self, of: CallId, fact: &CallEvent) {
        if let Some(cut) = &mut self.under_way {
            cut.is_done |= is_proved(&cut.operator, &cut.command, of, fact);
        }
    }

    /// A command was answered.
    pub fn answered(&mut self, operator: OperatorId, id: String, result: CommandResult) {
        self.under_way.take_if(|it| it.id == id);
        self.know(operator, id, result);
    }

    /// Whether a command has no answer yet.
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// All that is known, in the order of the journal; what is under way is not among it.
    pub fn into_known(self) -> Vec<Answered> {
        self.known
    }

    fn know(&mut self, operator: OperatorId, id: String, result: CommandResult) {
        let at = self.at;
        self.known.push(Answered {
            operator,
            id,
            at,
            result,
        });
    }
}

fn calls_somebody(command: &DeskCommand) -> bool {
    matches!(
        command,
        DeskCommand::Dial(_) | DeskCommand::CallbackTake { .. }
    )
}

/// Whether the fact is what the command does. Others may come of the same step: what was due just then, or why nobody is called.
fn is_proved(who: &OperatorId, command: &DeskCommand, of: CallId, fact: &CallEvent) -> bool {
    match (command, fact) {
        (DeskCommand::Dial(_), CallEvent::Dialled { by, request, .. }) => {
            by.as_ref() == Some(who) && request.is_none()
        }
        (DeskCommand::CallbackTake { request }, CallEvent::Dialled { request: of, .. }) => {
            *of == Some(*request)
        }
        (DeskCommand::CallbackLater { request, .. }, CallEvent::RequestMoved { .. })
        | (DeskCommand::CallbackCancel { request, .. }, CallEvent::RequestOver { .. }) => {
            of == *request
        }
        (DeskCommand::Disposition { call_id, .. }, CallEvent::Disposed { operator, .. }) => {
            of == *call_id && operator == who
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::SessionId;

    use super::*;

    fn command(id: &str, command: DeskCommand) -> Input {
        Input::DeskCommand {
            operator: "ivan".into(),
            session: SessionId(1),
            id: id.to_owned(),
            command,
        }
    }

    /// A command that rings phones.
    fn take(id: &str) -> Input {
        let request = CallId(uuid::Uuid::from_u128(7));
        command(id, DeskCommand::CallbackTake { request })
    }

    fn known(answers: Answers) -> Vec<(String, Wall, CommandResult)> {
        let known = answers.into_known().into_iter();
        known.map(|it| (it.id, it.at, it.result)).collect()
    }

    fn error(code: &str) -> CommandResult {
        CommandResult::Error {
            code: code.into(),
            actual: None,
        }
    }

    #[test]
    fn what_was_answered_is_answered_so_again() {
        let mut answers = Answers::default();
        answers.told(Wall(5), &command("a", DeskCommand::Ready));
        answers.answered("ivan".into(), "a".to_owned(), error("endpoint_down"));
        answers.step();
        answers.told(Wall(9), &take("b"));
        answers.answered("ivan".into(), "b".to_owned(), CommandResult::Ok);
        assert!(!answers.is_under_way());
        let told = known(answers);
        assert_eq!(told[0], ("a".to_owned(), Wall(5), error("endpoint_down")));
        assert_eq!(told[1], ("b".to_owned(), Wall(9), CommandResult::Ok));
        assert_eq!(told.len(), 2);
    }

    /// `ivan` writes this call up, and the crash comes after so much of it.
    fn written_up(of: u128, fact: &CallEvent) -> Vec<(String, Wall, CommandResult)> {
        let call = |n| CallId(uuid::Uuid::from_u128(n));
        let wish = DeskCommand::Disposition {
            call_id: call(7),
            code: "SOLVED".into(),
            note: None,
            done: true,
        };
        let mut answers = Answers::default();
        answers.told(Wall(5), &command("a", wish));
        answers.fact(call(of), fact);
        assert!(answers.is_under_way());
        answers.step();
        known(answers)
    }

    #[test]
    fn what_was_cut_off_is_done_where_its_own_fact_says_so() {
        let disposed = |who: &str| CallEvent::Disposed {
            operator: who.into(),
            code: "SOLVED".into(),
            note: None,
        };
        let done = [("a".to_owned(), Wall(5), CommandResult::Ok)];
        assert_eq!(written_up(7, &disposed("ivan")), done);
        assert_eq!(written_up(8, &disposed("ivan")), [], "of another call");
        assert_eq!(written_up(7, &disposed("petr")), [], "another one's word");
        assert_eq!(
            written_up(7, &CallEvent::Answered),
            [],
            "what was due just then"
        );
    }

    #[test]
    fn of_a_call_out_without_a_fact_nobody_knows_and_anything_else_may_be_done_yet() {
        let mut answers = Answers::default();
        answers.told(Wall(5), &command("a", DeskCommand::Ready));
        answers.told(Wall(6), &take("b"));
        answers.step();
        assert_eq!(known(answers), [("b".to_owned(), Wall(6), error(UNKNOWN))]);
    }

    #[test]
    fn what_was_refused_before_the_machine_heard_of_it_is_known_too() {
        let mut answers = Answers::default();
        answers.told(Wall(5), &take("a"));
        answers.answered("petr".into(), "b".to_owned(), error("stale"));
        assert!(answers.is_under_way(), "it is another one's");
    }
}
