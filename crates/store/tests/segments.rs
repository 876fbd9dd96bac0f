//! Of each talk of an operator in a call: when, how long held and worked after, and how it ended. However the facts come.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use gudok_model::{
    CallEvent, CallId, EndCause, LegId, OfferEnd, OfferId, OperatorId, Outcome, Termination, Wall,
};
use gudok_store::levels::Terms;
use gudok_store::report::Asked;
use gudok_store::{Fact, Projector, SegmentRow, Store};

const SECOND: i64 = 1_000_000;

fn id(n: u128) -> CallId {
    CallId(uuid::Uuid::from_u128(n))
}

fn offered(call: CallId, index: u16, operator: &str) -> CallEvent {
    CallEvent::Offered {
        offer: OfferId { call, index },
        operator: OperatorId::new(operator),
        group: None,
        reasons: vec![],
    }
}

fn closed(call: CallId, index: u16, operator: &str, end: OfferEnd) -> CallEvent {
    CallEvent::OfferClosed {
        offer: OfferId { call, index },
        operator: OperatorId::new(operator),
        end,
        revoked: None,
    }
}

fn bridged(call: CallId, leg: u16, operator: &str) -> CallEvent {
    CallEvent::Bridged {
        a: LegId::caller(call),
        b: LegId { call, index: leg },
        operator: Some(OperatorId::new(operator)),
        waited_ms: 0,
    }
}

fn gone(call: CallId, leg: u16, cause: EndCause) -> CallEvent {
    CallEvent::LegEnded {
        leg: LegId { call, index: leg },
        cause,
        said: None,
    }
}

fn held(call: CallId, leg: u16, on: bool) -> CallEvent {
    let leg = LegId { call, index: leg };
    CallEvent::Held { leg, on }
}

fn wrapped(operator: &str, secs: u64) -> CallEvent {
    CallEvent::WrapUpEnded {
        operator: OperatorId::new(operator),
        took_ms: secs * 1_000,
    }
}

fn ended(outcome: Outcome) -> CallEvent {
    let termination = Termination::success("hung-up");
    CallEvent::Ended {
        outcome,
        termination,
    }
}

/// Two calls. In the first anna talks 30 s, 10 s of it held, and passes the caller on; boris is asked, gone before a word,
/// asked again, talks 20 s; the caller hangs up. In the second anna is asked and rejects, boris talks and hangs up.
fn day() -> Vec<Fact> {
    let (a, b) = (id(1), id(2));
    let told = [
        (a, 10, offered(a, 1, "anna")),
        (a, 15, bridged(a, 1, "anna")),
        (a, 20, held(a, 1, true)),
        // The caller's own hold is none of anna's.
        (a, 21, held(a, 0, true)),
        (a, 30, held(a, 1, false)),
        (
            a,
            45,
            CallEvent::Transferred {
                by: OperatorId::new("anna"),
                to: "operator boris".into(),
                attended: false,
            },
        ),
        (a, 46, gone(a, 1, EndCause::ByUs)),
        (a, 46, closed(a, 1, "anna", OfferEnd::BridgedEnded)),
        (a, 47, offered(a, 2, "boris")),
        (a, 50, bridged(a, 2, "boris")),
        (a, 50, gone(a, 2, EndCause::HungUp)),
        (a, 50, closed(a, 2, "boris", OfferEnd::DeviceError)),
        (a, 52, offered(a, 3, "boris")),
        (a, 55, bridged(a, 3, "boris")),
        (a, 60, wrapped("anna", 14)),
        // Bridged again after a consultation: the same talk.
        (a, 65, bridged(a, 3, "boris")),
        (a, 75, gone(a, 0, EndCause::HungUp)),
        (a, 75, gone(a, 3, EndCause::ByUs)),
        (a, 75, closed(a, 3, "boris", OfferEnd::BridgedEnded)),
        (a, 75, ended(Outcome::Answered)),
        (a, 80, wrapped("boris", 5)),
        (b, 100, offered(b, 1, "anna")),
        (b, 101, closed(b, 1, "anna", OfferEnd::Rejected)),
        (b, 102, offered(b, 2, "boris")),
        (b, 103, bridged(b, 2, "boris")),
        (b, 113, gone(b, 2, EndCause::HungUp)),
        (b, 113, closed(b, 2, "boris", OfferEnd::BridgedEnded)),
        (b, 113, ended(Outcome::Answered)),
    ];
    let numbered = told.into_iter().zip(1..);
    numbered
        .map(|((call, at, event), seq)| Fact {
            seq,
            at: Wall(at * SECOND),
            call,
            event,
        })
        .collect()
}

async fn opened(dir: &tempfile::TempDir, name: &str) -> Store {
    Store::open(&dir.path().join(name)).await.unwrap()
}

