//! The machine: inputs and time in, outputs out.
use std::collections::VecDeque;

use gudok_model::{CallId, Mono, Now, OperatorId, QueueId, Reason};

use crate::{Input, OperatorView, Output, QueueView};

/// All queues and all operators of the hotline. One owner, no locks; see the crate's page for the rules.
///
/// After each `handle_*` call, take outputs with [`poll_output`](Self::poll_output) until there are none,
/// then sleep until [`poll_timeout`](Self::poll_timeout).
#[derive(Clone, Debug, Default)]
pub struct Acd {
    outputs: VecDeque<Output>,
}

impl Acd {
    /// No groups, no queues, no operators; they come as inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in one event. One that does not fit the state yields `Output::Rejected` and changes nothing.
    pub fn handle_input(&mut self, _now: Now, _input: Input) {}

    /// Fires every timer that is due at `now`. Calling it early or twice does no harm.
    pub fn handle_timeout(&mut self, _now: Now) {}

    /// The next thing to do, oldest first.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called. None: nothing is due ever.
    pub fn poll_timeout(&self) -> Option<Mono> {
        None
    }

    /// One operator, or `None` if the config has no such person.
    pub fn operator(&self, _id: &OperatorId) -> Option<OperatorView> {
        None
    }

    /// One queue at `now`, or `None` if the dialplan has no such queue.
    pub fn queue(&self, _id: &QueueId, _now: Mono) -> Option<QueueView> {
        None
    }

    /// The caller's place in the queue from 1, those who are being offered included. None: not in a queue.
    pub fn position(&self, _call: CallId) -> Option<u32> {
        None
    }

    /// Why each member of the call's group is not offered it now, Russian, in the group's order.
    pub fn explain(&self, _call: CallId) -> Vec<(OperatorId, Reason)> {
        Vec::new()
    }

    /// Says which of the invariants I1–I7, I9 does not hold, if any.
    ///
    /// # Errors
    /// The first broken one, in English.
    pub fn check_invariants(&self) -> Result<(), String> {
        Ok(())
    }
}
