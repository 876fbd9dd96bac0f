//! From facts to the states of requests, to the register of missed calls, and to the figures of both.
use std::time::Duration;

use gudok_model::{
    Actor, CallEvent, CallId, Caller, Dialled, IdentitySource, LegId, NumberRules, Outcome, Parsed,
    PhoneNumber, Presentation, ProjectId, Refusal, RequestDetail, RequestEnd, RequestKind,
    RequestOutcome, RequestSource, RequestState, Termination, Wall, number,
};
use gudok_store::{AskedFor, DncAsked, Fact, MissedRow, Projector, Promises, RequestRow, Store};

const SECOND: i64 = 1_000_000;
const ANNA: &str = "+79990000001";
const BORIS: &str = "+79990000002";

/// What is told of a call, or under the id of a request, at a second.
type Story = Vec<(i64, u128, CallEvent)>;

fn call(n: u128) -> CallId {
    CallId(uuid::Uuid::from_u128(n))
}

fn phone(raw: &str) -> Option<PhoneNumber> {
    number::parse(raw, &NumberRules::default()).e164
}

fn arrived(from: &str) -> CallEvent {
    let parsed = |raw: &str| -> Parsed { number::parse(raw, &NumberRules::default()) };
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

fn ends(outcome: Outcome) -> CallEvent {
    CallEvent::Ended {
        outcome,
        termination: Termination::success("caller-hung-up"),
    }
}

fn talks(n: u128) -> CallEvent {
    CallEvent::Bridged {
        a: LegId::caller(call(n)),
        b: LegId {
            call: call(n),
            index: 1,
        },
        operator: Some("101".into()),
        waited_ms: 0,
    }
}

fn requested(kind: RequestKind, to: &str, due: i64) -> CallEvent {
    CallEvent::Requested {
        kind,
        number: phone(to),
        due: Wall(due * SECOND),
        group: Some("tech".into()),
        length_ms: None,
        waited_ms: None,
        detail: Box::default(),
    }
}

/// A form asks under an id of its own.
fn asked(to: &str, due: i64) -> CallEvent {
    let CallEvent::Requested {
        kind, number, due, ..
    } = requested(RequestKind::Callback, to, due)
    else {
        unreachable!("it is one");
    };
    CallEvent::Requested {
        kind,
        number,
        due,
        group: None,
        length_ms: None,
        waited_ms: None,
        detail: Box::new(RequestDetail {
            source: RequestSource::Web,
            project: Some("demo".into()),
            note: Some("тариф".into()),
            basis: Some("форма 17".into()),
            needs: [("english".into(), 3)].into(),
            ..RequestDetail::default()
        }),
    }
}

fn missed(number: Option<&str>, short: bool) -> CallEvent {
    CallEvent::Missed {
        number: number.and_then(phone),
        group: Some("tech".into()),
        queue: Some("support".into()),
        short,
    }
}

fn moved(kind: RequestKind, to: &str, state: RequestState) -> CallEvent {
    CallEvent::RequestMoved {
        project: "demo".into(),
        number: phone(to).expect("a number"),
        kind,
        to: state,
    }
}

fn over(to: &str, end: RequestOutcome, contact: Option<u128>) -> CallEvent {
    CallEvent::RequestOver {
        project: "demo".into(),
        number: phone(to).expect("a number"),
        kind: RequestKind::Callback,
        end,
        contact: contact.map(call),
        note: None,
    }
}

fn refused(to: &str, purpose: Option<&str>, at: i64, why: &str) -> Refusal {
    Refusal {
        project: "demo".into(),
        number: phone(to).expect("a number"),
        purpose: purpose.map(Into::into),
        by: Actor::Operator("101".into()),
        at: Wall(at * SECOND),
        why: why.to_owned(),
    }
}

/// A call that nobody answers: at this second it comes, and ten seconds later it is over.
fn in_vain(at: i64, n: u128, from: &str, short: bool) -> Story {
    vec![
        (at, n, arrived(from)),
        (at + 10, n, missed(Some(from), short)),
        (at + 10, n, ends(Outcome::AbandonedQueue { short })),
    ]
}

/// A call that is answered ten seconds after it came, and over after twenty.
fn answered(at: i64, n: u128, from: &str) -> Story {
    vec![
        (at, n, arrived(from)),
        (at + 10, n, talks(n)),
        (at + 20, n, ends(Outcome::Answered)),
    ]
}

fn facts(story: Story) -> Vec<Fact> {
    (1..)
        .zip(story)
        .map(|(seq, (at, n, event))| Fact {
            seq,
            at: Wall(at * SECOND),
            call: call(n),
            event,
        })
        .collect()
}

async fn opened() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db")).await;
    (dir, store.expect("a database"))
}

