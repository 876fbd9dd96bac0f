//! Waiting callers, operators and the offers between them. Pure: time and events in, actions out.
//!
//! Normative: behaviour 5.1–5.4, invariants I1–I9.
//!
//! This crate does not know what time it is, and does not know SIP, prompts or the dialplan.
#![forbid(unsafe_code)]

pub mod acd;
pub mod input;
pub mod output;
pub mod view;

pub use acd::Acd;
pub use input::Input;
pub use output::{Output, WaitEnd};
pub use view::{OperatorView, QueueView};
