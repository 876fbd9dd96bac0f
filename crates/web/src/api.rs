//! The pages: who may see what, and what is said when something is wrong.
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Extension, FromRequestParts, Path, Query, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts as Head;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gudok_model::{Mono, OperatorId, Wall};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::backoff::Backoff;
use crate::limits::{ANSWER_MARGIN, BODY_BYTES_MAX, Config, REQUEST_DEADLINE};
use crate::pace::Pace;
use crate::parts::{CallQuery, Parts, Person, Unavailable};
use crate::tokens::{Issued, Session};
use crate::{dial, plans, refusals, reports, requests, rosters, supervise, walls};

/// Longest operator id and password looked at; longer ones are wrong.
const OPERATOR_BYTES_MAX: usize = 64;
const PASSWORD_BYTES_MAX: usize = 1_024;
/// How long a sign-in waits to be written down.
const WRITE_DOWN_WITHIN: Duration = Duration::from_secs(2);

/// Where the connection comes from.
#[derive(Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// When an answer is due at the latest.
#[derive(Clone, Copy)]
pub(crate) struct Until(pub(crate) Instant);

/// All pages over the given parts.
pub(crate) fn router(config: Config, parts: Parts) -> Router {
    let app = Arc::new(App {
        config,
        parts,
        backoff: Mutex::default(),
        pace: Mutex::default(),
        started: Instant::now(),
    });
    Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/api/v1/session", post(sign_in).delete(sign_out))
        .route("/api/v1/status", get(status))
        .route("/api/v1/calls", get(calls))
        .route("/api/v1/calls/{id}", get(call))
        .route("/api/v1/plans", get(plans::versions))
        .route("/api/v1/plans/reload", post(plans::reload))
        .route("/api/v1/plans/rollback", post(plans::rollback))
        .route("/api/v1/rosters", get(rosters::rosters))
        .route("/api/v1/rosters/{name}/accept", post(rosters::accept))
        .route("/api/v1/rosters/{name}/undo", post(rosters::undo))
        .route("/api/v1/supervise", post(supervise::supervise))
        .route("/api/v1/dial", post(dial::dial))
        .route("/api/v1/requests", get(requests::list).post(requests::ask))
        .route("/api/v1/requests/{id}", get(requests::one))
        .route("/api/v1/requests/{id}/{word}", post(requests::word))
        .route("/api/v1/missed", get(requests::missed))
        .route("/api/v1/dnc", get(refusals::list).post(refusals::refuse))
        .route("/api/v1/dnc/lift", post(refusals::lift))
        .route("/api/v1/report", get(reports::report))
        .route("/api/v1/wall", get(walls::wall))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) parts: Parts,
    backoff: Mutex<Backoff>,
    pace: Mutex<Pace>,
    started: Instant,
}

pub(crate) type Shared = State<Arc<App>>;

/// Why a request is not served. The body is `{"error":{"code","text"}}`, in words that say what to do.
#[derive(Debug)]
pub(crate) enum Refusal {
    BadRequest(String),
    /// Unknown operator or wrong password: one answer for both.
    WrongPassword,
    /// No token, or not a good one.
    Unauthorized,
    /// Signed in, and no admin.
    Forbidden,
    /// Signed in, and no supervisor.
    Supervisors,
    NotFound,
    Method,
    TooSlow,
    /// Too many attempts. Seconds to wait.
    Wait(u64),
    Unavailable,
}

