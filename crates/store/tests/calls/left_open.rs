//! What a run left open when it was cut.
use gudok_model::{CallEvent, CallId, LegId, OfferEnd, OfferId, Outcome, Termination, Wall};
use gudok_store::{Fact, LeftOpen, OpenCall, OpenOffer, OpenWait, Projector};

use crate::told::{MS, TEN, call, facts, parsed, store};

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
        reached: None,
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

#[tokio::test]
async fn who_waited_is_found_with_the_place_they_had() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let (waits, talks, led_on) = (call(1), call(2), call(3));
    // Offered to somebody, whose phone rings.
    let mut told: Vec<Fact> = facts(1, waits).into_iter().take(6).collect();
    told.extend(facts(100, talks).into_iter().take(11));
    told.extend(facts(200, led_on).into_iter().take(4));
    let decided = |decision: &str| CallEvent::Decided {
        decision: decision.to_owned(),
        reasons: vec![],
    };
    for (seq, call, decision) in [(50, waits, "go on"), (250, led_on, "voicemail")] {
        let (at, event) = (Wall(TEN + 6_000 * MS), decided(decision));
        told.push(Fact {
            seq,
            at,
            call,
            event,
        });
    }
    told.sort_by_key(|fact| fact.seq);
    projector.project(&told).await.expect("applied");
    let left = store.left_open().await.expect("readable");
    let place = OpenWait {
        call: waits,
        project: "demo".into(),
        caller: parsed("+79990000001").e164.expect("a number"),
        did: parsed("88000000000").e164.expect("a number"),
        queue: "sales".into(),
        priority: 5,
        since: Wall(TEN + 520 * MS),
    };
    assert_eq!(left.waiting, [place]);
}

/// The caller of `call` came to a queue and a crash cut them off; that was written down at the next start.
fn cut_off(seq: u64, call: CallId) -> Vec<Fact> {
    let mut told: Vec<Fact> = facts(seq, call).into_iter().take(6).collect();
    told.push(Fact {
        seq: seq + 50,
        at: Wall(TEN + 30_000 * MS),
        call,
        event: CallEvent::Ended {
            outcome: Outcome::Failed,
            termination: Termination::server_error("daemon-restarted"),
        },
    });
    told
}

#[tokio::test]
async fn who_was_cut_off_a_while_ago_keeps_the_place_until_they_talk_with_somebody() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let cut = call(1);
    projector.project(&cut_off(1, cut)).await.expect("applied");
    let waiting = store.left_open().await.expect("readable").waiting;
    assert_eq!(waiting, [], "it has an end");
    let places = |since: i64| store.places_cut(Wall(TEN + since * MS));
    let kept = places(0).await.expect("readable");
    let [(place, at)] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!((place.call, *at), (cut, Wall(TEN + 30_000 * MS)));
    assert_eq!(places(30_001).await.expect("readable"), []);

    // They call again, and are talked with.
    let again: Vec<Fact> = facts(100, call(2)).into_iter().take(11).collect();
    let later = again.into_iter().map(|fact| Fact {
        at: Wall(fact.at.0 + 60_000 * MS),
        ..fact
    });
    let later: Vec<Fact> = later.collect();
    projector.project(&later).await.expect("applied");
    assert_eq!(places(0).await.expect("readable"), []);
}

/// Cut off in the place of an earlier call, they stood there since that one.
#[tokio::test]
async fn the_place_of_a_place_is_as_old_as_the_first() {
    let (_dir, store) = store().await;
    let mut told: Vec<Fact> = facts(1, call(1)).into_iter().take(6).collect();
    let at = told.last().expect("a few").at;
    told.push(Fact {
        seq: 50,
        at,
        call: call(1),
        event: CallEvent::Resumed {
            former: call(9),
            waited_ms: 200_000,
        },
    });
    Projector::new(&store)
        .project(&told)
        .await
        .expect("applied");
    let waiting = store.left_open().await.expect("readable").waiting;
    let since: Vec<Wall> = waiting.iter().map(|place| place.since).collect();
    assert_eq!(since, [Wall(at.0 - 200_000 * MS)]);
}

