//! Clients that do not keep to the protocol.
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gudok_cti::Config;
use gudok_cti::client::DeskClient;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::rig::Rig;

type Socket = WebSocketStream<TcpStream>;

/// A raw client with the given headers.
async fn raw(rig: &Rig, path: &str, headers: &[(&'static str, &str)]) -> Result<Socket, Error> {
    let tcp = TcpStream::connect(rig.address).await?;
    let mut request = format!("ws://{}{path}", rig.address).into_client_request()?;
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    Ok(client_async(request, tcp).await?.0)
}

/// Sends one message after `hello` and gives the `error` and the close code that come back.
async fn answer_to(rig: &Rig, message: Message) -> String {
    let mut socket = raw(rig, "/cti", &[("sec-websocket-protocol", "cti.v1")])
        .await
        .unwrap();
    socket.next().await.unwrap().unwrap();
    // A message above the limit may be cut off by the server while it is being sent.
    socket.send(message).await.ok();
    last_words(&mut socket).await
}

async fn last_words(socket: &mut Socket) -> String {
    let mut said = String::new();
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let frame: serde_json::Value = serde_json::from_str(&text).unwrap();
                said = format!("{} {}", frame["type"].as_str().unwrap(), frame["code"]);
            }
            Some(Ok(Message::Close(Some(close)))) => return format!("{said} / {}", close.code),
            Some(Ok(_)) => {}
            end => panic!("no close frame: {end:?}"),
        }
    }
}

#[tokio::test]
async fn first_frames_of_other_kinds_are_answered_and_closed() {
    let rig = Rig::start().await;
    let large = "x".repeat(64 * 1024 + 1);
    let story = [
        answer_to(&rig, Message::text("{")).await,
        answer_to(&rig, Message::text(r#"{"type":"ping"}"#)).await,
        answer_to(&rig, Message::binary(vec![1, 2, 3])).await,
        answer_to(&rig, Message::text(large)).await,
    ];
    insta::assert_snapshot!(story.join("\n"), @r#"
    error "bad_frame" / 1008
    error "auth_expected" / 4002
    error "binary_frame" / 1003
    error "too_large" / 1009
    "#);
    assert_eq!(rig.bridge.stats().bad_frames, 3);
}

#[tokio::test]
async fn a_logged_in_client_is_held_to_the_same() {
    let mut rig = Rig::start().await;
    let headers = [("sec-websocket-protocol", "cti.v1")];
    let messages = [
        Message::text(r#"{"type":"dance"}"#),
        Message::binary(vec![0]),
        Message::text("x".repeat(70_000)),
    ];
    let mut story = Vec::new();
    for message in messages {
        let mut socket = raw(&rig, "/cti", &headers).await.unwrap();
        let auth = json!({"type": "auth", "token": "anna-1", "from_the_future": [1]});
        socket.send(Message::text(auth.to_string())).await.unwrap();
        rig.connected().await;
        socket.send(message).await.ok();
        story.push(last_words(&mut socket).await);
        drop(socket);
        rig.lost().await;
    }
    insta::assert_snapshot!(story.join("\n"), @r#"
    error "bad_frame" / 1008
    error "binary_frame" / 1003
    error "too_large" / 1009
    "#);
}

#[tokio::test]
async fn an_unknown_command_is_answered_and_the_desk_stays() {
    let mut rig = Rig::start().await;
    let mut desk = rig.live_desk("anna-1").await;
    desk.command("fly", json!({"where": "away"})).await.unwrap();
    let error = desk.next().await.unwrap()["error"].clone();
    assert_eq!(error, json!({"code": "bad_command", "actual": null}));
    let call = "0198c0de-0000-7000-8000-000000000001";
    for (cmd, args, arg) in [
        ("drop", json!({"call_id": call, "party": "102"}), "party"),
        ("park", json!({"call_id": call, "slot": "seven"}), "slot"),
        ("ready", json!([]), "args"),
        ("quiet", json!({"alarm": "disk", "for_s": 86_401}), "for_s"),
    ] {
        desk.command(cmd, args).await.unwrap();
        let error = desk.next().await.unwrap()["error"].clone();
        let told = json!({"code": "bad_command", "actual": null, "arg": arg});
        assert_eq!(error, told, "{cmd}");
    }
    desk.send(&json!({"type": "ping", "unknown": {"deep": [1, 2]}}))
        .await
        .unwrap();
    assert_eq!(desk.next().await.unwrap()["type"], "pong");
}

#[tokio::test]
async fn the_upgrade_is_checked() {
    let config = Config {
        origins: vec!["https://desk.example.ru".into()],
        ..Config::default()
    };
    let rig = Rig::start_with(config).await;
    let v1 = ("sec-websocket-protocol", "cti.v1");
    let status = |result: Result<Socket, Error>| match result {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(status(raw(&rig, "/cti", &[v1]).await), 101);
    assert_eq!(
        status(raw(&rig, "/cti", &[v1, ("origin", "https://desk.example.ru")]).await),
        101
    );
    assert_eq!(
        status(raw(&rig, "/cti", &[v1, ("origin", "https://evil.example")]).await),
        403
    );
    assert_eq!(
        status(raw(&rig, "/cti", &[v1, ("origin", "null")]).await),
        403
    );
    assert_eq!(status(raw(&rig, "/", &[v1]).await), 404);
    assert_eq!(
        status(raw(&rig, "/cti", &[("sec-websocket-protocol", "cti.v2, chat")]).await),
        400
    );
    assert_eq!(status(raw(&rig, "/cti", &[]).await), 400);
}

#[tokio::test]
async fn dribblers_are_cut_off_in_10_seconds() {
    let rig = Rig::start().await;
    let mut before_upgrade = TcpStream::connect(rig.address).await.unwrap();
    before_upgrade
        .write_all(b"GET /cti HTTP/1.1\r\nHost: ")
        .await
        .unwrap();
    let (mut before_auth, _) = DeskClient::connect(rig.address).await.unwrap();
    tokio::time::pause();
    let since = tokio::time::Instant::now();
    let mut rest = Vec::new();
    before_upgrade.read_to_end(&mut rest).await.ok();
    assert!(rest.is_empty());
    assert_eq!(
        crate::rig::closed(&mut before_auth).await,
        (4002, "auth_expected".into())
    );
    assert!(since.elapsed() <= Duration::from_secs(11));
}
