//! The pages over a real loopback socket, asked with plain text: what is sent is what is seen.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gudok_model::{OperatorId, ProjectId, Role, Wall};
use gudok_web::limits::{ASKS_PER_MINUTE, STRANGERS_PER_MINUTE};
use gudok_web::tokens::hash_of;
use gudok_web::{
    Answer, Asker, CallQuery, CallWish, Came, Changed, Config, DialWish, Dialler, Health, Metrics,
    Parts, Person, Plans, Reader, Records, RefusalQuery, RefusalWish, ReportQuery, Requests,
    Rosters, SignIns, Staff, Supervision, Tokens, Unavailable, Walls, WordAbout, serve,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Knows `anna` of isp1, `boris` of isp2, and `olga`, who is of isp1 when she signs in and of isp2 from then on; the password is
/// `right`. `hang` never answers.
struct Team;

impl Staff for Team {
    fn sign_in<'a>(&'a self, operator: &'a str, password: &'a str) -> Answer<'a, Option<Person>> {
        Box::pin(async move {
            let project = match operator {
                "anna" | "olga" => "isp1",
                "boris" => "isp2",
                "hang" => std::future::pending().await,
                "down" => return Err(Unavailable("canary: disk gone".into())),
                _ => return Ok(None),
            };
            Ok((password == "right").then(|| Person {
                operator: operator.into(),
                name: "Анна".into(),
                project: project.into(),
            }))
        })
    }

    fn project<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<ProjectId>> {
        let project = match operator.as_str() {
            "anna" => Some("isp1"),
            "boris" | "olga" => Some("isp2"),
            _ => None,
        };
        Box::pin(async move { Ok(project.map(ProjectId::new)) })
    }
}

struct Book;

impl Records for Book {
    fn calls<'a>(&'a self, reader: &'a Reader, query: &'a CallQuery) -> Answer<'a, Vec<Value>> {
        let asked = format!("{query:?}");
        Box::pin(async move {
            Ok(vec![
                json!({"project": reader.project, "role": reader.role, "asked": asked}),
            ])
        })
    }

    fn call<'a>(&'a self, reader: &'a Reader, id: &'a str) -> Answer<'a, Option<Value>> {
        Box::pin(async move { Ok((reader.project.as_str() == "isp1").then(|| json!({"id": id}))) })
    }

    fn requests<'a>(&'a self, reader: &'a Reader, closed: bool) -> Answer<'a, Vec<Value>> {
        Box::pin(async move { Ok(vec![json!({"project": reader.project, "closed": closed})]) })
    }

    fn missed<'a>(&'a self, reader: &'a Reader, all: bool) -> Answer<'a, Vec<Value>> {
        Box::pin(async move { Ok(vec![json!({"project": reader.project, "all": all})]) })
    }

    fn report<'a>(&'a self, reader: &'a Reader, query: &'a ReportQuery) -> Answer<'a, Value> {
        let asked = format!("{query:?}");
        Box::pin(async move { Ok(json!({"project": reader.project, "asked": asked})) })
    }
}

/// `anna` is the admin; a reload for the reason `bad` is refused.
struct Shelf;

impl Plans for Shelf {
    fn may<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool> {
        Box::pin(async move { Ok(operator.as_str() == "anna") })
    }

    fn versions(&self) -> Answer<'_, Value> {
        Box::pin(async { Ok(json!({"versions": [], "stands": {"version": 7}})) })
    }

    fn reload<'a>(&'a self, operator: &'a OperatorId, reason: &'a str) -> Answer<'a, Changed> {
        let (done, answer) = (reason != "bad", json!({"by": operator, "reason": reason}));
        Box::pin(async move {
            if reason == "slow" {
                std::future::pending::<()>().await;
            }
            Ok(Changed { done, answer })
        })
    }

    fn rollback<'a>(
        &'a self,
        operator: &'a OperatorId,
        reason: &'a str,
        to: Option<u64>,
        expected: Option<u64>,
    ) -> Answer<'a, Changed> {
        let answer = json!({"by": operator, "reason": reason, "to": to, "expected": expected});
        Box::pin(async move { Ok(Changed { done: true, answer }) })
    }
}

impl Dialler for Shelf {
    fn dial<'a>(&'a self, operator: &'a OperatorId, wish: DialWish) -> Answer<'a, Changed> {
        let (done, answer) = (
            wish.purpose == "service",
            json!({"by": operator, "number": wish.number}),
        );
        Box::pin(async move { Ok(Changed { done, answer }) })
    }
}

