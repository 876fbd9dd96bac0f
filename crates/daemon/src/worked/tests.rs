use std::time::Duration;

use gudok_model::shifts::QUARTER_US;
use gudok_model::{
    Actor, AutoAnswer, FloorEvent, Mono, Now, OperatorProfile, Role, SessionId, Shift, Tally,
};
use gudok_store::{NewOperator, ShiftFact, ShiftSaid};
use jiff::tz::TimeZone;

use super::*;

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
label = "Горячая линия"
project = "isp1"
zone = "Asia/Irkutsk"
flow = "main"

[group.first]
operators = ["101", "102", "103"]
strategy = "longest_idle"
ring = "15s"
wrap_up = "30s"

[queue.first]

[not_ready_reasons]
LUNCH = "Обед"

[[flow.main]]
queue = "first"
wait = "60s"
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

fn plan() -> Plan {
    let source = gudok_dialplan::load::Source {
        name: "8800.toml".into(),
        text: PLAN.into(),
    };
    let loaded = gudok_dialplan::load::load(&[source]);
    loaded.unwrap_or_else(|error| panic!("{error:?}")).plan
}

fn at(text: &str) -> Wall {
    let at: jiff::Timestamp = text.parse().expect("a moment");
    Wall(at.as_microsecond())
}

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// 101 sits from 22:00 to 01:30 in Irkutsk, at lunch for the last hour.
fn night() -> Vec<ShiftFact> {
    let began = at("2026-11-22T22:00:00+08:00");
    let floor = |mins: u64, event| {
        let later = Duration::from_secs(60 * mins);
        let now = Now {
            mono: Mono::START + later,
            wall: began + later,
        };
        ShiftSaid::Floor(now, event)
    };
    let state = |display: &str, reason: Option<&str>| FloorEvent::State {
        operator: "101".into(),
        version: 1,
        display: display.into(),
        reason: reason.map(Name::from),
        next: None,
        since: Wall(0),
        call: None,
        actor: Actor::Operator("101".into()),
        dialled: false,
        kept: None,
    };
    let tally = Tally {
        calls: 2,
        talk_us: 30 * 60_000_000,
        ..Tally::default()
    };
    let minutes = |mins: u64| mins * 60_000_000;
    let said = [
        floor(
            0,
            FloorEvent::SatDown {
                operator: "101".into(),
                session: SessionId(7),
            },
        ),
        floor(0, state("ready", None)),
        floor(90, state("talking", None)),
        floor(120, state("ready", None)),
        floor(
            120,
            FloorEvent::Counted {
                operator: "101".into(),
                tally,
            },
        ),
        floor(150, state("not_ready", Some("LUNCH"))),
        floor(
            210,
            FloorEvent::Left {
                operator: "101".into(),
                shift: Shift {
                    session: SessionId(7),
                    length_us: minutes(210),
                    states_us: [
                        ("ready".into(), minutes(120)),
                        ("talking".into(), minutes(30)),
                        ("not_ready".into(), minutes(60)),
                    ]
                    .into(),
                    tally,
                },
            },
        ),
    ];
    let facts = (1..).zip(said);
    facts.map(|(seq, said)| ShiftFact { seq, said }).collect()
}

async fn sheet(group: Option<&str>) -> Sheet {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(&dir.path().join("gudok.db"))
        .await
        .expect("opens");
    let profile = OperatorProfile {
        id: "101".into(),
        project: "isp1".into(),
        name: "Анна".into(),
        auto_answer: AutoAnswer::default(),
        phone_only: false,
        phone: None,
        role: Role::Operator,
    };
    let new = NewOperator {
        profile,
        realm: "gudok",
        password: "secret",
    };
    store.add_operator(&new, Wall(0)).await.expect("added");
    store.apply_shifts(&night(), 0, 100).await.expect("applied");
    let wanted = Wanted {
        from: Edge::Day(day("2026-11-22")),
        to: Edge::Day(day("2026-11-25")),
        project: Some("isp1".into()),
        group: group.map(GroupId::from),
        operator: None,
        known_to: at("2026-11-24T00:00:00+08:00"),
    };
    Sheet::of(&store, Some(&plan()), &wanted)
        .await
        .expect("told")
}

#[tokio::test]
async fn a_night_is_two_days_of_the_projects_clock_and_adds_up() {
    let sheet = sheet(Some("first")).await;
    let days: Vec<(String, i64, i64)> = sheet
        .rows
        .iter()
        .map(|row| {
            let minutes = |figure| row.worked.figures.get(figure) / 60_000_000;
            (
                row.day.to_string(),
                minutes(Figure::Session),
                minutes(Figure::BreakUs),
            )
        })
        .collect();
    let expected = [
        ("2026-11-22".to_owned(), 120, 0),
        ("2026-11-23".to_owned(), 90, 60),
    ];
    assert_eq!(days, expected);
    assert!(sheet.adds_up());
    let told = sheet.json();
    assert_eq!(told["adds_up"]["sessions_checked"], 1);
    assert_eq!(told["rows"][0]["occupancy"]["part_us"], 30 * 60_000_000_i64);
    assert_eq!(told["rows"][1]["occupancy"]["of_us"], 30 * 60_000_000_i64);
    assert_eq!(told["rows"][0]["talk_mean_us"], 15 * 60_000_000_i64);
    let text = sheet.text(&TimeZone::UTC);
    assert!(
        text.contains("2026-11-22 101             22:00 00:00   2:00:00  1:30:00"),
        "{text}"
    );
    assert!(text.contains("не на линии: Обед 1:00:00"), "{text}");
    assert!(text.contains("сходится"), "{text}");
    assert!(!text.contains("НЕ СХОДИТСЯ"), "{text}");
    let csv = sheet.csv();
    let mut lines = csv.lines();
    let head = lines.next().expect("a head");
    assert!(
        head.starts_with("\u{feff}День;Пояс;Оператор;Имя;"),
        "{head}"
    );
    let line = lines.next().expect("a line");
    let is = "2026-11-22;Asia/Irkutsk;101;Анна;isp1;22:00;00:00;2:00:00;1:30:00;";
    assert!(line.starts_with(is), "{line}");
    assert_eq!(head.matches(';').count(), line.matches(';').count());
}

#[tokio::test]
async fn a_group_that_nobody_is_in_has_no_rows() {
    assert!(sheet(Some("second")).await.rows.is_empty());
}

#[test]
fn a_turn_is_kept_or_it_is_said_how_not() {
    let turn = Turn {
        row: 0,
        roster: "duty".into(),
        operator: "101".into(),
        from: Wall(0),
        till: Wall(32 * QUARTER_US),
    };
    let minutes = |mins: i64| Wall(mins * 60_000_000);
    let kept =
        |came, went, now| attendance(&turn, Some((minutes(came), minutes(went))), minutes(now));
    let over = 32 * 15;
    assert_eq!(kept(1, over, over), Attendance::default());
    assert_eq!(kept(0, over - 30, over).early_us, 30 * 60_000_000);
    // They sit there still.
    assert_eq!(kept(12, 60, 60).early_us, 0);
    assert_eq!(kept(12, 60, 60).late_us, 12 * 60_000_000);
    assert!(attendance(&turn, None, minutes(60)).is_absent);
    assert!(!attendance(&turn, None, minutes(-60)).is_absent);
}
