//! The bridge over real loopback sockets. The test plays the core; nothing sleeps.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
mod hostile;
mod rig;
mod seats;
mod streams;
mod walls;
