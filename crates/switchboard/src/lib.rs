//! One machine for the whole hotline. It composes the dialplan, the calendar and the ACD, and speaks of
//! calls, legs, prompts and operators, never of SIP headers or packets.
//!
//! This crate does not know what time it is, and does not know SIP, RTP, WebSocket or SQL.
#![forbid(unsafe_code)]

pub mod desk;
pub mod input;
pub mod output;

pub use input::Input;
pub use output::Output;
