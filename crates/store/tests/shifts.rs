//! Shifts as the journal tells them: however the facts come, the rows are the same; a month of many people is told within a second.
#![expect(clippy::unwrap_used, reason = "a test may panic, its helpers too")]
use std::time::{Duration, Instant};

use gudok_model::shifts::QUARTER_US;
use gudok_model::{
    Actor, AutoAnswer, CallId, Figure, FloorEvent, Mono, Now, OperatorId, OperatorProfile, Role,
    SessionId, Shift, Tally, Wall,
};
use gudok_store::shifts::Worked;
use gudok_store::{NewOperator, ShiftFact, ShiftSaid, Span, Store};

/// A quarter begins with it.
const BEGAN: i64 = 1_795_320_000_000_000;
const SEC: u64 = 1_000_000;

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("gudok.db")).await.unwrap();
    (dir, store)
}

fn now(secs: u64) -> Now {
    Now {
        mono: Mono::START + Duration::from_secs(secs),
        wall: Wall(BEGAN) + Duration::from_secs(secs),
    }
}

fn sat_down(who: &str) -> FloorEvent {
    FloorEvent::SatDown {
        operator: who.into(),
        session: SessionId(5),
    }
}

fn state(who: &str, display: &str, reason: Option<&str>) -> FloorEvent {
    FloorEvent::State {
        operator: who.into(),
        version: 1,
        display: display.into(),
        reason: reason.map(Into::into),
        next: None,
        since: Wall(0),
        call: Some(CallId(uuid::Uuid::from_u128(1))),
        actor: Actor::Operator(OperatorId::from(who)),
        dialled: false,
        kept: None,
    }
}

fn shift(states: &[(&str, u64)]) -> Shift {
    let states = states.iter();
    let states: Vec<_> = states
        .map(|(state, secs)| ((*state).into(), secs * SEC))
        .collect();
    Shift {
        session: SessionId(5),
        length_us: states.iter().map(|(_, us)| us).sum(),
        states_us: states.into_iter().collect(),
        tally: Tally::default(),
    }
}

/// Two people; the run is cut, one comes back to go on and one does not.
fn day() -> Vec<ShiftFact> {
    let floor = |secs, event| ShiftSaid::Floor(now(secs), event);
    let before = shift(&[("ready", 100), ("talking", 900), ("device_down", 200)]);
    let after = shift(&[("ready", 1_200), ("talking", 900), ("device_down", 200)]);
    let said = [
        floor(0, sat_down("anna")),
        floor(0, state("anna", "ready", None)),
        floor(50, sat_down("ivan")),
        floor(50, state("ivan", "not_ready", Some("LUNCH"))),
        floor(100, state("anna", "talking", None)),
        ShiftSaid::Began(Some(now(1_000).wall)),
        floor(
            1_200,
            FloorEvent::Restored {
                operator: "anna".into(),
                shift: before,
            },
        ),
        floor(
            1_200,
            FloorEvent::Left {
                operator: "ivan".into(),
                shift: shift(&[]),
            },
        ),
        floor(1_200, state("anna", "ready", None)),
        floor(
            2_300,
            FloorEvent::Left {
                operator: "anna".into(),
                shift: after,
            },
        ),
    ];
    let facts = (10..).step_by(3).zip(said);
    facts.map(|(seq, said)| ShiftFact { seq, said }).collect()
}

async fn told(store: &Store, known_to: Wall) -> Vec<Worked> {
    let span = |who: &str| Span {
        operator: who.into(),
        from: Wall(BEGAN),
        to: Wall(BEGAN + 96 * QUARTER_US),
        project: None,
    };
    store
        .worked(&[span("anna"), span("ivan")], known_to)
        .await
        .unwrap()
}

