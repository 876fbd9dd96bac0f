//! Requests and missed calls over HTTP: listed for who is signed in; made by forms and programs, who have a key of their own for
//! it; taken, put off and closed by people.
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gudok_model::ProjectId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{App, Peer, Refusal, Shared, bearer, source};
use crate::limits::{ASKS_PER_MINUTE, LOOKS_PER_MINUTE, STRANGERS_PER_MINUTE};
use crate::parts::{Came, MissedQuery, RequestQuery, WordAbout};
use crate::readers::Reader;
use crate::tokens::{Session, hash_of};

/// Longest note. Characters.
pub const NOTE_MAX: usize = 400;
/// Longest basis, and longest name of a group. Characters.
pub const BASIS_MAX: usize = 100;
/// What a key must be good for.
pub const SCOPE: &str = "requests";

/// A call that is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallWish {
    /// Whom to call, as people write it.
    pub number: String,
    /// By when. Microseconds since 1970 UTC; 20 minutes from now, or from `not_before`, if absent.
    #[serde(default)]
    pub due: Option<i64>,
    /// Not sooner. Microseconds since 1970 UTC.
    #[serde(default)]
    pub not_before: Option<i64>,
    /// The group that is to call; everybody if absent.
    #[serde(default)]
    pub group: Option<String>,
    /// What they want, in their words.
    #[serde(default)]
    pub note: Option<String>,
    /// What proves that they asked: the number of a form, of a contract.
    #[serde(default)]
    pub basis: Option<String>,
    /// A form of a site, or another program; by the key that asks if absent.
    #[serde(default)]
    pub source: Option<AskedBy>,
}

/// By what a call is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// A form of a site: whoever has a key for it.
    Web,
    /// Another program: whoever is signed in.
    Api,
}

/// Who asks, once it is proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asker {
    /// The name of the key, or the operator.
    pub name: String,
    /// In whose name they ask.
    pub project: ProjectId,
    /// By what.
    pub by: AskedBy,
    /// Who is signed in; None: it is a key, which reads what forms have asked for and no more.
    pub reader: Option<Reader>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(crate) struct Said {
    /// Why: of `cancel` it must be said, and of what was missed always.
    note: Option<String>,
    /// Of `later`: when. Microseconds since 1970 UTC.
    at: Option<i64>,
}

/// `GET /api/v1/requests`.
pub(crate) async fn list(
    State(app): Shared,
    session: Session,
    query: Result<Query<RequestQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reader = app.reader(session).await?;
    let requests = app.parts.records.requests(&reader, query.closed).await?;
    Ok(Json(json!({ "requests": requests })))
}

/// `GET /api/v1/missed`.
pub(crate) async fn missed(
    State(app): Shared,
    session: Session,
    query: Result<Query<MissedQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reader = app.reader(session).await?;
    let missed = app.parts.records.missed(&reader, query.all).await?;
    Ok(Json(json!({ "missed": missed })))
}

/// `POST /api/v1/requests`.
pub(crate) async fn ask(
    State(app): Shared,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Json<CallWish>, JsonRejection>,
) -> Result<Response, Refusal> {
    let asker = asker(&app, peer, &headers).await?;
    let name = format!("{:?} {}", asker.by, asker.name);
    app.pace(|pace, now| pace.take(now, &name, ASKS_PER_MINUTE))?;
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    fits(&wish)?;
    Ok(answer(app.parts.requests.ask(&asker, &wish).await?))
}

/// `GET /api/v1/requests/{id}`.
pub(crate) async fn one(
    State(app): Shared,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(request): Path<i64>,
) -> Result<Response, Refusal> {
    let asker = asker(&app, peer, &headers).await?;
    let name = format!("one {:?} {}", asker.by, asker.name);
    app.pace(|pace, now| pace.take(now, &name, LOOKS_PER_MINUTE))?;
    Ok(answer(app.parts.requests.one(&asker, request).await?))
}

