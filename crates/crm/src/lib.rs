//! Client lookup in outside systems, with a deadline and a circuit breaker.
#![forbid(unsafe_code)]
