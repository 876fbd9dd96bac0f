//! Events arrive dense and in order, once, to their operator alone; commands are done once.
use gudok_cti::Config;
use gudok_cti::client::DeskClient;
use gudok_model::Name;
use gudok_switchboard::desk::{CommandResult, DeskCommand, DeskEvent};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rig::{NOW, Rig, alert, call, card, ringing, snapshot, state};

/// `seq type` of the next frames.
async fn read(desk: &mut DeskClient, count: usize) -> Vec<String> {
    let mut seen = Vec::new();
    for _ in 0..count {
        let frame = desk.next().await.unwrap();
        let seq = &frame["seq"];
        seen.push(format!("{seq} {}", frame["type"].as_str().unwrap()));
    }
    seen
}

fn failed(code: &str, actual: Option<&str>) -> CommandResult {
    CommandResult::Error {
        code: code.into(),
        actual: actual.map(Name::from),
    }
}

#[tokio::test]
async fn login_snapshot_and_live_events() {
    let mut rig = Rig::start().await;
    let (mut desk, hello) = DeskClient::connect(rig.address).await.unwrap();
    assert_eq!(hello["heartbeat_s"], 10);
    assert_eq!(hello["server_epoch"], rig.bridge.epoch());
    let welcome = desk
        .auth(&gudok_cti::Token::new("anna-1"), false)
        .await
        .unwrap();
    assert_eq!(
        (&welcome["operator"], &welcome["primary"]),
        (&json!("anna"), &json!(true))
    );
    let (session, _) = rig.connected().await;
    assert_eq!(welcome["session"], session.0);

    // What happened before the snapshot is in it; what comes after it is sent, with the next number.
    rig.event("anna", ringing(1));
    let snapshot = rig.bring_up(&mut desk, "anna").await;
    assert_eq!(snapshot["seq"], 1);
    assert_eq!(snapshot["state"]["operator"], "anna");
    rig.event("anna", ringing(2));
    rig.event("anna", DeskEvent::Answered { call_id: call(2) });
    assert_eq!(
        read(&mut desk, 2).await,
        ["2 call.ringing", "3 call.answered"]
    );
}

/// Events emitted between the request and the answer belong to the snapshot, whatever the order of tasks.
#[tokio::test]
async fn a_snapshot_is_stamped_with_the_position_it_reflects() {
    let mut rig = Rig::start().await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    desk.subscribe(None).await.unwrap();
    rig.event("anna", ringing(1));
    let request = rig.snapshot_wanted().await;
    rig.event("anna", ringing(2));
    rig.bridge.snapshot(&request, Some(&snapshot("anna")), NOW);
    rig.event("anna", ringing(3));
    assert_eq!(read(&mut desk, 2).await, ["2 snapshot", "3 call.ringing"]);
}

#[tokio::test]
async fn resume_replays_exactly_the_missed() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    rig.event("anna", ringing(1));
    assert_eq!(read(&mut desk, 1).await, ["1 call.ringing"]);
    drop(desk);
    let session = rig.lost().await;
    for n in 2..=1_000 {
        rig.event("anna", ringing(n));
    }

    let (mut desk, welcome) = rig.desk("anna-1").await;
    assert_eq!(
        rig.connected().await,
        (session, false),
        "the session has come back"
    );
    assert_eq!(welcome["seq"], 1_000);
    let epoch = rig.bridge.epoch();
    desk.subscribe(Some((&epoch, 1))).await.unwrap();
    let resumed = desk.next().await.unwrap();
    assert_eq!(
        (&resumed["from_seq"], &resumed["seq"]),
        (&json!(1), &json!(1_000))
    );
    for n in 2..=1_000 {
        assert_eq!(desk.next().await.unwrap()["seq"], n);
    }
    rig.event("anna", ringing(1_001));
    assert_eq!(read(&mut desk, 1).await, ["1001 call.ringing"]);
    assert_eq!(rig.bridge.stats().resumes, 1);
}

#[tokio::test]
async fn a_position_that_means_nothing_gets_a_snapshot() {
    let config = Config {
        ring_events_max: 2,
        ..Config::default()
    };
    let mut rig = Rig::start_with(config).await;
    let mut desk = rig.live_desk("anna-1").await;
    for n in 1..=3 {
        rig.event("anna", ringing(n));
        read(&mut desk, 1).await;
    }
    let epoch = rig.bridge.epoch();
    let positions = [
        ("another-epoch", 3, "another epoch"),
        (epoch.as_str(), 0, "left the ring"),
        (epoch.as_str(), 4, "has not happened"),
    ];
    for (epoch, seq, why) in positions {
        desk.subscribe(Some((epoch, seq))).await.unwrap();
        let request = rig.snapshot_wanted().await;
        rig.bridge.snapshot(&request, Some(&snapshot("anna")), NOW);
        assert_eq!(read(&mut desk, 1).await, ["3 snapshot"], "{why}");
    }
}

