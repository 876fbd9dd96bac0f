//! What people ask about calls.
use std::collections::BTreeMap;

use gudok_model::{CallId, GroupId, NO_DISPOSITION, OperatorId, PhoneNumber, ProjectId, Wall};
use serde::Serialize;
use sqlx::FromRow;

use crate::open::{
    CURSOR_FACTS, LeftOpen, OPEN_MAX, OpenCallRow, OpenOffer, OpenOfferRow, OpenWait, OpenWaitRow,
};
use crate::row::{CallRow, EventRow, LegRow, OfferRow};
use crate::sql;
use crate::store::{QueryError, Store};

/// Most calls of one answer.
pub const CALLS_MAX: u32 = 1000;
/// Most regions of one report: more than there are.
pub const REGIONS_MAX: u32 = 200;
/// Most facts of one story; a call has some dozens.
pub const EVENTS_MAX: u32 = 10_000;

/// Which calls. Everything that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallFilter {
    /// Arrived at this moment or later.
    pub from: Option<Wall>,
    /// Arrived before.
    pub to: Option<Wall>,
    /// Called from, or called, this number.
    pub number: Option<PhoneNumber>,
    /// The outcome's word, such as `abandoned_queue`.
    pub outcome: Option<String>,
    /// The caller's number was issued there: the code of a subject, such as `RU-IRK`.
    pub region: Option<String>,
    /// Of this business only.
    pub project: Option<ProjectId>,
    /// In which this operator talked, or which they dialled.
    pub of: Option<OperatorId>,
    /// Only those whose talk was rated low.
    pub rated_low: bool,
    /// At most this many; 0 stands for [`CALLS_MAX`], which is also the limit.
    pub limit: u32,
}

/// One call with everything that is known.
#[derive(Clone, PartialEq, Debug)]
pub struct CallStory {
    /// The call.
    pub call: CallRow,
    /// Its legs in order of dialling; 0 is the caller's.
    pub legs: Vec<LegRow>,
    /// Its offers in order.
    pub offers: Vec<OfferRow>,
    /// Its facts in order.
    pub events: Vec<EventRow>,
}

/// Calls of one region.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct RegionCalls {
    /// Code of the subject; empty where it is not known.
    pub region: String,
    /// All of them.
    pub calls: i64,
    /// That came as far as a queue.
    pub queued: i64,
    /// That talked with an operator.
    pub answered: i64,
    /// What those waited in all. Milliseconds.
    pub waited_ms: i64,
    /// What was talked in all. Milliseconds.
    pub talk_ms: i64,
}

/// What the beginning of an id stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// This call.
    One(CallId),
    /// No call.
    None,
    /// More than one: more characters are needed.
    Many,
}

