//! Plans from text: what is wrong with them, what they decide, and that they always decide something.
mod always;
mod calendars;
mod callback;
mod conditions;
mod coverage;
mod difference;
mod hotline;
mod keys;
mod large;
mod mutated;
mod params;
mod problems;
mod rosters;
mod schema;
mod subflows;
mod support;
mod trials;
