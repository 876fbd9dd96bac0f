//! Who is on duty over HTTP, and shifts that are accepted. For admins alone.
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::api::{Refusal, Shared};
use crate::plans::{admin, answer};
use crate::tokens::Session;

/// Longest name of a roster or of a person in one. Bytes.
const NAME_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accept {
    person: String,
}

/// `GET /api/v1/rosters`.
pub(crate) async fn rosters(State(app): Shared, session: Session) -> Result<Json<Value>, Refusal> {
    admin(&app, &session).await?;
    Ok(Json(app.parts.rosters.rosters().await?))
}

/// `POST /api/v1/rosters/{name}/accept`.
pub(crate) async fn accept(
    State(app): Shared,
    session: Session,
    Path(roster): Path<String>,
    body: Result<Json<Accept>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    if roster.len() > NAME_MAX || wish.person.len() > NAME_MAX {
        let why = format!("names of rosters and people have at most {NAME_MAX} bytes");
        return Err(Refusal::BadRequest(why));
    }
    let rosters = &app.parts.rosters;
    let changed = rosters.accept(&session.operator, &roster, &wish.person);
    Ok(answer(changed.await?))
}
