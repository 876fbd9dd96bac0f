//! What was said on a call over SIP: kept within bounds and without secrets, drawn as a ladder, exported.
//!
//! Reading order: [`mod@peek`] tells what a message is without parsing it, [`mask`] takes out what nobody may keep,
//! [`message`] is a message as it lies in the journal, [`keeper`] knows whose it is and how much of a call is kept;
//! [`ladder`] draws, [`pcap`] and [`hep`] write what other tools read. [`graph`] draws steps and the ways between them, of what
//! a call might have gone through.
//!
//! This crate does not know what time it is, does not know files and sockets, and decides nothing about a call.
#![forbid(unsafe_code)]

pub mod graph;
pub mod hep;
pub mod keeper;
pub mod ladder;
pub mod mask;
pub mod message;
pub mod pcap;
pub mod peek;
mod svg;

pub use keeper::{Keeper, Sums};
pub use message::{Kept, MESSAGE_BYTES_MAX, Seen};
pub use peek::{Peek, Start, Verb, peek};
