//! Many operators' desks at once, for the benchmark: each signs in, goes ready and acknowledges every card at once.
//!
//! `desk_farm WEB CTI PREFIX COUNT PASSWORD`: the operators are `PREFIX001` and on. Prints `ready COUNT` when all are
//! ready, and `{"cards":N,"lost":N}` when its standard input ends: cards acknowledged, connections lost.
//!
//! It is lean on purpose, as it shares the machine with what is measured: one thread, and a frame that is no card is
//! dropped unread.
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use gudok_testkit::desk::sign_in;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Longest wait for an answer while the desks open.
const PATIENCE: Duration = Duration::from_secs(20);
/// The server allows so many desks of one address and more; the farm spreads them over 127.0.0.0/8.
const DESKS_PER_SOURCE: u32 = 60;

type Socket = WebSocketStream<TcpStream>;

/// What the desks did, all together.
#[derive(Default)]
struct Tally {
    cards: AtomicU64,
    lost: AtomicU64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [web, cti, prefix, count, password] = arguments.as_slice() else {
        bail!("usage: desk_farm WEB CTI PREFIX COUNT PASSWORD");
    };
    let (web, cti, count): (SocketAddr, SocketAddr, u32) =
        (web.parse()?, cti.parse()?, count.parse()?);
    let tally = Arc::new(Tally::default());
    for number in 1..=count {
        let operator = format!("{prefix}{number:03}");
        let token = sign_in(web, &operator, password)
            .await
            .context(operator.clone())?;
        let source = Ipv4Addr::from(0x7f00_0002 + number / DESKS_PER_SOURCE);
        let socket = tokio::time::timeout(PATIENCE, open(cti, source, &token)).await?;
        tokio::spawn(keep(socket.context(operator)?, Arc::clone(&tally)));
    }
    print(&format!("ready {count}"));
    // Whoever started us closes it.
    tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await??;
    let (cards, lost) = (
        tally.cards.load(Ordering::Relaxed),
        tally.lost.load(Ordering::Relaxed),
    );
    print(&json!({ "cards": cards, "lost": lost }).to_string());
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its starter waits for these lines")]
fn print(line: &str) {
    println!("{line}");
}

/// Connects, signs in, takes the snapshot and goes ready.
async fn open(cti: SocketAddr, source: Ipv4Addr, token: &str) -> Result<Socket> {
    let tcp = TcpSocket::new_v4()?;
    tcp.bind((source, 0).into())?;
    let tcp = tcp.connect(cti).await?;
    tcp.set_nodelay(true)?;
    let mut request = format!("ws://{cti}/cti").into_client_request()?;
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "cti.v1".parse()?);
    let (mut socket, _) = tokio_tungstenite::client_async(request, tcp).await?;
    let ready = json!({ "type": "command", "id": id(0), "cmd": "ready", "args": {} });
    for frame in [
        json!({ "type": "auth", "token": token }),
        json!({ "type": "subscribe", "stream": "agent:self" }),
        ready,
    ] {
        socket.send(Message::text(frame.to_string())).await?;
    }
    loop {
        let frame = socket.next().await.context("the connection is gone")??;
        let Message::Text(text) = frame else { continue };
        if text.contains(r#""type":"result""#) {
            ensure!(!text.contains(r#""error":{"#), "ready was refused: {text}");
            return Ok(socket);
        }
    }
}

/// Acknowledges cards until the connection ends.
async fn keep(mut socket: Socket, tally: Arc<Tally>) {
    let mut cards = 0;
    while let Some(Ok(frame)) = socket.next().await {
        let Message::Text(text) = frame else { continue };
        let Some(answer) = answer(&text, &mut cards, &tally) else {
            continue;
        };
        if socket.send(Message::text(answer)).await.is_err() {
            break;
        }
    }
    tally.lost.fetch_add(1, Ordering::Relaxed);
}

fn answer(text: &str, cards: &mut u64, tally: &Tally) -> Option<String> {
    if text.contains(r#""type":"ping""#) {
        return Some(json!({ "type": "pong" }).to_string());
    }
    if !text.contains(r#""type":"offer.created""#) {
        return None;
    }
    let card: Value = serde_json::from_str(text).ok()?;
    *cards += 1;
    tally.cards.fetch_add(1, Ordering::Relaxed);
    let args = json!({ "offer_id": card["data"]["offer_id"] });
    Some(json!({ "type": "command", "id": id(*cards), "cmd": "pop_ack", "args": args }).to_string())
}

fn id(number: u64) -> String {
    format!("00000000-0000-4000-9000-{number:012}")
}
