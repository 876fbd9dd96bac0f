//! From facts to the record of a call, whatever comes twice, late or while the database is away.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gudok_model::{
    CallEvent, CallId, Caller, Confidence, Dialled, EndCause, EndReason, IdentitySource, Kind,
    LegId, LegQuality, NumberRules, OfferEnd, OfferId, Outcome, Parsed, PhoneNumber, Presentation,
    QueueId, Region, Termination, Wall, number,
};
use gudok_store::writer::QUEUE_MAX;
use gudok_store::{
    CallFilter, Fact, Found, LeftOpen, OpenCall, OpenOffer, Projector, RegionCalls, Store, Trouble,
    Writer, WriterHooks,
};
use sqlx::ConnectOptions;

/// 2026-11-21 10:00 UTC.
const TEN: i64 = 1_795_255_200_000_000;
const MS: i64 = 1000;

fn call(n: u128) -> CallId {
    CallId(uuid::Uuid::from_u128((0x0193_0000_u128 << 96) + n))
}

fn parsed(raw: &str) -> Parsed {
    number::parse(raw, &NumberRules::default())
}

/// What the operator's phone says of its end in the Session-ID.
const PHONES_SESSION_ID: &str = "47755a9de7794ba387653f2099600ef2";

fn arrived() -> CallEvent {
    CallEvent::Arrived {
        project: "demo".into(),
        trunk: "carrier".into(),
        caller: Caller {
            number: parsed("8 (999) 000-00-01"),
            display: None,
            presentation: Presentation::Allowed,
            asserted_by: IdentitySource::Pai,
            region: Some(Region {
                code: "RU-IRK".into(),
                also: None,
                name: "Иркутская область".into(),
                zone: Some("Asia/Irkutsk".into()),
                confidence: Confidence::Mobile,
            }),
        },
        dialled: Dialled {
            number: parsed("88000000000"),
            found_in: IdentitySource::RequestUri,
        },
        sip_call_id: "abc@192.0.2.1".into(),
        session_id: Some("ab30317f1a784dc48ff824d0d3715d86".into()),
        plan: "8800.toml#1".into(),
    }
}

/// A whole call: half a second of greeting, ten seconds in the queue, a minute of talk.
fn story(call: CallId) -> Vec<(i64, CallEvent)> {
    let (caller, phone) = (LegId::caller(call), LegId { call, index: 1 });
    let offer = OfferId { call, index: 1 };
    let quality = LegQuality {
        received: 3500,
        lost: 7,
        mos: 4.25,
        codec: "PCMA".into(),
        ..LegQuality::default()
    };
    vec![
        (0, arrived()),
        (20, CallEvent::Answered),
        (
            40,
            CallEvent::RecordingStarted {
                file: "2026/11/21/x".into(),
                offset_ms: 0,
            },
        ),
        (
            520,
            CallEvent::Queued {
                queue: "sales".into(),
                priority: 5,
            },
        ),
        (
            5000,
            CallEvent::Offered {
                offer,
                operator: "anna".into(),
                group: Some("second".into()),
                reasons: vec![],
            },
        ),
        (
            5030,
            CallEvent::Popped {
                offer,
                acknowledged: true,
                took_us: 28_000,
            },
        ),
        (
            5031,
            CallEvent::LegDialled {
                leg: phone,
                operator: Some("anna".into()),
                number: None,
            },
        ),
        (5100, CallEvent::LegRinging { leg: phone }),
        (
            10_500,
            CallEvent::LegAnswered {
                leg: phone,
                session_id: Some(PHONES_SESSION_ID.into()),
            },
        ),
        (
            10_520,
            CallEvent::Bridged {
                a: caller,
                b: phone,
                operator: Some("anna".into()),
                waited_ms: 10_000,
            },
        ),
        (
            20_000,
            CallEvent::Held {
                leg: phone,
                on: true,
            },
        ),
        (
            25_000,
            CallEvent::Held {
                leg: phone,
                on: false,
            },
        ),
        (
            70_520,
            CallEvent::LegEnded {
                leg: caller,
                cause: EndCause::HungUp,
                said: Some(EndReason {
                    sip: None,
                    q850: Some(16),
                    text: Some("Terminated".into()),
                }),
            },
        ),
        (
            70_530,
            CallEvent::LegEnded {
                leg: phone,
                cause: EndCause::ByUs,
                said: None,
            },
        ),
        (
            70_530,
            CallEvent::OfferClosed {
                offer,
                operator: "anna".into(),
                end: OfferEnd::BridgedEnded,
            },
        ),
        (
            70_531,
            CallEvent::Ended {
                outcome: Outcome::Answered,
                termination: Termination::success("caller-hung-up"),
            },
        ),
        (
            70_600,
            CallEvent::LegMeasured {
                leg: caller,
                quality,
            },
        ),
        (
            70_900,
            CallEvent::RecordingSealed {
                file: "2026/11/21/x.wav".into(),
                length_ms: 70_500,
                sha256: "ab".into(),
            },
        ),
        (
            80_000,
            CallEvent::Disposed {
                operator: "anna".into(),
                code: "sold".into(),
                note: Some("перезвонить".into()),
            },
        ),
    ]
}

