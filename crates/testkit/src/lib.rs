//! What the whole-product tests are made of: the daemon as a process, foreign software around it, and ears.
//!
//! [`daemon`] starts the real binary in a folder of its own; [`carrier`] is SIPp on the trunk, [`baresip`] an
//! operator's phone, [`softphone`] the built-in one at either end, [`browser`] what makes one of them a phone in a
//! browser, [`desk`] the operator's screen, [`crm`] a client
//! directory with moods. [`record`] is what stays of a call; [`audio`] listens to what was recorded and heard, and
//! [`tones`] says which prompt is which; [`names`] is a DNS. Every port is free when asked for, every wait has an end.
#![forbid(unsafe_code)]

pub mod audio;
pub mod baresip;
pub mod browser;
pub mod carrier;
pub mod crm;
pub mod daemon;
pub mod desk;
pub mod names;
pub mod process;
pub mod record;
pub mod softphone;
pub mod tones;
