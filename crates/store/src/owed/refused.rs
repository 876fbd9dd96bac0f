//! A customer wants no calls, or may be called again: written with the facts about requests, in their order.
use gudok_model::CallEvent;
use sqlx::{Sqlite, Transaction};

use super::int;
use crate::row::Fact;
use crate::sql;

/// A row of those who want no calls, begun or over.
pub(super) struct Refused {
    seq: i64,
    at: i64,
    project: String,
    number: String,
    purpose: String,
    by: String,
    why: String,
    holds: bool,
}

impl Refused {
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        let (project, number, purpose, by, why, holds) = match &fact.event {
            CallEvent::CallsRefused { refusal: it } => {
                (&it.project, &it.number, &it.purpose, &it.by, &it.why, true)
            }
            CallEvent::CallsAllowed {
                project,
                number,
                purpose,
                by,
                why,
            } => (project, number, purpose, by, why, false),
            _ => return None,
        };
        Some(Self {
            seq: int(fact.seq),
            at: fact.at.0,
            project: project.to_string(),
            number: number.to_string(),
            purpose: purpose.as_deref().unwrap_or_default().to_owned(),
            by: serde_json::to_string(by).unwrap_or_default(),
            why: why.clone(),
            holds,
        })
    }

    pub(super) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        self.close_missed(transaction).await?;
        let writing = match self.holds {
            true => sqlx::query(sql::dnc::DNC_INSERT)
                .bind(self.seq)
                .bind(self.project)
                .bind(self.number)
                .bind(self.purpose)
                .bind(self.at)
                .bind(self.by)
                .bind(self.why),
            false => sqlx::query(sql::dnc::DNC_LIFT)
                .bind(self.project)
                .bind(self.number)
                .bind(self.purpose)
                .bind(self.at)
                .bind(self.by)
                .bind(self.why)
                .bind(self.seq),
        };
        writing.execute(&mut **transaction).await.map(|_| ())
    }

    /// Whom nobody may call for service is called for no missed call either: it would stand open for good.
    async fn close_missed(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        if !self.holds || !["", "service"].contains(&self.purpose.as_str()) {
            return Ok(());
        }
        let missed = sqlx::query(sql::owed::MISSED_CANCELLED)
            .bind(&self.project)
            .bind(&self.number)
            .bind(self.at)
            .bind("dnc")
            .bind(&self.why);
        missed.execute(&mut **transaction).await.map(|_| ())
    }
}
