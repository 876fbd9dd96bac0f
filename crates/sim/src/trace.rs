//! One number for a whole day: whatever went in and came out, in order.
use std::fmt::{self, Debug, Write};

use gudok_model::Mono;

/// FNV-1a (Fowler, Noll, Vo) with 64 bits over the text of the trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace(u64);

impl Trace {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in one thing that happened.
    pub(crate) fn note(&mut self, at: Mono, what: &impl Debug) {
        // The writer below cannot fail.
        let written = writeln!(self, "{} {what:?}", at.0);
        debug_assert!(written.is_ok(), "hashing does not fail");
    }

    pub(crate) fn hash(self) -> u64 {
        self.0
    }
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        Ok(())
    }
}
