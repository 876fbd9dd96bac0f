//! A small real softphone: registers, dials, answers, speaks and listens.
#![forbid(unsafe_code)]