/// Anna supervises, Boris does not.
impl Walls for Shelf {
    fn wall<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, Option<Value>> {
        let supervises = operator.as_str() == "anna";
        Box::pin(async move { Ok(supervises.then(|| json!({"seen_by": operator}))) })
    }

    fn supervises<'a>(&'a self, operator: &'a OperatorId) -> Answer<'a, bool> {
        let supervises = operator.as_str() == "anna";
        Box::pin(async move { Ok(supervises) })
    }
}

impl Rosters for Shelf {
    fn rosters(&self) -> Answer<'_, Value> {
        Box::pin(async { Ok(json!({"rosters": []})) })
    }

    fn accept<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
    ) -> Answer<'a, Changed> {
        let (done, answer) = (
            person == "ivanov",
            json!({"by": operator, "roster": roster}),
        );
        Box::pin(async move { Ok(Changed { done, answer }) })
    }

    fn undo<'a>(
        &'a self,
        operator: &'a OperatorId,
        roster: &'a str,
        person: &'a str,
        why: &'a str,
    ) -> Answer<'a, Changed> {
        let (done, answer) = (
            person == "ivanov",
            json!({"by": operator, "roster": roster, "why": why}),
        );
        Box::pin(async move { Ok(Changed { done, answer }) })
    }
}

impl Supervision for Shelf {
    fn direct<'a>(
        &'a self,
        operator: &'a OperatorId,
        cmd: &'a str,
        args: Value,
    ) -> Answer<'a, Changed> {
        let refused = match (operator.as_str(), cmd) {
            ("anna", "reserve") => None,
            ("anna", _) => Some("unknown_group"),
            _ => Some("not_allowed"),
        };
        let answer = match refused {
            None => json!({ "told": args["group"] }),
            Some(code) => json!({ "error": { "code": code } }),
        };
        let done = refused.is_none();
        Box::pin(async move { Ok(Changed { done, answer }) })
    }
}

/// Gives `site-key` to a form of isp1; who asks for `1` has asked before.
struct Asks;

impl Requests for Asks {
    fn holder<'a>(&'a self, hash: &'a str) -> Answer<'a, Option<(String, ProjectId)>> {
        let known = hash == hash_of("site-key");
        Box::pin(async move { Ok(known.then(|| ("site".to_owned(), "isp1".into()))) })
    }

    fn ask<'a>(&'a self, asker: &'a Asker, wish: &'a CallWish) -> Answer<'a, (Came, Value)> {
        let came = match wish.number.as_str() {
            "1" => Came::Known,
            "full" => Came::Busy,
            "wrong" => Came::Wrong,
            _ => Came::New,
        };
        let asker = format!("{} of {} by {:?}", asker.name, asker.project, asker.by);
        Box::pin(async move { Ok((came, json!({"asker": asker, "number": wish.number}))) })
    }

    fn one<'a>(&'a self, asker: &'a Asker, request: i64) -> Answer<'a, (Came, Value)> {
        let came = if request == 404 {
            Came::Absent
        } else {
            Came::Known
        };
        let asker = format!("{} by {:?}", asker.name, asker.by);
        Box::pin(async move { Ok((came, json!({"asker": asker, "request": request}))) })
    }

    fn refuse<'a>(
        &'a self,
        reader: &'a Reader,
        wish: &'a RefusalWish,
        lift: bool,
    ) -> Answer<'a, (Came, Value)> {
        let said = format!("{} {} {lift}", reader.operator, wish.number);
        Box::pin(async move { Ok((Came::Known, json!({ "said": said }))) })
    }

    fn refusals<'a>(&'a self, reader: &'a Reader, query: &'a RefusalQuery) -> Answer<'a, Value> {
        let told = json!({ "dnc": [{ "project": reader.project }], "of": query.number });
        Box::pin(async move { Ok(told) })
    }

    fn word<'a>(
        &'a self,
        reader: &'a Reader,
        request: i64,
        word: &'a WordAbout,
    ) -> Answer<'a, (Came, Value)> {
        let is_admin = reader.role == Role::Admin;
        let said = format!("{} {is_admin} {request} {word:?}", reader.operator);
        let came = match request {
            404 => Came::Absent,
            409 => Came::Conflict,
            _ => Came::Known,
        };
        Box::pin(async move { Ok((came, json!({ "said": said }))) })
    }
}

/// Hashes of those who are signed in; takes none of boris's.
#[derive(Default)]
struct Record(Mutex<BTreeSet<String>>);

