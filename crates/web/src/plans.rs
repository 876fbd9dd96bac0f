//! The versions of the plan over HTTP: listed, and one brought into force. For admins alone.
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::api::{Refusal, Shared, Until};
use crate::parts::{Answer, Changed};
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
    /// Which version the one who asks has seen in force.
    expected: Option<u64>,
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
    Extension(until): Extension<Until>,
    body: Result<Json<Reload>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reason = reason(&wish.reason)?;
    let changed = app.parts.plans.reload(&session.operator, reason);
    carried_out(until, changed).await
}

/// `POST /api/v1/plans/rollback`.
pub(crate) async fn rollback(
    State(app): Shared,
    session: Session,
    Extension(until): Extension<Until>,
    body: Result<Json<Rollback>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reason = reason(&wish.reason)?;
    if (wish.version, wish.expected) == (None, None) {
        let why = "expected: the version you have seen in force (GET /api/v1/plans), or version: the one to go back to";
        return Err(Refusal::BadRequest(why.to_owned()));
    }
    let plans = &app.parts.plans;
    let changed = plans.rollback(&session.operator, reason, wish.version, wish.expected);
    carried_out(until, changed).await
}

/// What comes of a change; who would wait too long is told that it goes on, as it does: to ask again would do it twice.
async fn carried_out(
    Until(until): Until,
    change: Answer<'_, Changed>,
) -> Result<Response, Refusal> {
    if Instant::now() >= until {
        return Err(Refusal::TooSlow);
    }
    match timeout_at(until, change).await {
        Ok(changed) => Ok(answer(changed?)),
        Err(_) => {
            let text =
                "the change goes on: see GET /api/v1/plans for what is in force, do not ask again";
            let body = json!({ "accepted": true, "text": text });
            Ok((StatusCode::ACCEPTED, Json(body)).into_response())
        }
    }
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
