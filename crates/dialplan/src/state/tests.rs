use super::*;
use crate::load::load;

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
flow = "main"
schedule = "office"
after_hours = "bye"
[schedule.office]
zone = "Asia/Irkutsk"
windows = ["mon-fri 09:00-20:00"]
[group.tech]
operators = ["101", "102", "103", "104"]
[not_ready_reasons]
LUNCH = "Обед"
[[flow.main]]
play = ["greeting", "notice"]
notice = true
[[flow.main]]
queue = "tech"
wait = "2m"
on_timeout = "bye"
on_no_operators = "bye"
on_full = "bye"
[[flow.bye]]
close = ["goodbye"]
reason = "nobody"
"#;

fn given(text: &str) -> Result<State, String> {
    let source = |name: &str, text: &str| Source {
        name: name.into(),
        text: text.into(),
    };
    let plan = load(&[source("p.toml", PLAN)]).expect("it loads").plan;
    let read = read(
        &plan,
        Wall(1_794_153_600_000_000),
        &source("night.toml", text),
    );
    read.map_err(|problems| {
        let shown = problems.iter().map(|it| {
            let (place, ru, en) = (it.place(), &it.message, &it.message_en);
            let meant = it.meant.as_ref().map(|meant| format!(" → {meant}"));
            format!("{place}: {ru} ({en}){}\n", meant.unwrap_or_default())
        });
        shown.collect()
    })
}

#[test]
fn a_floor_is_read() {
    let state = given(
        r#"
patience = "90s"
outside = "never"
client = { class = "vip", tariff = "gold" }
[operator.101]
state = "ready"
since = "12m"
[operator.102]
state = "not_ready"
reason = "LUNCH"
phone = false
[operator.103]
state = "talking"
left = "40s"
[[waiting]]
queue = "tech"
since = "10s"
[[waiting]]
queue = "tech"
since = "40s"
priority = 3
[schedule.office]
set = "open"
announce = "emergency"
until = "2h"
"#,
    )
    .expect("it is right");
    let operators = state.operators.expect("operators");
    assert_eq!(operators.len(), 3);
    let lunch = &operators[&OperatorId::from("102")];
    assert!(!lunch.phone && matches!(&lunch.work, Work::NotReady { .. }));
    let waits: Vec<u64> = state.waiting.iter().map(|it| it.since.as_secs()).collect();
    assert_eq!(waits, [40, 10]);
    assert_eq!(state.overrides.map(|it| it.len()), Some(2));
    assert_eq!(state.outside, Some(None));
    assert!(matches!(state.client, Some(ClientMatch::One { .. })));
}

#[test]
fn nothing_said_is_as_without_it() {
    assert_eq!(given("").expect("nothing is right"), State::default());
}

#[test]
fn each_mistake_has_its_place() {
    let told = given(
        r#"
outsides = "8s"
patience = "soon"
[operator.109]
state = "ready"
[operator.101]
state = "redy"
[operator.102]
state = "not_ready"
reason = "LANCH"
[operator.103]
state = "ready"
left = "5s"
answers = "no"
[[waiting]]
queue = "teh"
[schedule.ofice]
set = "shut"
until = "later"
"#,
    );
    insta::assert_snapshot!(told.expect_err("all of it is wrong"), @r#"
    night.toml:2:1: неизвестный ключ «outsides» в файле состояния (unknown key `outsides`) → outside
    night.toml:3:12: непонятная длительность «soon» (not a duration: "soon")
    night.toml:4:11: нет в плане такого оператора: «109» (unknown operator "109") → 101
    night.toml:7:9: нет такого состояния: «redy» (unknown state "redy") → ready
    night.toml:10:10: нет в плане такой причины: «LANCH» (unknown reason "LANCH") → LUNCH
    night.toml:13:1: неизвестный ключ «left» в [operator.…] при таком state (unknown key `left`)
    night.toml:14:11: нет такого ответа оператора: «no» (unknown answer "no")
    night.toml:15:1: не хватает ключа «since» (missing key `since`)
    night.toml:16:9: нет в плане такой очереди: «teh» (unknown queue "teh") → tech
    night.toml:17:11: нет в плане такого графика: «ofice» (unknown schedule "ofice") → office
    night.toml:18:7: так график не задать: «shut» (unknown word "shut")
    "#);
}

#[test]
fn who_has_accepted_a_shift_is_looked_up_in_the_plan() {
    let wrong = given("[accepted]\nduty = \"ivanov\"\n").expect_err("there is no roster");
    assert!(
        wrong.contains("night.toml:2:1: нет в плане такого графика дежурств: «duty»"),
        "{wrong}"
    );
}

#[test]
fn what_another_plan_had_and_this_one_lacks_is_left_out_and_told() {
    let source = |name: &str, text: &str| Source {
        name: name.into(),
        text: text.into(),
    };
    let plan = load(&[source("p.toml", PLAN)]).expect("it loads").plan;
    let now = Wall(1_794_153_600_000_000);
    let text = r#"
[operator.101]
state = "ready"
[operator.201]
state = "ready"
[operator.102]
state = "not_ready"
reason = "GONE"
[[waiting]]
queue = "tech"
since = "10s"
[[waiting]]
queue = "sales"
since = "20s"
[[waiting]]
queue = "sales"
since = "30s"
[schedule.shop]
set = "closed"
until = "2h"
"#;
    let (state, told) =
        read_of_another_plan(&plan, now, &source("running", text)).expect("it is read");
    insta::assert_snapshot!(told.join("\n"), @r"
    нет в плане такого оператора: «201»
    нет в плане такой причины: «GONE»
    нет в плане такой очереди: «sales»
    нет в плане такого графика: «shop»
    ");
    let operators = state.operators.expect("operators");
    let lunch = &operators[&OperatorId::from("102")].work;
    assert_eq!(*lunch, Work::NotReady { reason: None });
    assert!(!operators.contains_key(&OperatorId::from("201")));
    assert_eq!(
        (state.waiting.len(), state.overrides),
        (1, Some(Vec::new()))
    );
    // What is misspelt is a mistake still.
    let wrong = source("running", "[operator.101]\nstate = \"redy\"\n");
    assert!(read_of_another_plan(&plan, now, &wrong).is_err());
}
