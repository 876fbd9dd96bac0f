//! The versions of the plan over HTTP: listed, and one brought into force. For admins alone.
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::api::{Refusal, Shared};
use crate::parts::Changed;
use crate::tokens::Session;

/// Longest reason. Characters.
pub(crate) const REASON_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reload {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rollback {
    reason: String,
    version: Option<u64>,
}

/// `GET /api/v1/plans`.
pub(crate) async fn versions(State(app): Shared, session: Session) -> Result<Json<Value>, Refusal> {
    admin(&app, &session).await?;
    Ok(Json(app.parts.plans.versions().await?))
}

/// `POST /api/v1/plans/reload`.
pub(crate) async fn reload(
    State(app): Shared,
    session: Session,
    body: Result<Json<Reload>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reason = reason(&wish.reason)?;
    let changed = app.parts.plans.reload(&session.operator, reason).await?;
    Ok(answer(changed))
}

/// `POST /api/v1/plans/rollback`.
pub(crate) async fn rollback(
    State(app): Shared,
    session: Session,
    body: Result<Json<Rollback>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reason = reason(&wish.reason)?;
    let plans = &app.parts.plans;
    let changed = plans.rollback(&session.operator, reason, wish.version);
    Ok(answer(changed.await?))
}

pub(crate) async fn admin(app: &crate::api::App, session: &Session) -> Result<(), Refusal> {
    if app.parts.plans.may(&session.operator).await? {
        return Ok(());
    }
    tracing::warn!(operator = %session.operator, "what is for admins is asked for by who is none");
    Err(Refusal::Forbidden)
}

fn reason(text: &str) -> Result<&str, Refusal> {
    let text = text.trim();
    let fits = (1..=REASON_MAX).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Ok(text);
    }
    let why = format!("reason: 1 to {REASON_MAX} characters in one line");
    Err(Refusal::BadRequest(why))
}

/// What was done, or why it was not.
pub(crate) fn answer(changed: Changed) -> Response {
    let status = match changed.done {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(changed.answer)).into_response()
}
