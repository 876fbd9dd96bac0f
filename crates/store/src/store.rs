//! Opening the database.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::clerks::Clerks;

/// Connections for questions; writing has one of its own.
const READERS: u32 = 4;
/// Pages that are written ahead before they go to their places; 16 MiB. The last page of each index is written with every
/// batch, and goes to its place once for all of them; each time waits for the disk that the journal waits for too.
const CHECKPOINT_PAGES: &str = "4000";
/// How long a statement waits for another process that holds the file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a question waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// Who is asked for each call.
    pub(crate) clerks: Arc<Clerks>,
}

/// Why the database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or created.
    #[error("cannot open the database {}; check that the folder exists and may be written", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: sqlx::Error,
    },
    /// The file is of a newer gudok, or was changed by hand.
    #[error("cannot bring the tables of {} up to date", path.display())]
    Migrate {
        /// Which file.
        path: PathBuf,
        /// Which migration, and why.
        #[source]
        source: MigrateError,
    },
}

/// The database did not do it.
#[derive(Debug, thiserror::Error)]
#[error("the database did not {intent}")]
pub struct QueryError {
    /// What it was to do.
    pub intent: &'static str,
    /// What it said.
    #[source]
    pub source: sqlx::Error,
}

impl QueryError {
    pub(crate) fn because(intent: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self { intent, source }
    }
}

impl Store {
    /// Opens or creates the database and brings its tables up to date. Write-ahead log, so that questions never wait
    /// for writing; `synchronous=NORMAL`, since what a power cut costs here is in the journal.
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Open {
            path: path.to_owned(),
            source,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .optimize_on_close(true, None);
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|source| OpenError::Migrate {
                path: path.to_owned(),
                source,
            })?;
        let options = options.read_only(true);
        let clerks = Arc::new(Clerks::new(options.clone(), ACQUIRE_TIMEOUT));
        let readers = pool(READERS).connect_lazy_with(options);
        Ok(Self {
            writer,
            readers,
            clerks,
        })
    }

    /// Number of the last fact that is in the database; 0 before the first.
    pub async fn position(&self) -> Result<u64, QueryError> {
        crate::Projector::new(self).position().await
    }

    /// Waits for what is under way and closes the file.
    pub async fn close(&self) {
        self.clerks.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        // A file does not go away like a server does: asking before each question doubles its cost.
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use sqlx::{Executor, SqlSafeStr, Statement};

    use super::*;

    #[tokio::test]
    async fn every_statement_is_prepared_against_the_tables() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        for sql in crate::sql::every() {
            let prepared = store.writer.prepare((*sql).into_sql_str()).await;
            let prepared = prepared.unwrap_or_else(|error| panic!("{sql}\n{error}"));
            assert_eq!(prepared.sql().as_str(), sql);
        }
    }

    #[tokio::test]
    async fn opening_twice_keeps_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gudok.db");
        Store::open(&path).await.unwrap().close().await;
        Store::open(&path).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error_with_a_remedy() {
        let error = Store::open(Path::new("/nowhere/gudok.db"))
            .await
            .unwrap_err();
        let remedy = "cannot open the database /nowhere/gudok.db; check that the folder exists and may be written";
        assert_eq!(error.to_string(), remedy);
    }
}
