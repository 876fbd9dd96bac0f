//! WebSocket bridge to the operators: cti.v1.
#![forbid(unsafe_code)]
