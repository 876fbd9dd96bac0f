//! RTP without sockets: legs, bridges, rooms, playback, statistics, G.711, DTMF, and the tap for the recorder.
//!
//! [`Engine`] is one worker's machine; the driver around it owns sockets and the clock. [`control`] is what the call
//! side says and hears, [`tap`] what the recorder reads.
//!
//! Invariants of absence: no socket, clock, thread, file, environment or hash map; no randomness but the seed that
//! is passed in; no allocation, lock or log per packet (`tests/allocations.rs` counts).
#![forbid(unsafe_code)]

pub mod bank;
pub mod control;
pub mod dtmf;
pub mod emodel;
pub mod engine;
pub mod g711;
pub mod goertzel;
mod jitter;
mod leg;
pub mod outgoing;
mod play;
pub mod reception;
pub mod room;
pub mod rtcp;
pub mod rtp;
pub mod source;
pub mod tap;
pub mod tones;

pub use bank::Bank;
pub use engine::{Engine, Kind, Transmit};
