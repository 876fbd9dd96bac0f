//! The wall over HTTP, for supervisors and admins.
use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::api::{Refusal, Shared};
use crate::tokens::Session;

/// `GET /api/v1/wall`.
pub(crate) async fn wall(State(app): Shared, session: Session) -> Result<Json<Value>, Refusal> {
    let wall = app.parts.walls.wall(&session.operator).await?;
    wall.map(Json).ok_or_else(|| {
        tracing::warn!(operator = %session.operator, "the wall is asked for by who does not supervise");
        Refusal::Supervisors
    })
}
