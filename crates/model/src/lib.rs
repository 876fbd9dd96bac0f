//! The words of the trade, shared by every crate: ids, time, people and numbers, how calls end,
//! and the facts that make up the record of a call.
//!
//! Reading order: [`name`] and [`id`] say what things are called, [`time`] when they happen,
//! [`number`], [`region`] and `caller` who calls whom and from where, [`client`] what we know of them, [`operator`] who
//! answers, [`role`] what they may do, [`supervision`] how they are in the talks of others, [`actor`] whose word something was, [`outcome`] how it ends, [`request`] what was promised, [`asked`] what is told of that, [`quality`] how it sounded, [`event`] what is written down of calls,
//! [`floor`] of people, [`seated`] and [`words`] what that comes to, [`shifts`] what a day of theirs was, [`alarm`] what somebody should act on at once.
//!
//! This crate does not know what time it is, and holds no behaviour beyond parsing and display.
#![forbid(unsafe_code)]

pub mod actor;
pub mod alarm;
pub mod asked;
mod caller;
pub mod cap;
pub mod client;
pub mod empty;
pub mod event;
pub mod floor;
pub mod id;
pub mod name;
pub mod number;
pub mod operator;
pub mod outcome;
pub mod quality;
pub mod queue;
pub mod refusal;
pub mod region;
pub mod request;
pub mod role;
pub mod seated;
pub mod shifts;
pub mod supervision;
pub mod time;
pub mod words;

pub use actor::{Actor, LOGIN, PHONE_ONLY, RESTART, RONA};
pub use alarm::{AlarmKind, AlarmRule, Measure};
pub use asked::{Asked, OpenRequest, RequestWord};
pub use caller::{Caller, Dialled, IdentitySource, Presentation};
pub use cap::{CALLS_PER_HOUR_MAX, CapSettings};
pub use client::{Client, ClientClass, ClientMatch, LookupError};
pub use empty::{Absence, WhenEmpty};
pub use event::{CallBasis, CallEvent, NO_DISPOSITION, Reason};
pub use floor::{FloorEvent, Kept, Shift, Tally};
pub use id::{AttemptId, CallId, LegId, OfferId, SessionId};
pub use name::{GroupId, Name, OperatorId, ProjectId, QueueId, SkillId, TrunkId};
pub use number::{DialFormat, Kind, NumberRules, Parsed, PhoneNumber};
pub use operator::{AutoAnswer, BreakRule, Forced, OperatorProfile};
pub use outcome::{EndCause, EndReason, OfferEnd, Outcome, Revoked, Side, Termination};
pub use quality::LegQuality;
pub use queue::{
    Expiry, GroupSettings, LEVEL_MAX, Needs, QueueSettings, RING_MAX, Relax, SkillSettings,
    StickyBy, StickyTo, Strategy,
};
pub use refusal::{REFUSAL_WHY_MAX, Refusal, RefusalWord};
pub use region::{Confidence, Region};
pub use request::{
    Owed, RequestAbout, RequestDetail, RequestEnd, RequestKind, RequestOutcome, RequestPlace,
    RequestSource, RequestState,
};
pub use role::Role;
pub use seated::{Floor, Seated, WritesUp};
pub use shifts::{Booked, Figure, Figures, Shifts};
pub use supervision::SupervisionMode;
pub use time::{Mono, Now, Wall};
pub use words::{AlarmStands, Alarmed, Given, QUIET_ALL_MAX, QUIET_MAX, Stands, Which};
