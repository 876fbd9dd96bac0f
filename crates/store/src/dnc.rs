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

/// Which are wanted.
#[derive(Clone, Copy, Debug)]
pub struct DncAsked<'a> {
    /// Of this project alone.
    pub project: Option<&'a ProjectId>,
    /// Of this number alone.
    pub number: Option<&'a PhoneNumber>,
    /// Those that were lifted too.
    pub all: bool,
    /// Most of one answer.
    pub most: u32,
}

/// The latest of those that were asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DncShown {
    /// The latest first.
    pub rows: Vec<DncRow>,
    /// How many there are in all.
    pub total: i64,
}

impl Store {
    /// Those that hold, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn dnc(&self, most: u32) -> Result<Vec<DncRow>, QueryError> {
        let rows = sqlx::query_as(sql::dnc::DNC_HOLDS)
            .bind(most)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list who wants no calls"))
    }

    /// Those that are asked for, and how many they are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn dnc_of_late(&self, asked: &DncAsked<'_>) -> Result<DncShown, QueryError> {
        let failed = QueryError::because("list who wants no calls");
        let project = asked.project.map(ProjectId::as_str);
        let number = asked.number.map(ToString::to_string);
        let rows = sqlx::query_as(sql::dnc::DNC_OF_LATE)
            .bind(project)
            .bind(&number)
            .bind(asked.all)
            .bind(asked.most);
        let rows = rows.fetch_all(&self.readers).await.map_err(&failed)?;
        let total = sqlx::query_scalar(sql::dnc::DNC_COUNT)
            .bind(project)
            .bind(&number)
            .bind(asked.all);
        let total = total.fetch_one(&self.readers).await.map_err(&failed)?;
        Ok(DncShown { rows, total })
    }
}
