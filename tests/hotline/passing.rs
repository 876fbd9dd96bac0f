//! Callers are passed on from phone to phone: heard by everybody, one recording, one record, the same again in a replay.
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use gudok_phone::{Answer as Pickup, Event};
use gudok_testkit::audio;
use gudok_testkit::daemon::{Daemon, PASSWORD};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::record::Record;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::MUSIC;
use serde_json::json;

use crate::{CALLER, HOTLINE, hotline, plans, ready_desk};

/// Where the phone of 101 is: what comes from the trunk's address is the trunk's.
pub(crate) const FIRST: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// What the second operator says.
pub(crate) const COLLEAGUE: f64 = 770.0;

/// A caller in a talk with 101; 102 is there and takes no calls of the queue.
pub(crate) struct Scene {
    pub(crate) daemon: Daemon,
    pub(crate) caller: Softphone,
    pub(crate) first: Softphone,
    pub(crate) second: Softphone,
    pub(crate) desk: Desk,
    pub(crate) other_desk: Desk,
}

pub(crate) async fn talking(pickup: Pickup) -> Result<Scene> {
    talking_in(&plans::open(), pickup).await
}

pub(crate) async fn talking_in(plan: &str, pickup: Pickup) -> Result<Scene> {
    let daemon = hotline(plan).start()?;
    let (at_once, say) = (Pickup::After(Duration::ZERO), audio::OPERATOR);
    let mut first = Softphone::start_at(FIRST, "101", daemon.sip, say, at_once)?;
    let mut second = Softphone::start("102", daemon.sip, COLLEAGUE, pickup)?;
    first.register().await?;
    second.register().await?;
    let other_desk =
        Desk::open(daemon.web, daemon.cti, "102", PASSWORD, Cards::Acknowledged).await?;
    let desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    caller.hears(audio::OPERATOR, 0.5).await?;
    Ok(Scene {
        daemon,
        caller,
        first,
        second,
        desk,
        other_desk,
    })
}

impl Scene {
    /// The caller hangs up, and what is on record is one whole call with everybody in it.
    pub(crate) async fn ends_well(mut self, how: &str) -> Result<()> {
        self.caller.hang_up().await;
        self.second.hung_up_on().await?;
        let record = self.daemon.record()?;
        assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
        assert_eq!(record.text("operator"), "102");
        assert!(record.line(how) > 0, "{:#?}", record.story);
        let (said, heard) = record.sound(&self.daemon.folder)?;
        assert!(said.secs_of(audio::CALLER) > 2.0, "the caller to the end");
        let order = [audio::OPERATOR, MUSIC, COLLEAGUE].map(|tone| heard.first(tone));
        assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
        let replayed = self.daemon.folder.verb(&["replay", record.id()])?;
        assert!(replayed.contains("различий — 0"), "{replayed}");
        if how.contains("после консультации") {
            is_shown_the_caller(&self.daemon, &record)?;
        }
        Ok(())
    }
}

