//! What admins have set by hand over schedules: what is still in force at a start, and who did what.
use gudok_model::Wall;
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most rows of one answer.
pub const OVERRIDES_MAX: u32 = 400;

/// One of them; words are checked by whoever sets them.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct OverrideRow {
    /// Which schedule.
    pub schedule: String,
    /// `open`, `closed` or `announce`.
    pub what: String,
    /// Of an announcement.
    pub prompt: Option<String>,
    /// When it was set. Microseconds since 1970, here and below.
    pub since: i64,
    /// When it ends by itself.
    pub until: i64,
    /// Who set it.
    pub who: String,
    /// Why.
    pub why: String,
    /// When it was taken back or replaced, where it was.
    pub ended_at: Option<i64>,
    /// By whom.
    pub ended_by: Option<String>,
}

impl Store {
    /// Writes one down; what was in force of its kind is ended by it.
    pub async fn set_override(&self, row: &OverrideRow) -> Result<(), QueryError> {
        let failed = QueryError::because("write down what is set by hand");
        let mut writing = self.writer.begin().await.map_err(&failed)?;
        sqlx::query(sql::OVERRIDE_REPLACE)
            .bind(&row.schedule)
            .bind(row.since)
            .bind(&row.who)
            .bind(row.what == "announce")
            .execute(&mut *writing)
            .await
            .map_err(&failed)?;
        sqlx::query(sql::OVERRIDE_INSERT)
            .bind(&row.schedule)
            .bind(&row.what)
            .bind(&row.prompt)
            .bind(row.since)
            .bind(row.until)
            .bind(&row.who)
            .bind(&row.why)
            .execute(&mut *writing)
            .await
            .map_err(&failed)?;
        writing.commit().await.map_err(&failed)
    }

    /// Everything that is in force over a schedule is taken back.
    pub async fn clear_overrides(
        &self,
        schedule: &str,
        at: Wall,
        who: &str,
    ) -> Result<(), QueryError> {
        let done = sqlx::query(sql::OVERRIDES_CLEAR)
            .bind(schedule)
            .bind(at.0)
            .bind(who)
            .execute(&self.writer)
            .await;
        done.map_err(QueryError::because("take back what is set by hand"))?;
        Ok(())
    }

    /// What is in force at a moment, in the order it was set.
    pub async fn overrides_in_force(&self, at: Wall) -> Result<Vec<OverrideRow>, QueryError> {
        let rows = sqlx::query_as(sql::OVERRIDES_IN_FORCE)
            .bind(at.0)
            .bind(OVERRIDES_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list what is set by hand"))
    }

    /// The last so many, newest first, those that are over too.
    pub async fn overrides_of_late(&self, limit: u32) -> Result<Vec<OverrideRow>, QueryError> {
        let rows = sqlx::query_as(sql::OVERRIDES_OF_LATE)
            .bind(limit.min(OVERRIDES_MAX))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list what was set by hand"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(schedule: &str, what: &str, since: i64, until: i64) -> OverrideRow {
        OverrideRow {
            schedule: schedule.into(),
            what: what.into(),
            prompt: (what == "announce").then(|| "emergency".into()),
            since,
            until,
            who: "ivanov".into(),
            why: "авария".into(),
            ended_at: None,
            ended_by: None,
        }
    }

    #[tokio::test]
    async fn what_is_in_force_is_found_again_and_nothing_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let closed = row("office", "closed", 10, 100);
        let said = row("office", "announce", 20, 50);
        let opened = row("office", "open", 30, 90);
        let other = row("shop", "closed", 40, 100);
        for row in [&closed, &said, &opened, &other] {
            store.set_override(row).await.unwrap();
        }
        // One word about the hours and one announcement.
        let now = store.overrides_in_force(Wall(45)).await.unwrap();
        assert_eq!(now, [said, opened.clone(), other.clone()]);
        let later = store.overrides_in_force(Wall(50)).await.unwrap();
        assert_eq!(later, [opened, other.clone()]);
        store
            .clear_overrides("office", Wall(60), "petrova")
            .await
            .unwrap();
        let cleared = store.overrides_in_force(Wall(61)).await.unwrap();
        assert_eq!(cleared, [other]);
        let all = store.overrides_of_late(10).await.unwrap();
        let ends: Vec<_> = all
            .iter()
            .map(|row| (row.what.as_str(), row.ended_at, row.ended_by.as_deref()))
            .collect();
        let expected = [
            ("closed", None, None),
            ("open", Some(60), Some("petrova")),
            ("announce", None, None),
            ("closed", Some(30), Some("ivanov")),
        ];
        assert_eq!(ends, expected);
    }
}