impl SignIns for Record {
    fn keep<'a>(
        &'a self,
        hash: &'a str,
        operator: &'a OperatorId,
        at: Wall,
        expires_at: Wall,
    ) -> Answer<'a, ()> {
        Box::pin(async move {
            assert!(at < expires_at);
            if operator.as_str() == "boris" {
                return Err(Unavailable("canary: disk gone".into()));
            }
            self.0.lock().unwrap().insert(hash.to_owned());
            Ok(())
        })
    }

    fn end<'a>(&'a self, hash: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            self.0.lock().unwrap().remove(hash);
            Ok(())
        })
    }
}

struct Rig {
    address: SocketAddr,
    ready: Arc<AtomicBool>,
    tokens: Arc<Tokens>,
    record: Arc<Record>,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Rig {
    async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    async fn start_with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ready = Arc::new(AtomicBool::new(true));
        let tokens = Arc::new(Tokens::default());
        let record = Arc::new(Record::default());
        let is_ready = ready.clone();
        let parts = Parts {
            staff: Arc::new(Team),
            tokens: tokens.clone(),
            sign_ins: record.clone(),
            metrics: Arc::new(Metrics::default()),
            health: Arc::new(move || Health {
                live: true,
                ready: is_ready.load(Ordering::Relaxed),
                details: [("journal".to_owned(), json!("ok"))].into_iter().collect(),
            }),
            status: Arc::new(|reader| json!({"seen_by": reader.operator, "calls": 3})),
            records: Arc::new(Book),
            plans: Arc::new(Shelf),
            rosters: Arc::new(Shelf),
            supervision: Arc::new(Shelf),
            dialler: Arc::new(Shelf),
            walls: Arc::new(Shelf),
            requests: Arc::new(Asks),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async move {
            stopped.await.ok();
        };
        let served = tokio::spawn(serve(listener, config, parts, stopped));
        Self {
            address,
            ready,
            tokens,
            record,
            stop,
            served,
        }
    }

    /// Sends a request as it stands; gives status line, head and body.
    async fn ask(&self, request: &str) -> Reply {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        read(&mut socket).await
    }