#[tokio::test]
async fn whom_groups_asked_and_who_talked_with_whom_last_is_known() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    projector
        .project(&facts(1, call(1)))
        .await
        .expect("applied");
    let offered = |seq, operator: &str| Fact {
        seq,
        at: Wall(TEN),
        call: call(1),
        event: CallEvent::Offered {
            offer: OfferId {
                call: call(1),
                index: 7,
            },
            operator: operator.into(),
            group: Some("second".into()),
            reasons: vec![],
        },
    };
    let told = [offered(80, "petr"), offered(81, "ivan")];
    projector.project(&told).await.expect("applied");
    let cursors = store.cursors().await.expect("readable");
    assert_eq!(cursors, [("second".into(), "ivan".into())].into());
    let number = parsed("+79990000001").e164.expect("a number");
    let talks = store.last_talks(Wall(TEN), 10).await.expect("readable");
    assert_eq!(talks, [(number, "anna".into())]);
    let later = store.last_talks(Wall(TEN + 1), 10).await;
    assert_eq!(later.expect("readable"), []);
    let lately = store.talks_since(Wall(TEN), 10).await.expect("readable");
    let [(who, began)] = lately.as_slice() else {
        panic!("one talk: {lately:?}");
    };
    assert_eq!(*who, "anna".into());
    for (since, talks) in [(*began, 1), (Wall(began.0 + 1), 0)] {
        let lately = store.talks_since(since, 10).await;
        assert_eq!(lately.expect("readable").len(), talks, "from its beginning");
    }
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
        revoked: None,
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

/// A crash swallowed the end of the first of two talks.
#[tokio::test]
async fn one_end_ends_all_the_work_of_a_person_in_a_call() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let talks = call(2);
    let mut told: Vec<Fact> = facts(1, talks).into_iter().take(11).collect();
    let closed = |index| CallEvent::OfferClosed {
        offer: OfferId { call: talks, index },
        operator: "anna".into(),
        end: OfferEnd::BridgedEnded,
        revoked: None,
    };
    let fact = |seq: u64, event| Fact {
        seq,
        at: Wall(TEN + 90_000 * MS),
        call: talks,
        event,
    };
    told.extend([fact(50, closed(1)), fact(51, closed(2))]);
    projector.project(&told).await.expect("applied");
    let open = store.left_open().await.expect("readable").wrap_ups;
    assert_eq!(open.len(), 2);
    let ended = CallEvent::WrapUpEnded {
        operator: "anna".into(),
        took_ms: 1,
    };
    let told = [fact(52, ended)];
    projector.project(&told).await.expect("applied");
    let open = store.left_open().await.expect("readable").wrap_ups;
    assert_eq!(open, []);
}

#[tokio::test]
async fn of_a_talk_without_an_offer_the_queue_and_the_disposition_are_known() {
    let (_dir, store) = store().await;
    let mut projector = Projector::new(&store);
    let talks = call(2);
    let mut told: Vec<Fact> = facts(1, talks).into_iter().take(11).collect();
    told.push(Fact {
        seq: 50,
        at: Wall(TEN + 90_000 * MS),
        call: talks,
        event: CallEvent::Disposed {
            operator: "petr".into(),
            code: "SOLVED".into(),
            note: None,
        },
    });
    projector.project(&told).await.expect("applied");
    let asked = [
        (talks, "petr".into()),
        (talks, "olga".into()),
        (call(9), "petr".into()),
    ];
    let found = store.talks_cut(&asked).await.expect("readable");
    let open = |who: &str, disposed| OpenOffer {
        offer: OfferId {
            call: talks,
            index: 0,
        },
        operator: who.into(),
        queue: Some("sales".into()),
        group: None,
        talks: true,
        ended: None,
        disposed,
    };
    assert_eq!(found, [open("olga", false), open("petr", true)]);
}