fn facts(first: u64, call: CallId) -> Vec<Fact> {
    let events = story(call).into_iter().zip(first..);
    events
        .map(|((ms, event), seq)| Fact {
            seq,
            at: Wall(TEN + ms * MS),
            call,
            event,
        })
        .collect()
}

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db"))
        .await
        .expect("a fresh database");
    (dir, store)
}

#[tokio::test]
async fn a_whole_call_becomes_one_row_with_legs_offers_and_facts() {
    let (_dir, store) = store().await;
    let id = call(1);
    Projector::new(&store).project(&facts(1, id)).await.unwrap();
    let story = store.call(id).await.unwrap().unwrap();
    insta::assert_json_snapshot!(story.call, @r#"
    {
      "call_id": "01930000-0000-0000-0000-000000000001",
      "project": "demo",
      "trunk": "carrier",
      "did_raw": "88000000000",
      "did_e164": "+78000000000",
      "caller_raw": "8 (999) 000-00-01",
      "caller_e164": "+79990000001",
      "caller_kind": "mobile",
      "caller_presentation": "allowed",
      "caller_display": null,
      "sip_call_id": "abc@192.0.2.1",
      "plan": "8800.toml#1",
      "arrived_at": 1795255200000000,
      "answered_at": 1795255200020000,
      "queued_at": 1795255200520000,
      "bridged_at": 1795255210520000,
      "ended_at": 1795255270531000,
      "outcome": "answered",
      "outcome_flag": null,
      "termination_result": "success",
      "termination_reason": "caller-hung-up",
      "waited_ms": 10000,
      "talk_ms": 60000,
      "talking_since": null,
      "talking_leg": null,
      "operator": "anna",
      "queue": "sales",
      "client_id": null,
      "client_name": null,
      "client_match": null,
      "disposition": "sold",
      "disposition_note": "перезвонить",
      "recording_file": "2026/11/21/x.wav",
      "recording_ms": 70500,
      "recording_sha256": "ab",
      "last_seq": 19,
      "session_id": "ab30317f1a784dc48ff824d0d3715d86",
      "caller_region": "RU-IRK",
      "caller_zone": "Asia/Irkutsk",
      "caller_region_confidence": "mobile",
      "survey": null,
      "surveyed_at": null,
      "rating": null,
      "rating_low": null,
      "solved": null
    }
    "#);
    insta::assert_json_snapshot!(story.legs, @r#"
    [
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "leg_index": 0,
        "project": "demo",
        "operator": null,
        "number": null,
        "dialled_at": 1795255200000000,
        "ringing_at": null,
        "answered_at": 1795255200020000,
        "ended_at": 1795255270520000,
        "cause": "hung_up",
        "held_ms": 0,
        "held_since": null,
        "codec": "PCMA",
        "packets": 3500,
        "lost": 7,
        "jitter_us_max": 0,
        "mos": 4.25,
        "quality": "{\"received\":3500,\"sent\":0,\"lost\":7,\"duplicate\":0,\"reordered\":0,\"jitter_us_max\":0,\"jitter_us_mean\":0,\"gap_ms_max\":0,\"remote_loss_permille\":null,\"rtt_us\":null,\"foreign\":0,\"mos\":4.25,\"codec\":\"PCMA\"}",
        "said_sip": null,
        "said_q850": 16,
        "said": "Terminated",
        "session_id": null
      },
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "leg_index": 1,
        "project": "demo",
        "operator": "anna",
        "number": null,
        "dialled_at": 1795255205031000,
        "ringing_at": 1795255205100000,
        "answered_at": 1795255210500000,
        "ended_at": 1795255270530000,
        "cause": "by_us",
        "held_ms": 5000,
        "held_since": null,
        "codec": null,
        "packets": null,
        "lost": null,
        "jitter_us_max": null,
        "mos": null,
        "quality": null,
        "said_sip": null,
        "said_q850": null,
        "said": null,
        "session_id": "47755a9de7794ba387653f2099600ef2"
      }
    ]
    "#);
    insta::assert_json_snapshot!(story.offers, @r#"
    [
      {
        "call_id": "01930000-0000-0000-0000-000000000001",
        "offer_index": 1,
        "project": "demo",
        "operator": "anna",
        "offered_at": 1795255205000000,
        "popped_us": 28000,
        "pop_acknowledged": 1,
        "ended_at": 1795255270530000,
        "outcome": "bridged_ended",
        "wrapped_at": null
      }
    ]
    "#);
    let told: Vec<_> = story
        .events
        .iter()
        .map(|event| event.event.as_str())
        .collect();
    assert_eq!((told.len(), told[0], told[9]), (19, "arrived", "bridged"));
    assert_eq!(story.events[1].decode(), Some(CallEvent::Answered));
}

#[tokio::test]
async fn what_a_run_left_open_is_found_until_it_is_ended() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let (whole, cut) = (call(1), call(2));
    let mut told = facts(1, whole);
    // The other call is cut after its operator went on hold.
    told.extend(facts(100, cut).into_iter().take(11));
    projector.project(&told).await.expect("applied");
    let left = store.left_open().await.expect("readable");
    let open = OpenCall {
        call: cut,
        talked: true,
        promised: None,
    };
    assert_eq!(left.calls, [open]);
    assert_eq!(
        left.legs,
        [
            LegId::caller(cut),
            LegId {
                call: cut,
                index: 1
            }
        ]
    );
    let open = |call, ended, disposed| OpenOffer {
        offer: OfferId { call, index: 1 },
        operator: "anna".into(),
        queue: Some("sales".into()),
        group: Some("second".into()),
        talks: true,
        ended,
        disposed,
    };
    assert_eq!(left.offers, [open(cut, None, false)]);
    let since = Wall(TEN + 70_530 * MS);
    assert_eq!(left.wrap_ups, [open(whole, Some(since), true)]);

    let ended = CallEvent::WrapUpEnded {
        operator: "anna".into(),
        took_ms: 9_470,
    };
    let mut rest: Vec<Fact> = facts(200, cut).into_iter().skip(11).collect();
    for (seq, call) in [(300, whole), (301, cut)] {
        let (at, event) = (Wall(TEN + 80_000 * MS), ended.clone());
        rest.push(Fact {
            seq,
            at,
            call,
            event,
        });
    }
    projector.project(&rest).await.expect("applied");
    let left = store.left_open().await.expect("readable");
    assert_eq!(left, LeftOpen::default(), "nothing is open any more");
}

