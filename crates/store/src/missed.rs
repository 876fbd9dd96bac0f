//! The register of missed calls: each call that came in and that nobody answered is a row with an owner. A talk with its number
//! makes it good, whoever called whom; without one only an admin closes it, who says why.
use gudok_model::ProjectId;
use serde::Serialize;
use sqlx::FromRow;

use crate::requests::Owing;
use crate::sql;
use crate::store::{QueryError, Store};

/// Most missed calls of one answer.
pub const MISSED_MAX: u32 = 1_000;

/// One missed call.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, FromRow)]
pub struct MissedRow {
    /// Which.
    pub call_id: String,
    /// Whose caller it was.
    pub project: String,
    /// Whom to call, E.164; None: the number was withheld.
    pub number: Option<String>,
    /// The group that owes a call; None: everybody.
    pub owner: Option<String>,
    /// The queue it was in last.
    pub queue: Option<String>,
    /// The number it had dialled, E.164.
    pub did: Option<String>,
    /// Who the caller is, where that is known.
    pub client_name: Option<String>,
    /// The outcome of the call.
    pub outcome: Option<String>,
    /// How long it waited. Milliseconds.
    pub waited_ms: Option<i64>,
    /// When it was over. Microseconds since 1970, here and below.
    pub missed_at: i64,
    /// Left within seconds: nobody is asked to call.
    pub short: bool,
    /// Somebody is to call, and nobody has talked with the number since.
    pub open: bool,
    /// The open request to call this number.
    pub request_id: Option<i64>,
    /// Whose phone rings for that, or rang last.
    pub lease_by: Option<String>,
    /// The call by which the number was spoken with.
    pub contact_call: Option<String>,
    /// When that talk began.
    pub contact_at: Option<i64>,
    /// `in`: they called again; `out`: they were called.
    pub contact_way: Option<String>,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// By whom; `caller`: by calling again.
    pub closed_by: Option<String>,
    /// Why, where there was no talk.
    pub closed_note: Option<String>,
}

impl Store {
    /// The missed calls that nobody has made good, by owner, the oldest first; with `all` the others too, the latest first. At
    /// most [`MISSED_MAX`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn missed(
        &self,
        project: Option<&ProjectId>,
        all: bool,
    ) -> Result<Vec<MissedRow>, QueryError> {
        self.missed_shown(project, all, None).await
    }

    /// The same, of those that an operator may see.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn missed_owed_by(
        &self,
        project: &ProjectId,
        all: bool,
        owing: &Owing<'_>,
    ) -> Result<Vec<MissedRow>, QueryError> {
        self.missed_shown(Some(project), all, Some(owing)).await
    }

    async fn missed_shown(
        &self,
        project: Option<&ProjectId>,
        all: bool,
        owing: Option<&Owing<'_>>,
    ) -> Result<Vec<MissedRow>, QueryError> {
        let list = if all {
            sql::owed::MISSED_OF_LATE
        } else {
            sql::owed::MISSED_OPEN
        };
        let rows = sqlx::query_as(list)
            .bind(project.map(ProjectId::as_str))
            .bind(MISSED_MAX)
            .bind(owing.map(Owing::groups))
            .bind(owing.map(Owing::operator))
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list the missed calls"))
    }
}
