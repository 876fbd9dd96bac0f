//! Calls that begin with us: rows like any other, in no figure of those who call us, and what limits count by.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use gudok_model::{
    AttemptId, CallBasis, CallEvent, CallId, EndCause, LegId, Name, Outcome, PhoneNumber,
    Termination, Wall,
};
use gudok_store::levels::Terms;
use gudok_store::report::Asked;
use gudok_store::{CallFilter, Called, CalledIn, Fact, LeftOpen, OutCalls, Projector, Store};

const SECOND: i64 = 1_000_000;

fn id(call: u128) -> CallId {
    CallId(uuid::Uuid::from_u128(call))
}

fn number(text: &str) -> PhoneNumber {
    text.to_owned().try_into().unwrap()
}

struct Journal(Vec<Fact>);

impl Journal {
    fn tell(&mut self, call: u128, at: i64, event: CallEvent) {
        self.0.push(Fact {
            seq: self.0.len() as u64 + 1,
            at: Wall(at * SECOND),
            call: id(call),
            event,
        });
    }

    fn dialled(&mut self, call: u128, at: i64, counted: bool) {
        let event = CallEvent::Dialled {
            attempt: AttemptId(uuid::Uuid::from_u128(call + 100)),
            by: Some("anna".into()),
            number: number("+74951234567"),
            region: None,
            purpose: "debt".into(),
            basis: Some(CallBasis {
                ground: "debt".into(),
                reference: Some("договор 17".into()),
            }),
            cli: Some(number("+74950000001")),
            project: "demo".into(),
            plan: "8800.toml#1".into(),
            rules: Vec::new(),
            counted,
            minute_kopecks: 190,
            request: None,
        };
        self.tell(call, at, event);
    }

    fn rung(&mut self, call: u128, at: i64) {
        let event = CallEvent::LegDialled {
            leg: LegId::caller(id(call)),
            operator: None,
            number: Some(number("+74951234567")),
        };
        self.tell(call, at, event);
    }

    fn answered(&mut self, call: u128, at: i64) {
        let leg = LegId::caller(id(call));
        let session_id = None;
        self.tell(call, at, CallEvent::LegAnswered { leg, session_id });
    }

    fn ended(&mut self, call: u128, at: i64, (cause, why): (EndCause, &str)) {
        let (leg, said) = (LegId::caller(id(call)), None);
        self.tell(call, at, CallEvent::LegEnded { leg, cause, said });
        let event = CallEvent::Ended {
            outcome: Outcome::Out {
                reached: why == "caller-hung-up",
            },
            termination: Termination::success(why),
        };
        self.tell(call, at, event);
    }
}

/// 1 was talked with, 2 was busy, 3 was denied, 4 talks on.
fn day() -> Vec<Fact> {
    let mut told = Journal(Vec::new());
    told.dialled(1, 10, true);
    told.rung(1, 13);
    told.answered(1, 20);
    told.ended(1, 100, (EndCause::HungUp, "caller-hung-up"));
    told.dialled(2, 200, true);
    told.rung(2, 203);
    told.ended(2, 204, (EndCause::Busy, "busy"));
    told.dialled(3, 300, false);
    let denied = CallEvent::OutboundDenied {
        rule: "debt_contacts".into(),
        place: Some("law.toml:7:6".into()),
        text: "сегодня уже говорили".into(),
    };
    told.tell(3, 300, denied);
    let termination = Termination::caller_error("outbound-denied");
    let outcome = Outcome::Out { reached: false };
    told.tell(
        3,
        300,
        CallEvent::Ended {
            outcome,
            termination,
        },
    );
    told.dialled(4, 400, true);
    told.rung(4, 403);
    told.answered(4, 410);
    told.0
}

async fn store(dir: &tempfile::TempDir, facts: &[Fact]) -> Store {
    let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
    Projector::new(&store).project(facts).await.unwrap();
    store
}