/// A talk of the first call that begins and ends so many milliseconds after its arrival.
fn talk(index: u16, operator: &str, (from, to): (i64, i64)) -> Vec<(i64, CallEvent)> {
    let offer = OfferId {
        call: call(1),
        index,
    };
    let offered = CallEvent::Offered {
        offer,
        operator: operator.into(),
        group: None,
        reasons: vec![],
    };
    let closed = CallEvent::OfferClosed {
        offer,
        operator: operator.into(),
        end: OfferEnd::BridgedEnded,
    };
    vec![(from, offered), (to, closed)]
}

fn disposed(operator: &str, code: &str, at: i64) -> (i64, CallEvent) {
    let fact = CallEvent::Disposed {
        operator: operator.into(),
        code: code.into(),
        note: None,
    };
    (at, fact)
}

/// Anna's talk and the work after it, which ends with this code.
fn anna(code: &str) -> Vec<(i64, CallEvent)> {
    let wrapped_up = CallEvent::WrapUpEnded {
        operator: "anna".into(),
        took_ms: 10,
    };
    let mut told = talk(1, "anna", (10, 20));
    told.extend([disposed("anna", code, 30), (30, wrapped_up)]);
    told
}

#[tokio::test]
async fn a_wrap_up_under_way_is_disposed_by_its_own_operator_and_nobody_else() {
    let boris = talk(2, "boris", (40, 50));
    let again = talk(2, "anna", (40, 50));
    let auto = vec![disposed("anna", "AUTO", 60)];
    for (story, expected) in [
        ([anna("AUTO"), boris.clone()].concat(), false),
        ([anna("sold"), boris].concat(), false),
        // What a run says live: her word holds for the whole call, silence for its own talk.
        ([anna("sold"), again.clone()].concat(), true),
        ([anna("AUTO"), again.clone()].concat(), false),
        // The crash came between the two last facts.
        ([anna("AUTO"), again, auto].concat(), true),
    ] {
        let (_dir, store) = store().await;
        let facts = (1..).zip(&story).map(|(seq, (ms, event))| Fact {
            seq,
            at: Wall(TEN + ms * MS),
            call: call(1),
            event: event.clone(),
        });
        let facts: Vec<Fact> = facts.collect();
        let mut projector = Projector::new(&store);
        projector.project(&facts).await.expect("applied");
        let left = store.left_open().await.expect("readable");
        let told: Vec<_> = left.wrap_ups.iter().map(|open| open.disposed).collect();
        assert_eq!(told, [expected], "{story:?}");
    }
}

