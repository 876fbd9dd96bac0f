//! The endpoint as its peers and its application see it: bytes and commands in, bytes and events out,
//! on a virtual clock.
#![cfg(test)]

mod bench;
mod changes;
mod early;
mod flows;
mod foreign;
mod guesses;
mod hostile;
mod incoming;
mod interleavings;
mod makes;
mod outgoing;
mod phone;
mod probes;
mod registrations;
mod reliable;
mod simulation;
mod strangers;
mod timers;
mod transfers;