/// On one thread the connection cannot run between these events, so it has fallen behind for certain.
#[tokio::test]
async fn a_slow_client_is_reset_and_starts_from_a_snapshot() {
    let config = Config {
        ring_events_max: 5,
        ..Config::default()
    };
    let mut rig = Rig::start_with(config).await;
    let mut desk = rig.live_desk("anna-1").await;
    for n in 1..=6 {
        rig.event("anna", alert(n.to_string()));
    }
    assert_eq!(read(&mut desk, 1).await, ["null reset"]);
    let request = rig.snapshot_wanted().await;
    rig.bridge.snapshot(&request, Some(&snapshot("anna")), NOW);
    rig.event("anna", ringing(7));
    assert_eq!(read(&mut desk, 2).await, ["6 snapshot", "7 call.ringing"]);
    assert_eq!(rig.bridge.stats().resets, 1);
}

#[tokio::test]
async fn one_operators_events_never_reach_another() {
    let mut rig = Rig::start().await;
    let mut anna = rig.live_desk("anna-1").await;
    let mut boris = rig.live_desk("boris-1").await;
    rig.event("anna", ringing(1));
    rig.event("boris", alert("для Бориса"));
    rig.event("anna", ringing(2));
    assert_eq!(
        read(&mut anna, 2).await,
        ["1 call.ringing", "2 call.ringing"]
    );
    assert_eq!(boris.next().await.unwrap()["data"]["text"], "для Бориса");
}

#[tokio::test]
async fn a_repeated_command_is_handled_once_and_answered_the_same() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    let id = Uuid::from_u128(7);
    let reject = json!({"id": id, "cmd": "not_ready", "args": {"reason": "lunch"}});
    desk.send(&reject).await.unwrap();
    let command = rig.command().await;
    assert_eq!(
        command.command,
        DeskCommand::NotReady {
            reason: "lunch".into()
        }
    );
    // Again while under way, and again after the answer, over another connection too.
    desk.send(&reject).await.unwrap();
    rig.bridge.result(
        &command.operator,
        &command.id,
        &failed("invalid_state", Some("talking")),
    );
    let first = desk.next().await.unwrap();
    desk.send(&reject).await.unwrap();
    assert_eq!(desk.next().await.unwrap(), first);
    let (mut mirror, _) = rig.desk("anna-1").await;
    mirror.send(&reject).await.unwrap();
    assert_eq!(mirror.next().await.unwrap(), first);
    assert_eq!(
        first,
        json!({"v": 1, "type": "result", "id": id, "ok": false,
               "error": {"code": "invalid_state", "actual": "talking"}})
    );
    // The core saw it once: the next wish is another command.
    desk.command("ready", Value::Null).await.unwrap();
    assert_eq!(rig.command().await.command, DeskCommand::Ready);
}

#[tokio::test]
async fn the_card_is_acknowledged_to_both_sides_at_once() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    rig.event("anna", DeskEvent::OfferCreated(card(1, 1)));
    let pop = desk.next().await.unwrap();
    let id = desk
        .command("pop_ack", json!({"offer_id": pop["data"]["offer_id"]}))
        .await
        .unwrap();
    let gudok_cti::CtiInput::PopAck { offer, .. } = rig.wish().await else {
        panic!("expected PopAck");
    };
    assert_eq!(offer, card(1, 1).offer_id);
    let result = desk.next().await.unwrap();
    assert_eq!((&result["id"], &result["ok"]), (&json!(id), &json!(true)));
}

/// Cause before effect: the state that a command brought about is sent before its `result`.
#[tokio::test]
async fn a_result_follows_the_events_before_it() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    desk.command("ready", Value::Null).await.unwrap();
    let command = rig.command().await;
    rig.event("anna", DeskEvent::State(state(2)));
    rig.bridge
        .result(&command.operator, &command.id, &CommandResult::Ok);
    rig.event("anna", ringing(1));
    assert_eq!(
        read(&mut desk, 3).await,
        ["1 agent.state", "null result", "2 call.ringing"]
    );
}

#[tokio::test]
async fn a_command_that_expects_a_former_state_is_stale() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    let expect = |n: u128, expect: Value| json!({"id": Uuid::from_u128(n), "cmd": "ready", "expect": expect});
    desk.send(&expect(1, json!({"agent_version": 1})))
        .await
        .unwrap();
    let command = rig.command().await;
    assert_eq!(
        rig.bridge.fence(&command),
        Ok(()),
        "the snapshot said version 1"
    );
    rig.bridge
        .result(&command.operator, &command.id, &CommandResult::Ok);
    assert_eq!(desk.next().await.unwrap()["ok"], true);

    desk.send(&expect(2, json!({"agent_version": 1})))
        .await
        .unwrap();
    let command = rig.command().await;
    rig.event("anna", DeskEvent::State(state(2)));
    let stale = rig.bridge.fence(&command).unwrap_err();
    rig.bridge.result(&command.operator, &command.id, &stale);
    desk.next().await.unwrap();
    let error = desk.next().await.unwrap()["error"].clone();
    assert_eq!(error, json!({"code": "stale", "actual": "agent_version 2"}));

    desk.send(&expect(3, json!({"offer_epoch": 4})))
        .await
        .unwrap();
    let command = rig.command().await;
    rig.event("anna", DeskEvent::OfferCreated(card(1, 4)));
    assert_eq!(rig.bridge.fence(&command), Ok(()));
}
