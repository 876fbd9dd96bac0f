//! SIP without sockets, clocks or tasks: to SIP what a sans-IO stack is to any protocol.
//!
//! Bytes and the time come in, bytes and events go out; usable, fuzzed and simulated alone.
//! Reading order: [`message`] what is said, [`frame`], [`parse`] and [`print`](mod@print) how it is written,
//! [`uri`], [`identity`] who calls whom, [`digest`] who may, [`sdp`] what is heard,
//! [`transaction`] what is repeated, [`dialog`] who talks, [`endpoint`] the machine that owns it all.
//!
//! This crate does not know what time it is, does not know sockets, and does not know queues.
#![forbid(unsafe_code)]

pub mod address;
pub mod charset;
mod class;
pub mod dialog;
pub mod digest;
pub mod endpoint;
pub mod entropy;
pub mod frame;
pub mod identity;
pub mod message;
pub mod multipart;
pub mod names;
mod nonce;
pub mod params;
pub mod parse;
pub mod phones;
pub mod print;
pub mod privacy;
pub mod reason;
pub mod refer;
pub mod registrar;
pub mod registration;
pub mod sdp;
pub mod session_id;
pub mod shield;
mod text;
pub mod transaction;
pub mod trunk;
pub mod uri;
#[cfg(test)]
mod work;

pub use message::{Headers, Message, Method, Request, Response};