async fn after(story: Story) -> (tempfile::TempDir, Store) {
    let (dir, store) = opened().await;
    let applied = Projector::new(&store).project(&facts(story)).await;
    applied.expect("applied");
    (dir, store)
}

async fn requests(store: &Store) -> Vec<RequestRow> {
    let mut rows = store.requests(None, true).await.expect("listed");
    rows.reverse();
    rows
}

async fn register(store: &Store) -> Vec<String> {
    let rows = store.missed(None, true).await.expect("listed");
    let line = |row: &MissedRow| {
        format!(
            "{} of {} at {}: {} by {} way {}",
            row.number.as_deref().unwrap_or("hidden"),
            row.owner.as_deref().unwrap_or("everybody"),
            row.missed_at / SECOND,
            if row.open { "open" } else { "-" },
            row.closed_by.as_deref().unwrap_or("-"),
            row.contact_way.as_deref().unwrap_or("-"),
        )
    };
    let mut lines: Vec<_> = rows.iter().map(line).collect();
    lines.reverse();
    lines
}

async fn figures(store: &Store, from: i64, to: i64, now: i64) -> Promises {
    let asked = AskedFor {
        from: Wall(from * SECOND),
        to: Wall(to * SECOND),
        project: None,
        within: Duration::from_secs(20 * 60),
        now: Wall(now * SECOND),
    };
    store.promises(&asked).await.expect("counted")
}

#[tokio::test]
async fn a_missed_call_is_open_until_somebody_talks_with_its_number() {
    let mut story = in_vain(0, 1, ANNA, false);
    story.extend(in_vain(20, 2, ANNA, false));
    story.extend(in_vain(30, 3, BORIS, false));
    story.extend(in_vain(40, 4, BORIS, true));
    story.extend([
        (50, 5, arrived("anonymous")),
        (55, 5, missed(None, false)),
        (55, 5, ends(Outcome::AbandonedQueue { short: false })),
    ]);
    story.extend(answered(100, 6, ANNA));
    // Missed while another who shares the number talks.
    story.push((130, 7, arrived(BORIS)));
    story.push((135, 7, talks(7)));
    story.extend(in_vain(140, 8, BORIS, false));
    story.push((170, 7, ends(Outcome::Answered)));
    let (_dir, store) = after(story).await;
    assert_eq!(
        register(&store).await,
        [
            "+79990000001 of tech at 10: - by caller way in",
            "+79990000001 of tech at 30: - by caller way in",
            "+79990000002 of tech at 40: - by caller way in",
            "+79990000002 of tech at 50: - by caller way in",
            "hidden of tech at 55: - by - way -",
            "+79990000002 of tech at 150: open by - way -",
        ]
    );
    let open = store.missed(None, false).await.expect("listed");
    assert_eq!(open.len(), 1, "{open:?}");
    let all = store.missed(Some(&"other".into()), true).await;
    assert!(all.expect("listed").is_empty());
    let rows = store.missed(None, true).await.expect("listed");
    let first = rows.last().expect("the first");
    assert_eq!(first.contact_call, Some(call(6).to_string()));
    assert_eq!(first.contact_at, Some(110 * SECOND), "when they talked");
}

