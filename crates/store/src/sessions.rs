//! Who is signed in, so that a restart signs nobody out. Only hashes of tokens come here.
use gudok_model::{OperatorId, Wall};
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most sign-ins of one answer: the newest.
pub const SESSIONS_MAX: u32 = 10_000;

/// A sign-in whose time has not come.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct SessionRow {
    /// SHA-256 of the token, lowercase hex.
    pub token_hash: String,
    /// Who.
    pub operator_id: String,
    /// The operator's project, as it is now.
    pub project: String,
    /// The end of it. Microseconds since 1970.
    pub expires_at: i64,
}

impl Store {
    /// Writes a sign-in down. Of this operator's the newest `each` stay, and none whose time has passed `at` this moment.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn sign_in_kept(
        &self,
        token_hash: &str,
        operator: &OperatorId,
        (at, expires): (Wall, Wall),
        each: u32,
    ) -> Result<(), QueryError> {
        let failed = QueryError::because("write a sign-in down");
        let mut transaction = self.writer.begin().await.map_err(&failed)?;
        let expired = sqlx::query(sql::SESSIONS_EXPIRED).bind(at.0);
        expired.execute(&mut *transaction).await.map_err(&failed)?;
        let insert = sqlx::query(sql::SESSION_INSERT)
            .bind(token_hash)
            .bind(operator.as_str())
            .bind(at.0)
            .bind(expires.0);
        insert.execute(&mut *transaction).await.map_err(&failed)?;
        let surplus = sqlx::query(sql::SESSIONS_SURPLUS)
            .bind(operator.as_str())
            .bind(each);
        surplus.execute(&mut *transaction).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)
    }

    /// A sign-in has ended; says whether it was on record.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn signed_out(&self, token_hash: &str) -> Result<bool, QueryError> {
        let delete = sqlx::query(sql::SESSION_DELETE).bind(token_hash);
        let done = delete.execute(&self.writer).await;
        let done = done.map_err(QueryError::because("write down that a sign-in has ended"))?;
        Ok(done.rows_affected() > 0)
    }

    /// The sign-ins of operators there are whose time has not come at this moment, in the order they were made. They end with
    /// the password they were made with, and with their operator.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sessions(&self, at: Wall) -> Result<Vec<SessionRow>, QueryError> {
        let rows = sqlx::query_as(sql::SESSIONS)
            .bind(at.0)
            .bind(SESSIONS_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list who is signed in"))
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{AutoAnswer, OperatorProfile};

    use super::*;
    use crate::NewOperator;

    fn anna(password: &str) -> NewOperator<'_> {
        let profile = OperatorProfile {
            id: "anna".into(),
            name: "Анна".into(),
            project: "isp1".into(),
            auto_answer: AutoAnswer::Off,
            phone_only: false,
            phone: None,
            role: gudok_model::Role::Operator,
        };
        NewOperator {
            profile,
            realm: "gudok",
            password,
        }
    }

    async fn with_anna(dir: &tempfile::TempDir) -> Store {
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let added = store.add_operator(&anna("long-password"), Wall(0)).await;
        added.unwrap();
        store
    }

    async fn keep(store: &Store, hash: &str, at: i64) {
        let life = (Wall(at), Wall(at + 100));
        let kept = store.sign_in_kept(hash, &"anna".into(), life, 3).await;
        kept.unwrap();
    }

    async fn hashes(store: &Store, at: i64) -> String {
        let rows = store.sessions(Wall(at)).await.unwrap();
        let hashes: Vec<_> = rows.into_iter().map(|row| row.token_hash).collect();
        hashes.join(" ")
    }

    #[tokio::test]
    async fn the_newest_of_an_operator_stay_until_their_time_or_their_word() {
        let dir = tempfile::tempdir().unwrap();
        let store = with_anna(&dir).await;
        for (hash, at) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            keep(&store, hash, at).await;
        }
        assert_eq!(hashes(&store, 50).await, "b c d");
        assert!(store.signed_out("c").await.unwrap());
        assert!(!store.signed_out("c").await.unwrap());
        assert_eq!(hashes(&store, 102).await, "d", "the time of b has passed");
        let row = store.sessions(Wall(50)).await.unwrap().swap_remove(0);
        assert_eq!((&*row.operator_id, &*row.project), ("anna", "isp1"));
        // What has passed is gone with the next sign-in.
        keep(&store, "e", 200).await;
        assert_eq!(hashes(&store, 0).await, "e");
    }

    #[tokio::test]
    async fn another_password_or_a_leave_ends_them_and_other_settings_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let store = with_anna(&dir).await;
        keep(&store, "a", 1).await;
        let mut renamed = anna("long-password");
        renamed.profile.project = "isp2".into();
        store.update_operator(&renamed).await.unwrap();
        let rows = store.sessions(Wall(2)).await.unwrap();
        assert_eq!(&*rows[0].project, "isp2");

        store
            .update_operator(&anna("other-password"))
            .await
            .unwrap();
        assert_eq!(hashes(&store, 2).await, "");

        keep(&store, "b", 1).await;
        assert!(store.remove_operator(&"anna".into()).await.unwrap());
        let back = store.add_operator(&anna("other-password"), Wall(0)).await;
        back.unwrap();
        assert_eq!(hashes(&store, 2).await, "", "not even when they are back");
    }
}
