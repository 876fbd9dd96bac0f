//! From facts to what callers are owed: one promise of a group a number, closed by a person or by the caller's own next call.
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, IdentitySource, LegId, NumberRules, Outcome, Parsed,
    Presentation, RequestEnd, RequestKind, Termination, Wall, number,
};
use gudok_store::{Fact, OpenRequests, Projector, RequestRow, Store};

const MINUTE: i64 = 60_000_000;

fn call(n: u128) -> CallId {
    CallId(uuid::Uuid::from_u128(n))
}

fn parsed(raw: &str) -> Parsed {
    number::parse(raw, &NumberRules::default())
}

fn arrived(from: &str) -> CallEvent {
    CallEvent::Arrived {
        project: "demo".into(),
        trunk: "carrier".into(),
        caller: Caller {
            number: parsed(from),
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::Pai,
            region: None,
        },
        dialled: Dialled {
            number: parsed("88000000000"),
            found_in: IdentitySource::RequestUri,
        },
        sip_call_id: "abc@192.0.2.1".into(),
        session_id: None,
        plan: "8800.toml#1".into(),
    }
}

fn owed(kind: RequestKind, to: &str, due: i64, group: Option<&str>) -> CallEvent {
    CallEvent::Requested {
        kind,
        number: parsed(to).e164,
        due: Wall(due),
        group: group.map(Into::into),
        length_ms: (kind == RequestKind::Voicemail).then_some(8_000),
        waited_ms: (kind == RequestKind::Callback).then_some(95_000),
        detail: Box::default(),
    }
}

fn talks(call: CallId) -> CallEvent {
    CallEvent::Bridged {
        a: LegId::caller(call),
        b: LegId { call, index: 1 },
        operator: Some("anna".into()),
        waited_ms: 0,
    }
}

fn ends(outcome: Outcome) -> CallEvent {
    CallEvent::Ended {
        outcome,
        termination: Termination::success("caller-hung-up"),
    }
}

/// Facts of calls, a second after each other, numbered in their order.
fn facts(story: Vec<(u128, CallEvent)>) -> Vec<Fact> {
    let story = (1..).zip(story);
    story
        .map(|(seq, (n, event))| Fact {
            seq,
            at: Wall(i64::try_from(seq).expect("few") * 1_000_000),
            call: call(n),
            event,
        })
        .collect()
}

async fn after(story: Vec<(u128, CallEvent)>) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db")).await;
    let store = store.expect("a database");
    let applied = Projector::new(&store).project(&facts(story)).await;
    applied.expect("applied");
    (dir, store)
}

fn short(row: &RequestRow) -> String {
    format!(
        "{} {} {} to {} by {} due {} asked {} closed {}",
        row.request_id,
        row.kind,
        row.state,
        row.number.as_deref().unwrap_or("-"),
        row.owner.as_deref().unwrap_or("-"),
        row.due_at / MINUTE,
        row.asked,
        row.closed_by.as_deref().unwrap_or("-"),
    )
}

async fn listed(store: &Store, closed: bool) -> Vec<String> {
    let rows = store.requests(None, closed).await.expect("listed");
    rows.iter().map(short).collect()
}

#[tokio::test]
async fn a_number_is_promised_one_call_however_often_it_asks() {
    use RequestKind::Callback;
    let (_dir, store) = after(vec![
        (1, arrived("8 999 000-00-01")),
        (1, owed(Callback, "+79990000001", 20 * MINUTE, None)),
        (2, arrived("8 999 000-00-01")),
        (2, owed(Callback, "+79990000001", 30 * MINUTE, None)),
        (3, arrived("8 999 000-00-02")),
        (3, owed(Callback, "+79990000002", 10 * MINUTE, Some("tech"))),
    ])
    .await;
    assert_eq!(
        listed(&store, false).await,
        [
            "6 callback requested to +79990000002 by tech due 10 asked 1 closed -",
            "2 callback requested to +79990000001 by - due 20 asked 2 closed -",
        ]
    );
    let row = store.request(2).await.unwrap().unwrap();
    assert_eq!(row.did.as_deref(), Some("+78000000000"));
    assert_eq!(row.last_call_id, call(2).to_string());
    let open = store.open_requests(Wall(15 * MINUTE)).await.unwrap();
    let counted = OpenRequests {
        kind: "callback".into(),
        open: 2,
        overdue: 1,
        oldest_at: Some(2_000_000),
    };
    assert_eq!(open, [counted]);
}

#[tokio::test]
async fn a_message_without_an_end_is_left_open_and_one_that_is_owed_is_not() {
    let began = |group: Option<&str>| CallEvent::MessageBegan {
        group: group.map(Into::into),
        within_ms: 60_000,
    };
    let message = owed(RequestKind::Voicemail, "+79990000003", MINUTE, None);
    let (_dir, store) = after(vec![
        (1, arrived("+79990000001")),
        (1, began(Some("tech"))),
        // Ended by the caller at once.
        (2, arrived("+79990000002")),
        (2, began(None)),
        (2, ends(Outcome::AbandonedIvr)),
        // Owed, and the call goes on.
        (3, arrived("+79990000003")),
        (3, began(None)),
        (3, message),
        // Two in one call: the second is cut.
        (4, arrived("+79990000004")),
        (4, began(None)),
        (
            4,
            owed(RequestKind::Voicemail, "+79990000004", MINUTE, None),
        ),
        (4, began(None)),
    ])
    .await;
    let left = store.left_open().await.expect("readable").messages;
    let told: Vec<_> = left
        .iter()
        .map(|it| {
            let group = it.group.as_ref().map(|it| it.as_str());
            let number = it.number.as_ref().map(|it| it.as_str());
            (it.call, it.since, number, group, it.within.as_secs())
        })
        .collect();
    let first = (
        call(1),
        Wall(2_000_000),
        Some("+79990000001"),
        Some("tech"),
        60,
    );
    let fourth = (call(4), Wall(12_000_000), Some("+79990000004"), None, 60);
    assert_eq!(told, [first, fourth]);
}

