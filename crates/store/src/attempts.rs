//! Whom we called: what limits of the law and of money count by, over a restart too.
use gudok_model::{CallId, Name, OperatorId, PhoneNumber, Wall};
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most attempts of one answer: a month of calls by hand in a large hotline.
pub const ATTEMPTS_MAX: u32 = 500_000;

/// A customer who was rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attempt {
    /// By which call.
    pub call: CallId,
    /// Who called; None: whoever of a queue took it.
    pub operator: Option<OperatorId>,
    /// Whom.
    pub number: PhoneNumber,
    /// When their phone was dialled.
    pub began: Wall,
    /// When they answered.
    pub answered: Option<Wall>,
    /// When that leg was over; None: nobody lived to see it.
    pub ended: Option<Wall>,
    /// What for: `service`, `debt`, `advertising`, `survey`.
    pub purpose: Name,
    /// Whether some rule counted it as a contact.
    pub counted: bool,
    /// What a begun minute cost.
    pub minute_kopecks: u64,
}

#[derive(FromRow)]
struct Row {
    call_id: String,
    operator: Option<String>,
    number: String,
    began_at: i64,
    answered_at: Option<i64>,
    ended_at: Option<i64>,
    purpose: String,
    counted: bool,
    minute_kopecks: i64,
}

impl Attempt {
    /// None where the row is not what we wrote.
    fn of(row: Row) -> Option<Self> {
        Some(Self {
            call: CallId(row.call_id.parse().ok()?),
            operator: row.operator.map(OperatorId::new),
            number: row.number.try_into().ok()?,
            began: Wall(row.began_at),
            answered: row.answered_at.map(Wall),
            ended: row.ended_at.map(Wall),
            purpose: row.purpose.into(),
            counted: row.counted,
            minute_kopecks: row.minute_kopecks.try_into().ok()?,
        })
    }
}

impl Store {
    /// Attempts that began at `from` or later and rang the customer, the latest first. At most [`ATTEMPTS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attempts_since(&self, from: Wall) -> Result<Vec<Attempt>, QueryError> {
        let rows: Vec<Row> = sqlx::query_as(sql::ATTEMPTS_SINCE)
            .bind(from.0)
            .bind(ATTEMPTS_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("list whom we called"))?;
        Ok(rows.into_iter().filter_map(Attempt::of).collect())
    }
}
