//! What callers were promised and are owed, as people and the switchboard ask about it. How facts make it: `owed`.
use std::collections::BTreeSet;

use gudok_model::{GroupId, OperatorId, PhoneNumber, ProjectId, RequestKind, Wall};
use serde::Serialize;
use sqlx::FromRow;

use crate::fold::slug;
use crate::sql;
use crate::store::{QueryError, Store};

/// Most requests of one answer.
pub const REQUESTS_MAX: u32 = 1_000;
/// Most open requests that a start takes up again: those beyond, the least urgent, are for people.
pub const OWED_MAX: u32 = 8_192;

/// One request.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct RequestRow {
    /// Its number: that of the journal's record which tells of it.
    pub request_id: i64,
    /// Whose caller it was.
    pub project: String,
    /// `callback`, `missed` or `voicemail`.
    pub kind: String,
    /// How it came: `call`, `web` or `api`.
    pub source: String,
    /// `requested`, `scheduled`, `leased`, `dialing`, `connected`, `retry_wait`, `exhausted`, `blocked_by_law`, `by_hand`; `done`
    /// or `cancelled` when it is closed.
    pub state: String,
    /// Nobody and no talk has closed it.
    pub open: bool,
    /// Whom to call, E.164; None: nobody knows.
    pub number: Option<String>,
    /// The group that owes it; None: everybody.
    pub owner: Option<String>,
    /// The number of ours it belongs to, where no call says it.
    pub line: Option<String>,
    /// When it was promised. Microseconds since 1970, here and below.
    pub created_at: i64,
    /// By when.
    pub due_at: i64,
    /// Not to be called sooner.
    pub not_before: Option<i64>,
    /// The call by which it came; of a request without one, an id of its own.
    pub call_id: String,
    /// How often it was promised while it was open.
    pub asked: i64,
    /// By which call last.
    pub last_call_id: String,
    /// Of a message: how long it is. Milliseconds.
    pub length_ms: Option<i64>,
    /// How long the caller had waited who left a queue by a key for it. Milliseconds.
    pub waited_ms: Option<i64>,
    /// What whoever asked says of it.
    pub note: Option<String>,
    /// On which ground they are called.
    pub basis: Option<String>,
    /// The place in a queue that is kept: JSON, as the journal has it.
    #[serde(skip)]
    pub place: Option<String>,
    /// What whoever calls has to know: JSON, as the journal has it.
    #[serde(skip)]
    pub needs: Option<String>,
    /// When whoever is to be called has asked for it themself last.
    #[serde(skip)]
    pub wished_at: Option<i64>,
    /// The state as it was told last: JSON, as the journal has it.
    #[serde(skip)]
    pub told: Option<String>,
    /// Whose phone rings for it, or rang last.
    pub lease_by: Option<String>,
    /// Grows with each lease.
    pub epoch: i64,
    /// How often the number was dialled for it.
    pub attempts: i64,
    /// How often in vain since it was asked for last, as the switchboard counts it: who asks again has all attempts anew.
    #[serde(skip)]
    pub tries: i64,
    /// When it is next.
    pub next_at: Option<i64>,
    /// Which rule forbids it.
    pub rule: Option<String>,
    /// The call by which the number was spoken with.
    pub contact_call: Option<String>,
    /// When that talk began.
    pub contact_at: Option<i64>,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// By whom; `caller`: was answered when calling again.
    pub closed_by: Option<String>,
    /// What they say of it.
    pub closed_note: Option<String>,
    /// The number the caller had dialled, E.164.
    pub did: Option<String>,
    /// Who the caller is, where that is known.
    pub client_name: Option<String>,
    /// Of a message: the file it is in, under the recordings folder.
    pub recording: Option<String>,
}

/// How many are open.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct OpenRequests {
    /// `callback`, `missed` or `voicemail`.
    pub kind: String,
    /// Open.
    pub open: i64,
    /// Of them: due before now.
    pub overdue: i64,
    /// When the oldest of them was promised. Microseconds since 1970.
    pub oldest_at: Option<i64>,
}

