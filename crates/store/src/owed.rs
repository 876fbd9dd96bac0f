//! What facts do to requests and to the register of missed calls, in the transaction of the facts themselves: who calls again and
//! is answered is owed no call back from that moment.
mod back;
mod moved;
mod refused;

use gudok_model::{
    CallEvent, GroupId, Outcome, PhoneNumber, QueueId, RequestDetail, RequestEnd, RequestKind,
    RequestOutcome, Wall,
};
use serde::Serialize;
use sqlx::{Sqlite, Transaction};

use crate::fold::{UNKNOWN_PROJECT, slug};
use crate::row::{CallRow, Fact};
use crate::sql;
use back::Back;
use moved::Moved;
use refused::Refused;

/// In their order.
#[derive(Default)]
pub(crate) struct Changes(Vec<Change>);

enum Change {
    Opened(Box<Opened>),
    Moved(Box<Moved>),
    Over(Over),
    Back(Box<Back>),
    Refused(Box<Refused>),
    Closed(Closed),
    Missed(Missed),
    Talked(Talk),
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
    detail: RequestDetail,
}

/// The machine says that the open request of a key is over.
struct Over {
    at: i64,
    project: String,
    number: String,
    kind: RequestKind,
    end: RequestOutcome,
    contact: Option<String>,
    note: Option<String>,
}

/// People say it of one by its number.
struct Closed {
    request: i64,
    at: i64,
    end: RequestEnd,
    by: String,
    note: Option<String>,
}

/// A row of the register.
struct Missed {
    at: i64,
    project: String,
    call: String,
    number: Option<String>,
    owner: Option<String>,
    queue: Option<String>,
    short: bool,
}

/// Somebody to whom a call may be owed has talked with an operator.
#[derive(Serialize)]
struct Talk {
    seq: i64,
    at: i64,
    /// Since when: what was promised to somebody else of that number meanwhile stands.
    since: i64,
    project: String,
    call: String,
    number: String,
    /// Who is said to have closed it: `caller`, or the operator who called.
    by: String,
    /// `in` or `out`.
    way: &'static str,
}

/// Whose request a fact is about, where it says so.
pub(crate) fn project_of_request(event: &CallEvent) -> Option<&str> {
    match event {
        CallEvent::CallsRefused { refusal } => Some(refusal.project.as_str()),
        CallEvent::Requested { detail, .. } => detail.project.as_ref().map(|it| it.as_str()),
        CallEvent::RequestMoved { project, .. }
        | CallEvent::RequestOver { project, .. }
        | CallEvent::RequestBack { project, .. }
        | CallEvent::CallsAllowed { project, .. } => Some(project.as_str()),
        _ => None,
    }
}

/// Whether a fact makes no call of what is known by none: requests of forms and programs have ids of their own.
pub(crate) fn needs_no_call(event: &CallEvent) -> bool {
    let closes = matches!(event, CallEvent::RequestClosed { .. });
    closes || project_of_request(event).is_some()
}

impl Changes {
    /// Takes a fact of this call, or of a request that came by none; most do nothing here.
    pub(crate) fn push(&mut self, fact: &Fact, call: Option<&CallRow>) {
        let project = project_of_request(&fact.event)
            .or(call.map(|call| call.project.as_str()))
            .unwrap_or(UNKNOWN_PROJECT);
        let change = match &fact.event {
            CallEvent::Requested { .. } => opened(fact, project),
            CallEvent::RequestMoved { .. } => Moved::of(fact).map(Box::new).map(Change::Moved),
            CallEvent::RequestOver { .. } => over(fact),
            CallEvent::RequestBack { .. } => Back::of(fact).map(Box::new).map(Change::Back),
            CallEvent::CallsRefused { .. } | CallEvent::CallsAllowed { .. } => {
                Refused::of(fact).map(Box::new).map(Change::Refused)
            }
            CallEvent::RequestClosed { .. } => closed(fact),
            CallEvent::Missed {
                number,
                group,
                queue,
                short,
            } => Some(missed(fact, project, (number, group, queue), *short)),
            // A bridge alone is no talk: it may be taken back when nobody is heard at the phone (behaviour 5.3).
            CallEvent::Ended { outcome, .. } => talked(fact, *outcome, call),
            _ => None,
        };
        self.0.extend(change);
    }

