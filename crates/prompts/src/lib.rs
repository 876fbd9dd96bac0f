//! What callers hear: the built-in Russian pack, hold music of our own, and the reading of other packs.
//!
//! The pack's texts, voice and licences stand in `ru/pack.toml`; [`builtin`] gives its samples,
//! [`read_wav`] those of a file in an admin's own prompt folder. All audio is 8 kHz mono.
//!
//! This crate reads no files and knows no codecs.
#![forbid(unsafe_code)]

mod music;
mod pack;
mod wav;

pub use pack::{BUILTIN, Prompt, builtin, demo, text};
pub use wav::{ReadWavError, read_wav};

/// Samples per second of every prompt.
pub const RATE: u32 = 8_000;

/// Longest prompt that is accepted. Five minutes.
pub const SAMPLES_MAX: usize = RATE as usize * 300;