/// We call them, and they answer; `talks`: they hear the operator too.
fn called(at: i64, n: u128, to: &str, talks: bool) -> Story {
    let dialled = CallEvent::Dialled {
        attempt: gudok_model::AttemptId(uuid::Uuid::from_u128(n)),
        by: Some("101".into()),
        number: phone(to).expect("a number"),
        region: None,
        purpose: "service".into(),
        basis: None,
        cli: None,
        project: "demo".into(),
        plan: "8800.toml#1".into(),
        rules: Vec::new(),
        counted: true,
        minute_kopecks: 0,
        request: None,
    };
    let mut story = vec![(at, n, dialled)];
    if talks {
        story.push((at + 10, n, crate::talks(n)));
    }
    story.push((at + 20, n, ends(Outcome::Out { reached: true })));
    story
}

#[tokio::test]
async fn who_is_called_and_talked_with_is_missed_no_more() {
    let mut story = in_vain(0, 1, ANNA, false);
    story.insert(2, (10, 1, requested(RequestKind::Missed, ANNA, 1_210)));
    story.push((10, 9, asked(ANNA, 1_200)));
    // Hung up at the notice: nobody was talked with.
    story.extend(called(100, 2, ANNA, false));
    let (_dir, store) = after(story.clone()).await;
    assert_eq!(
        register(&store).await,
        ["+79990000001 of tech at 10: open by - way -"]
    );
    story.extend(called(200, 3, ANNA, true));
    let (_dir, store) = after(story).await;
    assert_eq!(
        register(&store).await,
        ["+79990000001 of tech at 10: - by 101 way out"]
    );
    let rows = requests(&store).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.kind.as_str(),
                row.state.as_str(),
                row.contact_call.clone(),
            )
        })
        .collect();
    let by = Some(call(3).to_string());
    assert_eq!(
        told,
        [("missed", "done", by.clone()), ("callback", "done", by)]
    );
    let told = figures(&store, 0, 7_200, 7_200).await;
    assert_eq!((told.register.called_back, told.register.back().of), (1, 1));
    assert!(told.adds_up(), "{told:?}");
}

#[tokio::test]
async fn without_a_talk_only_the_word_of_an_admin_closes_what_was_missed() {
    let mut story = in_vain(0, 1, ANNA, false);
    story.insert(2, (10, 1, requested(RequestKind::Missed, ANNA, 1_210)));
    story.push((
        20,
        1,
        CallEvent::RequestClosed {
            request: 3,
            end: RequestEnd::Cancelled,
            by: "ivanov".into(),
            note: Some("проверка линии".into()),
        },
    ));
    story.extend(in_vain(30, 2, ANNA, false));
    let (_dir, store) = after(story).await;
    assert_eq!(
        register(&store).await,
        [
            "+79990000001 of tech at 10: - by ivanov way -",
            "+79990000001 of tech at 40: open by - way -",
        ]
    );
    let rows = store.missed(None, true).await.expect("listed");
    assert_eq!(rows[1].closed_note.as_deref(), Some("проверка линии"));
    let row = &requests(&store).await[0];
    assert_eq!((row.state.as_str(), row.open), ("cancelled", false));
}

/// The promise closed, and nobody may call: the call that was missed meanwhile is nobody's to make good.
#[tokio::test]
async fn what_was_missed_of_who_wants_no_calls_is_closed_with_their_word() {
    for (purpose, closes) in [
        (None, true),
        (Some("service"), true),
        (Some("advertising"), false),
    ] {
        let mut story = in_vain(0, 1, ANNA, false);
        story.extend(in_vain(20, 2, BORIS, false));
        let refusal = refused(ANNA, purpose, 40, "не звоните");
        story.push((40, 3, CallEvent::CallsRefused { refusal }));
        let (_dir, store) = after(story).await;
        let rows = store.missed(None, false).await.expect("listed");
        let open: Vec<_> = rows
            .iter()
            .filter_map(|row| row.number.as_deref())
            .collect();
        assert_eq!(open.contains(&ANNA), !closes, "{purpose:?}: {open:?}");
        assert!(open.contains(&BORIS), "{purpose:?}: {open:?}");
        let rows = store.missed(None, true).await.expect("listed");
        let annas = rows.iter().find(|row| row.number.as_deref() == Some(ANNA));
        let by = annas.and_then(|row| row.closed_by.as_deref());
        assert_eq!(by, closes.then_some("dnc"), "{purpose:?}");
    }
}

