//! Virtual clock, seeded callers and operators; drives the pure crates.
#![forbid(unsafe_code)]
