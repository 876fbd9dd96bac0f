//! Calls out of a span, one by one, for a report; and what the rows of calls say of them, to be held against it.
use gudok_model::{ProjectId, Wall};
use serde::Serialize;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::sql;
use crate::store::{QueryError, Store};

/// Most attempts of one report, the earliest of its span.
pub const CALLED_MAX: usize = 500_000;
/// Attempts read at a time.
const PAGE: u32 = 5_000;

/// An attempt to reach somebody, as the facts tell it. Microseconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Default, FromRow)]
pub struct Called {
    /// By which call.
    pub call_id: String,
    /// Who called, or who took the call that a queue made.
    pub operator: Option<String>,
    /// Whom.
    pub number: String,
    /// When it was wanted.
    pub began_at: i64,
    /// When their phone was dialled. None: it did not come to that.
    pub rung_at: Option<i64>,
    /// When they answered.
    pub answered_at: Option<i64>,
    /// When that was over.
    pub ended_at: Option<i64>,
    /// What a begun minute costs.
    pub minute_kopecks: i64,
    /// `answered`, or why not: `busy`, `no-answer`, `operator-hung-up` … None: it goes on.
    pub result: Option<String>,
    /// The rule that said no.
    pub rule: Option<String>,
}

/// The same calls as their rows have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct OutCalls {
    /// All of them.
    pub calls: i64,
    /// Over, and somebody was reached.
    pub reached: i64,
    /// Not over.
    pub open: i64,
}

/// Of which attempts: those that were wanted at `from` or later and before `to`.
#[derive(Clone, Copy, Debug)]
pub struct CalledIn<'a> {
    /// The first moment.
    pub from: Wall,
    /// The first one after it.
    pub to: Wall,
    /// Of this business only.
    pub project: Option<&'a ProjectId>,
}

impl Store {
    /// Tells each attempt of a span in their order, and what the rows of calls say. Everything is of one moment. True beside it: there
    /// were more than [`CALLED_MAX`], and the later ones were not told.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn called(
        &self,
        asked: &CalledIn<'_>,
        mut each: impl FnMut(&Called),
    ) -> Result<(OutCalls, bool), QueryError> {
        let failed = QueryError::because("list whom we called");
        let mut moment = self.readers.begin().await.map_err(&failed)?;
        let (mut after, mut read) = ((i64::MIN, String::new()), 0);
        let is_cut = loop {
            let rows = page(&mut moment, asked, &after).await.map_err(&failed)?;
            rows.iter().for_each(&mut each);
            read += rows.len();
            match rows.into_iter().next_back() {
                Some(last) if read < CALLED_MAX => after = (last.began_at, last.call_id),
                last => break last.is_some(),
            }
        };
        let calls = sqlx::query_as(sql::called::OUT_CALLS_OF_SPAN)
            .bind(asked.from.0)
            .bind(asked.to.0)
            .bind(asked.project.map(ProjectId::as_str))
            .fetch_one(&mut *moment)
            .await;
        Ok((calls.map_err(&failed)?, is_cut))
    }
}

async fn page(
    moment: &mut Transaction<'_, Sqlite>,
    asked: &CalledIn<'_>,
    (began_at, call_id): &(i64, String),
) -> Result<Vec<Called>, sqlx::Error> {
    sqlx::query_as(sql::called::CALLED_OF_SPAN)
        .bind(asked.from.0)
        .bind(asked.to.0)
        .bind(asked.project.map(ProjectId::as_str))
        .bind(began_at)
        .bind(call_id)
        .bind(PAGE)
        .fetch_all(&mut **moment)
        .await
}
