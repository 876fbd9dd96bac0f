//! A supervisor's wall: callers are seen to come, to wait and to be served, and an alarm goes on and off with them.
use anyhow::{Context, Result, ensure};
use gudok_phone::Answer as Picks;
use gudok_testkit::baresip::Answer;
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk, get_as, sign_in};
use gudok_testkit::softphone::Softphone;
use serde_json::{Value, json};

use crate::{HOTLINE, operator};

const PLAN: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[[alarm]]
what = "service_level"
queue = "line"
on = 40
off = 50
for = "0s"

[[alarm]]
what = "oldest_waiting"
queue = "line"
on = "6s"
off = "1s"
for = "0s"

[group.line]
operators = ["101"]
wrap_up = "0s"

[[flow.main]]
queue = "line"
wait = "120s"
leave_empty = false
on_timeout = "sorry"
on_full = "sorry"
on_no_operators = "sorry"

[[flow.sorry]]
close = ["goodbye"]
reason = "all_busy"
"#;

async fn caller(daemon: &Daemon, n: usize) -> Result<Softphone> {
    let user = format!("caller{n}");
    let mut phone = Softphone::start(&user, daemon.sip, 700.0, Picks::Never)?;
    phone
        .dial(HOTLINE, &format!("+7999000{:04}", 1_000 + n))
        .await;
    phone.established().await?;
    Ok(phone)
}

/// The first event of this type whose data fit.
async fn told(desk: &mut Desk, kind: &str, fits: impl Fn(&Value) -> bool) -> Result<Value> {
    loop {
        let mut frame = desk.event(kind).await?.body;
        ensure!(
            frame["stream"] == json!("supervisor"),
            "of another stream: {frame}"
        );
        if fits(&frame["data"]) {
            return Ok(frame["data"].take());
        }
    }
}

fn alert(what: &str, on: bool) -> impl Fn(&Value) -> bool {
    move |data| data["what"] == json!(what) && data["on"] == json!(on)
}

/// It takes some seconds of real time: a service level counts those who left after 5 s.
#[tokio::test(flavor = "multi_thread")]
async fn callers_are_seen_and_the_service_level_is_an_alarm_while_it_is_low() -> Result<()> {
    let setup = Setup::default().set("sip.digest", "md5").plan(PLAN);
    let setup = setup
        .operator("101", &[])
        .operator("boss", &["--supervisor"]);
    let mut daemon = setup.start()?;
    let mut boss = Desk::open(daemon.web, daemon.cti, "boss", PASSWORD, Cards::Ignored).await?;
    let wall = boss.watch("supervisor").await?;
    assert_eq!(wall["queues"][0]["queue"], json!("line"));
    assert_eq!((&wall["calls"], &wall["alarms"]), (&json!([]), &json!([])));

    let mut waiting = Vec::new();
    for n in 0..3 {
        waiting.push(caller(&daemon, n).await?);
    }
    let queue = told(&mut boss, "queue.stats", |it| it["waiting"] == json!(3)).await?;
    assert!(
        queue["oldest"].is_string() && queue["ready"] == json!(0),
        "{queue}"
    );
    let call = told(&mut boss, "call.state", |it| it["phase"] == json!("queue")).await?;
    let number = call["number"].as_str().context("a number")?;
    assert!(number.starts_with("+7999•••10"), "it is masked: {number}");
    // Who leaves within 5 s has hardly waited, and is held against nobody.
    told(&mut boss, "system.alert", alert("oldest_waiting", true)).await?;
    for phone in waiting {
        phone.hang_up().await;
    }
    let alarm = told(&mut boss, "system.alert", alert("service_level", true)).await?;
    assert_eq!(
        (&alarm["subject"], &alarm["project"], &alarm["level"]),
        (&json!("line"), &json!("main"), &json!(0))
    );
    let page = daemon.folder.verb(&["wall"])?;
    assert!(page.contains("ТРЕВОГА service_level: line"), "{page}");

    let (_phone, _desk) = operator(&daemon, "101", Answer::Auto).await?;
    for n in 3..6 {
        let phone = caller(&daemon, n).await?;
        let talk = |it: &Value| it["phase"] == json!("talk") && it["operators"] == json!(["101"]);
        told(&mut boss, "call.state", talk).await?;
        phone.hang_up().await;
        boss.event("call.gone").await?;
    }
    told(&mut boss, "system.alert", alert("service_level", false)).await?;
    let today = |it: &Value| it["today"]["answered"] == json!(3);
    let queue = told(&mut boss, "queue.stats", today).await?;
    assert_eq!(queue["today"]["abandoned"], json!(3));
    pages(&daemon).await?;
    daemon.stop()?;
    let floor = daemon.folder.verb(&["floor"])?;
    let on = "тревога service_level (line, main): Вовремя отвечено на 0 % звонков за час";
    assert!(floor.contains(on), "{floor}");
    assert!(
        floor.contains("тревога service_level (line, main) снята"),
        "{floor}"
    );
    Ok(())
}

/// The page is for supervisors.
async fn pages(daemon: &Daemon) -> Result<()> {
    let token = sign_in(daemon.web, "boss", PASSWORD).await?;
    let wall = get_as(daemon.web, &token, "/api/v1/wall").await?;
    assert_eq!(wall["queues"][0]["today"]["answered"], json!(3), "{wall}");
    let token = sign_in(daemon.web, "101", PASSWORD).await?;
    let refused = get_as(daemon.web, &token, "/api/v1/wall").await?;
    assert_eq!(refused["error"]["code"], json!("forbidden"), "{refused}");
    Ok(())
}

/// A desk that asks for what is not its operator's gets nothing, and works on.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_has_no_wall() -> Result<()> {
    let setup = Setup::default().plan(PLAN).operator("101", &[]);
    let daemon = setup.start()?;
    let mut desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Ignored).await?;
    for stream in ["supervisor", "queue:line"] {
        let refused = desk.refused(stream).await?;
        assert_eq!(refused["code"], json!("not_allowed"));
    }
    desk.command("not_ready", json!({ "reason": "LUNCH" }))
        .await?;
    Ok(())
}
