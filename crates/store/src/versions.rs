//! The versions of the plan that came into force: a bounded history, with every file, so that one can be gone back to.
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most versions that are kept; older ones are forgotten, and cannot be gone back to.
pub const VERSIONS_MAX: u32 = 200;
/// Most bytes of files of all of them; older ones are forgotten, but never the last two.
pub const FILES_BYTES_MAX: u32 = 64 << 20;

/// One version.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct VersionRow {
    /// 1, 2, 3 …
    pub number: i64,
    /// When it came into force. Microseconds since 1970.
    pub at: i64,
    /// `start`, `signal`, `command`, `api` or `rollback`.
    pub origin: String,
    /// Who put it there.
    pub author: String,
    /// Why; empty where nobody said.
    pub reason: String,
    /// Of a rollback: which version it went back to.
    pub back_to: Option<i64>,
    /// The name by which calls know it.
    pub generation: String,
    /// What it does otherwise than the one before; lines.
    pub summary: String,
    /// The name of the files that lay on disk then.
    pub disk: String,
    /// The files as JSON; empty in lists.
    pub files: String,
}

/// What became of a version that was to be written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Added {
    /// It is there; where it was there already, its files and what lies on disk
    /// are those that came now: tests beside a plan make no other plan.
    Kept,
    /// The number has another plan, which stays as it is.
    Taken,
}

impl Store {
    /// Writes a version down, and forgets what is too old. A number that is there already keeps its plan.
    pub async fn add_version(&self, row: &VersionRow) -> Result<Added, QueryError> {
        let failed = QueryError::because("write down a version of the plan");
        let mut writing = self.writer.begin().await.map_err(&failed)?;
        let written = sqlx::query(sql::VERSION_INSERT)
            .bind(row.number)
            .bind(row.at)
            .bind(&row.origin)
            .bind(&row.author)
            .bind(&row.reason)
            .bind(row.back_to)
            .bind(&row.generation)
            .bind(&row.summary)
            .bind(&row.disk)
            .bind(&row.files)
            .execute(&mut *writing)
            .await
            .map_err(&failed)?;
        sqlx::query(sql::VERSIONS_FORGET)
            .bind(VERSIONS_MAX)
            .bind(FILES_BYTES_MAX)
            .execute(&mut *writing)
            .await
            .map_err(&failed)?;
        writing.commit().await.map_err(&failed)?;
        Ok(match written.rows_affected() {
            0 => Added::Taken,
            _ => Added::Kept,
        })
    }

    /// Up to which record of the journal every version that came into force is in the history; 0: none is known to be.
    pub async fn versions_known_to(&self) -> Result<u64, QueryError> {
        let seq: Option<i64> = sqlx::query_scalar(sql::VERSIONS_KNOWN)
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because(
                "say which versions of the plan it knows",
            ))?;
        Ok(seq.and_then(|seq| u64::try_from(seq).ok()).unwrap_or(0))
    }

    /// They are, up to this one; never back.
    pub async fn versions_are_known_to(&self, seq: u64) -> Result<(), QueryError> {
        sqlx::query(sql::VERSIONS_KNOWN_SET)
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .execute(&self.writer)
            .await
            .map(|_| ())
            .map_err(QueryError::because(
                "note which versions of the plan it knows",
            ))
    }

    /// The last so many without their files, newest first.
    pub async fn versions(&self, limit: u32) -> Result<Vec<VersionRow>, QueryError> {
        let rows = sqlx::query_as(sql::VERSIONS)
            .bind(limit.min(VERSIONS_MAX))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list the versions of the plan"))
    }

    /// One with its files; None: there never was one, or it is forgotten.
    pub async fn version(&self, number: i64) -> Result<Option<VersionRow>, QueryError> {
        let row = sqlx::query_as(sql::VERSION)
            .bind(number)
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find a version of the plan"))
    }

    /// The last one with its files; None: there is none.
    pub async fn last_version(&self) -> Result<Option<VersionRow>, QueryError> {
        let row = sqlx::query_as(sql::VERSION_LAST)
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find the last version of the plan"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: i64, files: usize) -> VersionRow {
        VersionRow {
            number,
            at: number * 10,
            origin: "command".into(),
            author: "petrova".into(),
            reason: "новый график".into(),
            back_to: None,
            generation: format!("{number:016x}"),
            summary: "вызовы пойдут как прежде".into(),
            disk: "00".into(),
            files: "x".repeat(files),
        }
    }

    async fn kept(store: &Store) -> Vec<i64> {
        let rows = store.versions(VERSIONS_MAX).await.expect("listed");
        rows.iter().map(|row| row.number).collect()
    }

    #[tokio::test]
    async fn the_history_is_bounded_by_number_and_by_size_and_never_empty() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db")).await;
        let store = store.expect("a database");
        let many = i64::from(VERSIONS_MAX) + 5;
        for number in 1..=many {
            store.add_version(&row(number, 10)).await.expect("added");
        }
        assert_eq!(kept(&store).await, (6..=many).rev().collect::<Vec<_>>());
        assert_eq!(store.version(5).await.expect("asked"), None);

        // What is there is what came into force; another plan by the same number changes nothing, and is told.
        let mut other = row(many, 10);
        other.generation = "another".into();
        let added = store.add_version(&other).await.expect("asked");
        assert_eq!(added, Added::Taken);
        let last = store.last_version().await.expect("asked");
        assert_eq!(last, Some(row(many, 10)));

        // The same plan with other tests beside it.
        let added = store.add_version(&row(many, 11)).await.expect("asked");
        assert_eq!(added, Added::Kept);
        let last = store.last_version().await.expect("asked");
        assert_eq!(last, Some(row(many, 11)));

        let large = FILES_BYTES_MAX as usize + 1;
        store
            .add_version(&row(many + 1, large))
            .await
            .expect("added");
        assert_eq!(kept(&store).await, [many + 1, many], "never less than two");
    }
}
