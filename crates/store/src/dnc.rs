//! Customers who want no calls: for the switchboard at a start, and for people.
use gudok_model::{Actor, Name, PhoneNumber, ProjectId, Refusal, Wall};
use serde::Serialize;
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most of one answer to people.
pub const DNC_SHOWN: u32 = 1_000;

/// One refusal.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct DncRow {
    /// Its number: that of the journal's record which tells of it.
    pub dnc_id: i64,
    /// Whose customer.
    pub project: String,
    /// Whom not to call, E.164.
    pub number: String,
    /// What for; empty: nothing at all.
    pub purpose: String,
    /// When it was said. Microseconds since 1970, here and below.
    pub said_at: i64,
    /// Who has written it down: JSON, as the journal has it.
    pub said_by: String,
    /// What the customer said.
    pub why: String,
    /// Since when they may be called again.
    pub lifted_at: Option<i64>,
    /// Who says so; JSON.
    pub lifted_by: Option<String>,
    /// On which ground.
    pub lifted_why: Option<String>,
}

impl DncRow {
    /// As the switchboard keeps it. None: it is written as nobody of ours writes.
    pub fn refusal(&self) -> Option<Refusal> {
        Some(Refusal {
            project: ProjectId::new(self.project.as_str()),
            number: PhoneNumber::try_from(self.number.clone()).ok()?,
            purpose: Some(Name::from(self.purpose.as_str())).filter(|it| !it.is_empty()),
            by: serde_json::from_str::<Actor>(&self.said_by).ok()?,
            at: Wall(self.said_at),
            why: self.why.clone(),
        })
    }
}

impl Store {
    /// Those that hold, the oldest first; with `all` those that were lifted too, the latest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn dnc(
        &self,
        project: Option<&ProjectId>,
        all: bool,
        most: u32,
    ) -> Result<Vec<DncRow>, QueryError> {
        let list = if all {
            sql::dnc::DNC_OF_LATE
        } else {
            sql::dnc::DNC_HOLDS
        };
        let rows = sqlx::query_as(list)
            .bind(project.map(ProjectId::as_str))
            .bind(most)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list who wants no calls"))
    }
}
