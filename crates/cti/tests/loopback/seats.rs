//! Who sits in the seat: mirrors, takeover, loss, return, expiry.
use gudok_cti::client::{DeskClient, DeskError};
use gudok_cti::{Config, CtiInput, Token};
use gudok_model::SessionId;
use serde_json::json;

use crate::rig::{NOW, Rig, closed, ringing, snapshot};

/// After a restart: the session goes on for who signed in before it, and for nobody else.
#[tokio::test]
async fn a_sign_in_of_the_run_before_comes_back_to_its_session() {
    let mut rig = Rig::start().await;
    let session = SessionId(77);
    rig.bridge.expect(&"anna".into(), session);
    let (desk, welcome) = rig.desk("anna-before").await;
    assert_eq!(welcome["session"], 77);
    assert_eq!(rig.connected().await, (session, false));
    drop(desk);
    assert_eq!(rig.lost().await, session);
    rig.desk("anna-before").await;
    assert_eq!(rig.connected().await, (session, false), "as any desk");

    let mut rig = Rig::start().await;
    rig.bridge.expect(&"anna".into(), session);
    rig.desk("anna-1").await;
    let (other, takeover) = rig.connected().await;
    assert!(other != session && takeover);
}

#[tokio::test]
async fn connections_of_one_login_share_a_session_and_mirror_each_other() {
    let mut rig = Rig::start().await;
    let mut first = rig.live_desk("anna-1").await;
    let (mut second, welcome) = rig.desk("anna-1").await;
    assert_eq!(welcome["primary"], false);
    rig.bring_up(&mut second, "anna").await;
    rig.event("anna", ringing(1));
    assert_eq!(first.next().await.unwrap(), second.next().await.unwrap());

    // The oldest goes: the next one becomes primary, and the core hears nothing yet.
    drop(first);
    assert_eq!(
        second.next().await.unwrap(),
        json!({"v": 1, "type": "desk", "primary": true})
    );
    drop(second);
    rig.lost().await;
    assert!(rig.wishes.is_empty());
}

#[tokio::test]
async fn a_second_login_must_ask_for_takeover() {
    let mut rig = Rig::start().await;
    let mut old = rig.live_desk("anna-1").await;
    let (mut new, _) = DeskClient::connect(rig.address).await.unwrap();
    let refused = new.auth(&Token::new("anna-2"), false).await.unwrap();
    assert_eq!(refused["code"], "seat_taken");
    assert_eq!(closed(&mut new).await, (4003, "seat_taken".into()));

    let (mut new, _) = DeskClient::connect(rig.address).await.unwrap();
    let welcome = new.auth(&Token::new("anna-2"), true).await.unwrap();
    assert_eq!(welcome["type"], "welcome");
    let (session, takeover) = rig.connected().await;
    assert!(takeover);
    // Until the core has decided, the old desk is heard no more.
    old.command("ready", json!({})).await.unwrap();
    assert_eq!(old.next().await.unwrap()["error"]["code"], "stale_session");
    let former = SessionId(session.0 - 1);
    rig.bridge.close(&"anna".into(), former);
    assert_eq!(closed(&mut old).await, (4004, "taken_over".into()));
    drop(old);
    // The core closed it, so the only loss it hears of is the new one's.
    drop(new);
    assert_eq!(rig.lost().await, session);
}

#[tokio::test]
async fn a_lost_seat_is_free_for_another_login() {
    let mut rig = Rig::start().await;
    let desk = rig.live_desk("anna-1").await;
    drop(desk);
    let former = rig.lost().await;
    rig.desk("anna-2").await;
    let (session, takeover) = rig.connected().await;
    assert!(takeover && session != former);
}

#[tokio::test]
async fn logout_closes_the_desk() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    desk.command("logout", json!({})).await.unwrap();
    let command = rig.command().await;
    rig.bridge.result(
        &command.operator,
        &command.id,
        &gudok_switchboard::desk::CommandResult::Ok,
    );
    rig.bridge.close(&command.operator, command.session);
    assert_eq!(desk.next().await.unwrap()["ok"], true);
    assert_eq!(closed(&mut desk).await, (4008, "session_ended".into()));
}

