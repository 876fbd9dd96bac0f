//! What people ask about the operators' parts of calls.
use std::time::Duration;

use gudok_model::{CallId, OperatorId, ProjectId, Wall};
use serde::Serialize;
use sqlx::FromRow;

use crate::report::Asked;
use crate::row::SegmentRow;
use crate::sql;
use crate::store::{QueryError, Store};

/// A call lasts no longer: a talk of a moment is looked for among those that came so long before it.
const CALL_LONGEST: Duration = Duration::from_secs(4 * 3_600);

/// Most operators of one report.
pub const OPERATORS_MAX: u32 = 10_000;

/// What one operator had of a span's calls.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct OperatorLine {
    /// Who.
    pub operator: String,
    /// Talks, those left out in which nobody was heard and the call was offered to others.
    pub talks: i64,
    /// Of them in calls that they, or we, made.
    pub dialled: i64,
    /// Calls they were in.
    pub calls: i64,
    /// Talks that go on.
    pub open: i64,
    /// Talks they passed on to somebody.
    pub passed_on: i64,
    /// Talked, hold left out. Milliseconds, here and below.
    pub talk_ms: i64,
    /// Held.
    pub held_ms: i64,
    /// Worked after talks.
    pub wrap_up_ms: i64,
    /// Offers they declined.
    pub rejected: i64,
    /// Offers that rang in vain.
    pub missed: i64,
}

/// By operator, and whether every answered call has a talk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorReport {
    /// In the order of their ids.
    pub rows: Vec<OperatorLine>,
    /// Calls whose outcome is that they were answered.
    pub answered: i64,
    /// Of them with a talk on record. A gudok before segments wrote none.
    pub talked: i64,
}

impl OperatorReport {
    /// Every answered call has somebody who answered it.
    pub fn adds_up(&self) -> bool {
        self.answered == self.talked
    }
}

impl Store {
    /// Who began to talk with callers since that moment, and when: the newest `most`, the latest at the end. Of calls that arrived
    /// more than four hours before it none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn talks_since(
        &self,
        since: Wall,
        most: u32,
    ) -> Result<Vec<(OperatorId, Wall)>, QueryError> {
        let longest = CALL_LONGEST.as_micros().try_into().unwrap_or(i64::MAX);
        let rows: Vec<(String, i64)> = sqlx::query_as(sql::TALKS_SINCE)
            .bind(since.0.saturating_sub(longest))
            .bind(since.0)
            .bind(most)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("tell who talked lately"))?;
        let talks = rows.into_iter();
        Ok(talks
            .map(|(who, at)| (OperatorId::new(who), Wall(at)))
            .collect())
    }

    /// The talks of a call, in their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn segments(&self, call: CallId) -> Result<Vec<SegmentRow>, QueryError> {
        let rows = sqlx::query_as(sql::CALL_SEGMENTS)
            .bind(call.to_string())
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list the talks of a call"))
    }

    /// Who talked how long in the calls that arrived in a span. The terms of service levels say nothing here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn report_by_operator(
        &self,
        asked: &Asked<'_>,
    ) -> Result<OperatorReport, QueryError> {
        let failed = QueryError::because("count the talks of a span");
        let project = asked.project.map(ProjectId::as_str);
        let mut moment = self.readers.begin().await.map_err(&failed)?;
        let rows = sqlx::query_as(sql::TALKS_BY_OPERATOR)
            .bind(asked.from.0)
            .bind(asked.to.0)
            .bind(project)
            .bind(OPERATORS_MAX)
            .fetch_all(&mut *moment)
            .await;
        let sums = sqlx::query_as(sql::ANSWERED_AND_TALKED)
            .bind(asked.from.0)
            .bind(asked.to.0)
            .bind(project)
            .fetch_one(&mut *moment)
            .await;
        let (answered, talked) = sums.map_err(&failed)?;
        Ok(OperatorReport {
            rows: rows.map_err(&failed)?,
            answered,
            talked,
        })
    }
}
