//! The WebSocket bridge between the hotline and the operators' desks, protocol `cti.v1`.
//!
//! [`open`] gives three things: the [`Bridge`], which the core's thread keeps to speak to the desks; the
//! [`Server`], a task that serves a listener; and a queue of [`CtiInput`], what the desks want. The content
//! of events and commands is `gudok_switchboard::desk`; the form on the wire is described for client makers
//! in `protocol.md` next to this crate.
//!
//! Inside: `protocol` reads client frames, `shape` writes server frames, `stream` keeps the ring of events,
//! `watch` does the same for supervisors, `results` makes commands happen once, `seat` and `hub` know who is connected, `server` and `connection`
//! are the sockets. [`client`] is the other end, for the demo and for tests.
//!
//! This crate decides nothing about calls and operators; it does not know passwords, SIP or SQL.
#![forbid(unsafe_code)]

mod args;
mod auth;
mod bridge;
pub mod client;
pub mod config;
mod connection;
mod directive;
mod hub;
pub mod protocol;
mod results;
mod seat;
mod server;
mod shape;
mod stream;
mod watch;

pub use args::Misfit;
pub use auth::{Authenticate, Login, Token};
pub use bridge::{Bridge, Command, CtiInput, SnapshotRequest, Stats, open};
pub use config::Config;
pub use directive::directive;
pub use protocol::{Expect, WallStream};
pub use server::{PATH, Server};
pub use shape::wall_json;
pub use watch::WallRequest;