#[tokio::test]
async fn limits_of_connections_hold() {
    let config = Config {
        connections_per_operator_max: 1,
        connections_per_source_max: 2,
        ..Config::default()
    };
    let mut rig = Rig::start_with(config).await;
    let _desk = rig.live_desk("anna-1").await;
    let (mut second, _) = DeskClient::connect(rig.address).await.unwrap();
    let refused = second.auth(&Token::new("anna-1"), false).await.unwrap();
    assert_eq!(refused["code"], "too_many_connections");
    // `second` is still being closed or just gone; a third and a fourth cannot both find a place.
    let third = DeskClient::connect(rig.address).await;
    let fourth = DeskClient::connect(rig.address).await;
    assert!(third.is_err() || fourth.is_err());
    assert!(rig.bridge.stats().refused >= 1);
}

/// A peer that vanished without FIN: its socket stays open, nothing is ever heard again.
#[tokio::test]
async fn a_half_open_connection_is_noticed_within_20_seconds() {
    let mut rig = Rig::start().await;
    let desk = rig.live_desk("anna-1").await;
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    rig.lost().await;
    let took = since.elapsed().as_secs_f64();
    assert!((19.0..=20.1).contains(&took), "{took}");
    assert_eq!(rig.bridge.stats().dead, 1);
    drop(desk);
}

#[tokio::test]
async fn a_desk_that_answers_pings_lives_and_one_whose_token_is_revoked_does_not() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    tokio::time::pause();
    // An hour of silence except heartbeats, then the revocation.
    let revoke = async {
        tokio::time::sleep(std::time::Duration::from_secs(3_600)).await;
        rig.tokens.revoke("anna-1");
        rig.lost().await;
    };
    let reading = closed(&mut desk);
    let ((), close) = tokio::join!(revoke, reading);
    assert_eq!(close, (4001, "unauthorized".into()));
    assert_eq!(rig.bridge.stats().dead, 0);
}

#[tokio::test]
async fn a_token_is_renewed_in_place() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    let welcome = desk.auth(&Token::new("anna-2"), false).await.unwrap();
    assert_eq!(welcome["type"], "welcome");
    // The token of another operator is none.
    let refused = desk.auth(&Token::new("boris-1"), false).await.unwrap();
    assert_eq!(refused["code"], "unauthorized");
    rig.lost().await;
    // The session is now the second token's: it comes back to it.
    rig.desk("anna-2").await;
    assert!(!rig.connected().await.1);
}

#[tokio::test]
async fn a_stopping_server_says_goodbye_and_tells_the_core() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    rig.event("anna", ringing(1));
    rig.stop.take().unwrap().send(()).unwrap();
    assert_eq!(
        desk.next().await.unwrap()["seq"],
        1,
        "what was said before is still sent"
    );
    assert_eq!(closed(&mut desk).await, (1001, "going_away".into()));
    drop(desk);
    rig.lost().await;
    rig.served.await.unwrap();
}

#[tokio::test]
async fn an_operator_the_core_does_not_know_is_sent_away() {
    let mut rig = Rig::start().await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    desk.subscribe(None).await.unwrap();
    let request = rig.snapshot_wanted().await;
    rig.bridge.snapshot(&request, None, NOW);
    assert_eq!(closed(&mut desk).await.0, 4001);
}

#[tokio::test]
async fn many_subscriptions_make_one_request_to_the_core() {
    let mut rig = Rig::start().await;
    let (mut desk, _) = rig.desk("anna-1").await;
    rig.connected().await;
    for _ in 0..50 {
        desk.subscribe(None).await.unwrap();
    }
    desk.command("ready", json!({})).await.unwrap();
    let request = rig.snapshot_wanted().await;
    rig.command().await;
    rig.bridge.snapshot(&request, Some(&snapshot("anna")), NOW);
    assert_eq!(desk.next().await.unwrap()["type"], "snapshot");
    let none: Result<CtiInput, _> = rig.wishes.try_recv();
    assert!(none.is_err());
}

/// Says that errors of the client are errors, so that the tests above cannot pass by accident.
#[tokio::test]
async fn an_unknown_token_is_refused() {
    let rig = Rig::start().await;
    let (mut desk, _) = DeskClient::connect(rig.address).await.unwrap();
    let refused = desk.auth(&Token::new("nobody"), false).await.unwrap();
    assert_eq!(refused["code"], "unauthorized");
    let Err(DeskError::Closed { code, .. }) = desk.next().await else {
        panic!("still open");
    };
    assert_eq!(code, 4001);
    assert_eq!(rig.bridge.stats().unauthorized, 1);
}
