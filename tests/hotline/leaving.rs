//! Callers who do not wait, and lines that die.
use std::time::Duration;

use anyhow::Result;
use gudok_testkit::baresip::Answer;
use gudok_testkit::carrier::Call;
use gudok_testkit::record::Record;
use gudok_testkit::tones::MUSIC;

use crate::{CALLER, HOTLINE, PATIENCE, hotline, operator, plans};

#[test]
fn a_caller_hangs_up_in_the_queue() -> Result<()> {
    let mut daemon = hotline(&plans::patient()).start()?;
    Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(4))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.number("outcome_flag")),
        ("abandoned_queue", 1),
        "{:#}",
        record.row
    );
    assert_eq!(record.text("termination_reason"), "caller-hung-up");
    let (_, heard) = record.sound(&daemon.folder)?;
    assert!(
        heard.secs_of(MUSIC) > 1.5,
        "{} s of music",
        heard.secs_of(MUSIC)
    );
    Ok(())
}

#[test]
fn a_caller_gives_up_while_it_rings() -> Result<()> {
    let mut daemon =
        hotline(&plans::ringing().replace("leave_empty = true", "leave_empty = false")).start()?;
    Call::new(CALLER, HOTLINE)
        .cancel_after(Duration::from_secs(1))
        .start(daemon.sip)?
        .finish(PATIENCE)?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.number("outcome_flag")),
        ("abandoned_queue", 1),
        "{:#}",
        record.row
    );
    assert!(
        record.row["answered_at"].is_null() && record.row["recording_file"].is_null(),
        "{:#}",
        record.row
    );
    Ok(())
}

/// Two wait, the first hangs up and calls again: the operator who sits down then gets the first, not the second.
#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_and_calls_again_is_first() -> Result<()> {
    let plan = plans::ringing().replace("leave_empty = true", "leave_empty = false");
    let mut daemon = hotline(&plan).start()?;
    let impatient = Call::new(CALLER, HOTLINE)
        .cancel_after(Duration::from_secs(2))
        .start(daemon.sip)?;
    daemon.log_line("caller queued")?;
    let other = Call::new("+79990003344", HOTLINE)
        .hold(Duration::from_secs(1))
        .start(daemon.sip)?;
    daemon.log_line("caller queued")?;
    impatient.finish(PATIENCE)?;
    let again = Call::new(CALLER, HOTLINE)
        .hold(Duration::from_secs(1))
        .start(daemon.sip)?;
    daemon.log_line("caller is back in the old place")?;
    let (_phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    for (number, resumed) in [(CALLER, true), ("+79990003344", false)] {
        let card = desk.event("offer.created").await?;
        let data = &card.body["data"];
        assert_eq!(data["caller"]["e164"], number, "{data:#}");
        assert_eq!(data["call"]["resumed"] == true, resumed, "{data:#}");
    }
    again.finish(PATIENCE)?;
    other.finish(PATIENCE)?;
    let records = daemon.records()?;
    let told = |record: &&Record| record.tells("прежнее место");
    assert_eq!(records.iter().filter(told).count(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn both_phones_die_and_the_call_ends_by_itself() -> Result<()> {
    let mut daemon = hotline(&plans::open()).set("media.silence", "2s").start()?;
    let (mut phone, mut desk) = operator(&daemon, "101", Answer::Auto).await?;
    let call = Call::new(CALLER, HOTLINE)
        .until_killed()
        .start(daemon.sip)?;
    desk.event("call.answered").await?;
    phone.kill()?;
    call.vanish()?;
    desk.event("call.ended").await?;
    let record = daemon.record()?;
    assert_eq!(
        (record.text("outcome"), record.text("operator")),
        ("answered", "101"),
        "{:#}",
        record.row
    );
    assert_eq!(
        record.text("termination_reason"),
        "media-timeout",
        "{:#?}",
        record.story
    );
    assert!(
        record.tells("плечо 0 закончено: пропал звук"),
        "{:#?}",
        record.story
    );
    Ok(())
}
