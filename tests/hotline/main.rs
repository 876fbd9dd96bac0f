//! Whole calls over real sockets: the daemon as a process, SIPp as the carrier, baresip or the built-in softphone as
//! the operator's phone, a WebSocket client as the desk. Audio, order and rows prove what happened.
mod admin;
mod agreed;
mod answered;
mod asides;
mod attacked;
mod behaviours;
mod callbacks;
mod capacity;
mod carriers;
mod clients;
mod conferences;
mod crowded;
mod ears;
mod elsewhere;
mod encrypted;
mod floor;
mod hand;
mod keys;
mod leaving;
#[path = "../../crates/sip/tests/anomalies/marks.rs"]
mod marks;
mod offers;
mod outbound;
mod outgoing;
mod passing;
mod phones;
mod plans;
mod proxied;
mod recordings;
mod regions;
mod requests;
mod restarts;
mod ringing;
mod rosters;
mod scanners;
mod schedules;
mod seeing;
mod shifts;
mod sight;
mod simulated;
#[path = "../../crates/sip/tests/anomalies/spoil.rs"]
mod spoil;
mod spoilt;
mod spoken;
mod supervision;
mod supervisor;
mod surveys;
mod trouble;
mod versions;
mod walls;
mod wires;

use std::time::Duration;

use anyhow::Result;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk};

/// What is dialled, as a carrier writes it.
const HOTLINE: &str = "88001234567";
/// Who calls.
const CALLER: &str = "+79990001122";
/// Longest wait for a call that should be over by itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// A hotline with two operators on the books and this plan. Debian's baresip gives up where SHA-256 is offered.
fn hotline(plan: &str) -> Setup {
    Setup::default()
        .set("sip.digest", "md5")
        .plan(plan)
        .operator("101", &[])
        .operator("102", &[])
}

/// An operator at work: a phone that is registered, then a desk that is ready and acknowledges cards.
async fn operator(daemon: &Daemon, id: &str, answer: Answer) -> Result<(Phone, Desk)> {
    let phone = Phone::register(id, PASSWORD, daemon.sip, answer)?;
    let desk = ready_desk(daemon, id, Cards::Acknowledged).await?;
    Ok((phone, desk))
}

/// A desk whose operator takes calls; the phone must be registered.
async fn ready_desk(daemon: &Daemon, id: &str, cards: Cards) -> Result<Desk> {
    let mut desk = Desk::open(daemon.web, daemon.cti, id, PASSWORD, cards).await?;
    desk.ready().await?;
    Ok(desk)
}
