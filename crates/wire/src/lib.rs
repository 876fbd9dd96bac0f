//! Sockets: SIP over UDP, TCP, TLS and WebSocket, RTP ports, pinned media threads.
//!
//! [`provider`] is where all of them come from; [`sip`] carries messages, [`media`] owns the RTP threads.

pub mod media;
pub mod provider;
pub mod sip;
