//! The lookup against a CRM of our own on a loopback socket, which behaves as badly as it is told.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
mod fake;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_crm::{Ask, CrmConfig, Directory, Found, Key, Lookup, Mapping, Secret};
use gudok_model::{Client, ClientClass, ClientMatch, LookupError, PhoneNumber};

use fake::{Crm, Reply};

const DEADLINE: Duration = Duration::from_millis(800);
/// For stories in which time plays no part: a busy machine must not tell another one.
const FAR: Duration = Duration::from_secs(600);

/// The local directory: knows one client, or nobody.
struct Local(Vec<Client>);

impl Directory for Local {
    fn find<'a>(&'a self, _: &'a Key) -> Found<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn locally_known() -> Arc<dyn Directory> {
    Arc::new(Local(vec![Client {
        id: "42".into(),
        name: "Из списка".into(),
        class: ClientClass::Regular,
        fields: BTreeMap::new(),
        source: "local".into(),
    }]))
}

fn number() -> PhoneNumber {
    PhoneNumber::try_from("+79990000042".to_owned()).unwrap()
}

fn called() -> Key {
    Key::Number(number())
}

fn typed(value: &str) -> Key {
    Key::Field {
        name: "account".into(),
        value: value.into(),
    }
}

fn config(crm: &Crm) -> CrmConfig {
    CrmConfig {
        name: "isp1".into(),
        url: format!(
            "http://{}/find?phone={{number}}&d={{number_digits}}",
            crm.address
        ),
        by: BTreeMap::new(),
        method: Ask::Get,
        headers: vec![("X-Key".into(), Secret::new("canary"))],
        timeout: gudok_crm::connector::TIMEOUT_MAX,
        map: Mapping {
            id: "/id".into(),
            name: "/name".into(),
            ..Mapping::default()
        },
    }
}

fn lookup(crm: &Crm, directory: Option<Arc<dyn Directory>>) -> Lookup {
    Lookup::new(directory, Some(config(crm))).unwrap()
}

/// All answers of a lookup, one after the other.
async fn answers(lookup: &Lookup) -> String {
    answers_to(lookup, &called()).await
}

async fn answers_to(lookup: &Lookup, key: &Key) -> String {
    let mut answers = lookup.start(key, FAR);
    let mut said = Vec::new();
    while let Some(answer) = answers.next().await {
        said.push(text(&answer));
    }
    said.join(", then ")
}