    async fn get(&self, path: &str, token: &str) -> Reply {
        let authorization = format!("Authorization: Bearer {token}\r\n");
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\n{authorization}Connection: close\r\n\r\n"
        ))
        .await
    }

    async fn sign_in(&self, operator: &str, password: &str) -> Reply {
        self.sign_in_as(operator, password, "").await
    }

    async fn sign_in_as(&self, operator: &str, password: &str, head: &str) -> Reply {
        let body = json!({"operator": operator, "password": password}).to_string();
        self.post(&body, &format!("Content-Type: application/json\r\n{head}"))
            .await
    }

    async fn post_as(&self, token: &str, path: &str, body: &str) -> Reply {
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
        .await
    }

    async fn post(&self, body: &str, head: &str) -> Reply {
        let length = body.len();
        let start = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
        self.ask(&format!(
            "{start}{head}Content-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }
}

struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

async fn read(socket: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).await.ok();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Reply {
        status: status.unwrap_or(0),
        head: head.to_lowercase(),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn health_says_ready_and_why_not() {
    let rig = Rig::start().await;
    let reply = rig.get("/healthz", "").await;
    let page = json!({"live": true, "ready": true, "details": {"journal": "ok"}});
    assert_eq!((reply.status, reply.json()), (200, page));
    rig.ready.store(false, Ordering::Relaxed);
    assert_eq!(rig.get("/healthz", "").await.status, 503);
}

#[tokio::test]
async fn sign_in_use_and_sign_out() {
    let rig = Rig::start().await;
    let reply = rig.sign_in("anna", "right").await;
    assert_eq!(reply.status, 201);
    let issued = reply.json();
    assert_eq!(
        (&issued["operator"], &issued["project"]),
        (&json!("anna"), &json!("isp1"))
    );
    assert!(issued["expires_at"].as_str().unwrap().ends_with('Z'));
    let token = issued["token"].as_str().unwrap();
    assert_eq!(rig.tokens.session(token).unwrap().operator, "anna".into());
    assert_eq!(rig.tokens.on_record(), *rig.record.0.lock().unwrap());
    assert_eq!(rig.tokens.on_record().len(), 1, "it outlives the daemon");

    let status = rig.get("/api/v1/status", token).await;
    assert_eq!(status.json(), json!({"seen_by": "anna", "calls": 3}));
    let calls = rig
        .get("/api/v1/calls?limit=5&outcome=answered", token)
        .await
        .json();
    assert_eq!(calls["calls"][0]["project"], "isp1");
    assert!(
        calls["calls"][0]["asked"]
            .as_str()
            .unwrap()
            .contains("limit: Some(5)")
    );
    assert_eq!(
        rig.get("/api/v1/calls/42", token).await.json(),
        json!({"id": "42"})
    );
    assert_eq!(rig.get("/api/v1/calls?all=1", token).await.status, 400);
    for (page, closed) in [
        ("/api/v1/requests", false),
        ("/api/v1/requests?closed=true", true),
    ] {
        let owed = json!({"requests": [{"project": "isp1", "closed": closed}]});
        assert_eq!(rig.get(page, token).await.json(), owed);
    }

    let sign_out = format!(
        "DELETE /api/v1/session HTTP/1.1\r\nHost: x\r\nAuthorization: bearer {token}\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(rig.ask(&sign_out).await.status, 204);
    assert!(
        rig.record.0.lock().unwrap().is_empty(),
        "nor after a restart"
    );
    assert_eq!(rig.ask(&sign_out).await.status, 401);
    assert_eq!(rig.get("/api/v1/status", token).await.status, 401);
}

#[tokio::test]
async fn figures_are_for_supervisors_of_their_own_project() {
    let rig = Rig::start().await;
    let token = |reply: Reply| reply.json()["token"].as_str().unwrap().to_owned();
    let anna = token(rig.sign_in("anna", "right").await);
    let boris = token(rig.sign_in("boris", "right").await);
    let page = "/api/v1/report?from=0&to=7&by=hour&t=30";
    assert_eq!(rig.get(page, "").await.status, 401);
    let refused = rig.get(page, &boris).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--supervisor"), "{}", refused.body);
    let told = rig.get(page, &anna).await.json();
    assert_eq!(told["project"], "isp1");
    let asked = "ReportQuery { from: 0, to: 7, by: Hour, t: 30, short: 5, within: 1200, of: Operator, group: None, operator: None, project: None }";
    assert_eq!(told["asked"], asked);
    let shifts = "/api/v1/report?from=1795320000000000&to=1795320000000007&by=shifts";
    assert_eq!(rig.get(shifts, &anna).await.status, 200);
    for wrong in [
        "",
        "?from=0&to=7&by=mood",
        "?from=7&to=7",
        "?from=0&to=7&t=0",
        "?from=0&to=7&by=callbacks&within=0",
        "?from=0&to=7&by=hour&group=first",
        "?from=0&to=34560000000001&by=shifts",
        "?from=0&to=7&by=shifts",
        "?from=300000000000000000&to=300000000000000007&by=shifts",
    ] {
        let reply = rig.get(&format!("/api/v1/report{wrong}"), &anna).await;
        assert_eq!(reply.status, 400, "{wrong}: {}", reply.body);
    }
}

#[tokio::test]
async fn the_wall_is_for_supervisors() {
    let rig = Rig::start().await;
    let token = |reply: Reply| reply.json()["token"].as_str().unwrap().to_owned();
    let anna = token(rig.sign_in("anna", "right").await);
    let boris = token(rig.sign_in("boris", "right").await);
    assert_eq!(rig.get("/api/v1/wall", "").await.status, 401);
    let refused = rig.get("/api/v1/wall", &boris).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--supervisor"), "{}", refused.body);
    assert_eq!(
        rig.get("/api/v1/wall", &anna).await.json()["seen_by"],
        "anna"
    );
}

#[tokio::test]
async fn another_projects_call_is_not_there() {
    let rig = Rig::start().await;
    let token = rig.sign_in("boris", "right").await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(rig.get("/api/v1/calls/42", &token).await.status, 404);
}

#[tokio::test]
async fn who_signs_in_while_nothing_can_be_written_down_works_until_the_daemon_ends() {
    let rig = Rig::start().await;
    let reply = rig.sign_in("boris", "right").await;
    assert_eq!(reply.status, 201);
    let token = reply.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(rig.get("/api/v1/status", &token).await.status, 200);
    assert!(rig.tokens.on_record().is_empty());
}

#[tokio::test]
async fn unknown_operator_and_wrong_password_look_the_same() {
    let rig = Rig::start().await;
    let unknown = rig.sign_in("nobody", "right").await;
    let wrong = rig.sign_in("anna", "wrong").await;
    let long = rig.sign_in(&"a".repeat(100), "right").await;
    let empty = rig.sign_in("", "").await;
    for reply in [&unknown, &wrong, &long, &empty] {
        assert_eq!((reply.status, &reply.body), (401, &unknown.body));
    }
}

#[tokio::test]
async fn guessing_is_made_slow() {
    let rig = Rig::start_with(Config {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..Config::default()
    })
    .await;
    // The wait is one second: a busy machine must not sit it out.
    tokio::time::pause();
    let from = |ip: &str| format!("X-Forwarded-For: 198.51.100.1, {ip}\r\n");
    for _ in 0..3 {
        assert_eq!(
            rig.sign_in_as("anna", "wrong", &from("192.0.2.1"))
                .await
                .status,
            401
        );
    }
    let refused = rig.sign_in_as("anna", "right", &from("192.0.2.1")).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("1"))
    );
    // Anna herself, elsewhere, is not locked out.
    assert_eq!(
        rig.sign_in_as("anna", "right", &from("192.0.2.2"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn pages_without_a_token_are_closed_and_errors_are_alike() {
    let rig = Rig::start().await;
    let mut story = Vec::new();
    for path in [
        "/api/v1/status",
        "/api/v1/calls",
        "/api/v1/calls/1",
        "/api/v1/requests",
        "/nothing",
    ] {
        let reply = rig.get(path, "wrong").await;
        story.push(format!(
            "{} {path} {}",
            reply.status,
            reply.json()["error"]["code"]
        ));
    }
    let put = "PUT /api/v1/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let reply = rig.ask(put).await;
    story.push(format!(
        "{} PUT {}",
        reply.status,
        reply.json()["error"]["code"]
    ));
    let json = "Content-Type: application/json\r\n";
    for (what, body, head) in [
        ("broken", "{\"operator\":", json),
        (
            "a form",
            "operator=anna",
            "Content-Type: application/x-www-form-urlencoded\r\n",
        ),
        (
            "too large",
            &format!("{{\"operator\":\"{}\"}}", "x".repeat(20_000)),
            json,
        ),
        ("down", "{\"operator\":\"down\",\"password\":\"x\"}", json),
    ] {
        let reply = rig.post(body, head).await;
        assert!(!reply.body.contains("canary"), "{}", reply.body);
        story.push(format!(
            "{} {what} {}",
            reply.status,
            reply.json()["error"]["code"]
        ));
    }
    insta::assert_snapshot!(story.join("\n"), @r#"
    401 /api/v1/status "unauthorized"
    401 /api/v1/calls "unauthorized"
    401 /api/v1/calls/1 "unauthorized"
    401 /api/v1/requests "unauthorized"
    404 /nothing "not_found"
    405 PUT "method_not_allowed"
    400 broken "bad_request"
    400 a form "bad_request"
    400 too large "bad_request"
    503 down "unavailable"
    "#);
}

#[tokio::test]
async fn every_answer_carries_the_headers_of_caution() {
    let rig = Rig::start().await;
    for path in ["/healthz", "/metrics", "/nothing"] {
        let reply = rig.get(path, "").await;
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert!(
            reply
                .header("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
    }
}

#[tokio::test]
async fn metrics_are_counted() {
    let rig = Rig::start().await;
    rig.sign_in("anna", "wrong").await;
    rig.sign_in("anna", "right").await;
    let page = rig.get("/metrics", "").await;
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    insta::assert_snapshot!(page.body, @r#"
    # HELP gudok_http_refused_total Sockets closed at once since a limit of connections was reached.
    # TYPE gudok_http_refused_total counter
    gudok_http_refused_total 0
    # HELP gudok_http_responses_total HTTP answers by class.
    # TYPE gudok_http_responses_total counter
    gudok_http_responses_total{class="2xx",method="write"} 1
    gudok_http_responses_total{class="4xx",method="write"} 1
    # HELP gudok_sign_ins_total Sign-ins by result.
    # TYPE gudok_sign_ins_total counter
    gudok_sign_ins_total{result="ok"} 1
    gudok_sign_ins_total{result="refused"} 1
    "#);
}

#[tokio::test]
async fn slow_heads_slow_bodies_and_slow_answers_are_cut_off() {
    let rig = Rig::start().await;
    let mut head = TcpStream::connect(rig.address).await.unwrap();
    head.write_all(b"GET /healthz HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    let mut body = TcpStream::connect(rig.address).await.unwrap();
    let start = "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let start = format!("{start}Connection: close\r\nContent-Length: 100\r\n\r\n{{");
    body.write_all(start.as_bytes()).await.unwrap();
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    assert_eq!(read(&mut head).await.body, "");
    assert_eq!(read(&mut body).await.status, 503);
    assert!(
        since.elapsed() <= Duration::from_secs(11),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(rig.sign_in("hang", "right").await.status, 503);
}

#[tokio::test]
async fn one_source_cannot_take_all_places() {
    let config = Config {
        connections_per_source_max: 2,
        ..Config::default()
    };
    let rig = Rig::start_with(config).await;
    let _first = TcpStream::connect(rig.address).await.unwrap();
    let second = TcpStream::connect(rig.address).await.unwrap();
    assert_eq!(
        rig.get("/healthz", "").await.status,
        0,
        "closed without a word"
    );
    drop(second);
    // The place is free as soon as the server has seen the end.
    while rig.get("/healthz", "").await.status != 200 {}
}

#[tokio::test]
async fn a_stopping_server_lets_the_request_under_way_end() {
    let rig = Rig::start().await;
    let mut idle = TcpStream::connect(rig.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    rig.stop.send(()).unwrap();
    rig.served.await.unwrap();
    assert!(TcpStream::connect(rig.address).await.is_err());
}

#[tokio::test]
async fn plans_are_for_admins_and_a_refused_one_is_no_success() {
    let rig = Rig::start().await;
    let ask = async |token: &str, path: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        rig.ask(&request).await
    };
    let (reload, back) = ("/api/v1/plans/reload", "/api/v1/plans/rollback");
    let wish = r#"{"reason":"winter"}"#;
    assert_eq!(ask("none", reload, wish).await.status, 401);
    let token = async |name: &str| {
        let signed_in = rig.sign_in(name, "right").await.json();
        signed_in["token"].as_str().unwrap().to_owned()
    };
    let (anna, boris) = (token("anna").await, token("boris").await);
    for path in [reload, back] {
        assert_eq!(ask(&boris, path, wish).await.status, 403, "{path}");
    }
    assert_eq!(rig.get("/api/v1/plans", &boris).await.status, 403);
    assert_eq!(rig.get("/api/v1/plans", &anna).await.status, 200);

    let taken = ask(&anna, reload, wish).await;
    assert_eq!(taken.status, 200);
    assert_eq!(taken.json(), json!({"by": "anna", "reason": "winter"}));
    let refused = ask(&anna, reload, r#"{"reason":"bad"}"#).await;
    assert_eq!(refused.status, 422);
    let gone_back = ask(&anna, back, r#"{"reason":"early","version":3}"#).await;
    assert_eq!(gone_back.json()["to"], 3);
    // Away from what is in force: from what the one who asks has seen there.
    let seen = ask(&anna, back, r#"{"reason":"early","expected":7}"#).await;
    assert_eq!(seen.json()["expected"], 7);
    let blind = ask(&anna, back, r#"{"reason":"early"}"#).await;
    assert_eq!(blind.status, 400);
    // What takes long goes on: who is told so does not ask for it twice.
    tokio::time::pause();
    let goes_on = ask(&anna, reload, r#"{"reason":"slow"}"#).await;
    tokio::time::resume();
    assert_eq!(goes_on.status, 202);
    assert_eq!(goes_on.json()["accepted"], true);
    for silent in [
        "{}",
        r#"{"reason":" "}"#,
        r#"{"reason":"a\nb"}"#,
        r#"{"reason":"a","x":1}"#,
    ] {
        assert_eq!(ask(&anna, reload, silent).await.status, 400, "{silent}");
    }
}

#[tokio::test]
async fn whoever_is_signed_in_calls_by_their_own_phone() {
    let rig = Rig::start().await;
    let dial = async |token: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST /api/v1/dial HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        rig.ask(&request).await
    };
    let signed_in = rig.sign_in("boris", "right").await.json();
    let boris = signed_in["token"].as_str().unwrap().to_owned();
    let wish = r#"{"number":"84951234567","purpose":"service"}"#;
    assert_eq!(dial("none", wish).await.status, 401);
    let begun = dial(&boris, wish).await;
    assert_eq!(begun.status, 200);
    assert_eq!(
        begun.json(),
        json!({"by": "boris", "number": "84951234567"})
    );
    let denied = r#"{"number":"84951234567","purpose":"debt"}"#;
    assert_eq!(dial(&boris, denied).await.status, 422);
    let long = format!(r#"{{"number":"{}","purpose":"service"}}"#, "1".repeat(65));
    let more = r#"{"number":"1","purpose":"service","operator":"anna"}"#;
    for wrong in ["{}", r#"{"number":"","purpose":"service"}"#, &long, more] {
        assert_eq!(dial(&boris, wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn shifts_are_accepted_by_admins_and_one_that_is_not_is_no_success() {
    let rig = Rig::start().await;
    let accept = async |token: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST /api/v1/rosters/duty/accept HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        rig.ask(&request).await
    };
    let token = async |name: &str| {
        let signed_in = rig.sign_in(name, "right").await.json();
        signed_in["token"].as_str().unwrap().to_owned()
    };
    let (anna, boris) = (token("anna").await, token("boris").await);
    let wish = r#"{"person":"ivanov"}"#;
    assert_eq!(accept("none", wish).await.status, 401);
    assert_eq!(accept(&boris, wish).await.status, 403);
    assert_eq!(rig.get("/api/v1/rosters", &boris).await.status, 403);
    assert_eq!(rig.get("/api/v1/rosters", &anna).await.status, 200);

    let taken = accept(&anna, wish).await;
    assert_eq!(taken.status, 200);
    assert_eq!(taken.json(), json!({"by": "anna", "roster": "duty"}));
    assert_eq!(accept(&anna, r#"{"person":"sidorov"}"#).await.status, 422);
    let long = format!(r#"{{"person":"{}"}}"#, "p".repeat(65));
    for wrong in ["{}", r#"{"person":"ivanov","at":1}"#, &long] {
        assert_eq!(accept(&anna, wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_supervisor_s_word_is_done_or_refused_with_its_reason() {
    let rig = Rig::start().await;
    let ask = async |token: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST /api/v1/supervise HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        rig.ask(&request).await
    };
    let token = async |name: &str| {
        let signed_in = rig.sign_in(name, "right").await.json();
        signed_in["token"].as_str().unwrap().to_owned()
    };
    let (anna, boris) = (token("anna").await, token("boris").await);
    let reserve = r#"{"cmd":"reserve","args":{"group":"second","on":true}}"#;
    assert_eq!(ask("none", reserve).await.status, 401);
    assert_eq!(ask(&boris, reserve).await.status, 403);
    let done = ask(&anna, reserve).await;
    assert_eq!((done.status, done.json()), (200, json!({"told": "second"})));
    let unknown = ask(&anna, r#"{"cmd":"regroup"}"#).await;
    assert_eq!(unknown.status, 422);
    assert_eq!(unknown.json()["error"]["code"], "unknown_group");
    let long = format!(r#"{{"cmd":"{}"}}"#, "c".repeat(65));
    for wrong in ["{}", r#"{"cmd":"reserve","at":1}"#, &long] {
        assert_eq!(ask(&anna, wrong).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_form_asks_for_calls_with_its_key_and_for_nothing_else() {
    let rig = Rig::start().await;
    let page = "/api/v1/requests";
    let wish = r#"{"number":"8 999 123-45-67"}"#;
    let signed_in = rig.sign_in("boris", "right").await.json();
    let boris = signed_in["token"].as_str().unwrap();
    let asked = rig.post_as("site-key", page, wish).await;
    assert_eq!(asked.status, 201);
    assert_eq!(asked.json()["asker"], "site of isp1 by Web");
    let asked = rig.post_as(boris, page, wish).await;
    assert_eq!(asked.json()["asker"], "boris of isp2 by Api");
    for (number, status) in [("1", 200), ("full", 503), ("wrong", 422)] {
        let wish = json!({ "number": number }).to_string();
        assert_eq!(rig.post_as("site-key", page, &wish).await.status, status);
    }
    assert_eq!(rig.post_as("no-key", page, wish).await.status, 401);
    for closed in [page, "/api/v1/missed", "/api/v1/calls", "/api/v1/status"] {
        assert_eq!(rig.get(closed, "site-key").await.status, 401, "{closed}");
    }
    // How its request stands, and whose key it is.
    let one = rig.get("/api/v1/requests/7", "site-key").await;
    assert_eq!(
        (one.status, one.json()),
        (200, json!({"asker": "site by Web", "request": 7}))
    );
    let absent = rig.get("/api/v1/requests/404", "site-key").await.status;
    let guessed = rig.get("/api/v1/requests/7", "no-key").await.status;
    assert_eq!((absent, guessed), (404, 401));
    let done = rig
        .post_as("site-key", "/api/v1/requests/7/done", "{}")
        .await;
    assert_eq!(done.status, 401);
    let long = json!({ "number": "1", "note": "ж".repeat(401) }).to_string();
    let two_lines = json!({ "number": "1", "basis": "a\nb" }).to_string();
    let large = json!({ "number": "1", "note": "n".repeat(20_000) }).to_string();
    let unknown = r#"{"number":"1","colour":"red"}"#;
    for wrong in ["{}", &long, &two_lines, unknown] {
        assert_eq!(
            rig.post_as("site-key", page, wrong).await.status,
            400,
            "{wrong}"
        );
    }
    assert_eq!(rig.post_as("site-key", page, &large).await.status, 400);
    // No page of another origin may ask.
    let preflight = "OPTIONS /api/v1/requests HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\nConnection: close\r\n\r\n";
    let reply = rig.ask(preflight).await;
    assert_eq!(
        (reply.status, reply.header("access-control-allow-origin")),
        (405, None)
    );
}

#[tokio::test]
async fn a_key_asks_so_often_and_guessing_one_is_slow() {
    let rig = Rig::start().await;
    let page = "/api/v1/requests";
    let wish = r#"{"number":"1"}"#;
    for _ in 0..ASKS_PER_MINUTE {
        assert_eq!(rig.post_as("site-key", page, wish).await.status, 200);
    }
    let reply = rig.post_as("site-key", page, wish).await;
    assert_eq!(reply.status, 429);
    let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for _ in 0..STRANGERS_PER_MINUTE {
        assert_eq!(rig.post_as("guess", page, wish).await.status, 401);
    }
    assert_eq!(rig.post_as("guess", page, wish).await.status, 429);
}

#[tokio::test]
async fn people_write_down_who_wants_no_calls_so_often_and_no_oftener() {
    let rig = Rig::start().await;
    let signed_in = rig.sign_in("boris", "right").await.json();
    let boris = signed_in["token"].as_str().unwrap().to_owned();
    let wish = r#"{"number":"1","why":"no calls"}"#;
    for _ in 0..ASKS_PER_MINUTE {
        let said = rig.post_as(&boris, "/api/v1/dnc", wish).await;
        assert_eq!(said.status, 200);
    }
    let reply = rig.post_as(&boris, "/api/v1/dnc", wish).await;
    assert_eq!(reply.status, 429);
    let said = async |word: &str| {
        let page = format!("/api/v1/requests/7/{word}");
        rig.post_as(&boris, &page, r#"{"note":"no calls"}"#)
            .await
            .status
    };
    assert_eq!(said("dnc").await, 429);
    assert_eq!(said("done").await, 200, "a request is theirs to close");
}

/// Olga is moved while she is signed in.
#[tokio::test]
async fn whose_operator_somebody_is_holds_from_the_moment_it_changes() {
    let rig = Rig::start().await;
    let signed_in = rig.sign_in("olga", "right").await.json();
    let olga = signed_in["token"].as_str().unwrap();
    let seen = rig.get("/api/v1/requests", olga).await.json();
    assert_eq!(seen["requests"][0]["project"], "isp2", "{seen}");
}

#[tokio::test]
async fn who_wants_no_calls_is_asked_of_one_number() {
    let rig = Rig::start().await;
    let signed_in = rig.sign_in("anna", "right").await.json();
    let anna = signed_in["token"].as_str().unwrap();
    let seen = rig.get("/api/v1/dnc?number=89990000042", anna).await.json();
    assert_eq!(seen["of"], "89990000042", "{seen}");
    assert_eq!(rig.get("/api/v1/dnc?since=1", anna).await.status, 400);
}

#[tokio::test]
async fn people_say_what_becomes_of_a_request() {
    let rig = Rig::start().await;
    let token = async |name: &str| {
        let signed_in = rig.sign_in(name, "right").await.json();
        signed_in["token"].as_str().unwrap().to_owned()
    };
    let (anna, boris) = (token("anna").await, token("boris").await);
    let say = async |token: &str, about: &str, body: &str| {
        let page = format!("/api/v1/requests/{about}");
        rig.post_as(token, &page, body).await
    };
    let said =
        async |about: &str, body: &str| say(&boris, about, body).await.json()["said"].clone();
    assert_eq!(said("7/take", "{}").await, "boris false 7 Take");
    assert_eq!(
        said("7/later", r#"{"at":5}"#).await,
        "boris false 7 Later { at: 5 }"
    );
    let told = said("7/cancel", r#"{"note":" не нужно "}"#).await;
    assert_eq!(told, "boris false 7 Cancel { note: \"не нужно\" }");
    let done = say(&anna, "7/done", "{}").await.json();
    assert_eq!(done["said"], "anna true 7 Done { note: \"\" }");
    for (about, body, status) in [
        ("404/done", "{}", 404),
        ("409/done", "{}", 409),
        ("7/later", "{}", 400),
        ("7/forget", "{}", 404),
        ("7/cancel", "{}", 400),
        ("7/cancel", r#"{"note":"  "}"#, 400),
        ("x/done", "{}", 400),
        ("7/done", r#"{"who":"x"}"#, 400),
    ] {
        let reply = say(&boris, about, body).await;
        assert_eq!(reply.status, status, "{about} {}", reply.body);
    }
    let missed = rig.get("/api/v1/missed?all=true", &boris).await.json();
    assert_eq!(missed["missed"][0], json!({"project": "isp2", "all": true}));
}
