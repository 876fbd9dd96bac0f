//! The people who answer, as the admin set them up.
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Name, OperatorId, ProjectId, Role};

/// How the operator's phone is told to answer by itself.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AutoAnswer {
    /// The operator picks up.
    #[default]
    Off,
    /// `Call-Info: <sip:…>;answer-after=0` (Polycom, Grandstream, Snom, Yealink …).
    CallInfo,
    /// `Alert-Info: <…>;info=alert-autoanswer;delay=0`.
    AlertInfo,
    /// `Answer-Mode: Auto` (RFC 5373).
    AnswerMode,
    /// All three: phones ignore what they do not know.
    All,
    /// As the make of the phone wants it: [`OperatorProfile::phone`], or what it names itself.
    ByPhone,
}

/// One operator's setting.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OperatorProfile {
    /// Login at the phone (SIP user) and at the desk.
    pub id: OperatorId,
    /// As shown to colleagues.
    pub name: String,
    /// Whose operator this is.
    pub project: ProjectId,
    /// How the phone is told to answer by itself.
    pub auto_answer: AutoAnswer,
    /// Whether the operator may work without a desk: the phone alone makes the endpoint.
    pub phone_only: bool,
    /// Make of the phone, by a name of `gudok_sip::phones`: `yealink`. None: what it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Name>,
    /// What they may do beyond their own work.
    #[serde(default, skip_serializing_if = "Role::is_operator")]
    pub role: Role,
}

/// What binds a break for one of the plan's reasons (behaviour 5.2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BreakRule {
    /// The reason: `LUNCH`.
    pub code: Name,
    /// Longer than this somebody is told; the break goes on. None: it may last.
    pub max: Option<Duration>,
    /// So many of each of the operator's groups must stay on the line, or the break is refused. 0: nobody.
    pub keep_ready: u32,
}

/// What a supervisor makes of an operator (behaviour 5.2, `force`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Forced {
    /// Ready; while busy, after the present work.
    Ready,
    /// Not ready; while busy, after the present work. No quota of breaks is asked.
    NotReady {
        /// Why.
        reason: Name,
    },
    /// Off the seat; while busy, after the present work.
    LoggedOut,
    /// The work after a talk is over, now.
    WrapUpOver,
}