    /// Applies them. Talks that follow each other cost one statement.
    pub(crate) async fn write(
        self,
        transaction: &mut Transaction<'_, Sqlite>,
    ) -> Result<(), sqlx::Error> {
        let mut talks = Vec::new();
        for change in self.0 {
            if let Change::Talked(talk) = change {
                talks.push(talk);
                continue;
            }
            contacted(transaction, &mut talks).await?;
            match change {
                Change::Opened(row) => row.write(transaction).await?,
                Change::Moved(row) => row.write(transaction).await?,
                Change::Over(row) => row.write(transaction).await?,
                Change::Back(row) => row.write(transaction).await?,
                Change::Refused(row) => row.write(transaction).await?,
                Change::Closed(row) => row.write(transaction).await?,
                Change::Missed(row) => row.write(transaction).await?,
                Change::Talked(_) => {}
            }
        }
        contacted(transaction, &mut talks).await
    }
}

fn opened(fact: &Fact, project: &str) -> Option<Change> {
    let CallEvent::Requested {
        kind,
        number,
        due,
        group,
        length_ms,
        waited_ms,
        detail,
    } = &fact.event
    else {
        return None;
    };
    Some(Change::Opened(Box::new(Opened {
        seq: int(fact.seq),
        at: fact.at.0,
        project: project.to_owned(),
        call: fact.call.to_string(),
        kind: *kind,
        number: number.as_ref().map(ToString::to_string),
        owner: group.as_ref().map(ToString::to_string),
        due: due.0,
        length_ms: length_ms.map(int),
        waited_ms: waited_ms.map(int),
        detail: (**detail).clone(),
    })))
}

fn over(fact: &Fact) -> Option<Change> {
    let CallEvent::RequestOver {
        project,
        number,
        kind,
        end,
        contact,
        note,
    } = &fact.event
    else {
        return None;
    };
    Some(Change::Over(Over {
        at: fact.at.0,
        project: project.to_string(),
        number: number.to_string(),
        kind: *kind,
        end: end.clone(),
        contact: contact.as_ref().map(ToString::to_string),
        note: note.clone(),
    }))
}

fn closed(fact: &Fact) -> Option<Change> {
    let CallEvent::RequestClosed {
        request,
        end,
        by,
        note,
    } = &fact.event
    else {
        return None;
    };
    Some(Change::Closed(Closed {
        request: int(*request),
        at: fact.at.0,
        end: *end,
        by: by.clone(),
        note: note.clone(),
    }))
}

type Whom<'a> = (
    &'a Option<PhoneNumber>,
    &'a Option<GroupId>,
    &'a Option<QueueId>,
);

fn missed(fact: &Fact, project: &str, (number, group, queue): Whom<'_>, short: bool) -> Change {
    Change::Missed(Missed {
        at: fact.at.0,
        project: project.to_owned(),
        call: fact.call.to_string(),
        number: number.as_ref().map(ToString::to_string),
        owner: group.as_ref().map(ToString::to_string),
        queue: queue.as_ref().map(ToString::to_string),
        short,
    })
}

fn talked(fact: &Fact, outcome: Outcome, call: Option<&CallRow>) -> Option<Change> {
    let call = call.filter(|call| is_contact(outcome, call))?;
    let is_out = call.direction.is_some();
    let by = call.operator.clone().filter(|_| is_out);
    Some(Change::Talked(Talk {
        seq: int(fact.seq),
        at: fact.at.0,
        since: call.bridged_at.unwrap_or(fact.at.0),
        project: call.project.clone(),
        call: call.call_id.clone(),
        number: call.caller_e164.clone()?,
        by: by.unwrap_or_else(|| if is_out { "contact" } else { "caller" }.to_owned()),
        way: if is_out { "out" } else { "in" },
    }))
}

/// Somebody of ours has talked with the number. Whom we called, and who hung up at the notice, was not talked with.
fn is_contact(outcome: Outcome, call: &CallRow) -> bool {
    match outcome {
        Outcome::Answered => true,
        Outcome::Out { reached } => reached && call.bridged_at.is_some(),
        _ => false,
    }
}

