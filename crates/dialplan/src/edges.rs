//! The edges of a queue: what holds where callers come to it and leave it. Of operators and order it says nothing.
use std::time::Duration;

/// The edges of one queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edges {
    /// Who hung up while waiting, and calls the same number again within this, has the old place. Zero: nobody.
    pub(crate) resume_window: Duration,
}

impl Default for Edges {
    /// As behaviour Q1 has it.
    fn default() -> Self {
        Self {
            resume_window: Duration::from_secs(120),
        }
    }
}
