//! What is agreed on with whom we call.
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
