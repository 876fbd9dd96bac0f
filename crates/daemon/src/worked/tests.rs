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
record = "off"
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
    plan_of(PLAN)
}

fn plan_of(text: &str) -> Plan {
    let source = gudok_dialplan::load::Source {
        name: "8800.toml".into(),
        text: text.into(),
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

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("gudok.db");
    let store = Store::open(&path).await.expect("opens");
    employ(&store, "isp1", "Анна").await;
    (dir, store)
}

async fn employ(store: &Store, project: &str, name: &str) {
    let profile = OperatorProfile {
        id: "101".into(),
        project: project.into(),
        name: name.into(),
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
}

fn wanted(group: Option<&str>) -> Wanted {
    Wanted {
        from: Edge::Day(day("2026-11-22")),
        to: Edge::Day(day("2026-11-25")),
        project: Some("isp1".into()),
        group: group.map(GroupId::from),
        operator: None,
        known_to: at("2026-11-24T00:00:00+08:00"),
    }
}

async fn sheet(group: Option<&str>) -> Sheet {
    let (_dir, store) = store().await;
    store.apply_shifts(&night(), 0, 100).await.expect("applied");
    Sheet::of(&store, Some(&plan()), &wanted(group))
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
    assert_eq!(told["rows"][1]["talk_mean_us"], 15 * 60_000_000_i64);
    let text = sheet.text(&TimeZone::UTC);
    assert!(
        text.contains("2026-11-22 101             22:00 00:00  2:00:00  1:30:00"),
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

const ROSTER: &str = r#"
[roster.duty]
zone = "Asia/Irkutsk"
shifts = [
    { person = "p101", from = 2026-11-20T22:00:00, till = 2026-11-20T23:00:00 },
    { person = "p101", from = 2026-11-22T22:00:00, till = 2026-11-23T00:00:00 },
    { person = "p102", from = 2026-11-22T22:00:00, till = 2026-11-23T00:00:00 },
    { person = "p101", from = 2026-11-23T00:00:00, till = 2026-11-23T02:00:00 },
    { person = "p101", from = 2026-11-23T12:00:00, till = 2026-11-23T13:00:00 },
    { person = "p101", from = 2026-11-24T22:00:00, till = 2026-11-24T23:00:00 },
]

[roster.duty.people]
p101 = { number = "+79990000101", name = "101" }
p102 = { number = "+79990000102", name = "102" }
"#;

#[tokio::test]
async fn turns_stand_beside_their_days_and_accuse_nobody_of_what_is_not_known() {
    let (_dir, store) = store().await;
    store.apply_shifts(&night(), 0, 100).await.expect("applied");
    let plan = plan_of(&format!("{PLAN}{ROSTER}"));
    let wanted = Wanted {
        from: Edge::Day(day("2026-11-20")),
        ..wanted(None)
    };
    let sheet = Sheet::of(&store, Some(&plan), &wanted).await.expect("told");
    let told: Vec<(String, String)> = sheet
        .rows
        .iter()
        .map(|row| (row.day.to_string(), row.attended()))
        .collect();
    let expected = [
        // Before anything is known, and after.
        ("2026-11-20", "22:00–23:00 —"),
        ("2026-11-22", "22:00–00:00 вовремя"),
        (
            "2026-11-23",
            "00:00–02:00 ушёл раньше на 0:30:00, 12:00–13:00 не был",
        ),
        ("2026-11-24", "22:00–23:00 —"),
    ];
    assert_eq!(told, expected.map(|(day, it)| (day.into(), it.into())));
    let json = sheet.json();
    assert_eq!(
        json["rows"][0]["roster"][0]["absent"],
        serde_json::Value::Null
    );
    assert_eq!(json["rows"][2]["roster"][1]["absent"], true);
}

#[tokio::test]
async fn a_span_of_ages_is_cut_and_told_to_be() {
    let (_dir, store) = store().await;
    store.apply_shifts(&night(), 0, 100).await.expect("applied");
    let wanted = Wanted {
        to: Edge::Moment(Wall(300_000_000_000_000_000)),
        ..wanted(None)
    };
    let sheet = Sheet::of(&store, Some(&plan()), &wanted)
        .await
        .expect("told");
    assert!(sheet.is_cut);
    assert_eq!(sheet.rows.len(), 2);
}

#[tokio::test]
async fn a_project_is_not_told_of_who_had_the_id_in_another() {
    let (_dir, store) = store().await;
    store.apply_shifts(&night(), 0, 100).await.expect("applied");
    store.remove_operator(&"101".into()).await.expect("removed");
    employ(&store, "isp2", "Борис").await;
    let of = async |project: &str| {
        let wanted = Wanted {
            project: Some(project.into()),
            ..wanted(None)
        };
        let plan = plan_of(&format!("{PLAN}{ROSTER}"));
        let sheet = Sheet::of(&store, Some(&plan), &wanted).await.expect("told");
        let names = sheet.rows.iter().map(|row| row.who.name.clone());
        names.collect::<Vec<_>>()
    };
    let anna = || Some("Анна".to_owned());
    assert_eq!(of("isp1").await, [anna(), anna()]);
    // Nor is the turn of who was there before held against them.
    assert!(of("isp2").await.is_empty());
}

#[test]
fn a_limit_is_called_one() {
    let sheet = Sheet {
        from: Wall(0),
        to: Wall(0),
        rows: Vec::new(),
        labels: [("LUNCH".into(), "Обед".to_owned())].into(),
        is_cut: false,
    };
    let reasons = [("LUNCH".into(), 60_000_000), ("cap:novices".into(), 0)];
    let worked = Worked {
        reasons: reasons.into(),
        ..Worked::default()
    };
    assert_eq!(
        sheet.reasons(&worked),
        "Обед 0:01:00, предел novices 0:00:00"
    );
}

#[test]
fn a_turn_is_kept_or_it_is_said_how_not() {
    let turn = Turn {
        row: 0,
        roster: "duty".into(),
        operator: "101".into(),
        project: None,
        from: Wall(0),
        till: Wall(32 * QUARTER_US),
    };
    let minutes = |mins: i64| Wall(mins * 60_000_000);
    let known = |now| (Some(Wall(0)), minutes(now));
    let kept = |came, went, now| {
        let there = Some((minutes(came), minutes(went)));
        attendance(&turn, there, known(now)).expect("known")
    };
    let over = 32 * 15;
    assert_eq!(kept(1, over, over), Attendance::default());
    assert_eq!(kept(0, over - 30, over).early_us, 30 * 60_000_000);
    // They sit there still.
    assert_eq!(kept(12, 60, 60).early_us, 0);
    assert_eq!(kept(12, 60, 60).late_us, 12 * 60_000_000);
    let nobody = |known| attendance(&turn, None, known);
    assert!(nobody(known(60)).expect("known").is_absent);
    // It has not begun, or but now.
    assert_eq!(nobody(known(-60)), None);
    assert_eq!(nobody(known(1)), None);
    // Nothing is known of when it began, of them or of anybody.
    let later = (Some(minutes(15)), minutes(60));
    assert_eq!(nobody(later), None);
    let there = Some((minutes(20), minutes(60)));
    assert_eq!(attendance(&turn, there, later), None);
    assert_eq!(nobody((None, minutes(60))), None);
}
