//! What the ACD shows of itself: answers to questions, never handles.
use std::time::Duration;

use gudok_model::{CallId, Name, OfferId, OperatorId, SessionId, Wall};

/// One operator as everybody sees them (behaviour 5.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorView {
    /// Who.
    pub operator: OperatorId,
    /// Grows by one with each `StateChanged`; a desk's command names the version it saw.
    pub version: u64,
    /// `logged_out`, `reserved`, `ringing`, `talking`, `hold`, `wrap_up`, `device_down`, `not_ready`, `ready`:
    /// the first that is true.
    pub display: Name,
    /// Reason of `not_ready`: `login`, `rona`, or what the operator said.
    pub reason: Option<Name>,
    /// What is taken up when the present work ends: `ready`, `logged_out` or a not-ready reason.
    pub next: Option<Name>,
    /// Whether the operator sits at a desk (or works by phone alone).
    pub logged_in: bool,
    /// The present session.
    pub session: Option<SessionId>,
    /// Whether phone and desk are there; the desk is not asked for from those who work by phone alone.
    pub endpoint_up: bool,
    /// The one predicate: a call may be offered now.
    pub routable: bool,
    /// The call in hand: offered, talked with or written up.
    pub call: Option<CallId>,
    /// The offer in hand, while it rings or the talk lasts.
    pub offer: Option<OfferId>,
    /// Calls missed in a row.
    pub misses: u32,
    /// In the displayed state since.
    pub since: Wall,
    /// End of the ringing or of the wrap-up.
    pub deadline: Option<Wall>,
}

/// One queue at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueView {
    /// Callers in the queue, those who are being offered included.
    pub waiting: u32,
    /// Operators of the group who are logged in, whatever they do.
    pub logged_in: u32,
    /// Operators of the group who could take a call at once.
    pub ready: u32,
    /// How long the caller who waits longest has waited since the first queue.
    pub longest_wait: Duration,
}
