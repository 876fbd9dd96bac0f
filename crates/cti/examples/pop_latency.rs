//! Measures the way of a card: event → socket → desk → `pop_ack` → core, on loopback, desk included.
//!
//! `cargo run --release -p gudok-cti --example pop_latency`
#![expect(clippy::print_stdout, reason = "a command-line tool")]
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use gudok_cti::client::DeskClient;
use gudok_cti::{Authenticate, Config, CtiInput, Login, Token, open};
use gudok_model::{CallId, Caller, ClientMatch, OfferId, OperatorId, Wall};
use gudok_switchboard::desk::{Card, CardCall, DeskEvent};
use gudok_switchboard::in_hand::Before;
use serde_json::json;
use tokio::net::TcpListener;

const ROUNDS: u16 = 5_000;

struct Anyone;

impl Authenticate for Anyone {
    fn login(&self, token: &Token) -> Option<Login> {
        let operator = OperatorId::from(token.reveal());
        Some(Login {
            operator,
            number: 1,
            is_of_before: false,
        })
    }

    fn is_live(&self, _: u64) -> bool {
        true
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let (bridge, server, mut wishes) = open(Config::default(), Wall(0))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(server.serve(listener, Arc::new(Anyone), std::future::pending()));
    tokio::spawn(desk(address, bridge.epoch()));
    let operator = OperatorId::from("anna");
    while bridge.stats().resumes == 0 {
        tokio::task::yield_now().await;
    }
    let mut took = Vec::new();
    for index in 0..ROUNDS {
        let started = Instant::now();
        bridge.event(&operator, &DeskEvent::OfferCreated(card(index)), Wall(0));
        loop {
            match wishes.recv().await.context("the server lives")? {
                CtiInput::PopAck { offer, .. } if offer.index == index => break,
                CtiInput::Lost { .. } => bail!("the desk is gone"),
                _ => {}
            }
        }
        took.push(started.elapsed());
    }
    took.sort();
    let at = |share: usize| took[(took.len() - 1) * share / 1000].as_secs_f64() * 1e6;
    println!(
        "pop → pop_ack, µs: p50 {:.0}, p99 {:.0}, p99.9 {:.0}",
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}

async fn desk(address: std::net::SocketAddr, epoch: String) -> Result<()> {
    let (mut desk, _) = DeskClient::connect(address).await?;
    desk.auth(&Token::new("anna"), false).await?;
    desk.subscribe(Some((&epoch, 0))).await?;
    loop {
        let frame = desk.next().await?;
        if frame["type"] == "offer.created" {
            let shown = json!({"offer_id": frame["data"]["offer_id"]});
            desk.command("pop_ack", shown).await?;
        }
    }
}

fn card(index: u16) -> Box<Card> {
    let call_id = CallId(uuid::Uuid::from_u128(1));
    Box::new(Card {
        offer_id: OfferId {
            call: call_id,
            index,
        },
        offer_epoch: 1,
        call_id,
        ring_deadline: Wall(0) + Duration::from_secs(20),
        require: "accept".into(),
        call: CardCall {
            direction: "in".into(),
            did: "+78005550100".into(),
            did_label: "Горячая линия".into(),
            project: "isp1".into(),
            queue: "tech".into(),
            group: "first_line".into(),
            priority: 5,
            waited_ms: 41_200,
            attempt: 1,
            record: true,
            notice_played: true,
            resumed: false,
            before: Before::default(),
        },
        caller: Caller::anonymous(),
        client: ClientMatch::Pending,
        request: None,
        why: Vec::new(),
        answers: std::collections::BTreeMap::new(),
        server_now: Wall(0),
    })
}