/// Nobody has to say it once for all: what they say again, and when, is what holds; the latest is shown first.
#[tokio::test]
async fn who_says_again_that_they_want_no_calls_has_said_it_then() {
    let told = |n, at, to, why| {
        let refusal = refused(to, None, at, why);
        (at, n, CallEvent::CallsRefused { refusal })
    };
    let story = vec![
        told(1, 10, ANNA, "не звоните"),
        told(2, 20, BORIS, "хватит"),
        told(3, 30, ANNA, "сказала ещё раз"),
    ];
    let (_dir, store) = after(story).await;
    let asked = DncAsked {
        project: None,
        number: None,
        all: false,
        most: 1,
    };
    let shown = store.dnc_of_late(&asked).await.expect("listed");
    let row = &shown.rows[0];
    assert_eq!((shown.rows.len(), shown.total), (1, 2));
    assert_eq!(
        (row.number.as_str(), row.why.as_str(), row.said_at),
        (ANNA, "сказала ещё раз", 30 * SECOND)
    );
    let boris = phone(BORIS);
    let asked = DncAsked {
        number: boris.as_ref(),
        ..asked
    };
    let shown = store.dnc_of_late(&asked).await.expect("listed");
    assert_eq!((shown.rows[0].why.as_str(), shown.total), ("хватит", 1));
}

