//! A carrier behind a proxy that stays in the route, and a phone behind one: Kamailio, over each transport.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::audio;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::Cards;
use gudok_testkit::proxy::Proxy;

use crate::encrypted::{renew, secured};
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans, ready_desk};

/// A daemon with all three transports.
fn open(plan: &str, folder: &Path) -> Result<Daemon> {
    renew(folder)?;
    hotline(plan).config(&secured(folder)).start()
}

/// The same over IPv6 beside IPv4.
fn open_on_both(plan: &str, folder: &Path) -> Result<Daemon> {
    renew(folder)?;
    let tls = secured(folder).replace("127.0.0.1:0", "[::1]:0");
    hotline(plan).both_families().config(&tls).start()
}

/// A call through the proxy that the caller ends, and one that we end: both BYEs find their way along the route.
fn passes(transport: &str, v6: bool) -> Result<()> {
    for (plan, hold, reason) in [
        (plans::patient(), Duration::from_secs(1), "caller-hung-up"),
        (
            plans::only_says("goodbye"),
            Duration::from_secs(20),
            "closed",
        ),
    ] {
        let pair = tempfile::tempdir()?;
        let mut daemon = match v6 {
            true => open_on_both(&plan, pair.path())?,
            false => open(&plan, pair.path())?,
        };
        let target = match transport {
            "tls" => daemon.tls.context("TLS is on")?,
            _ if v6 => daemon.sip6.context("IPv6 is on")?,
            _ => daemon.sip,
        };
        assert_eq!(target.is_ipv6(), v6);
        let proxy = Proxy::to(target, transport, pair.path())?;
        Call::new(CALLER, HOTLINE)
            .hold(hold)
            .start(proxy.address)?
            .finish(PATIENCE)?;
        let record = daemon.record()?;
        assert_eq!(
            record.text("termination_reason"),
            reason,
            "{transport}: {:#?}",
            record.story
        );
    }
    Ok(())
}

#[test]
fn a_carrier_behind_a_proxy_over_udp() -> Result<()> {
    passes("udp", false)
}

#[test]
fn a_carrier_behind_a_proxy_over_tcp() -> Result<()> {
    passes("tcp", false)
}

#[test]
fn a_carrier_behind_a_proxy_over_tls() -> Result<()> {
    passes("tls", false)
}

#[test]
fn a_carrier_behind_a_proxy_over_ipv6_and_udp() -> Result<()> {
    passes("udp", true)
}

#[test]
fn a_carrier_behind_a_proxy_over_ipv6_and_tls() -> Result<()> {
    passes("tls", true)
}

/// The way between the daemon and the proxy. A phone at the proxy's address that is registered over UDP is rung directly,
/// past it; over a connection there is no other way to it.
async fn a_phone_behind(transport: &str) -> Result<()> {
    let pair = tempfile::tempdir()?;
    let mut daemon = open(&plans::open(), pair.path())?;
    let target = match transport {
        "tls" => daemon.tls.context("TLS is on")?,
        _ => daemon.sip,
    };
    let proxy = Proxy::to(target, transport, pair.path())?;
    let mut phone =
        Phone::register_through(proxy.address, "101", PASSWORD, target, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?;
    phone.event("CALL_INCOMING")?;
    phone.accept()?;
    desk.event("call.answered").await?;
    // It tells of the media every few seconds.
    phone.event("CALL_RTCP")?;
    phone.hang_up()?;
    desk.event("call.ended").await?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        record.text("termination_reason"),
        "operator-hung-up",
        "{transport}: {:#?}",
        record.story
    );
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(heard.secs_of(audio::OPERATOR) > 1.5, "{transport}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_behind_a_proxy_over_udp() -> Result<()> {
    a_phone_behind("udp").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_behind_a_proxy_over_tcp() -> Result<()> {
    a_phone_behind("tcp").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_behind_a_proxy_over_tls() -> Result<()> {
    a_phone_behind("tls").await
}
