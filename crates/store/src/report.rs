//! Figures of a span of calls: outcomes and service levels, by whatever key is asked for, and whether they add up.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{ProjectId, Wall};
use serde::Serialize;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::levels::{Counts, Left, Terms};
use crate::sql;
use crate::store::{QueryError, Store};

/// Most rows of a report: an hour has one, and a year has 8 760 of them. What comes beyond is counted in [`OTHERS`].
pub const KEYS_MAX: usize = 10_000;
/// The row of what has none of its own.
pub const OTHERS: &str = "…";
/// Calls read at a time.
const PAGE: u32 = 5_000;

/// Which calls: those that arrived at `from` or later and before `to`.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The first moment.
    pub from: Wall,
    /// The first one after it.
    pub to: Wall,
    /// Of this business only.
    pub project: Option<&'a ProjectId>,
    /// What the levels are counted by.
    pub terms: Terms,
}

/// A call as a report sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default, FromRow)]
pub struct ReportCall {
    /// UUID v7.
    pub call_id: String,
    /// When it arrived. Microseconds since 1970.
    pub arrived_at: i64,
    /// The number it dialled, E.164.
    pub number: Option<String>,
    /// The queue it was in last; None: it came to none.
    pub queue: Option<String>,
    /// When it came to its first queue.
    pub queued_at: Option<i64>,
    /// When it ended; None: it goes on.
    pub ended_at: Option<i64>,
    /// Its one outcome.
    pub outcome: Option<String>,
    /// Until the first talk; kept over queues, failed offers and transfers.
    pub waited_ms: Option<i64>,
}

/// One row of a report, and its last line.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Those that have no end yet.
    pub open: u64,
    /// By outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// What the levels are made of.
    pub counts: Counts,
}

/// The figures of a span.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// By key, in its order.
    pub rows: BTreeMap<String, Tally>,
    /// All of them.
    pub total: Tally,
    /// Calls that arrived, as the journal tells.
    pub arrivals: u64,
}

impl ReportCall {
    /// How it left the queue, and after how long; None where it came to none or is still there.
    pub(crate) fn left(&self) -> Option<(Left, Duration)> {
        let (queued, ended) = (self.queued_at?, self.ended_at?);
        let until_end = Duration::from_micros(u64::try_from(ended - queued).unwrap_or(0));
        let until_talk = self.waited_ms.and_then(|ms| u64::try_from(ms).ok());
        Some(match self.outcome.as_deref() {
            Some("answered") => {
                let waited = until_talk.map_or(until_end, Duration::from_millis);
                (Left::Answered, waited)
            }
            Some("abandoned_queue") => (Left::Abandoned, until_end),
            _ => (Left::Otherwise, until_end),
        })
    }
}

impl Tally {
    fn add(&mut self, call: &ReportCall, terms: &Terms) {
        self.calls += 1;
        match &call.outcome {
            Some(outcome) => *self.outcomes.entry(outcome.clone()).or_default() += 1,
            None => self.open += 1,
        }
        if let Some((left, waited)) = call.left() {
            self.counts.add(left, waited, terms);
        }
    }

    /// Outcomes in all.
    pub fn ended(&self) -> u64 {
        self.outcomes.values().sum()
    }
}

impl Report {
    /// One more call, under this key.
    pub fn add(&mut self, key: String, call: &ReportCall, terms: &Terms) {
        let has_room = self.rows.len() < KEYS_MAX || self.rows.contains_key(&key);
        let key = if has_room { key } else { OTHERS.to_owned() };
        self.rows.entry(key).or_default().add(call, terms);
        self.total.add(call, terms);
    }

    /// Exactly one outcome of every call that arrived and is over (behaviour Q14).
    pub fn adds_up(&self) -> bool {
        self.total.ended() + self.total.open == self.arrivals
    }
}

impl Store {
    /// Counts the calls of a span by the key that each is given. Everything is of one moment: calls that arrive meanwhile are
    /// in none of the figures.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn report(
        &self,
        asked: &Asked<'_>,
        key: impl Fn(&ReportCall) -> String + Send,
    ) -> Result<Report, QueryError> {
        let failed = QueryError::because("count the calls of a span");
        let mut moment = self.readers.begin().await.map_err(&failed)?;
        let mut report = Report {
            arrivals: arrivals(&mut moment, asked).await.map_err(&failed)?,
            ..Report::default()
        };
        let mut after = (asked.from.0, String::new());
        loop {
            let calls = page(&mut moment, asked, &after).await.map_err(&failed)?;
            for call in &calls {
                report.add(key(call), call, &asked.terms);
            }
            match calls.into_iter().next_back() {
                Some(last) => after = (last.arrived_at, last.call_id),
                None => return Ok(report),
            }
        }
    }
}

async fn arrivals(
    moment: &mut Transaction<'_, Sqlite>,
    asked: &Asked<'_>,
) -> Result<u64, sqlx::Error> {
    let count: i64 = sqlx::query_scalar(sql::ARRIVALS)
        .bind(asked.from.0)
        .bind(asked.to.0)
        .bind(asked.project.map(ProjectId::as_str))
        .fetch_one(&mut **moment)
        .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

async fn page(
    moment: &mut Transaction<'_, Sqlite>,
    asked: &Asked<'_>,
    (arrived, call): &(i64, String),
) -> Result<Vec<ReportCall>, sqlx::Error> {
    sqlx::query_as(sql::REPORT_CALLS)
        .bind(arrived)
        .bind(call)
        .bind(asked.to.0)
        .bind(asked.project.map(ProjectId::as_str))
        .bind(PAGE)
        .fetch_all(&mut **moment)
        .await
}
