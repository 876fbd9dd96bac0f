//! Calls out: may this number be called now, for this purpose, from which of our numbers; and if not, by which rule.
//!
//! Reading order: [`purpose`] is what one calls for and on which ground; [`law`] a dated rule of it, [`prefixes`] where
//! calls may go and what a minute costs, [`register`] the numbers we may show (41-ФЗ), [`limits`] how much of it,
//! [`refusals`] who wants no calls;
//! [`rules`] is all of that as the admin wrote it. [`counters`] counts what was called, [`hours`] knows what time it is
//! where the phone rings, by the number and by the card of the client ([`home`]), and [`guard`] decides: [`decide`] for a call, [`examine`] for whoever wants each rule told.
//!
//! Nothing is allowed that is not written: a number without a prefix, a number to show that is in no register, a zone
//! that nobody knows are refusals. Where several answers are possible (a mobile number of no known region, a year without
//! a calendar) the narrowest counts.
//!
//! This crate does not know what time it is, reads no files, and dials nothing.
#![forbid(unsafe_code)]

pub mod counters;
pub mod guard;
pub mod home;
pub mod hours;
pub mod law;
pub mod limits;
pub mod prefixes;
pub mod purpose;
pub mod refusals;
pub mod register;
pub mod rules;

pub use counters::{Attempt, Contacts, Counters, Input, Load, Output, Past, Usage};
pub use guard::{Check, DNC, Decision, Facts, PREFIX, Standing, clocks, decide, examine};
pub use home::Home;
pub use hours::{Clock, Source};
pub use law::{ContactLimits, Demand, Law};
pub use limits::{Kopecks, Limits};
pub use prefixes::{Prefix, Prefixes, Terms};
pub use purpose::{Basis, Door, Ground, Purpose};
pub use refusals::{Noted, REFUSALS_MAX, Refusals};
pub use register::{Cli, LABEL_MAX, LabelFault};
pub use rules::{Places, Rules};
