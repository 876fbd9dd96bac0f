//! HTTP: health, metrics, sessions for the desk.
#![forbid(unsafe_code)]