#[tokio::test]
async fn a_request_goes_through_its_states_and_keeps_what_was_counted() {
    use RequestState::{Dialing, Leased, RetryWait};
    let (by, epoch) = ("101".into(), 1);
    let at = Wall(300 * SECOND);
    let lease = |epoch| Leased {
        by: "101".into(),
        epoch,
        until: Wall(90 * SECOND),
        call: call(11),
    };
    let dialing = Dialing {
        by,
        epoch,
        call: call(11),
    };
    let waits = RetryWait {
        attempts: 1,
        at,
        why: "busy".into(),
    };
    let to = |state| moved(RequestKind::Callback, ANNA, state);
    let story = vec![
        (0, 9, asked(ANNA, 1_200)),
        (10, 9, to(lease(1))),
        (20, 9, to(dialing)),
        (30, 9, to(waits.clone())),
        (300, 9, to(lease(2))),
    ];
    let (_dir, store) = after(story[..4].to_vec()).await;
    let row = requests(&store).await.remove(0);
    assert_eq!((row.state.as_str(), row.open), ("retry_wait", true));
    let told = (
        row.attempts,
        row.epoch,
        row.next_at,
        row.lease_by.as_deref(),
    );
    assert_eq!(told, (1, 1, Some(at.0), Some("101")));
    let state = row.told.expect("as it was told");
    assert_eq!(serde_json::from_str::<RequestState>(&state).unwrap(), waits);
    let form = (
        row.source.as_str(),
        row.note.as_deref(),
        row.basis.as_deref(),
    );
    assert_eq!(form, ("web", Some("тариф"), Some("форма 17")));
    assert_eq!(row.needs.as_deref(), Some(r#"{"english":3}"#));
    let project: ProjectId = "demo".into();
    let number = phone(ANNA).unwrap();
    let kind = RequestKind::Callback;
    let found = store.request_of(&project, &number, kind).await.unwrap();
    assert_eq!(found.map(|row| row.call_id), Some(call(9).to_string()));
    // A form is no call.
    assert!(store.call(call(9)).await.unwrap().is_none());

    let (_dir, store) = after(story).await;
    let row = requests(&store).await.remove(0);
    assert_eq!(
        (row.state.as_str(), row.attempts, row.epoch),
        ("leased", 1, 2)
    );
    assert_eq!(row.next_at, None);
}

/// A restart counts as the switchboard does: who asks again has all attempts anew, and a dial that the customer's own call stopped is
/// none.
#[tokio::test]
async fn who_asks_again_has_all_attempts_anew() {
    use RequestState::{Dialing, Exhausted, Requested, RetryWait};
    let to = |state| moved(RequestKind::Callback, ANNA, state);
    let dialing = |epoch| Dialing {
        by: "101".into(),
        epoch,
        call: call(11),
    };
    let waits = RetryWait {
        attempts: 1,
        at: Wall(300 * SECOND),
        why: "busy".into(),
    };
    let story = vec![
        (0, 9, asked(ANNA, 1_200)),
        (10, 9, to(dialing(1))),
        (20, 9, to(waits)),
        (300, 9, to(dialing(2))),
        (310, 9, to(Exhausted { attempts: 2 })),
        (900, 10, asked(ANNA, 2_100)),
        (900, 9, to(Requested)),
        (910, 9, to(dialing(3))),
        (911, 9, to(Requested)),
    ];
    let mut counted = Vec::new();
    for facts in [2, 3, 5, 6, 9] {
        let (_dir, store) = after(story[..facts].to_vec()).await;
        let row = requests(&store).await.remove(0);
        counted.push((row.attempts, row.tries));
    }
    assert_eq!(counted, [(1, 0), (1, 1), (2, 2), (2, 0), (3, 0)]);
}

#[tokio::test]
async fn what_nobody_can_call_stays_owed_until_a_talk_or_a_word() {
    let to = |n: &str, state| moved(RequestKind::Callback, n, state);
    let mut story = vec![
        (0, 1, asked(ANNA, 1_200)),
        (1, 2, asked(BORIS, 1_200)),
        (2, 1, to(ANNA, RequestState::Exhausted { attempts: 3 })),
        (
            3,
            2,
            to(
                BORIS,
                RequestState::BlockedByLaw {
                    rule: "night".into(),
                    until: Wall(900 * SECOND),
                },
            ),
        ),
    ];
    let (_dir, store) = after(story.clone()).await;
    let open = store.requests(None, false).await.unwrap();
    let told: Vec<_> = open
        .iter()
        .map(|row| (row.state.as_str(), row.attempts, row.rule.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("exhausted", 3, None), ("blocked_by_law", 0, Some("night"))]
    );
    // Who asks again has the same request, and who calls is owed nothing more.
    story.push((10, 3, asked(ANNA, 600)));
    story.extend(answered(20, 4, BORIS));
    let (_dir, store) = after(story).await;
    let rows = requests(&store).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.asked, row.due_at / SECOND, row.closed_by.as_deref()))
        .collect();
    assert_eq!(told, [(2, 600, None), (1, 1_200, Some("caller"))]);
}

#[tokio::test]
async fn the_machine_and_the_talk_close_a_request_once() {
    let mut story = vec![(0, 9, asked(ANNA, 1_200))];
    story.extend(answered(100, 1, ANNA));
    story.push((120, 9, over(ANNA, RequestOutcome::Done, Some(1))));
    // The other way round: the machine is first, with a call whose row is there.
    story.push((200, 8, asked(BORIS, 1_500)));
    let mut talk = answered(210, 2, BORIS);
    let end = talk.pop().expect("it ends");
    story.extend(talk);
    story.push((
        221,
        8,
        over(BORIS, RequestOutcome::CancelledByCustomer, Some(2)),
    ));
    story.push(end);
    let (_dir, store) = after(story).await;
    let rows = requests(&store).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let by = row.closed_by.as_deref();
            (
                row.state.as_str(),
                by,
                row.contact_at.map(|at| at / SECOND),
                row.closed_at,
            )
        })
        .collect();
    let first = ("cancelled", Some("caller"), Some(110), Some(120 * SECOND));
    let second = ("cancelled", Some("caller"), Some(220), Some(221 * SECOND));
    assert_eq!(told, [first, second]);
}

