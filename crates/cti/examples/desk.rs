//! A desk for the command line: `desk 127.0.0.1:8089 TOKEN`.
//!
//! Prints what the server says, acknowledges each card, and takes commands from the keyboard:
//! `ready`, `not_ready {"reason":"lunch"}`, `reject {"offer_id":"…"}`, `logout`. Comes back after a loss of
//! the connection and goes on where it stopped.
#![expect(clippy::print_stdout, reason = "a command-line tool")]
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_cti::Token;
use gudok_cti::client::{DeskClient, DeskError};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// The last event seen: its epoch and number.
type Position = Option<(String, u64)>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let server: SocketAddr = args.next().context("usage: desk ADDRESS TOKEN")?.parse()?;
    let token = Token::new(args.next().context("usage: desk ADDRESS TOKEN")?);
    let (typed, mut lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if typed.blocking_send(line).is_err() {
                break;
            }
        }
    });
    let mut seen = None;
    loop {
        match work(server, &token, &mut lines, &mut seen).await {
            Err(DeskError::Closed { code, reason }) if code >= 4000 => {
                anyhow::bail!("closed: {code} {reason}");
            }
            Err(error) => println!("! {error}; again in 2 s"),
            Ok(()) => return Ok(()),
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

async fn work(
    server: SocketAddr,
    token: &Token,
    lines: &mut mpsc::Receiver<String>,
    seen: &mut Position,
) -> Result<(), DeskError> {
    let (mut desk, hello) = DeskClient::connect(server).await?;
    println!("{hello}\n{}", desk.auth(token, false).await?);
    desk.subscribe(seen.as_ref().map(|(epoch, seq)| (epoch.as_str(), *seq)))
        .await?;
    loop {
        tokio::select! {
            frame = desk.next() => {
                let frame = frame?;
                println!("{frame}");
                if let (Some(epoch), Some(seq)) = (frame["epoch"].as_str(), frame["seq"].as_u64()) {
                    *seen = Some((epoch.into(), seq));
                }
                if frame["type"] == "offer.created" {
                    let shown = json!({"offer_id": frame["data"]["offer_id"]});
                    desk.command("pop_ack", shown).await?;
                }
            }
            line = lines.recv() => {
                let Some(line) = line else { return Ok(()) };
                let (cmd, args) = line.split_once(' ').unwrap_or((&line, "{}"));
                let args: Value = serde_json::from_str(args).unwrap_or_default();
                desk.command(cmd, args).await?;
            }
        }
    }
}
