//! The figures of a span: one outcome of each call, by any key, and a mismatch is seen.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, IdentitySource, LegId, NumberRules, OperatorId, Outcome,
    Presentation, QueueId, Termination, Wall, number,
};
use gudok_store::levels::{Terms, sl1, sl2, sl3};
use gudok_store::report::Asked;
use gudok_store::{Fact, Projector, Report, Store};

const SECOND: i64 = 1_000_000;

/// Tells facts of calls, numbered in the order they are told.
struct Journal {
    facts: Vec<Fact>,
}

impl Journal {
    fn tell(&mut self, call: u128, at: i64, event: CallEvent) {
        self.facts.push(Fact {
            seq: self.facts.len() as u64 + 1,
            at: Wall(at * SECOND),
            call: CallId(uuid::Uuid::from_u128(call)),
            event,
        });
    }

    fn queued(&mut self, call: u128, at: i64, queue: &str) {
        let queue = QueueId::new(queue);
        let priority = 0;
        self.tell(call, at, CallEvent::Queued { queue, priority });
    }

    fn talks(&mut self, call: u128, at: i64, waited: u64) {
        let id = CallId(uuid::Uuid::from_u128(call));
        let event = CallEvent::Bridged {
            a: LegId::caller(id),
            b: LegId { call: id, index: 1 },
            operator: Some(OperatorId::new("anna")),
            waited_ms: waited * 1_000,
        };
        self.tell(call, at, event);
    }

    fn ends(&mut self, call: u128, at: i64, outcome: Outcome) {
        let termination = Termination::success("hung-up");
        let event = CallEvent::Ended {
            outcome,
            termination,
        };
        self.tell(call, at, event);
    }

    async fn into_store(self, dir: &tempfile::TempDir) -> Store {
        let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
        let mut projector = Projector::new(&store);
        projector.project(&self.facts).await.unwrap();
        store
    }
}

fn arrived() -> CallEvent {
    let parsed = |raw| number::parse(raw, &NumberRules::default());
    CallEvent::Arrived {
        project: "demo".into(),
        trunk: "carrier".into(),
        caller: Caller {
            number: parsed("+79990000001"),
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

/// 1 answered after 10 s, 2 after 30 s of two queues, 3 left the second queue 25 s after it came to the first, 4 left at once,
/// 5 never came to a queue, 6 goes on.
fn morning() -> Journal {
    let mut told = Journal { facts: Vec::new() };
    for call in 1..=6 {
        told.tell(call, i64::try_from(call).unwrap(), arrived());
    }
    told.queued(1, 10, "support");
    told.talks(1, 20, 10);
    told.ends(1, 60, Outcome::Answered);
    told.queued(2, 10, "sales");
    told.queued(2, 38, "support");
    told.talks(2, 40, 30);
    told.ends(2, 90, Outcome::Answered);
    told.queued(3, 10, "sales");
    told.queued(3, 31, "support");
    told.ends(3, 35, Outcome::AbandonedQueue { short: true });
    told.queued(4, 10, "sales");
    told.ends(4, 11, Outcome::AbandonedQueue { short: true });
    told.ends(5, 8, Outcome::AbandonedIvr);
    told.queued(6, 10, "sales");
    told
}

async fn report(store: &Store, (from, to): (i64, i64)) -> Report {
    let asked = Asked {
        from: Wall(from * SECOND),
        to: Wall(to * SECOND),
        project: Some(&"demo".into()),
        terms: Terms::default(),
    };
    let by_queue = |call: &gudok_store::ReportCall| call.queue.clone().unwrap_or_default();
    store.report(&asked, by_queue).await.unwrap()
}

#[tokio::test]
async fn a_call_is_counted_once_where_it_was_last_and_waits_from_its_first_queue() {
    let dir = tempfile::tempdir().unwrap();
    let store = morning().into_store(&dir).await;
    let told = report(&store, (0, 3_600)).await;
    assert!(told.adds_up(), "{told:?}");
    assert_eq!((told.arrivals, told.total.calls), (6, 6));
    assert_eq!((told.total.ended(), told.total.open), (5, 1));
    assert_eq!(told.total.outcomes["abandoned_queue"], 2);
    let keys: Vec<_> = told.rows.keys().map(String::as_str).collect();
    assert_eq!(keys, ["", "sales", "support"]);
    let support = told.rows["support"].counts;
    assert_eq!((support.offered, support.answered_in_t), (3, 1));
    assert_eq!((support.abandoned, support.abandoned_in_t), (1, 0));
    let all = told.total.counts;
    let levels = [sl1(&all), sl2(&all), sl3(&all)].map(|it| (it.part, it.of));
    assert_eq!(levels, [(1, 2), (2, 4), (1, 3)]);
    // Of a part of it: who arrived then, whenever they ended.
    let part = report(&store, (2, 4)).await;
    assert!(part.adds_up());
    assert_eq!((part.arrivals, part.total.calls), (2, 2));
    let nobody = report(&store, (7, 9)).await;
    assert_eq!(nobody, Report::default());
}

#[tokio::test]
async fn a_call_whose_arrival_is_lost_is_a_mismatch_that_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let mut told = morning();
    told.facts.retain(|fact| {
        !(fact.call == CallId(uuid::Uuid::from_u128(5))
            && matches!(fact.event, CallEvent::Arrived { .. }))
    });
    let store = told.into_store(&dir).await;
    let asked = Asked {
        from: Wall(0),
        to: Wall(3_600 * SECOND),
        project: None,
        terms: Terms::default(),
    };
    let told = store.report(&asked, |_| String::new()).await.unwrap();
    assert!(!told.adds_up());
    assert_eq!((told.arrivals, told.total.calls), (5, 6));
}

#[tokio::test]
async fn more_calls_than_are_read_at_a_time_are_all_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut told = Journal { facts: Vec::new() };
    for call in 1..=5_003 {
        // All at one moment: the order within it is that of their ids.
        told.tell(call, 1, arrived());
        told.ends(call, 2, Outcome::ClosedMsg);
    }
    let store = told.into_store(&dir).await;
    let told = report(&store, (0, 10)).await;
    assert!(told.adds_up());
    assert_eq!(told.total.outcomes["closed_msg"], 5_003);
}