/// Thirty calls of two hours, counted by hand. Every tenth second one comes, from ten numbers in turn; who has an odd place is
/// answered, the others are missed, each fifth of those in a second; `answered` makes good what its number missed before.
#[tokio::test]
async fn thirty_calls_as_counted_by_hand() {
    let mut story = Story::new();
    let from = |n: i64| format!("+7999000{:04}", n % 6);
    for n in 0..30_i64 {
        let (id, at) = (u128::try_from(n + 1).expect("few"), n * 100);
        story.extend(match n % 3 {
            0 => answered(at, id, &from(n)),
            1 => in_vain(at, id, &from(n), n % 15 == 4),
            _ => in_vain(at, id, &from(n + 1), false),
        });
    }
    // Answered: n = 0 3 6 … 27, numbers 0 and 3. Missed: n = 1 4 7 … 28 of numbers 1 and 4, short at 4 and 19;
    // n = 2 5 8 … 29 of numbers 3 and 0. Of the second ten each is made good by the next call of its number, which is answered:
    // number 3 missed at 2 by 3, 8 by 9 … 26 by 27; number 0 at 5 by 6 … 23 by 24, and 29 by nobody.
    let (_dir, store) = after(story.clone()).await;
    let told = figures(&store, 0, 7_200, 7_200).await;
    let register = told.register;
    assert_eq!((register.calls, register.told), (20, 20));
    assert_eq!((register.short, register.hidden), (2, 0));
    assert_eq!((register.called_again, register.called_back), (9, 0));
    assert_eq!((register.open, register.by_hand), (9, 0));
    assert_eq!(
        (register.contacted().part, register.contacted().of),
        (9, 18)
    );
    assert!(told.adds_up(), "{told:?}");
    // Half of the span.
    let told = figures(&store, 0, 1_500, 7_200).await;
    assert_eq!((told.register.calls, told.register.called_again), (10, 5));
    assert!(told.adds_up());

    // Folded twice is folded once, and in pieces it is the same.
    let (_dir, other) = opened().await;
    let facts = facts(story);
    for piece in facts.chunks(7) {
        let applied = Projector::new(&other).project(piece).await;
        applied.expect("applied");
    }
    Projector::new(&other)
        .project(&facts)
        .await
        .expect("nothing is done");
    assert_eq!(crate::register(&store).await, crate::register(&other).await);
}

#[tokio::test]
async fn promises_are_figures_with_their_formulas() {
    let mut story = Story::new();
    // Six who were promised a call at 0: talked with after 5, 10, 20 and 40 minutes, given up at once, done as somebody says.
    for (n, minutes) in [(1, 5), (2, 10), (3, 20), (4, 40)] {
        let number = format!("+7999000000{n}");
        story.push((0, n, asked(&number, 1_200)));
        story.push((minutes * 60 - 10, n + 10, arrived(&number)));
        story.push((minutes * 60, n + 10, talks(n + 10)));
        story.push((minutes * 60 + 9, n + 10, ends(Outcome::Answered)));
    }
    let says = |seq, end| CallEvent::RequestClosed {
        request: seq,
        end,
        by: "101".into(),
        note: None,
    };
    story.push((0, 5, asked("+79990000005", 1_200)));
    story.push((30, 5, says(17, RequestEnd::Cancelled)));
    story.push((0, 6, asked("+79990000006", 1_200)));
    story.push((600, 6, says(19, RequestEnd::Done)));
    // One that is open, and one that is not late yet.
    story.push((0, 7, asked("+79990000007", 1_200)));
    story.push((2_000, 8, asked("+79990000008", 3_200)));
    // It asks again: the same request.
    story.push((2_100, 9, asked("+79990000008", 3_300)));
    let (_dir, store) = after(story).await;
    let told = figures(&store, 0, 7_200, 3_000).await;
    let kept = &told.callback;
    assert_eq!((kept.requests, kept.contacted, kept.in_t), (8, 4, 3));
    assert_eq!((kept.given_up, kept.said_done), (1, 1));
    assert_eq!((kept.open, kept.young), (2, 1));
    // Of eight: without the one that is not late yet, and the one that was given up at once.
    assert_eq!((kept.kept().part, kept.kept().of), (3, 6));
    let minutes = |percent| kept.wait(percent).map(|wait| wait.as_secs() / 60);
    assert_eq!(
        [minutes(50), minutes(95), minutes(100)],
        [Some(10), Some(40), Some(40)]
    );
    assert_eq!(kept.oldest_us, Some(3_000_000_000));
    assert_eq!(kept.attempts_per_contact(), Some(0.0));
    let journal = told.journal;
    assert_eq!(
        (journal.promised, journal.opened, journal.joined),
        (9, 8, 1)
    );
    assert!(told.adds_up(), "{told:?}");
    let nothing = figures(&store, 10_000, 20_000, 20_000).await;
    assert_eq!(nothing.callback.kept().ratio(), None);
    assert_eq!(nothing.callback.wait(50), None);
    assert!(nothing.adds_up());
}

