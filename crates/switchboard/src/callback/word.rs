//! What people say of a request: they call now, later, not at all; and what they are told of those that are theirs.
use gudok_model::{
    Actor, CallId, GroupId, Name, Now, OperatorId, PhoneNumber, ProjectId, RequestKind,
    RequestOutcome, RequestWord, Role, SessionId, Wall,
};

use super::LEASE;
use super::book::{Callback, Key};
use super::machine::Step;
use crate::desk::{CallbackNews, CommandResult, DeskCommand, DeskEvent};
use crate::floor::Rejection;
use crate::outgoing::{Denial, How, Way};
use crate::output::Output;
use crate::switchboard::Switchboard;

/// The longest that a call may be put off: who asked for it expects it no more. 31 days.
pub const LATER_MAX_DAYS: i64 = 31;

const DAY: i64 = 24 * 3_600 * 1_000_000;

/// Why nothing came of a word.
pub(crate) enum No {
    /// It does not fit.
    Said(Rejection),
    /// The customer may not be called now.
    Law(Denial),
}

impl No {
    /// As whoever said it is told; `actual`: the state that was met, where the refusal names none.
    fn told(self, actual: Option<Name>) -> CommandResult {
        match self {
            Self::Said(no) => CommandResult::Error {
                code: no.code,
                actual: no.actual.or(actual),
            },
            Self::Law(denial) => denial.told(actual),
        }
    }
}

impl Switchboard {
    /// Somebody says something of a request, not at a desk. Answered exactly once.
    pub(crate) fn on_request_word(
        &mut self,
        now: Now,
        (project, number, kind): (ProjectId, PhoneNumber, RequestKind),
        word: RequestWord,
    ) {
        let key = Key {
            project,
            number,
            kind,
        };
        let done = match (self.callbacks.find(&key), word) {
            (Some(id), word) => match speaker(&word).filter(|_| self.config.asked_whose) {
                Some(by) => self.word_of(now, &by.clone(), id, word),
                None => self.obey_of_request(now, id, word),
            },
            // What the machine never had it lets go at once.
            (None, RequestWord::Closed) => Ok(()),
            (None, _) => Err(no("unknown_request")),
        };
        let result = match done {
            Ok(()) => CommandResult::Ok,
            Err(no) => no.told(None),
        };
        self.outputs.push_back(Output::RequestDone {
            project: key.project,
            number: key.number,
            kind: key.kind,
            result,
        });
    }

    /// The same at a desk, of whoever sits there. None: it is another word, or of somebody who does not.
    pub(crate) fn says_of_request(
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
        let is_admin = seat.profile.role == Role::Admin && self.config.asked_whose;
        let by = match is_admin {
            true => Actor::Admin(Name::from(operator.as_str())),
            false => Actor::Operator(operator.clone()),
        };
        let (id, word) = match command {
            DeskCommand::CallbackTake { request } => {
                let by = operator.clone();
                (*request, RequestWord::Take { by })
            }
            DeskCommand::CallbackLater { request, at } => {
                (*request, RequestWord::Later { by, at: *at })
            }
            DeskCommand::CallbackCancel { request, why } => {
                let why = why.clone();
                (*request, RequestWord::Cancel { by, why })
            }
            _ => return None,
        };
        Some(match self.word_of(now, operator, id, word) {
            Ok(()) => CommandResult::Ok,
            Err(no) => no.told(self.display(operator)),
        })
    }

    /// Of a request that is theirs.
    fn word_of(
        &mut self,
        now: Now,
        operator: &OperatorId,
        id: CallId,
        word: RequestWord,
    ) -> Result<(), No> {
        let callback = self
            .callbacks
            .get(id)
            .ok_or_else(|| no("unknown_request"))?;
        if !self.owns(operator, callback) {
            return Err(no("not_allowed"));
        }
        self.obey_of_request(now, id, word)
    }

    fn obey_of_request(&mut self, now: Now, id: CallId, word: RequestWord) -> Result<(), No> {
        let callback = self
            .callbacks
            .get(id)
            .ok_or_else(|| no("unknown_request"))?;
        let idle = callback.is_idle();
        match word {
            RequestWord::Closed => {
                self.let_request_go(now, id);
                Ok(())
            }
            _ if !idle => Err(No::Said(Rejection {
                code: "invalid_state".into(),
                actual: Some(callback.course.state.word().into()),
            })),
            RequestWord::Take { by } => self.take_request(now, id, by),
            RequestWord::Later { at, .. } => self.put_off(now, id, at),
            RequestWord::Cancel { by, why } => self.cancel_request(now, id, (by, why)),
        }
    }

    /// Their own phone rings, then the customer's; it stands in no queue meanwhile.
    fn take_request(&mut self, now: Now, id: CallId, by: OperatorId) -> Result<(), No> {
        let callback = self
            .callbacks
            .get(id)
            .ok_or_else(|| no("unknown_request"))?;
        if self.is_on_the_line(callback) {
            return Err(no("customer_calls"));
        }
        let wanted = super::turn::wanted(callback);
        let turn = callback.turn;
        let told_why = self.config.asked_whose;
        let call = self
            .begin_out(now, wanted, Way::ByHand(by.clone()))
            .map_err(|denial| match told_why {
                true => No::Law(denial),
                false => No::Said(Rejection {
                    code: denial.code,
                    actual: denial.rule,
                }),
            })?;
        if let Some(turn) = turn {
            self.callbacks.stands_no_more(turn);
            self.give_up_out(now, turn, How::NobodyInQueue);
        }
        self.step_request(now, id, Step::Due);
        self.callbacks.stands(id, call);
        let until = now.wall + LEASE;
        self.step_request(now, id, Step::Offered { by, until, call });
        Ok(())
    }

