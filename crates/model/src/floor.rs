//! The facts of the floor, in order: who sits where, what they are shown as and whose word it was. Journaled beside the facts of
//! calls; what an operator did in a shift is the fold of these.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Actor, CallBasis, CallId, Forced, GroupId, Name, OperatorId, PhoneNumber, ProjectId, QueueId,
    SessionId, Wall,
};

/// One fact of the floor. Past tense.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "floor", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FloorEvent {
    /// Somebody took a seat: a session begins.
    SatDown {
        /// Who.
        operator: OperatorId,
        /// The session.
        session: SessionId,
    },
    /// The displayed state is another (behaviour 5.1).
    State {
        /// Whose.
        operator: OperatorId,
        /// Grows by one with each.
        version: u64,
        /// `ready`, `talking` …
        display: Name,
        /// Of `not_ready`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Name>,
        /// What is taken up when the present work ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Name>,
        /// In this state since.
        since: Wall,
        /// The call in hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<CallId>,
        /// Whose word made them ready, not ready or logged out last.
        actor: Actor,
        /// The call in hand is one that they dialled, or had from whoever did: no offer led to it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dialled: bool,
        /// What is true of them behind what is shown, where it is not as it was told last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<Box<Kept>>,
    },
    /// What is true of somebody behind what is shown is another, and what is shown is not: they have no phone, or a colleague on it.
    Kept {
        /// Of whom.
        operator: OperatorId,
        /// All of it.
        kept: Box<Kept>,
    },
    /// After a restart a session goes on.
    Restored {
        /// Whose.
        operator: OperatorId,
        /// What there was in it so far; the time without us is booked as `device_down`.
        shift: Shift,
    },
    /// The work after a talk has an end: when it begins, and with each extension.
    WrapUpSet {
        /// Whose.
        operator: OperatorId,
        /// Of which call.
        call: CallId,
        /// When it began.
        since: Wall,
        /// When it ends. Absolute, so that a restart changes nothing of it.
        until: Wall,
        /// Added by the operator so far. Microseconds.
        extended_us: u64,
        /// In how many steps.
        extensions: u32,
    },
    /// What the operator has done since they sat down.
    Counted {
        /// Whose.
        operator: OperatorId,
        /// All of it.
        tally: Tally,
    },
    /// A supervisor's word was done.
    Forced {
        /// About whom.
        operator: OperatorId,
        /// What they are to be.
        to: Forced,
        /// Whose word it is.
        actor: Actor,
    },
    /// By hand a group is asked at once for those who wait, or again only when its step of a ladder comes.
    Reserved {
        /// Which group.
        group: GroupId,
        /// Raised, or lowered.
        on: bool,
        /// Whose word it is.
        actor: Actor,
    },
    /// By hand an operator works for these groups and no others, until the next plan.
    Regrouped {
        /// Who.
        operator: OperatorId,
        /// All of them.
        groups: Vec<GroupId>,
        /// Whose word it is: their own goes for the session.
        actor: Actor,
        /// The generation of the plan until whose end it goes. None: an earlier version did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Name>,
    },
    /// Another plan: an operator whom a supervisor gave other groups works for those of the plan again.
    GroupsAsPlanned {
        /// Who.
        operator: OperatorId,
    },
    /// By hand something was said to those who wait in a queue.
    AnnouncedTo {
        /// Which queue.
        queue: QueueId,
        /// What, by the names of prompts.
        prompts: Vec<Name>,
        /// How many callers it was said to.
        heard: u32,
        /// Whose word it is.
        actor: Actor,
    },
    /// An alarm came on.
    AlarmOn {
        /// `service_level`, `trunk_down` …
        what: Name,
        /// The queue, the trunk, the operator or the group; empty: of all there is.
        subject: Name,
        /// The one project it is of. None: of what all share, or an earlier version did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        /// What it came on by: percent, seconds or a number.
        level: u64,
    },
    /// An alarm went off.
    AlarmOff {
        /// Which.
        what: Name,
        /// Of whom.
        subject: Name,
        /// The one project it is of. None: of what all share, or an earlier version did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
    },
    /// Nobody wants to hear of an alarm for a while.
    AlarmQuiet {
        /// Which.
        what: Name,
        /// Of whom.
        subject: Name,
        /// The one project it is of. None: of what all share, or of each.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        /// Until when. None: they do again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Wall>,
        /// Whose word it is.
        actor: Actor,
    },
    /// Whom an operator looked at, to call them, was not called (behaviour 5.2).
    Skipped {
        /// Who looked.
        operator: OperatorId,
        /// At whom.
        number: PhoneNumber,
        /// `service`, `debt`, `advertising`, `survey`.
        purpose: Name,
        /// On which ground they would have been called, and of which request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        basis: Option<CallBasis>,
        /// Why not, in the operator's words. None: they did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Name>,
        /// Nobody decided: the time was over.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        timed_out: bool,
    },
    /// The seat was given up, or taken over: the session is over.
    Left {
        /// Who.
        operator: OperatorId,
        /// What there was in it.
        shift: Shift,
    },
}

