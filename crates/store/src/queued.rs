//! What came to the queues: what `gudok capacity` learns from.
use gudok_model::{QueueId, Wall};
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most calls of one answer: a shift of a big hotline has some thousands.
pub const QUEUED_MAX: u32 = 200_000;

/// One caller who came to one of the queues that were asked about, and is gone by now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromRow)]
pub struct QueuedCall {
    /// When they came to the first of these queues. Microseconds since 1970.
    pub queued_at: i64,
    /// Until an answer, another queue, something else that the plan decided for them (a voicemail, a call outside, closing
    /// words) or the end; what they heard between two times in these queues counts. Milliseconds.
    pub waited_ms: i64,
    /// An operator of these queues answered.
    pub answered: bool,
    /// They gave up in one of these queues; who hung up in what the plan led them to afterwards did not.
    pub abandoned: bool,
    /// What was talked. Milliseconds.
    pub talk_ms: i64,
    /// From the dialling of the phone that answered to its answer. Milliseconds.
    pub pick_up_ms: Option<i64>,
    /// The work after the talk. Milliseconds.
    pub wrap_up_ms: Option<i64>,
}

impl Store {
    /// Callers who came to one of these queues from `from` on and before `to`, in that order, each once. At most
    /// [`QUEUED_MAX`], the first ones.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queued(
        &self,
        from: Wall,
        to: Wall,
        queues: &[QueueId],
    ) -> Result<Vec<QueuedCall>, QueryError> {
        let names: Vec<&str> = queues.iter().map(QueueId::as_str).collect();
        let failed = QueryError::because("list what came to the queues");
        sqlx::query_as(sql::QUEUED)
            .bind(from.0)
            .bind(to.0)
            .bind(serde_json::to_string(&names).unwrap_or_default())
            .bind(QUEUED_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(failed)
    }
}