#[tokio::test]
async fn whichever_group_promises_a_number_has_one_call_to_expect() {
    use RequestKind::Callback;
    let promise = |due, group| owed(Callback, "+79990000001", due * MINUTE, group);
    let (_dir, store) = after(vec![
        (1, arrived("+79990000001")),
        (1, promise(20, Some("tech"))),
        (2, arrived("+79990000001")),
        (2, promise(10, Some("sales"))),
        (3, arrived("+79990000001")),
        (3, promise(30, None)),
    ])
    .await;
    let one = "2 callback requested to +79990000001 by tech due 10 asked 3 closed -";
    assert_eq!(listed(&store, true).await, [one]);
}

#[tokio::test]
async fn a_bridge_that_was_no_talk_closes_no_promise() {
    use RequestKind::Callback;
    let promise = owed(Callback, "+79990000001", 20 * MINUTE, None);
    let (_dir, store) = after(vec![
        (1, arrived("+79990000001")),
        (1, promise),
        (2, arrived("+79990000001")),
        // Nobody was heard: it was taken back, and the caller left the queue.
        (2, talks(call(2))),
        (2, ends(Outcome::AbandonedQueue { short: false })),
    ])
    .await;
    assert_eq!(
        listed(&store, true).await,
        ["2 callback requested to +79990000001 by - due 20 asked 1 closed -"]
    );
}

#[tokio::test]
async fn what_is_promised_to_one_who_shares_the_number_stands_when_another_has_talked() {
    use RequestKind::Callback;
    let (_dir, store) = after(vec![
        (1, arrived("+79990000001")),
        (1, talks(call(1))),
        (2, arrived("+79990000001")),
        (2, owed(Callback, "+79990000001", 20 * MINUTE, None)),
        (1, ends(Outcome::Answered)),
    ])
    .await;
    assert_eq!(
        listed(&store, true).await,
        ["4 callback requested to +79990000001 by - due 20 asked 1 closed -"]
    );
}

#[tokio::test]
async fn who_calls_again_and_is_answered_is_owed_no_call() {
    use RequestKind::{Callback, Voicemail};
    let (_dir, store) = after(vec![
        (1, arrived("+79990000001")),
        (1, owed(Callback, "+79990000001", 20 * MINUTE, None)),
        (2, arrived("+79990000002")),
        (2, owed(Callback, "+79990000002", 20 * MINUTE, None)),
        (3, arrived("+79990000001")),
        (
            3,
            owed(Voicemail, "+79990000001", 60 * MINUTE, Some("tech")),
        ),
        (4, arrived("+79990000001")),
        (4, talks(call(4))),
        (4, ends(Outcome::Answered)),
        (5, arrived("+79990000001")),
        (5, owed(Callback, "+79990000001", 40 * MINUTE, None)),
    ])
    .await;
    assert_eq!(
        listed(&store, true).await,
        [
            "11 callback requested to +79990000001 by - due 40 asked 1 closed -",
            "6 voicemail requested to +79990000001 by tech due 60 asked 1 closed -",
            "4 callback requested to +79990000002 by - due 20 asked 1 closed -",
            "2 callback cancelled to +79990000001 by - due 20 asked 1 closed caller",
        ]
    );
    let row = store.request(2).await.unwrap().unwrap();
    let by = call(4).to_string();
    assert_eq!(row.contact_call, Some(by), "the talk that made it needless");
    assert_eq!(row.closed_at, Some(9_000_000), "when the talk was over");
}

#[tokio::test]
async fn a_person_closes_it_once_and_what_comes_twice_changes_nothing() {
    use RequestKind::Voicemail;
    let closed = |end, by: &str| CallEvent::RequestClosed {
        request: 2,
        end,
        by: by.into(),
        note: Some("перезвонили".into()),
    };
    let story = vec![
        (1, arrived("+79990000001")),
        (1, owed(Voicemail, "+79990000001", 20 * MINUTE, None)),
        (
            1,
            CallEvent::RecordingSealed {
                file: "2026/11/21/x.wav".into(),
                length_ms: 30_000,
                sha256: "0".into(),
            },
        ),
        (1, closed(RequestEnd::Done, "ivanov")),
        (1, closed(RequestEnd::Cancelled, "petrova")),
    ];
    let (_dir, store) = after(story.clone()).await;
    // Another reader of the same journal, from its beginning.
    Projector::new(&store).project(&facts(story)).await.unwrap();
    let row = store.request(2).await.unwrap().unwrap();
    assert_eq!(
        short(&row),
        "2 voicemail done to +79990000001 by - due 20 asked 1 closed ivanov"
    );
    assert_eq!(row.closed_note.as_deref(), Some("перезвонили"));
    assert_eq!(row.recording.as_deref(), Some("2026/11/21/x.wav"));
    assert_eq!(row.length_ms, Some(8_000));
    assert!(listed(&store, false).await.is_empty());
    let other = "another".into();
    assert!(store.requests(Some(&other), true).await.unwrap().is_empty());
}
