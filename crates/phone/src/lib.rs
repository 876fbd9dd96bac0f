//! A small real softphone: it registers with digest, dials, answers, speaks and listens, over real sockets.
//!
//! The demo shows the hotline with two of them, and the whole-product tests use it where they need the caller's own
//! ear. It is made of the same SIP machine and media worker as the daemon, seen from the other side.
//!
//! It is no product: one call at a time, no screen, no microphone.
#![forbid(unsafe_code)]

mod ear;
mod keypad;
mod line;
mod phone;

pub use keypad::tones;
pub use phone::{Answer, Event, Keys, Phone, PhoneError, Setup};
