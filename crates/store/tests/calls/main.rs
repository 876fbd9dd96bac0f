//! From facts to the record of a call, whatever comes twice, late or while the database is away.
mod told;

mod left_open;
mod reports;
mod rows;
mod search;
mod writer;
