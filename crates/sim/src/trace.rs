//! One number for a whole day: whatever went in and came out, in order.
use std::fmt::{self, Debug, Write};

use gudok_model::{CallId, Mono};

/// FNV-1a (Fowler, Noll, Vo) with 64 bits over the trace, eight bytes at a time. The text of all that is said would cost more
/// than what the machines do, so most steps are taken in by their moment and their calls, and the text of those that are looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace(u64);

impl Trace {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Takes in one thing that happened.
    pub(crate) fn note(&mut self, at: Mono, what: &impl Debug) {
        self.mix(at.0);
        // The writer below cannot fail.
        let written = write!(self, "{what:?}");
        debug_assert!(written.is_ok(), "hashing does not fail");
    }

    /// Takes in that something was said then, of this call.
    pub(crate) fn mark(&mut self, at: Mono, call: Option<CallId>) {
        self.mix(at.0);
        let (high, low) = call.map_or((0, 0), |call| call.0.as_u64_pair());
        self.mix(high);
        self.mix(low);
    }

    pub(crate) fn hash(self) -> u64 {
        self.0
    }

    fn mix(&mut self, word: u64) {
        // The rotation brings the high bits, which the product alone leaves behind, down to the low ones.
        self.0 = (self.0 ^ word)
            .wrapping_mul(0x0000_0100_0000_01b3)
            .rotate_left(29);
    }
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (words, rest) = text.as_bytes().as_chunks();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.mix(u64::from(*byte));
        }
        Ok(())
    }
}
