//! A supervisor's words over HTTP: the commands of the desks, for pages of one's own.
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

/// Longest name of a command. Bytes.
const CMD_MAX: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// `force`, `reserve`, `regroup`, `reprioritise`, `assign`, `announce`, `quiet`, as in `cti.v1`.
    cmd: String,
    #[serde(default)]
    args: Value,
}

/// `POST /api/v1/supervise`: 200 done, 403 not for this person, 422 why it was not done.
pub(crate) async fn supervise(
    State(app): Shared,
    session: Session,
    body: Result<Json<Wish>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(Wish { cmd, args }) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    if cmd.len() > CMD_MAX {
        let why = format!("cmd: at most {CMD_MAX} bytes");
        return Err(Refusal::BadRequest(why));
    }
    let supervision = &app.parts.supervision;
    let changed = supervision.direct(&session.operator, &cmd, args).await?;
    Ok(answer(changed))
}

fn answer(Changed { done, answer }: Changed) -> Response {
    let status = match (done, answer["error"]["code"].as_str()) {
        (true, _) => StatusCode::OK,
        (false, Some("not_allowed")) => StatusCode::FORBIDDEN,
        (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(answer)).into_response()
}
