//! What the caller's own ear hears, from the first ring to the last word.
use std::time::Duration;

use anyhow::Result;
use gudok_phone::Answer as Pickup;
use gudok_testkit::audio;
use gudok_testkit::baresip::Answer;
use gudok_testkit::daemon::Daemon;
use gudok_testkit::desk::Cards;
use gudok_testkit::softphone::Softphone;
use gudok_testkit::tones::{GREETING, MUSIC, NOTICE};

use crate::{CALLER, HOTLINE, hotline, operator, plans, ready_desk};

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_hears_greeting_notice_music_and_the_operator() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let (mut operator, _desk) = operator(&daemon, "101", Answer::Manual).await?;
    let mut caller = calling(&daemon).await?;
    operator.event("CALL_INCOMING")?;
    caller.hears(MUSIC, 0.5).await?;
    operator.accept()?;
    caller.hears(audio::OPERATOR, 1.0).await?;
    operator.hang_up()?;
    caller.hung_up_on().await?;
    let heard = caller.heard();
    let order = [GREETING, NOTICE, MUSIC, audio::OPERATOR].map(|tone| heard.first(tone));
    assert!(order.is_sorted() && order[0].is_some(), "{order:?}");
    assert!(
        heard.last(MUSIC) <= heard.first(audio::OPERATOR).map(|at| at + 0.1),
        "the music ends where the talk begins"
    );
    let record = daemon.record()?;
    assert_eq!(
        record.text("termination_reason"),
        "operator-hung-up",
        "{:#}",
        record.row
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_hold_the_caller_hears_music_and_then_the_operator_again() -> Result<()> {
    let mut daemon = hotline(&plans::open()).start()?;
    let mut operator = Softphone::start(
        "101",
        daemon.sip,
        audio::OPERATOR,
        Pickup::After(Duration::ZERO),
    )?;
    operator.register().await?;
    let mut desk = ready_desk(&daemon, "101", Cards::Acknowledged).await?;
    let caller = calling(&daemon).await?;
    caller.hears(audio::OPERATOR, 0.5).await?;
    operator.hears(audio::CALLER, 0.5).await?;

    operator.hold(true).await;
    desk.event("call.held").await?;
    caller.hears_now(MUSIC, 1.0).await?;
    operator.hold(false).await;
    desk.event("call.resumed").await?;
    caller.hears_now(audio::OPERATOR, 0.5).await?;
    operator.hears_now(audio::CALLER, 0.5).await?;

    caller.hang_up().await;
    operator.hung_up_on().await?;
    let record = daemon.record()?;
    let order = [
        "плечо 1 поставило на удержание",
        "плечо 1 сняло с удержания",
    ];
    assert!(
        order.map(|words| record.line(words)).is_sorted(),
        "{:#?}",
        record.story
    );
    let (said, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(MUSIC) > 0.9,
        "the music is in the recording too: {} s",
        heard.secs_of(MUSIC)
    );
    assert!(said.secs_of(audio::CALLER) > 2.0);
    Ok(())
}

/// A caller whose call is answered.
async fn calling(daemon: &Daemon) -> Result<Softphone> {
    let mut caller = Softphone::start("caller", daemon.sip, audio::CALLER, Pickup::Never)?;
    caller.dial(HOTLINE, CALLER).await;
    caller.established().await?;
    Ok(caller)
}
