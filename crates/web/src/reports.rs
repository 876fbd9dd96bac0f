//! Figures of a span over HTTP. For admins alone.
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde_json::Value;

use crate::api::{Refusal, Shared};
use crate::parts::ReportQuery;
use crate::plans::admin;
use crate::tokens::Session;

/// Longest T, longest `short` and longest `within`: a day. Seconds.
const SECS_MAX: u32 = 86_400;

/// `GET /api/v1/report`.
pub(crate) async fn report(
    State(app): Shared,
    session: Session,
    query: Result<Query<ReportQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    admin(&app, &session).await?;
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    fits(&query)?;
    let report = app.parts.records.report(&session.project, &query);
    Ok(Json(report.await?))
}

fn fits(query: &ReportQuery) -> Result<(), Refusal> {
    let wrong = |why: &str| Err(Refusal::BadRequest(why.to_owned()));
    if query.from >= query.to {
        return wrong("from must be before to");
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
