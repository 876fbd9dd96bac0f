//! Signalling nobody on the way can read.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::audio;
use gudok_testkit::baresip::{Answer, Phone};
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::PASSWORD;
use gudok_testkit::desk::Cards;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, plans, ready_desk};

/// A self-signed pair, `tls.crt` and `tls.key`.
fn renew(folder: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    std::fs::write(folder.join("tls.crt"), made.cert.pem())?;
    Ok(std::fs::write(
        folder.join("tls.key"),
        made.signing_key.serialize_pem(),
    )?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_over_tls_talks_while_the_certificate_is_renewed() -> Result<()> {
    let pair = tempfile::tempdir()?;
    renew(pair.path())?;
    let folder = pair.path().display();
    let tls = format!(
        "[sip.tls]\nlisten = \"127.0.0.1:0\"\ncertificate = \"{folder}/tls.crt\"\nkey = \"{folder}/tls.key\"\n"
    );
    let mut daemon = hotline(&plans::open()).config(&tls).start()?;
    let server = daemon.tls.context("TLS is on")?;
    let mut phone = Phone::register_over("tls", "101", PASSWORD, server, Answer::Manual)?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?;

    desk.event("offer.created").await?;
    phone.event("CALL_INCOMING")?;
    renew(pair.path())?;
    daemon.reload()?;
    daemon.log_line("the certificate is shown")?;
    phone.accept()?;
    desk.event("call.answered").await?;
    Phone::register_over("tls", "102", PASSWORD, server, Answer::Auto)?;
    desk.event("call.ended").await?;
    call.finish(PATIENCE)?;

    let record = daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(audio::OPERATOR) > 2.0,
        "the operator is heard"
    );
    Ok(())
}
