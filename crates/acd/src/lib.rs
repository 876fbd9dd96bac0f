//! Waiting callers, operators and the offers between them. Pure: time and events in, actions out.
//!
//! Normative: behaviour 5.1–5.4, invariants I1–I9.
//!
//! Reading order: [`input`] and [`output`] are the contract; `operator` is the person, `call` the caller,
//! `offer` what is between them, `group` and `queue` where they stand. Then what happens: `configure`,
//! `seat` (people come and go), `breaks` (what lasts too long), `waiting` (callers come and go), `classes` and `bench` (who is kept
//! for whom), `matcher` with `strategy` (who is asked), `ringing` (the offer's life), `talking` (the talk and the wrap-up), `force`
//! (a supervisor's word), `restored` (a restart), `dialling` (calls that operators make), `kept` (who is before all others for one of them). `ledger` keeps where the time of a session goes. [`view`] and `explain` answer
//! questions, `invariants` checks the whole.
//!
//! This crate does not know what time it is, and does not know SIP, prompts or the dialplan.
#![forbid(unsafe_code)]

pub mod acd;
pub mod input;
pub mod output;
pub mod probe;
pub mod view;

mod bench;
mod breaks;
mod call;
mod caps;
mod classes;
mod closing;
mod configure;
mod dialling;
mod empty;
mod expiry;
mod explain;
mod force;
mod group;
mod guard;
mod hand;
mod invariants;
mod kept;
mod ledger;
mod lots;
mod matcher;
mod named;
mod offer;
mod operator;
mod own;
mod placing;
mod preempt;
mod progress;
mod queue;
mod reason;
mod relax;
mod restored;
mod ringing;
mod seat;
mod shelf;
mod skills;
mod standing;
mod sticky;
mod strategy;
mod talked;
mod talking;
mod tally;
mod timer;
mod waiting;

pub use acd::Acd;
pub use breaks::Limits;
#[cfg(feature = "mutants")]
pub use guard::{Guard, without};
pub use input::{Input, POINTED_MAX, Sticky};
pub use offer::LEASE_SLACK;
pub use output::{ByHand, Output, WaitEnd};
pub use probe::{Finding, Probe};
pub use restored::{BACK_WITHIN, DEVICE, Mind, Restored, WrapUpBefore};
pub use ringing::PHONE_DISTRUST;
pub use seat::DESK_GRACE;
pub use shelf::LEFT_CALLS_MAX;
pub use standing::MEASURE_EVERY;
pub use talking::EXTEND_MAX;
pub use view::{OperatorView, QueueView, WrapUpView};
