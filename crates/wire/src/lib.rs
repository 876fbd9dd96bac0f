//! Sockets: SIP over UDP, TCP and TLS, RTP ports, pinned media threads.
//!
//! [`provider`] is where all of them come from; [`sip`] carries messages, [`media`] owns the RTP threads.

pub mod media;
pub mod provider;
pub mod sip;
