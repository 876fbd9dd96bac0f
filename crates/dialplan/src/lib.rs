//! From the admin's text to a checked plan, and from a plan to decisions with the trace of why.
//!
//! [`load`](load::load) reads and proves; [`Plan::enter`](plan::Plan::enter) and [`Plan::step`](plan::Plan::step)
//! decide. Live, simulated, dry-run and replayed calls go through the same two functions.
//!
//! The way of a text: `text` knows places, `reader` takes TOML tables apart, `read` makes a `draft` of them, `condition`
//! compiles CEL, `link` looks every name up and lays the flows out flat, `prove` shows that each way ends well.
//! Before a plan comes into force, [`accept`](accept::accept) runs the tests beside it (`trial`) and proves that no hour of
//! the next year is left unanswered ([`coverage`]; `timeline` knows what conditions come to over time). [`difference`] tells what a
//! version does otherwise than another; [`shadow`] runs one beside the other on the calls that come.
//! What may stand where is said once, in `shape`: the reader goes by it, and the [`schema`] for editors is made of it;
//! [`print`](mod@print) writes a draft back as one document.
//! The way of a call: `step` walks the flows, [`pressing`] takes the caller's keys, [`mod@survey`] asks after the talk, `words` says
//! why. The language is described in `dialplans/README.md`.
//!
//! This crate does not know what time it is, reads no files, and performs nothing.
#![forbid(unsafe_code)]

pub mod accept;
mod callers;
pub mod chart;
mod circles;
mod condition;
pub mod coverage;
pub mod decision;
pub mod difference;
mod draft;
pub mod edges;
pub mod facts;
mod flow;
pub mod handover;
pub mod hours;
mod leading;
mod line;
mod link;
pub mod load;
pub mod memory;
pub mod plan;
pub mod pressing;
pub mod print;
pub mod problem;
mod promise;
mod prompts;
mod prove;
mod read;
mod reader;
mod round;
pub mod schema;
pub mod shadow;
mod shape;
mod spell;
pub mod state;
mod step;
mod suggest;
pub mod survey;
mod text;
mod timeline;
mod trial;
pub mod typed;
mod words;

pub use accept::{Accepted, accept, accept_strictly};
pub use chart::Chart;
pub use coverage::{Coverage, Horizon};
pub use decision::{
    Ack, Announce, AnswerFirst, Cursor, Decision, Hint, Hit, Keys, RecordConsultations,
    RecordPolicy, Step, StepEnd, WaitKeys,
};
pub use difference::Difference;
pub use edges::Retry;
pub use facts::{Facts, QueueFacts};
pub use gudok_speech::is_piece;
pub use handover::{AwaitedShift, NoShift};
pub use hours::{AtClose, QueueHours};
pub use load::{Loaded, Source, load};
pub use memory::Memory;
pub use plan::{BreakReason, Choice, Number, Plan};
pub use problem::{Mistakes, Problem, Severity};
pub use promise::CALLBACK_PROMISED;
pub use prompts::{in_locale, named};
pub use survey::{Survey, Surveying};
pub use trial::Directory;
pub use typed::{KEYS_MAX, KeySet, Typed};