/// Whose token it is: an operator's who is signed in, or a key for this alone. Guessing is slow.
async fn asker(app: &App, peer: Peer, headers: &HeaderMap) -> Result<Asker, Refusal> {
    let token = bearer(headers).ok_or(Refusal::Unauthorized)?;
    if let Some(session) = app.parts.tokens.session(token) {
        let reader = app.reader(session).await?;
        return Ok(Asker {
            name: reader.operator.to_string(),
            project: reader.project.clone(),
            by: AskedBy::Api,
            reader: Some(reader),
        });
    }
    let source = source(&app.config, peer, headers).to_string();
    app.pace(|pace, now| pace.fits(now, &source, STRANGERS_PER_MINUTE))?;
    let holder = app.parts.requests.holder(&hash_of(token)).await?;
    match holder {
        Some((name, project)) => Ok(Asker {
            name,
            project,
            by: AskedBy::Web,
            reader: None,
        }),
        None => {
            tracing::warn!(%source, "a call is asked for with a key that is none");
            app.pace(|pace, now| pace.take(now, &source, STRANGERS_PER_MINUTE))?;
            Err(Refusal::Unauthorized)
        }
    }
}

fn fits(wish: &CallWish) -> Result<(), Refusal> {
    let short = |text: &Option<String>, most| {
        let text = text.as_deref().unwrap_or_default();
        text.chars().count() <= most
    };
    let line = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        !text.chars().any(char::is_control)
    };
    if !short(&wish.note, NOTE_MAX) {
        let why = format!("note: at most {NOTE_MAX} characters");
        return Err(Refusal::BadRequest(why));
    }
    for (key, text) in [("basis", &wish.basis), ("group", &wish.group)] {
        if !short(text, BASIS_MAX) || !line(text) {
            let why = format!("{key}: at most {BASIS_MAX} characters in one line");
            return Err(Refusal::BadRequest(why));
        }
    }
    Ok(())
}

/// `POST /api/v1/requests/{id}/{word}`: `take`, `later`, `cancel`, `done`, `dnc`.
pub(crate) async fn word(
    State(app): Shared,
    session: Session,
    Path((request, word)): Path<(i64, String)>,
    body: Result<Json<Said>, JsonRejection>,
) -> Result<Response, Refusal> {
    // Nothing need be said with it.
    let said = match body {
        Ok(Json(said)) => said,
        Err(JsonRejection::MissingJsonContentType(_)) => Said::default(),
        Err(error) => return Err(Refusal::BadRequest(error.body_text())),
    };
    let note = said.note.unwrap_or_default().trim().to_owned();
    if note.chars().count() > NOTE_MAX {
        let why = format!("note: at most {NOTE_MAX} characters");
        return Err(Refusal::BadRequest(why));
    }
    let about = match (word.as_str(), said.at) {
        ("take", None) => WordAbout::Take,
        ("later", Some(at)) => WordAbout::Later { at },
        ("later", None) => {
            let why = "at: when to call, microseconds since 1970 UTC".to_owned();
            return Err(Refusal::BadRequest(why));
        }
        ("cancel", None) if note.is_empty() => {
            let why = "note: say why nobody is to be called".to_owned();
            return Err(Refusal::BadRequest(why));
        }
        ("cancel", None) => WordAbout::Cancel { note },
        ("dnc", None) if note.is_empty() => {
            let why = "note: write what the customer said".to_owned();
            return Err(Refusal::BadRequest(why));
        }
        ("dnc", None) => WordAbout::Refuse { note },
        ("done", None) => WordAbout::Done { note },
        _ => return Err(Refusal::NotFound),
    };
    let reader = app.reader(session).await?;
    if matches!(about, WordAbout::Refuse { .. }) {
        in_pace(&app, &reader)?;
    }
    let requests = &app.parts.requests;
    Ok(answer(requests.word(&reader, request, &about).await?))
}

/// Whom to call and whom not to, whoever is signed in says so often and no oftener.
pub(crate) fn in_pace(app: &App, reader: &Reader) -> Result<(), Refusal> {
    let name = format!("{:?} {}", AskedBy::Api, reader.operator);
    app.pace(|pace, now| pace.take(now, &name, ASKS_PER_MINUTE))
}

pub(crate) fn answer((came, body): (Came, Value)) -> Response {
    let status = match came {
        Came::New => StatusCode::CREATED,
        Came::Known => StatusCode::OK,
        Came::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
        Came::Conflict => StatusCode::CONFLICT,
        Came::Absent => StatusCode::NOT_FOUND,
        Came::Forbidden => StatusCode::FORBIDDEN,
        Came::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(body)).into_response()
}
