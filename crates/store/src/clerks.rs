//! Connections for the question that each call asks.
//!
//! They are none of the pool's: it asks a connection that comes back whether it is well, which wakes the connection's
//! thread and the asker once more, and costs as much as the question.
//!
//! A question that its asker has given up goes on in its connection's thread until the file answers. It keeps its place
//! until then: however long a disk hangs, there are no more threads than places.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, FromRow, SqliteConnection};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// Questions at one time; further ones wait, as long as they have patience.
const PLACES: usize = 4;

/// The connections that are free. One serves a few thousand questions a second, so there is seldom a second one.
#[derive(Debug)]
pub(crate) struct Clerks {
    options: SqliteConnectOptions,
    /// How long a question waits for its place.
    patience: Duration,
    places: Arc<Semaphore>,
    free: Mutex<Vec<SqliteConnection>>,
}

impl Clerks {
    pub(crate) fn new(options: SqliteConnectOptions, patience: Duration) -> Self {
        Self {
            options,
            patience,
            places: Arc::new(Semaphore::new(PLACES)),
            free: Mutex::default(),
        }
    }

    /// The rows that answer a statement with these texts. A connection whose answer went wrong is not asked again.
    pub(crate) async fn ask<T, const N: usize>(
        self: &Arc<Self>,
        statement: &'static str,
        texts: [&str; N],
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'row> FromRow<'row, SqliteRow> + Send + Unpin + 'static,
    {
        let place = timeout(self.patience, Arc::clone(&self.places).acquire_owned());
        let place = place.await.map_err(|_late| sqlx::Error::PoolTimedOut)?;
        let place = place.map_err(|_closed| sqlx::Error::PoolClosed)?;
        let (answer, answered) = oneshot::channel();
        let (clerks, texts) = (Arc::clone(self), texts.map(str::to_owned));
        tokio::spawn(async move {
            let rows = clerks.fetch(statement, texts).await;
            drop(place);
            // Nobody waits for it any more.
            let _ = answer.send(rows);
        });
        answered.await.map_err(|_gone| sqlx::Error::WorkerCrashed)?
    }

    async fn fetch<T, const N: usize>(
        &self,
        statement: &'static str,
        texts: [String; N],
    ) -> Result<Vec<T>, sqlx::Error>
    where
        T: for<'row> FromRow<'row, SqliteRow> + Send + Unpin,
    {
        let free = self.free().pop();
        let mut connection = match free {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let asked = texts.into_iter();
        let asked = asked.fold(sqlx::query_as(statement), |asked, text| asked.bind(text));
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
    use std::pin::pin;

    use gudok_model::{ClientMatch, NumberRules, number};
    use sqlx::Executor;

    use super::*;
    use crate::Store;

    const ECHO: &str = "SELECT ?1, ?2 FROM sqlite_master LIMIT 1";
    const HANGS: Duration = Duration::from_secs(600);

    /// Asks, and is gone before the answer.
    async fn ask_and_leave(clerks: &Arc<Clerks>) {
        let mut asked = pin!(clerks.ask::<(String, String), 2>(ECHO, ["a", "b"]));
        tokio::select! {
            biased;
            _ = &mut asked => panic!("nobody can answer"),
            () = std::future::ready(()) => {}
        }
    }

    #[tokio::test]
    async fn a_question_given_up_keeps_its_place_until_the_file_answers() {
        let dir = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new()
            .filename(dir.path().join("gudok.db"))
            .create_if_missing(true)
            .busy_timeout(HANGS);
        // Whoever holds the file alone is like a disk that hangs.
        let mut holder = options.connect().await.unwrap();
        holder.execute("CREATE TABLE t (a)").await.unwrap();
        holder.execute("BEGIN EXCLUSIVE").await.unwrap();
        let clerks = Arc::new(Clerks::new(options, Duration::from_millis(20)));
        for place in 1..=PLACES {
            ask_and_leave(&clerks).await;
            assert_eq!(clerks.places.available_permits(), PLACES - place);
        }
        let refused = clerks.ask::<(String, String), 2>(ECHO, ["a", "b"]).await;
        let refused = refused.expect_err("no place");
        assert!(matches!(refused, sqlx::Error::PoolTimedOut), "{refused}");

        holder.execute("COMMIT").await.unwrap();
        let all = u32::try_from(PLACES).unwrap();
        drop(clerks.places.acquire_many(all).await.unwrap());
        assert_eq!(clerks.free().len(), PLACES, "they are asked again");
        let found = clerks.ask::<(String, String), 2>(ECHO, ["a", "b"]).await;
        assert_eq!(found.unwrap(), [("a".to_owned(), "b".to_owned())]);
    }

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

        let found = store.client_by_number(&project, &number).await;
        assert!(matches!(found, ClientMatch::None { .. }), "{found:?}");

        store.close().await;
        let found = store.client_by_number(&project, &number).await;
        assert!(matches!(found, ClientMatch::Error { .. }), "{found:?}");
    }
}
