//! Customers who want no calls, over HTTP: written down by anybody who is signed in, lifted by admins, listed for supervisors.
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{Refusal, Shared};
use crate::requests::{answer, in_pace};
use crate::tokens::Session;

/// Longest number as it is written. Bytes.
const NUMBER_MAX: usize = 64;

/// Who wants no calls, what for, and what they said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalWish {
    /// Whom, as people write it.
    pub number: String,
    /// `service`, `debt`, `advertising`, `survey`; nothing at all if absent.
    #[serde(default)]
    pub purpose: Option<String>,
    /// What they said; of a lift, on which ground they may be called again.
    pub why: String,
    /// Of an admin: whose customer. The own project if absent.
    #[serde(default)]
    pub project: Option<String>,
}

/// Of whom it is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefusalQuery {
    /// Of this number alone, as people write it.
    pub number: Option<String>,
}

/// `GET /api/v1/dnc`.
pub(crate) async fn list(
    State(app): Shared,
    session: Session,
    query: Result<Query<RefusalQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reader = app.reader(session).await?;
    if !reader.role.supervises() {
        return Err(Refusal::Supervisors);
    }
    Ok(Json(app.parts.requests.refusals(&reader, &query).await?))
}

/// `POST /api/v1/dnc`.
pub(crate) async fn refuse(
    State(app): Shared,
    session: Session,
    body: Result<Json<RefusalWish>, JsonRejection>,
) -> Result<Response, Refusal> {
    let reader = app.reader(session).await?;
    in_pace(&app, &reader)?;
    let wish = wish(body)?;
    let said = app.parts.requests.refuse(&reader, &wish, false);
    Ok(answer(said.await?))
}

/// `POST /api/v1/dnc/lift`.
pub(crate) async fn lift(
    State(app): Shared,
    session: Session,
    body: Result<Json<RefusalWish>, JsonRejection>,
) -> Result<Response, Refusal> {
    let reader = app.reader(session).await?;
    if reader.role != gudok_model::Role::Admin {
        return Err(Refusal::Forbidden);
    }
    in_pace(&app, &reader)?;
    let wish = wish(body)?;
    let said = app.parts.requests.refuse(&reader, &wish, true);
    Ok(answer(said.await?))
}

fn wish(body: Result<Json<RefusalWish>, JsonRejection>) -> Result<RefusalWish, Refusal> {
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    if !(1..=NUMBER_MAX).contains(&wish.number.len()) {
        let why = format!("number: 1 to {NUMBER_MAX} bytes");
        return Err(Refusal::BadRequest(why));
    }
    Ok(wish)
}
