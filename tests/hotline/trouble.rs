//! Crashes, noise and strangers.
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::daemon::PASSWORD;
use gudok_testkit::desk::{Cards, Desk, get};
use gudok_testkit::softphone::Softphone;
use serde_json::{Value, json};

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans, ready_desk};

/// What a crash may cost of a recording, and what the test's own ear may be ahead. Seconds.
const LOST: f32 = 0.5;

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_mid_call_loses_neither_the_recording_nor_the_record() -> Result<()> {
    let daemon = hotline(&plans::open())
        .set("sip.digest", "sha256")
        .start()?;
    let mut operator = Softphone::start(
        "101",
        daemon.sip,
        audio::OPERATOR,
        Pickup::After(Duration::ZERO),
    )?;
    operator.register().await?;
    let desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    operator.hears(audio::CALLER, 3.0).await?;
    let heard_by_operator = operator.heard().secs_of(audio::CALLER);
    let mut daemon = daemon.crash_and_restart()?;
    drop((call, desk));

    daemon.logged("recording sealed")?;
    // What the first start has written down the second one does not write again.
    let mut daemon = daemon.stop_and_restart()?;
    let records = daemon.records()?;
    let [record] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    assert_eq!(
        (record.text("outcome"), record.text("operator")),
        ("answered", "101"),
        "{:#}",
        record.row
    );
    assert_eq!(
        record.text("termination_result"),
        "server_error",
        "{:#}",
        record.row
    );
    assert_eq!(
        record.text("termination_reason"),
        "daemon-restarted",
        "{:#}",
        record.row
    );
    let talk = record.number("talk_ms") as f32 / 1_000.0;
    assert!(
        (talk - heard_by_operator).abs() < 2.0,
        "{talk} s of {heard_by_operator} s"
    );
    let (said, heard) = record.sound(&daemon.folder)?;
    assert!(
        said.secs_of(audio::CALLER) > heard_by_operator - LOST,
        "{} s",
        said.secs_of(audio::CALLER)
    );
    assert!(
        heard.secs_of(audio::OPERATOR) > heard_by_operator - LOST,
        "{} s",
        heard.secs_of(audio::OPERATOR)
    );
    let times = |words: &str| {
        record
            .story
            .iter()
            .filter(|line| line.contains(words))
            .count()
    };
    assert_eq!(times("запись готова"), 1, "told once: {:#?}", record.story);
    assert_eq!(
        times("сервер был прерван"),
        2,
        "both legs have an end: {:#?}",
        record.story
    );
    assert!(
        record.tells("предложение 101: разговор состоялся"),
        "{:#?}",
        record.story
    );
    for made in ["journal", "recordings", "gudok.db"] {
        private(&daemon.folder.path(made))?;
    }
    let verified = daemon.folder.verb(&["recordings", "verify"])?;
    assert!(
        verified.contains("целых записей — 1, с изъяном — 0"),
        "{verified}"
    );
    Ok(())
}

