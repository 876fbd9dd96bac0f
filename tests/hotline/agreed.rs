//! What is agreed on with whom we call: the session timer, and media that change while it rings.
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::carrier::Call;
use gudok_testkit::outside::{Outside, ear, sdp};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans};

/// The carrier finds half an hour too short: the call goes out again with what it wants, and both keep to that.
#[test]
fn a_carrier_gets_the_session_timer_it_wants() -> Result<()> {
    let (outside, ear) = (Outside::new()?, ear()?);
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(outside.address)
        .start()?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    let first = outside.hears("INVITE")?;
    let supported = first.header("Supported").unwrap_or("");
    assert!(supported.contains("timer"), "{}", first.text);
    assert_eq!(first.header("Session-Expires"), Some("1800"));
    assert_eq!(first.header("Min-SE"), Some("90"));
    outside.answers(&first, 422, "Min-SE: 3600\r\n", "")?;
    outside.hears("ACK")?;
    let second = outside.hears("INVITE")?;
    assert_eq!(second.header("Session-Expires"), Some("3600"));
    assert_eq!(second.header("Min-SE"), Some("3600"));
    assert_eq!(second.header("Call-ID"), first.header("Call-ID"));
    let agreed = "Session-Expires: 3600;refresher=uac\r\nRequire: timer\r\n";
    outside.answers(&second, 200, agreed, &sdp(1, &ear)?)?;
    outside.hears("ACK")?;
    ear.recv(&mut [0; 2_048]).context("nothing is heard")?;
    let goodbye = outside.hears("BYE")?;
    outside.answers(&goodbye, 200, "", "")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    let outcome = record.text("outcome");
    assert_eq!(outcome, "overflowed_external", "{:#?}", record.story);
    Ok(())
}

#[test]
fn a_carrier_that_is_offered_no_timer_hears_of_none() -> Result<()> {
    let outside = Outside::new()?;
    let daemon = hotline(&plans::with_overflow())
        .outbound(outside.address)
        .outbound_key("session_timers = false")
        .start()?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    let invite = outside.hears("INVITE")?;
    assert_eq!(invite.header("Session-Expires"), None);
    call.vanish()
}

/// The callee answers in an acknowledged 183, goes elsewhere by UPDATE, and is then picked up: it is heard and spoken to
/// where it went.
#[test]
fn a_callee_that_goes_elsewhere_while_it_rings_is_spoken_to_there() -> Result<()> {
    let (outside, before, after) = (Outside::new()?, ear()?, ear()?);
    let mut daemon = hotline(&plans::with_overflow())
        .outbound(outside.address)
        .start()?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    let invite = outside.hears("INVITE")?;
    let reliable = "Require: 100rel\r\nRSeq: 7\r\n";
    outside.answers(&invite, 183, reliable, &sdp(1, &before)?)?;
    let acknowledged = outside.hears("PRACK")?;
    outside.answers(&acknowledged, 200, "", "")?;
    outside.asks(&invite, "UPDATE", 1, &sdp(2, &after)?)?;
    let taken = outside.hears("SIP/2.0")?;
    assert!(taken.text.starts_with("SIP/2.0 200"), "{}", taken.text);
    assert!(taken.text.contains("m=audio"), "{}", taken.text);
    // It says the answer of before once more, as some do.
    outside.answers(&invite, 200, "", &sdp(1, &before)?)?;
    outside.hears("ACK")?;
    after.recv(&mut [0; 2_048]).context("nothing is heard")?;
    before.set_nonblocking(true)?;
    assert!(before.recv(&mut [0; 2_048]).is_err(), "nobody is there");
    let goodbye = outside.hears("BYE")?;
    outside.answers(&goodbye, 200, "", "")?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    let outcome = record.text("outcome");
    assert_eq!(outcome, "overflowed_external", "{:#?}", record.story);
    Ok(())
}