/// What of an operator is not displayed and outlives a crash.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Why they take no calls; None: they take calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ready: Option<Name>,
    /// Whose word is what is taken up when the present work ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_by: Option<Actor>,
    /// The clock of `longest_idle`.
    pub idle_since: Wall,
    /// Calls missed in a row.
    #[serde(default)]
    pub misses: u32,
    /// End of the pause after a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_until: Option<Wall>,
    /// When the break is too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_long_at: Option<Wall>,
}

/// What somebody did in one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Talks with callers that are over.
    pub calls: u32,
    /// Talks with people whom the operator called.
    #[serde(default)]
    pub dialled: u32,
    /// How long all those were. Microseconds.
    pub talk_us: u64,
    /// Of that, in talks with people whom the operator called. Microseconds; an earlier version did not say.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub dialled_us: u64,
    /// Calls that rang in vain.
    pub misses: u32,
    /// Calls declined.
    pub rejects: u32,
    /// Extensions of the work after a talk.
    pub extensions: u32,
}

impl Tally {
    /// How long the talks with callers were, and with those whom a queue called: what strategies and limits go by. Microseconds.
    pub fn queue_talk_us(&self) -> u64 {
        self.talk_us.saturating_sub(self.dialled_us)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One session that is over, or as it stands. The states sum up to its length (I5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shift {
    /// Which.
    pub session: SessionId,
    /// Microseconds.
    pub length_us: u64,
    /// How long each state was displayed. Microseconds.
    pub states_us: BTreeMap<Name, u64>,
    /// What was done.
    pub tally: Tally,
}

impl FloorEvent {
    /// Whose it is; of what concerns a group, a queue or the whole hotline, nobody's.
    pub fn operator(&self) -> Option<&OperatorId> {
        match self {
            Self::SatDown { operator, .. }
            | Self::State { operator, .. }
            | Self::Kept { operator, .. }
            | Self::Restored { operator, .. }
            | Self::WrapUpSet { operator, .. }
            | Self::Counted { operator, .. }
            | Self::Forced { operator, .. }
            | Self::Regrouped { operator, .. }
            | Self::GroupsAsPlanned { operator }
            | Self::Skipped { operator, .. }
            | Self::Left { operator, .. } => Some(operator),
            Self::Reserved { .. }
            | Self::AnnouncedTo { .. }
            | Self::AlarmOn { .. }
            | Self::AlarmOff { .. }
            | Self::AlarmQuiet { .. } => None,
        }
    }

    /// The call it is about, where it names one.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Self::State { call, .. } => *call,
            Self::WrapUpSet { call, .. } => Some(*call),
            Self::SatDown { .. }
            | Self::Kept { .. }
            | Self::Restored { .. }
            | Self::Counted { .. }
            | Self::Forced { .. }
            | Self::Reserved { .. }
            | Self::Regrouped { .. }
            | Self::GroupsAsPlanned { .. }
            | Self::Skipped { .. }
            | Self::AnnouncedTo { .. }
            | Self::AlarmOn { .. }
            | Self::AlarmOff { .. }
            | Self::AlarmQuiet { .. }
            | Self::Left { .. } => None,
        }
    }
}
