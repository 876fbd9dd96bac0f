//! What lives now, for `/status` and the supervisor's wall. Values, never handles.
use gudok_model::Name;
use gudok_model::{
    CallId, LegId, Mono, OfferId, OperatorId, PhoneNumber, ProjectId, QueueId, Wall,
};
use serde::{Deserialize, Serialize};

use crate::call::{Call, Phase};
use crate::desk::OperatorState;
use crate::legs::millis;
use crate::switchboard::Switchboard;

/// One call that lives.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LiveCall {
    /// Which.
    pub call: CallId,
    /// Whose number it is.
    pub project: ProjectId,
    /// The number's label.
    pub label: String,
    /// The caller's number, where the network brought one. Not masked.
    pub caller: Option<PhoneNumber>,
    /// `answering`, `prompt`, `lookup`, `queue`, `ringing`, `dialling`, `talk`, `hold`, `outside_ringing`, `outside_talk`,
    /// `message`, `survey`, `closing`, `parked`, `aside` (the caller is gone, the operator talks on with whoever they asked), `ended`.
    pub state: Name,
    /// The queue, while waiting.
    pub queue: Option<QueueId>,
    /// Its priority there, 0–9, while waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// Who talks or is offered the call.
    pub operators: Vec<OperatorId>,
    /// When the INVITE came.
    pub arrived: Wall,
    /// Waited since the first queue. Milliseconds; 0 before it.
    pub waited_ms: u64,
    /// Generation of the dialplan that rules it.
    pub plan: Name,
    /// Legs that are not over.
    pub legs: Vec<LegId>,
    /// Offers that are not closed.
    pub offers: Vec<OfferId>,
}

/// One operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LiveOperator {
    /// Who.
    pub operator: OperatorId,
    /// As shown.
    pub name: String,
    /// The displayed state.
    pub state: OperatorState,
}

impl Switchboard {
    /// Every call in memory at `now`, in order of arrival.
    pub fn live(&self, now: Mono) -> Vec<LiveCall> {
        self.calls.values().map(|call| live(call, now)).collect()
    }

    /// Every operator, by name of login.
    pub fn operators(&self) -> Vec<LiveOperator> {
        let operators = self.seats.iter().filter_map(|(id, seat)| {
            Some(LiveOperator {
                operator: id.clone(),
                name: seat.profile.name.clone(),
                state: self.state(id)?,
            })
        });
        operators.collect()
    }

    /// The key by which whoever answered outside takes the call, while they are asked.
    pub fn key_that_takes(&self, leg: LegId) -> Option<char> {
        match &self.calls.get(&leg.call)?.phase {
            Phase::Acknowledging(asked) if asked.leg == leg => Some(asked.ack.take),
            _ => None,
        }
    }

    /// Whether a call waits in a queue.
    pub fn is_waiting(&self, call: CallId) -> bool {
        let phase = self.calls.get(&call).map(|call| &call.phase);
        matches!(phase, Some(Phase::Waiting(_)))
    }

    /// Whether a call seeks a customer who has not answered yet: wherever it stands, no caller waits with it.
    pub fn is_promise(&self, call: CallId) -> bool {
        let call = self.calls.get(&call);
        call.is_some_and(Call::seeks_customer)
    }

    /// Whose number a living call dialled.
    pub fn project(&self, call: CallId) -> Option<&ProjectId> {
        self.calls.get(&call).map(|call| &call.number.project)
    }

    /// Calls in memory: those that live and those whose last legs or wrap-ups are awaited.
    pub fn calls_alive(&self) -> usize {
        self.calls.len()
    }

    /// Calls of operators among themselves.
    pub fn intercoms_alive(&self) -> usize {
        self.intercoms.len()
    }

    /// Why each operator of the group is not offered a waiting call now, Russian, in the group's order.
    /// Empty for a call that waits in no queue.
    pub fn why_waiting(&self, call: CallId) -> Vec<(OperatorId, gudok_model::Reason)> {
        self.acd.explain(call)
    }

    /// Whether new calls are refused because the daemon is being taken out of service.
    pub fn is_draining(&self) -> bool {
        self.draining
    }

    /// The number outside that is on duty for a group, where one was set.
    pub fn duty_number(&self, group: &gudok_model::GroupId) -> Option<&PhoneNumber> {
        self.duty.get(group)
    }
}

fn live(call: &Call, now: Mono) -> LiveCall {
    let talking = call.in_hand().map(|talk| &talk.operator);
    let offered = call.offers.values().map(|offer| &offer.operator);
    LiveCall {
        call: call.id,
        project: call.number.project.clone(),
        label: call.number.label.clone(),
        caller: call.caller.e164().cloned(),
        state: state(call).into(),
        queue: match &call.phase {
            Phase::Waiting(wait) => Some(wait.queue.clone()),
            _ => call.aside.as_ref().map(|aside| aside.queue.clone()),
        },
        priority: match &call.phase {
            Phase::Waiting(wait) => Some(wait.priority),
            _ => None,
        },
        operators: talking.into_iter().chain(offered).cloned().collect(),
        arrived: call.arrived.wall,
        waited_ms: millis(call.waited(now)),
        plan: call.plan.generation().clone(),
        legs: call
            .legs
            .keys()
            .map(|index| LegId {
                call: call.id,
                index: *index,
            })
            .collect(),
        offers: call.offers.keys().copied().collect(),
    }
}

/// What a call does, in a word.
pub(crate) fn state(call: &Call) -> &'static str {
    match &call.phase {
        Phase::Listening(_) if call.after_talk.is_some() => "survey",
        Phase::Deciding | Phase::Answering(_) => "answering",
        Phase::Playing { .. } | Phase::Listening(_) => "prompt",
        Phase::LookingUp => "lookup",
        Phase::Waiting(_) if call.offers.is_empty() => "queue",
        Phase::Waiting(_) => "ringing",
        Phase::Dialling(_) => "dialling",
        Phase::Talking(talk) if talk.hold.is_on() => "hold",
        Phase::Talking(_) => "talk",
        Phase::CallingOut { .. } | Phase::Acknowledging(_) => "outside_ringing",
        Phase::Apart(_) => "aside",
        Phase::Parked(_) => "parked",
        Phase::TalkingOut { .. } => "outside_talk",
        Phase::Message { .. } => "message",
        Phase::Closing { .. } => "closing",
        Phase::Ending => "ended",
    }
}
