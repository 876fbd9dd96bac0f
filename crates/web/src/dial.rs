//! Calls to clients over HTTP: the phone of whoever is signed in rings first.
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;

use crate::api::{Refusal, Shared};
use crate::parts::DialWish;
use crate::plans::answer;
use crate::tokens::Session;

/// Longest text of a wish. Bytes.
const TEXT_MAX: usize = 64;

/// `POST /api/v1/dial`.
pub(crate) async fn dial(
    State(app): Shared,
    session: Session,
    body: Result<Json<DialWish>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    if !fits(&wish) {
        let why = format!("each text of a wish has 1 to {TEXT_MAX} bytes");
        return Err(Refusal::BadRequest(why));
    }
    let dialled = app.parts.dialler.dial(&session.operator, wish);
    Ok(answer(dialled.await?))
}

fn fits(wish: &DialWish) -> bool {
    let more = [&wish.basis, &wish.reference, &wish.cli];
    let texts = [&wish.number, &wish.purpose].into_iter();
    let mut texts = texts.chain(more.into_iter().flatten());
    texts.all(|text| (1..=TEXT_MAX).contains(&text.len()))
}
