//! What callers were promised and are owed: how facts make and close requests, and what people ask about them.
//!
//! They are applied in the transaction of their facts: who calls again and is answered is owed no call back from that moment.
use gudok_model::{CallEvent, Outcome, ProjectId, RequestEnd, RequestKind, Wall};
use serde::Serialize;
use sqlx::{FromRow, Sqlite, Transaction};

use crate::fold::slug;
use crate::row::{CallRow, Fact};
use crate::sql;
use crate::store::{QueryError, Store};

/// Most requests of one answer.
pub const REQUESTS_MAX: u32 = 1_000;

/// One request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, FromRow)]
pub struct RequestRow {
    /// Its number: that of the journal's record which tells of it.
    pub request_id: i64,
    /// Whose caller it was.
    pub project: String,
    /// `callback` or `voicemail`.
    pub kind: String,
    /// `open`, `done` or `cancelled`.
    pub state: String,
    /// Whom to call, E.164; None: nobody knows.
    pub number: Option<String>,
    /// The group that owes it; None: everybody.
    pub owner: Option<String>,
    /// When it was promised. Microseconds since 1970, here and below.
    pub created_at: i64,
    /// By when.
    pub due_at: i64,
    /// The call by which it came.
    pub call_id: String,
    /// How often it was promised while it was open.
    pub asked: i64,
    /// By which call last.
    pub last_call_id: String,
    /// Of a message: how long it is. Milliseconds.
    pub length_ms: Option<i64>,
    /// How long the caller had waited who left a queue by a key for it. Milliseconds.
    pub waited_ms: Option<i64>,
    /// When it was closed.
    pub closed_at: Option<i64>,
    /// By whom; `caller`: was answered when calling again.
    pub closed_by: Option<String>,
    /// By which call, where it was the caller.
    pub closed_call: Option<String>,
    /// What was said of it.
    pub note: Option<String>,
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
    /// `callback` or `voicemail`.
    pub kind: String,
    /// Open.
    pub open: i64,
    /// Of them: due before now.
    pub overdue: i64,
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
        let list = if closed {
            sql::REQUESTS_OF_LATE
        } else {
            sql::REQUESTS_OPEN
        };
        let rows = sqlx::query_as(list)
            .bind(project.map(ProjectId::as_str))
            .bind(REQUESTS_MAX)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("list what callers were promised"))
    }

    /// One request by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn request(&self, number: i64) -> Result<Option<RequestRow>, QueryError> {
        let row = sqlx::query_as(sql::REQUEST)
            .bind(number)
            .fetch_optional(&self.readers)
            .await;
        row.map_err(QueryError::because("find what a caller was promised"))
    }

    /// How many of each kind are open, and how many of those are overdue at this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open_requests(&self, at: Wall) -> Result<Vec<OpenRequests>, QueryError> {
        let rows = sqlx::query_as(sql::REQUESTS_COUNT)
            .bind(at.0)
            .fetch_all(&self.readers)
            .await;
        rows.map_err(QueryError::because("count what callers were promised"))
    }
}

/// What the facts of a batch do to requests, in their order.
#[derive(Default)]
pub(crate) struct Changes(Vec<Change>);

enum Change {
    Opened(Opened),
    Closed(Closed),
    Answered(Answered),
}

struct Opened {
    seq: i64,
    at: i64,
    project: String,
    call: String,
    kind: RequestKind,
    number: Option<String>,
    owner: Option<String>,
    due: i64,
    length_ms: Option<i64>,
    waited_ms: Option<i64>,
}

struct Closed {
    request: i64,
    at: i64,
    end: RequestEnd,
    by: String,
    note: Option<String>,
}

/// A caller who may have been promised a call back has talked with an operator.
#[derive(Serialize)]
struct Answered {
    seq: i64,
    at: i64,
    /// Since when: what was promised to somebody else of that number meanwhile stands.
    since: i64,
    project: String,
    call: String,
    number: String,
}

impl Changes {
    /// Takes a fact of this call; most do nothing here.
    pub(crate) fn push(&mut self, fact: &Fact, call: &CallRow) {
        let (seq, at) = (int(fact.seq), fact.at.0);
        let change = match &fact.event {
            CallEvent::Requested {
                kind,
                number,
                due,
                group,
                length_ms,
                waited_ms,
                detail: _,
            } => Change::Opened(Opened {
                seq,
                at,
                project: call.project.clone(),
                call: call.call_id.clone(),
                kind: *kind,
                number: number.as_ref().map(ToString::to_string),
                owner: group.as_ref().map(ToString::to_string),
                due: due.0,
                length_ms: length_ms.map(int),
                waited_ms: waited_ms.map(int),
            }),
            CallEvent::RequestClosed {
                request,
                end,
                by,
                note,
            } => Change::Closed(Closed {
                request: int(*request),
                at,
                end: *end,
                by: by.clone(),
                note: note.clone(),
            }),
            // A bridge alone is no talk: it may be taken back when nobody is heard at the phone (behaviour 5.3).
            CallEvent::Ended { outcome, .. } if is_contact(*outcome, call) => {
                let Some(number) = call.caller_e164.clone() else {
                    return;
                };
                Change::Answered(Answered {
                    seq,
                    at,
                    since: call.bridged_at.unwrap_or(at),
                    project: call.project.clone(),
                    call: call.call_id.clone(),
                    number,
                })
            }
            _ => return,
        };
        self.0.push(change);
    }

    /// Applies them. Talks that follow each other cost one statement.
    pub(crate) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        let mut answered = Vec::new();
        for change in self.0 {
            if let Change::Answered(talk) = change {
                answered.push(talk);
                continue;
            }
            cancel(transaction, &mut answered).await?;
            match change {
                Change::Opened(row) => open(transaction, row).await?,
                Change::Closed(row) => close(transaction, row).await?,
                Change::Answered(_) => {}
            }
        }
        cancel(transaction, &mut answered).await
    }
}

async fn open(transaction: &mut Transaction<'_, Sqlite>, row: Opened) -> Result<(), sqlx::Error> {
    let inserting = sqlx::query(sql::REQUEST_INSERT)
        .bind(row.seq)
        .bind(row.project)
        .bind(slug(&row.kind))
        .bind(row.number)
        .bind(row.owner)
        .bind(row.at)
        .bind(row.due)
        .bind(row.call)
        .bind(row.length_ms)
        .bind(row.waited_ms);
    inserting.execute(&mut **transaction).await.map(|_| ())
}

async fn close(transaction: &mut Transaction<'_, Sqlite>, row: Closed) -> Result<(), sqlx::Error> {
    let closing = sqlx::query(sql::REQUEST_CLOSE)
        .bind(row.request)
        .bind(slug(&row.end))
        .bind(row.at)
        .bind(row.by)
        .bind(row.note);
    closing.execute(&mut **transaction).await.map(|_| ())
}

async fn cancel(
    transaction: &mut Transaction<'_, Sqlite>,
    talks: &mut Vec<Answered>,
) -> Result<(), sqlx::Error> {
    let talks = std::mem::take(talks);
    crate::project::write(transaction, sql::REQUESTS_ANSWERED, &talks).await
}

/// Somebody of ours has talked with the number. Whom we called, and who hung up at the notice, was not talked with.
fn is_contact(outcome: Outcome, call: &CallRow) -> bool {
    match outcome {
        Outcome::Answered => true,
        Outcome::Out { reached } => reached && call.bridged_at.is_some(),
        _ => false,
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
