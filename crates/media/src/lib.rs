//! RTP without sockets: legs, bridges, playback, statistics, G.711, DTMF, and the tap for the recorder.
//!
//! This crate does not know what time it is, opens no sockets and allocates nothing per packet.

pub mod control;
pub mod tap;
