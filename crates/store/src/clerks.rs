//! Connections for the question that each call asks.
//!
//! They are none of the pool's: it asks a connection that comes back whether it is well, which wakes the connection's
//! thread and the asker once more, and costs as much as the question.
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, FromRow, SqliteConnection};
use tokio::sync::Semaphore;

/// Questions at one time; further ones wait, and those who ask have a deadline.
const PLACES: usize = 4;

/// The connections that are free. One serves a few thousand questions a second, so there is seldom a second one.
#[derive(Debug)]
pub(crate) struct Clerks {
    options: SqliteConnectOptions,
    places: Semaphore,
    free: Mutex<Vec<SqliteConnection>>,
}

impl Clerks {
    pub(crate) fn new(options: SqliteConnectOptions) -> Self {
        Self {
            options,
            places: Semaphore::new(PLACES),
            free: Mutex::default(),
        }
    }

    /// The rows that answer a statement with two texts. A connection whose answer went wrong, or was not waited for, is
    /// not asked again.
    pub(crate) async fn ask<T>(
        &self,
        statement: &'static str,
        texts: [&str; 2],
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'row> FromRow<'row, SqliteRow> + Send + Unpin,
    {
        let place = self.places.acquire().await;
        let _place = place.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let free = self.free().pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let [first, second] = texts;
        let asked = sqlx::query_as(statement).bind(first).bind(second);
        let rows = asked.fetch_all(&mut connection).await?;
        if !self.places.is_closed() {
            self.free().push(connection);
        }
        Ok(rows)
    }

    /// No questions from now on.
    pub(crate) async fn close(&self) {
        self.places.close();
        let free = std::mem::take(&mut *self.free());
        for connection in free {
            // There is nobody left to be told.
            let _ = connection.close().await;
        }
    }

    /// Every holder leaves it whole, so a poisoned lock means nothing.
    fn free(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::{ClientMatch, NumberRules, number};

    use crate::Store;

    #[tokio::test]
    async fn a_hundred_callers_in_a_row_need_one_connection() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let number = number::parse("+79990000001", &NumberRules::default());
        let number = number.e164.unwrap();
        let project = "demo".into();
        for _ in 0..100 {
            let found = store.client_by_number(&project, &number).await;
            assert!(matches!(found, ClientMatch::None { .. }), "{found:?}");
        }
        assert_eq!((store.clerks.free().len(), store.readers.size()), (1, 0));

        // A caller who is gone before the answer costs a connection, and nobody else anything.
        let asked = store.client_by_number(&project, &number);
        let free = tokio::select! {
            biased;
            _ = asked => 1,
            () = std::future::ready(()) => 0,
        };
        assert_eq!(store.clerks.free().len(), free);
        let found = store.client_by_number(&project, &number).await;
        assert!(matches!(found, ClientMatch::None { .. }), "{found:?}");

        store.close().await;
        let found = store.client_by_number(&project, &number).await;
        assert!(matches!(found, ClientMatch::Error { .. }), "{found:?}");
    }
}