fn text(answer: &ClientMatch) -> String {
    match answer {
        ClientMatch::One { client, .. } => format!("{} of {}", client.name, client.source),
        ClientMatch::Many { candidates, .. } => format!("{} candidates", candidates.len()),
        ClientMatch::None { .. } => "nobody".into(),
        ClientMatch::Error { error } => format!("{error:?}"),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn a_good_answer_and_what_was_asked() {
    let mut crm = Crm::start(Reply::json(r#"{"id":7,"name":"Анна"}"#)).await;
    assert_eq!(
        answers(&lookup(&crm, Some(locally_known()))).await,
        "Анна of crm:isp1"
    );
    let asked = crm.asked().await;
    assert!(
        asked.starts_with("GET /find?phone=%2B79990000042&d=79990000042 HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(
        asked.to_lowercase().contains("x-key: canary\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_question_may_be_posted() {
    let mut crm = Crm::start(Reply::json("[]")).await;
    let mut config = config(&crm);
    config.url = format!("http://{}/find", crm.address);
    config.method = Ask::Post(r#"{"phone":"{number}"}"#.into());
    let lookup = Lookup::new(None, Some(config)).unwrap();
    assert_eq!(answers(&lookup).await, "nobody");
    let asked = crm.asked().await;
    assert!(asked.starts_with("POST /find "), "{asked}");
    assert!(
        asked.ends_with("\r\n\r\n{\"phone\":\"+79990000042\"}"),
        "{asked}"
    );
}

/// Whatever was typed is one value in the page: no path, no query, no other server.
#[tokio::test]
async fn what_was_typed_is_asked_as_one_value_whatever_it_is() {
    let mut crm = Crm::start(Reply::json(r#"{"id":7,"name":"Анна"}"#)).await;
    let mut config = config(&crm);
    let url = format!("http://{}/by/{{value}}/x?c={{value}}", crm.address);
    config.by = BTreeMap::from([("account".to_owned(), url)]);
    let lookup = Lookup::new(None, Some(config)).unwrap();
    let mut picture = Vec::new();
    for value in [
        "4502",
        "../../admin",
        "1&c=2#x",
        "@evil.example/",
        "{number}\r\nX: 1",
        "щ",
    ] {
        assert_eq!(answers_to(&lookup, &typed(value)).await, "Анна of crm:isp1");
        let asked = crm.asked().await;
        assert!(!asked.contains("\nX: 1"), "{asked}");
        picture.push(asked.lines().next().unwrap_or_default().to_owned());
    }
    insta::assert_snapshot!(picture.join("\n"), @r"
    GET /by/4502/x?c=4502 HTTP/1.1
    GET /by/%2E%2E%2F%2E%2E%2Fadmin/x?c=%2E%2E%2F%2E%2E%2Fadmin HTTP/1.1
    GET /by/1%26c%3D2%23x/x?c=1%26c%3D2%23x HTTP/1.1
    GET /by/%40evil%2Eexample%2F/x?c=%40evil%2Eexample%2F HTTP/1.1
    GET /by/%7Bnumber%7D%0D%0AX%3A%201/x?c=%7Bnumber%7D%0D%0AX%3A%201 HTTP/1.1
    GET /by/%D1%89/x?c=%D1%89 HTTP/1.1
    ");
    // Even percent-encoded these would be a step up in the path.
    for dots in [".", ".."] {
        assert_eq!(answers_to(&lookup, &typed(dots)).await, "nobody");
    }
    assert!(crm.nobody_came());
}

/// Callers choose what is asked by a field: however often it fits nothing, numbers are asked on.
#[tokio::test]
async fn odd_contracts_do_not_keep_a_crm_from_being_asked() {
    let mut crm = Crm::start(Reply::status(422, "no such format")).await;
    let mut config = config(&crm);
    let url = format!("http://{}/by/{{value}}", crm.address);
    config.by = BTreeMap::from([("account".to_owned(), url)]);
    let lookup = Lookup::new(None, Some(config)).unwrap();
    for _ in 0..6 {
        assert_eq!(answers_to(&lookup, &typed("##")).await, "nobody");
        crm.asked().await;
    }
    crm.reply_with(Reply::json(r#"{"id":7,"name":"Анна"}"#));
    assert_eq!(answers(&lookup).await, "Анна of crm:isp1");
}

/// The directory alone answers what the CRM has no address for.
#[tokio::test]
async fn a_crm_is_not_asked_by_a_field_it_has_no_address_for() {
    let mut crm = Crm::start(Reply::json(r#"{"id":7,"name":"Анна"}"#)).await;
    let lookup = lookup(&crm, Some(locally_known()));
    assert_eq!(
        answers_to(&lookup, &typed("4502")).await,
        "Из списка of local"
    );
    assert!(crm.nobody_came());
}

#[tokio::test]
async fn answers_of_all_kinds() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let story = [
        (
            "many",
            Reply::json(r#"[{"id":1,"name":"А"},{"id":2,"name":"Б"}]"#),
        ),
        ("404", Reply::status(404, "nobody here")),
        ("500", Reply::status(500, "oops")),
        ("HTML", Reply::json("<html>Login</html>")),
        (
            "bad UTF-8",
            Reply::bytes(b"{\"id\":1,\"name\":\"\xff\xfe\"}"),
        ),
        ("deep", Reply::json(&deep)),
        ("10 MB", Reply::json(&"x".repeat(10_000_000))),
        ("10 MB, no length", Reply::endless(10_000_000)),
        ("RST", Reply::reset()),
        (
            "half an answer",
            Reply::raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\""),
        ),
        ("not HTTP", Reply::raw(b"SSH-2.0-OpenSSH_9.2\r\n")),
    ];
    let mut picture = Vec::new();
    for (what, reply) in story {
        let crm = Crm::start(reply).await;
        picture.push(format!("{what}: {}", answers(&lookup(&crm, None)).await));
    }
    insta::assert_snapshot!(picture.join("\n"), @r#"
    many: 2 candidates
    404: nobody
    500: Status
    HTML: Malformed
    bad UTF-8: Malformed
    deep: Malformed
    10 MB: TooLarge
    10 MB, no length: TooLarge
    RST: Unreachable
    half an answer: Unreachable
    not HTTP: Unreachable
    "#);
}

/// The redirect's target is a second listener of ours: the test would see a connection to it. The address
/// of cloud metadata services is refused by the same rule, since no redirect is followed at all.
#[tokio::test]
async fn redirects_are_not_followed() {
    let mut inner = Crm::start(Reply::json(r#"{"id":1,"name":"stolen"}"#)).await;
    for target in [
        format!("http://{}/", inner.address),
        "http://169.254.169.254/latest".into(),
    ] {
        let crm = Crm::start(Reply::redirect(&target)).await;
        assert_eq!(answers(&lookup(&crm, None)).await, "Status");
    }
    assert!(inner.nobody_came());
}

#[tokio::test]
async fn nobody_listens() {
    let crm = Crm::start(Reply::reset()).await;
    let lookup = lookup(&crm, Some(locally_known()));
    crm.stop().await;
    assert_eq!(answers(&lookup).await, "Из списка of local");
}

#[tokio::test]
async fn a_hanging_crm_costs_the_deadline_and_nothing_else() {
    let crm = Crm::start(Reply::Hang).await;
    let known = lookup(&crm, Some(locally_known()));
    let unknown = lookup(&crm, None);
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    let mut first = known.start(&called(), DEADLINE);
    assert_eq!(text(&first.next().await.unwrap()), "Из списка of local");
    let waited = since.elapsed();
    assert!(
        (DEADLINE..DEADLINE + Duration::from_millis(20)).contains(&waited),
        "{waited:?}"
    );
    assert_eq!(
        first.next().await,
        None,
        "the hard limit ends it, without a word"
    );
    assert_eq!(answers(&unknown).await, "Timeout");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_from_the_start_not_from_the_first_look() {
    struct Hanging;
    impl Directory for Hanging {
        fn find<'a>(&'a self, _: &'a Key) -> Found<'a> {
            Box::pin(std::future::pending())
        }
    }
    let lookup = Lookup::new(Some(Arc::new(Hanging)), None).unwrap();
    let mut answers = lookup.start(&called(), DEADLINE);
    tokio::time::advance(DEADLINE).await;
    let since = tokio::time::Instant::now();
    assert_eq!(text(&answers.next().await.unwrap()), "Timeout");
    assert_eq!(since.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_late_answer_is_an_update() {
    let (reply, gate) = Reply::gated(r#"{"id":7,"name":"Анна"}"#);
    let crm = Crm::start(reply).await;
    let lookup = lookup(&crm, Some(locally_known()));
    tokio::time::pause();
    let mut answers = lookup.start(&called(), DEADLINE);
    assert_eq!(text(&answers.next().await.unwrap()), "Из списка of local");
    tokio::time::resume();
    gate.send(()).unwrap();
    assert_eq!(text(&answers.next().await.unwrap()), "Анна of crm:isp1");
    assert_eq!(answers.next().await, None);
}

#[tokio::test]
async fn a_dead_crm_is_left_alone_and_asked_again_by_one_probe() {
    let mut crm = Crm::start(Reply::status(500, "")).await;
    let lookup = lookup(&crm, None);
    for _ in 0..5 {
        assert_eq!(answers(&lookup).await, "Status");
        crm.asked().await;
    }
    assert_eq!(answers(&lookup).await, "CircuitOpen");
    assert!(lookup.is_crm_open() && crm.nobody_came());
    tokio::time::pause();
    tokio::time::advance(gudok_crm::breaker::OPEN_FOR).await;
    tokio::time::resume();
    crm.reply_with(Reply::json(r#"{"id":7,"name":"Анна"}"#));
    assert_eq!(answers(&lookup).await, "Анна of crm:isp1");
    assert!(!lookup.is_crm_open());
}

#[tokio::test]
async fn a_call_that_ends_during_the_probe_does_not_keep_the_circuit_open() {
    let mut crm = Crm::start(Reply::status(500, "")).await;
    let lookup = lookup(&crm, None);
    for _ in 0..5 {
        answers(&lookup).await;
        crm.asked().await;
    }
    tokio::time::pause();
    tokio::time::advance(gudok_crm::breaker::OPEN_FOR).await;
    crm.reply_with(Reply::Hang);
    let mut probe = lookup.start(&called(), FAR);
    tokio::time::resume();
    tokio::select! {
        () = async { drop(crm.asked().await) } => {}
        said = probe.next() => panic!("{said:?}"),
    }
    drop(probe);
    tokio::time::pause();
    tokio::time::advance(2 * gudok_crm::breaker::OPEN_FOR).await;
    tokio::time::resume();
    crm.reply_with(Reply::json("[]"));
    assert_eq!(answers(&lookup).await, "nobody");
}

#[tokio::test]
async fn too_many_at_once_are_refused_at_once() {
    let mut crm = Crm::start(Reply::Hang).await;
    let lookup = lookup(&crm, None);
    let mut hanging = tokio::task::JoinSet::new();
    for _ in 0..gudok_crm::connector::CONCURRENT_MAX {
        let mut answers = lookup.start(&called(), DEADLINE);
        hanging.spawn(async move { while answers.next().await.is_some() {} });
        crm.asked().await;
    }
    assert_eq!(answers(&lookup).await, "Busy");
}

#[tokio::test]
async fn a_directory_that_panics_is_an_error_of_its_own() {
    struct Broken;
    impl Directory for Broken {
        fn find<'a>(&'a self, _: &'a Key) -> Found<'a> {
            Box::pin(async { panic!("broken on purpose") })
        }
    }
    let crm = Crm::start(Reply::json(r#"{"id":7,"name":"Анна"}"#)).await;
    assert_eq!(
        answers(&lookup(&crm, Some(Arc::new(Broken)))).await,
        "Анна of crm:isp1"
    );
    let alone = Lookup::new(Some(Arc::new(Broken)), None).unwrap();
    assert_eq!(
        answers(&alone).await,
        format!("{:?}", LookupError::Malformed)
    );
}