#[tokio::test]
async fn a_batch_that_comes_twice_or_in_pieces_gives_the_same_rows() {
    let (_dir, store) = store().await;
    let (whole, pieces) = (facts(1, call(1)), facts(20, call(2)));
    let mut projector = Projector::new(&store);
    assert_eq!(projector.project(&whole).await.unwrap(), 19);
    assert_eq!(projector.project(&whole).await.unwrap(), 19);
    // Each fact alone, by a projector that remembers nothing, each twice.
    for fact in &pieces {
        for _ in 0..2 {
            Projector::new(&store)
                .project(std::slice::from_ref(fact))
                .await
                .unwrap();
        }
    }
    let mut first = store.call(call(1)).await.unwrap().unwrap();
    let second = store.call(call(2)).await.unwrap().unwrap();
    assert_eq!((first.events.len(), second.events.len()), (19, 19));
    let id = second.call.call_id.clone();
    (first.call.call_id, first.call.last_seq) = (id.clone(), second.call.last_seq);
    first
        .legs
        .iter_mut()
        .for_each(|leg| leg.call_id.clone_from(&id));
    first
        .offers
        .iter_mut()
        .for_each(|offer| offer.call_id.clone_from(&id));
    assert_eq!(
        (first.call, first.legs, first.offers),
        (second.call, second.legs, second.offers)
    );
}

#[tokio::test]
async fn a_caller_who_leaves_the_queue_has_waited_until_the_end() {
    let (_dir, store) = store().await;
    let id = call(1);
    let events = [
        (0, arrived()),
        (
            500,
            CallEvent::Queued {
                queue: "sales".into(),
                priority: 5,
            },
        ),
        (
            4500,
            CallEvent::Ended {
                outcome: Outcome::AbandonedQueue { short: true },
                termination: Termination::caller_error("left"),
            },
        ),
    ];
    let facts: Vec<_> = events
        .into_iter()
        .zip(1..)
        .map(|((ms, event), seq)| Fact {
            seq,
            at: Wall(TEN + ms * MS),
            call: id,
            event,
        })
        .collect();
    Projector::new(&store).project(&facts).await.unwrap();
    let row = store.call(id).await.unwrap().unwrap().call;
    assert_eq!((row.waited_ms, row.talk_ms), (Some(4000), 0));
    assert_eq!(
        (row.outcome.as_deref(), row.outcome_flag),
        (Some("abandoned_queue"), Some(1))
    );
}

/// Every call of the period stands in the report once, those of before the column too.
#[tokio::test]
async fn a_report_by_region_counts_every_call() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    for (seq, number, region) in [(100, 2, Some("RU-OMS")), (200, 3, None)] {
        let mut facts = facts(seq, call(number));
        facts.truncate(3);
        for fact in &mut facts {
            if let CallEvent::Arrived { caller, .. } = &mut fact.event {
                let known = caller.region.take();
                caller.region = region.zip(known).map(|(code, known)| Region {
                    code: code.into(),
                    ..known
                });
            }
        }
        projector.project(&facts).await.unwrap();
    }
    let report = store
        .calls_by_region(Wall(TEN), Wall(TEN + 1))
        .await
        .unwrap();
    let told =
        |it: &RegionCalls| format!("{}: {} {} {}", it.region, it.calls, it.queued, it.answered);
    let told: Vec<String> = report.iter().map(told).collect();
    assert_eq!(told, [": 1 0 0", "RU-IRK: 1 1 1", "RU-OMS: 1 0 0"]);
    let later = store
        .calls_by_region(Wall(TEN + 1), Wall(i64::MAX))
        .await
        .unwrap();
    assert!(later.is_empty(), "{later:?}");
}