#[tokio::test]
async fn they_are_rows_and_no_figure_of_those_who_call_us() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir, &day()).await;
    let filter = CallFilter {
        number: Some(number("+74951234567")),
        ..CallFilter::default()
    };
    let rows = store.calls(&filter).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let flag = row.outcome_flag;
            (row.direction.as_deref(), row.did_e164.as_deref(), flag)
        })
        .collect();
    let out = |flag| (Some("out"), Some("+74950000001"), flag);
    assert_eq!(told, [out(None), out(Some(0)), out(Some(0)), out(Some(1))]);
    assert_eq!(rows[3].answered_at, Some(20 * SECOND));
    assert_eq!(
        rows[1].termination_reason.as_deref(),
        Some("outbound-denied")
    );
    let asked = Asked {
        from: Wall(0),
        to: Wall(1_000 * SECOND),
        project: None,
        terms: Terms::default(),
    };
    let report = store.report(&asked, |_| String::new()).await.unwrap();
    assert!(report.adds_up(), "{report:?}");
    assert_eq!((report.arrivals, report.total.calls), (0, 0));
    let regions = store
        .calls_by_region(Wall(0), Wall(i64::MAX))
        .await
        .unwrap();
    assert!(regions.is_empty(), "{regions:?}");
    let cost = store
        .cost_since(&number("+74950000001"), Wall(0), (190, 60), Wall(i64::MAX))
        .await
        .unwrap();
    assert_eq!(cost, (0, 0));
}

#[tokio::test]
async fn whom_we_rang_is_what_limits_count_by_however_often_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let facts = day();
    let store = store(&dir, &facts).await;
    Projector::new(&store).project(&facts).await.unwrap();
    let attempts = store.attempts_since(Wall(0)).await.unwrap();
    let told: Vec<_> = attempts
        .iter()
        .map(|it| {
            let seconds = |at: Option<Wall>| at.map(|at| at.0 / SECOND);
            let (answered, ended) = (seconds(it.answered), seconds(it.ended));
            (it.call, it.began.0 / SECOND, answered, ended)
        })
        .collect();
    // Who was denied rang nobody.
    let expected = [
        (id(4), 403, Some(410), None),
        (id(2), 203, None, Some(204)),
        (id(1), 13, Some(20), Some(100)),
    ];
    assert_eq!(told, expected);
    let first = attempts.last().unwrap();
    assert_eq!(first.operator, Some("anna".into()));
    assert_eq!((&first.purpose, first.counted), (&Name::from("debt"), true));
    assert_eq!(first.minute_kopecks, 190);
    assert_eq!(
        store
            .attempts_since(Wall(150 * SECOND))
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_was_cut_was_reached_or_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir, &day()).await;
    let LeftOpen { calls, .. } = store.left_open().await.unwrap();
    let told: Vec<_> = calls.iter().map(|it| (it.call, it.reached)).collect();
    assert_eq!(told, [(id(4), Some(true))]);
}

/// What the facts tell of each attempt, and what the rows of calls tell of all.
#[tokio::test]
async fn a_report_has_each_attempt_with_its_end_and_the_rows_agree() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir, &day()).await;
    let span = |from: i64, to: i64| CalledIn {
        from: Wall(from * SECOND),
        to: Wall(to * SECOND),
        project: None,
    };
    let mut told: Vec<Called> = Vec::new();
    let (calls, is_cut) = store
        .called(&span(0, 1_000), |it| told.push(it.clone()))
        .await
        .unwrap();
    let ends: Vec<_> = told
        .iter()
        .map(|it| {
            let seconds = |at: Option<i64>| at.map(|at| at / SECOND);
            let result = it.result.as_deref();
            (
                it.began_at / SECOND,
                result,
                seconds(it.answered_at),
                seconds(it.ended_at),
            )
        })
        .collect();
    let expected = [
        (10, Some("answered"), Some(20), Some(100)),
        (200, Some("busy"), None, Some(204)),
        (300, Some("outbound-denied"), None, Some(300)),
        (400, Some("answered"), Some(410), None),
    ];
    assert_eq!(ends, expected);
    assert_eq!(told[2].rule.as_deref(), Some("debt_contacts"));
    assert!(told.iter().all(|it| it.operator.as_deref() == Some("anna")));
    assert_eq!(told[0].minute_kopecks, 190);
    let agreed = OutCalls {
        calls: 4,
        reached: 1,
        open: 1,
    };
    assert_eq!((calls, is_cut), (agreed, false));
    let mut part = 0;
    let (calls, _) = store.called(&span(200, 400), |_| part += 1).await.unwrap();
    assert_eq!((part, calls.calls), (2, 2));
    let others = CalledIn {
        project: Some(&"other".into()),
        ..span(0, 1_000)
    };
    let (calls, _) = store.called(&others, |it| panic!("{it:?}")).await.unwrap();
    assert_eq!(calls, OutCalls::default());
}
