//! What is heard: the audio part of SDP (RFC 8866) and its offers and answers (RFC 3264).
//!
//! [`description`] reads any SDP, [`local`] is our side of one session: it offers, answers, and keeps
//! what the next offer must repeat (session id, version, refused media lines, payload types). [`addresses`] judges
//! where a party may listen.
//!
//! Spoken: PCMA, PCMU, telephone-event at 8000 Hz; one audio stream over RTP/AVP. Everything else that is
//! offered is refused line by line (port 0), as RFC 3264 §6 wants it.
pub mod addresses;
pub mod description;
pub mod local;

pub use addresses::{AddressPolicy, OwnMedia, PORT_MIN, Unfit, is_link_local};
pub use description::{Description, Direction, Media, SDP_MAX, SdpError};
pub use local::{Agreed, Capabilities, Codec, Local};
