//! From the admin's text to a checked plan, and from a plan to decisions with the trace of why.
//!
//! [`load`](load::load) reads and proves; [`Plan::enter`](plan::Plan::enter) and [`Plan::step`](plan::Plan::step)
//! decide. Live, simulated, dry-run and replayed calls go through the same two functions.
//!
//! The way of a text: `text` knows places, `reader` takes TOML tables apart, `read` makes a `draft` of them, `condition`
//! compiles CEL, `link` looks every name up and lays the flows out flat, `prove` shows that each way ends well.
//! The way of a call: `step` walks the flows, `words` says why. The language is described in `dialplans/README.md`.
//!
//! This crate does not know what time it is, reads no files, and performs nothing.
#![forbid(unsafe_code)]

mod circles;
mod condition;
pub mod decision;
mod draft;
pub mod facts;
mod flow;
mod link;
pub mod load;
pub mod memory;
pub mod plan;
pub mod problem;
mod prompts;
mod prove;
mod read;
mod reader;
mod step;
mod suggest;
mod text;
pub mod typed;
mod words;

pub use decision::{
    Ack, Announce, AnswerFirst, Cursor, Decision, Keys, RecordPolicy, Step, StepEnd,
};
pub use facts::{Facts, QueueFacts};
pub use load::{Loaded, Source, load};
pub use memory::Memory;
pub use plan::{Choice, Number, Plan};
pub use problem::{Problem, Severity};
pub use prompts::in_locale;
pub use typed::Typed;
