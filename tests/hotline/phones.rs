//! An operator with somebody else's phone: linphone, over each transport.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gudok_testkit::audio;
use gudok_testkit::baresip::Answer;
use gudok_testkit::behaviour::Peer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::linphone::{Counted, Line, Linphone};
use gudok_testkit::record::Record;

use crate::encrypted::{renew, secured};
use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans, ready_desk};

/// How many seconds they talk.
const TALK: u32 = 3;
/// Fewest packets of that talk each way.
const PACKETS: u32 = TALK * 45;

/// A daemon with all three transports, and its phone over one of them, ready for calls.
async fn at_work(transport: &str, digest: &str, folder: &Path) -> Result<(Daemon, Linphone, Desk)> {
    renew(folder)?;
    let daemon = hotline(&plans::open())
        .set("sip.digest", digest)
        .config(&secured(folder))
        .start()?;
    let roots = folder.join("tls.crt");
    let line = Line {
        transport,
        server: match transport {
            "tls" => daemon.tls.context("TLS is on")?,
            _ => daemon.sip,
        },
        roots: Some(&roots),
    };
    let mut phone = Linphone::start("101", PASSWORD, line)?;
    phone.is_registered()?;
    let desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    Ok((daemon, phone, desk))
}

/// Both were heard, by count of the phone and on the recording.
fn both_were_heard(daemon: &Daemon, record: &Record, counted: Counted) -> Result<()> {
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    assert!(
        counted.sent > PACKETS && counted.received > PACKETS && counted.lost == 0,
        "{counted:?}"
    );
    let (caller, operator) = record.sound(&daemon.folder)?;
    let talk = TALK as f32 - 0.5;
    assert!(caller.secs_of(audio::CALLER) > talk);
    assert!(operator.secs_of(audio::OPERATOR) > talk);
    Ok(())
}

/// Its user hangs up.
async fn talks(transport: &str, digest: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut daemon, mut phone, mut desk) = at_work(transport, digest, folder.path()).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(PATIENCE)
        .start(daemon.sip)?;
    phone.rings()?;
    phone.picks_up()?;
    desk.event("call.answered").await?;
    phone.talks(TALK)?;
    phone.hangs_up()?;
    let counted = phone.counted()?;
    desk.event("call.ended").await?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("termination_reason"), "operator-hung-up");
    both_were_heard(&daemon, &record, counted)
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_proves_its_password_with_sha_256_and_talks_over_udp() -> Result<()> {
    talks("udp", "sha256").await
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_chooses_its_digest_and_talks_over_tcp() -> Result<()> {
    talks("tcp", "both").await
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_talks_over_tls_to_whom_it_knows() -> Result<()> {
    talks("tls", "md5").await
}

#[tokio::test(flavor = "multi_thread")]
async fn linphone_holds_the_caller_who_then_hangs_up() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut daemon, mut phone, mut desk) = at_work("udp", "both", folder.path()).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(12))
        .start(daemon.sip)?;
    phone.rings()?;
    phone.picks_up()?;
    phone.holds_and_resumes()?;
    phone.talks(TALK)?;
    let counted = phone.counted()?;
    desk.event("call.ended").await?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("termination_reason"), "caller-hung-up");
    both_were_heard(&daemon, &record, counted)
}

#[test]
fn linphone_does_not_register_where_it_does_not_know_the_certificate() -> Result<()> {
    let (ours, theirs) = (tempfile::tempdir()?, tempfile::tempdir()?);
    renew(ours.path())?;
    renew(theirs.path())?;
    let daemon = hotline(&plans::open())
        .config(&secured(ours.path()))
        .start()?;
    let roots = theirs.path().join("tls.crt");
    let line = Line {
        transport: "tls",
        server: daemon.tls.context("TLS is on")?,
        roots: Some(&roots),
    };
    Linphone::start("101", PASSWORD, line)?.is_not_registered()
}

/// Forwarding is set on a phone: the colleague it names is asked next, though nobody of that group, and has the card first. The
/// phone was asked in the words of its make.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_points_to_a_colleague_is_followed_to_them() -> Result<()> {
    let plan = plans::open().replace("[\"101\", \"102\"]", "[\"101\"]");
    let mut daemon = hotline(&plan)
        .config("[phones]\nredirect = \"users\"\ndistinctive_ring = true\n")
        .start()?;
    let script = "
        < INVITE ~ Alert-Info:.*info=alert-external
        = 302 tag=a | Contact: <sip:102@elsewhere.example>
        < ACK";
    let agent = ("101", "Yealink SIP-T46S 66.84.0.15");
    let away = Peer::phone("phone-points-to-a-colleague", script, agent, daemon.sip)?;
    let _first = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let (_phone, mut second) = operator(&daemon, "102", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(3))
        .start(daemon.sip)?;
    let card = second.event("offer.created").await?;
    assert_eq!(
        card.body["data"]["why"][0]["code"], "redirected",
        "{:#}",
        card.body
    );
    second.event("call.answered").await?;
    away.finish(PATIENCE)?;
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(record.text("operator"), "102", "{:#}", record.row);
    let order = ["звоним оператору 101", "звоним оператору 102"];
    assert!(order.map(|words| record.line(words)).is_sorted());
    Ok(())
}
