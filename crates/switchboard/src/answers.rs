//! What came of desks' commands, told from a journal: after a restart a repeat of an id is answered by it and done no second time.
use gudok_model::{CallEvent, CallId, FloorEvent, OperatorId, Wall};

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
        self.know_at(self.at, (cut.operator, cut.id), result);
    }

    /// A fact of a call or a request came of the step.
    pub fn fact(&mut self, of: CallId, fact: &CallEvent) {
        if let Some(cut) = &mut self.under_way {
            cut.is_done |= is_proved(&cut.operator, &cut.command, of, fact);
        }
    }

    /// A fact of the floor came of it.
    pub fn floor(&mut self, fact: &FloorEvent) {
        if let Some(cut) = &mut self.under_way {
            cut.is_done |= is_proved_on_floor(&cut.operator, &cut.command, fact);
        }
    }

    /// A command was answered; `at`: when, where no input of its own says so ([`Output::DeskResult`](crate::Output)).
    pub fn answered(
        &mut self,
        (operator, id): (OperatorId, String),
        at: Option<Wall>,
        result: CommandResult,
    ) {
        self.under_way.take_if(|it| it.id == id);
        self.know_at(at.unwrap_or(self.at), (operator, id), result);
    }

    /// Whether a command has no answer yet.
    pub fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// All that is known, in the order of the journal; what is under way is not among it.
    pub fn into_known(self) -> Vec<Answered> {
        self.known
    }

    fn know_at(&mut self, at: Wall, (operator, id): (OperatorId, String), result: CommandResult) {
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
        // Not the requests that it closes: so it does where it is refused, since no more may be kept.
        (DeskCommand::DoNotCall { of: said_in, .. }, CallEvent::CallsRefused { .. }) => {
            of == *said_in
        }
        _ => false,
    }
}

/// The same of a fact of the floor: an end of their work that is not the first one is what they have asked for.
fn is_proved_on_floor(who: &OperatorId, command: &DeskCommand, fact: &FloorEvent) -> bool {
    match (command, fact) {
        (
            DeskCommand::Extend { .. },
            FloorEvent::WrapUpSet {
                operator,
                extensions,
                ..
            },
        ) => operator == who && *extensions > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{
        Actor, PhoneNumber, ProjectId, Refusal, RequestKind, RequestOutcome, SessionId,
    };

    use super::*;

    fn of(operator: &str, id: &str) -> (OperatorId, String) {
        (operator.into(), id.to_owned())
    }

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
        answers.answered(of("ivan", "a"), None, error("endpoint_down"));
        answers.step();
        answers.told(Wall(9), &take("b"));
        answers.answered(of("ivan", "b"), None, CommandResult::Ok);
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
        answers.answered(of("petr", "b"), Some(Wall(9)), error("stale"));
        assert!(answers.is_under_way(), "it is another one's");
        let known = known(answers);
        assert_eq!(
            known,
            [("b".to_owned(), Wall(9), error("stale"))],
            "of then"
        );
    }

    /// `ivan` says so, and the crash comes after what this tells.
    fn cut_off(said: DeskCommand, fact: impl FnOnce(&mut Answers)) -> bool {
        let mut answers = Answers::default();
        answers.told(Wall(5), &command("a", said));
        fact(&mut answers);
        answers.step();
        !known(answers).is_empty()
    }

    #[test]
    fn who_wants_no_calls_is_told_of_once() {
        let call = |n| CallId(uuid::Uuid::from_u128(n));
        let project = ProjectId::from("isp");
        let number = PhoneNumber::try_from("+79990000001".to_owned()).expect("a number");
        let refusal = Refusal {
            project: project.clone(),
            number: number.clone(),
            purpose: None,
            by: Actor::Operator("ivan".into()),
            at: Wall(5),
            why: "просил".to_owned(),
        };
        let refused = CallEvent::CallsRefused { refusal };
        let over = CallEvent::RequestOver {
            project,
            number,
            kind: RequestKind::Callback,
            end: RequestOutcome::Dnc,
            contact: None,
            note: None,
        };
        let is_done = |of, fact: &CallEvent| {
            let said = DeskCommand::DoNotCall {
                of: call(7),
                purpose: None,
                why: "просил".to_owned(),
            };
            cut_off(said, |answers| answers.fact(call(of), fact))
        };
        assert!(is_done(7, &refused));
        assert!(!is_done(8, &refused), "said in another call");
        assert!(!is_done(9, &over), "so it is where it may not be kept");
    }

    #[test]
    fn what_was_added_to_the_work_after_a_talk_is_added_once() {
        let set = |who: &str, extensions| FloorEvent::WrapUpSet {
            operator: who.into(),
            call: CallId(uuid::Uuid::from_u128(7)),
            since: Wall(1),
            until: Wall(90),
            extended_us: 60,
            extensions,
        };
        let is_done = |fact: &FloorEvent| {
            let said = DeskCommand::Extend { by_s: 60 };
            cut_off(said, |answers| answers.floor(fact))
        };
        assert!(is_done(&set("ivan", 1)));
        assert!(!is_done(&set("petr", 1)), "another one's");
        assert!(!is_done(&set("ivan", 0)), "it begins");
    }
}
