//! What callers hear: the built-in packs (Russian and English), hold music of our own, and the reading of other packs.
//!
//! The texts, voices and licences stand in `ru/pack.toml` and `en/pack.toml`; [`PACKS`] gives their samples,
//! [`read_wav`] those of a file in an admin's own prompt folder, [`Measure`] how long and how loud they are. All audio is
//! 8 kHz mono.
//!
//! This crate reads no files and knows no codecs but the one of its own files.
#![forbid(unsafe_code)]

mod alaw;
mod manifest;
mod measure;
mod music;
mod pack;
mod progress;
mod wav;

pub use manifest::{Manifest, ReadManifestError};
pub use measure::Measure;
pub use pack::{PACKS, Pack, Prompt, composed, demo};
pub use wav::{ReadWavError, read_wav};

/// Samples per second of every prompt.
pub const RATE: u32 = 8_000;

/// Longest prompt that is accepted. Five minutes.
pub const SAMPLES_MAX: usize = RATE as usize * 300;
