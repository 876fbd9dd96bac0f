//! Keys of programs that ask in the name of callers, such as a form on a site. Only hashes of them come here.
use gudok_model::{ProjectId, Wall};
use serde::Serialize;
use sqlx::FromRow;

use crate::sql;
use crate::store::{QueryError, Store};

/// Most keys of one answer.
pub const API_TOKENS_MAX: u32 = 1_000;

/// A key, without what it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, FromRow)]
pub struct ApiTokenRow {
    /// As people call it; one that is good has it alone.
    pub name: String,
    /// In whose name it asks.
    pub project: String,
    /// What it is good for: `requests`.
    pub scope: String,
    /// Since when. Microseconds since 1970, here and below.
    pub created_at: i64,
    /// Who gave it out.
    pub created_by: String,
    /// Since when it is good no more.
    pub revoked_at: Option<i64>,
    /// Who took it back.
    pub revoked_by: Option<String>,
}

/// A key that is given out.
#[derive(Clone, Copy, Debug)]
pub struct NewApiToken<'a> {
    /// As people call it.
    pub name: &'a str,
    /// In whose name it asks.
    pub project: &'a ProjectId,
    /// What it is good for.
    pub scope: &'a str,
    /// SHA-256 of it, lowercase hex.
    pub hash: &'a str,
    /// Who gives it out.
    pub by: &'a str,
}

impl Store {
    /// Gives a key out; false: one of this name is good already.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn add_api_token(
        &self,
        token: &NewApiToken<'_>,
        at: Wall,
    ) -> Result<bool, QueryError> {
        let insert = sqlx::query(sql::owed::API_TOKEN_INSERT)
            .bind(token.name)
            .bind(token.project.as_str())
            .bind(token.scope)
            .bind(token.hash)
            .bind(at.0)
            .bind(token.by);
        match insert.execute(&self.writer).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(QueryError::because("give a key out")(error)),
        }
    }

    /// Takes the key of this name back, from the next question on; false: none of the name is good.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn revoke_api_token(
        &self,
        name: &str,
        by: &str,
        at: Wall,
    ) -> Result<bool, QueryError> {
        let revoke = sqlx::query(sql::owed::API_TOKEN_REVOKE)
            .bind(name)
            .bind(at.0)
            .bind(by);
        let done = revoke.execute(&self.writer).await;
        let done = done.map_err(QueryError::because("take a key back"))?;
        Ok(done.rows_affected() > 0)
    }

    /// The key with this hash, if it is good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_token(&self, hash: &str) -> Result<Option<ApiTokenRow>, QueryError> {
        let row = sqlx::query_as(sql::owed::API_TOKEN)
            .bind(hash)
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find a key"))
    }

    /// All of them, the latest first. At most [`API_TOKENS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_tokens(&self) -> Result<Vec<ApiTokenRow>, QueryError> {
        let rows = sqlx::query_as(sql::owed::API_TOKENS)
            .bind(API_TOKENS_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list the keys"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_is_good_until_it_is_taken_back_and_its_name_is_free_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let project = "isp1".into();
        let key = |hash| NewApiToken {
            name: "site",
            project: &project,
            scope: "requests",
            hash,
            by: "ivanov",
        };
        assert!(store.add_api_token(&key("aa"), Wall(1)).await.unwrap());
        assert!(!store.add_api_token(&key("bb"), Wall(2)).await.unwrap());
        let found = store.api_token("aa").await.unwrap().unwrap();
        let told = (found.project.as_str(), found.scope.as_str());
        assert_eq!(told, ("isp1", "requests"));
        assert_eq!(store.api_token("bb").await.unwrap(), None);
        let revoke = || store.revoke_api_token("site", "petrova", Wall(3));
        assert!(revoke().await.unwrap() && !revoke().await.unwrap());
        assert_eq!(store.api_token("aa").await.unwrap(), None);
        assert!(store.add_api_token(&key("cc"), Wall(4)).await.unwrap());
        let rows = store.api_tokens().await.unwrap();
        let revoked: Vec<_> = rows.iter().map(|row| row.revoked_by.as_deref()).collect();
        assert_eq!(revoked, [None, Some("petrova")]);
    }
}
