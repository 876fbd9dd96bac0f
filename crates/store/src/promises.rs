//! How well what callers are owed is kept: figures of a span, each of which is named with its formula. Pure but for the query.
use std::time::Duration;

use gudok_model::{ProjectId, Wall};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::levels::Share;
use crate::sql;
use crate::store::{QueryError, Store};

/// A promise is kept within it, unless somebody asks for another (behaviour 5.6).
pub const KEPT_WITHIN: Duration = Duration::from_secs(20 * 60);
/// Most requests of one report, the earliest of its span. Their waits are held in memory.
pub const PROMISES_MAX: usize = 200_000;
/// Requests read at a time.
const PAGE: u32 = 5_000;

/// A request as a report sees it. Microseconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Default, FromRow)]
pub struct Promise {
    /// Its number.
    pub request_id: i64,
    /// `callback` or `missed`.
    pub kind: String,
    /// From when the time counts: it was asked for, and not sooner than the caller wished.
    pub since_at: i64,
    /// How often the number was dialled for it.
    pub attempts: i64,
    /// When the talk began.
    pub contact_at: Option<i64>,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// Somebody says that it was done.
    pub is_done: bool,
    /// There is no talk named, or the one that is has its row.
    pub is_talk: bool,
}

/// What became of the requests of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Kept {
    /// All that were made in the span.
    pub requests: u64,
    /// Of them with a talk.
    pub contacted: u64,
    /// Of those within T.
    pub in_t: u64,
    /// Done as people say, with no talk on record.
    pub said_done: u64,
    /// Not needed as people say, or not wanted by who was to be called.
    pub given_up: u64,
    /// Of those sooner than T: nobody had the time to keep it.
    pub given_up_in_t: u64,
    /// Open.
    pub open: u64,
    /// Of those younger than T: not late yet.
    pub young: u64,
    /// How often the numbers were dialled, of those with a talk.
    pub attempts: u64,
    /// The age of the oldest that is open. Microseconds.
    pub oldest_us: Option<u64>,
    /// How long each that has a talk waited for it, in order. Microseconds.
    #[serde(skip)]
    pub waits_us: Vec<u64>,
}

impl Kept {
    /// One more; `now`: how old what is open is.
    fn add(&mut self, row: &Promise, within: Duration, now: Wall) {
        let age = |at: i64| u64::try_from(at - row.since_at).unwrap_or(0);
        let t = u64::try_from(within.as_micros()).unwrap_or(u64::MAX);
        self.requests += 1;
        match (row.contact_at, row.closed_at) {
            (Some(at), _) => {
                self.contacted += 1;
                self.in_t += u64::from(age(at) <= t);
                self.attempts += u64::try_from(row.attempts).unwrap_or(0);
                self.waits_us.push(age(at));
            }
            (None, Some(_)) if row.is_done => self.said_done += 1,
            (None, Some(at)) => {
                self.given_up += 1;
                self.given_up_in_t += u64::from(age(at) <= t);
            }
            (None, None) => {
                self.open += 1;
                self.young += u64::from(age(now.0) <= t);
                self.oldest_us = self.oldest_us.max(Some(age(now.0)));
            }
        }
    }

    /// Talks within T of all that could have had one: what is younger than T and open is left out, and what was given up sooner.
    /// What people say was done is no talk: a promise is not kept by a word.
    pub fn kept(&self) -> Share {
        let of = self.requests - self.young - self.given_up_in_t;
        Share {
            part: self.in_t,
            of,
        }
    }

    /// The wait that this share of the talks did not exceed (nearest rank). None: no talk.
    pub fn wait(&self, percent: usize) -> Option<Duration> {
        let rank = (self.waits_us.len() * percent).div_ceil(100);
        let wait = self.waits_us.get(rank.checked_sub(1)?)?;
        Some(Duration::from_micros(*wait))
    }

    /// Numbers dialled for each talk; None: no talk.
    pub fn attempts_per_contact(&self) -> Option<f64> {
        (self.contacted > 0).then(|| self.attempts as f64 / self.contacted as f64)
    }
}

/// What became of missed calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct MissedCounts {
    /// All of them, as the register has them.
    pub calls: i64,
    /// Left within seconds: nobody calls.
    pub short: i64,
    /// With a number withheld: nobody can.
    pub hidden: i64,
    /// Of the others: we called, and talked.
    pub called_back: i64,
    /// They called again, and were answered.
    pub called_again: i64,
    /// Closed by an admin without a talk.
    pub by_hand: i64,
    /// Nobody has talked with them.
    pub open: i64,
    /// All of them, as the journal tells.
    pub told: i64,
}

impl MissedCounts {
    /// Called back by us, of those who could be called.
    pub fn back(&self) -> Share {
        self.share(self.called_back)
    }

