//! Append-only, checksummed, segmented files with group commit.
//!
//! The journal is the truth of a running daemon: what is written here survives the process (as soon as it is
//! written) and the power (as soon as it is durable); databases and finished files are made from it afterwards.
//!
//! Reading order: [`frame`] is how a record looks on disk, [`segment`] how files are named and scanned, [`log`]
//! the single-owner writer without a thread, [`journal`] the same behind a bounded queue and a thread of its own,
//! [`reader`] the way back. `decisions/0001-journal-and-process-model.md` says why there is a journal at all.
//!
//! This crate does not know what its records mean, and does not know tokio.
#![forbid(unsafe_code)]

pub mod frame;
pub mod journal;
pub mod log;
pub mod reader;
pub mod segment;

pub use frame::{PAYLOAD_BYTES_MAX, Record, Seq};
pub use journal::{AppendError, BACKLOG_BYTES_MAX, Journal, Options};
pub use log::{Log, OpenError, TooLarge};
pub use reader::{Damage, Problem, Reader, read};
