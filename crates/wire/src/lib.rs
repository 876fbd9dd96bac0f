//! Sockets: SIP over UDP and TCP, RTP ports, pinned media threads.

pub mod media;