/// Their requests are over as they come to the queue; a talk begins later, or never does.
#[tokio::test]
async fn who_calls_first_is_talked_with_or_leaves_and_no_talk_is_lost() {
    let came = |to, n| over(to, RequestOutcome::CancelledByCustomer, Some(n));
    let story = vec![
        (0, 20, asked(ANNA, 1_200)),
        (1, 21, asked(BORIS, 1_200)),
        (10, 6, arrived(ANNA)),
        (11, 20, came(ANNA, 6)),
        (12, 7, arrived(BORIS)),
        (13, 21, came(BORIS, 7)),
        (30, 6, talks(6)),
        (40, 7, ends(Outcome::AbandonedQueue { short: false })),
        (50, 6, ends(Outcome::Answered)),
    ];
    let (_dir, store) = after(story).await;
    let told = figures(&store, 0, 100, 100).await;
    let callback = &told.callback;
    assert_eq!((callback.contacted, callback.given_up), (1, 1), "{told:?}");
    assert!(told.adds_up(), "{told:?}");
}

fn back(to: &str, id: u128, by: u128, state: RequestState) -> (u128, CallEvent) {
    let event = CallEvent::RequestBack {
        project: "demo".into(),
        number: phone(to).expect("a number"),
        kind: RequestKind::Callback,
        call: call(by),
        to: state,
    };
    (id, event)
}

/// Anna calls first and is not talked with: the same row is open, as it stood. Of Boris, who asked anew meanwhile, the new one is.
#[tokio::test]
async fn a_promise_that_comes_back_is_the_row_it_was() {
    let came = |to, n| over(to, RequestOutcome::CancelledByCustomer, Some(n));
    let waits = RequestState::RetryWait {
        attempts: 2,
        at: Wall(900 * SECOND),
        why: "busy".into(),
    };
    let (anna, anna_back) = back(ANNA, 20, 6, waits.clone());
    let (boris, boris_back) = back(BORIS, 21, 7, RequestState::Requested);
    let story = vec![
        (0, 20, asked(ANNA, 1_200)),
        (1, 21, asked(BORIS, 1_200)),
        (5, 20, moved(RequestKind::Callback, ANNA, waits)),
        (10, 6, arrived(ANNA)),
        (11, 20, came(ANNA, 6)),
        (12, 7, arrived(BORIS)),
        (13, 21, came(BORIS, 7)),
        (20, 22, asked(BORIS, 1_220)),
        (40, anna, anna_back),
        (40, 6, ends(Outcome::AbandonedQueue { short: false })),
        (41, boris, boris_back),
        (41, 7, ends(Outcome::AbandonedQueue { short: true })),
    ];
    let (_dir, store) = after(story.clone()).await;
    let rows = requests(&store).await;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.open, row.state.as_str(), row.due_at / SECOND))
        .collect();
    let stands = [
        (true, "retry_wait", 1_200),
        (false, "cancelled", 1_200),
        (true, "requested", 1_220),
    ];
    assert_eq!(told, stands);
    let first = &rows[0];
    assert_eq!((first.attempts, first.next_at), (2, Some(900 * SECOND)));
    assert_eq!(
        (first.closed_by.as_ref(), first.contact_call.as_ref()),
        (None, None)
    );
    assert_eq!(first.note.as_deref(), Some("тариф"));
    let told = figures(&store, 0, 100, 100).await;
    assert_eq!(
        (told.callback.open, told.callback.given_up),
        (2, 1),
        "{told:?}"
    );
    assert!(told.adds_up(), "{told:?}");
    // Before the calls had their ends a crash finds what is to come back.
    let (_dir, store) = after(story[..8].to_vec()).await;
    let left = store.left_open().await.expect("listed");
    let closed: Vec<_> = left
        .promises
        .iter()
        .map(|row| row.call_id.clone())
        .collect();
    assert_eq!(closed, [call(20).to_string()]);
}