    fn put_off(&mut self, now: Now, id: CallId, at: Wall) -> Result<(), No> {
        if at <= now.wall || at.0 - now.wall.0 > LATER_MAX_DAYS * DAY {
            return Err(no("bad_moment"));
        }
        self.leave_queue(now, id);
        self.step_request(now, id, Step::Later { at });
        Ok(())
    }

    /// Whom nobody answered is not crossed off by an operator: they are called, or an admin says why not.
    fn cancel_request(
        &mut self,
        now: Now,
        id: CallId,
        (by, why): (Actor, String),
    ) -> Result<(), No> {
        let kind = self.callbacks.get(id).map(|it| it.key.kind);
        if kind == Some(RequestKind::Missed) && !matches!(by, Actor::Admin(_)) {
            return Err(no("not_allowed"));
        }
        if why.trim().is_empty() {
            return Err(no("reason_missing"));
        }
        if why.chars().count() > self.config.note_max {
            return Err(no("note_too_long"));
        }
        let turn = self.callbacks.get(id).and_then(|it| it.turn);
        let who = match by {
            Actor::Operator(who) | Actor::Supervisor(who) => who.to_string(),
            Actor::Admin(name) | Actor::Policy(name) => name.to_string(),
        };
        self.close_request(id, RequestOutcome::CancelledBy { who }, (None, Some(why)));
        if let Some(turn) = turn {
            self.give_up_out(now, turn, How::NobodyInQueue);
        }
        Ok(())
    }

    /// The record has its end already.
    fn let_request_go(&mut self, now: Now, id: CallId) {
        self.leave_queue(now, id);
        self.timers.cancel(crate::timers::Timer::Request(id));
        self.callbacks.close(id);
    }

    /// Our call that stands for it is given up, where nobody has it in hand.
    pub(super) fn leave_queue(&mut self, now: Now, id: CallId) {
        let idle = self.callbacks.get(id).filter(|it| it.is_idle());
        if let Some(turn) = idle.and_then(|it| it.turn) {
            self.callbacks.stands_no_more(turn);
            self.give_up_out(now, turn, How::NobodyInQueue);
        }
    }

    /// Whether it is this operator's to call: of their group, everybody's, or a supervisor's of the project.
    pub(super) fn owns(&self, operator: &OperatorId, callback: &Callback) -> bool {
        self.owes(operator, &callback.key.project, callback.group.as_ref())
    }

    /// The same by the id of an open one.
    pub(crate) fn owns_request(&self, operator: &OperatorId, id: CallId) -> bool {
        let callback = self.callbacks.get(id);
        callback.is_some_and(|callback| self.owns(operator, callback))
    }

    /// Whether what this group of a project owes (None: everybody of it) is this operator's to do.
    pub fn owes(
        &self,
        operator: &OperatorId,
        project: &ProjectId,
        group: Option<&GroupId>,
    ) -> bool {
        let Some(seat) = self.seats.get(operator) else {
            return false;
        };
        if seat.profile.project != *project {
            return false;
        }
        seat.profile.role.supervises() || self.is_of(operator, group)
    }

    fn is_of(&self, operator: &OperatorId, group: Option<&GroupId>) -> bool {
        let Some(group) = group else {
            return true;
        };
        self.works_for(operator, group)
    }

    /// Those who owe it hear how far it is.
    pub(crate) fn tell_owners(&mut self, id: CallId, end: Option<&RequestOutcome>) {
        self.tell_those(id, end, DeskEvent::CallbackChanged);
    }

    /// Its time is over, or its moment has come: they hear that, once.
    pub(crate) fn tell_due(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.callbacks.get_mut(id) else {
            return;
        };
        if !callback.told_due && callback.due <= now.wall {
            callback.told_due = true;
            self.tell_those(id, None, DeskEvent::CallbackDue);
        }
    }

    fn tell_those(
        &mut self,
        id: CallId,
        end: Option<&RequestOutcome>,
        event: fn(Box<CallbackNews>) -> DeskEvent,
    ) {
        let Some(callback) = self.callbacks.get(id) else {
            return;
        };
        let news = self.news_of(callback, end);
        let seats = self.seats.iter().filter(|(_, seat)| seat.session.is_some());
        let owners = seats.filter(|(operator, _)| self.owns(operator, callback));
        let owners: Vec<OperatorId> = owners.map(|(operator, _)| operator.clone()).collect();
        for operator in owners {
            let told = event(Box::new(news.clone()));
            self.outputs.push_back(Output::Desk {
                operator,
                event: told,
            });
        }
    }
}

/// Whose word it is, where that is an operator or a supervisor.
fn speaker(word: &RequestWord) -> Option<&OperatorId> {
    match word {
        RequestWord::Take { by }
        | RequestWord::Later {
            by: Actor::Operator(by) | Actor::Supervisor(by),
            ..
        }
        | RequestWord::Cancel {
            by: Actor::Operator(by) | Actor::Supervisor(by),
            ..
        } => Some(by),
        RequestWord::Later { .. } | RequestWord::Cancel { .. } | RequestWord::Closed => None,
    }
}

fn no(code: &str) -> No {
    No::Said(Rejection {
        code: code.into(),
        actual: None,
    })
}
