//! Plans from text: what is wrong with them, what they decide, and that they always decide something.
mod always;
mod calendars;
mod conditions;
mod coverage;
mod difference;
mod hotline;
mod keys;
mod problems;
mod rosters;
mod support;
mod trials;
