//! The guard against the text of the law, at the edges of hours, and against whoever tries everything.
mod dates;
mod doors;
mod hours;
mod limits;
mod refusals;
mod table;
mod world;
