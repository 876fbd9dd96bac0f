//! Requests that people make and close without a call: a form asks for one, somebody closes it by hand, or takes it.
use gudok_model::{
    Asked, CallEvent, CallId, GroupId, Name, Now, OpenRequest, OperatorId, PhoneNumber, ProjectId,
    RequestEnd, RequestKind, RequestWord,
};
use gudok_switchboard::desk::CommandResult;
use gudok_switchboard::{Input, Output};
use serde::{Deserialize, Serialize};

use super::Hotline;

/// Requests of one input: a record of the journal has a longest length.
const OWED_AT_ONCE: usize = 256;

/// Which request is closed, how and by whom.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Closing {
    /// The call by which it came.
    pub call: CallId,
    /// Its number.
    pub request: u64,
    /// How.
    pub end: RequestEnd,
    /// Who says so.
    pub by: String,
    /// What they say of it.
    pub note: Option<String>,
    /// Which it is for the switchboard; None: a message.
    #[serde(default)]
    pub key: Option<RequestKey>,
}

/// A request to call somebody, as the switchboard knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct RequestKey {
    /// Whose it is.
    pub project: ProjectId,
    /// Whom to call.
    pub number: PhoneNumber,
    /// What for.
    pub kind: RequestKind,
}

/// Who closes a request, and who owes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Whose {
    /// Who says so.
    pub operator: OperatorId,
    /// Whose it is.
    pub project: ProjectId,
    /// The group that owes it; None: everybody.
    pub group: Option<GroupId>,
}

/// What came of a wish for a call, or of a word about one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    /// It is promised: under this id.
    Promised(CallId),
    /// Done: told by the facts up to this one of the journal.
    Done(u64),
    /// A law or a rule of the plan says no: nobody was called.
    Denied {
        /// Which.
        rule: Name,
        /// Where it is written.
        place: Option<Name>,
        /// Why. Russian.
        text: String,
    },
    /// Not done, and why: `disk`, `callbacks_full`, `unknown_request` …
    Refused(Name),
}

impl Hotline {
    /// The journal first: what it does not take is open as before, on record and for whoever is to call.
    fn is_closed(&mut self, now: Now, closing: &Closing) -> bool {
        let Closing {
            call,
            request,
            end,
            by,
            note,
            key,
        } = closing.clone();
        tracing::info!(%call, request, ?end, "a request is closed by hand");
        let closed = CallEvent::RequestClosed {
            request,
            end,
            by,
            note,
        };
        if !self.paper.said(now, call, closed) {
            return false;
        }
        if let Some(key) = key {
            self.word(now, key, RequestWord::Closed);
        }
        true
    }

    /// By a word, of those who owe it (None: of an admin).
    pub(super) fn close_request_of(
        &mut self,
        now: Now,
        closing: &Closing,
        whose: Option<&Whose>,
    ) -> Told {
        let owes = |it: &Whose| {
            let group = it.group.as_ref();
            self.switchboard.owes(&it.operator, &it.project, group)
        };
        if !whose.is_none_or(owes) {
            return Told::Refused("not_allowed".into());
        }
        match self.is_closed(now, closing) {
            true => Told::Done(self.paper.last_fact().0),
            false => Told::Refused("disk".into()),
        }
    }

    /// What was promised in the runs before. Of which region a number is may have changed since.
    pub(super) fn take_up(&mut self, mut requests: Vec<OpenRequest>) {
        for open in &mut requests {
            open.region = self.trunks.numbering.region_of(&open.number);
        }
        for requests in requests.chunks(OWED_AT_ONCE) {
            let requests = requests.to_vec();
            self.tell(Input::Owed { requests });
        }
    }

    /// Somebody asks for a call by a form or a program.
    pub(super) fn ask_for_call(&mut self, now: Now, id: CallId, mut asked: Asked) -> Told {
        asked.region = self.trunks.numbering.region_of(&asked.number);
        let asked = Box::new(asked);
        match self.told_by_switchboard(now, Input::Asked { id, asked }) {
            Some(Output::Asked {
                open,
                refused: None,
                ..
            }) => Told::Promised(open),
            Some(Output::Asked {
                refused: Some(why), ..
            }) => Told::Refused(why),
            _ => Told::Refused("disk".into()),
        }
    }

    /// Somebody says something of a request.
    pub(super) fn word(&mut self, now: Now, key: RequestKey, word: RequestWord) -> Told {
        let RequestKey {
            project,
            number,
            kind,
        } = key;
        let input = Input::RequestWord {
            project,
            number,
            kind,
            word,
        };
        match self.told_by_switchboard(now, input) {
            Some(Output::RequestDone {
                result: CommandResult::Ok,
                ..
            }) => Told::Done(self.paper.last_fact().0),
            Some(Output::RequestDone {
                result: CommandResult::Error { code, .. },
                ..
            }) => Told::Refused(code),
            Some(Output::RequestDone {
                result: CommandResult::Denied { rule, place, text },
                ..
            }) => Told::Denied { rule, place, text },
            _ => Told::Refused("disk".into()),
        }
    }

    /// Somebody says that a customer wants no calls, or does again.
    pub(super) fn refusal(&mut self, now: Now, input: Input) -> Told {
        match self.told_by_switchboard(now, input) {
            Some(Output::RefusalDone {
                result: CommandResult::Ok,
            }) => Told::Done(self.paper.last_fact().0),
            Some(Output::RefusalDone {
                result: CommandResult::Error { code, .. },
            }) => Told::Refused(code),
            _ => Told::Refused("disk".into()),
        }
    }

    /// The switchboard's own answer; None where the disk does not take the question.
    fn told_by_switchboard(&mut self, now: Now, input: Input) -> Option<Output> {
        self.told_of_request = None;
        if !self.paper.decided(now, &input) {
            return None;
        }
        self.guarded(now, |switchboard| switchboard.handle_input(now, input));
        self.told_of_request.take()
    }
}
