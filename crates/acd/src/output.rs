//! What the ACD asks for and tells.
use gudok_model::{
    Actor, AttemptId, CallId, GroupId, Mono, Name, OfferEnd, OfferId, OperatorId, QueueId, Reason,
    Revoked, SessionId, Shift, Tally,
};
use serde::{Deserialize, Serialize};

/// Something to do or to know.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Output {
    /// Ring this operator for this call. A lease: it ends by itself at `expires`.
    Offer {
        /// The offer.
        offer: OfferId,
        /// To whom.
        operator: OperatorId,
        /// The queue the call waits in.
        queue: QueueId,
        /// The group the operator was chosen from.
        group: GroupId,
        /// 1 for the first offer (round) of the call.
        attempt: u32,
        /// The ringing ends here.
        ring_deadline: Mono,
        /// The lease ends here, whatever happened.
        expires: Mono,
        /// Why this operator.
        reasons: Vec<Reason>,
    },
    /// This offer won: bridge the two. The call has left the queue.
    Won {
        /// The offer.
        offer: OfferId,
        /// Who talks.
        operator: OperatorId,
    },
    /// The talk of another operator goes on with this one: [`Input::Joined`](crate::Input::Joined). The offer is won
    /// without having rung.
    Joined {
        /// The offer.
        offer: OfferId,
        /// Who talks.
        operator: OperatorId,
    },
    /// The offer is over: stop the ringing. Exactly one per offer.
    OfferClosed {
        /// The offer.
        offer: OfferId,
        /// Whose.
        operator: OperatorId,
        /// How.
        end: OfferEnd,
        /// Why it was taken back, where it was and somebody said.
        revoked: Option<Revoked>,
    },
    /// The call left the queue without an operator.
    WaitEnded {
        /// Which call.
        call: CallId,
        /// Why.
        why: WaitEnd,
    },
    /// A step of the ladder of a queue has come for a caller who waits: more are asked for them from now on (Q5).
    Relaxed {
        /// Which call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// Which step, from 1; steps before it that came in the same breath are not told.
        rung: usize,
        /// How long the caller has waited since the first queue.
        waited: std::time::Duration,
    },
    /// The displayed state of an operator changed; read it with `Acd::operator`.
    StateChanged {
        /// Whose.
        operator: OperatorId,
    },
    /// What an operator wants is another, and the displayed state is not; read it with `Acd::mind`.
    MindChanged {
        /// Whose.
        operator: OperatorId,
    },
    /// The wrap-up is over.
    WrapUpEnded {
        /// Whose.
        operator: OperatorId,
        /// Of which call.
        call: CallId,
        /// How long it took.
        took: std::time::Duration,
        /// Whether a disposition was given.
        disposed: bool,
    },
    /// Whom to call is looked at no more, and was not called.
    PreviewEnded {
        /// Whose.
        operator: OperatorId,
        /// Which attempt.
        attempt: AttemptId,
        /// The time was over; else the operator did not want to.
        timed_out: bool,
    },
    /// A session began.
    SatDown {
        /// Whose.
        operator: OperatorId,
        /// Which.
        session: SessionId,
    },
    /// What the operator has done since they sat down is more now.
    Counted {
        /// Whose.
        operator: OperatorId,
        /// All of it.
        tally: Tally,
    },
    /// A session is over.
    Left {
        /// Whose.
        operator: OperatorId,
        /// What there was in it.
        shift: Shift,
    },
    /// Something lasts longer than it may. Told once, nothing is ended by it.
    TooLong {
        /// Whose it is.
        operator: OperatorId,
        /// `break_too_long`, `hold_too_long`.
        what: Name,
        /// English, for the log.
        detail: String,
    },
    /// Another session took the seat, or the operator left the config: close this one.
    SessionReplaced {
        /// Whose.
        operator: OperatorId,
        /// The old one.
        session: SessionId,
    },
    /// Something was changed by hand.
    ByHand {
        /// What.
        what: ByHand,
        /// By whom.
        actor: Actor,
    },
    /// The last input did not fit the state; nothing changed.
    Rejected {
        /// Why: `invalid_state`, `unknown_operator`, `unknown_offer`, `unknown_call`, `already_queued`,
        /// `not_logged_in`, `stale_session`, `endpoint_down`, `extend_limit`, `not_allowed`, `break_quota`, `unknown_group`, `operator_busy`, `operator_away`.
        code: Name,
        /// The displayed state that was met.
        actual: Option<Name>,
    },
    /// Someone should look.
    Alarm {
        /// `queue_without_operators`, `offer_expired`, `offers_exhausted`.
        what: Name,
        /// English, for the log.
        detail: String,
    },
}

/// What somebody changed by hand.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ByHand {
    /// A group is asked at once for those who wait, or again only when its step comes.
    Reserve {
        /// Which.
        group: GroupId,
        /// Raised, or lowered.
        on: bool,
    },
    /// An operator works for other groups until the next plan.
    Regroup {
        /// Who.
        operator: OperatorId,
        /// All of them.
        groups: Vec<GroupId>,
    },
    /// A caller has another priority.
    Reprioritise {
        /// Which call.
        call: CallId,
        /// The effective one it had.
        from: u8,
        /// The one it has.
        to: u8,
    },
    /// A caller is offered to one operator next.
    Assign {
        /// Which call.
        call: CallId,
        /// To whom.
        operator: OperatorId,
    },
}

/// Why a call left the queue without an operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum WaitEnd {
    /// Waited too long.
    TimedOut,
    /// Nobody of the group is logged in.
    NoOperators,
    /// The queue was full.
    Full,
    /// The queue is not in the plan any more.
    Removed,
    /// The queue is closed, and lets nobody wait meanwhile.
    Closed,
}
