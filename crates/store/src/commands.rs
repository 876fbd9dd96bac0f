//! What came of the commands of desks, so that a repeat after a restart is answered as before (cti.md rule 4).
use gudok_model::Wall;
use serde::Serialize;
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Kept of each operator: the latest.
pub const COMMANDS_EACH_MAX: u32 = 1_024;
/// Most of one answer: the latest.
pub const COMMANDS_MAX: u32 = 262_144;

/// A command that was answered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, FromRow)]
pub struct CommandRow {
    /// Whose.
    pub operator: String,
    /// UUID text.
    pub id: String,
    /// When it came. Microseconds since 1970.
    pub at: i64,
    /// The answer, JSON.
    pub result: String,
}

impl Store {
    /// Writes down what came of commands, in the order of the journal; what is known already stays as it is. None of before
    /// `since` is kept, and of each operator the latest [`COMMANDS_EACH_MAX`].
    ///
    /// # Errors
    /// When the database does not take it; then nothing has changed.
    pub async fn keep_commands(
        &self,
        answered: &[CommandRow],
        since: Wall,
    ) -> Result<(), QueryError> {
        let failed = QueryError::because("write down what came of commands");
        let rows = serde_json::to_string(answered).unwrap_or_default();
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        for query in [
            sqlx::query(sql::commands::INSERT).bind(rows),
            sqlx::query(sql::commands::EXPIRED).bind(since.0),
            sqlx::query(sql::commands::SURPLUS).bind(COMMANDS_EACH_MAX),
        ] {
            query.execute(&mut *transaction).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }

    /// What came of commands since then, oldest first: the latest [`COMMANDS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn commands(&self, since: Wall) -> Result<Vec<CommandRow>, QueryError> {
        let rows = sqlx::query_as(sql::commands::LATEST)
            .bind(since.0)
            .bind(COMMANDS_MAX)
            .fetch_all(&self.readers)
            .await;
        let mut rows: Vec<CommandRow> =
            rows.map_err(QueryError::because("read what came of commands"))?;
        rows.reverse();
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operator: &str, id: u32, at: i64, result: &str) -> CommandRow {
        CommandRow {
            operator: operator.to_owned(),
            id: id.to_string(),
            at,
            result: result.to_owned(),
        }
    }

    async fn kept(store: &Store, since: i64) -> Vec<(String, String, String)> {
        let rows = store.commands(Wall(since)).await.expect("read");
        let rows = rows.into_iter();
        rows.map(|it| (it.operator, it.id, it.result)).collect()
    }

    fn told(operator: &str, id: u32, result: &str) -> (String, String, String) {
        (operator.to_owned(), id.to_string(), result.to_owned())
    }

    #[tokio::test]
    async fn the_first_answer_stands_for_a_day_and_of_each_the_latest() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("gudok.db")).await;
        let store = store.expect("a database");
        let keep = async |rows: &[CommandRow], since| {
            store.keep_commands(rows, Wall(since)).await.expect("kept");
        };
        keep(&[row("ivan", 1, 10, "ok"), row("petr", 1, 11, "no")], 0).await;
        keep(&[row("ivan", 1, 12, "no"), row("ivan", 2, 13, "ok")], 0).await;
        let all = [
            told("ivan", 1, "ok"),
            told("petr", 1, "no"),
            told("ivan", 2, "ok"),
        ];
        assert_eq!(kept(&store, 0).await, all);
        assert_eq!(kept(&store, 12).await, all[2..]);
        keep(&[], 11).await;
        assert_eq!(kept(&store, 0).await, all[1..]);

        let many = (10..10 + COMMANDS_EACH_MAX).map(|id| row("ivan", id, 20, "ok"));
        keep(&many.collect::<Vec<_>>(), 0).await;
        let left = kept(&store, 0).await;
        let of = |who: &str| left.iter().filter(|it| it.0 == who).count();
        assert_eq!((of("ivan"), of("petr")), (COMMANDS_EACH_MAX as usize, 1));
        assert!(!left.contains(&told("ivan", 2, "ok")), "the oldest is gone");
    }
}
