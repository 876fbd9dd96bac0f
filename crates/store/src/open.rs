//! What the last run left open: calls, legs and offers without an end, wrap-ups under way.
use gudok_model::{CallId, LegId, OfferId, OperatorId, QueueId, Wall};
use sqlx::FromRow;

/// Most of each kind in one answer; ten times what lives at once in a large hotline.
pub const OPEN_MAX: u32 = 20_000;

/// All of it, in the order of the calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeftOpen {
    /// Calls without an end, and whether each had come to a talk.
    pub calls: Vec<(CallId, bool)>,
    /// Legs without an end.
    pub legs: Vec<LegId>,
    /// Offers without an end.
    pub offers: Vec<OpenOffer>,
    /// Talks that have ended, but not the work after them.
    pub wrap_ups: Vec<OpenOffer>,
}

/// An offer, and what is to know of its talk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenOffer {
    /// Which.
    pub offer: OfferId,
    /// To whom.
    pub operator: OperatorId,
    /// The queue the call was in last.
    pub queue: Option<QueueId>,
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
    talks: bool,
    ended_at: Option<i64>,
    disposed: bool,
}

impl LeftOpen {
    pub(crate) fn of(
        calls: Vec<(String, bool)>,
        legs: Vec<(String, i64)>,
        offers: Vec<OpenOfferRow>,
        wrap_ups: Vec<OpenOfferRow>,
    ) -> Self {
        let calls = calls.into_iter();
        let legs = legs.into_iter();
        Self {
            calls: calls
                .filter_map(|(id, talked)| Some((call_id(&id)?, talked)))
                .collect(),
            legs: legs
                .filter_map(|(id, index)| {
                    let (call, index) = (call_id(&id)?, index.try_into().ok()?);
                    Some(LegId { call, index })
                })
                .collect(),
            offers: offers.into_iter().filter_map(OpenOffer::of).collect(),
            wrap_ups: wrap_ups.into_iter().filter_map(OpenOffer::of).collect(),
        }
    }
}

impl OpenOffer {
    /// None where the row is not what we wrote.
    fn of(row: OpenOfferRow) -> Option<Self> {
        let (call, index) = (call_id(&row.call_id)?, row.offer_index.try_into().ok()?);
        Some(Self {
            offer: OfferId { call, index },
            operator: OperatorId::new(row.operator?),
            queue: row.queue.map(QueueId::new),
            talks: row.talks,
            ended: row.ended_at.map(Wall),
            disposed: row.disposed,
        })
    }
}

fn call_id(text: &str) -> Option<CallId> {
    Some(CallId(text.parse().ok()?))
}
