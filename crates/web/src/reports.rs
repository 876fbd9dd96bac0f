//! Figures of a span of the own project over HTTP, for supervisors and admins.
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use gudok_model::{ProjectId, Role};
use serde_json::Value;

use crate::api::{App, Refusal, Shared};
use crate::parts::{ReportBy, ReportQuery};
use crate::readers::Reader;
use crate::tokens::Session;

/// Longest T, longest `short` and longest `within`: a day. Seconds.
const SECS_MAX: u32 = 86_400;
/// Longest span of shifts: 400 days. Microseconds.
const SHIFTS_MAX_US: i64 = 400 * 86_400_000_000;
/// From 2000 to 2200: moments of shifts. Microseconds since 1970.
const MOMENTS: std::ops::RangeInclusive<i64> = 946_684_800_000_000..=7_258_118_400_000_000;

/// `GET /api/v1/report`.
pub(crate) async fn report(
    State(app): Shared,
    session: Session,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let mut reader = supervisor(&app, session).await?;
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    fits(&query)?;
    let other = query.project.as_deref().map(ProjectId::from);
    if let Some(other) = other.filter(|other| *other != reader.project) {
        if reader.role != Role::Admin {
            return Err(Refusal::Forbidden);
        }
        reader.project = other;
    }
    let report = app.parts.records.report(&reader, &query);
    Ok(Json(report.await?))
}

async fn supervisor(app: &App, session: Session) -> Result<Reader, Refusal> {
    let reader = app.reader(session).await?;
    if reader.role.supervises() {
        return Ok(reader);
    }
    tracing::warn!(operator = %reader.operator, "figures are asked for by who does not supervise");
    Err(Refusal::Supervisors)
}

fn fits(query: &ReportQuery) -> Result<(), Refusal> {
    let wrong = |why: &str| Err(Refusal::BadRequest(why.to_owned()));
    if query.from >= query.to {
        return wrong("from must be before to");
    }
    let narrowed = [&query.group, &query.operator, &query.project];
    let is_shifts = query.by == ReportBy::Shifts;
    if !is_shifts && narrowed.iter().any(|it| it.is_some()) {
        return wrong("group, operator and project are of by=shifts");
    }
    if is_shifts && query.to.saturating_sub(query.from) > SHIFTS_MAX_US {
        return wrong("by=shifts tells 400 days at most");
    }
    let is_of_shifts = |at: &i64| MOMENTS.contains(at);
    if is_shifts && ![query.from, query.to].iter().all(is_of_shifts) {
        return wrong("by=shifts tells of 2000 to 2200");
    }
    let secs = 1..=SECS_MAX;
    if [query.t, query.short, query.within]
        .iter()
        .any(|it| !secs.contains(it))
    {
        return wrong("t, short and within are seconds, 1 to 86400");
    }
    Ok(())
}
