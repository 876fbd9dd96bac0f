//! The built-in Russian prompt pack and hold music.
#![forbid(unsafe_code)]
