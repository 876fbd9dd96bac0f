//! What is told about requests to call somebody: by a form, by people, by the run before.
use serde::{Deserialize, Serialize};

use crate::{
    Actor, CallId, GroupId, Name, Needs, PhoneNumber, ProjectId, Region, RequestAbout, RequestKind,
    RequestPlace, RequestSource, RequestState, Wall,
};

/// Somebody asks for a call, and not by calling.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Whose matter it is.
    pub project: ProjectId,
    /// Whom to call.
    pub number: PhoneNumber,
    /// Of which region the number is, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// By what they ask.
    pub source: RequestSource,
    /// By when. None: within [`CALLBACK_DUE`](crate::request::CALLBACK_DUE), of now or of `not_before`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Wall>,
    /// Nobody is called before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Wall>,
    /// Who is to call. None: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Our number to which it belongs. None: the first of the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<PhoneNumber>,
    /// What they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What proves that they asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Name>,
}

/// What people say of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "snake_case")]
pub enum RequestWord {
    /// They call now: their phone rings, then the customer's.
    Take {
        /// Who.
        by: crate::OperatorId,
    },
    /// Not before that moment.
    Later {
        /// Whose word it is.
        by: Actor,
        /// Then.
        at: Wall,
    },
    /// It is not needed.
    Cancel {
        /// Whose word it is.
        by: Actor,
        /// Why.
        why: String,
    },
    /// It is on record already that somebody closed it.
    Closed,
}

/// A request that was open when the run before ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenRequest {
    /// Its id: the call by which it came first, or one of its own.
    pub id: CallId,
    /// Whose matter it is.
    pub project: ProjectId,
    /// Whom to call.
    pub number: PhoneNumber,
    /// What for; a message to be heard is none of these.
    pub kind: RequestKind,
    /// Of which region the number is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Who is to call. None: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// Our number to which it belongs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<PhoneNumber>,
    /// When it was asked for first.
    pub created: Wall,
    /// When whoever is to be called has asked for it themself last. None: they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished: Option<Wall>,
    /// By when.
    pub due: Wall,
    /// The place in a queue that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<RequestPlace>,
    /// What whoever calls has to know, besides what the queue asks.
    #[serde(default, skip_serializing_if = "Needs::is_empty")]
    pub needs: Needs,
    /// What whoever asked says of it.
    #[serde(default, skip_serializing_if = "RequestAbout::is_plain")]
    pub about: RequestAbout,
    /// How far it was. One that was in somebody's hand was cut.
    pub state: RequestState,
    /// How often the customer was called.
    #[serde(default)]
    pub attempts: u8,
    /// The last lease.
    #[serde(default)]
    pub epoch: u32,
}