    /// Talked with since, whoever called, of those who could be called.
    pub fn contacted(&self) -> Share {
        self.share(self.called_back + self.called_again)
    }

    fn share(&self, part: i64) -> Share {
        let count = |figure: i64| u64::try_from(figure).unwrap_or(0);
        let of = self.calls - self.short - self.hidden;
        Share {
            part: count(part),
            of: count(of),
        }
    }
}

/// Promises as the journal tells them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct Promised {
    /// Facts that promise a call.
    pub promised: i64,
    /// Of them: a request began by it.
    pub opened: i64,
    /// Of them: joined one that was open.
    pub joined: i64,
}

/// The figures of a span.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Promises {
    /// Of callers who were promised a call back.
    pub callback: Kept,
    /// Of callers who were not answered.
    pub missed: Kept,
    /// The register.
    pub register: MissedCounts,
    /// The journal.
    pub journal: Promised,
    /// Requests whose talk is on no record.
    pub talks_lost: u64,
    /// There were more requests than [`PROMISES_MAX`]: the later ones are in no figure.
    pub is_cut: bool,
}

impl Promises {
    /// Every promise of the journal has its request and every request its promise, each has come to one end or is open, every
    /// talk that closed one is on record, and the register has every missed call (I9).
    pub fn adds_up(&self) -> bool {
        let rows = [&self.callback, &self.missed];
        let each = rows.iter().all(|it| {
            it.requests == it.contacted + it.said_done + it.given_up + it.open
                && usize::try_from(it.contacted).is_ok_and(|all| all == it.waits_us.len())
        });
        let requests: u64 = rows.iter().map(|it| it.requests).sum();
        let Promised {
            promised,
            opened,
            joined,
        } = self.journal;
        let register = self.register;
        let reached = register.called_back + register.called_again;
        let ends = reached + register.by_hand + register.open + register.short + register.hidden;
        each && !self.is_cut
            && promised == opened + joined
            && u64::try_from(opened) == Ok(requests)
            && self.talks_lost == 0
            && register.told == register.calls
            && ends == register.calls
    }

    fn add(&mut self, row: &Promise, within: Duration, now: Wall) {
        let kind = match row.kind.as_str() {
            "missed" => &mut self.missed,
            _ => &mut self.callback,
        };
        kind.add(row, within, now);
        self.talks_lost += u64::from(!row.is_talk);
    }
}

/// Of which requests: those that were made at `from` or later and before `to`.
#[derive(Clone, Copy, Debug)]
pub struct AskedFor<'a> {
    /// The first moment.
    pub from: Wall,
    /// The first one after it.
    pub to: Wall,
    /// Of this business only.
    pub project: Option<&'a ProjectId>,
    /// A promise is kept within it.
    pub within: Duration,
    /// How late it is: what is open grows older.
    pub now: Wall,
}

impl Store {
    /// How the promises of a span were kept. Everything is of one moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn promises(&self, asked: &AskedFor<'_>) -> Result<Promises, QueryError> {
        let failed = QueryError::because("count how promises were kept");
        let mut moment = self.readers.begin().await.map_err(&failed)?;
        let mut told = Promises::default();
        let (mut after, mut read) = (0, 0);
        loop {
            let rows = page(&mut moment, asked, after).await.map_err(&failed)?;
            for row in &rows {
                told.add(row, asked.within, asked.now);
            }
            read += rows.len();
            told.is_cut = read >= PROMISES_MAX;
            match rows.last() {
                Some(last) if !told.is_cut => after = last.request_id,
                _ => break,
            }
        }
        told.callback.waits_us.sort_unstable();
        told.missed.waits_us.sort_unstable();
        told.register = one(&mut moment, sql::owed::MISSED_OF_SPAN, asked)
            .await
            .map_err(&failed)?;
        told.journal = one(&mut moment, sql::owed::PROMISES_OF_SPAN, asked)
            .await
            .map_err(&failed)?;
        Ok(told)
    }
}

async fn page(
    moment: &mut Transaction<'_, Sqlite>,
    asked: &AskedFor<'_>,
    after: i64,
) -> Result<Vec<Promise>, sqlx::Error> {
    sqlx::query_as(sql::owed::REQUESTS_OF_SPAN)
        .bind(asked.from.0)
        .bind(asked.to.0)
        .bind(asked.project.map(ProjectId::as_str))
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut **moment)
        .await
}

/// Figures of one row.
async fn one<T>(
    moment: &mut Transaction<'_, Sqlite>,
    statement: &'static str,
    asked: &AskedFor<'_>,
) -> Result<T, sqlx::Error>
where
    T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    sqlx::query_as(statement)
        .bind(asked.from.0)
        .bind(asked.to.0)
        .bind(asked.project.map(ProjectId::as_str))
        .fetch_one(&mut **moment)
        .await
}
