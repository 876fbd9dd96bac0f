//! What callers said of talks: in the row of the call, found by it, and known to the run that comes next.
use gudok_model::{
    CallEvent, CallId, Caller, Dialled, IdentitySource, NumberRules, PhoneNumber, Presentation,
    Wall, number,
};
use gudok_store::{CallFilter, Fact, Projector, Store};

const HOUR: i64 = 3_600_000_000;

fn call(hour: i64) -> CallId {
    CallId(uuid::Uuid::from_u128(
        (0x0193_0000_u128 << 96) + u128::try_from(hour).expect("a later hour"),
    ))
}

/// The facts of a call at this hour, which was asked; and the mark, where there was one.
fn asked(hour: i64, from: &str, mark: Option<u8>) -> Vec<Fact> {
    let parsed = |raw| number::parse(raw, &NumberRules::default());
    let arrived = CallEvent::Arrived {
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
    };
    let (queue, operator) = ("tech", "anna");
    let surveyed = CallEvent::Surveyed {
        survey: "quality".into(),
        queue: queue.into(),
        operator: operator.into(),
    };
    let answers = mark.into_iter().flat_map(|mark| {
        let rated = CallEvent::Rated {
            queue: queue.into(),
            operator: operator.into(),
            mark,
            low: mark <= 2,
        };
        let resolved = CallEvent::Resolved {
            queue: queue.into(),
            operator: operator.into(),
            solved: mark > 2,
        };
        [rated, resolved]
    });
    let seq = u64::try_from(hour * 10).expect("a later hour");
    let events = [arrived, surveyed].into_iter().chain(answers).zip(0..);
    let fact = |(event, n): (CallEvent, u32)| Fact {
        seq: seq + u64::from(n),
        at: Wall(hour * HOUR + i64::from(n)),
        call: call(hour),
        event,
    };
    events.map(fact).collect()
}

async fn hotline() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db"))
        .await
        .expect("a fresh database");
    let mut projector = Projector::new(&store);
    for facts in [
        asked(1, "+79990000001", Some(5)),
        asked(2, "+79990000002", Some(1)),
        asked(3, "+79990000001", None),
    ] {
        projector.project(&facts).await.expect("written down");
    }
    (dir, store)
}

#[tokio::test]
async fn the_row_of_a_call_has_the_answers() {
    let (_dir, store) = hotline().await;
    let rows = store.calls(&CallFilter::default()).await.unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.surveyed_at, row.rating, row.rating_low, row.solved))
        .collect();
    assert_eq!(
        told,
        [
            (Some(3 * HOUR + 1), None, None, None),
            (Some(2 * HOUR + 1), Some(1), Some(1), Some(0)),
            (Some(HOUR + 1), Some(5), Some(0), Some(1)),
        ]
    );
    assert!(
        rows.iter()
            .all(|row| row.survey.as_deref() == Some("quality"))
    );
}

#[tokio::test]
async fn low_marks_are_found_alone() {
    let (_dir, store) = hotline().await;
    let filter = CallFilter {
        rated_low: true,
        ..CallFilter::default()
    };
    let rows = store.calls(&filter).await.unwrap();
    let found: Vec<&str> = rows.iter().map(|row| row.call_id.as_str()).collect();
    assert_eq!(found, [call(2).to_string()]);
}

#[tokio::test]
async fn who_was_asked_is_known_with_the_last_time() {
    let (_dir, store) = hotline().await;
    let known = async |from, limit| {
        let asked = store.surveyed(Wall(from), limit).await.unwrap();
        let hour = |(number, at): (PhoneNumber, Wall)| (number.as_str().to_owned(), at.0 / HOUR);
        asked.into_iter().map(hour).collect::<Vec<_>>()
    };
    let (first, second) = ("+79990000001".to_owned(), "+79990000002".to_owned());
    let all = [(first.clone(), 3), (second, 2)];
    assert_eq!(known(0, 10).await, all);
    assert_eq!(known(3 * HOUR, 10).await, [(first.clone(), 3)]);
    assert_eq!(known(0, 1).await, [(first, 3)]);
}