/// Whatever is told in whatever order, a number has one open request of a kind at most, and the figures add up.
#[tokio::test]
async fn no_history_leaves_two_open_requests_of_one_key() {
    for seed in 0..12 {
        let story = any_story(seed);
        let (_dir, store) = after(story).await;
        let mut keys: Vec<_> = requests(&store)
            .await
            .into_iter()
            .filter(|row| row.open)
            .map(|row| (row.number, row.kind))
            .collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all, "seed={seed}");
        let told = figures(&store, 0, 100_000, 100_000).await;
        assert!(told.adds_up(), "seed={seed} {told:?}");
    }
}

/// Four hundred things that happen to four numbers.
fn any_story(seed: u64) -> Story {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut any = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut story = Story::new();
    for n in 0..400_u32 {
        let (at, id) = (i64::from(n) * 60, u128::from(n) + 1);
        let number = format!("+7999000000{}", any(4));
        let kind = [RequestKind::Callback, RequestKind::Missed][usize::from(any(2) == 0)];
        match any(6) {
            0 | 1 => story.push((at, id, asked(&number, at + 1_200))),
            2 => {
                story.extend(in_vain(at, id, &number, any(4) == 0));
                story.push((at + 11, id, requested(RequestKind::Missed, &number, at)));
            }
            3 => story.extend(answered(at, id, &number)),
            4 => story.push((
                at,
                id,
                moved(kind, &number, RequestState::Exhausted { attempts: 3 }),
            )),
            _ => {
                let by = "101".into();
                story.push((
                    at,
                    id,
                    over(&number, RequestOutcome::CancelledBy { who: by }, None),
                ));
            }
        }
    }
    story
}

/// The promise of one who called first and was cut off with the run, and what has happened since.
async fn owed_after_a_cut(since: Story) -> usize {
    let first = vec![
        (0, 1, asked(ANNA, 1_200)),
        (10, 2, arrived(ANNA)),
        (
            11,
            1,
            over(ANNA, RequestOutcome::CancelledByCustomer, Some(2)),
        ),
    ];
    let (_dir, store) = after([first, since].concat()).await;
    let left = store.left_open().await.expect("readable");
    left.promises.len()
}

#[tokio::test]
async fn a_cut_gives_back_no_promise_whose_caller_was_served_since() {
    assert_eq!(owed_after_a_cut(Vec::new()).await, 1);
    assert_eq!(owed_after_a_cut(answered(20, 4, BORIS)).await, 1);
    assert_eq!(owed_after_a_cut(answered(20, 4, ANNA)).await, 0, "a talk");
    let by = RequestOutcome::CancelledBy { who: "anna".into() };
    let anew = vec![(20, 5, asked(ANNA, 1_300)), (30, 5, over(ANNA, by, None))];
    assert_eq!(owed_after_a_cut(anew).await, 0, "closed by a person");
}
