//! What the last run left open: calls, legs and offers without an end, wrap-ups under way, places in queues.
use std::time::Duration;

use gudok_model::{
    CallId, GroupId, LegId, OfferId, OperatorId, PhoneNumber, ProjectId, QueueId, RequestKind, Wall,
};
use sqlx::FromRow;

use crate::requests::RequestRow;

/// Most of each kind in one answer; ten times what lives at once in a large hotline.
pub const OPEN_MAX: u32 = 20_000;

/// Facts of calls, from the newest, in which it is looked whom a group asked last: a group that has asked nobody for so long
/// may begin anywhere.
pub const CURSOR_FACTS: u32 = 100_000;

/// All of it, in the order of the calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeftOpen {
    /// Calls without an end.
    pub calls: Vec<OpenCall>,
    /// Legs without an end.
    pub legs: Vec<LegId>,
    /// Offers without an end.
    pub offers: Vec<OpenOffer>,
    /// Talks that have ended, but not the work after them.
    pub wrap_ups: Vec<OpenOffer>,
    /// Messages without an end.
    pub messages: Vec<OpenMessage>,
    /// Callers who waited in a queue and whose number others may know.
    pub waiting: Vec<OpenWait>,
    /// What callers of calls without an end were promised, and what these calls closed by coming to a queue.
    pub promises: Vec<RequestRow>,
}

/// A call without an end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenCall {
    /// Which.
    pub call: CallId,
    /// Whether it had come to a talk.
    pub talked: bool,
    /// What was promised in it first, if anything was.
    pub promised: Option<RequestKind>,
    /// Of a call that began with us: whether whom we called answered.
    pub reached: Option<bool>,
}

#[derive(FromRow)]
pub(crate) struct OpenCallRow {
    pub(crate) call_id: String,
    talked: bool,
    promised: Option<String>,
    reached: Option<bool>,
}

impl OpenCall {
    /// None where the row is not what we wrote.
    fn of(row: OpenCallRow) -> Option<Self> {
        let kind = |kind: String| serde_json::from_value(kind.into()).ok();
        Some(Self {
            call: call_id(&row.call_id)?,
            talked: row.talked,
            promised: row.promised.and_then(kind),
            reached: row.reached,
        })
    }
}

/// A message that was being spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenMessage {
    /// In which call.
    pub call: CallId,
    /// Since when.
    pub since: Wall,
    /// Who spoke, E.164; None: nobody knows.
    pub number: Option<PhoneNumber>,
    /// Who is to listen to it; None: everybody.
    pub group: Option<GroupId>,
    /// How long after its end, at most.
    pub within: Duration,
}

#[derive(FromRow)]
pub(crate) struct OpenMessageRow {
    call_id: String,
    since: i64,
    number: Option<String>,
    owner: Option<String>,
    within_ms: i64,
}

impl OpenMessage {
    /// None where the row is not what we wrote.
    fn of(row: OpenMessageRow) -> Option<Self> {
        Some(Self {
            call: call_id(&row.call_id)?,
            since: Wall(row.since),
            number: row.number.and_then(|number| number.try_into().ok()),
            group: row.owner.map(GroupId::new),
            within: Duration::from_millis(row.within_ms.try_into().ok()?),
        })
    }
}

/// A place in a queue whose caller was cut off: who calls again from that number may have it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenWait {
    /// In which call.
    pub call: CallId,
    /// Whose number it is that they had dialled.
    pub project: ProjectId,
    /// Who waited, E.164.
    pub caller: PhoneNumber,
    /// The number they had dialled, E.164.
    pub did: PhoneNumber,
    /// The queue they were in last.
    pub queue: QueueId,
    /// With which priority they came to it, 0–9.
    pub priority: u8,
    /// When they came to their first queue.
    pub since: Wall,
}

#[derive(FromRow)]
pub(crate) struct OpenWaitRow {
    pub(crate) call_id: String,
    project: String,
    caller: String,
    did: String,
    queue: String,
    priority: i64,
    since: i64,
}

impl OpenWait {
    /// None where the row is not what we wrote.
    pub(crate) fn of(row: OpenWaitRow) -> Option<Self> {
        Some(Self {
            call: call_id(&row.call_id)?,
            project: ProjectId::new(row.project),
            caller: row.caller.try_into().ok()?,
            did: row.did.try_into().ok()?,
            queue: QueueId::new(row.queue),
            priority: row.priority.try_into().ok()?,
            since: Wall(row.since),
        })
    }
}

/// An offer, and what is to know of its talk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenOffer {
    /// Which; 0 of the call: a talk that no offer led to.
    pub offer: OfferId,
    /// To whom.
    pub operator: OperatorId,
    /// The queue the call was in last.
    pub queue: Option<QueueId>,
    /// As one of which group they were asked; None: an older run did not say.
    pub group: Option<GroupId>,
    /// Whether they talked.
    pub talks: bool,
    /// When the talk ended, where it did.
    pub ended: Option<Wall>,
    /// Whether a disposition of this operator's is on record; one that ran out in an earlier talk is none.
    pub disposed: bool,
}

#[derive(FromRow)]
pub(crate) struct OpenOfferRow {
    call_id: String,
    offer_index: i64,
    operator: Option<String>,
    queue: Option<String>,
    asked_group: Option<String>,
    talks: bool,
    ended_at: Option<i64>,
    disposed: bool,
}

impl LeftOpen {
    pub(crate) fn of(
        calls: Vec<OpenCallRow>,
        legs: Vec<(String, i64)>,
        offers: Vec<OpenOfferRow>,
        wrap_ups: Vec<OpenOfferRow>,
        messages: Vec<OpenMessageRow>,
        waiting: Vec<OpenWaitRow>,
    ) -> Self {
        let legs = legs.into_iter();
        Self {
            calls: calls.into_iter().filter_map(OpenCall::of).collect(),
            legs: legs
                .filter_map(|(id, index)| {
                    let (call, index) = (call_id(&id)?, index.try_into().ok()?);
                    Some(LegId { call, index })
                })
                .collect(),
            offers: offers.into_iter().filter_map(OpenOffer::of).collect(),
            wrap_ups: wrap_ups.into_iter().filter_map(OpenOffer::of).collect(),
            messages: messages.into_iter().filter_map(OpenMessage::of).collect(),
            waiting: waiting.into_iter().filter_map(OpenWait::of).collect(),
            promises: Vec::new(),
        }
    }
}

impl OpenOffer {
    /// None where the row is not what we wrote.
    pub(crate) fn of(row: OpenOfferRow) -> Option<Self> {
        let (call, index) = (call_id(&row.call_id)?, row.offer_index.try_into().ok()?);
        Some(Self {
            offer: OfferId { call, index },
            operator: OperatorId::new(row.operator?),
            queue: row.queue.map(QueueId::new),
            group: row.asked_group.map(GroupId::new),
            talks: row.talks,
            ended: row.ended_at.map(Wall),
            disposed: row.disposed,
        })
    }
}

fn call_id(text: &str) -> Option<CallId> {
    Some(CallId(text.parse().ok()?))
}
