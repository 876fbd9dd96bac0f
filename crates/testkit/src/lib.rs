//! What the whole-product tests are made of: the daemon as a process, foreign software around it, and ears.
//!
//! [`daemon`] starts the real binary in a folder of its own; [`carrier`] is SIPp on the trunk, [`behaviour`] a peer that
//! does what a script says, [`outside`] one that writes its own messages, [`baresip`] and [`linphone`] operators' phones, [`softphone`] the built-in one at either end,
//! [`browser`] what makes one of them a phone in a browser, [`desk`] the operator's screen, [`crm`] a client directory with
//! moods. [`proxy`] is Kamailio on the way, [`names`] a DNS. [`record`] is what stays of a call; [`audio`] listens to what was
//! recorded and heard, and [`tones`] says which prompt is which. Every port is free when asked for, every wait has an end.
#![forbid(unsafe_code)]

pub mod audio;
pub mod baresip;
pub mod behaviour;
pub mod browser;
pub mod carrier;
pub mod crm;
pub mod daemon;
pub mod desk;
pub mod linphone;
pub mod names;
pub mod outside;
pub mod process;
pub mod proxy;
pub mod record;
pub mod softphone;
pub mod tones;