impl Store {
    /// Calls that pass the filter, latest first.
    pub async fn calls(&self, filter: &CallFilter) -> Result<Vec<CallRow>, QueryError> {
        let limit = if filter.limit == 0 {
            CALLS_MAX
        } else {
            filter.limit.min(CALLS_MAX)
        };
        sqlx::query_as(sql::CALLS)
            .bind(filter.from.map_or(i64::MIN, |from| from.0))
            .bind(filter.to.map_or(i64::MAX, |to| to.0))
            .bind(filter.number.as_ref().map(PhoneNumber::as_str))
            .bind(filter.outcome.as_deref())
            .bind(filter.project.as_ref().map(ProjectId::as_str))
            .bind(filter.region.as_deref())
            .bind(filter.rated_low)
            .bind(limit)
            .bind(filter.of.as_ref().map(OperatorId::as_str))
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("list calls"))
    }

    /// Whether this operator talked in this call, or dialled it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_call_of(
        &self,
        call: CallId,
        operator: &OperatorId,
    ) -> Result<bool, QueryError> {
        sqlx::query_scalar(sql::CALL_IS_OF)
            .bind(call.to_string())
            .bind(operator.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("say whose call it was"))
    }

    /// Callers who were asked how a talk was in calls that arrived at `from` or later, and when last, the latest first. At
    /// most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn surveyed(
        &self,
        from: Wall,
        limit: usize,
    ) -> Result<Vec<(PhoneNumber, Wall)>, QueryError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(sql::SURVEYED)
            .bind(from.0)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("list who was asked after talks"))?;
        let caller =
            |(number, at): (String, i64)| Some((PhoneNumber::try_from(number).ok()?, Wall(at)));
        Ok(rows.into_iter().filter_map(caller).collect())
    }

    /// Calls that arrived at `from` or later and before `to`, by the region of their caller, busiest first: every call once,
    /// those of nowhere too. At most [`REGIONS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn calls_by_region(
        &self,
        from: Wall,
        to: Wall,
    ) -> Result<Vec<RegionCalls>, QueryError> {
        sqlx::query_as(sql::CALLS_BY_REGION)
            .bind(from.0)
            .bind(to.0)
            .bind(REGIONS_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("count calls by region"))
    }

    /// Calls of which one of these is a party's number of the Session-ID, or which have one of these ids; latest first. A
    /// log has the header as one of the two sides said it, so either of its numbers may be the one that is known. At most
    /// [`CALLS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn calls_of_session(
        &self,
        numbers: [&str; 2],
        calls: [Option<CallId>; 2],
    ) -> Result<Vec<CallRow>, QueryError> {
        let ids = calls.map(|call| call.map(|call| call.to_string()));
        let [first, last] = ids;
        sqlx::query_as(sql::CALLS_BY_SESSION_ID)
            .bind(numbers[0])
            .bind(numbers[1])
            .bind(first)
            .bind(last)
            .bind(CALLS_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("find calls by their Session-ID"))
    }

    /// What the calls of a number that were answered at `from` or later have cost, as `(seconds, kopecks)`: each in started
    /// units of `unit_secs`, at `per_minute` kopecks, rounded to a kopeck. A call without an end counts up to `cut`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cost_since(
        &self,
        number: &PhoneNumber,
        from: Wall,
        (per_minute, unit_secs): (u32, u32),
        cut: Wall,
    ) -> Result<(u64, u64), QueryError> {
        let (secs, kopecks): (i64, i64) = sqlx::query_as(sql::CALLS_COST)
            .bind(number.as_str())
            .bind(from.0)
            .bind(per_minute)
            .bind(unit_secs)
            .bind(cut.0)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("sum up what calls have cost"))?;
        Ok((
            u64::try_from(secs).unwrap_or(0),
            u64::try_from(kopecks).unwrap_or(0),
        ))
    }

    /// Whether the call's recording is on record with this hash (SHA-256, hex).
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn knows_recording(&self, call: CallId, sha256: &str) -> Result<bool, QueryError> {
        sqlx::query_scalar(sql::RECORDING_KNOWN)
            .bind(call.to_string())
            .bind(sha256)
            .fetch_one(&self.readers)
            .await
            .map_err(QueryError::because("say whether a recording is known"))
    }

    /// One call with legs, offers and facts; nothing if there is none.
    pub async fn call(&self, call: CallId) -> Result<Option<CallStory>, QueryError> {
        let failed = QueryError::because("tell the story of a call");
        let id = call.to_string();
        let row = sqlx::query_as(sql::CALL)
            .bind(&id)
            .fetch_optional(&self.readers)
            .await;
        let Some(call) = row.map_err(&failed)? else {
            return Ok(None);
        };
        let legs = sqlx::query_as(sql::CALL_LEGS)
            .bind(&id)
            .fetch_all(&self.readers)
            .await;
        let offers = sqlx::query_as(sql::CALL_OFFERS)
            .bind(&id)
            .fetch_all(&self.readers)
            .await;
        let events = sqlx::query_as(sql::CALL_EVENTS).bind(&id).bind(EVENTS_MAX);
        let events = events.fetch_all(&self.readers).await;
        Ok(Some(CallStory {
            call,
            legs: legs.map_err(&failed)?,
            offers: offers.map_err(&failed)?,
            events: events.map_err(&failed)?,
        }))
    }

    /// Everything the record has no end of. Asked at the start, before any call: this is what a crash has cut, and the
    /// wrap-ups that the end of a run interrupted. At most [`OPEN_MAX`] of each; the rest is told at the next start.
    pub async fn left_open(&self) -> Result<LeftOpen, QueryError> {
        let failed = QueryError::because("list what the last run left open");
        let calls = sqlx::query_as(sql::CALLS_OPEN).bind(OPEN_MAX);
        let calls = calls.fetch_all(&self.readers).await;
        let legs = sqlx::query_as(sql::LEGS_OPEN).bind(OPEN_MAX);
        let legs = legs.fetch_all(&self.readers).await;
        let offers = sqlx::query_as(sql::OFFERS_OPEN).bind(OPEN_MAX);
        let offers = offers.bind(NO_DISPOSITION).fetch_all(&self.readers).await;
        let unwrapped = sqlx::query_as(sql::OFFERS_UNWRAPPED).bind(OPEN_MAX);
        let unwrapped = unwrapped
            .bind(NO_DISPOSITION)
            .fetch_all(&self.readers)
            .await;
        let messages = sqlx::query_as(sql::MESSAGES_OPEN).bind(OPEN_MAX);
        let messages = messages.fetch_all(&self.readers).await;
        let calls: Vec<OpenCallRow> = calls.map_err(&failed)?;
        let ids: Vec<&str> = calls.iter().map(|call| call.call_id.as_str()).collect();
        let waiting = self.waited(&ids).await;
        let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
        let promises = self.promises_closed_by(&ids).await;
        let left = LeftOpen::of(
            calls,
            legs.map_err(&failed)?,
            offers.map_err(&failed)?,
            unwrapped.map_err(&failed)?,
            messages.map_err(&failed)?,
            waiting.map_err(&failed)?,
        );
        let promises = promises.map_err(&failed)?;
        Ok(LeftOpen { promises, ..left })
    }

    /// Places of callers whom crashes cut off at `since` or later while they waited, and when that was; of those who have talked
    /// with nobody since. At most [`OPEN_MAX`] calls are looked at.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn places_cut(&self, since: Wall) -> Result<Vec<(OpenWait, Wall)>, QueryError> {
        let failed = QueryError::because("list who was cut off while waiting");
        let cut: Vec<(String, i64)> = sqlx::query_as(sql::CALLS_CUT)
            .bind(since.0)
            .bind(OPEN_MAX)
            .fetch_all(&self.readers)
            .await
            .map_err(&failed)?;
        let ids: Vec<&str> = cut.iter().map(|(call, _)| call.as_str()).collect();
        let waited = self.waited(&ids).await.map_err(&failed)?;
        let ends: BTreeMap<&str, i64> = cut.iter().map(|(call, at)| (&**call, *at)).collect();
        let places = waited.into_iter().filter_map(|row| {
            let at = ends.get(row.call_id.as_str())?;
            Some((OpenWait::of(row)?, Wall(*at)))
        });
        Ok(places.collect())
    }

    /// What is to know of talks that a crash has cut and no offer led to, of each call with an operator: dialled, or had from a
    /// colleague.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn talks_cut(
        &self,
        talks: &[(CallId, OperatorId)],
    ) -> Result<Vec<OpenOffer>, QueryError> {
        let talks = talks
            .iter()
            .map(|(call, who)| [call.to_string(), who.to_string()]);
        let talks: Vec<[String; 2]> = talks.collect();
        let talks = serde_json::to_string(&talks).unwrap_or_default();
        let rows: Vec<OpenOfferRow> = sqlx::query_as(sql::TALKS_CUT)
            .bind(talks)
            .bind(NO_DISPOSITION)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("tell which talks were cut"))?;
        Ok(rows.into_iter().filter_map(OpenOffer::of).collect())
    }

    async fn waited(&self, calls: &[&str]) -> Result<Vec<OpenWaitRow>, sqlx::Error> {
        let calls = serde_json::to_string(calls).unwrap_or_default();
        let waited = sqlx::query_as(sql::WAITED).bind(calls);
        waited.fetch_all(&self.readers).await
    }

    /// Whom each group asked last, as far as it did within the last [`CURSOR_FACTS`] facts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cursors(&self) -> Result<BTreeMap<GroupId, OperatorId>, QueryError> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(sql::CURSORS)
            .bind(CURSOR_FACTS)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("tell whom groups asked last"))?;
        let cursors = rows.into_iter();
        let cursors = cursors.map(|(group, who, _)| (GroupId::new(group), OperatorId::new(who)));
        Ok(cursors.collect())
    }

    /// Who talked with the callers of the newest `most` answered calls since that moment whose number was shown, the latest at the
    /// end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_talks(
        &self,
        since: Wall,
        most: u32,
    ) -> Result<Vec<(PhoneNumber, OperatorId)>, QueryError> {
        let rows: Vec<(String, String)> = sqlx::query_as(sql::LAST_TALKS)
            .bind(since.0)
            .bind(most)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("tell who talked with whom last"))?;
        let talks = rows.into_iter().filter_map(|(number, who)| {
            Some((PhoneNumber::try_from(number).ok()?, OperatorId::new(who)))
        });
        Ok(talks.collect())
    }

    /// Number in the journal of the oldest fact at this moment or later: what lies before it may be forgotten there.
    pub async fn fact_since(&self, at: Wall) -> Result<Option<u64>, QueryError> {
        let seq: Option<i64> = sqlx::query_scalar(sql::FACT_SINCE)
            .bind(at.0)
            .fetch_optional(&self.readers)
            .await
            .map_err(QueryError::because("find the oldest fact to keep"))?;
        Ok(seq.and_then(|seq| u64::try_from(seq).ok()))
    }

    /// The call whose id begins so: people copy eight characters, not thirty-six.
    pub async fn find_call(&self, beginning: &str) -> Result<Found, QueryError> {
        let beginning = beginning.trim().to_ascii_lowercase();
        let ids: Vec<String> = sqlx::query_scalar(sql::CALLS_BY_PREFIX)
            .bind(&beginning)
            .fetch_all(&self.readers)
            .await
            .map_err(QueryError::because("find a call"))?;
        Ok(match ids.as_slice() {
            [] => Found::None,
            [id] => id.parse().map_or(Found::None, |id| Found::One(CallId(id))),
            _ => Found::Many,
        })
    }
}
