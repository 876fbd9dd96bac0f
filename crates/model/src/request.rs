//! What somebody was promised on a call and is owed: a call back, an ear for the message they left (behaviour 5.6). A ticket
//! begins so.
//!
//! A request is one of a project, a number and a kind; it is named by the call by which it came first, or by an id of its own where
//! no call brought it.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{CallId, GroupId, Name, Needs, OperatorId, PhoneNumber, ProjectId, QueueId, Wall};

/// A call back is due so long after it was promised, unless the plan says otherwise (behaviour 5.6). 20 min.
pub const CALLBACK_DUE: Duration = Duration::from_secs(20 * 60);
/// A message is to be listened to so long after it was left, unless the plan says otherwise: one of the evening is heard by
/// who comes in the morning. 24 h.
pub const VOICEMAIL_DUE: Duration = Duration::from_secs(24 * 3_600);

/// What for. Of a purpose that has a number to call there is one open request per number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To call a number back: one open per number.
    Callback,
    /// To listen to a message: one each.
    Voicemail,
    /// To call somebody who was not answered: one open per number, closed by a talk with it alone.
    Missed,
}

/// Where a request came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestSource {
    /// A call.
    #[default]
    Call,
    /// A form of a site.
    Web,
    /// Another program, or the command line.
    Api,
}

/// A place in a queue that is kept for who hung up on a promise (virtual hold).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestPlace {
    /// Of which queue.
    pub queue: QueueId,
    /// 0–9.
    pub priority: u8,
    /// Since when they wait (Q1).
    pub since: Wall,
}

/// What a request has beside number, owner and time; most have nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestDetail {
    /// Where it came from.
    pub source: RequestSource,
    /// Whose it is, where no call says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// Our number that it belongs to, where no call says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<PhoneNumber>,
    /// Nobody is called before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Wall>,
    /// The place in the queue that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<RequestPlace>,
    /// What was written with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What proves that they asked: the number of a form, of a contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Name>,
    /// What whoever calls has to know for them, besides what the queue asks.
    #[serde(skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// Whoever is to be called has not asked for it themself: it is another's number that was pressed for, a promise that nobody
    /// pressed for, or somebody of ours has written it down.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unasked: bool,
}

impl RequestDetail {
    /// Whether there is nothing to say.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// What whoever asked for a call says of it, for whoever calls.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestAbout {
    /// Where it came from.
    pub source: RequestSource,
    /// What was written with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What proves that they asked: the number of a form, of a contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<Name>,
}

impl RequestAbout {
    /// Whether there is nothing to say.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// They ask again: what they write now holds, and what proved the first asking proves it still.
    pub fn join(&mut self, again: Self) {
        self.note = again.note.or(self.note.take());
        self.basis = self.basis.take().or(again.basis);
    }
}

/// How far a request to call somebody is (behaviour 5.6). The one that was told last holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RequestState {
    /// It waits for an operator.
    Requested,
    /// Nobody is called before.
    Scheduled {
        /// Then.
        at: Wall,
    },
    /// An operator is rung for it, and nobody else is meanwhile.
    Leased {
        /// Who.
        by: OperatorId,
        /// Counts the leases of this request; each dials the customer once at most.
        epoch: u32,
        /// It is looked at then at the latest.
        until: Wall,
        /// Our call out.
        call: CallId,
    },
    /// The customer is rung.
    Dialing {
        /// For whom.
        by: OperatorId,
        /// By which lease.
        epoch: u32,
        /// Our call out.
        call: CallId,
    },
    /// The customer has answered.
    Connected {
        /// Who called.
        by: OperatorId,
        /// Our call out.
        call: CallId,
    },
    /// The customer was not reached, and is called again.
    RetryWait {
        /// How often they were called by now.
        attempts: u8,
        /// When.
        at: Wall,
        /// `no_answer`, `busy`, `declined`, `not_found`, `unreachable`, `cut`, `failed`.
        why: Name,
    },
    /// They were called as often as may be: people decide. Stays owed.
    Exhausted {
        /// How often.
        attempts: u8,
    },
    /// A rule forbids the call now. Stays owed.
    BlockedByLaw {
        /// Which.
        rule: Name,
        /// It is asked again then.
        until: Wall,
    },
    /// Nothing calls by itself: people do.
    ByHand,
}