#[tokio::test]
async fn facts_that_come_twice_or_one_by_one_make_the_same_rows() {
    let (facts, end) = (day(), now(9_000).wall);
    let (_dir, whole) = store().await;
    whole.apply_shifts(&facts, 0, 900).await.unwrap();
    let expected = told(&whole, end).await;
    let sum = |it: &Worked, figure| it.figures.get(figure) / 1_000_000;
    let [anna, ivan] = &expected[..] else {
        panic!("{expected:?}")
    };
    assert_eq!(
        (sum(anna, Figure::Ready), sum(anna, Figure::Talking)),
        (1_200, 900)
    );
    assert_eq!(
        (sum(anna, Figure::Down), sum(anna, Figure::Session)),
        (200, 2_300)
    );
    assert_eq!(anna.there, Some((now(0).wall, now(2_300).wall)));
    assert_eq!(
        (sum(ivan, Figure::Session), ivan.figures.get(Figure::Cuts)),
        (950, 1)
    );
    assert_eq!(ivan.there, Some((now(50).wall, now(1_000).wall)));
    assert_eq!(ivan.reasons, [("LUNCH".into(), 950_000_000)].into());
    assert!(expected.iter().all(|it| it.figures.is_whole()));
    assert_eq!(anna.figures.get(Figure::Checked), 1);
    assert_eq!(anna.figures.get(Figure::Wrong), 0);

    let (_dir, pieces) = store().await;
    let mut known = 0;
    for fact in &facts {
        for _ in 0..2 {
            let batch = std::slice::from_ref(fact);
            pieces.apply_shifts(batch, known, fact.seq).await.unwrap();
        }
        known = fact.seq;
    }
    assert_eq!(told(&pieces, end).await, expected);
    // Once more, from the beginning, by somebody who does not know how far they are known.
    pieces.apply_shifts(&facts, 0, 900).await.unwrap();
    assert_eq!(told(&pieces, end).await, expected);
    assert_eq!(pieces.shifts_known_to().await.unwrap(), known);
}

#[tokio::test]
async fn a_session_that_lasts_is_told_up_to_now_and_what_is_old_is_forgotten() {
    let (_dir, store) = store().await;
    let facts = &day()[..5];
    store.apply_shifts(facts, 0, 30).await.unwrap();
    let lasts = told(&store, now(500).wall).await;
    assert_eq!(lasts[0].figures.get(Figure::Talking), 400_000_000);
    assert!(lasts[0].sits && lasts[0].figures.is_whole());
    // Asked again, it is not told twice.
    assert_eq!(told(&store, now(500).wall).await, lasts);

    // A span that ends before it begins is empty.
    let backwards = Span {
        operator: "anna".into(),
        from: now(900).wall,
        to: Wall(BEGAN),
        project: None,
    };
    let backwards = store.worked(&[backwards], now(500).wall).await.unwrap();
    assert_eq!(backwards, [Worked::default()]);

    assert_eq!(store.shifts_since().await.unwrap(), Some(Wall(BEGAN)));
    let people = store.shift_people().await.unwrap();
    let people: Vec<&str> = people.iter().map(|it| it.operator.as_str()).collect();
    assert_eq!(people, ["anna", "ivan"]);
    store.apply_shifts(&day()[5..], 30, 900).await.unwrap();
    store.forget_shifts(now(90_000).wall).await.unwrap();
    assert_eq!(
        told(&store, now(90_000).wall).await,
        [Worked::default(), Worked::default()]
    );
    assert!(store.shift_people().await.unwrap().is_empty());
    assert_eq!(store.shifts_since().await.unwrap(), None);
}

/// Somebody with this id is taken on.
async fn employ(store: &Store, id: &str, project: &str, name: &str) {
    let new = NewOperator {
        profile: OperatorProfile {
            id: id.into(),
            project: project.into(),
            name: name.to_owned(),
            auto_answer: AutoAnswer::default(),
            phone_only: false,
            phone: None,
            role: Role::Operator,
        },
        realm: "gudok",
        password: "secret",
    };
    store.add_operator(&new, Wall(0)).await.unwrap();
}

#[tokio::test]
async fn who_is_given_the_id_of_somebody_of_another_project_has_not_worked_for_them() {
    let (_dir, store) = store().await;
    employ(&store, "anna", "isp1", "Анна").await;
    store.apply_shifts(&day(), 0, 900).await.unwrap();
    assert!(store.remove_operator(&"anna".into()).await.unwrap());
    employ(&store, "anna", "isp2", "Другая Анна").await;
    let floor = |seq, secs, event| ShiftFact {
        seq,
        said: ShiftSaid::Floor(now(secs), event),
    };
    let sits = [
        floor(901, 2_400, sat_down("anna")),
        floor(902, 2_400, state("anna", "ready", None)),
        floor(903, 2_500, state("anna", "not_ready", Some("LUNCH"))),
        floor(904, 2_600, state("anna", "ready", None)),
    ];
    store.apply_shifts(&sits, 900, 904).await.unwrap();

    let people = store.shift_people().await.unwrap();
    let people: Vec<_> = people
        .iter()
        .map(|it| (it.operator.as_str(), it.project.clone(), it.name.as_deref()))
        .collect();
    let expected = [
        ("anna", Some("isp1".into()), Some("Анна")),
        ("anna", Some("isp2".into()), Some("Другая Анна")),
        ("ivan", None, None),
    ];
    assert_eq!(people, expected);
    let span = |project: &str| Span {
        operator: "anna".into(),
        from: Wall(BEGAN),
        to: Wall(BEGAN + 96 * QUARTER_US),
        project: Some(project.into()),
    };
    let spans = [span("isp1"), span("isp2"), span("isp3")];
    let told = store.worked(&spans, now(2_700).wall).await.unwrap();
    let secs = |figure| {
        let told = told.iter();
        told.map(|it| it.figures.get(figure) / 1_000_000)
            .collect::<Vec<_>>()
    };
    assert_eq!(secs(Figure::Session), [2_300, 300, 0]);
    assert_eq!(secs(Figure::NotReady), [0, 100, 0]);
    let sit: Vec<bool> = told.iter().map(|it| it.sits).collect();
    assert_eq!(sit, [false, true, false]);
    assert!(told[0].reasons.is_empty());
    assert_eq!(told[1].reasons, [("LUNCH".into(), 100_000_000)].into());
}