#[tokio::test]
async fn who_came_to_a_queue_is_listed_with_what_became_of_them() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    // Another one of the same story came to the reserve after four seconds.
    let mut moved = facts(100, call(2));
    let queued = moved
        .iter()
        .position(|fact| matches!(fact.event, CallEvent::Queued { .. }))
        .expect("the story has a queue");
    let mut later = moved[queued].clone();
    later.at.0 += 4_000 * MS;
    if let CallEvent::Queued { queue, .. } = &mut later.event {
        *queue = "reserve".into();
    }
    moved.insert(queued + 1, later);
    let renumbered = moved.iter_mut().zip(100..);
    renumbered.for_each(|(fact, seq)| fact.seq = seq);
    projector.project(&moved).await.unwrap();

    let listed = async |from, to, queues: &[&str]| {
        let queues: Vec<QueueId> = queues.iter().map(|name| (*name).into()).collect();
        store.queued(Wall(from), Wall(to), &queues).await.unwrap()
    };
    let all = listed(TEN, i64::MAX, &["sales"]).await;
    assert_eq!(all.len(), 2, "{all:?}");
    let (first, second) = (all[0], all[1]);
    assert_eq!(first.queued_at, TEN + 520 * MS);
    assert_eq!((first.answered, first.abandoned), (true, false));
    assert_eq!((first.waited_ms, first.talk_ms), (10_000, 60_000));
    assert!(first.pick_up_ms.is_some(), "{first:?}");
    assert_eq!((second.answered, second.waited_ms), (false, 4_000));
    let both = listed(TEN, i64::MAX, &["sales", "reserve"]).await;
    assert!(both.iter().all(|it| it.answered), "{both:?}");
    assert_eq!(listed(TEN, TEN + 520 * MS, &["sales"]).await, []);
    assert_eq!(listed(TEN, i64::MAX, &["other"]).await, []);
}

#[tokio::test]
async fn whoever_the_plan_leads_out_of_the_queue_waits_no_more() {
    let queued = || CallEvent::Queued {
        queue: "sales".into(),
        priority: 5,
    };
    let decided = |what: &str| CallEvent::Decided {
        decision: what.into(),
        reasons: Vec::new(),
    };
    let ended = || CallEvent::Ended {
        outcome: Outcome::AbandonedQueue { short: false },
        termination: Termination::caller_error("left"),
    };
    let stories = [
        // Hung up in the voicemail that followed.
        vec![
            (0, queued()),
            (30, decided("voicemail sorry")),
            (90, ended()),
        ],
        // Heard some words in between, and gave up in the queue.
        vec![
            (0, decided("queue sales")),
            (0, queued()),
            (30, decided("play please_wait")),
            (40, decided("queue sales")),
            (40, queued()),
            (60, decided("go on")),
            (90, ended()),
        ],
    ];
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    for (number, story) in (1_u64..).zip(stories) {
        let events = [(0, arrived())].into_iter().chain(story);
        let facts = events.zip(number * 100..).map(|((secs, event), seq)| Fact {
            seq,
            at: Wall(TEN + secs * 1_000 * MS),
            call: call(number.into()),
            event,
        });
        let facts: Vec<Fact> = facts.collect();
        projector.project(&facts).await.unwrap();
    }
    let sales = ["sales".into()];
    let all = store.queued(Wall(TEN), Wall(i64::MAX), &sales);
    let all = all.await.unwrap();
    let told: Vec<_> = all.iter().map(|it| (it.waited_ms, it.abandoned)).collect();
    assert_eq!(told, [(30_000, false), (90_000, true)]);
}

