//! How things end: calls, legs and offers. Exactly one of each.
use serde::{Deserialize, Serialize};

/// The outcome of a call, exactly one (behaviour Q14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Talked to an operator.
    Answered,
    /// Left before the queue.
    AbandonedIvr,
    /// Left while waiting.
    AbandonedQueue {
        /// Within 5 s of entering the queue.
        short: bool,
    },
    /// A promise to call back was made.
    CallbackRequested,
    /// Left a message.
    Voicemail,
    /// Sent to an external number.
    OverflowedExternal {
        /// Whether somebody answered there.
        answered: bool,
    },
    /// Heard the closing message to its end, or left during it.
    ClosedMsg,
    /// Refused as unwanted.
    RejectedSpam,
    /// We failed the caller; the termination says how.
    Failed,
    /// We called them: such a call is of no figure of those who call us.
    Out {
        /// Whether they answered.
        reached: bool,
    },
}

/// Whose doing an end was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Everything went as it should.
    Success,
    /// The caller or the caller's network.
    CallerError,
    /// The trunk or the operator's phone.
    UpstreamError,
    /// Us.
    ServerError,
    /// Cannot be attributed.
    Unknown,
}

/// What the machine says ended it: a stable slug such as `no-common-codec`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Termination {
    /// Whose doing.
    pub result: Side,
    /// Short, stable, lowercase, with hyphens.
    pub reason: crate::Name,
}

impl Termination {
    /// A normal end.
    pub fn success(reason: &str) -> Self {
        Self {
            result: Side::Success,
            reason: reason.into(),
        }
    }

    /// The caller's side failed.
    pub fn caller_error(reason: &str) -> Self {
        Self {
            result: Side::CallerError,
            reason: reason.into(),
        }
    }

    /// The trunk's or phone's side failed.
    pub fn upstream_error(reason: &str) -> Self {
        Self {
            result: Side::UpstreamError,
            reason: reason.into(),
        }
    }

    /// We failed.
    pub fn server_error(reason: &str) -> Self {
        Self {
            result: Side::ServerError,
            reason: reason.into(),
        }
    }
}

/// Why a leg ended, in the words of the switchboard (SIP codes are translated by the driver).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// The party hung up an answered leg (BYE), or gave up an unanswered one (CANCEL).
    HungUp,
    /// We hung up.
    ByUs,
    /// 486, 600.
    Busy,
    /// 603, 403, 488 from a phone: a person or a policy said no.
    Declined,
    /// 480, 408 after ringing, 487.
    NoAnswer,
    /// 404, 410, 484, 604.
    NotFound,
    /// 5xx, 408 without ringing, transport error.
    Unreachable,
    /// SDP offers nothing we speak.
    NoCommonCodec,
    /// It names a media address that it may not have: ours, a group, loopback from elsewhere.
    MediaAddress,
    /// Refused by a limit or a rule of ours.
    Refused,
    /// No RTP and no RTCP for the time set.
    MediaTimeout,
    /// The session timer ran out (RFC 4028), or no ACK came.
    SessionTimeout,
    /// A bug of ours; the call was ended, the daemon lives.
    Panic,
    /// The daemon was cut; written at the next start.
    Cut,
}

/// What whoever ended a leg said of it (Reason, RFC 3326). Theirs to say, and ours to show: nothing is decided by it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct EndReason {
    /// A status of SIP, 100–699: 200 with a CANCEL says that somebody else answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sip: Option<u16>,
    /// A cause of Q.850, 1–127: 16 is a call that was hung up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q850: Option<u8>,
    /// Words: at most 64 characters on one line, without anybody's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Why an offer was taken back (behaviour 5.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// The call goes on elsewhere: its wait is over, its plan moved it, or the caller answers questions.
    Requeue,
    /// The operator can take no call any more.
    State,
    /// We went down.
    Shutdown,
    /// An emergency took the operator whose phone only rang.
    Preempted,
}

/// Why an offer ended (behaviour 5.3), exactly one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// Accepted, bridged, and the talk is over.
    BridgedEnded,
    /// The operator said no.
    Rejected,
    /// Rang out.
    NoAnswer,
    /// The phone failed; not the operator's miss.
    DeviceError,
    /// Another operator was first.
    Lost,
    /// The caller left.
    CallerGone,
    /// Taken back: requeue, operator state, shutdown.
    Revoked,
    /// The lease ran out.
    Expired,
}