/// How much is generated: `GUDOK_SHIFTS_PEOPLE=200 GUDOK_SHIFTS_DAYS=30` for the figure in the README.
fn of_env(name: &str, usual: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.and_then(|it| it.parse().ok()).unwrap_or(usual)
}

/// Each works from nine to five, a call every five minutes and a break every two hours.
fn month(people: u64, day: u64) -> Vec<ShiftFact> {
    let mut said = Vec::new();
    for who in 0..people {
        let who = format!("{}", 1_000 + who);
        let began = day * 86_400 + 9 * 3_600;
        let mut floor = |secs: u64, event| said.push(ShiftSaid::Floor(now(began + secs), event));
        floor(0, sat_down(&who));
        for turn in 0..96 {
            let at = turn * 300;
            floor(at, state(&who, "ready", None));
            if turn % 24 == 23 {
                floor(at + 60, state(&who, "not_ready", Some("LUNCH")));
                continue;
            }
            for (later, display) in [(60, "ringing"), (65, "talking"), (245, "wrap_up")] {
                floor(at + later, state(&who, display, None));
            }
        }
        let over = Shift {
            states_us: [].into(),
            length_us: 0,
            ..shift(&[])
        };
        floor(
            28_800,
            FloorEvent::Left {
                operator: who.as_str().into(),
                shift: over,
            },
        );
    }
    let facts = (1..).zip(said);
    let first = day * 1_000_000;
    facts
        .map(|(seq, said)| ShiftFact {
            seq: first + seq,
            said,
        })
        .collect()
}

/// What this process had of the processors: others have them too.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    fields[11..13]
        .iter()
        .map(|it| it.parse::<u64>().unwrap())
        .sum()
}

#[tokio::test]
async fn a_month_of_many_people_is_told_at_once() {
    let (people, days) = (
        of_env("GUDOK_SHIFTS_PEOPLE", 20),
        of_env("GUDOK_SHIFTS_DAYS", 5),
    );
    let (dir, store) = store().await;
    for day in 0..days {
        let facts = month(people, day);
        let known = store.shifts_known_to().await.unwrap();
        store
            .apply_shifts(&facts, known, (day + 1) * 1_000_000)
            .await
            .unwrap();
    }
    let day_us = 96 * QUARTER_US;
    let spans = (0..people).flat_map(|who| {
        let days = (0..i64::try_from(days).unwrap()).map(move |day| (who, day));
        days.map(move |(who, day)| Span {
            operator: format!("{}", 1_000 + who).as_str().into(),
            from: Wall(BEGAN + day * day_us),
            to: Wall(BEGAN + (day + 1) * day_us),
            project: None,
        })
    });
    let spans: Vec<Span> = spans.collect();
    let (mut took, mut worked, before) = (Duration::MAX, Vec::new(), cpu_ticks());
    // Three times: others work on the machine too.
    for _ in 0..3 {
        let since = Instant::now();
        worked = store.worked(&spans, Wall(BEGAN)).await.unwrap();
        took = took.min(since.elapsed());
    }
    let length: i64 = worked
        .iter()
        .map(|it| it.figures.get(Figure::Session))
        .sum();
    assert_eq!(length.unsigned_abs(), people * days * 28_800 * SEC);
    assert!(worked.iter().all(|it| it.figures.is_whole()));
    assert!(took < Duration::from_secs(5), "{took:?}");
    let size = std::fs::metadata(dir.path().join("gudok.db"))
        .unwrap()
        .len();
    let ticks = cpu_ticks() - before;
    eprintln!(
        "{people} people, {days} days: {took:?}, {ticks} ticks (10 ms) of three; {size} bytes"
    );
}