#[tokio::test]
async fn calls_are_found_by_period_number_outcome_and_beginning_of_the_id() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector.project(&facts(1, call(1))).await.unwrap();
    let mut later = facts(100, call(2));
    later.truncate(3);
    later
        .iter_mut()
        .for_each(|fact| fact.at.0 += 3_600_000 * MS);
    projector.project(&later).await.unwrap();

    let count = async |filter: CallFilter| store.calls(&filter).await.unwrap().len();
    let number = |text: &str| PhoneNumber::try_from(text.to_owned()).ok();
    assert_eq!(count(CallFilter::default()).await, 2);
    assert_eq!(
        count(CallFilter {
            from: Some(Wall(TEN + 1)),
            ..CallFilter::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(CallFilter {
            to: Some(Wall(TEN)),
            ..CallFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallFilter {
            number: number("+79990000001"),
            ..CallFilter::default()
        })
        .await,
        2
    );
    assert_eq!(
        count(CallFilter {
            number: number("+79990000002"),
            ..CallFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        count(CallFilter {
            outcome: Some("answered".into()),
            ..CallFilter::default()
        })
        .await,
        1
    );
    assert_eq!(
        count(CallFilter {
            limit: 1,
            ..CallFilter::default()
        })
        .await,
        1
    );
    for (region, calls) in [("RU-IRK", 2), ("RU-OMS", 0)] {
        let filter = CallFilter {
            region: Some(region.into()),
            ..CallFilter::default()
        };
        assert_eq!(count(filter).await, calls, "{region}");
    }
    let latest = &store.calls(&CallFilter::default()).await.unwrap()[0];
    assert_eq!(latest.call_id, call(2).to_string());
    assert_eq!(latest.caller_kind.as_deref(), Some("mobile"));
    assert_eq!(parsed("88000000000").kind, Kind::TollFree);

    assert_eq!(store.find_call("01930000").await.unwrap(), Found::Many);
    assert_eq!(
        store.find_call(&call(1).to_string()).await.unwrap(),
        Found::One(call(1))
    );
    assert_eq!(store.find_call("ffff").await.unwrap(), Found::None);
    assert_eq!(store.call(call(9)).await.unwrap(), None);
}

/// A writer over a journal that is a plain list.
fn writer(
    store: &Store,
    journal: Vec<Fact>,
    awake: Arc<AtomicBool>,
) -> (Writer, std::sync::mpsc::Receiver<Trouble>) {
    let (tell, told) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let reread = Box::new(move |after: u64, limit: usize| {
        let asleep = !awake.swap(true, Ordering::Relaxed);
        let later = journal
            .iter()
            .filter(|fact| fact.seq > after)
            .take(limit)
            .cloned();
        if asleep { Vec::new() } else { later.collect() }
    });
    let on_trouble = Box::new(move |trouble| {
        let _ = tell.lock().expect("never poisoned").send(trouble);
    });
    (
        Writer::start(store, WriterHooks { reread, on_trouble }),
        told,
    )
}

#[tokio::test]
async fn the_writer_begins_with_what_the_journal_holds_and_goes_on_with_what_is_sent() {
    let (_dir, store) = store().await;
    let writer = writer(&store, facts(1, call(1)), Arc::new(AtomicBool::new(true))).0;
    for fact in facts(20, call(2)) {
        writer.send(fact);
    }
    writer.close().await;
    for id in [call(1), call(2)] {
        assert_eq!(
            store
                .call(id)
                .await
                .unwrap()
                .unwrap()
                .call
                .disposition
                .as_deref(),
            Some("sold")
        );
    }
}

#[tokio::test]
async fn what_did_not_fit_into_memory_is_read_from_the_journal() {
    let (_dir, store) = store().await;
    let mut journal = Vec::new();
    for n in 0..600 {
        journal.extend(facts(1 + n * 19, call(u128::from(n))));
    }
    assert!(journal.len() > QUEUE_MAX + 2000);
    // The first question finds nothing: everything must come by sending, until memory is full.
    let (writer, told) = writer(&store, journal.clone(), Arc::new(AtomicBool::new(false)));
    let last = journal.last().unwrap().seq;
    journal.into_iter().for_each(|fact| writer.send(fact));
    let mut applied = writer.applied();
    applied.wait_for(|applied| *applied == last).await.unwrap();
    assert_eq!(told.try_recv(), Ok(Trouble::Behind));
    writer.close().await;
    let calls = store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.len(), 600);
    assert!(calls.iter().all(|call| call.disposition.is_some()));
}

/// By the number of either side, and by the id of the call itself.
#[tokio::test]
async fn a_call_is_found_by_what_anybodys_log_says_of_it() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let other = Fact {
        seq: 100,
        at: Wall(TEN),
        call: call(2),
        event: CallEvent::Answered,
    };
    let mut told = facts(1, call(1));
    told.push(other);
    projector.project(&told).await.expect("applied");
    let (callers, nobodys) = ("ab30317f1a784dc48ff824d0d3715d86", "f");
    for (number, id, found) in [
        (callers, None, vec![call(1)]),
        (PHONES_SESSION_ID, None, vec![call(1)]),
        (nobodys, Some(call(2)), vec![call(2)]),
        (PHONES_SESSION_ID, Some(call(2)), vec![call(2), call(1)]),
        (nobodys, None, vec![]),
    ] {
        let rows = store.calls_of_session([number, nobodys], [None, id]).await;
        let rows = rows.expect("readable").into_iter().map(|row| row.call_id);
        let ids: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(rows.collect::<Vec<_>>(), ids, "{number} {id:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_loses_nothing() {
    let (dir, store) = store().await;
    // Another process takes a table away: every batch fails.
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("gudok.db"));
    let mut other = file.connect().await.unwrap();
    sqlx::query("DROP TABLE leg")
        .execute(&mut other)
        .await
        .unwrap();
    let (writer, told) = writer(&store, vec![], Arc::new(AtomicBool::new(true)));
    facts(1, call(1))
        .into_iter()
        .for_each(|fact| writer.send(fact));
    let down = tokio::task::spawn_blocking(move || (told.recv(), told))
        .await
        .unwrap();
    assert!(matches!(down.0, Ok(Trouble::Down { .. })));
    let table = "CREATE TABLE leg (call_id TEXT, leg_index BIGINT, project TEXT, operator TEXT, number TEXT,
        dialled_at BIGINT, ringing_at BIGINT, answered_at BIGINT, ended_at BIGINT, cause TEXT, held_ms BIGINT,
        held_since BIGINT, codec TEXT, packets BIGINT, lost BIGINT, jitter_us_max BIGINT, mos DOUBLE PRECISION,
        quality TEXT, said_sip BIGINT, said_q850 BIGINT, said TEXT, session_id TEXT, PRIMARY KEY (call_id, leg_index))";
    sqlx::query(table).execute(&mut other).await.unwrap();
    let mut applied = writer.applied();
    applied.wait_for(|applied| *applied == 19).await.unwrap();
    writer.close().await;
    assert_eq!(store.call(call(1)).await.unwrap().unwrap().legs.len(), 2);
    assert!(down.1.try_iter().any(|trouble| trouble == Trouble::Well));
}

#[tokio::test]
async fn what_answered_calls_of_a_number_cost_is_summed_as_it_is_billed() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let ended = CallEvent::Ended {
        outcome: Outcome::Answered,
        termination: Termination::success("caller-hung-up"),
    };
    // Answered after 1 s: 30 s and 61 s of talk, one never answered, one cut without an end.
    let stories = [
        vec![
            (0, arrived()),
            (1_000, CallEvent::Answered),
            (31_000, ended.clone()),
        ],
        vec![
            (0, arrived()),
            (1_000, CallEvent::Answered),
            (62_000, ended.clone()),
        ],
        vec![(0, arrived()), (9_000, ended)],
        vec![(0, arrived()), (1_000, CallEvent::Answered)],
    ];
    let mut facts = Vec::new();
    for (n, story) in (1..).zip(stories) {
        for (at, event) in story {
            let seq = facts.len() as u64 + 1;
            let at = Wall(TEN + at * MS);
            facts.push(Fact {
                seq,
                at,
                call: call(n),
                event,
            });
        }
    }
    projector.project(&facts).await.expect("applied");
    let number = parsed("88000000000").e164.expect("a number");
    let cut = Wall(TEN + 11_000 * MS);
    let cost = async |number: &PhoneNumber, from: i64, price| {
        let sum = store.cost_since(number, Wall(from), price, cut).await;
        sum.expect("a sum")
    };
    assert_eq!(cost(&number, TEN, (180, 1)).await, (101, 303));
    assert_eq!(cost(&number, TEN, (180, 60)).await, (240, 720));
    assert_eq!(cost(&number, TEN + 1_001 * MS, (180, 60)).await, (0, 0));
    let other = parsed("88000000001").e164.expect("a number");
    assert_eq!(cost(&other, TEN, (180, 60)).await, (0, 0));
}
