//! Calls that begin with us: an operator rings a client (click-to-call), or a queue does by whoever is free (callbacks).
//!
//! One call as any other: leg 0 is the customer's, so recording, hold, transfers, consultations and conferences are those of any
//! talk. The operator's phone comes first, and its answer is their consent; then the rules are asked a second time, and the
//! customer is rung ([why](../../outbound/decisions/0002-how-an-operator-calls-a-client.md)).
//!
//! `begin` asks the rules and makes the call, `reach` leads it from the operator's phone to the talk, `progress` is what is heard
//! meanwhile, `over` is its ends, `desk`
//! the words by which a desk asks for it.
use std::time::Duration;

use gudok_model::{
    AttemptId, CallId, Name, OperatorId, PhoneNumber, QueueId, Region, Termination, Wall,
};
use gudok_outbound::{Basis, Home, Purpose};

use crate::call::{Call, Phase, Talk};

mod begin;
mod desk;
mod over;
mod progress;
mod reach;

pub(crate) use over::{How, OutEnd};
pub use progress::CallTones;
pub(crate) use progress::{Progress, VAIN_TONE_MAX};

/// How long the phone of a customer rings.
pub(crate) const CUSTOMER_RING: Duration = Duration::from_secs(45);
/// The longest work after an attempt that reached nobody.
pub(crate) const VAIN_WRAP_UP: Duration = Duration::from_secs(10);
/// How long an operator may look at whom to call.
pub(crate) const LOOK_MAX: Duration = Duration::from_secs(60);

/// What somebody wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(crate) number: PhoneNumber,
    /// What the number tells of its place.
    pub(crate) region: Option<Region>,
    pub(crate) purpose: Purpose,
    pub(crate) basis: Option<Basis>,
    /// The number to show; None: the first that fits.
    pub(crate) cli: Option<PhoneNumber>,
    /// The request it keeps.
    pub(crate) request: Option<CallId>,
    /// Where their card says that they live, as far as it is known by then.
    pub(crate) home: Home,
}

/// By whom the customer is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// By this operator, whose own phone rings.
    ByHand(OperatorId),
    /// By whoever is offered the call when its turn in a queue comes.
    Queued(Turn),
}

/// A place in a queue for a call without a caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Turn {
    pub(crate) queue: QueueId,
    pub(crate) priority: u8,
    /// Since when it counts as waiting.
    pub(crate) since: gudok_model::Mono,
    pub(crate) deadline: gudok_model::Mono,
}

/// Why no call began.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Denial {
    /// `outbound_denied`, or a state that does not fit.
    pub(crate) code: Name,
    /// The rule that is not kept.
    pub(crate) rule: Option<Name>,
    /// Where it is written.
    pub(crate) place: Option<Name>,
    /// Russian.
    pub(crate) text: Option<String>,
}

/// What makes a call one of ours.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Out {
    pub(crate) wanted: Wanted,
    /// The attempt that its operator has in hand, where no offer led to it.
    pub(crate) attempt: AttemptId,
    /// Which attempt began it.
    pub(crate) began_as: AttemptId,
    /// The work after the talk.
    pub(crate) wrap_up: Duration,
    /// How long a hold may last before it is told as too long, as in the queue it counts to.
    pub(crate) hold_max: Option<Duration>,
    /// The operator's phone was answered.
    pub(crate) consented: bool,
    /// The customer answered.
    pub(crate) reached: bool,
    /// What came of it was told.
    pub(crate) told: bool,
}

/// On the way to the talk.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Dialling {
    /// As it will be.
    pub(crate) talk: Talk,
    pub(crate) stage: Stage,
}

/// Who is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    /// The operator's own phone rings.
    Operator,
    /// The customer's phone is rung.
    Customer(Progress),
    /// The customer answered and hears the recording notice; None: it may not have been heard.
    Notice { play: u32, notice: Option<Name> },
    /// Nobody was reached, and the operator hears so; the record says why.
    Vain { play: u32, end: Termination },
}

impl Dialling {
    /// Nobody was reached, and all that is left is to hear so.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Vain { .. })
    }
}

impl Talk {
    /// Whether the operator began it, and no offer led to it.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.offer.index == 0
    }
}

impl Call {
    /// Whether it began with us.
    pub(crate) fn is_out(&self) -> bool {
        self.out.is_some()
    }

    /// Whether it began with us, and nobody has answered yet whom it is for.
    pub(crate) fn seeks_customer(&self) -> bool {
        self.out.as_ref().is_some_and(|out| !out.reached)
    }

    /// The operator for whom somebody is rung.
    pub(crate) fn dialling(&self) -> Option<&Dialling> {
        match &self.phase {
            Phase::Dialling(dialling) => Some(dialling),
            _ => None,
        }
    }
}

impl Denial {
    /// The state does not fit.
    pub(crate) fn of(code: &str) -> Self {
        Self {
            code: code.into(),
            rule: None,
            place: None,
            text: None,
        }
    }

    /// A rule is not kept.
    pub(crate) fn by_rule(rule: Name, place: Name, text: String) -> Self {
        Self {
            code: "outbound_denied".into(),
            rule: Some(rule),
            place: Some(place).filter(|place| !place.is_empty()),
            text: Some(text),
        }
    }
}

/// Ids of what the machine begins by itself: by the time and a count, so that a replay makes the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outs {
    made: u64,
    /// Who looks at whom to call.
    pub(crate) looks: std::collections::BTreeMap<OperatorId, Look>,
}

/// Whom somebody looks at, to call them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) attempt: AttemptId,
    pub(crate) number: PhoneNumber,
    pub(crate) purpose: Purpose,
    pub(crate) basis: Option<Basis>,
    /// Why they are not called, as the operator says.
    pub(crate) reason: Option<Name>,
}

impl Outs {
    pub(crate) fn call(&mut self, now: Wall) -> CallId {
        self.made += 1;
        CallId::of_ours(now, self.made)
    }

    pub(crate) fn attempt(&mut self, now: Wall) -> AttemptId {
        AttemptId(self.call(now).0)
    }
}

/// As the record has it.
pub(crate) fn denied() -> Termination {
    Termination::caller_error("outbound-denied")
}
