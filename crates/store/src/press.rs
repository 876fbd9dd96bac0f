//! What earlier runs knew of callers, for the run that begins: who is known, who failed to press the digit, who called how
//! often; and how the attack mode was set by hand.
use gudok_model::{PhoneNumber, Wall};

use crate::sql;
use crate::store::{QueryError, Store};

/// Calls that are looked at; of more in the time asked for, the latest. A start takes no longer for an attack that goes on.
const CALLS_MAX: i64 = 100_000;

/// Since when calls are looked at, for each question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Since {
    /// Who is known.
    pub known: Wall,
    /// Who failed.
    pub failed: Wall,
    /// Who called.
    pub called: Wall,
}

/// What the calls of earlier runs say of their callers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Callers {
    /// Found in a directory, or pressed the digit; and when they called so last, the latest first.
    pub known: Vec<(PhoneNumber, Wall)>,
    /// Let go for not pressing it, and in how many calls.
    pub failed: Vec<(PhoneNumber, u32)>,
    /// How many calls each made, None: all without a number. Most first.
    pub called: Vec<(Option<PhoneNumber>, u32)>,
    /// How many calls there were.
    pub calls: u32,
}

impl Store {
    /// What is known of callers: at most `known` who are, and `counted` each of who failed and of who called.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn callers_before(
        &self,
        since: Since,
        known: usize,
        counted: usize,
    ) -> Result<Callers, QueryError> {
        let known = self.list(sql::CALLERS_KNOWN, since.known, known).await?;
        let failed = self
            .list(sql::CALLERS_FAILED, since.failed, counted)
            .await?;
        let called = self.list(sql::CALLERS, since.called, counted).await?;
        let calls: i64 = sqlx::query_scalar(sql::CALLS_SINCE)
            .bind(since.called.0)
            .bind(CALLS_MAX)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("count calls"))?;
        let known = known.into_iter();
        let failed = failed.into_iter();
        Ok(Callers {
            known: known
                .filter_map(|(number, at)| Some((number?, Wall(at))))
                .collect(),
            failed: failed
                .filter_map(|(number, calls)| Some((number?, count(calls))))
                .collect(),
            called: called
                .into_iter()
                .map(|(number, calls)| (number, count(calls)))
                .collect(),
            calls: count(calls),
        })
    }

    async fn list(
        &self,
        question: &'static str,
        since: Wall,
        limit: usize,
    ) -> Result<Vec<(Option<PhoneNumber>, i64)>, QueryError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows: Vec<(Option<String>, i64)> = sqlx::query_as(question)
            .bind(since.0)
            .bind(CALLS_MAX)
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("list callers"))?;
        let number = |text: Option<String>| text.and_then(|it| PhoneNumber::try_from(it).ok());
        Ok(rows.into_iter().map(|(it, of)| (number(it), of)).collect())
    }

    /// Writes down how the attack mode is set by hand: `auto`, `on` or `off`.
    ///
    /// # Errors
    /// When the database does not take it.
    pub async fn set_attack_mode(&self, mode: &str, at: Wall) -> Result<(), QueryError> {
        let done = sqlx::query(sql::ATTACK_MODE_INSERT)
            .bind(mode)
            .bind(at.0)
            .execute(&self.writer)
            .await;
        done.map_err(QueryError::because("write down the attack mode"))?;
        Ok(())
    }

    /// How it was set last; None: never.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn attack_mode(&self) -> Result<Option<String>, QueryError> {
        let mode = sqlx::query_scalar(sql::ATTACK_MODE)
            .fetch_optional(&self.readers)
            .await;
        mode.map_err(QueryError::because("look up the attack mode"))
    }
}

fn count(calls: i64) -> u32 {
    u32::try_from(calls).unwrap_or(u32::MAX)
}