/// The file, or everything under the folder, is for its owner alone.
fn private(path: &Path) -> Result<()> {
    let about = std::fs::metadata(path)?;
    let wanted = if about.is_dir() { 0o700 } else { 0o600 };
    let mode = about.permissions().mode() & 0o777;
    anyhow::ensure!(mode == wanted, "{}: {mode:o}", path.display());
    if about.is_dir() {
        for entry in std::fs::read_dir(path)? {
            private(&entry?.path())?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_operator_wrote_and_has_still_to_write_outlives_a_crash() -> Result<()> {
    let plan = plans::open().replace("wrap_up = \"2s\"", "wrap_up = \"10m\"");
    let daemon = hotline(&plan).set("sip.digest", "sha256").start()?;
    let mut operator = Softphone::start(
        "101",
        daemon.sip,
        audio::OPERATOR,
        Pickup::After(Duration::ZERO),
    )?;
    operator.register().await?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?;
    let ended = desk.event("call.ended").await?.body;
    let disposition = |done: bool| {
        let (call, note) = (
            &ended["data"]["call_id"],
            if done { "всё" } else { "пока так" },
        );
        json!({ "call_id": call, "code": "REQUEST", "note": note, "done": done })
    };
    desk.command("disposition", disposition(false)).await?;
    let daemon = daemon.crash_and_restart()?;
    drop((call, desk));
    let told = daemon
        .folder
        .verb(&["explain", text(&ended["data"]["call_id"])])?;
    assert!(
        told.contains("пока так"),
        "acknowledged, so on disk: {told}"
    );

    let mut desk = Desk::open(daemon.web, daemon.cti, "101", PASSWORD, Cards::Acknowledged).await?;
    let state = &desk.snapshot;
    assert_eq!(
        (&state["resumed"], &state["agent"]["display"]),
        (&json!(true), &json!("wrap_up")),
        "{state}"
    );
    desk.command("disposition", disposition(true)).await?;
    // Its phone knows the old ports; ready it would not be with it either.
    desk.state("device_down").await?;
    let mut daemon = daemon;
    let records = daemon.records()?;
    let [record] = records.as_slice() else {
        panic!("{} calls", records.len())
    };
    assert_eq!(record.text("disposition_note"), "всё");
    assert!(
        record.tells("101 закончил обработку"),
        "{:#?}",
        record.story
    );
    Ok(())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_stray_datagrams_do_not_disturb_a_call() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(6))
        .start(daemon.sip)?;
    desk.event("call.answered").await?;
    let stranger = UdpSocket::bind("127.0.0.1:0")?;
    for number in 0..1_000_u32 {
        stranger.send_to(&noise(number, &stranger)?, daemon.sip)?;
    }
    call.finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("termination_reason")),
        ("answered", "caller-hung-up")
    );
    for leg in 0..2 {
        assert!(
            record.story[record.line(&format!("плечо {leg}: PCMA"))].contains("потеряно 0"),
            "{:#?}",
            record.story
        );
    }
    let (said, heard) = record.sound(&daemon.folder)?;
    assert!(
        said.secs_of(audio::CALLER) > said.secs() - 0.7,
        "{} of {} s",
        said.secs_of(audio::CALLER),
        said.secs()
    );
    assert!(heard.secs_of(audio::OPERATOR) > record.number("talk_ms") as f32 / 1_000.0 - 0.7);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_from_unknown_sources_are_dropped_and_counted() -> Result<()> {
    let mut daemon = hotline(&plans::open()).sources("203.0.113.0/24").start()?;
    let stranger = UdpSocket::bind("127.0.0.1:0")?;
    stranger.send_to(&request("INVITE", 1, &stranger)?, daemon.sip)?;
    daemon.log_line("unknown_source")?;
    let metrics = get(daemon.web, "/metrics").await?;
    let metrics = metrics.as_str().unwrap_or_default();
    assert!(
        metrics.contains("gudok_sip_refusals_total{what=\"unknown_source\"} 1"),
        "{metrics}"
    );
    stranger.set_nonblocking(true)?;
    assert!(
        stranger.recv(&mut [0; 1_500]).is_err(),
        "silence is the answer"
    );
    assert_eq!(daemon.records()?.len(), 0, "nothing is on record");
    Ok(())
}

/// Probes, broken SIP and bytes without sense, in turn.
fn noise(number: u32, from: &UdpSocket) -> Result<Vec<u8>> {
    Ok(match number % 4 {
        0 => request("OPTIONS", number, from)?,
        1 => b"INVITE sip:\xff\xfe SIP/2.0\r\nVia: \r\n\r\n".to_vec(),
        2 => request("OPTIONS", number, from)?.split_off(30),
        _ => number.to_be_bytes().repeat(100),
    })
}

fn request(method: &str, number: u32, from: &UdpSocket) -> Result<Vec<u8>> {
    let local = from.local_addr()?;
    Ok(format!(
        "{method} sip:{HOTLINE}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK-probe-{number}\r\n\
         From: <sip:+79990001122@{local}>;tag=t{number}\r\nTo: <sip:{HOTLINE}@127.0.0.1>\r\n\
         Call-ID: probe-{number}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\nContact: <sip:probe@{local}>\r\n\
         Content-Length: 0\r\n\r\n"
    )
    .into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_dies_in_a_talk_gives_its_caller_to_a_colleague() -> Result<()> {
    /// Behaviour F13: back in the queue within seven seconds; the colleague's phone answers by itself.
    const BACK: Duration = Duration::from_secs(7);
    let daemon = hotline(&plans::open()).start()?;
    let (mut phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    desk.event("call.answered").await?;
    let (_colleague, mut second) = operator(&daemon, "102", Answer::Auto).await?;
    let died = Instant::now();
    phone.kill()?;
    second.event("call.answered").await?;
    let took = died.elapsed();
    assert!((Duration::from_secs(3)..BACK).contains(&took), "{took:?}");
    desk.event("call.ended").await?;
    drop(call);
    Ok(())
}
