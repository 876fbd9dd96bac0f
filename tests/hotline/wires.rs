//! The same call over every wire: IPv6 at either end, a phone in a browser.
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::browser::{browser, browser_over_tls};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::Cards;
use gudok_testkit::softphone::Softphone;

use crate::encrypted::{renew, secured, trusts};
use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans, ready_desk};

#[tokio::test(flavor = "multi_thread")]
async fn callers_and_phones_of_both_families_talk_to_each_other() -> Result<()> {
    for (caller_v6, tcp, phone_v6) in [
        (false, false, true),
        (true, false, false),
        (true, true, true),
    ] {
        let mut daemon = hotline(&plans::open()).both_families().start()?;
        let sip6 = daemon.sip6.context("IPv6 is on")?;
        let at = |v6: bool| if v6 { sip6 } else { daemon.sip };
        let mut phone = Softphone::start(
            "101",
            at(phone_v6),
            audio::OPERATOR,
            Pickup::After(Duration::ZERO),
        )?;
        phone.register().await?;
        let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
        let call = Call::new(CALLER, HOTLINE).hold(Duration::from_secs(6));
        let call = if tcp { call.tcp() } else { call };
        let call = call.start(at(caller_v6))?;
        desk.event("call.answered").await?;
        phone.hears(audio::CALLER, 1.0).await?;
        desk.event("call.ended").await?;
        call.finish(PATIENCE)?;
        let record = daemon.record()?;
        assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
        let (said, heard) = record.sound(&daemon.folder)?;
        assert!(
            said.secs_of(audio::CALLER) > 1.5,
            "{caller_v6} {tcp} {phone_v6}"
        );
        assert!(
            heard.secs_of(audio::OPERATOR) > 1.5,
            "{caller_v6} {tcp} {phone_v6}"
        );
    }
    Ok(())
}

/// Somebody else's phone, all over IPv6.
async fn a_foreign_phone_over_ipv6(transport: &str) -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let tls = secured(pair.path()).replace("127.0.0.1:0", "[::1]:0");
    let mut daemon = hotline(&plans::open())
        .both_families()
        .config(&tls)
        .start()?;
    let server = match transport {
        "tls" => daemon.tls.context("TLS is on")?,
        _ => daemon.sip6.context("IPv6 is on")?,
    };
    let mut phone = Phone::register_over(transport, "101", PASSWORD, server, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?;
    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    phone.accept()?;
    desk.event("call.answered").await?;
    phone.event("CALL_CLOSED")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(heard.secs_of(audio::OPERATOR) > 1.5, "{transport}");
    let heard = phone.heard()?;
    assert!(heard.secs_of(audio::CALLER) > 1.5, "{transport}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_phone_over_ipv6_and_udp() -> Result<()> {
    a_foreign_phone_over_ipv6("udp").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_phone_over_ipv6_and_tls() -> Result<()> {
    a_foreign_phone_over_ipv6("tls").await
}

/// The page the browser shows.
const PAGE: &str = "https://desk.example";

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_a_browser_is_rung_and_hung_up_on_over_its_socket() -> Result<()> {
    let ws = format!("[sip.ws]\nlisten = \"127.0.0.1:0\"\norigins = [\"{PAGE}\"]\n");
    let daemon = hotline(&plans::open())
        .config(&ws)
        .set("media.learn", "true")
        .start()?;
    let socket = daemon.ws.context("WebSockets are on")?;
    talks_in_a_browser(daemon, browser(socket, PAGE).await?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_a_browser_over_tls_is_rung_and_hung_up_on_over_its_socket() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let ws = format!("[sip.ws]\nlisten_tls = \"127.0.0.1:0\"\norigins = [\"{PAGE}\"]\n");
    let daemon = hotline(&plans::open())
        .config(&secured(pair.path()))
        .config(&ws)
        .set("media.learn", "true")
        .start()?;
    assert_eq!(daemon.ws, None, "nothing is open");
    let socket = daemon.wss.context("WebSockets over TLS are on")?;
    let server = browser_over_tls(socket, PAGE, trusts(pair.path())?).await?;
    talks_in_a_browser(daemon, server).await
}

/// The phone registers, is called, answers, is heard, and is hung up on.
async fn talks_in_a_browser(mut daemon: Daemon, server: SocketAddr) -> Result<()> {
    let mut phone = Phone::register_over("tcp", "101", PASSWORD, server, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(5))
        .start(daemon.sip)?;
    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    phone.accept()?;
    desk.event("call.answered").await?;
    // The caller hangs up: our BYE goes to a Contact that is no address.
    phone.event("CALL_CLOSED")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(audio::OPERATOR) > 1.5,
        "the operator is heard"
    );
    assert!(daemon.log().contains(".invalid"), "as a browser registers");
    Ok(())
}
