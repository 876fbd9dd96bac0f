//! The floor as the facts leave it: however they come, it is the same, and it is there after a restart.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use gudok_model::{Actor, CallId, Floor, FloorEvent, Kept, OperatorId, SessionId, Tally, Wall};
use gudok_store::{FloorFact, Store};

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
    (dir, store)
}

fn at(secs: u64) -> Wall {
    Wall(1_795_320_000_000_000 + i64::try_from(secs).unwrap() * 1_000_000)
}

fn state(who: &str, display: &str, call: Option<CallId>) -> FloorEvent {
    let operator = OperatorId::from(who);
    FloorEvent::State {
        operator: operator.clone(),
        version: 1,
        display: display.into(),
        reason: None,
        next: Some("LUNCH".into()),
        since: at(0),
        call,
        actor: Actor::Operator(operator),
        dialled: false,
        kept: Some(Box::new(Kept {
            not_ready: None,
            next_by: Some(Actor::Supervisor("petrova".into())),
            idle_since: at(1),
            misses: 2,
            cooldown_until: Some(at(9)),
            too_long_at: None,
        })),
    }
}

/// Three people: one in work after a talk that was extended, one on a break, one gone home.
fn shift() -> Vec<FloorFact> {
    let call = CallId(uuid::Uuid::from_u128(7));
    let sat = |who: &str, session| FloorEvent::SatDown {
        operator: who.into(),
        session: SessionId(session),
    };
    let wrap_up = |until, extensions| FloorEvent::WrapUpSet {
        operator: "anna".into(),
        call,
        since: at(60),
        until: at(until),
        extended_us: u64::from(extensions) * 10_000_000,
        extensions,
    };
    let facts = [
        sat("anna", 1),
        // The seat of whoever works by phone alone.
        sat("ivan", u64::MAX),
        sat("petr", 3),
        state("anna", "ready", None),
        state("ivan", "not_ready", None),
        state("anna", "talking", Some(call)),
        FloorEvent::Counted {
            operator: "anna".into(),
            tally: Tally {
                calls: 1,
                talk_us: 40_000_000,
                ..Tally::default()
            },
        },
        wrap_up(80, 0),
        state("anna", "wrap_up", Some(call)),
        wrap_up(90, 1),
        FloorEvent::Reserved {
            group: "second".into(),
            on: true,
            actor: Actor::Admin("root".into()),
        },
        FloorEvent::Regrouped {
            operator: "petr".into(),
            groups: vec!["second".into()],
            actor: Actor::Supervisor("petrova".into()),
            plan: Some("generation".into()),
        },
        FloorEvent::Regrouped {
            operator: "ivan".into(),
            groups: vec!["first".into()],
            actor: Actor::Operator("ivan".into()),
            plan: None,
        },
        FloorEvent::AlarmOn {
            what: "oldest_waiting".into(),
            subject: "tech".into(),
            project: Some("isp".into()),
            level: 310,
        },
        FloorEvent::AlarmQuiet {
            what: "disk".into(),
            subject: "".into(),
            project: None,
            until: Some(at(9_000)),
            actor: Actor::Admin("root".into()),
        },
        FloorEvent::Left {
            operator: "petr".into(),
            shift: gudok_model::Shift {
                session: SessionId(3),
                length_us: 1,
                states_us: [("ready".into(), 1)].into(),
                tally: Tally::default(),
            },
        },
    ];
    let facts = (0..).zip(facts);
    facts
        .map(|(n, event)| FloorFact {
            seq: 10 + 3 * n,
            at: at(10 * n),
            event,
        })
        .collect()
}

fn folded(facts: &[FloorFact]) -> Floor {
    let mut floor = Floor::default();
    for fact in facts {
        floor.apply(fact.at, &fact.event);
    }
    floor
}

#[tokio::test]
async fn facts_that_come_twice_or_in_parts_come_to_the_same() {
    let facts = shift();
    let wanted = folded(&facts);
    assert_eq!(wanted.seats.len(), 2, "one has gone home");
    let last = facts.last().unwrap().seq;

    let (_dir, whole) = store().await;
    whole.apply_floor(&facts, last).await.unwrap();
    assert_eq!(whole.floor().await.unwrap(), wanted);

    let (_dir, parts) = store().await;
    for pair in facts.windows(2) {
        // Each but the first and the last comes twice.
        parts.apply_floor(pair, pair[1].seq).await.unwrap();
        parts.apply_floor(pair, pair[1].seq).await.unwrap();
    }
    assert_eq!(parts.floor().await.unwrap(), wanted);
    assert_eq!(parts.floor_known_to().await.unwrap(), last);
    parts.apply_floor(&facts, last).await.unwrap();
    assert_eq!(parts.floor().await.unwrap(), wanted, "all of it again");
}

#[tokio::test]
async fn the_floor_is_there_when_the_database_is_opened_again() {
    let (dir, store) = store().await;
    let facts = shift();
    store.apply_floor(&facts[..5], 22).await.unwrap();
    // What was read beside it needs no fact.
    store.apply_floor(&[], 400).await.unwrap();
    store.close().await;
    let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
    assert_eq!(store.floor().await.unwrap(), folded(&facts[..5]));
    assert_eq!(store.floor_known_to().await.unwrap(), 400);
}

/// A database that an earlier gudok has left: its alarms are of all projects together, and stay what they were.
#[tokio::test]
async fn alarms_of_an_earlier_version_are_read_as_they_were() {
    let (dir, store) = store().await;
    store.close().await;
    let path = dir.path().join("gudok.db");
    let before = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display()))
        .await
        .unwrap();
    let old = "DROP TABLE floor_alarm;
        CREATE TABLE floor_alarm (what TEXT NOT NULL, subject TEXT NOT NULL, since BIGINT, level BIGINT NOT NULL,
            quiet_until BIGINT, PRIMARY KEY (what, subject));
        INSERT INTO floor_alarm VALUES ('oldest_waiting', 'tech', 5, 310, 900)";
    let migration = include_str!("../migrations/0040_alarm_of_project.sql");
    for step in [old, migration] {
        sqlx::raw_sql(step).execute(&before).await.unwrap();
    }
    before.close().await;
    let store = Store::open(&path).await.unwrap();
    let told = store.floor().await.unwrap().alarms.told();
    assert_eq!(told.len(), 1);
    let (which, stands) = (&told[0].which, told[0].stands);
    assert_eq!((&*which.subject, &which.project), ("tech", &None));
    assert_eq!((stands.since, stands.level), (Some(Wall(5)), 310));
    assert_eq!(stands.quiet_until, Some(Wall(900)));
}
