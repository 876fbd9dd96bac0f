//! The rows as they lie in the database, flat and plain; columns and fields have the same names and units.
use gudok_model::{CallEvent, CallId, Wall};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;

/// One fact on its way from the journal into the database.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Its number in the journal; facts are applied in this order, each once.
    pub seq: u64,
    /// When it happened.
    pub at: Wall,
    /// To which call.
    pub call: CallId,
    /// What.
    pub event: CallEvent,
}

/// One call. Times are microseconds since 1970 UTC.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0001_call.sql, 0007_session_id.sql, 0008_region.sql, 0017_survey.sql and 0030_outgoing.sql"
)]
pub struct CallRow {
    pub call_id: String,
    pub project: String,
    pub trunk: Option<String>,
    pub did_raw: Option<String>,
    pub did_e164: Option<String>,
    pub caller_raw: Option<String>,
    pub caller_e164: Option<String>,
    pub caller_kind: Option<String>,
    pub caller_presentation: Option<String>,
    pub caller_display: Option<String>,
    pub sip_call_id: Option<String>,
    pub plan: Option<String>,
    pub arrived_at: i64,
    pub answered_at: Option<i64>,
    pub queued_at: Option<i64>,
    pub bridged_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub outcome: Option<String>,
    pub outcome_flag: Option<i64>,
    pub termination_result: Option<String>,
    pub termination_reason: Option<String>,
    pub waited_ms: Option<i64>,
    pub talk_ms: i64,
    pub talking_since: Option<i64>,
    pub talking_leg: Option<i64>,
    pub operator: Option<String>,
    pub queue: Option<String>,
    pub client_id: Option<String>,
    pub client_name: Option<String>,
    pub client_match: Option<String>,
    pub disposition: Option<String>,
    pub disposition_note: Option<String>,
    pub recording_file: Option<String>,
    pub recording_ms: Option<i64>,
    pub recording_sha256: Option<String>,
    pub last_seq: i64,
    pub session_id: Option<String>,
    pub caller_region: Option<String>,
    pub caller_zone: Option<String>,
    pub caller_region_confidence: Option<String>,
    pub survey: Option<String>,
    pub surveyed_at: Option<i64>,
    pub rating: Option<i64>,
    pub rating_low: Option<i64>,
    pub solved: Option<i64>,
    pub direction: Option<String>,
}

/// One leg of a call.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0001_call.sql, 0006_said.sql and 0011_leg_session_id.sql"
)]
pub struct LegRow {
    pub call_id: String,
    pub leg_index: i64,
    pub project: String,
    pub operator: Option<String>,
    pub number: Option<String>,
    pub dialled_at: Option<i64>,
    pub ringing_at: Option<i64>,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub cause: Option<String>,
    pub held_ms: i64,
    pub held_since: Option<i64>,
    pub codec: Option<String>,
    pub packets: Option<i64>,
    pub lost: Option<i64>,
    pub jitter_us_max: Option<i64>,
    pub mos: Option<f64>,
    pub quality: Option<String>,
    pub said_sip: Option<i64>,
    pub said_q850: Option<i64>,
    pub said: Option<String>,
    pub session_id: Option<String>,
}

/// One offer of a call to an operator.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0001_call.sql and 0004_open.sql"
)]
pub struct OfferRow {
    pub call_id: String,
    pub offer_index: i64,
    pub project: String,
    pub operator: Option<String>,
    pub offered_at: Option<i64>,
    pub popped_us: Option<i64>,
    pub pop_acknowledged: Option<i64>,
    pub ended_at: Option<i64>,
    pub outcome: Option<String>,
    pub wrapped_at: Option<i64>,
}

/// One talk of an operator in a call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0026_report.sql"
)]
pub struct SegmentRow {
    pub call_id: String,
    pub segment_index: i64,
    pub project: String,
    pub operator: String,
    pub queue: Option<String>,
    pub leg_index: i64,
    pub offer_index: Option<i64>,
    pub from_at: i64,
    pub till_at: Option<i64>,
    pub talk_ms: Option<i64>,
    pub held_ms: i64,
    pub held_since: Option<i64>,
    pub wrap_up_ms: Option<i64>,
    pub wrapped_at: Option<i64>,
    pub outcome: Option<String>,
}

/// One fact as it is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns are explained in migrations/0001_call.sql"
)]
pub struct EventRow {
    pub seq: i64,
    pub call_id: String,
    pub project: String,
    pub at: i64,
    pub event: String,
    pub body: String,
}

impl EventRow {
    /// The fact itself; nothing if a newer gudok wrote a kind of fact this one does not know.
    pub fn decode(&self) -> Option<CallEvent> {
        serde_json::from_str(&self.body).ok()
    }
}