impl RequestState {
    /// As it is written on the wire and in the database.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Scheduled { .. } => "scheduled",
            Self::Leased { .. } => "leased",
            Self::Dialing { .. } => "dialing",
            Self::Connected { .. } => "connected",
            Self::RetryWait { .. } => "retry_wait",
            Self::Exhausted { .. } => "exhausted",
            Self::BlockedByLaw { .. } => "blocked_by_law",
            Self::ByHand => "by_hand",
        }
    }

    /// For people, without its moment. Russian.
    pub fn told(&self) -> String {
        match self {
            Self::Requested => "ждёт оператора".to_owned(),
            Self::Scheduled { .. } => "отложена".to_owned(),
            Self::Leased { by, .. } => format!("у оператора {by}, звонит его телефон"),
            Self::Dialing { by, .. } => format!("{by} звонит клиенту"),
            Self::Connected { by, .. } => format!("{by} говорит с клиентом"),
            Self::RetryWait { attempts, why, .. } => {
                format!("дозвона нет ({why}), попытка {attempts}, повторим")
            }
            Self::Exhausted { attempts } => format!("попытки кончились ({attempts}), звонят люди"),
            Self::BlockedByLaw { rule, .. } => format!("звонить нельзя ({rule})"),
            Self::ByHand => "сама не звонит, звонят люди".to_owned(),
        }
    }

    /// The moment it names: when it goes on.
    pub fn at(&self) -> Option<Wall> {
        match self {
            Self::Scheduled { at } | Self::RetryWait { at, .. } => Some(*at),
            Self::Leased { until, .. } | Self::BlockedByLaw { until, .. } => Some(*until),
            Self::Requested
            | Self::Dialing { .. }
            | Self::Connected { .. }
            | Self::Exhausted { .. }
            | Self::ByHand => None,
        }
    }
}

/// How a request to call somebody ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum RequestOutcome {
    /// There was a talk.
    Done,
    /// They called themselves, and have the place of their request.
    CancelledByCustomer,
    /// Somebody of ours says that it is not needed.
    CancelledBy {
        /// Who: an operator's id, an admin's name.
        who: String,
    },
    /// They want no calls.
    Dnc,
}

/// How a request was closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestEnd {
    /// Somebody did what was promised.
    Done,
    /// It is not needed any more.
    Cancelled,
}

/// Who owes an answer, and within what time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Owed {
    /// Whose it is; None: everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// From the promise.
    pub within: Duration,
    /// The schedule in whose open hours the time counts; None: it counts by day and by night.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Name>,
}

impl Owed {
    /// Everybody's, within the usual time of its kind.
    pub fn usual(kind: RequestKind) -> Self {
        let within = match kind {
            RequestKind::Callback | RequestKind::Missed => CALLBACK_DUE,
            RequestKind::Voicemail => VOICEMAIL_DUE,
        };
        Self {
            group: None,
            within,
            schedule: None,
        }
    }
}

impl RequestOutcome {
    /// As it is written on the wire and in the database.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::CancelledByCustomer => "cancelled_by_customer",
            Self::CancelledBy { .. } => "cancelled_by",
            Self::Dnc => "dnc",
        }
    }

    /// For people. Russian.
    pub fn told(&self) -> String {
        match self {
            Self::Done => "выполнена".to_owned(),
            Self::CancelledByCustomer => "клиент позвонил сам".to_owned(),
            Self::CancelledBy { who } => format!("отменена ({who})"),
            Self::Dnc => "отменена: просили не звонить".to_owned(),
        }
    }
}