/// Around every request: a deadline, a count and the headers of caution.
async fn around(State(app): Shared, mut request: Request, next: Next) -> Response {
    let until = Until(Instant::now() + REQUEST_DEADLINE.saturating_sub(ANSWER_MARGIN));
    request.extensions_mut().insert(until);
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = timeout(REQUEST_DEADLINE, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| Refusal::TooSlow.into_response());
    let class = match response.status().as_u16() {
        200..300 => "2xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    let method = if is_read { "read" } else { "write" };
    let labels = [("class", class), ("method", method)];
    let count = "gudok_http_responses_total";
    app.parts
        .metrics
        .counter(count, "HTTP answers by class.", &labels)
        .inc();
    for (name, value) in caution() {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// These pages are data: nothing in them is to be run, framed, sniffed or kept.
fn caution() -> [(HeaderName, &'static str); 5] {
    [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ]
}

async fn health(State(app): Shared) -> Response {
    let health = (app.parts.health)();
    let is_well = health.live && health.ready;
    let status = if is_well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let page = json!({"live": health.live, "ready": health.ready, "details": health.details});
    (status, Json(page)).into_response()
}

async fn metrics(State(app): Shared) -> Response {
    let kind = (
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    );
    ([kind], app.parts.metrics.text()).into_response()
}

/// No `Debug`: there is a password in it.
#[derive(Deserialize)]
struct SignIn {
    operator: String,
    password: String,
}

async fn sign_in(
    State(app): Shared,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(wish) = body.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let fits = |text: &str, max| !text.is_empty() && text.len() <= max;
    if !fits(&wish.operator, OPERATOR_BYTES_MAX) || !fits(&wish.password, PASSWORD_BYTES_MAX) {
        return Err(Refusal::WrongPassword);
    }
    let source = source(&app.config, peer, &headers);
    let attempt = app.with_backoff(|backoff, now| backoff.begin(now, source, &wish.operator));
    attempt.map_err(|wait| Refusal::Wait(wait.as_secs().max(1)))?;
    let person = app
        .parts
        .staff
        .sign_in(&wish.operator, &wish.password)
        .await?;
    let Some(person) = person else {
        tracing::warn!(%source, "sign-in refused");
        app.count_sign_in("refused");
        return Err(Refusal::WrongPassword);
    };
    app.with_backoff(|backoff, _| backoff.succeeded(source, &wish.operator));
    app.count_sign_in("ok");
    tracing::info!(operator = %person.operator, %source, "operator signed in");
    let issued = app
        .parts
        .tokens
        .issue(&person.operator, &person.project, wall_now());
    let issued = issued.map_err(|error| Unavailable(error.to_string()))?;
    app.write_down(&person.operator, &issued).await;
    Ok((StatusCode::CREATED, Json(welcome(&person, &issued))).into_response())
}

fn welcome(person: &Person, issued: &Issued) -> Value {
    let expires = jiff::Timestamp::from_microsecond(issued.expires_at.0).unwrap_or_default();
    json!({
        "token": issued.token,
        "expires_at": expires.to_string(),
        "operator": person.operator,
        "name": person.name,
        "project": person.project,
    })
}

async fn sign_out(State(app): Shared, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    let token = bearer(&headers).ok_or(Refusal::Unauthorized)?;
    let hash = app
        .parts
        .tokens
        .revoke(token)
        .ok_or(Refusal::Unauthorized)?;
    // Here it is over already; but whoever signs out must not be back after a restart.
    app.parts.sign_ins.end(&hash).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn status(State(app): Shared, session: Session) -> Result<Json<Value>, Refusal> {
    let reader = app.reader(session).await?;
    Ok(Json((app.parts.status)(&reader)))
}

async fn calls(
    State(app): Shared,
    session: Session,
    query: Result<Query<CallQuery>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(query) = query.map_err(|error| Refusal::BadRequest(error.body_text()))?;
    let reader = app.reader(session).await?;
    let calls = app.parts.records.calls(&reader, &query).await?;
    Ok(Json(json!({"calls": calls})))
}

async fn call(
    State(app): Shared,
    session: Session,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let reader = app.reader(session).await?;
    let call = app.parts.records.call(&reader, &id).await?;
    call.map(Json).ok_or(Refusal::NotFound)
}

impl App {
    fn with_backoff<T>(&self, action: impl FnOnce(&mut Backoff, Mono) -> T) -> T {
        let now = Mono::default() + self.started.elapsed();
        action(
            &mut self.backoff.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        )
    }

    /// Counts, or looks at what was counted, in minutes.
    pub(crate) fn pace(
        &self,
        action: impl FnOnce(&mut Pace, Mono) -> Result<(), Duration>,
    ) -> Result<(), Refusal> {
        let now = Mono::default() + self.started.elapsed();
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        action(&mut pace, now).map_err(|wait| Refusal::Wait(wait.as_secs().max(1)))
    }

    /// Whoever signs in while the database does not answer works all the same, until the daemon ends.
    async fn write_down(&self, operator: &OperatorId, issued: &Issued) {
        let (hash, expires_at) = (&issued.hash, issued.expires_at);
        let keep = self
            .parts
            .sign_ins
            .keep(hash, operator, wall_now(), expires_at);
        match timeout(WRITE_DOWN_WITHIN, keep).await {
            Ok(Ok(())) => self.parts.tokens.kept(&issued.hash),
            Ok(Err(error)) => tracing::error!(%error, "a sign-in will not outlive the daemon"),
            Err(_) => tracing::error!("a sign-in will not outlive the daemon: too slow"),
        }
    }

    fn count_sign_in(&self, result: &'static str) {
        let name = "gudok_sign_ins_total";
        self.parts
            .metrics
            .counter(name, "Sign-ins by result.", &[("result", result)])
            .inc();
    }
}

/// A page that takes a [`Session`] is for the signed-in only.
impl FromRequestParts<Arc<App>> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut Head, app: &Arc<App>) -> Result<Self, Refusal> {
        let token = bearer(&head.headers).ok_or(Refusal::Unauthorized)?;
        app.parts.tokens.session(token).ok_or(Refusal::Unauthorized)
    }
}

/// `Authorization: Bearer …` (RFC 6750 §2.1). Never from the URL: that ends up in logs.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The client's address: the last one a proxy of ours vouches for.
pub(crate) fn source(config: &Config, Peer(peer): Peer, headers: &HeaderMap) -> IpAddr {
    if !config.trusted_proxies.contains(&peer) {
        return peer;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.and_then(|text| text.trim().parse().ok())
        .unwrap_or(peer)
}

impl From<Unavailable> for Refusal {
    fn from(error: Unavailable) -> Self {
        tracing::error!(%error, "a page cannot be served");
        Self::Unavailable
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, text) = match &self {
            Self::BadRequest(text) => (StatusCode::BAD_REQUEST, "bad_request", text.as_str()),
            Self::WrongPassword => (
                StatusCode::UNAUTHORIZED,
                "wrong_password",
                "the operator is unknown or the password is wrong",
            ),
            Self::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "sign in with POST /api/v1/session and send the token as Authorization: Bearer",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "this is for admins; `gudok operators add ID --admin` makes one",
            ),
            Self::Supervisors => (
                StatusCode::FORBIDDEN,
                "forbidden",
                "this is for supervisors; `gudok operators add ID --supervisor` makes one",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing here"),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "use another method",
            ),
            Self::TooSlow => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too_slow",
                "it took too long; try again",
            ),
            Self::Wait(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "wait as long as Retry-After says",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "try again in a moment",
            ),
        };
        let body = Json(json!({"error": {"code": code, "text": text}}));
        let mut response = (status, body).into_response();
        match self {
            Self::Wait(secs) => {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, secs.into());
            }
            Self::Unauthorized => {
                let scheme = HeaderValue::from_static("Bearer");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, scheme);
            }
            _ => {}
        }
        response
    }
}

/// The system's clock, for people.
fn wall_now() -> Wall {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Wall::default() + since
}