/// Pain 21: a phone that was rung by a colleague is told, in its talk, that the caller is there now; and it has agreed.
fn is_shown_the_caller(daemon: &Daemon, record: &Record) -> Result<()> {
    daemon
        .folder
        .verb(&["ladder", record.id(), "--pcap", "shown.pcap"])?;
    let capture = std::fs::read(daemon.folder.path("shown.pcap"))?;
    let capture = String::from_utf8_lossy(&capture);
    let mut updates = capture.split("UPDATE sip:").skip(1);
    let shown = updates.find(|it| {
        let head = it.split("\r\n\r\n").next().unwrap_or_default();
        head.contains("P-Asserted-Identity:") && head.contains(&CALLER[1..])
    });
    let after = shown.context("no UPDATE shows the caller")?;
    let agreed = after.split("SIP/2.0 200").skip(1);
    ensure!(
        agreed.into_iter().any(|it| it.contains(" UPDATE\r\n")),
        "the phone has not agreed"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn passed_on_blind_the_caller_hears_music_and_then_the_colleague() -> Result<()> {
    let mut scene = talking(Pickup::Never).await?;
    scene.first.transfer("102").await;
    scene.first.transferred(202).await?;
    let card = scene.other_desk.event("offer.created").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    assert_eq!(card.body["data"]["why"][0]["code"], json!("passed_on"));
    scene.caller.hears_now(MUSIC, 0.2).await?;
    // The talk of the first operator ends here.
    scene.desk.event("call.ended").await?;
    scene.second.pick_up().await?;
    scene.caller.hears_now(COLLEAGUE, 0.5).await?;
    scene.second.hears_now(audio::CALLER, 0.5).await?;
    scene.other_desk.event("call.answered").await?;
    scene
        .ends_well("оператор 101 перевёл звонок: operator 102, вслепую")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_who_does_not_answer_gives_the_caller_back() -> Result<()> {
    let mut scene = talking(Pickup::Busy(Duration::from_millis(300))).await?;
    scene.first.transfer("102").await;
    scene.first.transferred(202).await?;
    // The phone of 101 rings again, and takes the call.
    scene.first.ringing().await?;
    scene.first.established().await?;
    scene.caller.hears_now(audio::OPERATOR, 0.5).await?;
    scene.caller.hang_up().await;
    let record = scene.daemon.record()?;
    assert_eq!(record.text("operator"), "101", "{:#}", record.row);
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_word_with_the_colleague_the_two_others_are_joined() -> Result<()> {
    let mut scene = talking(Pickup::After(Duration::from_millis(300))).await?;
    scene.first.hold(true).await;
    scene.desk.event("call.held").await?;
    scene.caller.hears_now(MUSIC, 0.3).await?;
    scene.first.dial("102", "101").await;
    let Event::Incoming { from, .. } = scene.second.ringing().await? else {
        anyhow::bail!("nothing rings");
    };
    assert!(from.contains("(101)"), "{from}");
    scene.first.established().await?;
    scene.second.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(COLLEAGUE, 0.5).await?;
    let still = scene.caller.heard().secs_of(COLLEAGUE);
    assert!(still < 0.1, "the caller hears nothing of it: {still} s");

    scene.first.join().await;
    scene.first.transferred(200).await?;
    scene.caller.hears_now(COLLEAGUE, 0.5).await?;
    scene.second.hears_now(audio::CALLER, 0.5).await?;
    scene.first.hung_up_on().await?;
    let card = scene.other_desk.event("offer.updated").await?;
    assert_eq!(card.body["data"]["caller"]["e164"], json!(CALLER));
    scene
        .desk
        .event("call.ended")
        .await
        .context("101 is free")?;
    scene
        .ends_well("оператор 101 перевёл звонок: operator 102, после консультации")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_passed_on_where_the_admin_does_not_allow_it() -> Result<()> {
    let mut scene = talking(Pickup::Never).await?;
    for to in ["+74951234567", "nobody", "101"] {
        scene.first.transfer(to).await;
        let status = if to == "nobody" { 404 } else { 403 };
        scene.first.transferred(status).await?;
    }
    scene.caller.hears_now(audio::OPERATOR, 0.5).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_rings_a_colleague_without_a_caller() -> Result<()> {
    let daemon = hotline(&plans::open()).start()?;
    let mut first = Softphone::start_at(FIRST, "101", daemon.sip, audio::OPERATOR, Pickup::Never)?;
    let soon = Pickup::After(Duration::from_millis(200));
    let mut second = Softphone::start("102", daemon.sip, COLLEAGUE, soon)?;
    first.register().await?;
    second.register().await?;
    let mut desk = ready_desk(&daemon, "102", Cards::Acknowledged).await?;
    first.dial("102", "101").await;
    first.established().await?;
    first.hears_now(COLLEAGUE, 0.5).await?;
    second.hears_now(audio::OPERATOR, 0.5).await?;
    first.hang_up().await;
    second.hung_up_on().await?;
    desk.event("agent.state").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_leaves_and_the_operator_talks_on_with_the_colleague() -> Result<()> {
    let mut scene = talking(Pickup::After(Duration::from_millis(300))).await?;
    scene.first.hold(true).await;
    scene.desk.event("call.held").await?;
    scene.first.dial("102", "101").await;
    scene.first.established().await?;
    scene.second.hears_now(audio::OPERATOR, 0.3).await?;
    scene.desk.state("consult").await?;

    scene.caller.hang_up().await;
    scene.desk.state("talking").await?;
    scene.first.hung_up_on().await.context("the first line")?;
    scene.second.hears_now(audio::OPERATOR, 0.5).await?;
    scene.first.hears_now(COLLEAGUE, 0.5).await?;

    scene.second.hang_up().await;
    scene.first.hung_up_on().await.context("the second line")?;
    scene.desk.state("wrap_up").await?;
    let record = scene.daemon.record()?;
    assert_eq!(record.text("outcome"), "answered", "{:#}", record.row);
    assert_eq!(record.text("termination_reason"), "caller-hung-up");
    let replayed = scene.daemon.folder.verb(&["replay", record.id()])?;
    assert!(replayed.contains("различий — 0"), "{replayed}");
    Ok(())
}
