//! Working hours, holidays, overnight windows: is it open at T and why, when does that change.
//!
//! Reading order: [`zone`] turns wall time into local time, [`window`] is one line of working hours
//! (`mon-fri 09:00-20:00`, `22:00-08:00`), [`holidays`] the production calendar, [`schedule`] puts
//! them together and answers, [`why`] says it in Russian, [`by_hand`] is what an admin sets over it for a
//! while; [`cells`] lists every moment at which an answer changes; [`roster`] says who is on duty, [`handover`] who is
//! called while whoever comes has not accepted the shift.
//!
//! This crate does not know what time it is, reads no files and no environment (the time zone
//! database is compiled in; a newer one is [handed in](zones) as bytes), and never looks further ahead than [`schedule::LOOK_AHEAD_DAYS`].
#![forbid(unsafe_code)]

pub mod by_hand;
pub mod cells;
pub mod handover;
pub mod holidays;
pub mod roster;
pub mod schedule;
pub mod why;
pub mod window;
pub mod working;
pub mod zone;
pub mod zones;

pub use by_hand::{Override, Overrides, Set};
pub use cells::Tick;
pub use handover::{Acceptance, Awaited, Handovers, Ladder, NotAccepted};
pub use holidays::{Day, DayKind, Holidays, Week};
pub use jiff::civil::{Date, Weekday};
pub use roster::{Person, Roster, Turn};
pub use schedule::{DateRule, Hours, Schedule};
pub use why::Why;
pub use window::{DAY_MINUTES, Span, Window, WindowError, minute_of_day};
pub use zone::{Local, UnknownZone, Zone, parse_date, parse_moment};
pub use zones::Zones;
