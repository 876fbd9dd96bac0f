//! What somebody was promised on a call and is owed: a call back, an ear for the message they left (behaviour 5.6). A ticket
//! begins so.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{GroupId, Name};

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
            RequestKind::Callback => CALLBACK_DUE,
            RequestKind::Voicemail => VOICEMAIL_DUE,
        };
        Self {
            group: None,
            within,
            schedule: None,
        }
    }
}