async fn segments(store: &Store) -> Vec<SegmentRow> {
    let mut all = store.segments(id(1)).await.unwrap();
    all.extend(store.segments(id(2)).await.unwrap());
    all
}

fn told(row: &SegmentRow) -> String {
    let SegmentRow {
        operator,
        from_at,
        till_at,
        talk_ms,
        held_ms,
        wrap_up_ms,
        outcome,
        ..
    } = row;
    let secs = |us: i64| us / SECOND;
    let ms = |ms: Option<i64>| ms.map_or_else(|| "–".to_owned(), |ms| (ms / 1_000).to_string());
    format!(
        "{operator} {}–{} talk {} held {} wrap-up {} {}",
        secs(*from_at),
        till_at.map_or_else(String::new, |at| secs(at).to_string()),
        ms(*talk_ms),
        ms(Some(*held_ms)),
        ms(*wrap_up_ms),
        outcome.as_deref().unwrap_or("–"),
    )
}

#[tokio::test]
async fn each_operator_has_the_time_of_their_own_part() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(&dir, "a.db").await;
    Projector::new(&store).project(&day()).await.unwrap();
    let rows = segments(&store).await;
    let rows: Vec<String> = rows.iter().map(told).collect();
    assert_eq!(
        rows,
        [
            "anna 15–45 talk 20 held 10 wrap-up 14 transferred",
            "boris 50–50 talk 0 held 0 wrap-up – taken_back",
            "boris 55–75 talk 20 held 0 wrap-up 5 caller_hung_up",
            "boris 103–113 talk 10 held 0 wrap-up – hung_up",
        ]
    );
}

#[tokio::test]
async fn facts_that_come_twice_or_one_by_one_make_the_same_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (once, slowly) = (opened(&dir, "a.db").await, opened(&dir, "b.db").await);
    let facts = day();
    let mut projector = Projector::new(&once);
    projector.project(&facts).await.unwrap();
    projector.project(&facts).await.unwrap();
    for (n, fact) in facts.iter().enumerate() {
        // A restart between any two: what was is read from the tables. Some come twice.
        let from = n.saturating_sub(2);
        let mut projector = Projector::new(&slowly);
        projector.project(&facts[from..=n]).await.unwrap();
        assert_eq!(projector.position().await.unwrap(), fact.seq);
    }
    assert_eq!(segments(&once).await, segments(&slowly).await);
}

#[tokio::test]
async fn a_report_by_operator_leaves_out_what_was_no_talk() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(&dir, "a.db").await;
    Projector::new(&store).project(&day()).await.unwrap();
    let asked = |from: i64, to: i64| Asked {
        from: Wall(from * SECOND),
        to: Wall(to * SECOND),
        project: None,
        terms: Terms::default(),
    };
    let report = store.report_by_operator(&asked(0, 3_600)).await.unwrap();
    assert!(report.adds_up(), "{report:?}");
    let rows = report.rows.iter();
    let rows: Vec<_> = rows
        .map(|it| {
            let sums = [it.talk_ms, it.held_ms, it.wrap_up_ms].map(|ms| ms / 1_000);
            let offers = [it.rejected, it.missed];
            (
                &*it.operator,
                it.talks,
                it.calls,
                it.passed_on,
                sums,
                offers,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("anna", 1, 1, 1, [20, 10, 14], [1, 0]),
            ("boris", 2, 2, 0, [30, 0, 5], [0, 0])
        ]
    );
    let nobody = store.report_by_operator(&asked(500, 600)).await.unwrap();
    assert!(nobody.rows.is_empty() && nobody.adds_up());
    // Who took no call has a line all the same.
    let in_vain = [
        offered(id(2), 3, "vera"),
        closed(id(2), 3, "vera", OfferEnd::NoAnswer),
    ];
    let in_vain = in_vain.into_iter().zip(90..).map(|(event, seq)| Fact {
        seq,
        at: Wall(114 * SECOND),
        call: id(2),
        event,
    });
    let in_vain: Vec<Fact> = in_vain.collect();
    Projector::new(&store).project(&in_vain).await.unwrap();
    let report = store.report_by_operator(&asked(0, 3_600)).await.unwrap();
    let vera = report
        .rows
        .last()
        .map(|it| (&*it.operator, it.talks, it.missed));
    assert_eq!(vera, Some(("vera", 0, 1)));
    // Calls of a gudok that wrote no segments are seen to be missing.
    let arrived = Fact {
        seq: 100,
        at: Wall(200 * SECOND),
        call: id(3),
        event: ended(Outcome::Answered),
    };
    Projector::new(&store).project(&[arrived]).await.unwrap();
    let report = store.report_by_operator(&asked(0, 3_600)).await.unwrap();
    assert_eq!((report.answered, report.talked), (3, 2));
    assert!(!report.adds_up());
}