async fn contacted(
    transaction: &mut Transaction<'_, Sqlite>,
    talks: &mut Vec<Talk>,
) -> Result<(), sqlx::Error> {
    let talks = std::mem::take(talks);
    crate::project::write(transaction, sql::owed::REQUESTS_CONTACTED, &talks).await?;
    crate::project::write(transaction, sql::owed::MISSED_CONTACTED, &talks).await
}

impl Opened {
    async fn write(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        let detail = self.detail;
        let needs = (!detail.needs.is_empty()).then_some(&detail.needs);
        let needs = needs.and_then(|needs| serde_json::to_string(needs).ok());
        let wished = (!detail.unasked && self.kind == RequestKind::Callback).then_some(self.at);
        let inserting = sqlx::query(sql::owed::REQUEST_INSERT)
            .bind(self.seq)
            .bind(self.project)
            .bind(slug(&self.kind))
            .bind(slug(&detail.source))
            .bind(self.number)
            .bind(self.owner)
            .bind(detail.line.map(|line| line.to_string()))
            .bind(self.at)
            .bind(self.due)
            .bind(detail.not_before.map(|Wall(at)| at))
            .bind(self.call)
            .bind(self.length_ms)
            .bind(self.waited_ms)
            .bind(detail.note)
            .bind(detail.basis.map(|basis| basis.to_string()))
            .bind(detail.place.and_then(|it| serde_json::to_string(&it).ok()))
            .bind(needs)
            .bind(wished);
        inserting.execute(&mut **transaction).await.map(|_| ())
    }
}

impl Over {
    /// What somebody says is not needed is closed in the register too, with their reason; what a talk closes is closed by the talk.
    async fn write(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        let said_by = match &self.end {
            RequestOutcome::CancelledBy { who } => Some(who.as_str()),
            end @ RequestOutcome::Dnc => Some(end.word()),
            RequestOutcome::Done | RequestOutcome::CancelledByCustomer => None,
        };
        if let (RequestKind::Missed, Some(who)) = (self.kind, said_by) {
            let missed = sqlx::query(sql::owed::MISSED_CANCELLED)
                .bind(&self.project)
                .bind(&self.number)
                .bind(self.at)
                .bind(who)
                .bind(&self.note);
            missed.execute(&mut **transaction).await?;
        }
        let (state, by) = match self.end {
            RequestOutcome::Done => ("done", "contact".to_owned()),
            RequestOutcome::CancelledByCustomer => ("cancelled", "caller".to_owned()),
            RequestOutcome::CancelledBy { who } => ("cancelled", who),
            RequestOutcome::Dnc => ("cancelled", "dnc".to_owned()),
        };
        let ending = sqlx::query(sql::owed::REQUEST_OVER)
            .bind(self.project)
            .bind(self.number)
            .bind(slug(&self.kind))
            .bind(state)
            .bind(self.at)
            .bind(by)
            .bind(self.note)
            .bind(self.contact);
        ending.execute(&mut **transaction).await.map(|_| ())
    }
}

impl Closed {
    async fn write(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        // Sooner than the request: one that is closed already closes nothing more.
        let missed = sqlx::query(sql::owed::MISSED_CLOSE)
            .bind(self.request)
            .bind(self.at)
            .bind(&self.by)
            .bind(&self.note);
        missed.execute(&mut **transaction).await?;
        let closing = sqlx::query(sql::owed::REQUEST_CLOSE)
            .bind(self.request)
            .bind(slug(&self.end))
            .bind(self.at)
            .bind(self.by)
            .bind(self.note);
        closing.execute(&mut **transaction).await.map(|_| ())
    }
}

impl Missed {
    async fn write(self, transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
        let inserting = sqlx::query(sql::owed::MISSED_INSERT)
            .bind(self.call)
            .bind(self.project)
            .bind(self.number)
            .bind(self.owner)
            .bind(self.queue)
            .bind(self.at)
            .bind(self.short);
        inserting.execute(&mut **transaction).await.map(|_| ())
    }
}

fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