/// What one group owes the callers of one project: calls back and messages, and apart from them whom nobody answered.
#[derive(Clone, PartialEq, Eq, Debug, FromRow)]
pub struct OwedBy {
    /// Whose callers they are.
    pub project: String,
    /// The group that owes it; None: everybody.
    pub owner: Option<String>,
    /// Open.
    pub open: i64,
    /// Of them: due before now.
    pub overdue: i64,
    /// When the oldest of them was promised. Microseconds since 1970.
    pub oldest_at: Option<i64>,
    /// Whom nobody answered, and has talked with since.
    pub missed: i64,
    /// Of them: to be called before now.
    pub missed_overdue: i64,
    /// Of all of them: nobody could be reached at the last try.
    pub exhausted: i64,
}

/// An operator who looks for what is theirs to do: what nobody in particular owes, what these groups owe, and what they have in hand
/// or took last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Owing<'a> {
    /// Who.
    pub operator: &'a OperatorId,
    /// For which groups they work now.
    pub groups: &'a BTreeSet<GroupId>,
}

impl Owing<'_> {
    /// A JSON array.
    pub(crate) fn groups(&self) -> String {
        let groups: Vec<&str> = self.groups.iter().map(GroupId::as_str).collect();
        serde_json::to_string(&groups).unwrap_or_default()
    }

    pub(crate) fn operator(&self) -> &str {
        self.operator.as_str()
    }
}

impl Store {
    /// The open requests, the one that is due first first; with `closed` all, the latest first. At most [`REQUESTS_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn requests(
        &self,
        project: Option<&ProjectId>,
        closed: bool,
    ) -> Result<Vec<RequestRow>, QueryError> {
        self.requests_shown(project, closed, None).await
    }

    /// The same, of those that an operator may see.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn requests_owed_by(
        &self,
        project: &ProjectId,
        closed: bool,
        owing: &Owing<'_>,
    ) -> Result<Vec<RequestRow>, QueryError> {
        self.requests_shown(Some(project), closed, Some(owing))
            .await
    }

    async fn requests_shown(
        &self,
        project: Option<&ProjectId>,
        closed: bool,
        owing: Option<&Owing<'_>>,
    ) -> Result<Vec<RequestRow>, QueryError> {
        let list = if closed {
            sql::owed::REQUESTS_OF_LATE
        } else {
            sql::owed::REQUESTS_OPEN
        };
        let rows = sqlx::query_as(list)
            .bind(project.map(ProjectId::as_str))
            .bind(REQUESTS_MAX)
            .bind(owing.map(Owing::groups))
            .bind(owing.map(Owing::operator))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list what callers were promised"))
    }

    /// The open ones that the switchboard takes up again at a start: promises before missed calls, the one that is due first first. At
    /// most [`OWED_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_owed(&self) -> Result<Vec<RequestRow>, QueryError> {
        let rows = sqlx::query_as(sql::owed::REQUESTS_TO_CALL)
            .bind(None::<&str>)
            .bind(OWED_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list what callers were promised"))
    }

    /// One request by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn request(&self, number: i64) -> Result<Option<RequestRow>, QueryError> {
        let row = sqlx::query_as(sql::owed::REQUEST)
            .bind(number)
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find what a caller was promised"))
    }

    /// The open request of a number; of messages there may be many, and this finds none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn request_of(
        &self,
        project: &ProjectId,
        number: &PhoneNumber,
        kind: RequestKind,
    ) -> Result<Option<RequestRow>, QueryError> {
        let row = sqlx::query_as(sql::owed::REQUEST_OF_KEY)
            .bind(project.as_str())
            .bind(number.as_str())
            .bind(slug(&kind))
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find what a number was promised"))
    }

    /// How many of each kind are open, and how many of those are overdue at this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_requests(&self, at: Wall) -> Result<Vec<OpenRequests>, QueryError> {
        let rows = sqlx::query_as(sql::owed::REQUESTS_COUNT)
            .bind(at.0)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("count what callers were promised"))
    }

    /// Promises that these calls closed, the earliest first.
    pub(crate) async fn promises_closed_by(
        &self,
        calls: &[String],
    ) -> Result<Vec<RequestRow>, sqlx::Error> {
        let calls = serde_json::to_string(calls).unwrap_or_default();
        let rows = sqlx::query_as(sql::owed::REQUESTS_CLOSED_BY).bind(calls);
        rows.fetch_all(&self.readers).await
    }

    /// What each group owes the callers of each project at this moment, however much it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owed_by_group(&self, at: Wall) -> Result<Vec<OwedBy>, QueryError> {
        let rows = sqlx::query_as(sql::owed::REQUESTS_OWED)
            .bind(at.0)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("sum up what callers are owed"))
    }
}
