//! The rules of the queue (behaviour 5.4) that are in scope, one story each.
#[path = "../script/mod.rs"]
mod script;

mod aside;
mod changes;
mod ladder;
mod leaving;
mod order;
mod strategies;
