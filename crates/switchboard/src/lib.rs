//! One machine for the whole hotline. It composes the dialplan and the ACD, and speaks of calls, legs,
//! prompts and operators, never of SIP headers or packets.
//!
//! [`Switchboard`] takes [`Input`]s with the time they happened at and gives [`Output`]s to perform. The life
//! of a call reads along the files: `admission` lets it in, `lookup` and `search` ask who calls, `flow` does what the plan
//! says, `announce` speaks to who waits, `offer` brings it to an operator, `talk` to its end and the work after it, `outside` (through the one `door`) and `message` are
//! the two ways around an operator, `outgoing` the calls that begin with us, `keys` takes what the caller presses, `consult` and `transfer` from one to the next, `apart` to the end of a word aside whose caller is gone, `supervision` is of supervisors in the talks of others (`heard` says who hears whom), `ending` writes the last word, and `missed` that nobody answered. `callback` keeps who is to be called, and calls them. `legs` tells each of them what happened to
//! their leg, `floor` what the ACD said; `restored` seats who sat before a restart, `resume` takes up the work that it interrupted; `seat`, `command` and `hand` are the operators' desks, `handover` those who have accepted their shifts;
//! `intercom` is of operators among themselves; [`wall`] is what supervisors see, [`alarms`] what they are called for.
//!
//! This crate does not know what time it is, and does not know SIP, RTP, WebSocket or SQL.
#![forbid(unsafe_code)]

pub mod alarms;
pub mod answers;
pub mod asked_aside;
pub mod config;
pub mod desk;
pub mod dial_out;
mod door;
pub mod in_hand;
pub mod input;
pub mod live;
pub mod measured;
pub mod output;
pub mod supervise;
pub mod switchboard;
pub mod wall;

mod admission;
mod after_talk;
mod alarmed;
mod announce;
mod announced;
mod apart;
mod aside;
mod aside_recorded;
mod call;
mod callback;
mod card;
mod check;
mod check_human;
mod command;
mod conference;
mod consult;
mod cost;
mod course;
mod ending;
mod expected;
mod floor;
mod floor_facts;
mod flow;
mod force;
mod hand;
mod handover;
mod heard;
mod hidden;
mod hours;
mod intercom;
mod keys;
mod legs;
mod lookup;
mod members;
mod message;
mod missed;
mod named;
mod offer;
mod outgoing;
mod outside;
mod owing;
mod park;
mod playback;
mod pointed;
mod press;
mod queue_of;
mod refusing;
mod restored;
mod resume;
mod resumed_place;
mod role;
mod search;
mod seat;
mod sticky;
mod supervised;
mod supervision;
mod talk;
mod timers;
mod transfer;
mod waits;
mod watched;
mod whose;
mod words;

pub use after_talk::ASKED_MAX;
pub use alarmed::QUIET_LONGEST;
pub use announce::ANNOUNCE_AFTER;
pub use callback::{CALLBACKS_MAX, CALLBACKS_SHOWN, LATER_MAX_DAYS, NO_PREFIX};
pub use config::Config;
pub use cost::{
    AtLimit, Billed, Budget, COST_EVERY, LineCost, LineSpent, Spent, SpentBefore, money, periods,
};
pub use gudok_acd::{Finding, Probe};
pub use hidden::{BLOCKED_MAX, Blocked, HIDDEN_MAX};
pub use input::{DigitForm, Input};
pub use intercom::{IN_VAIN_MAX, INTERCOM_REST, INTERCOMS_MAX};
pub use live::{LiveCall, LiveOperator};
pub use message::MESSAGE_MIN;
pub use outgoing::CallTones;
pub use output::Output;
pub use park::PARKED_MAX;
pub use playback::PLAYBACK_LATE;
pub use press::{
    AttackMode, COUNTED_MAX, KNOWN_FOR, KNOWN_MAX, Limit, MISSES_MAX, MISSES_WITHIN, PressBefore,
    PressLimits, QUIET_AFTER, WhenNoDigits,
};
pub use queue_of::queue_of;
pub use restored::PLACE_AFTER_CUT;
pub use supervise::{ANNOUNCED_MAX, Directive, REGROUPED_MAX, Speaker, ToSpeaker};
pub use supervision::SUPERVISORS_MAX;
pub use switchboard::Switchboard;
pub use watched::WATCHED_MAX;
