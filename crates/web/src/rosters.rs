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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    person: String,
    /// One line of at most 200 characters, or 422.
    why: String,
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
    are_names([&roster, &wish.person])?;
    let rosters = &app.parts.rosters;
    let changed = rosters.accept(&session.operator, &roster, &wish.person);
    Ok(answer(changed.await?))
}

/// `POST /api/v1/rosters/{name}/undo`.
pub(crate) async fn undo(
    State(app): Shared,
    session: Session,
    Path(roster): Path<String>,
    body: Result<Json<Undo>, JsonRejection>,
) -> Result<Response, Refusal> {
    admin(&app, &session).await?;
    let Json(Undo { person, why }) =
        body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    are_names([&roster, &person])?;
    let rosters = &app.parts.rosters;
    let changed = rosters.undo(&session.operator, &roster, &person, &why);
    Ok(answer(changed.await?))
}

fn are_names(names: [&String; 2]) -> Result<(), Refusal> {
    if names.iter().all(|name| name.len() <= NAME_MAX) {
        return Ok(());
    }
    let why = format!("names of rosters and people have at most {NAME_MAX} bytes");
    Err(Refusal::BadRequest(why))
}
