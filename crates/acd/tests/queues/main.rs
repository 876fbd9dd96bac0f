//! The rules of the queue (behaviour 5.4) that are in scope, one story each.
#[path = "../script/mod.rs"]
mod script;

mod aside;
mod asterisk;
mod caps;
mod changes;
mod closed;
mod drawn;
mod empty;
mod hand;
mod ladder;
mod leaving;
mod measured;
mod needs;
mod order;
mod skills;
mod sticky;
mod strategies;
mod urgent;
